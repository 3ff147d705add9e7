"""The composition root: settings in, a running node out."""

import asyncio
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn
from sqlalchemy import Engine

from node.adapters.chain import RpcChain
from node.adapters.ledger_writer import Web3Writer, load_relayer
from node.adapters.store_sql.engine import open_engine
from node.adapters.store_sql.hot import SqliteHotReads
from node.adapters.store_sql.index import SqlIndex
from node.adapters.store_sql.outbox import SqlOutbox
from node.adapters.store_sql.published_lists import SqlPublishedLists
from node.adapters.store_sql.reads import SqlReads
from node.adapters.store_sql.registrations import SqlRegistrations
from node.adapters.store_sql.tokens import SqlTokens
from node.api.app import NodeApp
from node.api.deps import Services
from node.config import Config
from node.domain.ledger import Finality
from node.loop import loop_factory
from node.services.catalogue import CONTRACTS, error_codec, event_codec
from node.services.context import Ledger
from node.services.execution import Executor
from node.services.health import WorkerReport
from node.services.identity import require_ledger_identity
from node.services.indexing import Indexer
from node.services.operations import Operations
from node.services.published_lists import PublishedLists
from node.services.registrations import Registrations
from node.services.relay import Relay
from node.services.tokens import Tokens
from node.services.verification import open_verification
from node.worker import Worker
from registry_client.core.encoding import decode_hex
from registry_client.errors import LedgerUnavailableError

log = structlog.get_logger("node")

LEDGER_WAIT_S: Final = 30.0
"""How long a starting node waits for its ledger."""
STOP_S: Final = 5


def unix_now() -> int:
    """Return the present moment in whole seconds: the edge's clock."""
    return int(time.time())


@dataclass(slots=True)
class Stores:
    """The node's files, opened."""

    index_engine: Engine
    outbox_engine: Engine
    index: SqlIndex
    reads: SqlReads
    outbox: SqlOutbox
    registrations: SqlRegistrations
    published: SqlPublishedLists
    tokens: Tokens

    def close(self) -> None:
        """Close every connection."""
        self.index_engine.dispose()
        self.outbox_engine.dispose()


def open_stores(config: Config) -> Stores:
    """Open or make the index and the outbox of this ledger. Raises LedgerInconsistentError for another's."""
    index_engine = open_engine(config.index_path, synchronous="NORMAL")
    outbox_engine = open_engine(config.outbox_path, synchronous="FULL")
    index, outbox, tokens = SqlIndex(index_engine), SqlOutbox(outbox_engine), SqlTokens(outbox_engine)
    published = SqlPublishedLists(index_engine)
    try:
        index.create(config.identity())
        outbox.create(config.identity())
        published.create()
    except BaseException:
        index_engine.dispose()
        outbox_engine.dispose()
        raise
    return Stores(
        index_engine,
        outbox_engine,
        index,
        SqlReads(index_engine),
        outbox,
        SqlRegistrations(outbox_engine),
        published,
        Tokens(tokens, now=unix_now),
    )


def open_tokens(config: Config) -> tuple[Tokens, Callable[[], None]]:
    """Open only the tokens: what `mapae-node tokens` needs, also while the node runs."""
    engine = open_engine(config.outbox_path, synchronous="FULL")
    SqlOutbox(engine).create(config.identity())
    return Tokens(SqlTokens(engine), now=unix_now), engine.dispose


def make_indexer(config: Config, chain: RpcChain, index: SqlIndex) -> Indexer:
    """Put the index's writer together."""
    return Indexer(
        chain,
        index,
        event_codec(),
        directory=decode_hex(config.directory, length=20),
        finality=Finality(config.confirmations),
        first_block=config.first_block,
        known_contracts=frozenset(CONTRACTS),
    )


def connect(config: Config, *, wait_s: float = LEDGER_WAIT_S) -> RpcChain:
    """Reach the ledger and check that it is the one in the settings.

    Raises LedgerUnavailableError after `wait_s`, WrongLedgerError at once.
    """
    chain = RpcChain(config.rpc_url)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            require_ledger_identity(
                chain,
                chain_id=config.chain_id,
                genesis_hash=config.genesis_hash,
                directory=config.directory,
                code_hash=config.code_hash,
            )
        except LedgerUnavailableError:
            if time.monotonic() >= deadline:
                chain.close()
                raise
            time.sleep(0.5)
        except BaseException:
            chain.close()
            raise
        else:
            return chain


class Node:
    """A node: worker thread and HTTP server in one process, or one of them by role."""

    def __init__(self, config: Config) -> None:
        """Reach the ledger, open the stores, put everything together; nothing runs yet."""
        self.config = config
        self.chain = connect(config)
        try:
            self.stores = open_stores(config)
        except BaseException:
            self.chain.close()
            raise
        self.failed: str | None = None
        self._server: uvicorn.Server | None = None
        self._stopped = threading.Event()
        self._writer: Web3Writer | None = None
        self.worker = self._make_worker() if config.role != "api" else None
        ledger = Ledger(
            config.network,
            config.chain_id,
            config.genesis_hash,
            config.directory,
            config.code_hash,
            config.base,
            self.stores.reads,
        )
        self.hot = SqliteHotReads(config.index_path)
        operations = Operations(ledger, self.stores.outbox, queue_max=config.queue_max, now=unix_now)
        self.services = Services(
            ledger,
            self.stores.reads,
            self.hot,
            operations,
            Registrations(ledger, operations, self.stores.outbox, self.stores.registrations, now=unix_now),
            PublishedLists(ledger, self.stores.published, now=unix_now),
            self.stores.tokens,
            self._worker_report,
            self._wake,
            event_codec().types,
            open_verification(config.vc_api, config.own_ledger, now=unix_now),
        )

    def _make_worker(self) -> Worker:
        config, stores = self.config, self.stores
        relay: Relay | None = None
        executor: Executor | None = None
        keystore, passphrase = config.path(config.relayer_keystore), config.path(config.relayer_passphrase)
        if keystore.exists():
            writer = Web3Writer(config.rpc_url, load_relayer(keystore, passphrase), chain_id=config.chain_id)
            self._writer = writer
            relay = Relay(stores.outbox, stores.reads, self.chain, writer, error_codec(), now=unix_now)
            executor = Executor(
                stores.reads, stores.outbox, network=config.network, chain_id=config.chain_id, now=unix_now
            )
        return Worker(
            make_indexer(config, self.chain, stores.index),
            relay,
            executor,
            poll_interval_s=config.poll_interval_s,
            evidence_dir=config.index_path.parent,
            on_stop=self._fail,
        )

    def _wake(self) -> None:
        if self.worker is not None:
            self.worker.wake()

    def _worker_report(self) -> WorkerReport | None:
        if self.worker is None:
            return None
        status = self.worker.status
        progress = status.progress
        behind = None if progress is None else max(0, progress.ledger_head.number - progress.head.block.number)
        silent_s = time.monotonic() - status.turned_at
        free = shutil.disk_usage(self.config.index_path.parent).free
        return WorkerReport(behind, status.trouble, status.stopped, silent_s, status.relays, status.refusal, free)

    def _fail(self) -> None:
        self.failed = self.worker.status.stopped if self.worker else None
        self.stop()

    def stop(self) -> None:
        """Ask a running node to end; may be called from any thread."""
        self._stopped.set()
        if self._server is not None:
            self._server.should_exit = True

    def run(self, listener: socket.socket | None) -> int:
        """Run until stopped; return the exit code: 0, or 70 after a contradiction."""
        if self.worker is not None:
            self.worker.start()
        try:
            if self.config.role == "worker" or listener is None:
                self._run_worker_only()
            else:
                self._serve(listener)
        finally:
            self.close()
        return 70 if self.failed else 0

    def _serve(self, listener: socket.socket) -> None:
        settings = uvicorn.Config(
            NodeApp(self.services),
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=STOP_S,
            timeout_keep_alive=30,
            limit_concurrency=2_000,
        )
        self._server = uvicorn.Server(settings)
        if self._stopped.is_set():
            return
        host, port = listener.getsockname()[:2]
        log.info("serving", host=host, port=port, role=self.config.role)
        self._take_signals()
        with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(self._server.serve(sockets=[listener]))

    def _run_worker_only(self) -> None:
        self._take_signals()
        self._stopped.wait()

    def _take_signals(self) -> None:
        """Stop in order on SIGINT and SIGTERM. The server raises them again when it is done: then this is a no-op."""
        if threading.current_thread() is threading.main_thread():
            for name in (signal.SIGINT, signal.SIGTERM):
                signal.signal(name, lambda *_: self.stop())

    def close(self) -> None:
        """Stop the worker and close files and connections."""
        if self.worker is not None:
            self.worker.stop()
        if self._writer is not None:
            self._writer.close()
        if self.services.verification is not None:
            self.services.verification.close()
        self.hot.close()
        self.stores.close()
        self.chain.close()
