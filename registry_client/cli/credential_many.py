"""Verify many credentials in one run: over processes, one line each, in the order of their names."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from registry_client.cli.failures import OK, REJECTED, UNDETERMINED
from registry_client.cli.i18n import language, tr
from registry_client.cli.output import Screen, outcome, to_line
from registry_client.cli.progress import progress
from registry_client.cli.settings import UsageError, current
from registry_client.errors import InvalidInputError

if TYPE_CHECKING:
    from registry_client.batch import Handed
    from registry_client.core.policy import Policy
    from registry_client.core.report import Report
    from registry_client.profile import Profile
    from registry_client.verifier import Verifier


def files_of(named: Sequence[Path], folder: Path | None) -> list[Path]:
    """The files that were named, or every file of a folder by name. Raises UsageError, OSError."""
    if folder is None:
        if not named:
            raise UsageError(tr("name a FILE, or a folder with --from-dir", "FILE 또는 --from-dir 폴더를 지정하세요"))
        return list(named)
    if named:
        raise UsageError(tr("name files or --from-dir, not both", "파일과 --from-dir 중 하나만 지정하세요"))
    found = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not found:
        raise UsageError(tr(f"{folder} has no files", f"{folder}에 파일이 없습니다"))
    return found


def verify_files(
    files: Sequence[Path],
    *,
    policy: "Policy",
    as_of: datetime,
    profile: "Profile",
    processes: int | None,
) -> int:
    """Judge every file and show one line each; with `--json` each is one JSON document on a line of its own.

    Returns REJECTED if any was rejected, else UNDETERMINED if any could not be decided, else OK.
    """
    from registry_client.batch import CHUNK, verify_many

    missing = next((path for path in files if not path.is_file()), None)
    if missing is not None:
        raise FileNotFoundError(2, tr("there is no such file", "그런 파일이 없습니다"), str(missing))
    reports = verify_many(
        _read_all(files),
        make_verifier=partial(make_verifier, profile),
        policy=policy,
        as_of=as_of,
        processes=processes or min(os.cpu_count() or 1, -(-len(files) // CHUNK)),
    )
    counts: Counter[str] = Counter()
    lines: list[tuple[str, str, str]] = []
    with progress() as shown:
        shown.step(tr("verifying", "검증"))
        for file, report in zip(files, reports, strict=True):
            counts[report.verdict.value] += 1
            if current().json:
                _write_line(file, report)
            else:
                lines.append((report.verdict.value, str(file), _why(report)))
            shown.count(counts.total(), len(files))
    if not current().json:
        _show(lines, counts)
    if counts["rejected"]:
        return REJECTED
    return UNDETERMINED if counts["undetermined"] else OK


def make_verifier(profile: "Profile") -> "Verifier":
    """A verifier with a connection of its own, for one process; it lives as long as the process."""
    from registry_client.registry import Registry

    return Registry(profile).verifier()


def _read_all(files: Sequence[Path]) -> Iterator["Handed"]:
    from registry_client.batch import Handed
    from registry_client.cli.handed import read_handed

    for file in files:
        try:
            found = read_handed(file)
            yield Handed(found.content, found.receipts)
        except InvalidInputError:  # receipts that are none: judged like any other receipt that does not hold
            yield Handed("{}", ({},))


def _write_line(file: Path, report: "Report") -> None:
    document: dict[str, Any] = {"file": str(file), **report.to_json()}
    sys.stdout.write(to_line(document) + "\n")
    sys.stdout.flush()


def _why(report: "Report") -> str:
    return "" if report.reason is None else report.reason.explain(language())


def _show(lines: Sequence[tuple[str, str, str]], counts: Counter[str]) -> None:
    screen = Screen()
    screen.steps(lines, indent=0)
    screen.line()
    for verdict in ("accepted", "rejected", "undetermined"):
        if counts[verdict]:
            screen.line(f"{outcome(verdict)}: {counts[verdict]}")
    screen.note(tr("the holders were not asked to prove anything", "소지자 확인은 하지 않았습니다"))
    sys.stdout.flush()
