"""The hot path's one read on PostgreSQL: requests that wait at the same time are answered by one statement.

- A prepared statement for all DIDs asked for since the last one was sent. Under load a connection carries thousands of
  reads a second with few round trips; alone, a read is one round trip. Nothing is locked, nobody waits for a writer.
- Two connections take turns, so that the next statement is on its way while the last is being answered.
- A connection that broke is made anew once for the readers that were waiting; then they are told.
"""

import asyncio
from typing import Any, Final

import psycopg

from node.adapters.store_sql.postgresql import Access, Gatekeeper, connection_parameters, what_failed
from node.ports import DidHead, StoreUnavailableError

CONNECTIONS: Final = 2
BATCH_MAX: Final = 256
_DID_HEADS: Final = """
SELECT c.head_number, c.head_hash, c.head_time, c.final_number, a.position, (
    SELECT v.version FROM did_versions AS v WHERE v.did_id = a.did_id AND v.block_number <= c.final_number
    ORDER BY v.version DESC LIMIT 1), EXISTS (
    SELECT 1 FROM event_subjects AS s WHERE s.did_id = a.did_id AND s.block_number > c.final_number)
FROM cursor AS c, unnest(%s::bytea[]) WITH ORDINALITY AS a (did_id, position) WHERE c.id = 1 AND c.fills_to = 0
"""
_Waiting = tuple[bytes, "asyncio.Future[DidHead | None]"]


class PostgresHotReads:
    """Implements node.ports.HotReads; use from one event loop."""

    def __init__(self, url: str, access: Access) -> None:
        self._parameters = connection_parameters(url, access)
        self._gate = Gatekeeper()
        self._waiting: list[_Waiting] = []
        self._free: list[psycopg.AsyncConnection[Any] | None] = [None] * CONNECTIONS
        self._tasks: set[asyncio.Task[None]] = set()

    async def did_head(self, did_id: bytes) -> DidHead | None:
        """Return the DID's version in force and the index's head; None before the index was whole for the first time.

        Raises StoreUnavailableError.
        """
        answer: asyncio.Future[DidHead | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((did_id, answer))
        if self._free:
            self._start(self._free.pop())
        return await answer

    def close(self) -> None:
        """Let the connections go; nothing is being read any more."""
        for connection in self._free:
            if connection is not None:
                connection.pgconn.finish()
        self._free.clear()

    def _start(self, connection: "psycopg.AsyncConnection[Any] | None") -> None:
        task = asyncio.create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: "psycopg.AsyncConnection[Any] | None") -> None:
        """Answer everybody who waits, a batch at a time, then put the connection back."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
                try:
                    connection = await self._answer(batch, connection)
                except BaseException as error:
                    connection = None
                    _tell(batch, what_failed(error) or error)
                    if not isinstance(error, Exception):
                        raise
        finally:
            self._free.append(connection)

    async def _answer(
        self, batch: list[_Waiting], connection: "psycopg.AsyncConnection[Any] | None"
    ) -> "psycopg.AsyncConnection[Any]":
        """Answer one batch; a connection that was lost since its last use is made anew."""
        if connection is not None:
            try:
                await _ask(connection, batch)
            except psycopg.OperationalError:
                if not connection.broken:
                    raise
            else:
                return connection
        connection = await self._connect()
        await _ask(connection, batch)
        return connection

    async def _connect(self) -> "psycopg.AsyncConnection[Any]":
        self._gate.check()
        try:
            return await psycopg.AsyncConnection.connect(**self._parameters, autocommit=True, prepare_threshold=0)
        except psycopg.OperationalError:
            self._gate.failed()
            raise


async def _ask(connection: "psycopg.AsyncConnection[Any]", batch: list[_Waiting]) -> None:
    ids = [did_id for did_id, _ in batch]
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(_DID_HEADS, (ids,))
        rows = {row[4]: row for row in await cursor.fetchall()}
    for position, (_, answer) in enumerate(batch, 1):
        row = rows.get(position)
        if not answer.done():
            found = DidHead(row[0], bytes(row[1]), row[2], row[3], row[5], row[6]) if row else None
            answer.set_result(found)


def _tell(batch: list[_Waiting], error: BaseException) -> None:
    told = error if isinstance(error, Exception) else StoreUnavailableError("the node is stopping")
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(told)
