"""Service codes: which verifier may ask for which claims of a type, for what purpose, in which window."""

import re
from collections.abc import Sequence
from typing import Final

from registry_client.actions.desk import Desk, Party
from registry_client.core.canonical import canonicalize
from registry_client.core.credential_types import type_id_of
from registry_client.core.keys import Signer
from registry_client.core.operation import SignedOperation
from registry_client.errors import InvalidInputError

WINDOW_S: Final = 365 * 24 * 3600
_CODE: Final = re.compile(r"[A-Z0-9-]{1,32}", re.ASCII)


def code_bytes(code: str) -> bytes:
    """Return A service code as the contract keeps it: 32 bytes, right-padded. Raises InvalidInputError."""
    if not _CODE.fullmatch(code):
        raise InvalidInputError("a service code has 1 to 32 of A-Z, 0-9 and -", code=code[:64])
    return code.encode("ascii").ljust(32, b"\0")


def service_document(*, vct: str, claims: Sequence[str], purpose_en: str, purpose_ko: str) -> dict[str, object]:
    """Return what is registered: the type, the claims that may be asked for, and why, in both languages."""
    return {"type": vct, "claims": sorted(set(claims)), "purpose": {"en": purpose_en, "ko": purpose_ko}}


def set_service(
    desk: Desk,
    *,
    vct: str,
    code: str,
    version: int,
    verifier: str,
    valid_from: int,
    valid_until: int,
    document: object,
    owner: str,
    controller: Signer,
) -> SignedOperation:
    """Return the type's owner lets a verifier ask. `version`: the new one, from 1."""
    message = {
        "typeId": type_id_of(vct),
        "code": code_bytes(code),
        "expectedVersion": version,
        "verifier": desk.did_id(verifier),
        "from": valid_from,
        "until": valid_until,
        "document": canonicalize(document),
    }
    return desk.sign("SetService", message, Party("controller", controller, owner))


def end_service(
    desk: Desk, *, vct: str, code: str, version: int, ended_at: int, owner: str, controller: Signer
) -> SignedOperation:
    """Return the type's owner ends a service as of `ended_at`. `version`: the present one."""
    message = {
        "typeId": type_id_of(vct),
        "code": code_bytes(code),
        "expectedVersion": version,
        "endedAt": ended_at,
    }
    return desk.sign("EndService", message, Party("controller", controller, owner))
