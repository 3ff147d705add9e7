"""`ledger`: the embedded ledger by itself."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from node.cli.ledger_export import export
from node.cli.ledger_news import StartProgress
from node.cli.options import AsJson, Home, settings
from node.embedded import commands
from node.embedded.errors import HeartbeatError, RelayerFileError
from node.embedded.heartbeat import INTERVAL_S, Heartbeat
from node.embedded.relayers import parse_address
from node.embedded.supervisor import LedgerOptions
from registry_client.cli.i18n import language_of_locale

app = typer.Typer(help="The embedded ledger, without a node.", no_args_is_help=True)
app.command()(export)


Language = Annotated[
    Literal["en", "ko"] | None,
    typer.Option("--lang", help="Language of the report (the locale's).", show_default=False),
]


def _require_addresses(values: list[str] | None) -> list[str]:
    """Refuse what is no address before the ledger is touched."""
    for value in values or []:
        try:
            parse_address(value)
        except RelayerFileError as error:
            raise typer.BadParameter(f"{error.detail}; give 0x and 40 hex digits") from error
    return values or []


def _require_interval(seconds: int) -> int:
    try:
        return Heartbeat(seconds).interval_s
    except HeartbeatError as error:
        raise typer.BadParameter(error.detail) from error


@app.command()
def run(
    home: Home = None,
    port: Annotated[int, typer.Option(help="JSON-RPC port; 0 takes a free one.")] = 8545,
    relayer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            callback=_require_addresses,
            help="Let this sender's transactions in, now and at later starts; repeatable.",
            show_default=False,
        ),
    ] = None,
    heartbeat: Annotated[
        int,
        typer.Option(
            metavar="SECONDS",
            callback=_require_interval,
            help="Mine an empty block when the newest is this old; 0: never.",
        ),
    ] = INTERVAL_S,
) -> None:
    """Run the embedded ledger in the foreground, until Ctrl-C.

    Example: mapae-node ledger run --port 8545 --relayer 0x2d9f3a1c07b8e64d5f0a92c6b17e83d40c5af96b
    """
    options = LedgerOptions(port=port, relayers=tuple(relayer or ()), heartbeat=Heartbeat(heartbeat))
    raise typer.Exit(commands.run(settings(home=home).home / "ledger", options))


@app.command()
def check(
    home: Home = None,
    replay: Annotated[bool, typer.Option(help="Also mine everything again and compare every hash.")] = False,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Check the ledger's journal and snapshots while it is stopped.

    Example: mapae-node ledger check --replay --lang ko
    """
    language = lang or language_of_locale()
    code = commands.check(settings(home=home).home / "ledger", replay=replay, as_json=as_json, language=language)
    raise typer.Exit(code)


@app.command()
def backup(
    destination: Annotated[Path, typer.Argument(metavar="DEST", help="Folder to make; nothing is written over.")],
    home: Home = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Copy the ledger to a new folder, while it runs or not: every block that was shown, and a manifest of digests.

    Example: mapae-node ledger backup /backup/ledger-2026-11-22
    """
    language = lang or language_of_locale()
    with StartProgress() as progress:
        code = commands.backup(
            settings(home=home).home / "ledger", destination, as_json=as_json, language=language, on_progress=progress
        )
    raise typer.Exit(code)


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="Folder that `ledger backup` made.")],
    home: Home = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Put a backup in place where there is no ledger, after mining all of it again and comparing every hash.

    Example: mapae-node ledger restore /backup/ledger-2026-11-22 --home /srv/mapae
    """
    language = lang or language_of_locale()
    with StartProgress() as progress:
        code = commands.restore(
            source, settings(home=home).home / "ledger", as_json=as_json, language=language, on_progress=progress
        )
    raise typer.Exit(code)
