"""The home's own embedded ledger, for as long as a command needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from node.cli.ledger_news import StartProgress
from node.config import Config
from node.embedded.launcher import start_ledger


@contextmanager
def own_ledger(config: Config) -> Iterator[Config]:
    """Start the home's embedded ledger meanwhile, if it has one; another ledger is at its address."""
    folder = config.home / "ledger"
    if not (folder / "genesis.json").exists():
        yield config
        return
    with StartProgress() as progress:
        ledger = start_ledger(folder, on_progress=progress)
    with ledger:
        yield replace(config, rpc_url=ledger.url)
