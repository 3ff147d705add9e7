"""The indexer on a ledger in memory: ranges adapt, contracts are found, odd answers are waited for, never believed."""

import hashlib
from collections.abc import Sequence

import pytest

from node.adapters.store_sql.digest import index_digest
from node.adapters.store_sql.index import SqlIndex
from node.adapters.store_sql.reads import SqlReads
from node.domain import fact
from node.domain.event import UNDECODABLE, RawLog
from node.domain.ledger import Block, Finality
from node.ports import EventQuery, RangeTooLargeError
from node.services.catalogue import CONTRACTS, event_codec, load_abis
from node.services.indexing import Indexer
from registry_client.core.hashing import keccak256
from registry_client.errors import LedgerInconsistentError, LedgerUnavailableError
from tests.support.databases import Database

DIRECTORY, DIDS, COUNCIL = b"\x22" * 20, b"\x11" * 20, b"\x33" * 20


def topic(contract: str, name: str) -> bytes:
    item = next(i for i in load_abis()[contract] if i["type"] == "event" and i["name"] == name)
    return keccak256(f"{name}({','.join(p['type'] for p in item['inputs'])})".encode())


def word(value: int | bytes) -> bytes:
    return value.to_bytes(32) if isinstance(value, int) else value.ljust(32, b"\0")


class MemoryChain:
    """A ledger that can fork, shrink, refuse ranges and lie."""

    def __init__(self) -> None:
        self.branch = [b"genesis"]
        self.written: dict[int, list[tuple[bytes, tuple[bytes, ...], bytes]]] = {}
        self.range_max = 10**9
        self.times_in_logs = True
        self.asked: list[tuple[int, int]] = []

    def mine(self, count: int = 1, *, label: bytes = b"") -> None:
        for _ in range(count):
            self.branch.append(hashlib.sha256(self.branch[-1] + label).digest())

    def cut(self, number: int) -> None:
        del self.branch[number + 1 :]
        self.written = {n: logs for n, logs in self.written.items() if n <= number}

    def write(self, address: bytes, topics: Sequence[bytes], data: bytes) -> None:
        self.mine(label=data)
        self.written.setdefault(len(self.branch) - 1, []).append((address, tuple(topics), data))

    def name(self, contract: str, address: bytes, generation: int = 1) -> None:
        topics = (topic("Directory", "EntryRegistered"), word(contract.encode()), word(generation))
        self.write(DIRECTORY, topics, bytes(12) + address + word(1) + word(2))

    def holder(self, number: int) -> bytes:
        did_id = hashlib.sha256(b"%d" % number).digest()[:20]
        topics = (topic("DidRegistry", "HolderCreated"), word(did_id), word(1), word(b"\x02" + did_id))
        data = word(0) * 2 + word(number) + word(1) + word(2) + word(b"\x05" * 20) + word(b"\x02" + b"\x07" * 20)
        self.write(DIDS, topics, data)
        return did_id

    def _hash(self, number: int) -> bytes:
        return hashlib.sha256(self.branch[number]).digest()

    def chain_id(self) -> int:
        return 1

    def head(self) -> Block:
        found = self.block(len(self.branch) - 1)
        assert found is not None
        return found

    def block(self, number: int) -> Block | None:
        if number >= len(self.branch):
            return None
        parent = self._hash(number - 1) if number else bytes(32)
        return Block(number, self._hash(number), parent, 1_000 + number)

    def blocks(self, numbers: Sequence[int]) -> list[Block | None]:
        return [self.block(number) for number in numbers]

    def logs(self, addresses: Sequence[bytes], *, first: int, last: int) -> list[RawLog]:
        self.asked.append((first, last))
        if last - first + 1 > self.range_max:
            raise RangeTooLargeError("query returned more than 10000 results")
        found = []
        for number in range(first, min(last + 1, len(self.branch))):
            for index, (address, topics, data) in enumerate(self.written.get(number, [])):
                if address in addresses:
                    time = 1_000 + number if self.times_in_logs else None
                    found.append(RawLog(address, topics, data, number, self._hash(number), time, word(number), index))
        return found


@pytest.fixture
def chain() -> MemoryChain:
    made = MemoryChain()
    made.name("DidRegistry", DIDS)
    return made


def indexer(
    chain: MemoryChain, database: Database, name: str = "index", *, confirmations: int = 0
) -> tuple[Indexer, SqlIndex]:
    store = SqlIndex(database.index(name))
    store.create({"network": "test"})
    made = Indexer(
        chain,
        store,
        event_codec(),
        directory=DIRECTORY,
        finality=Finality(confirmations),
        known_contracts=frozenset(CONTRACTS),
    )
    return made, store


def run(made: Indexer) -> int:
    events = 0
    for _ in range(10_000):
        progress = made.step()
        events += progress.events
        if progress.is_done:
            return events
    raise AssertionError("the indexer does not come to an end")


def test_ranges_halve_until_the_ledger_answers(chain: MemoryChain, database: Database) -> None:
    for number in range(60):
        chain.holder(number)
    chain.range_max = 7
    made, _store = indexer(chain, database)
    assert run(made) == 61
    assert all(last - first < 7 for first, last in chain.asked[-5:])


def test_ledger_that_refuses_a_single_block_is_unavailable(chain: MemoryChain, database: Database) -> None:
    chain.range_max = 0
    made, _store = indexer(chain, database)
    with pytest.raises(LedgerUnavailableError, match="single block"):
        run(made)


def test_block_times_are_fetched_where_logs_have_none(chain: MemoryChain, database: Database) -> None:
    did_id = chain.holder(1)
    chain.mine(3)
    chain.times_in_logs = False
    made, store = indexer(chain, database)
    run(made)
    found = store.last_version(did_id)
    assert found is not None
    assert found.block_time == 1_002


def test_contract_is_read_from_before_it_was_named(database: Database) -> None:
    chain = MemoryChain()
    members = word(64) + word(2) + word(1) + word(b"\x02" + b"\x09" * 20)
    chain.write(COUNCIL, (topic("Council", "CouncilSet"), word(1)), members)
    chain.mine(5)
    chain.name("Council", COUNCIL)
    made, _store = indexer(chain, database, confirmations=2)
    chain.mine(2)
    run(made)
    engine = database.index()
    with SqlReads(engine).view() as view:
        term = view.last(fact.CouncilTerm)
        assert term is not None
        assert (term.block_number, term.seen_block, term.threshold) == (1, 7, 2)
        assert [event.position for event in view.events(EventQuery(10))] == ["1:0", "7:0"]


def test_naming_that_is_undone_takes_the_early_events_with_it(database: Database) -> None:
    chain = MemoryChain()
    members = word(64) + word(2) + word(1) + word(b"\x02" + b"\x09" * 20)
    chain.write(COUNCIL, (topic("Council", "CouncilSet"), word(1)), members)
    chain.mine(5)
    made, store = indexer(chain, database, confirmations=3)
    run(made)
    chain.name("Council", COUNCIL)
    run(made)
    assert [entry.name for entry in store.watched()] == ["Council"]
    chain.cut(6)
    chain.mine(3, label=b"other branch")
    run(made)
    assert store.watched() == []
    engine = database.index()
    with SqlReads(engine).view() as view:
        assert view.at_head().last(fact.CouncilTerm) is None
        assert view.events(EventQuery(10)) == []


def test_undecodable_log_is_kept_and_does_not_stop_the_index(chain: MemoryChain, database: Database) -> None:
    chain.write(DIDS, (topic("DidRegistry", "HolderCreated"),), b"\x01\x02")
    chain.write(DIDS, (b"\x99" * 32,), b"")
    did_id = chain.holder(1)
    made, store = indexer(chain, database)
    run(made)
    assert store.last_version(did_id) is not None
    engine = database.index()
    with SqlReads(engine).view() as view:
        kinds = [event.type for event in view.events(EventQuery(10))]
    assert kinds == ["EntryRegistered", UNDECODABLE, UNDECODABLE, "HolderCreated"]


def test_ledger_that_falls_behind_is_waited_for(chain: MemoryChain, database: Database) -> None:
    did_id = chain.holder(1)
    chain.mine(4)
    made, store = indexer(chain, database)
    run(made)
    before, kept = store.head(), list(chain.branch)
    chain.cut(1)
    assert made.step().is_done
    assert store.head() == before
    assert store.last_version(did_id) is not None
    chain.branch[:] = kept
    chain.mine()
    run(made)
    assert store.head() is not None
    assert store.head().block.number == len(kept)  # type: ignore[union-attr]


def test_missed_version_is_an_inconsistency_with_both_sides(chain: MemoryChain, database: Database) -> None:
    chain.holder(1)
    did_id = hashlib.sha256(b"1").digest()[:20]
    topics = (topic("DidRegistry", "DidDeactivated"), word(did_id), word(3), word(b"\x02" + did_id))
    chain.write(DIDS, topics, word(b"\x01" * 32) + word(1) + word(b"\x05" * 20))
    made, store = indexer(chain, database)
    with pytest.raises(LedgerInconsistentError) as stopped:
        run(made)
    assert stopped.value.evidence["version"] == 3
    assert stopped.value.evidence["indexed_version"] == 1 or stopped.value.evidence["indexed_version"] == 0
    assert store.last_version(did_id) is None  # nothing of the chunk is stored


def test_deep_branch_below_the_final_block_stops(chain: MemoryChain, database: Database) -> None:
    chain.mine(10)
    made, _store = indexer(chain, database, confirmations=2)
    run(made)
    chain.cut(3)
    chain.mine(12, label=b"rewritten")
    with pytest.raises(LedgerInconsistentError):
        run(made)


def test_steps_and_one_go_make_the_same_index(chain: MemoryChain, database: Database) -> None:
    slow, _ = indexer(chain, database, "slow", confirmations=3)
    for number in range(30):
        chain.holder(number)
        if number % 3 == 0:
            run(slow)
    chain.mine(3)
    run(slow)
    quick, _ = indexer(chain, database, "quick", confirmations=3)
    run(quick)
    digests = [index_digest(database.index(name)) for name in ("slow", "quick")]
    assert digests[0] == digests[1]


def test_index_of_another_ledger_is_refused(database: Database) -> None:
    engine = database.index()
    SqlIndex(engine).create({"network": "one"})
    with pytest.raises(LedgerInconsistentError) as refused:
        SqlIndex(engine).create({"network": "two"})
    assert "index rebuild" in refused.value.detail
