"""The outbox: operations, the transactions that carry them, API tokens. Durable (synchronous=FULL); never rebuilt.

- One row an operation, by its id: posting it twice is posting it once. `arrival` is the order of the queue.
- A transaction and the operations it carries are recorded together before it is first sent: a crash loses neither.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from node.adapters.store_sql.engine import insert_new, upsert, writing
from node.adapters.store_sql.leases import SqlLease, leases_table
from node.adapters.store_sql.migrate import OUTBOX, upgrade
from node.domain.operation import OPEN_STATES, OperationState, Relayed, SentTransaction
from node.ports import NewOperation, Queue
from registry_client.errors import LedgerInconsistentError

OUTBOX_VERSION: Final = "1"
metadata = MetaData()
_Number = BigInteger().with_variant(Integer, "sqlite")

operations = Table(
    "operations",
    metadata,
    Column("arrival", _Number, primary_key=True, autoincrement=True),
    Column("operation_id", LargeBinary, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("contract", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("calldata", LargeBinary, nullable=False),
    Column("label", Text, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text),
    Column("transaction_hash", LargeBinary),
    Column("position", BigInteger),
    Column("block_number", BigInteger),
    Column("gas", BigInteger),
    Column("submitted_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
Index("operations_open", operations.c.state, operations.c.arrival)
Index("operations_transaction", operations.c.transaction_hash)

transactions = Table(
    "transactions",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("relayer", LargeBinary, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("contract", Text, nullable=False),
    Column("gas", BigInteger, nullable=False),
    Column("gas_price", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("block_number", BigInteger),
)
Index("transactions_pending", transactions.c.state, transactions.c.nonce)

leases = leases_table(metadata)
"""Who sends, where several nodes share an outbox."""

outbox_meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

_COLUMNS: Final = tuple(column.name for column in operations.columns)
_TX_COLUMNS: Final = tuple(column.name for column in transactions.columns)


class SqlOutbox:
    """Implements node.ports.Outbox over one engine. Safe to share between threads.

    Anybody queues. What a sender stores (`change`, `record`, `mark`) needs `lease` where nodes share the outbox.
    """

    def __init__(self, engine: Engine, lease: SqlLease | None = None) -> None:
        self._engine, self._lease = engine, lease

    def create(self, identity: Mapping[str, str]) -> None:
        """Make the tables, or check that they are this ledger's. Raises LedgerInconsistentError otherwise."""
        upgrade(self._engine, OUTBOX)
        expected = {**identity, "outbox_version": OUTBOX_VERSION}
        with writing(self._engine).begin() as db:
            if db.execute(select(outbox_meta)).first() is None:
                new = upsert(db, outbox_meta).values([{"name": n, "value": value} for n, value in expected.items()])
                db.execute(new.on_conflict_do_nothing())
            found = {row.name: row.value for row in db.execute(select(outbox_meta))}
            if found != expected:
                raise LedgerInconsistentError(
                    "the outbox is another ledger's: give this node its own home, or move the file aside",
                    outbox=found,
                    expected=expected,
                )

    @contextmanager
    def _sending(self) -> Iterator[Connection]:
        """Open a transaction that only the one sender may commit. Raises LeaseLostError."""
        with writing(self._engine).begin() as db:
            if self._lease is not None:
                self._lease.check(db)
            yield db

    def submit(self, new: Sequence[NewOperation], *, label: str, now: int) -> list[Relayed]:
        """Queue operations that are not known yet, queue failed ones again; return all of them, in order."""
        with writing(self._engine).begin() as db:
            answers = []
            for item in new:
                values = {
                    "operation_id": item.operation_id,
                    "kind": item.kind,
                    "contract": item.contract,
                    "body": item.body,
                    "calldata": item.calldata,
                    "label": label,
                    "deadline": item.deadline,
                    "state": OperationState.QUEUED,
                    "submitted_at": now,
                    "updated_at": now,
                }
                here = operations.c.operation_id == item.operation_id
                if not insert_new(db, operations, values):
                    again = {"body": item.body, "calldata": item.calldata, "error": None, "transaction_hash": None}
                    failed = operations.c.state == OperationState.FAILED
                    queued = {"state": OperationState.QUEUED, "updated_at": now, **again}
                    db.execute(update(operations).where(here, failed).values(**queued))
                answers.append(_relayed(db.execute(select(operations).where(here)).one()))
            return answers

    def unknown(self, ids: Iterable[bytes]) -> int:
        """Return how many of these ids would be new."""
        wanted = list(dict.fromkeys(ids))
        with self._engine.begin() as db:
            known = db.execute(
                select(func.count()).select_from(operations).where(operations.c.operation_id.in_(wanted))
            ).scalar_one()
        return len(wanted) - known

    def get(self, operation_id: bytes) -> Relayed | None:
        """Return one operation."""
        with self._engine.begin() as db:
            row = db.execute(select(operations).where(operations.c.operation_id == operation_id)).first()
        return _relayed(row) if row else None

    def open(self, *, limit: int) -> list[Relayed]:
        """Return operations whose state still changes on its own, first come first."""
        query = (
            select(operations).where(operations.c.state.in_(OPEN_STATES)).order_by(operations.c.arrival).limit(limit)
        )
        with self._engine.begin() as db:
            return [_relayed(row) for row in db.execute(query)]

    def open_count(self) -> int:
        """Return how many operations still change."""
        query = select(func.count()).select_from(operations).where(operations.c.state.in_(OPEN_STATES))
        with self._engine.begin() as db:
            return db.execute(query).scalar_one()

    def queue(self) -> Queue:
        """Return how much is under way."""
        by_state = select(operations.c.state, func.count()).where(operations.c.state.in_(OPEN_STATES))
        queued = operations.c.state == OperationState.QUEUED
        oldest = select(operations.c.submitted_at).where(queued).order_by(operations.c.arrival).limit(1)
        pending = select(func.count()).select_from(transactions).where(transactions.c.state == "pending")
        with self._engine.begin() as db:
            counts = {
                OperationState(state): count for state, count in db.execute(by_state.group_by(operations.c.state))
            }
            since, waiting = db.execute(oldest).scalar(), db.execute(pending).scalar_one()
        return Queue({state.value: counts.get(state, 0) for state in sorted(OPEN_STATES)}, since, waiting)

    def change(self, operation_id: bytes, state: OperationState, *, now: int, **values: Any) -> None:
        """Move an operation to a state; `values`: error, block_number, transaction_hash, position."""
        if "error" in values and values["error"] is not None:
            values["error"] = json.dumps(values["error"], ensure_ascii=False)
        with self._sending() as db:
            db.execute(
                update(operations)
                .where(operations.c.operation_id == operation_id)
                .values(state=state, updated_at=now, **values)
            )

    def record(self, transaction: SentTransaction, carried: Sequence[bytes], *, now: int) -> None:
        """Store a signed transaction and mark the operations that it carries, in order, as sent."""
        with self._sending() as db:
            # The same operations under a nonce that became free again sign to the same bytes: it is the same one again.
            db.execute(delete(transactions).where(transactions.c.hash == transaction.hash))
            db.execute(insert(transactions).values(**{name: getattr(transaction, name) for name in _TX_COLUMNS}))
            for position, operation_id in enumerate(carried):
                db.execute(
                    update(operations)
                    .where(operations.c.operation_id == operation_id)
                    .values(
                        state=OperationState.SENT,
                        transaction_hash=transaction.hash,
                        position=position,
                        updated_at=now,
                    )
                )

    def pending_transactions(self) -> list[SentTransaction]:
        """Return transactions that are in no block yet, by nonce."""
        query = select(transactions).where(transactions.c.state == "pending").order_by(transactions.c.nonce)
        with self._engine.begin() as db:
            return [SentTransaction(**{name: getattr(row, name) for name in _TX_COLUMNS}) for row in db.execute(query)]

    def transaction(self, transaction_hash: bytes) -> SentTransaction | None:
        """Return one transaction."""
        with self._engine.begin() as db:
            row = db.execute(select(transactions).where(transactions.c.hash == transaction_hash)).first()
        return SentTransaction(**{name: getattr(row, name) for name in _TX_COLUMNS}) if row else None

    def mark(
        self, transaction_hash: bytes, *, state: str, block_number: int | None = None, sent_at: int | None = None
    ) -> None:
        """Note what became of a transaction: pending, mined (with its block) or dropped."""
        values: dict[str, Any] = {"state": state, "block_number": block_number}
        if sent_at is not None:
            values["sent_at"] = sent_at
        with self._sending() as db:
            db.execute(update(transactions).where(transactions.c.hash == transaction_hash).values(**values))


def _relayed(row: Any) -> Relayed:
    values = {name: getattr(row, name) for name in _COLUMNS}
    values["state"] = OperationState(row.state)
    values["error"] = json.loads(row.error) if row.error else None
    return Relayed(**values)
