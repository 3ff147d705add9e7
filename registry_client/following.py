"""A verifier that follows its node: facts are kept longer, because the node tells at once what changed.

    async with aopen_registry() as registry:
        verifier = registry.verifier()
        async with following(verifier, registry.profile):
            report = await verifier.verify(...)

- While the stream is there, facts are kept for `keep_s` and what a change touches is dropped; a change that comes
  while a fact is being read keeps that fact from being remembered.
- While it is not, everything is forgotten and the verifier keeps facts as long as it does without: a node that says
  nothing is never taken for a ledger on which nothing happens.
- Who reads the ledger itself has no stream to follow (assurance `node` is what a node's word is worth).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Final

from registry_client.adapters.node_stream import afollow
from registry_client.core.changes import Change
from registry_client.errors import FeatureNotSupportedError
from registry_client.profile import Profile
from registry_client.verifier import AsyncVerifier

FOLLOWED_KEEP_S: Final = 30.0
"""How long a fact is believed without a word of change: a lost message costs no more than this."""


@asynccontextmanager
async def following(
    verifier: AsyncVerifier,
    profile: Profile,
    *,
    keep_s: float = FOLLOWED_KEEP_S,
    tell: Callable[[Change | None], None] | None = None,
) -> AsyncIterator[None]:
    """Keep a verifier's facts fresh by its node's stream until the block ends.

    `tell`: called with each change after it was applied, None when the stream is lost. Raises FeatureNotSupportedError
    for a profile that reads the ledger itself, or names no node.
    """
    if profile.rpc_url is not None or profile.node_url is None:
        raise FeatureNotSupportedError("this profile reads the ledger itself: there is no node to follow")
    task = asyncio.create_task(_follow(verifier, profile, keep_s, tell))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        verifier.facts.keep_for(None)


async def _follow(
    verifier: AsyncVerifier, profile: Profile, keep_s: float, tell: Callable[[Change | None], None] | None
) -> None:
    is_there = False
    async with aclosing(afollow(profile)) as changes:
        async for change in changes:
            if change is None:
                verifier.facts.keep_for(None)
                is_there = False
            else:
                if not is_there:
                    verifier.facts.keep_for(keep_s)
                    is_there = True
                verifier.facts.drop(change)
            if tell is not None:
                tell(change)
