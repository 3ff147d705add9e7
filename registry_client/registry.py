"""The registry as a library user sees it: open it with a profile, ask it questions.

    with open_registry() as registry:
        print(registry.resolve("did:mapae:...").document)

- A profile with an `rpc_url` reads the chain itself and contacts no node; else its `node_url` is asked.
- Below the profile's `minimum_assurance` every answer is AssuranceInsufficientError: the facts are not good enough.
- `Registry` and `AsyncRegistry` run the same flows; both keep only which contracts there are.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from registry_client.adapters.ledger_node import LedgerNode
from registry_client.adapters.ledger_rpc import LedgerRpc
from registry_client.adapters.transport import AsyncHttpTransport, Endpoints, HttpTransport
from registry_client.core.did import parse_mapae
from registry_client.core.facts import (
    AccreditationPath,
    CompromiseMark,
    DidVersion,
    EventFilter,
    EventPage,
    IssuanceAnchor,
    LedgerHead,
    SchemaRecord,
    ServiceRecord,
    StatusList,
)
from registry_client.core.hashing import keccak_text
from registry_client.core.strict_json import JsonObject
from registry_client.core.times import to_seconds
from registry_client.errors import AssuranceInsufficientError, DidNotFoundError
from registry_client.flows import AsyncTransport, Flow, Transport, arun, run
from registry_client.ports import LedgerReader
from registry_client.profile import Profile, load_profile
from registry_client.published import FolderPlace, NodePlace, PublishedLists
from registry_client.resolver import Dereferenced, Resolution, dereference, resolution_result, resolve
from registry_client.verifier import AsyncVerifier, Verifier

T = TypeVar("T")
ProfileLike = Profile | Path | str | None
"""A profile, its file, its name, or None for the one that applies here."""


class _Questions:
    """Turns what people ask (DIDs, vct, datetimes) into the reader's flows."""

    def __init__(self, profile: Profile) -> None:
        """`profile`: pins, and which of its two endpoints is read."""
        self.profile = profile
        self.ledger: LedgerReader = LedgerRpc(profile) if profile.rpc_url is not None else LedgerNode(profile)

    def endpoints(self) -> Endpoints:
        """Return only the addresses that are meant to be read: with an `rpc_url`, no node can be asked by mistake.

        Where published lists are wanted, they and nothing else come from the node, or from a folder and no node.
        """
        if self.profile.rpc_url is not None:
            fetched = self.profile.status == "published" and self.profile.status_folder is None
            node_url = self.profile.node_url if fetched else None
            return Endpoints(rpc_url=self.profile.rpc_url, node_url=node_url)
        return Endpoints(node_url=self.profile.node_url)

    def statuses(self) -> LedgerReader:
        """Return the reader for a verifier: the ledger, with published lists around it where the profile says so."""
        if self.profile.status != "published":
            return self.ledger
        folder = self.profile.status_folder
        return PublishedLists(self.ledger, NodePlace() if folder is None else FolderPlace(folder))

    def did_id(self, did: str) -> bytes:
        """Return the id of a DID of this network. Raises InvalidDidError, DidNotFoundError."""
        parsed = parse_mapae(did)
        if parsed.network != self.profile.network:
            raise DidNotFoundError(
                f"the profile is for {self.profile.network}, the DID is of {parsed.network}", did=did
            )
        return parsed.did_id

    def sufficient(self, flow: Flow[T]) -> Flow[T]:
        """Run a flow only where its answer is worth what the profile demands."""
        minimum = self.profile.minimum_assurance
        if not self.ledger.assurance.satisfies(minimum):
            flow.close()
            raise AssuranceInsufficientError(
                f"this profile's answers are known by {self.ledger.assurance}, and it demands {minimum}: "
                "set rpc_url to a ledger of your own, or lower minimum_assurance",
                assurance=self.ledger.assurance.value,
                minimum=minimum.value,
            )
        return (yield from flow)


class Registry:
    """A registry opened for synchronous use; close it, or open it with `with`."""

    def __init__(self, profile: Profile, *, transport: Transport | None = None) -> None:
        """`transport`: another way to reach the ledger than HTTP; the registry does not close it."""
        self._questions = _Questions(profile)
        self._own = HttpTransport(self._questions.endpoints()) if transport is None else None
        self.transport: Transport = transport or self._own  # type: ignore[assignment]
        self.profile = profile
        self.ledger = self._questions.ledger

    def resolve(self, did: str, *, version_id: str | None = None, version_time: str | None = None) -> Resolution:
        """Resolve a DID of did:mapae, did:key or did:jwk. Raises ResolutionError, InvalidInputError or LedgerError."""
        return self._ask(resolve(self.ledger, did, version_id=version_id, version_time=version_time))

    def resolution_result(
        self, did: str, *, version_id: str | None = None, version_time: str | None = None
    ) -> JsonObject:
        """Resolve a DID to the W3C result object, failures included; never raises for input or ledger."""
        return self.run(resolution_result(self.ledger, did, version_id=version_id, version_time=version_time))

    def dereference(self, url: str) -> Dereferenced:
        """Return the verification method or service that a DID URL names."""
        return self._ask(dereference(self.ledger, url))

    def head(self) -> LedgerHead:
        """Return the newest block that is known, and the newest final one."""
        return self._ask(self.ledger.head())

    def did_version(
        self, did: str, *, version: int | None = None, at: datetime | int | None = None
    ) -> DidVersion | None:
        """Return one version of a DID as the ledger keeps it; None = none such."""
        time = None if at is None else _seconds(at)
        return self._ask(self.ledger.did_version(self._questions.did_id(did), version=version, time=time))

    def compromise(self, did: str, thumbprint: bytes) -> CompromiseMark:
        """Return the mark against a key, by its RFC 7638 SHA-256 thumbprint (32 bytes)."""
        return self._ask(self.ledger.compromise(self._questions.did_id(did), thumbprint))

    def accreditation(self, did: str, vct: str, *, at: datetime | int) -> AccreditationPath:
        """Return the path that let an agency issue credentials of the type `vct` at a time."""
        flow = self.ledger.accreditation(self._questions.did_id(did), keccak_text(vct), at=_seconds(at))
        return self._ask(flow)

    def status(self, list_id: bytes) -> StatusList | None:
        """Return a whole status list; never one credential, so nobody learns which is asked about."""
        return self._ask(self.ledger.status_list(list_id))

    def issuance(self, did: str, seq: int) -> IssuanceAnchor:
        """Return one anchored batch of an agency, seq 1-based."""
        return self._ask(self.ledger.issuance(self._questions.did_id(did), seq))

    def schema(self, vct: str, *, version: int | None = None) -> SchemaRecord | None:
        """Return one version of a type's schema, the latest by default."""
        return self._ask(self.ledger.schema(keccak_text(vct), version=version))

    def service(self, vct: str, code: str) -> ServiceRecord | None:
        """Return a registered service by its code."""
        return self._ask(self.ledger.service(keccak_text(vct), code))

    def events(self, filter: EventFilter | None = None, *, cursor: str | None = None) -> EventPage:  # noqa: A002
        """Return one page of the ledger's story, in its order."""
        return self._ask(self.ledger.events(filter or EventFilter(), cursor=cursor))

    def verifier(self) -> Verifier:
        """Return a verifier that reads this ledger over the same connections, statuses as the profile says."""
        return Verifier(self._questions.statuses(), self.transport)

    def run(self, flow: Flow[T]) -> T:
        """Drive any flow over this registry's transport."""
        return run(flow, self.transport)

    def close(self) -> None:
        """Close the connections."""
        if self._own is not None:
            self._own.close()

    def _ask(self, flow: Flow[T]) -> T:
        return run(self._questions.sufficient(flow), self.transport)


class AsyncRegistry:
    """The same, awaited; close it, or open it with `async with`."""

    def __init__(self, profile: Profile, *, transport: AsyncTransport | None = None) -> None:
        """`transport`: another way to reach the ledger than HTTP; the registry does not close it."""
        self._questions = _Questions(profile)
        self._own = AsyncHttpTransport(self._questions.endpoints()) if transport is None else None
        self.transport: AsyncTransport = transport or self._own  # type: ignore[assignment]
        self.profile = profile
        self.ledger = self._questions.ledger

    async def resolve(self, did: str, *, version_id: str | None = None, version_time: str | None = None) -> Resolution:
        """Resolve a DID, as `Registry.resolve`."""
        return await self._ask(resolve(self.ledger, did, version_id=version_id, version_time=version_time))

    async def resolution_result(
        self, did: str, *, version_id: str | None = None, version_time: str | None = None
    ) -> JsonObject:
        """Resolve a DID to the W3C result object, as `Registry.resolution_result`."""
        return await self.run(resolution_result(self.ledger, did, version_id=version_id, version_time=version_time))

    async def dereference(self, url: str) -> Dereferenced:
        """Return what a DID URL names, as `Registry.dereference`."""
        return await self._ask(dereference(self.ledger, url))

    async def head(self) -> LedgerHead:
        """Return the newest block that is known, and the newest final one."""
        return await self._ask(self.ledger.head())

    async def did_version(
        self, did: str, *, version: int | None = None, at: datetime | int | None = None
    ) -> DidVersion | None:
        """Return one version of a DID, as `Registry.did_version`."""
        time = None if at is None else _seconds(at)
        return await self._ask(self.ledger.did_version(self._questions.did_id(did), version=version, time=time))

    async def compromise(self, did: str, thumbprint: bytes) -> CompromiseMark:
        """Return the mark against a key, as `Registry.compromise`."""
        return await self._ask(self.ledger.compromise(self._questions.did_id(did), thumbprint))

    async def accreditation(self, did: str, vct: str, *, at: datetime | int) -> AccreditationPath:
        """Return an accreditation path, as `Registry.accreditation`."""
        flow = self.ledger.accreditation(self._questions.did_id(did), keccak_text(vct), at=_seconds(at))
        return await self._ask(flow)

    async def status(self, list_id: bytes) -> StatusList | None:
        """Return a whole status list."""
        return await self._ask(self.ledger.status_list(list_id))

    async def issuance(self, did: str, seq: int) -> IssuanceAnchor:
        """Return one anchored batch of an agency."""
        return await self._ask(self.ledger.issuance(self._questions.did_id(did), seq))

    async def schema(self, vct: str, *, version: int | None = None) -> SchemaRecord | None:
        """Return one version of a type's schema."""
        return await self._ask(self.ledger.schema(keccak_text(vct), version=version))

    async def service(self, vct: str, code: str) -> ServiceRecord | None:
        """Return a registered service by its code."""
        return await self._ask(self.ledger.service(keccak_text(vct), code))

    async def events(self, filter: EventFilter | None = None, *, cursor: str | None = None) -> EventPage:  # noqa: A002
        """Return one page of the ledger's story."""
        return await self._ask(self.ledger.events(filter or EventFilter(), cursor=cursor))

    def verifier(self) -> AsyncVerifier:
        """Return a verifier that reads this ledger over the same connections, statuses as the profile says."""
        return AsyncVerifier(self._questions.statuses(), self.transport)

    async def run(self, flow: Flow[T]) -> T:
        """Drive any flow over this registry's transport."""
        return await arun(flow, self.transport)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._own is not None:
            await self._own.aclose()

    async def _ask(self, flow: Flow[T]) -> T:
        return await arun(self._questions.sufficient(flow), self.transport)


@contextmanager
def open_registry(profile: ProfileLike = None) -> Iterator[Registry]:
    """Open the registry that a profile names. Raises ProfileMissingError, InvalidProfileError."""
    registry = Registry(_profile(profile))
    try:
        yield registry
    finally:
        registry.close()


@asynccontextmanager
async def aopen_registry(profile: ProfileLike = None) -> AsyncIterator[AsyncRegistry]:
    """Open the registry that a profile names, for asynchronous use. Raises ProfileMissingError, InvalidProfileError."""
    registry = AsyncRegistry(_profile(profile))
    try:
        yield registry
    finally:
        await registry.aclose()


def _profile(profile: ProfileLike) -> Profile:
    if isinstance(profile, Profile):
        return profile
    return load_profile(None if profile is None else str(profile))


def _seconds(at: datetime | int) -> int:
    return at if isinstance(at, int) else to_seconds(at)
