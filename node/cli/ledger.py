"""`ledger`: the embedded ledger by itself."""

from typing import Annotated

import typer

from node.cli.options import AsJson, Home, settings
from node.embedded import commands
from node.embedded.supervisor import LedgerOptions

app = typer.Typer(help="The embedded ledger, without a node.", no_args_is_help=True)


@app.command()
def run(
    home: Home = None,
    port: Annotated[int, typer.Option(help="JSON-RPC port; 0 takes a free one.")] = 8545,
) -> None:
    """Run the embedded ledger in the foreground, until Ctrl-C.

    Example: mapae-node ledger run --port 8545
    """
    raise typer.Exit(commands.run(settings(home=home).home / "ledger", LedgerOptions(port=port)))


@app.command()
def check(
    home: Home = None,
    replay: Annotated[bool, typer.Option(help="Also mine everything again and compare every hash.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check the ledger's journal and snapshots while it is stopped.

    Example: mapae-node ledger check --replay
    """
    raise typer.Exit(commands.check(settings(home=home).home / "ledger", replay=replay, as_json=as_json))
