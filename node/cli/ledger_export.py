"""`ledger export`: everything that another EVM needs to go on where the embedded ledger stops (ADR 0043)."""

import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from node.adapters.store_sql.engine import open_engine
from node.adapters.store_sql.index import SqlIndex
from node.cli.index_exchange import export_index
from node.cli.ledger_news import StartProgress
from node.cli.options import AsJson, Home, Lang, ledger_settings, speak
from node.config import Config
from node.embedded.disk import replace_file, storage
from node.embedded.errors import StorageError
from node.embedded.export import genesis_of, state_digest
from node.embedded.journal import read_journal
from node.embedded.launcher import LedgerHandle, start_ledger
from node.embedded.manifest import Manifest, entries_of, new_folder, write_manifest
from node.embedded.snapshot import read_snapshot
from node.home import HomeLock
from node.ledger_access import connect, make_indexer
from registry_client.cli.i18n import tr

KIND: Final = "mapae-ledger-export"
GENESIS: Final = "genesis.json"
EVENTS: Final = "events.jsonl.gz"


def export(
    destination: Annotated[Path, typer.Argument(metavar="DEST", help="Folder to make; nothing is written over.")],
    home: Home = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Write the ledger's state as a genesis for geth or Besu, and its events for the index of the nodes there.

    The node must be stopped; stop using this ledger for good once the other one runs.
    Example: mapae-node ledger export /srv/move
    """
    speak(lang)
    config = ledger_settings(home=home)
    folder = config.home / "ledger"
    if not folder.is_dir():
        raise StorageError(f"there is no ledger in {folder}")
    with (
        HomeLock(config.home),
        StartProgress() as progress,
        start_ledger(folder, heartbeat_s=0, on_progress=progress) as ledger,
    ):
        manifest, digest = _export(config, folder, ledger, destination)
    if as_json:
        print(json.dumps({"path": str(destination), "state_digest": digest, **manifest.as_dict()}))
        return
    number, then = manifest.head.number, f"`mapae-node index import {EVENTS} --moved`"
    print(
        tr(
            f"{destination}: {manifest.network}, chain {manifest.chain_id}, state at block {number}\n"
            f"state digest {digest}\n"
            f"next: run the new chain from {GENESIS} past block {number}, then {then} "
            "(docs/node.md, Moving to another chain)",
            f"{destination}: {manifest.network}, 체인 {manifest.chain_id}, 블록 {number}의 상태\n"
            f"상태 다이제스트 {digest}\n"
            f"다음: {GENESIS}로 새 체인을 시작해 블록 {number}을(를) 지나게 한 뒤 {then} "
            "(docs/node.md, Moving to another chain)",
        )
    )


def _export(config: Config, folder: Path, ledger: LedgerHandle, destination: Path) -> tuple[Manifest, str]:
    number = ledger.snapshot()
    snapshot = read_snapshot(folder / f"snapshot-{number:012d}.bin")
    header = read_journal(folder).header
    if header is None:
        raise StorageError(f"there is no ledger in {folder}")
    with new_folder(destination) as made:
        genesis = genesis_of(snapshot.dump, header.genesis, snapshot.block)
        _write(made / GENESIS, genesis)
        _write_events(replace(config, rpc_url=ledger.url), made / EVENTS)
        manifest = Manifest(
            kind=KIND,
            network=config.network,
            chain_id=config.chain_id,
            genesis_hash=header.genesis_hash,
            head=snapshot.block,
            engine_version=header.engine_version,
            made_at=int(time.time()),
            files=entries_of(made, [GENESIS, EVENTS]),
        )
        write_manifest(made, manifest)
    return manifest, state_digest(genesis["alloc"])


def _write(path: Path, value: dict[str, Any]) -> None:
    with storage(f"writing {path}"):
        replace_file(path, json.dumps(value, indent=1).encode() + b"\n")


def _write_events(config: Config, file: Path) -> None:
    """Index the ledger from its events, whatever the node's own index says, and write that index's file."""
    with tempfile.TemporaryDirectory(prefix=".index-", dir=file.parent) as scratch:
        chain, engine = connect(config), open_engine(Path(scratch) / "index.sqlite", synchronous="NORMAL")
        try:
            store = SqlIndex(engine)
            store.create(config.identity())
            indexer = make_indexer(config, chain, store)
            while not indexer.step().is_done:
                pass
            export_index(config, engine, file)
        finally:
            engine.dispose()
            chain.close()
