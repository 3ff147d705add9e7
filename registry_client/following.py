"""A verifier that follows its node: facts are kept longer, because the node tells at once what changed.

    with open_registry() as registry:
        verifier = registry.verifier()
        with following(verifier, registry.profile):
            report = verifier.verify(...)

    async with aopen_registry() as registry:
        verifier = registry.verifier()
        async with following(verifier, registry.profile):
            report = await verifier.verify(...)

- While the stream is there, facts are kept for `keep_s` and what a change touches is dropped; a change that comes
  while a fact is being read keeps that fact from being remembered.
- While it is not, everything is forgotten and the verifier keeps facts as long as it does without: a node that says
  nothing is never taken for a ledger on which nothing happens.
- The synchronous verifier is followed for by a thread, which only leaves word: it is heeded before the next verdict.
- Who reads the ledger itself has no stream to follow (assurance `node` is what a node's word is worth).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    aclosing,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from threading import Thread
from typing import Final, Protocol, TypeAlias, overload

from registry_client.adapters.node_stream import afollow
from registry_client.core.changes import Change
from registry_client.errors import FeatureNotSupportedError
from registry_client.profile import Profile
from registry_client.verifier import AsyncVerifier, Verifier

FOLLOWED_KEEP_S: Final = 30.0
"""How long a fact is believed without a word of change: a lost message costs no more than this."""
Tell: TypeAlias = Callable[[Change | None], None]


class _Told(Protocol):
    """Who acts on what the stream says: the facts themselves, or what leaves word for them."""

    def keep_for(self, keep_s: float | None) -> None: ...
    def drop(self, change: Change) -> None: ...


@overload
def following(
    verifier: Verifier, profile: Profile, *, keep_s: float = ..., tell: Tell | None = ...
) -> AbstractContextManager[None]: ...
@overload
def following(
    verifier: AsyncVerifier, profile: Profile, *, keep_s: float = ..., tell: Tell | None = ...
) -> AbstractAsyncContextManager[None]: ...
def following(
    verifier: Verifier | AsyncVerifier,
    profile: Profile,
    *,
    keep_s: float = FOLLOWED_KEEP_S,
    tell: Tell | None = None,
) -> AbstractContextManager[None] | AbstractAsyncContextManager[None]:
    """Keep a verifier's facts fresh by its node's stream until the block ends.

    `with` a Verifier, `async with` an AsyncVerifier. `tell`: called with each change after it was noted, None when the
    stream is lost; for a `Verifier` in the thread that follows. Raises FeatureNotSupportedError for a profile that
    reads the ledger itself, or names no node.
    """
    if profile.rpc_url is not None or profile.node_url is None:
        raise FeatureNotSupportedError("this profile reads the ledger itself: there is no node to follow")
    if isinstance(verifier, Verifier):
        return _in_thread(verifier, profile, keep_s, tell)
    return _in_task(verifier, profile, keep_s, tell)


@asynccontextmanager
async def _in_task(verifier: AsyncVerifier, profile: Profile, keep_s: float, tell: Tell | None) -> AsyncIterator[None]:
    task = asyncio.create_task(_follow(verifier.facts, profile, keep_s, tell))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@contextmanager
def _in_thread(verifier: Verifier, profile: Profile, keep_s: float, tell: Tell | None) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    task = loop.create_task(_follow(verifier.facts.news, profile, keep_s, tell))
    thread = Thread(target=loop.run_until_complete, args=[asyncio.wait([task])], name="following", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
        if not task.cancelled():
            task.result()  # what broke in the thread is raised here


async def _follow(told: _Told, profile: Profile, keep_s: float, tell: Tell | None) -> None:
    is_there = False
    try:
        async with aclosing(afollow(profile)) as changes:
            async for change in changes:
                if change is None:
                    told.keep_for(None)
                    is_there = False
                else:
                    if not is_there:
                        told.keep_for(keep_s)
                        is_there = True
                    told.drop(change)
                if tell is not None:
                    tell(change)
    finally:  # also when something breaks: who is not told any more keeps nothing for long
        told.keep_for(None)
