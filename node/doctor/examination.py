"""All checks in the order in which they are read."""

import time
from collections.abc import Callable, Iterator
from typing import Final

from node.config import Config
from node.doctor import home
from node.doctor.finding import CHECK_S, Finding, State, unknown, within
from node.doctor.home import StoreChecks
from node.doctor.ledger import Entries, LedgerChecks

CHECKS: Final = (
    *("node", "permissions", "disk", "database", "outbox", "lists", "leases"),
    *("rpc", "chain_id", "genesis", "directory", "contracts", "head", "clock", "lag", "gas", "balance", "nonce"),
    "clock_steps",
)


def examine(config: Config) -> Iterator[Finding]:
    """Yield every finding; the ledger's are unknown without asking again once it could not be reached."""
    wall, monotonic = time.time(), time.monotonic()
    for check, look in (("node", home.http), ("permissions", home.permissions), ("disk", home.disk)):
        yield within(check, lambda look=look: look(config))  # type: ignore[misc]
    indexed, entries = None, list[tuple[str, bytes, bytes]]()
    try:
        stores = StoreChecks(config)
    except Exception as error:  # whatever is wrong with it is what is to be said
        yield from (unknown(check, error) for check in ("database", "outbox", "lists", "leases"))
    else:
        yield within("database", stores.writable)
        yield within("outbox", stores.outbox)
        yield within("lists", stores.lists)
        yield within("leases", stores.leases)
        indexed, entries = _index(stores)
        stores.close()
    yield from _ledger(config, indexed, entries)
    yield home.drift(wall_s=time.time() - wall, monotonic_s=time.monotonic() - monotonic)


def _index(stores: StoreChecks) -> tuple[int | None, list[tuple[str, bytes, bytes]]]:
    found: list[tuple[int | None, Entries]] = []

    def look() -> Finding:
        found.append(stores.index())
        return Finding("lag", State.OK)

    within("lag", look)
    return (found[0][0], list(found[0][1])) if found else (None, [])


def _ledger(config: Config, indexed: int | None, entries: Entries) -> Iterator[Finding]:
    ledger = LedgerChecks(config)
    reached = within("rpc", ledger.reached, seconds=2 * CHECK_S)
    yield reached
    parts: tuple[tuple[tuple[str, ...], Callable[[], list[Finding]]], ...] = (
        (("chain_id", "genesis", "directory"), ledger.identity),
        (("contracts",), lambda: [ledger.contracts(entries)]),
        (("head", "clock", "lag"), lambda: ledger.head(indexed=indexed)),
        (("gas",), lambda: [ledger.gas()]),
        (("balance", "nonce"), ledger.relayer),
    )
    for names, look in parts:
        if reached.state in {State.FAIL, State.UNKNOWN}:
            yield from (unknown(name, "the ledger was not reached") for name in names)
            continue
        many: list[Finding] = []

        def run(look: Callable[[], list[Finding]] = look, many: list[Finding] = many) -> Finding:
            many.extend(look())
            return many[0]

        first = within(names[0], run)
        yield from (many if first.state is not State.UNKNOWN and many else [unknown(n, first.why) for n in names])
    ledger.close()
