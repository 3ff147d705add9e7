"""`index export` and `index import`: an index handed to another node, which believes nothing of it unchecked."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine

from node.adapters.chain import RpcChain
from node.adapters.store_sql.digest import index_digest
from node.adapters.store_sql.index import SqlIndex
from node.adapters.store_sql.reads import SqlReads
from node.cli.index_check import checked_engine, print_report, reachable
from node.cli.options import AsJson, Home, Lang, RpcUrl, ledger_settings, speak
from node.config import Config
from node.domain.event_json import EventReader
from node.domain.ledger import Finality
from node.home import HomeLock
from node.ledger_access import connect, make_indexer
from node.rebuilding import FreshIndex, fresh_index
from node.services.catalogue import event_codec, load_abis
from node.services.index_file import IndexFile, IndexFileHead, write_index_file
from node.services.index_import import IndexImporter, anchor_of, require_silence
from node.stores import open_index
from registry_client.cli.i18n import tr
from registry_client.core.encoding import decode_hex
from registry_client.errors import ConfigurationError, LedgerInconsistentError

File = Annotated[Path, typer.Argument(metavar="FILE", help="The file, by custom `.jsonl.gz`.")]


def export(file: File, home: Home = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Write everything final in the index to a file for another node; the node may run meanwhile.

    Example: mapae-node index export registry.jsonl.gz
    """
    speak(lang)
    config = ledger_settings(home=home)
    engine = open_index(config)
    try:
        answer = export_index(config, engine, file)
    finally:
        engine.dispose()
    events, number = answer["events"], answer["block_number"]
    words = tr(f"{events} events up to block {number}: {file}", f"블록 {number}까지 이벤트 {events}건: {file}")
    print(json.dumps(answer) if as_json else words)


def export_index(config: Config, engine: Engine, file: Path) -> dict[str, object]:
    """Write an opened index to a file; what was written."""
    with _progress() as progress, SqlReads(engine).view() as view:
        digest = index_digest(engine)
        final = view.head.final
        if digest["block_number"] != final.number:
            raise ConfigurationError("the index moved on in this moment: try again")
        head = IndexFileHead(
            network=config.network,
            chain_id=config.chain_id,
            genesis_hash=decode_hex(config.genesis_hash, length=32),
            directory=decode_hex(config.directory, length=20),
            block_number=final.number,
            block_hash=final.hash,
            digest=decode_hex(str(digest["digest"]), length=32),
        )
        task = progress.add_task("export", total=None, done=0)
        events = write_index_file(file, head, view, on_event=lambda done: progress.update(task, done=done))
    return {**head.as_dict(), "events": events}


def import_(  # noqa: PLR0917 - a command's flags
    file: File,
    home: Home = None,
    rpc_url: RpcUrl = None,
    digest: Annotated[
        str, typer.Option(help="`index digest` of a node that you trust, at the file's block; others are refused.")
    ] = "",
    moved: Annotated[
        bool, typer.Option("--moved", help="The file is of the ledger that this one continues (`ledger export`).")
    ] = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Make the index from another node's file; it takes its place only if the ledger's state confirms all of it.

    The node must be stopped (on PostgreSQL: all but `--role api`). Example: mapae-node index import registry.jsonl.gz
    """
    speak(lang)
    config = ledger_settings(home=home, rpc_url=rpc_url)
    with HomeLock(config.home), reachable(config) as there, file.open("rb") as opened:
        source = IndexFile(opened)
        _require_wanted(there, source.head, digest)
        with fresh_index(there) as fresh:
            report = _fill(there, source, fresh, moved=moved)
    events, claims = report["events"], report["claims"]
    words = tr(
        f"{events} events, {claims} answers of the ledger fit", f"이벤트 {events}건, 원장의 답 {claims}건과 맞습니다"
    )
    print(json.dumps(report) if as_json else words)


def _require_wanted(config: Config, head: IndexFileHead, digest: str) -> None:
    """Refuse a file of another registry, or of another content than a trusted node's, before reading on."""
    ours = (config.network, config.chain_id, config.directory)
    theirs = (head.network, head.chain_id, "0x" + head.directory.hex())
    if ours != theirs:
        raise ConfigurationError(f"the file is of {theirs[0]}, chain {theirs[1]}, Directory {theirs[2]}")
    if digest and digest != "0x" + head.digest.hex():
        raise LedgerInconsistentError(
            f"the file's digest at block {head.block_number} is 0x{head.digest.hex()}, not the one you trust",
            expected=digest,
        )


def _fill(config: Config, source: IndexFile, fresh: FreshIndex, *, moved: bool) -> dict[str, object]:
    chain, store, engine = connect(config), fresh.store, fresh.engine
    try:
        final_number = Finality(config.confirmations).final_number(chain.head().number, already=0)
        genesis = decode_hex(config.genesis_hash, length=32)
        anchor = anchor_of(chain, source.head, genesis_hash=genesis, final_number=final_number, moved=moved)
        with _progress() as progress:
            task = progress.add_task("import", total=None, done=0)
            importer = IndexImporter(chain, store, event_codec(), EventReader(load_abis()), moved=moved)
            count = importer.take(source, anchor=anchor, on_event=lambda done: progress.update(task, done=done))
        _require_digest(engine, source.head)
        if moved:
            addresses = [decode_hex(config.directory, length=20), *(entry.address for entry in store.watched())]
            require_silence(chain, addresses, upto=anchor.number)
        _catch_up(config, chain, store)
        report = checked_engine(config, engine, sample=None)
        if report.wrong:
            print_report(report)
            raise LedgerInconsistentError(
                f"{report.wrong} things of the file are not what the ledger says: nothing was imported",
                first=report.differences[0].subject,
            )
        return {"events": count, "claims": report.claims, **index_digest(engine)}
    finally:
        chain.close()


def _require_digest(engine: Engine, head: IndexFileHead) -> None:
    found = index_digest(engine)["digest"]
    if found != "0x" + head.digest.hex():
        raise LedgerInconsistentError(
            "the file's events do not make the index that its first line names: nothing was imported", found=found
        )


def _catch_up(config: Config, chain: RpcChain, store: SqlIndex) -> None:
    indexer = make_indexer(config, chain, store)
    while not indexer.step().is_done:
        pass


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), TextColumn("{task.fields[done]} events"), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))
