"""DIDs: create, update, hand over, end; and mark a key as stolen.

A DID's id is computable before it exists, so a document that names its own DID can be signed in the creation.
"""

from dataclasses import dataclass

from registry_client.actions.desk import Desk, Party
from registry_client.core.did import KIND_HOLDER, KIND_ORGANISATION, compute_did_id
from registry_client.core.keys import Signer
from registry_client.core.operation import SignedOperation

NO_TYPE = bytes(32)


@dataclass(frozen=True, slots=True)
class Birth:
    """A DID that can be created: its id follows from the key and the salt."""

    did: str
    did_id: bytes
    salt: bytes


def organisation_birth(desk: Desk, *, controller: Signer, salt: bytes) -> Birth:
    """Return the DID that this controller and 32-byte salt will have as an organisation."""
    key = controller.public_key.controller()
    did_id = compute_did_id(kind=KIND_ORGANISATION, controller=key, salt=salt)
    return Birth(desk.did(did_id), did_id, salt)


def holder_birth(desk: Desk, *, phone: Signer, salt: bytes) -> Birth:
    """Return the DID that this phone's P-256 key and 32-byte salt will have as a holder."""
    did_id = compute_did_id(kind=KIND_HOLDER, controller=phone.public_key.controller(), salt=salt)
    return Birth(desk.did(did_id), did_id, salt)


def create_organisation(
    desk: Desk, birth: Birth, *, document: bytes, controller: Signer, endorser: Signer, agency: str
) -> SignedOperation:
    """Create an organisation's DID. `document`: RFC 8785 bytes. `agency`: in whose name the endorser signs."""
    message = {
        "controller": controller.public_key.controller(),
        "salt": birth.salt,
        "agency": desk.did_id(agency),
        "document": document,
    }
    parties = (Party("controller", controller), Party("endorser", endorser, agency))
    return desk.sign("CreateOrganisation", message, *parties)


def create_holder(desk: Desk, birth: Birth, *, phone: Signer, endorser: Signer, guardian: str) -> SignedOperation:
    """Create a person's DID: fixed-size values only, endorsed by the guardian's endorser."""
    raw = phone.public_key.raw
    message = {"x": raw[:32], "y": raw[32:], "salt": birth.salt, "guardian": desk.did_id(guardian)}
    return desk.sign("CreateHolder", message, Party("controller", phone), Party("endorser", endorser, guardian))


def update_document(desk: Desk, did: str, *, document: bytes, version: int, controller: Signer) -> SignedOperation:
    """Replace an organisation's document. `version`: the one that stands now."""
    message = {"id": desk.did_id(did), "expectedVersion": version, "document": document}
    return desk.sign("UpdateDocument", message, Party("controller", controller, did))


def transfer_control(
    desk: Desk, did: str, *, document: bytes, version: int, controller: Signer, new_controller: Signer
) -> SignedOperation:
    """Hand an organisation over to another key, with its next document."""
    message = {
        "id": desk.did_id(did),
        "expectedVersion": version,
        "newController": new_controller.public_key.controller(),
        "document": document,
    }
    return desk.sign(
        "TransferControl", message, Party("controller", controller, did), Party("new_controller", new_controller)
    )


def deactivate(desk: Desk, did: str, *, version: int, controller: Signer) -> SignedOperation:
    """End a DID for good, by its own controller."""
    message = {"id": desk.did_id(did), "expectedVersion": version}
    return desk.sign("DeactivateDid", message, Party("controller", controller, did))


def deactivate_holder(desk: Desk, did: str, *, guardian: str, operator: Signer) -> SignedOperation:
    """End a holder's DID in its guardian's name: its controller or a StatusOperator. Repeating it does nothing."""
    message = {"id": desk.did_id(did), "guardian": desk.did_id(guardian)}
    return desk.sign("DeactivateHolder", message, Party("guardian", operator, guardian))


def mark_compromised(
    desk: Desk,
    did: str,
    *,
    thumbprint: bytes,
    since: int,
    controller: Signer,
    reporter: str | None = None,
    type_id: bytes = NO_TYPE,
    seq: int = 0,
) -> SignedOperation:
    """Mark a key (RFC 7638 SHA-256 thumbprint) as stolen since a time.

    `reporter`: a grantor other than the DID itself, with the type and number of a grant that it once gave.
    """
    reporting = did if reporter is None else reporter
    message = {
        "id": desk.did_id(did),
        "keyThumbprint": thumbprint,
        "since": since,
        "reporter": desk.did_id(reporting),
        "typeId": type_id,
        "seq": seq,
    }
    return desk.sign("MarkCompromised", message, Party("controller", controller, reporting))
