"""The worker put together: what follows the ledger, what carries operations to it, and what both say of themselves."""

import shutil
import time
from collections.abc import Callable

from node.adapters.chain import RpcChain
from node.adapters.keyring import Keyring, Keystores
from node.config import Config
from node.lease_keeper import LeaseKeeper
from node.ledger_access import make_indexer
from node.services.catalogue import error_codec
from node.services.execution import Executor
from node.services.health import Place, WorkerReport
from node.services.purse import PurseWatch
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
        self._purse: PurseWatch | None = None
        self._breaker = chain.rpc.breaker
        keystores = Keystores(config.path(config.relayer_keystore), config.path(config.relayer_passphrase))
        if keystores.active.exists():
            keyring = Keyring(chain.rpc, keystores, chain_id=config.chain_id)
            relay = Relay(stores.outbox, stores.reads, chain, keyring, error_codec(), now=unix_now)
            self._purse = PurseWatch(keyring, stores.outbox, clock=time.monotonic)
            executor = Executor(
                stores.reads, stores.outbox, network=config.network, chain_id=config.chain_id, now=unix_now
            )
        leases = stores.leases
        self.worker = Worker(
            make_indexer(config, chain, stores.index),
            relay,
            executor,
            poll_interval_s=config.poll_interval_s,
            evidence_dir=self._home_disk,
            on_stop=on_stop,
            indexing=leases.indexer if leases else None,
            sending=leases.sender if leases else None,
            purse=self._purse,
        )
        self.relay_measures = relay.measures if relay else None
        self._keeper: LeaseKeeper | None = None
        if leases is not None:
            wanted = (leases.indexer, leases.sender) if relay else (leases.indexer,)
            self._keeper = LeaseKeeper(wanted, silent_s=self._silent_s, on_change=self.worker.wake)

    def start(self) -> None:
        """Take what leases are free and start the worker."""
        if self._keeper is not None:
            self._keeper.start()
        self.worker.start()

    def _silent_s(self) -> float:
        return time.monotonic() - self.worker.status.turned_at

    def report(self) -> WorkerReport:
        """Return what readiness is judged by."""
        status = self.worker.status
        progress = status.progress
        behind = None if progress is None else max(0, progress.ledger_head.number - progress.head.block.number)
        free = shutil.disk_usage(self._home_disk).free
        return WorkerReport(
            behind,
            status.trouble,
            status.stopped,
            self._silent_s(),
            status.relays,
            status.refusal,
            free,
            self._keeper.held if self._keeper is not None else None,
            Place(progress.ledger_head.number, progress.ledger_head.time) if progress is not None else None,
            self._breaker.is_open,
            self._breaker.probes,
            self._purse.seen if self._purse is not None else None,
        )

    def close(self) -> None:
        """Stop the worker and give its leases back."""
        self.worker.stop()
        if self._keeper is not None:
            self._keeper.stop()
