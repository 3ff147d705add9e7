"""The composition root: settings in, a running node out."""

import signal
import socket
import threading

import structlog

from node.api.app import VERSION
from node.api.exposition import Counted
from node.api.traffic import Traffic
from node.config import Config
from node.ledger_access import connect, make_indexer
from node.measures import Tally
from node.serving import HttpServer, make_services
from node.stores import open_stores, open_tokens, unix_now
from node.tracing import tracer
from node.working import Working

__all__ = ["Node", "connect", "make_indexer", "open_stores", "open_tokens", "unix_now"]

log = structlog.get_logger("node")


class Node:
    """A node: worker thread and HTTP server in one process, or one of them by role."""

    def __init__(self, config: Config) -> None:
        """Reach the ledger, open the stores, put everything together; nothing runs yet."""
        self.config = config
        if config.otlp_endpoint:
            tracer.start(config.otlp_endpoint, version=VERSION, role=config.role)
        self.chain = connect(config)
        try:
            self.stores = open_stores(config)
        except BaseException:
            self.chain.close()
            raise
        self.failed: str | None = None
        self._server: HttpServer | None = None
        self._stopped = threading.Event()
        self._working = Working(config, self.chain, self.stores, on_stop=self._fail) if config.role != "api" else None
        self.worker = self._working.worker if self._working else None
        self.services = make_services(
            config,
            self.stores,
            worker=self._working.report if self._working else lambda: None,
            wake=self.worker.wake if self.worker else lambda: None,
            count=self._count,
        )

    def _count(self, traffic: Traffic, accepted: Tally) -> Counted:
        measures = self.chain.rpc.measures, self.stores.errors
        if self._working is None:
            return Counted(*measures, traffic, accepted)
        return Counted(*measures, traffic, accepted, self._working.worker.measures, self._working.relay_measures)

    def _fail(self) -> None:
        self.failed = self.worker.status.stopped if self.worker else None
        self.stop()

    def stop(self) -> None:
        """Ask a running node to end; may be called from any thread."""
        self._stopped.set()
        if self._server is not None:
            self._server.stop()

    def run(self, listener: socket.socket | None) -> int:
        """Run until stopped; return the exit code: 0, or 70 after a contradiction."""
        if self._working is not None:
            self._working.start()
        try:
            if self.config.role == "worker" or listener is None:
                self._run_worker_only()
            else:
                self._serve(listener)
        finally:
            self.close()
        return 70 if self.failed else 0

    def _serve(self, listener: socket.socket) -> None:
        self._server = HttpServer(self.services, self.config)
        if self._stopped.is_set():
            return
        host, port = listener.getsockname()[:2]
        log.info("serving", host=host, port=port, role=self.config.role)
        self.take_signals()
        self._server.run(listener)

    def _run_worker_only(self) -> None:
        self.take_signals()
        self._stopped.wait()

    def take_signals(self) -> None:
        """Stop in order on SIGINT and SIGTERM. The server raises them again when it is done: then this is a no-op."""
        if threading.current_thread() is threading.main_thread():
            for name in (signal.SIGINT, signal.SIGTERM):
                signal.signal(name, lambda *_: self.stop())

    def close(self) -> None:
        """Stop the worker and close files and connections."""
        if self._working is not None:
            self._working.close()
        if self.services.verification is not None:
            self.services.verification.close()
        self.stores.close()
        self.chain.close()
        tracer.stop()
