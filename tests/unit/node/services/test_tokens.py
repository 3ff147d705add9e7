"""API tokens: seen once, kept as a digest, bounded a day, ended at once."""

from dataclasses import dataclass

import pytest
from sqlalchemy import text

from node.adapters.store_sql.outbox import SqlOutbox
from node.adapters.store_sql.tokens import SqlTokens
from node.services.tokens import QuotaSpentError, TokenRefusedError, Tokens
from registry_client.errors import InvalidInputError
from tests.support.databases import Database


@dataclass
class Clock:
    now: int = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(database: Database, clock: Clock) -> Tokens:
    engine = database.outbox()
    SqlOutbox(engine).create({})
    return Tokens(SqlTokens(engine), now=clock)


def test_token_is_256_bits_and_only_its_digest_is_stored(tokens: Tokens, database: Database) -> None:
    first, second = tokens.create("a"), tokens.create("b")
    assert first != second
    assert len(first) >= 43
    with database.outbox().begin() as db:
        rows = db.execute(text("SELECT digest, label FROM tokens")).all()
    assert [len(row.digest) for row in rows] == [32, 32]
    assert all(first.encode() not in file.read_bytes() for file in database.folder.glob("node/*"))
    assert tokens.bearer(f"Bearer {first}")[0].label == "a"
    assert tokens.bearer(f"bearer  {first} ")[0].label == "a"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer mapae_x", "Bearer \ud800"])
def test_anything_else_is_refused(tokens: Tokens, header: str | None) -> None:
    tokens.create("a")
    with pytest.raises(TokenRefusedError):
        tokens.bearer(header)


def test_quota_is_a_days_and_counts_whole_requests(tokens: Tokens, clock: Clock) -> None:
    token, digest = tokens.bearer("Bearer " + tokens.create("a", quota_per_day=5))
    tokens.spend(token, digest, 3)
    with pytest.raises(QuotaSpentError) as spent:
        tokens.spend(token, digest, 3)
    assert spent.value.evidence["used"] == 3
    assert spent.value.evidence["resets_at"] == (clock.now // 86_400 + 1) * 86_400
    tokens.spend(token, digest, 2)
    tokens.spend(token, digest, 0)
    assert tokens.list()[0].used_today == 5
    clock.now += 86_400
    tokens.spend(token, digest, 5)


def test_revoked_token_is_dead_and_its_label_free(tokens: Tokens) -> None:
    token = tokens.create("a")
    with pytest.raises(InvalidInputError, match="exists"):
        tokens.create("a")
    tokens.revoke("a")
    with pytest.raises(TokenRefusedError):
        tokens.bearer(f"Bearer {token}")
    with pytest.raises(InvalidInputError, match="no live token"):
        tokens.revoke("a")
    assert tokens.create("a") != token


@pytest.mark.parametrize(("label", "quota"), [("", 1), ("한글", 1), ("a b", 1), ("x" * 65, 1), ("a", 0), ("a", 10**12)])
def test_label_and_quota_have_bounds(tokens: Tokens, label: str, quota: int) -> None:
    with pytest.raises(InvalidInputError):
        tokens.create(label, quota_per_day=quota)
