"""The ledger read straight from an EVM JSON-RPC endpoint that the caller declares its own: assurance `own_ledger`.

- Another chain id, genesis hash or Directory code than the profile pins is refused before anything is read.
- `block=None`: what is final counts; bad news that is not final yet is in the `pending` fields (law 7). Where the
  profile says that every shown block is final, both are the same read.
- Documents of schemas and services are in events; their bytes are checked against the digest that the contract keeps.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from registry_client.adapters import rpc_codec
from registry_client.adapters.rpc_codec import View, view
from registry_client.adapters.rpc_contracts import Contracts, padded
from registry_client.adapters.rpc_dids import DidHistory, head_of
from registry_client.adapters.rpc_events import read_events
from registry_client.core.assurance import Assurance
from registry_client.core.encoding import encode_hex
from registry_client.core.events import event_named
from registry_client.core.facts import (
    AccreditationPath,
    BlockRef,
    CompromiseMark,
    DidVersion,
    EventFilter,
    EventPage,
    Grant,
    GrantLink,
    IssuanceAnchor,
    LedgerHead,
    SchemaRecord,
    ServiceRecord,
    StatusList,
)
from registry_client.core.hashing import sha256
from registry_client.errors import LedgerInconsistentError, MalformedValueError
from registry_client.flows import Flow, rpc, together
from registry_client.profile import Profile

_COMPROMISED: Final = view("DidRegistry", "compromisedSince(bytes20,bytes32)", "uint48")
_GRANT: Final = "(bytes20,uint32,uint8,bool,bool,uint48,uint48,uint48)"
_PATH_AT: Final = view("AccreditationRegistry", "pathAt(bytes20,bytes32,uint48)", f"bool,(bytes20,uint32)[],{_GRANT}[]")
_ISSUANCE: Final = view("IssuanceLog", "digestOf(bytes20,uint64)", "bytes32")
_LIST_OF: Final = view("StatusRegistry", "listOf(bytes32)", "bytes20,uint48,uint48,bytes32,bytes32")
_WORDS: Final = view("StatusRegistry", "words(bytes32,uint256,uint256)", "bytes32[]")
_TYPE_OF: Final = view("SchemaRegistry", "typeOf(bytes32)", "bytes20,uint32")
_SCHEMA: Final = view("SchemaRegistry", "digestOf(bytes32,uint32)", "bytes32,uint48")
_SERVICE: Final = view(
    "ServiceRegistry", "serviceOf(bytes32,bytes32)", "bytes20,uint32,uint48,uint48,uint48,bytes32,uint48"
)
_LIST_WORDS: Final = 1024
_CODE: Final = re.compile(r"[A-Z0-9-]{1,32}", re.ASCII)
_Calls = Sequence[tuple[View, Sequence[Any]]]
_Values = list[tuple[Any, ...]]


class LedgerRpc:
    """A LedgerReader over JSON-RPC. Drive its flows with a transport that has the profile's `rpc_url`."""

    assurance: Final = Assurance.OWN_LEDGER

    def __init__(self, profile: Profile) -> None:
        """`profile`: network, pins and `final_depth`; its URLs are the transport's affair."""
        self.network = profile.network
        self._depth = profile.final_depth
        self._contracts = Contracts(profile)
        self._dids = DidHistory(self._contracts, assurance=self.assurance, final_depth=profile.final_depth)

    def head(self) -> Flow[LedgerHead]:
        """Read the newest block."""
        yield from self._contracts.connect()
        (answer,) = yield from rpc(rpc_codec.NEWEST_BLOCK)
        return head_of(rpc_codec.block_of(answer), None, self._depth)

    def did_version(
        self, did_id: bytes, *, version: int | None = None, time: int | None = None, block: BlockRef | None = None
    ) -> Flow[DidVersion | None]:
        """Read one version of a DID; see DidHistory."""
        return self._dids.version(did_id, version=version, time=time, block=block)

    def compromise(self, did_id: bytes, thumbprint: bytes, *, block: BlockRef | None = None) -> Flow[CompromiseMark]:
        """Read the mark against one key."""
        head, final, newest = yield from self._read("DidRegistry", [(_COMPROMISED, [did_id, thumbprint])], block)
        since, seen = final[0][0] or None, newest[0][0] or None
        return CompromiseMark(
            did_id, thumbprint, since, head, self.assurance, pending_since=seen if seen != since else None
        )

    def accreditation(
        self, agency: bytes, type_id: bytes, *, at: int, block: BlockRef | None = None
    ) -> Flow[AccreditationPath]:
        """Read the path that let `agency` issue the type at time `at`."""
        calls = [(_PATH_AT, [agency, type_id, at])]
        head, ((valid, path, grants),), ((seen_valid, *_),) = yield from self._read(
            "AccreditationRegistry", calls, block
        )
        if len(path) != len(grants):
            raise LedgerInconsistentError("a path has other numbers of links and grants", links=len(path))
        links = tuple(
            GrantLink(holder, seq, _grant(fields)) for (holder, seq), fields in zip(path, grants, strict=True)
        )
        return AccreditationPath(
            agency, type_id, at, valid, links, head, self.assurance, pending_valid=bool(seen_valid)
        )

    def issuance(self, agency: bytes, seq: int, *, block: BlockRef | None = None) -> Flow[IssuanceAnchor]:
        """Read one anchored batch."""
        head, ((digest,),), _ = yield from self._read("IssuanceLog", [(_ISSUANCE, [agency, seq])], block)
        return IssuanceAnchor(agency, seq, digest if any(digest) else None, head, self.assurance)

    def status_list(self, list_id: bytes, *, block: BlockRef | None = None) -> Flow[StatusList | None]:
        """Read a whole list, both planes."""
        calls: _Calls = [(_LIST_OF, [list_id]), (_WORDS, [list_id, 0, _LIST_WORDS])]
        head, (kept, (words,)), (_, (seen_words,)) = yield from self._read("StatusRegistry", calls, block)
        owner, seq, published_seq, ops_head, published_digest = kept
        if not any(owner):
            return None
        data, seen = b"".join(words), b"".join(seen_words)
        return StatusList(
            list_id=list_id,
            owner=owner,
            seq=seq,
            ops_head=ops_head,
            published_seq=published_seq,
            published_digest=published_digest,
            words=data,
            head=head,
            assurance=self.assurance,
            pending_words=seen if seen != data else None,
        )

    def schema(
        self, type_id: bytes, *, version: int | None = None, block: BlockRef | None = None
    ) -> Flow[SchemaRecord | None]:
        """Read one version of a type's schema, its document from the event."""
        head, ((owner, count),), _ = yield from self._read("SchemaRegistry", [(_TYPE_OF, [type_id])], block)
        number = count if version is None else version
        if not 0 < number <= count:
            return None
        at = BlockRef(head.final_number, head.hash if head.final_number == head.number else None)
        ((digest, anchored),) = yield from self._contracts.read("SchemaRegistry", [(_SCHEMA, [type_id, number])], at)
        topics = [type_id, number.to_bytes(32, "big")]
        fields = yield from self._document_event("SchemaRegistry", "SchemaRegistered", topics, anchored, digest)
        return SchemaRecord(
            type_id, owner, number, count, digest, fields["document"], anchored, head, self.assurance, vct=fields["vct"]
        )

    def service(self, type_id: bytes, code: str, *, block: BlockRef | None = None) -> Flow[ServiceRecord | None]:
        """Read a service by its code, its document from the event."""
        if not _CODE.fullmatch(code):
            raise MalformedValueError("a service code has 1 to 32 of A-Z, 0-9 and -", code=code[:64])
        word = padded(code)
        calls = [(_SERVICE, [type_id, word])]
        head, (kept,), (seen,) = yield from self._read("ServiceRegistry", calls, block)
        verifier, version, valid_from, valid_until, ended_at, digest, anchored = kept
        if version == 0:
            return None
        topics = [type_id, word, version.to_bytes(32, "big")]
        fields = yield from self._document_event("ServiceRegistry", "ServiceSet", topics, anchored, digest)
        return ServiceRecord(
            type_id,
            code,
            verifier,
            version,
            valid_from,
            valid_until,
            ended_at or None,
            digest,
            fields["document"],
            anchored,
            head,
            self.assurance,
            pending_end=seen[4] != ended_at,
        )

    def events(self, filter: EventFilter, *, cursor: str | None = None) -> Flow[EventPage]:  # noqa: A002
        """Read one page of the story; costs one request for some thousand blocks, so a node answers this faster."""
        known = yield from self._contracts.connect()
        head = yield from self.head()
        return (yield from read_events(known, filter, cursor=cursor, head=head, network=self.network))

    def _read(self, name: str, calls: _Calls, block: BlockRef | None) -> Flow[tuple[LedgerHead, _Values, _Values]]:
        """Return the head, the values that are final, and the values as of the newest block."""
        yield from self._contracts.connect()
        call = rpc_codec.NEWEST_BLOCK if block is None else rpc_codec.get_block(block.number)
        (answer,) = yield from rpc(call)
        head = head_of(rpc_codec.block_of(answer), block, self._depth)
        if head.final_number == head.number:
            values = yield from self._contracts.read(name, calls, head.ref)
            return head, values, values
        final, newest = yield from together(
            self._contracts.read(name, calls, BlockRef(head.final_number)),
            self._contracts.read(name, calls, head.ref),
        )
        return head, final, newest

    def _document_event(
        self, contract: str, event_name: str, topics: Sequence[bytes], anchored: int, digest: bytes
    ) -> Flow[dict[str, Any]]:
        """Read the one event that carries a document, and check the bytes against the digest on the ledger."""
        known = yield from self._contracts.connect()
        event = event_named(contract, event_name)
        (answer,) = yield from rpc(
            rpc_codec.get_logs(known.addresses(contract), [event.topic, *topics], first=anchored, last=anchored)
        )
        for log in rpc_codec.logs_of(answer):
            fields = rpc_codec.decode_log(event, log)
            if log.address in known.addresses(contract) and sha256(fields["document"]) == digest:
                return fields
        raise LedgerInconsistentError(
            f"block {anchored} has no {event_name} with the document that {contract} keeps the digest of",
            digest=encode_hex(digest),
            block_number=anchored,
        )


def _grant(fields: tuple[Any, ...]) -> Grant:
    grantor, grantor_seq, depth, may_issue, may_accredit, valid_from, valid_until, ended_at = fields
    return Grant(grantor, grantor_seq, depth, may_issue, may_accredit, valid_from, valid_until, ended_at or None)
