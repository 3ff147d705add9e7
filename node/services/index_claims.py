"""From facts to claims: for each thing the index knows, what its contract must answer at the indexed block.

- Facts come ordered by key, so what belongs together comes together and nothing is kept longer than its own group.
- What a contract binds by a running digest (a DID's history, a list's changes) is recomputed from the facts first:
  then every version, time and bit stands behind the one digest that is compared.
- Where a contract keeps only the newest (admissions, roles, services), the newest is compared; what a contract counts
  is compared by count as well, so that nothing of it can be missing.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, TypeVar

from node.domain import fact
from node.domain.claim import Claim, Difference, as_text
from node.domain.did_history import DEACTIVATED, HOLDER, history_digest
from node.domain.projection import REVOKE, first_ops_head
from node.ports import IndexView
from registry_client.core.hashing import sha256

Judged = Claim | Difference
Chosen = Callable[[bytes], bool]
"""Whether the thing with this key is among those that are checked."""
F = TypeVar("F", bound=fact.Fact)

_GRANT: Final = ("(bytes20,uint32,uint8,bool,bool,uint48,uint48,uint48)",)
_RECORD: Final = ("bytes32", "bytes21", "uint32", "uint8", "uint48", "bytes20")
_LIST: Final = ("bytes20", "uint48", "uint48", "bytes32", "bytes32")
_SERVICE: Final = ("bytes20", "uint32", "uint48", "uint48", "uint48", "bytes32", "uint48")
_LIST_WORDS: Final = 1_024
_PLANE: Final = 512


class IndexClaims:
    """What one view of an index claims. `directory`: 20-byte address."""

    def __init__(self, view: IndexView, *, directory: bytes, chosen: Chosen) -> None:
        self._view, self._directory, self._chosen = view, directory, chosen
        self._present = {entry.name: entry.address for entry in view.facts(fact.DirectoryEntry)}

    def all(self) -> Iterator[Judged]:
        """Yield every claim, and every difference that shows without asking the ledger."""
        for part in (
            self._entries,
            self._council,
            self._dids,
            self._compromises,
            self._admissions,
            self._terms,
            self._grants,
            self._issuances,
            self._lists,
            self._schemas,
            self._services,
            self._nonces,
        ):
            yield from part()

    def _ask(self, contract: str, function: str, arguments: tuple[Any, ...], **answer: Any) -> Claim:
        return Claim(address=self._present[contract], function=function, arguments=arguments, **answer)

    def _groups(self, kind: type[F], *names: str) -> Iterator[tuple[tuple[Any, ...], list[F]]]:
        """Yield the chosen groups of facts that share these columns, which begin their table's key."""
        for key, found in groupby(self._view.every(kind), key=lambda item: tuple(getattr(item, n) for n in names)):
            if self._chosen(repr(key).encode()):
                yield key, list(found)

    def _entries(self) -> Iterator[Judged]:
        for (name,), entries in self._groups(fact.DirectoryEntry, "name"):
            padded = name.encode().ljust(32, b"\0")
            for entry in entries:
                yield Claim(
                    f"Directory {name}, generation {entry.generation}",
                    self._directory,
                    "entryOf(bytes32,uint32)",
                    (padded, entry.generation),
                    ("address", "bytes32", "bytes32", "uint48"),
                    (entry.address, entry.code_hash, entry.layout_id, entry.block_number),
                )
            count = (entries[-1].generation,)
            subject = f"Directory {name}"
            yield Claim(subject, self._directory, "generationOf(bytes32)", (padded,), ("uint32",), count)

    def _council(self) -> Iterator[Judged]:
        term = self._view.last(fact.CouncilTerm)
        if term is None:
            return
        members = [term.members[at : at + 21] for at in range(0, len(term.members), 21)]
        yield self._ask("Council", "epoch()", (), subject="council", outputs=("uint32",), expected=(term.epoch,))
        yield self._ask("Council", "threshold()", (), subject="council", outputs=("uint8",), expected=(term.threshold,))
        yield self._ask(
            "Council", "memberCount()", (), subject="council", outputs=("uint256",), expected=(len(members),)
        )
        for place, member in enumerate(members):
            asked = "memberAt(uint256)", (place,)
            yield self._ask("Council", *asked, subject="council", outputs=("bytes21",), expected=(member,))

    def _dids(self) -> Iterator[Judged]:
        for (did_id,), versions in self._groups(fact.DidVersion, "did_id"):
            subject, last = f"DID 0x{did_id.hex()}", versions[-1]
            yield from _history_of(subject, versions)
            status = last.kind << 4 | last.state
            record = (last.history_digest, last.controller, last.version, status, last.block_number, last.guardian)
            yield self._ask(
                "DidRegistry", "recordOf(bytes20)", (did_id,), subject=subject, outputs=_RECORD, expected=record
            )

    def _compromises(self) -> Iterator[Judged]:
        for (did_id, thumbprint), marks in self._groups(fact.Compromise, "did_id", "thumbprint"):
            yield self._ask(
                "DidRegistry",
                "compromisedSince(bytes20,bytes32)",
                (did_id, thumbprint),
                subject=f"key 0x{thumbprint.hex()} of DID 0x{did_id.hex()}",
                outputs=("uint48",),
                expected=(min(mark.since for mark in marks),),
            )

    def _admissions(self) -> Iterator[Judged]:
        for (agency,), found in self._groups(fact.Admission, "agency"):
            last = found[-1]
            yield self._ask(
                "Roles",
                "admissionOf(bytes20)",
                (agency,),
                subject=f"admission of 0x{agency.hex()}",
                outputs=("uint48", "uint48", "bytes20"),
                expected=(last.valid_from, last.valid_until, last.sponsor),
            )

    def _terms(self) -> Iterator[Judged]:
        for (agency, role, grantee), found in self._groups(fact.RoleTerm, "agency", "role", "grantee"):
            yield self._ask(
                "Roles",
                "termOf(bytes20,uint8,bytes21)",
                (agency, role, grantee),
                subject=f"role {role} of 0x{grantee.hex()} for 0x{agency.hex()}",
                outputs=("uint48", "uint48"),
                expected=(found[-1].valid_from, found[-1].valid_until),
            )

    def _grants(self) -> Iterator[Judged]:
        registry = "AccreditationRegistry"
        for (agency, type_id), grants in self._groups(fact.Grant, "agency", "type_id"):
            subject = f"accreditation of 0x{agency.hex()} for 0x{type_id.hex()}"
            for grant in grants:
                key = {"agency": agency, "type_id": type_id, "seq": grant.seq}
                ended = min((end.ended_at for end in self._view.facts(fact.GrantEnd, **key)), default=0)
                rights = (grant.grantor, grant.grantor_seq, grant.depth, grant.may_issue, grant.may_accredit)
                yield self._ask(
                    registry,
                    "grantOf(bytes20,bytes32,uint32)",
                    (agency, type_id, grant.seq),
                    subject=f"{subject}, grant {grant.seq}",
                    outputs=_GRANT,
                    expected=((*rights, grant.valid_from, grant.valid_until, ended),),
                )
            asked = "countOf(bytes20,bytes32)", (agency, type_id)
            yield self._ask(registry, *asked, subject=subject, outputs=("uint32",), expected=(grants[-1].seq,))

    def _issuances(self) -> Iterator[Judged]:
        for (agency,), batches in self._groups(fact.Issuance, "agency"):
            subject = f"issuance of 0x{agency.hex()}"
            for batch in batches:
                yield self._ask(
                    "IssuanceLog",
                    "digestOf(bytes20,uint64)",
                    (agency, batch.seq),
                    subject=f"{subject}, batch {batch.seq}",
                    outputs=("bytes32",),
                    expected=(sha256(batch.root + batch.count.to_bytes(8) + batch.block_time.to_bytes(8)),),
                )
            asked = "countOf(bytes20)", (agency,)
            yield self._ask("IssuanceLog", *asked, subject=subject, outputs=("uint64",), expected=(batches[-1].seq,))

    def _lists(self) -> Iterator[Judged]:
        for (list_id,), (opened,) in self._groups(fact.StatusList, "list_id"):
            subject = f"status list 0x{list_id.hex()}"
            ops_head, seq, words = first_ops_head(list_id), 0, bytearray(32 * _LIST_WORDS)
            for change in self._view.facts(fact.StatusChange, list_id=list_id):
                seq, ops_head = change.seq, _next_ops_head(ops_head, change)
                at, size = 32 * change.first_word, len(change.masks)
                here = int.from_bytes(words[at : at + size]) ^ int.from_bytes(change.masks)
                words[at : at + size] = here.to_bytes(size)
            if bytes(words) != self._view.words_upto(list_id):
                yield Difference(subject, "words of the index", "kept words", "words made of its changes")
            snapshot = self._view.last(fact.Snapshot, list_id=list_id)
            published = (snapshot.seq, snapshot.digest) if snapshot else (0, bytes(32))
            yield Claim(
                subject,
                opened.registry,
                "listOf(bytes32)",
                (list_id,),
                _LIST,
                (opened.owner, seq, published[0], ops_head, published[1]),
            )
            values = tuple(int.from_bytes(words[at : at + 32]) for at in range(0, len(words), 32))
            whole = (list_id, 0, _LIST_WORDS)
            function = "words(bytes32,uint256,uint256)"
            yield Claim(subject, opened.registry, function, whole, ("uint256[]",), (values,))

    def _schemas(self) -> Iterator[Judged]:
        for (type_id,), versions in self._groups(fact.Schema, "type_id"):
            subject = f"schema 0x{type_id.hex()}"
            for schema in versions:
                yield self._ask(
                    "SchemaRegistry",
                    "digestOf(bytes32,uint32)",
                    (type_id, schema.version),
                    subject=f"{subject}, version {schema.version}",
                    outputs=("bytes32", "uint48"),
                    expected=(sha256(schema.document), schema.block_number),
                )
            last = versions[-1]
            owner = (last.owner, last.version)
            asked = "typeOf(bytes32)", (type_id,)
            yield self._ask("SchemaRegistry", *asked, subject=subject, outputs=("bytes20", "uint32"), expected=owner)

    def _services(self) -> Iterator[Judged]:
        for (type_id, code), found in self._groups(fact.Service, "type_id", "code"):
            last = max(found, key=lambda item: (item.block_number, item.log_index))
            set_at = min(item.block_number for item in found if item.version == last.version)
            window = (last.valid_from, last.valid_until, last.ended_at)
            yield self._ask(
                "ServiceRegistry",
                "serviceOf(bytes32,bytes32)",
                (type_id, code),
                subject=f"service {code.rstrip(bytes(1)).decode('ascii', 'replace')} of 0x{type_id.hex()}",
                outputs=_SERVICE,
                expected=(last.verifier, last.version, *window, sha256(last.document), set_at),
            )

    def _nonces(self) -> Iterator[Judged]:
        for (registry, owner, lane), spent in self._groups(fact.SpentNonce, "registry", "owner", "nonce_key"):
            key = int.from_bytes(lane)
            yield Claim(
                f"nonce of 0x{owner.hex()} in 0x{registry.hex()}",
                registry,
                "nonces(address,uint192)",
                (owner, key),
                ("uint256",),
                (key << 64 | (spent[-1].nonce_seq + 1),),
            )


def _history_of(subject: str, versions: Sequence[fact.DidVersion]) -> Iterator[Difference]:
    """Recompute a DID's digests from its documents, times and blocks; the ledger then vouches for the last one."""
    previous = bytes(32)
    for place, version in enumerate(versions, 1):
        content = version.document or b""
        if version.state == DEACTIVATED:
            content = b""
        elif version.kind == HOLDER:
            content = version.key + version.salt + version.guardian
        made = history_digest(previous=previous, content=sha256(content), version=version)
        if version.version != place or made != version.history_digest:
            yield Difference(
                f"{subject}, version {version.version}", "history", as_text(version.history_digest), as_text(made)
            )
        previous = version.history_digest


def _next_ops_head(before: bytes, change: fact.StatusChange) -> bytes:
    start = change.first_word - (0 if change.op == REVOKE else _PLANE)
    head = before + change.seq.to_bytes(8) + change.block_time.to_bytes(8) + start.to_bytes(2)
    return sha256(head + change.masks + change.op.to_bytes(1))
