"""The ledger as a node tells it, over HTTP: assurance `node`. Quick, indexed, and believed.

- The node must serve the network that the profile pins (chain id, genesis hash, Directory and its code hash), else
  WrongLedgerError; that keeps honest mistakes out, not a lying node: only `own_ledger` and `proven` do.
- What can be checked without the ledger is: sizes, ids, and that documents have the digests they are listed under.
- A node answers at its head; a read at a named block is FeatureNotSupportedError.
"""

from typing import Any, Final

from registry_client.adapters.node_answers import Members, read_answer
from registry_client.adapters.node_facts import document_of, event_of, grant_of, pending_of
from registry_client.core.assurance import Assurance
from registry_client.core.did import KIND_HOLDER, KIND_ORGANISATION, format_did
from registry_client.core.encoding import encode_hex
from registry_client.core.facts import (
    AccreditationPath,
    BlockRef,
    CompromiseMark,
    DidVersion,
    EventFilter,
    EventPage,
    GrantLink,
    IssuanceAnchor,
    LedgerHead,
    SchemaRecord,
    ServiceRecord,
    StatusList,
)
from registry_client.errors import (
    FeatureNotSupportedError,
    LedgerUnavailableError,
    WrongLedgerError,
)
from registry_client.flows import Flow, HttpRequest, http
from registry_client.profile import Profile

_KINDS: Final = {"organisation": KIND_ORGANISATION, "holder": KIND_HOLDER}
_PATH_MAX: Final = 16
_MARKS_MAX: Final = 10_000
_EVENTS_MAX: Final = 1_000


class LedgerNode:
    """A LedgerReader over a node's HTTP interface; drive its flows with a transport that has a `node_url`."""

    assurance: Final = Assurance.NODE

    def __init__(self, profile: Profile) -> None:
        """`profile`: network and pins; its URLs are the transport's affair."""
        self.network = profile.network
        self._profile = profile
        self._checked = False

    def head(self) -> Flow[LedgerHead]:
        """Read where the node is."""
        answer = yield from self._ask("/v1/ledger")
        newest, final = answer.object("head"), answer.object("final")
        return LedgerHead(
            newest.number("number"), newest.hexed("hash", 32), newest.number("time"), final.number("number")
        )

    def did_version(
        self, did_id: bytes, *, version: int | None = None, time: int | None = None, block: BlockRef | None = None
    ) -> Flow[DidVersion | None]:
        """Read one version of a DID."""
        _refuse_block(block)
        answer = yield from self._find(f"/v1/dids/{self._did(did_id)}", version=version, time=time)
        if answer is None:
            return None
        kind = _KINDS.get(answer.text("kind"))
        if kind is None or answer.did_id("did") != did_id:
            raise LedgerUnavailableError("the node answered with another DID than asked", did=self._did(did_id))
        is_holder, ended = kind == KIND_HOLDER, answer.text("state") == "deactivated"
        is_latest = answer.flag("latest")
        return DidVersion(
            did_id=did_id,
            kind=kind,
            version=answer.number("version"),
            state="deactivated" if ended else "active",
            controller=answer.hexed("controller", 21),
            block_number=answer.number("block_number"),
            block_time=answer.number("updated_at"),
            history_digest=answer.hexed("history_digest", 32),
            head=answer.head(),
            assurance=self.assurance,
            guardian=answer.did_id("guardian") if is_holder else None,
            document=None if is_holder or ended else answer.packed("document"),
            holder_x=answer.hexed("x", 32) if is_holder and not ended else None,
            holder_y=answer.hexed("y", 32) if is_holder and not ended else None,
            salt=answer.hexed("salt", 32) if answer.number("version") == 1 else None,
            created_at=answer.number("created_at"),
            next_version_at=answer.number_or_none("next_version_at"),
            transaction_hash=answer.hexed("transaction_hash", 32),
            block_hash=answer.hexed("block_hash", 32),
            latest=is_latest,
            pending=pending_of(answer, did_id) if is_latest else "none",
        )

    def compromise(self, did_id: bytes, thumbprint: bytes, *, block: BlockRef | None = None) -> Flow[CompromiseMark]:
        """Read the mark against one key; the node is asked for all of them, so it does not learn which key matters."""
        _refuse_block(block)
        answer = yield from self._ask(f"/v1/dids/{self._did(did_id)}/compromises")
        for mark in answer.objects("compromises", _MARKS_MAX):
            if mark.hexed("key_thumbprint", 32) == thumbprint:
                since, seen = mark.number_or_none("since"), mark.number_or_none("pending_since")
                return CompromiseMark(did_id, thumbprint, since, answer.head(), self.assurance, pending_since=seen)
        return CompromiseMark(did_id, thumbprint, None, answer.head(), self.assurance)

    def accreditation(
        self, agency: bytes, type_id: bytes, *, at: int, block: BlockRef | None = None
    ) -> Flow[AccreditationPath]:
        """Read the path that let `agency` issue the type at time `at`."""
        _refuse_block(block)
        path = f"/v1/accreditations/{self._did(agency)}"
        answer = yield from self._ask(path, type_id=encode_hex(type_id), at=at)
        links = answer.objects("path", _PATH_MAX)
        grants = answer.objects("grants", _PATH_MAX)
        if len(links) != len(grants) or answer.hexed("type_id", 32) != type_id or answer.number("at") != at:
            raise LedgerUnavailableError("the node answered with another path than asked")
        return AccreditationPath(
            agency=agency,
            type_id=type_id,
            at=at,
            valid=answer.flag("valid"),
            links=tuple(
                GrantLink(link.did_id("did"), link.number("seq"), grant_of(grant))
                for link, grant in zip(links, grants, strict=True)
            ),
            head=answer.head(),
            assurance=self.assurance,
            pending_valid=answer.flag("pending_valid"),
        )

    def issuance(self, agency: bytes, seq: int, *, block: BlockRef | None = None) -> Flow[IssuanceAnchor]:
        """Read one anchored batch."""
        _refuse_block(block)
        answer = yield from self._find(f"/v1/issuances/{self._did(agency)}/{seq}")
        if answer is None:
            head = yield from self.head()
            return IssuanceAnchor(agency, seq, None, head, self.assurance)
        return IssuanceAnchor(
            agency,
            seq,
            answer.hexed("digest", 32),
            answer.head(),
            self.assurance,
            root=answer.hexed("root", 32),
            count=answer.number("count"),
            time=answer.number("time"),
        )

    def status_list(self, list_id: bytes, *, block: BlockRef | None = None) -> Flow[StatusList | None]:
        """Read a whole list, both planes."""
        _refuse_block(block)
        answer = yield from self._find(f"/v1/status-lists/{encode_hex(list_id)}")
        if answer is None:
            return None
        if answer.hexed("list", 32) != list_id:
            raise LedgerUnavailableError("the node answered with another list than asked", list=encode_hex(list_id))
        pending = answer.object_or_none("pending")
        words = answer.words("words")
        seen = pending.words("words") if pending is not None else words
        return StatusList(
            list_id=list_id,
            owner=answer.did_id("owner"),
            seq=answer.number("seq"),
            ops_head=answer.hexed("ops_head", 32),
            published_seq=answer.number("published_seq"),
            published_digest=answer.hexed("published_digest", 32),
            words=words,
            head=answer.head(),
            assurance=self.assurance,
            pending_words=seen if seen != words else None,
        )

    def schema(
        self, type_id: bytes, *, version: int | None = None, block: BlockRef | None = None
    ) -> Flow[SchemaRecord | None]:
        """Read one version of a type's schema."""
        _refuse_block(block)
        answer = yield from self._find(f"/v1/schemas/{encode_hex(type_id)}", version=version)
        if answer is None:
            return None
        return SchemaRecord(
            type_id=type_id,
            owner=answer.did_id("owner"),
            version=answer.number("version"),
            count=answer.number("count"),
            digest=answer.hexed("digest", 32),
            document=document_of(answer),
            block_number=answer.number("block_number"),
            head=answer.head(),
            assurance=self.assurance,
            vct=answer.text("vct"),
        )

    def service(self, type_id: bytes, code: str, *, block: BlockRef | None = None) -> Flow[ServiceRecord | None]:
        """Read a service by its code."""
        _refuse_block(block)
        answer = yield from self._find(f"/v1/services/{encode_hex(type_id)}/{code}")
        if answer is None:
            return None
        return ServiceRecord(
            type_id=type_id,
            code=code,
            verifier=answer.did_id("verifier"),
            version=answer.number("version"),
            valid_from=answer.number("from"),
            valid_until=answer.number("until"),
            ended_at=answer.number_or_none("ended_at"),
            digest=answer.hexed("digest", 32),
            document=document_of(answer),
            block_number=answer.number("block_number"),
            head=answer.head(),
            assurance=self.assurance,
            pending_end=answer.flag("pending_end"),
        )

    def events(self, filter: EventFilter, *, cursor: str | None = None) -> Flow[EventPage]:  # noqa: A002
        """Read one page of the ledger's story."""
        params: list[tuple[str, str]] = [("type", name) for name in filter.types]
        given = {"did": filter.did, "from": filter.from_block, "to": filter.to_block, "cursor": cursor}
        params += [(name, str(value)) for name, value in given.items() if value is not None]
        answer = yield from self._ask("/v1/events", *params, limit=filter.limit)
        events = tuple(event_of(item) for item in answer.objects("events", _EVENTS_MAX))
        return EventPage(events, answer.text_or_none("next_cursor"), answer.head(), self.assurance)

    def _did(self, did_id: bytes) -> str:
        return str(format_did(self.network, did_id))

    def _find(self, path: str, *params: tuple[str, str], **options: Any) -> Flow[Members | None]:
        """GET one resource; None when the ledger has no such thing. Options that are None are left out."""
        if not self._checked:
            yield from self._check()
        query = (*params, *((name, str(value)) for name, value in options.items() if value is not None))
        (answer,) = yield from http(HttpRequest(path, query))
        return read_answer(answer, path=path, network=self.network)

    def _ask(self, path: str, *params: tuple[str, str], **options: Any) -> Flow[Members]:
        """GET one resource that always exists."""
        found = yield from self._find(path, *params, **options)
        if found is None:
            raise LedgerUnavailableError(f"the node does not know {path}: is this the node that the profile means?")
        return found

    def _check(self) -> Flow[None]:
        """Refuse a node that serves another ledger than the profile pins."""
        (raw,) = yield from http(HttpRequest("/v1/ledger"))
        answer = read_answer(raw, path="/v1/ledger", network=self.network)
        if answer is None:
            raise LedgerUnavailableError("there is no registry node at this address: it does not know /v1/ledger")
        pins = self._profile
        expected: dict[str, object] = {
            "network": pins.network,
            "chain_id": pins.chain_id,
            "genesis_hash": encode_hex(pins.genesis_hash),
            "directory": encode_hex(pins.directory),
            "code_hash": encode_hex(pins.code_hash),
        }
        for name, value in expected.items():
            found = answer.number(name) if isinstance(value, int) else answer.text(name)
            if found != value:
                raise WrongLedgerError(
                    f"this node's {name} is {found}, the profile pins {value}: it is not {pins.network}",
                    field=name,
                    expected=value,
                    found=found,
                )
        self._checked = True


def _refuse_block(block: BlockRef | None) -> None:
    if block is not None:
        raise FeatureNotSupportedError("a node answers at its head; reading at a block needs an rpc_url in the profile")
