"""Credential types on the ledger: the schema document in an event, its digest in a slot, immutable per version."""

from registry_client.actions.desk import Desk, Party
from registry_client.core.keys import Signer
from registry_client.core.operation import SignedOperation


def register_schema(
    desk: Desk, *, owner: str, vct: str, document: bytes, version: int, controller: Signer
) -> SignedOperation:
    """Register one version of a type. `document`: RFC 8785 bytes. `version`: the new one, from 1."""
    message = {
        "owner": desk.did_id(owner),
        "vct": vct,
        "expectedVersion": version,
        "document": document,
    }
    return desk.sign("RegisterSchema", message, Party("controller", controller, owner))
