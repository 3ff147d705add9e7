"""The worker put together: what follows the ledger, what carries operations to it, and what both say of themselves."""

import shutil
import time
from collections.abc import Callable

from node.adapters.chain import RpcChain
from node.adapters.ledger_writer import Web3Writer, load_relayer
from node.config import Config
from node.ledger_access import make_indexer
from node.services.catalogue import error_codec
from node.services.execution import Executor
from node.services.health import WorkerReport
from node.services.relay import Relay
from node.stores import Stores, unix_now
from node.worker import Worker


class Working:
    """The worker of one node."""

    def __init__(self, config: Config, chain: RpcChain, stores: Stores, *, on_stop: Callable[[], None]) -> None:
        """Put it together; nothing runs yet. Without a relayer's key operations queue."""
        self._home_disk = config.index_path.parent
        relay: Relay | None = None
        executor: Executor | None = None
        keystore, passphrase = config.path(config.relayer_keystore), config.path(config.relayer_passphrase)
        if keystore.exists():
            writer = Web3Writer(chain.rpc, load_relayer(keystore, passphrase), chain_id=config.chain_id)
            relay = Relay(stores.outbox, stores.reads, chain, writer, error_codec(), now=unix_now)
            executor = Executor(
                stores.reads, stores.outbox, network=config.network, chain_id=config.chain_id, now=unix_now
            )
        self.worker = Worker(
            make_indexer(config, chain, stores.index),
            relay,
            executor,
            poll_interval_s=config.poll_interval_s,
            evidence_dir=self._home_disk,
            on_stop=on_stop,
        )

    def report(self) -> WorkerReport:
        """Return what readiness is judged by."""
        status = self.worker.status
        progress = status.progress
        behind = None if progress is None else max(0, progress.ledger_head.number - progress.head.block.number)
        silent_s = time.monotonic() - status.turned_at
        free = shutil.disk_usage(self._home_disk).free
        return WorkerReport(behind, status.trouble, status.stopped, silent_s, status.relays, status.refusal, free)

    def close(self) -> None:
        """Stop the worker."""
        self.worker.stop()
