"""The home's own embedded ledger, for as long as a command needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from node.cli.ledger_news import StartProgress
from node.config import Config
from node.embedded.errors import LedgerLockedError, LedgerStoppedError
from node.embedded.launcher import start_ledger


@contextmanager
def own_ledger(config: Config) -> Iterator[Config]:
    """Start the home's embedded ledger meanwhile, if it has one and it does not run; else it is at its address."""
    folder = config.home / "ledger"
    if not (folder / "genesis.json").exists():
        yield config
        return
    try:
        with StartProgress() as progress:
            ledger = start_ledger(folder, on_progress=progress)
    except LedgerStoppedError as error:
        if error.code != LedgerLockedError.code:
            raise
        yield config  # it runs as a service of its own, at its address
        return
    with ledger:
        yield replace(config, rpc_url=ledger.url)
