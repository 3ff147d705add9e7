"""What the command line calls: run the embedded ledger in the foreground, check it, copy it, put a copy back.

All return the exit code and print for people unless told otherwise; the node's CLI and `python -m node.embedded` add
nothing but the parsing of arguments.
"""

import json
import sys
from pathlib import Path
from typing import Final

from node.embedded.anvil import die_with_parent
from node.embedded.backup import restore_backup, write_backup
from node.embedded.check import check_ledger
from node.embedded.check_words import in_korean
from node.embedded.control import emit
from node.embedded.errors import EmbeddedLedgerError, Text
from node.embedded.isolation import isolate
from node.embedded.manifest import Manifest
from node.embedded.process import run_ledger
from node.embedded.recovery import OnProgress
from node.embedded.supervisor import LedgerOptions

INTERRUPTED = 130
"""Exit code after Ctrl-C during the start; once ready, Ctrl-C is a stop in order and exits 0."""


def run(
    home: Path, options: LedgerOptions | None = None, *, controlled: bool = False, parent: int | None = None
) -> int:
    """Run the ledger until it is told to stop; events go to stdout as JSON lines (`control`). Main thread only.

    `controlled`: calls come from stdin, and its end stops the ledger. `parent`: die at once if this process is gone.
    """
    if parent is not None:
        die_with_parent(parent)
    try:
        run_ledger(home, options or LedgerOptions(), controlled=controlled)
    except EmbeddedLedgerError as error:
        emit("failed", **error.as_report())
        sys.stderr.write(f"{error.heading.en}: {error.detail}\n{error.remedy.en}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def check(
    home: Path, *, replay: bool = False, as_json: bool = False, language: str = "en", isolated: bool = True
) -> int:
    """Check journal, snapshots and chain of hashes; print the report. 0: sound; 65: not; others: could not be checked.

    `replay`: also mine everything again in a fresh engine and compare every hash. `language`: `en` or `ko`.
    `isolated`: replay out of everybody's reach, which moves this process into a network of its own, for good.
    """
    try:
        if replay and isolated:
            # where the kernel refuses: the engine is a scratch one for some seconds, and every hash is compared
            isolate(home, *home.glob("*"))
        report = check_ledger(home, replay=replay)
    except EmbeddedLedgerError as error:
        text = json.dumps(error.as_report(), ensure_ascii=False) if as_json else _failure(error, language)
        sys.stdout.write(text + "\n")
        return error.exit_code
    sys.stdout.write((json.dumps(report.as_dict(), ensure_ascii=False) if as_json else report.as_text(language)) + "\n")
    return 0 if report.is_sound else 65


def backup(
    home: Path, destination: Path, *, as_json: bool = False, language: str = "en", on_progress: OnProgress | None = None
) -> int:
    """Copy the ledger, running or stopped, to a new folder; print what was copied."""
    try:
        manifest = write_backup(home, destination, on_progress=on_progress or _say_nothing)
    except EmbeddedLedgerError as error:
        return _refused(error, as_json=as_json, language=language)
    _print(manifest, destination, _COPIED, as_json=as_json, language=language)
    return 0


def restore(
    source: Path,
    home: Path,
    *,
    as_json: bool = False,
    language: str = "en",
    on_progress: OnProgress | None = None,
    isolated: bool = True,
) -> int:
    """Check a backup by replaying it and put it in place; print what was restored. `isolated`: see `check`."""
    try:
        if isolated and source.is_dir():
            isolate(source, *source.glob("*"))
        manifest = restore_backup(source, home, on_progress=on_progress or _say_nothing)
    except EmbeddedLedgerError as error:
        return _refused(error, as_json=as_json, language=language)
    _print(manifest, home, _RESTORED, as_json=as_json, language=language)
    return 0


_COPIED: Final = Text(
    "{path}: {network}, chain {chain}, up to block {number} {hash}, {count} files, {size} bytes",
    "{path}: {network}, 체인 {chain}, 블록 {number} {hash}까지, 파일 {count}개, {size}바이트",
)
_RESTORED: Final = Text(
    "{path}: {network}, chain {chain}, every hash reproduced up to block {number} {hash}",
    "{path}: {network}, 체인 {chain}, 블록 {number} {hash}까지 모든 해시를 재현함",
)


def _print(manifest: Manifest, path: Path, words: Text, *, as_json: bool, language: str) -> None:
    said = (words.ko if language == "ko" else words.en).format(
        path=path,
        network=manifest.network,
        chain=manifest.chain_id,
        number=manifest.head.number,
        hash="0x" + manifest.head.hash.hex(),
        count=len(manifest.files),
        size=sum(entry.size for entry in manifest.files),
    )
    sys.stdout.write((json.dumps({"path": str(path), **manifest.as_dict()}) if as_json else said) + "\n")


def _refused(error: EmbeddedLedgerError, *, as_json: bool, language: str) -> int:
    if as_json:
        sys.stdout.write(json.dumps(error.as_report(), ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(_failure(error, language) + "\n")
    return error.exit_code


def _say_nothing(_progress: object) -> None:
    """Report no progress."""


def _failure(error: EmbeddedLedgerError, language: str) -> str:
    if language == "ko":
        return f"{error.heading.ko}: {in_korean(error.detail)}\n{error.remedy.ko}"
    return f"{error.heading.en}: {error.detail}\n{error.remedy.en}"
