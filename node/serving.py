"""HTTP put together: what the API needs, and the server that speaks it."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import uvicorn

from node.api.app import NodeApp
from node.api.deps import Services
from node.api.patience import Crowd, protocol_for
from node.config import Config
from node.loop import loop_factory
from node.services.catalogue import event_codec
from node.services.context import Ledger
from node.services.health import WorkerReport
from node.services.operations import Operations
from node.services.published_lists import PublishedLists
from node.services.registrations import Registrations
from node.services.verification import open_verification
from node.stores import Stores, unix_now

STOP_S: Final = 5


def make_services(
    config: Config, stores: Stores, *, worker: Callable[[], WorkerReport | None], wake: Callable[[], None]
) -> Services:
    """Put together what HTTP may ask. `worker`: what it says of itself; `wake`: tells it that something was queued."""
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
    return Services(
        ledger,
        stores.reads,
        stores.hot,
        operations,
        Registrations(ledger, operations, stores.outbox, stores.registrations, now=unix_now),
        PublishedLists(ledger, stores.published, now=unix_now),
        stores.tokens,
        worker,
        wake,
        event_codec().types,
        open_verification(config.vc_api, config.own_ledger, now=unix_now, listed=config.vc_api_issuers),
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
