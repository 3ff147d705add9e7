"""API tokens for relaying: kept as sha256, per agency label, with a quota a day; in the outbox's file."""

from typing import Final

from sqlalchemy import BigInteger, Column, Engine, LargeBinary, Table, Text, select, update

from node.adapters.store_sql.engine import insert_new, upsert, writing
from node.adapters.store_sql.outbox import metadata
from node.domain.token import QuotaExceededError, Token, TokenExistsError

DAY_S: Final = 86_400

tokens = Table(
    "tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("label", Text, nullable=False, unique=True),
    Column("quota_per_day", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)
token_usage = Table(
    "token_usage",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("used", BigInteger, nullable=False),
)


class SqlTokens:
    """Implements node.ports.TokenStore over the outbox's engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, digest: bytes, *, label: str, quota_per_day: int, now: int) -> None:
        """Store a token's digest. Raises TokenExistsError for a label that is in use."""
        with writing(self._engine).begin() as db:
            values = {"digest": digest, "label": label, "quota_per_day": quota_per_day, "created_at": now}
            if not insert_new(db, tokens, values):
                raise TokenExistsError(label)

    def find(self, digest: bytes) -> Token | None:
        """Return a token by its digest, revoked ones included."""
        with self._engine.begin() as db:
            row = db.execute(select(tokens).where(tokens.c.digest == digest)).first()
        return Token(row.label, row.quota_per_day, row.created_at, row.revoked_at, 0) if row else None

    def all(self, *, now: int) -> list[Token]:
        """Return every token with today's use, by label."""
        query = (
            select(tokens, token_usage.c.used)
            .outerjoin(token_usage, (token_usage.c.digest == tokens.c.digest) & (token_usage.c.day == now // DAY_S))
            .order_by(tokens.c.label)
        )
        with self._engine.begin() as db:
            return [
                Token(row.label, row.quota_per_day, row.created_at, row.revoked_at, row.used or 0)
                for row in db.execute(query)
            ]

    def revoke(self, label: str, *, now: int) -> bool:
        """End a token; False if no live one has this label. The label becomes free for a new token."""
        ended = f"{label} (revoked {now})"
        with writing(self._engine).begin() as db:
            changed = db.execute(
                update(tokens)
                .where(tokens.c.label == label, tokens.c.revoked_at.is_(None))
                .values(revoked_at=now, label=ended)
            )
            return changed.rowcount == 1

    def spend(self, digest: bytes, count: int, *, quota_per_day: int, now: int) -> None:
        """Count `count` operations against today's quota. Raises QuotaExceededError, and then counts nothing."""
        day, table = now // DAY_S, token_usage
        with writing(self._engine).begin() as db:
            new = upsert(db, table).values(digest=digest, day=day, used=count)
            more = table.c.used + new.excluded.used
            counted = new.on_conflict_do_update(
                index_elements=[table.c.digest, table.c.day], set_={"used": more}, where=more <= quota_per_day
            )
            if count > quota_per_day or db.execute(counted.returning(table.c.used)).first() is None:
                row = db.execute(select(table.c.used).where(table.c.digest == digest, table.c.day == day)).first()
                used = row.used if row else 0
                raise QuotaExceededError(used=used, quota_per_day=quota_per_day, resets_at=(day + 1) * DAY_S)
