"""HTTP put together: what the API needs, and the server that speaks it."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import uvicorn

from node.api.app import VERSION, NodeApp
from node.api.deps import Services
from node.api.exposition import Counted, Exposition, NodeCollector, Standing
from node.api.patience import Crowd, protocol_for
from node.api.traffic import Traffic
from node.config import Config
from node.loop import loop_factory
from node.measures import Tally
from node.services.catalogue import event_codec
from node.services.context import Ledger
from node.services.health import WorkerReport, readiness
from node.services.operations import Operations
from node.services.published_lists import PublishedLists
from node.services.registrations import Registrations
from node.services.verification import open_verification
from node.stores import Stores, unix_now

STOP_S: Final = 15
"""How long requests under way may still take when the node stops."""


def make_services(
    config: Config,
    stores: Stores,
    *,
    worker: Callable[[], WorkerReport | None],
    wake: Callable[[], None],
    count: Callable[[Traffic, Tally], Counted] | None = None,
) -> Services:
    """Put together what HTTP may ask. `worker`: what it says of itself; `wake`: tells it that something was queued.

    `count`: adds what this process counts elsewhere; None for no metrics.
    """
    ledger = Ledger(
        config.network,
        config.chain_id,
        config.genesis_hash,
        config.directory,
        config.code_hash,
        config.base,
        stores.reads,
    )
    operations = Operations(ledger, stores.outbox, queue_max=config.queue_max, now=unix_now)
    traffic, published = Traffic(), PublishedLists(ledger, stores.published, now=unix_now)
    exposition = None
    if count is not None and config.metrics != "off":
        standing = Standing(
            lambda: readiness(stores.reads, worker()), stores.outbox, stores.published, config.home, unix_now
        )
        collector = NodeCollector(count(traffic, operations.accepted), standing, version=VERSION, role=config.role)
        exposition = Exposition(collector, is_open=config.metrics == "all")
    return Services(
        ledger,
        stores.reads,
        stores.hot,
        operations,
        Registrations(ledger, operations, stores.outbox, stores.registrations, now=unix_now),
        published,
        stores.tokens,
        worker,
        wake,
        event_codec().types,
        open_verification(config.vc_api, config.own_ledger, now=unix_now, listed=config.vc_api_issuers),
        traffic,
        exposition,
    )


class HttpServer:
    """Serves until told to stop."""

    def __init__(self, services: Services, config: Config) -> None:
        self.app = NodeApp(services, is_stopping=lambda: self._server.should_exit)
        self._server = uvicorn.Server(
            uvicorn.Config(
                self.app,
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=STOP_S,
                timeout_keep_alive=30,
                http=protocol_for(Crowd(config.connections_max, request_s=config.request_timeout_s)),
                ws="none",
                limit_concurrency=2 * config.connections_max,
            )
        )

    def run(self, listener: socket.socket) -> None:
        """Serve on a bound socket; returns when the server has stopped."""
        with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(self._server.serve(sockets=[listener]))

    def stop(self) -> None:
        """Ask the server to end; may be called from any thread."""
        self._server.should_exit = True
