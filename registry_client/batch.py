"""Verify many credentials over several processes: for archives, audits and night runs.

- What travels back is a report without the credential's own text: its steps, and what was accepted.
- Each process has a verifier of its own, made by `make_verifier`, so no ledger connection and no cache is shared.
- Reports come back in the order of what was given, exactly as `Verifier.verify` would have returned them.
- What comes with receipts is handed in as `Handed`; a bare credential has none.
- Signature checks hold the interpreter's lock for most of their time, so threads gain nothing and processes scale.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime
from functools import partial
from itertools import islice
from multiprocessing import get_context
from typing import Any, Final, NamedTuple

from registry_client.core.policy import Policy
from registry_client.core.report import Report
from registry_client.core.times import to_seconds
from registry_client.errors import InvalidInputError
from registry_client.verifier import Source, Verifier

CHUNK_FIRST: Final = 16
"""Credentials handed to a process at first, so that a few keep every process busy; then twice as many, and again."""
CHUNK: Final = 256
"""Credentials handed to a process at a time at most: 20 ms of work, against 0.3 ms of handing over."""
_verifier: Verifier | None = None


class Handed(NamedTuple):
    """A credential with the issuance receipts that came along, as JSON objects."""

    credential: Source
    receipts: Sequence[Mapping[str, Any]] = ()


def verify_many(
    sources: Iterable[Source | Handed],
    *,
    make_verifier: Callable[[], Verifier],
    policy: Policy,
    as_of: datetime,
    processes: int | None = None,
) -> Iterator[Report]:
    """Judge every credential, in order. What is held in memory is bounded: a few chunks for each process.

    `make_verifier`: a function of a module, or a `functools.partial` of one; called once in each process. `processes`:
    as many as there are cores if None; 1 works in this one. Presentations that answer a challenge are judged one by one
    by `Verifier.verify`. Raises InvalidInputError for fewer than one process; a naive `as_of` is a TypeError.
    """
    to_seconds(as_of)
    count = processes if processes is not None else (os.cpu_count() or 1)
    if count < 1:
        raise InvalidInputError("at least one process is needed", processes=count)
    return _run(iter(sources), count, make_verifier, policy, as_of)


def _run(
    sources: Iterator[Source | Handed],
    count: int,
    make_verifier: Callable[[], Verifier],
    policy: Policy,
    as_of: datetime,
) -> Iterator[Report]:
    if count == 1:
        verifier = make_verifier()
        yield from (_verify(verifier, source, policy, as_of) for source in sources)
        return
    judge = partial(_judge, policy=policy, as_of=as_of)
    # "spawn": a fork would copy the locks of whatever threads the caller runs.
    with ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_start, initargs=(make_verifier,)
    ) as pool:
        waiting: deque[Future[list[Report]]] = deque()
        size = CHUNK_FIRST
        while chunk := list(islice(sources, size)):
            waiting.append(pool.submit(judge, chunk))
            if len(waiting) >= 2 * count:
                yield from waiting.popleft().result()
                size = min(2 * size, CHUNK)
        while waiting:
            yield from waiting.popleft().result()


def _start(make_verifier: Callable[[], Verifier]) -> None:
    global _verifier  # noqa: PLW0603  (one per process, which is what an initializer is for)
    _verifier = make_verifier()


def _judge(sources: list[Source | Handed], *, policy: Policy, as_of: datetime) -> list[Report]:
    if _verifier is None:
        raise InvalidInputError("this process has no verifier")
    return [_verify(_verifier, source, policy, as_of) for source in sources]


def _verify(verifier: Verifier, source: Source | Handed, policy: Policy, as_of: datetime) -> Report:
    credential, receipts = source if isinstance(source, Handed) else (source, ())
    return verifier.verify(credential, policy=policy, as_of=as_of, receipts=receipts)
