"""Registration jobs: in the outbox's file, durable before they are answered, forgotten days after their deadline."""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Engine, Index, LargeBinary, Table, Text, delete, func, insert, select, update

from node.adapters.store_sql.engine import one_at_a_time, writing
from node.adapters.store_sql.outbox import metadata
from node.domain.registration import RegistrationJob

registrations = Table(
    "registrations",
    metadata,
    Column("job_id", Text, primary_key=True),
    Column("function", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("did", Text, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("keys", LargeBinary, nullable=False),
    Column("operation", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
Index("registrations_label", registrations.c.label, registrations.c.expires_at)

_COLUMNS: Final = tuple(column.name for column in registrations.columns)


class SqlRegistrations:
    """Implements node.ports.RegistrationStore over the outbox's engine. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, job: RegistrationJob, *, open_max: int, forget_before: int) -> bool:
        """Store a new job and drop those whose deadline was before `forget_before`.

        False, and nothing stored, if its label already has `open_max` jobs whose deadline is ahead.
        """
        with writing(self._engine).begin() as db:
            one_at_a_time(db, f"registrations of {job.label}")
            db.execute(delete(registrations).where(registrations.c.expires_at < forget_before))
            under_way = db.execute(
                select(func.count())
                .select_from(registrations)
                .where(registrations.c.label == job.label, registrations.c.expires_at >= job.created_at)
            ).scalar_one()
            if under_way >= open_max:
                return False
            db.execute(insert(registrations).values(**{name: getattr(job, name) for name in _COLUMNS}))
            return True

    def get(self, job_id: str) -> RegistrationJob | None:
        """Return one job."""
        with self._engine.begin() as db:
            row: Any = db.execute(select(registrations).where(registrations.c.job_id == job_id)).first()
        return RegistrationJob(**{name: getattr(row, name) for name in _COLUMNS}) if row else None

    def replace_operation(self, job_id: str, operation: bytes, *, expected: bytes) -> bool:
        """Store an operation with further signatures; False if another request was first (`expected` is gone)."""
        with writing(self._engine).begin() as db:
            changed = db.execute(
                update(registrations)
                .where(registrations.c.job_id == job_id, registrations.c.operation == expected)
                .values(operation=operation)
            )
            return changed.rowcount == 1
