"""The one table of events: what the contracts say happened, and how their logs decode.

- Names, order and types are frozen (an event never changes shape); tests compare the table with the generated ABIs.
- A log that carries a known topic and does not decode is an AbiError: events of our contracts always decode.
- Decoded values are typed as in abi_codec; `to_json` gives numbers up to 48 bits as integers, the rest as 0x-hex.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from registry_client.core import abi_codec
from registry_client.core.encoding import encode_hex, encode_quantity
from registry_client.core.hashing import keccak_text
from registry_client.errors import AbiError


@dataclass(frozen=True, slots=True)
class EventType:
    """One event of one contract. `fields`: (type, name) in order, the `indexed` first ones in topics."""

    contract: str
    name: str
    fields: tuple[tuple[str, str], ...]
    indexed: int
    topic: bytes = field(init=False)
    """keccak256 of the signature: topic 0."""

    def __post_init__(self) -> None:
        signature = f"{self.name}({','.join(kind for kind, _ in self.fields)})"
        object.__setattr__(self, "topic", keccak_text(signature))

    def decode(self, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
        """Return the values of one log by field name. Raises AbiError."""
        if len(topics) != self.indexed + 1 or topics[0] != self.topic:
            raise AbiError(f"not a log of {self.name}", topics=len(topics))
        values: dict[str, Any] = {}
        for (kind, name), topic in zip(self.fields, topics[1:], strict=False):
            (values[name],) = abi_codec.decode([kind], topic)
        rest = self.fields[self.indexed :]
        decoded = abi_codec.decode([kind for kind, _ in rest], data)
        values.update((name, value) for (_, name), value in zip(rest, decoded, strict=True))
        return values

    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return decoded values as JSON values."""
        return {name: _json(kind, values[name]) for kind, name in self.fields}


def _json(kind: str, value: Any) -> Any:
    if kind.endswith("[]"):
        return [_json(kind[:-2], item) for item in value]
    if isinstance(value, bytes):
        return encode_hex(value)
    if kind in {"uint64", "uint256"}:
        return encode_quantity(value)
    return value


def _events(contract: str, *texts: str) -> tuple[EventType, ...]:
    """Read `Name(type* name,...)`; a star marks an indexed field, which all stand first."""
    found = []
    for text in texts:
        name, _, rest = text.rstrip(")").partition("(")
        pairs = [piece.split(" ") for piece in rest.split(",")]
        fields = tuple((kind.rstrip("*"), label) for kind, label in pairs)
        found.append(EventType(contract, name, fields, sum(kind.endswith("*") for kind, _ in pairs)))
    return tuple(found)


_CHANGE: Final = "bytes20* id,uint32* version,bytes21* controller,bytes32 previousDigest,uint48 previousBlock"
_SKIPPED: Final = "OperationSkipped(uint256* position,bytes reason)"

_ALL: Final = (
    *_events(
        "DidRegistry",
        f"OrganisationCreated({_CHANGE},bytes32 salt,bytes20 agency,bytes21 endorser,bytes document)",
        f"HolderCreated({_CHANGE},bytes32 x,bytes32 y,bytes32 salt,bytes20 guardian,bytes21 endorser)",
        f"DocumentUpdated({_CHANGE},bytes document)",
        f"ControlTransferred({_CHANGE},bytes21 previousController,bytes document)",
        "DidDeactivated(bytes20* id,uint32* version,bytes21* by,bytes32 previousDigest,uint48 previousBlock,"
        "bytes20 actingFor)",
        "KeyCompromised(bytes20* id,bytes32* keyThumbprint,uint48 since,bytes20 reporter,bytes21 by)",
        _SKIPPED,
    ),
    *_events(
        "Roles",
        "AgencyAdmitted(bytes20* agency,bytes20* sponsor,bytes21 endorser,uint48 until,bytes21 by,uint256 nonce)",
        "AgencyDismissed(bytes20* agency,bytes21 by,uint256 nonce)",
        "RoleGranted(bytes20* agency,uint8* role,bytes21* grantee,uint48 until,bytes21 by,uint256 nonce)",
        "RoleEnded(bytes20* agency,uint8* role,bytes21* grantee,bytes21 by,uint256 nonce)",
        _SKIPPED,
    ),
    *_events(
        "AccreditationRegistry",
        "Accredited(bytes20* agency,bytes32* typeId,uint32* seq,bytes20 grantor,uint32 grantorSeq,uint8 depth,"
        "bool mayIssue,bool mayAccredit,uint48 from,uint48 until,bytes21 by)",
        "GrantEnded(bytes20* agency,bytes32* typeId,uint32* seq,uint48 endedAt,bytes21 by,uint256 nonce)",
        _SKIPPED,
    ),
    *_events(
        "IssuanceLog",
        "IssuanceAnchored(bytes20* agency,uint64* seq,bytes32 root,uint64 count,bytes21 by)",
        _SKIPPED,
    ),
    *_events(
        "StatusRegistry",
        "ListOpened(bytes32* list,bytes20* owner,bytes21 by,bytes32 salt)",
        "StatusChanged(bytes32* list,uint8* op,bytes21* by,uint48 seq,uint16 startWord,uint256[] masks,uint256 nonce)",
        "StatusUnchanged(bytes32* list,bytes21* by,uint256 nonce)",
        "SnapshotAnchored(bytes32* list,uint48* seq,bytes32 digest,bytes21 by)",
        _SKIPPED,
    ),
    *_events(
        "SchemaRegistry",
        "SchemaRegistered(bytes32* typeId,uint32* version,bytes20* owner,bytes32 digest,string vct,bytes document,"
        "bytes21 by)",
        _SKIPPED,
    ),
    *_events(
        "ServiceRegistry",
        "ServiceSet(bytes32* typeId,bytes32* code,uint32* version,bytes20 verifier,uint48 from,uint48 until,"
        "bytes32 digest,bytes document,bytes21 by)",
        "ServiceEnded(bytes32* typeId,bytes32* code,uint32* version,uint48 endedAt,bytes21 by)",
        _SKIPPED,
    ),
    *_events(
        "Council",
        "CouncilSet(uint32* epoch,bytes21[] members,uint8 threshold)",
        "ProposalOpened(bytes32* proposal,uint32* epoch,uint8* kind,bytes arguments,bytes32 salt)",
        "Voted(bytes32* proposal,uint32* epoch,bytes21* member,uint8 choice)",
        "ProposalReady(bytes32* proposal,uint32* epoch,uint48 readyAt)",
        "ProposalCancelled(bytes32* proposal,uint32* epoch)",
        "ProposalExecuted(bytes32* proposal,uint32* epoch)",
        "Paused(bytes21* member,uint48 until)",
        _SKIPPED,
    ),
    *_events(
        "Directory",
        "EntryRegistered(bytes32* name,uint32* generation,address target,bytes32 codeHash,bytes32 layoutId)",
    ),
)

EVENTS: Final = MappingProxyType({(event.contract, event.topic): event for event in _ALL})
"""(contract name, topic 0) -> EventType, for all events of the registry."""

EVENT_NAMES: Final = frozenset(event.name for event in _ALL)
CONTRACTS: Final = tuple(dict.fromkeys(event.contract for event in _ALL))
"""Every contract's name, as Directory lists it (Directory itself last)."""

_SUBJECT_FIELDS: Final = frozenset(
    {"id", "agency", "guardian", "owner", "grantor", "reporter", "sponsor", "verifier", "actingFor"}
)


def event_named(contract: str, name: str) -> EventType:
    """Return one event's type. Raises KeyError: names are written by programmers."""
    return next(event for event in _ALL if event.contract == contract and event.name == name)


def subject_ids(values: Mapping[str, Any]) -> tuple[bytes, ...]:
    """Return the ids (20 bytes) of the DIDs that an event names, each once, the council's zero id left out."""
    named = (value for name, value in values.items() if name in _SUBJECT_FIELDS and len(value) == 20 and any(value))
    return tuple(dict.fromkeys(named))
