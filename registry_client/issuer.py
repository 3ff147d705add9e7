"""Issue credentials: validate, reserve, sign, anchor one root a batch, hand over each with its receipt.

- Nothing is signed that the type's schema refuses, and nothing before its index is reserved in the book.
- The batch is the unit: its tree's leaves are its lines in order, one root is anchored, each line gets a receipt.
- Stop it anywhere and run it again with the same batch name: it goes on where it stopped.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from registry_client.core.book import AnchorPlan, Book, BookEntry, IssuanceRequest, SignedLine
from registry_client.core.canonical import canonicalize
from registry_client.core.contexts import CREDENTIALS_V2
from registry_client.core.credential import Format
from registry_client.core.credential_types import CredentialType
from registry_client.core.formats.data_integrity import issue_data_integrity
from registry_client.core.formats.gate_cwt import sign_pass, write_pass
from registry_client.core.formats.sd_jwt import issue_sd_jwt
from registry_client.core.formats.vc_jwt import issue_vc_jwt
from registry_client.core.issuance import Receipt, compute_anchor, compute_leaf, compute_paths
from registry_client.core.keys import Signer
from registry_client.core.presentation import parse_presentation, require_bounds
from registry_client.core.schema import require_valid_claims, require_valid_document
from registry_client.core.status import StatusReference, bitstring_status, token_status
from registry_client.core.strict_json import parse_object
from registry_client.core.times import format_time
from registry_client.errors import InvalidInputError, LedgerInconsistentError, SchemaMismatchError
from registry_client.plan.rdf import pinned_contexts

SALT_BYTES: Final = 16
"""128 bits a disclosure (RFC 9901 section 9.3)."""
DECOYS: Final = 2
"""Digests of nothing in each SD-JWT, so that their count does not tell which claims an officer has."""

GROUP: Final = 64
"""Lines that the book keeps in one transaction: what a crash can cost is signing so many again."""


def make_salt() -> str:
    """Return 128 random bits as base64url."""
    return secrets.token_urlsafe(SALT_BYTES)


class CredentialIssuer:
    """Issues the credentials of one agency with one signing key."""

    def __init__(
        self,
        book: Book,
        *,
        method_id: str,
        signer: Signer,
        status_host: str,
        types: Mapping[str, CredentialType],
        salt: Callable[[], str] = make_salt,
        suite: str | None = None,
    ) -> None:
        """Use `method_id`, a DID URL under the agency's `assertionMethod`.

        `status_host`: base URL where the agency publishes its lists. `types`: by vct, as they are anchored. `suite`:
        the cryptosuite of Data Integrity credentials; the key's JCS suite if None.
        """
        self._book = book
        self._method_id = method_id
        self._signer = signer
        self._status_host = status_host
        self._types = dict(types)
        self._salt = salt
        self._suite = suite

    @property
    def agency(self) -> str:
        """The issuing DID."""
        return self._method_id.partition("#")[0]

    def check(self, request: IssuanceRequest) -> None:
        """Check that a request could be signed. Raises SchemaMismatchError, InvalidInputError."""
        kind = self._type_of(request)
        require_valid_claims(request.claims, kind)
        if (
            request.valid_from is not None
            and request.valid_until is not None
            and request.valid_until <= request.valid_from
        ):
            raise InvalidInputError("the validity ends before it begins", valid_until=request.valid_until)
        if request.format in {Format.SD_JWT_VC, Format.GATE_CWT} and request.holder_key is None:
            raise InvalidInputError("a person's credential is bound to the holder's key")
        if request.format is Format.GATE_CWT:
            self._gate_pass(request, None, request.valid_from or 0)
        if request.format is not Format.DATA_INTEGRITY and self._suite is not None:
            raise InvalidInputError("a cryptosuite belongs to Data Integrity alone", format=request.format.value)
        if request.format is Format.DATA_INTEGRITY and request.holder_key is not None:
            raise InvalidInputError("a Data Integrity credential is bound by its subject's DID, not by a key")

    def issue_batch(
        self,
        batch: str,
        requests: Sequence[IssuanceRequest],
        *,
        now: Callable[[], int],
        progress: Callable[[int, int], None] | None = None,
    ) -> list[BookEntry]:
        """Reserve and sign a batch; return its lines in order, all signed.

        `batch`: its name; the same name with the same requests goes on where it stopped. `now`: unix seconds, asked for
        each signature. `progress`: called with (signed, total). Raises SchemaMismatchError naming the line, BookError.
        """
        for line, request in enumerate(requests):
            try:
                self.check(request)
            except (SchemaMismatchError, InvalidInputError) as error:
                raise type(error)(f"line {line + 1}: {error.detail}", line=line + 1, **error.evidence) from None
        entries = self._book.reserve(batch, requests)
        group: list[SignedLine] = []
        try:
            for done, entry in enumerate(entries):
                if entry.progress == "reserved":
                    group.append(self._sign(entry, now()))
                if len(group) == GROUP:
                    full, group = group, []
                    self._book.record_signed(full)
                if progress is not None:
                    progress(done + 1, len(entries))
        finally:
            # Interrupted as well: what is signed is kept.
            if group:
                self._book.record_signed(group)
        return self._book.entries(batch)

    def plan_anchor(self, batch: str, *, next_seq: int) -> AnchorPlan:
        """Return what to anchor for a batch that is wholly signed; a plan made before is returned unchanged.

        `next_seq`: the agency's next free entry of IssuanceLog. If the ledger refused an earlier plan because another
        batch took its number, call `replan_anchor`.
        """
        return self._book.anchor_plan(batch) or self.replan_anchor(batch, next_seq=next_seq)

    def replan_anchor(self, batch: str, *, next_seq: int) -> AnchorPlan:
        """Plan anew under another number, after the ledger showed that the planned one is another batch's."""
        root, leaves, _ = self._tree(self._book.entries(batch))
        plan = AnchorPlan(batch=batch, seq=next_seq, root=root, count=len(leaves))
        self._book.plan_anchor(plan)
        return plan

    def complete_anchor(self, batch: str, *, time: int, anchored: bytes) -> list[BookEntry]:
        """Make the batch's receipts from what the ledger holds at the planned number, and keep them.

        `time`: of the block that anchored it. `anchored`: IssuanceLog's digest. Raises LedgerInconsistentError if that
        is not this batch.
        """
        entries = self._book.entries(batch)
        plan = self._book.anchor_plan(batch)
        root, leaves, paths = self._tree(entries)
        if plan is None or compute_anchor(root, count=len(leaves), time=time) != anchored:
            raise LedgerInconsistentError("the ledger holds another batch under this number", batch=batch, time=time)
        self._book.record_anchored(
            batch,
            (
                (entry.id, Receipt(self.agency, plan.seq, place, len(leaves), root, time, paths[place]))
                for place, entry in enumerate(entries)
            ),
        )
        return self._book.entries(batch)

    def _tree(self, entries: Sequence[BookEntry]) -> tuple[bytes, list[bytes], list[tuple[bytes, ...]]]:
        digests = [entry.digest for entry in entries if entry.digest is not None]
        if not entries or len(digests) != len(entries):
            raise InvalidInputError("a batch is anchored when every line is signed: run it again", signed=len(digests))
        leaves = [compute_leaf(digest) for digest in digests]
        root, paths = compute_paths(leaves)
        return root, leaves, paths

    def _type_of(self, request: IssuanceRequest) -> CredentialType:
        kind = self._types.get(request.vct)
        if kind is None:
            raise InvalidInputError("this issuer has no such type", vct=request.vct, types=sorted(self._types))
        return kind

    def _sign(self, entry: BookEntry, signed_at: int) -> SignedLine:
        request, kind = entry.request, self._type_of(entry.request)
        if request.format is Format.SD_JWT_VC:
            text = self._sign_sd_jwt(entry, kind, signed_at)
        elif request.format is Format.GATE_CWT:
            payload = self._gate_pass(request, entry.status, signed_at)
            text = sign_pass(payload, method_id=self._method_id, signer=self._signer)
        else:
            text = self._sign_vcdm(entry, kind, signed_at)
        parsed = parse_presentation(require_bounds(text), formats=frozenset({request.format}))
        return SignedLine(entry.id, text, parsed.credential.digest, signed_at)

    def _sign_sd_jwt(self, entry: BookEntry, kind: CredentialType, signed_at: int) -> str:
        request = entry.request
        return issue_sd_jwt(
            request.claims,
            method_id=self._method_id,
            signer=self._signer,
            vct=kind.vct,
            signed_at=signed_at,
            disclosable=[(name,) for name in request.claims],
            salt=self._salt,
            holder=request.holder_key,
            valid_from=request.valid_from,
            valid_until=request.valid_until,
            status=token_status(entry.status, host=self._status_host),
            integrity=kind.metadata_integrity,
            subject=request.subject,
            decoys=DECOYS,
        )

    def _gate_pass(self, request: IssuanceRequest, status: StatusReference | None, signed_at: int) -> dict[int, object]:
        if request.holder_key is None or request.valid_until is None:
            raise InvalidInputError("a gate pass is bound to a key and has an end")
        return write_pass(
            request.claims,
            issuer=self.agency,
            vct=request.vct,
            signed_at=signed_at,
            valid_from=request.valid_from,
            valid_until=request.valid_until,
            holder=request.holder_key,
            status=status,
            subject=request.subject,
        )

    def _sign_vcdm(self, entry: BookEntry, kind: CredentialType, signed_at: int) -> str:
        request, method_id = entry.request, self._method_id
        document: dict[str, Any] = {
            "@context": [CREDENTIALS_V2, kind.context_url],
            "id": f"urn:uuid:{entry.id}",
            "type": ["VerifiableCredential", kind.name],
            "issuer": self.agency,
            "credentialSchema": {"id": kind.schema_url, "type": "JsonSchema", "digestSRI": kind.schema_integrity},
            "credentialStatus": bitstring_status(entry.status, host=self._status_host),
            "credentialSubject": {**({} if request.subject is None else {"id": request.subject}), **request.claims},
        }
        for name, time in (("validFrom", request.valid_from), ("validUntil", request.valid_until)):
            if time is not None:
                document[name] = format_time(time)
        require_valid_document(document, kind)
        if request.format is Format.VC_JWT:
            return issue_vc_jwt(
                document, signer=self._signer, method_id=method_id, signed_at=signed_at, holder=request.holder_key
            )
        signed = issue_data_integrity(
            document,
            signer=self._signer,
            method_id=method_id,
            signed_at=signed_at,
            suite=self._suite,
            contexts={**pinned_contexts(), kind.context_url: kind.context or {}},
        )
        return canonicalize(signed).decode("utf-8")


def delivery_of(entry: BookEntry) -> dict[str, object]:
    """Return what the holder gets: {format, credential, receipt}. Raises InvalidInputError before it is anchored."""
    if entry.credential is None or entry.receipt is None:
        raise InvalidInputError("a credential is handed over when its batch is anchored", id=entry.id)
    text = entry.credential
    credential: object = parse_object(text) if entry.request.format is Format.DATA_INTEGRITY else text
    return {"format": entry.request.format.value, "credential": credential, "receipt": entry.receipt.to_json()}
