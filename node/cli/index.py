"""`index`: rebuild, digest and check the index. It can be deleted at any time: the ledger has everything."""

import gc
import json
import time
from typing import Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from node.adapters.store_sql.digest import index_digest
from node.adapters.store_sql.index import SqlIndex
from node.cli.index_check import check
from node.cli.index_exchange import export, import_
from node.cli.options import AsJson, Home, Lang, RpcUrl, ledger_settings, speak
from node.cli.own_ledger import own_ledger
from node.config import Config
from node.home import HomeLock
from node.ledger_access import connect, make_indexer
from node.rebuilding import fresh_index
from node.stores import open_index
from registry_client.cli.i18n import tr

GARBAGE_EVERY: Final = 100_000
"""New objects between two looks for garbage in circles: a rebuild makes none, looking took a quarter of its time."""
app = typer.Typer(help="The index: rebuildable from the ledger.", no_args_is_help=True)
app.command()(check)
app.command()(export)
app.command("import")(import_)


@app.command()
def rebuild(home: Home = None, rpc_url: RpcUrl = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Make the index anew from the ledger's events, beside the old one, and put it in its place.

    The node must be stopped. Example: mapae-node index rebuild
    """
    speak(lang)
    config = ledger_settings(home=home, rpc_url=rpc_url)
    with HomeLock(config.home):
        began = time.monotonic()
        with own_ledger(config) as reachable, fresh_index(config) as fresh:
            blocks, events = rebuild_from(reachable, fresh.store)
        seconds = time.monotonic() - began
        answer = {**_digest(config), "blocks": blocks, "events": events, "seconds": round(seconds, 2)}
    if as_json:
        print(json.dumps(answer))
    else:
        pace = f"{seconds:.1f} s ({events / max(seconds, 1e-9):.0f} events/s)"
        print(tr(f"{events} events in {blocks} blocks, {pace}", f"블록 {blocks}개, 이벤트 {events}건, {pace}"))
        print(f"{tr('block', '블록')} {answer['block_number']} {answer['block_hash']}")
        print(f"{tr('digest', '다이제스트')} {answer['digest']}")


@app.command()
def digest(home: Home = None, lang: Lang = None) -> None:
    """Print the digest of everything final in the index: equal to that of a rebuilt one, or of another node's.

    Example: mapae-node index digest
    """
    speak(lang)
    print(json.dumps(_digest(ledger_settings(home=home)), indent=2))


def rebuild_from(config: Config, index: SqlIndex) -> tuple[int, int]:
    """Read everything that the ledger has into an index; return (blocks, events)."""
    chain = connect(config)
    gc.set_threshold(GARBAGE_EVERY, 50, 1_000)
    try:
        indexer = make_indexer(config, chain, index)
        total = chain.head().number
        columns = (TextColumn("blocks"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[events]} events"))
        events = 0
        with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
            task = progress.add_task("index", total=max(total, 1), events=0)
            while True:
                step = indexer.step()
                events += step.events
                number = step.head.block.number
                progress.update(task, completed=number, total=max(step.ledger_head.number, 1), events=events)
                if step.is_done:
                    return number, events
    finally:
        chain.close()


def _digest(config: Config) -> dict[str, object]:
    engine = open_index(config)
    try:
        return index_digest(engine)
    finally:
        engine.dispose()
