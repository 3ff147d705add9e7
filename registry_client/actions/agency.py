"""What an agency needs before it can issue, done in the one order that works, and resumable at every step.

1. keys and salt -> the DID is known; a root admits it (the request file says what the root has to sign);
2. the agency creates its DID, endorsed by the Endorser that its admission named;
3. its controller gives the StatusOperator and IssuanceOperator roles; 4. its status list is opened;
5. a holder of the right accredits it for its types (that is the grantor's act, not the agency's).

Each step asks the ledger first and does nothing that is done already.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from registry_client.actions import did as dids
from registry_client.actions import roles, status
from registry_client.actions.desk import Desk
from registry_client.actions.did import Birth
from registry_client.core.did import Did
from registry_client.core.document_builder import MethodEntry, build_organisation
from registry_client.core.encoding import decode_hex, encode_hex
from registry_client.core.keys import PublicKey, Signer
from registry_client.core.outcome import Outcome
from registry_client.errors import MalformedValueError

Stage = Literal["admission", "did", "status_operator", "issuance_operator", "status_list"]
STAGES: Final[tuple[Stage, ...]] = ("admission", "did", "status_operator", "issuance_operator", "status_list")
KEY_NAMES: Final = ("controller", "issue-1", "status-1", "endorser", "status-operator", "issuance-operator")
"""Files in the agency's key folder, one role each."""
LIST_SALT: Final = bytes(31) + b"\1"
"""Salt of an agency's first status list; the list's id also binds registry and owner."""
_REQUEST_FIELDS: Final = frozenset({"did", "controller", "salt", "endorser", "types"})


@dataclass(frozen=True, slots=True)
class AgencyKeys:
    """The six keys of an agency; the first should live in an HSM or offline."""

    controller: Signer
    issue: Signer
    status: Signer
    endorser: Signer
    status_operator: Signer
    issuance_operator: Signer


@dataclass(frozen=True, slots=True)
class AdmissionRequest:
    """What an agency asks of a root: to admit this DID with this Endorser, and to accredit it for these types."""

    did: str
    controller: bytes
    salt: bytes
    endorser: bytes
    types: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Return the request as the file that is handed over."""
        return {
            "did": self.did,
            "controller": encode_hex(self.controller),
            "salt": encode_hex(self.salt),
            "endorser": encode_hex(self.endorser),
            "types": list(self.types),
        }


def parse_request(value: object) -> AdmissionRequest:
    """Read a request file. Raises MalformedValueError."""
    if not isinstance(value, Mapping) or set(value) != _REQUEST_FIELDS:
        raise MalformedValueError(f"an admission request has exactly {', '.join(sorted(_REQUEST_FIELDS))}")
    types = value["types"]
    if not isinstance(types, list) or not all(isinstance(vct, str) for vct in types) or len(types) > 16:
        raise MalformedValueError("types is a list of at most 16 vct URLs")
    texts = {name: value[name] for name in ("did", "controller", "salt", "endorser")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise MalformedValueError("did, controller, salt and endorser are text")
    return AdmissionRequest(
        did=texts["did"],
        controller=decode_hex(texts["controller"], length=21),
        salt=decode_hex(texts["salt"], length=32),
        endorser=decode_hex(texts["endorser"], length=21),
        types=tuple(types),
    )


def agency_document(did: str, *, issue: Mapping[int, PublicKey], status: PublicKey) -> bytes:
    """Return an agency's document: every `#issue-N` may sign credentials.

    `#status-1` stands under `assertionMethod` too, for a published list is a credential to everybody's software. Its
    fragment says that it signs lists and nothing else, and our verifier holds it to that (docs/status-lists.md).
    """
    methods = [MethodEntry(f"issue-{number}", key) for number, key in sorted(issue.items())]
    return build_organisation(Did(did), methods=[*methods, MethodEntry("status-1", status)])


def admission_request(desk: Desk, keys: AgencyKeys, *, salt: bytes, types: Sequence[str]) -> AdmissionRequest:
    """Return what a root needs to know to admit and accredit the agency."""
    birth = dids.organisation_birth(desk, controller=keys.controller, salt=salt)
    controller, endorser = (signer.public_key.controller() for signer in (keys.controller, keys.endorser))
    return AdmissionRequest(birth.did, controller, salt, endorser, tuple(types))


def progress_of(desk: Desk, birth: Birth, keys: AgencyKeys) -> dict[Stage, bool]:
    """Ask the ledger, through the node, which steps are done."""
    admission = desk.node.find(f"/v1/roles/{birth.did}") or {}
    now = desk.now()
    list_id = _first_list(desk, birth)
    return {
        "admission": int(admission.get("admission", {}).get("until") or 0) > now,
        "did": desk.node.find(f"/v1/dids/{birth.did}") is not None,
        "status_operator": _holds(admission, roles.STATUS_OPERATOR, keys.status_operator, now),
        "issuance_operator": _holds(admission, roles.ISSUANCE_OPERATOR, keys.issuance_operator, now),
        "status_list": desk.node.find(f"/v1/status-lists/{encode_hex(list_id)}") is not None,
    }


def establish(
    desk: Desk,
    birth: Birth,
    keys: AgencyKeys,
    *,
    done: Mapping[Stage, bool],
    on_stage: Callable[[Stage], None] = lambda _: None,
    on_done: Callable[[Sequence[Outcome]], None] = lambda _: None,
) -> bytes:
    """Do every step of the agency's own that is not done; return the id of its status list (32 bytes).

    The agency must be admitted. `done`: from `progress_of`. `on_stage` is told before each step, `on_done` what became
    final after it.
    """
    if not done["did"]:
        on_stage("did")
        document = agency_document(birth.did, issue={1: keys.issue.public_key}, status=keys.status.public_key)
        creation = dids.create_organisation(
            desk, birth, document=document, controller=keys.controller, endorser=keys.endorser, agency=birth.did
        )
        on_done(desk.send(creation))
    grants = []
    operators: tuple[tuple[Stage, int, Signer], ...] = (
        ("status_operator", roles.STATUS_OPERATOR, keys.status_operator),
        ("issuance_operator", roles.ISSUANCE_OPERATOR, keys.issuance_operator),
    )
    for stage, role, signer in operators:
        if not done[stage]:
            on_stage(stage)
            grantee = signer.public_key.controller()
            grants.append(
                roles.grant_role(desk, agency=birth.did, role=role, grantee=grantee, controller=keys.controller)
            )
    if grants:
        on_done(desk.send(*grants))
    if not done["status_list"]:
        on_stage("status_list")
        on_done(desk.send(status.open_list(desk, owner=birth.did, salt=LIST_SALT, operator=keys.status_operator)))
    return _first_list(desk, birth)


def _first_list(desk: Desk, birth: Birth) -> bytes:
    """Return the id (32 bytes) of an agency's first list: where StatusRegistry was replaced, the one that it has."""
    if desk.network.is_replaced("StatusRegistry"):
        known = desk.node.find(f"/v1/dids/{birth.did}/status-lists") or {"lists": []}
        if known["lists"]:
            return decode_hex(str(known["lists"][0]["list"]), length=32)
    return status.list_id(desk, owner=birth.did, salt=LIST_SALT)


def _holds(answer: Mapping[str, Any], role: int, signer: Signer, now: int) -> bool:
    wanted = encode_hex(signer.public_key.controller())
    return any(
        term.get("role") == role and term.get("controller") == wanted and int(term.get("until") or 0) > now
        for term in answer.get("terms", ())
    )
