"""`index check`: is what the index says what the ledger's state says?"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from sqlalchemy import Engine

from node.adapters.state_reader import RpcState
from node.adapters.store_sql.reads import SqlReads
from node.cli.options import AsJson, Home, Lang, RpcUrl, ledger_settings, speak
from node.cli.own_ledger import own_ledger
from node.config import Config
from node.ledger_access import connect
from node.services.index_check import IndexReport, check_index
from node.stores import open_index
from registry_client.cli.i18n import tr
from registry_client.core.encoding import decode_hex
from registry_client.errors import LedgerUnavailableError

SAMPLE: Final = 1_000
"""Things of the index that a check looks at unless told otherwise."""
DIFFERS: Final = 70
"""Exit code of a check that found a difference."""


def check(  # noqa: PLR0917 - a command's flags
    home: Home = None,
    rpc_url: RpcUrl = None,
    sample: Annotated[int, typer.Option(min=1, help="About so many things of the index are checked.")] = SAMPLE,
    full: Annotated[bool, typer.Option("--full", help="Check everything.")] = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Hold the index against the ledger's state; the node may run meanwhile. Exit code 70 if they differ.

    Example: mapae-node index check --full
    """
    speak(lang)
    config = ledger_settings(home=home, rpc_url=rpc_url)
    with reachable(config) as there:
        report = checked(there, sample=None if full else sample)
    if as_json:
        print(json.dumps(report.as_dict()))
    else:
        print_report(report)
    raise typer.Exit(DIFFERS if report.wrong else 0)


def checked(config: Config, *, sample: int | None) -> IndexReport:
    """Check the index against the ledger, with a progress bar."""
    engine = open_index(config)
    try:
        return checked_engine(config, engine, sample=sample)
    finally:
        engine.dispose()


def checked_engine(config: Config, engine: Engine, *, sample: int | None) -> IndexReport:
    """Check an opened index against the ledger, with a progress bar."""
    chain = connect(config)
    columns = (TextColumn("check"), BarColumn(), TextColumn("{task.completed} answers"))
    try:
        with SqlReads(engine).view() as view, Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("check", total=None)
            return check_index(
                view,
                chain,
                RpcState(chain.rpc),
                directory=decode_hex(config.directory, length=20),
                sample=sample,
                on_progress=lambda done: progress.update(task, completed=done),
            )
    finally:
        chain.close()


def print_report(report: IndexReport) -> None:
    """Print what a check found, for people."""
    for item in report.differences:
        print(f"{tr('DIFFERS', '다름')} {item.subject}: {item.question}")
        print(f"    {tr('index ', '색인')}  {item.index}\n    {tr('ledger', '원장')}  {item.ledger}")
    scope = tr("a sample", "표본") if report.sampled else tr("everything", "전부")
    block = f"{report.block_number} 0x{report.block_hash.hex()}"
    print(
        tr(
            f"block {block}: {report.claims} answers compared ({scope})",
            f"블록 {block}: 답 {report.claims}건 비교 ({scope})",
        )
    )
    if report.wrong:
        print(
            tr(
                f"{report.wrong} differ: stop the node, keep a copy of the index, then `mapae-node index rebuild`",
                f"{report.wrong}건이 다릅니다: 노드를 멈추고 색인을 복사해 둔 뒤 `mapae-node index rebuild` 실행",
            )
        )
    else:
        print(tr("the index says what the ledger says", "색인이 원장과 같습니다"))


@contextmanager
def reachable(config: Config) -> Iterator[Config]:
    """Use the ledger at the configured address; where it is a stopped embedded one of this home, start it meanwhile."""
    try:
        connect(config, wait_s=0).close()
    except LedgerUnavailableError:
        with own_ledger(config) as started:
            yield started
    else:
        yield config
