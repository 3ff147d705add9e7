"""`run`, `serve`, `dev`: the node in the foreground."""

import socket
import sys
from contextlib import ExitStack, closing
from typing import Annotated

import typer

from node.cli.development import run_development
from node.cli.options import Database, Home, Host, Port, RpcUrl, ledger_settings, settings
from node.config import Config
from node.files import make_private_folder
from node.home import HomeLock, bind
from node.logs import configure_logs
from node.main import Node


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(run)
    app.command()(serve)
    app.command()(dev)


def run(
    *,
    home: Home = None,
    host: Host = None,
    port: Port = None,
    rpc_url: RpcUrl = None,
    role: Annotated[str | None, typer.Option(help="all, api or worker.", show_default=False)] = None,
    database: Database = None,
) -> None:
    """Run a node against the ledger in its settings, until Ctrl-C.

    Example: mapae-node run --home /srv/mapae --port 8700
    """
    _run(ledger_settings(home=home, host=host, port=port, rpc_url=rpc_url, role=role, database=database))


def serve(
    home: Home = None, host: Host = None, port: Port = None, rpc_url: RpcUrl = None, database: Database = None
) -> None:
    """Serve HTTP only; another process (`run --role worker`) keeps the index and relays.

    Example: mapae-node serve --port 8701
    """
    _run(ledger_settings(home=home, host=host, port=port, rpc_url=rpc_url, role="api", database=database))


def dev(
    home: Home = None,
    host: Host = None,
    port: Port = None,
    heartbeat: Annotated[
        int | None,
        typer.Option(
            metavar="SECONDS",
            help="The ledger mines an empty block when its newest is this old (600); 0: never.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run everything on this machine: embedded ledger, contracts, council, node. Asks nothing.

    Makes what is missing (development keys, labelled as such) and keeps what is there.
    Example: mapae-node dev --port 8700
    """
    raise typer.Exit(run_development(settings(home=home, host=host, port=port, heartbeat_s=heartbeat)))


def _run(config: Config) -> None:
    with ExitStack() as held:
        listener = held.enter_context(closing(bind(config.host, config.port))) if config.role != "worker" else None
        make_private_folder(config.home)
        configure_logs(config.path(config.log_file), level=config.log_level, form=config.log_format)
        if config.role != "api":  # the worker beside it holds the home's lock
            held.enter_context(HomeLock(config.home))
        node = Node(config)
        node.take_signals()  # before anybody is told that it can be stopped
        print(_whereabouts(listener), file=sys.stderr, flush=True)
        code = node.run(listener)
    raise typer.Exit(code)


def _whereabouts(listener: socket.socket | None) -> str:
    if listener is None:
        return "node     indexing and relaying, no HTTP (--role worker)"
    host, port = listener.getsockname()[:2]
    return f"node     http://{f'[{host}]' if ':' in host else host}:{port}/docs"
