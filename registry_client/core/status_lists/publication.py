"""What an agency hands over to be published: every form of one snapshot, by name, in one JSON object.

- `revocation` and `suspension`: list credentials with a Data Integrity proof; the same with `+jwt`: as vc+jwt.
- `token`: the token list, a compact JWS.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from registry_client.core.keys import Signer
from registry_client.core.status_lists.bitstring import (
    build_bitstring_jwt,
    build_bitstring_list,
    parse_bitstring_jwt,
    parse_bitstring_list,
)
from registry_client.core.status_lists.snapshot import PURPOSES, TTL_S, VALID_S, PublishedList, Snapshot
from registry_client.core.status_lists.token import build_token_list, parse_token_list

TOKEN: Final = "token"  # noqa: S105 - the name of a form
JWT_FORMS: Final = tuple(f"{purpose}+jwt" for purpose in PURPOSES)
FORMS: Final[Mapping[str, Callable[[Any], PublishedList]]] = {
    TOKEN: parse_token_list,
    **dict.fromkeys(PURPOSES, parse_bitstring_list),
    **dict.fromkeys(JWT_FORMS, parse_bitstring_jwt),
}
"""Form -> what takes it apart."""


def build_publication(
    snapshot: Snapshot,
    *,
    host: str,
    signer: Signer,
    method_id: str,
    now: int,
    valid_s: int = VALID_S,
    ttl_s: int = TTL_S,
) -> dict[str, Any]:
    """Return every form of a snapshot, signed with the owner's `#status-N`. `now`: unix seconds."""
    options: dict[str, Any] = {
        "host": host,
        "signer": signer,
        "method_id": method_id,
        "now": now,
        "valid_s": valid_s,
        "ttl_s": ttl_s,
    }
    forms: dict[str, Any] = {TOKEN: build_token_list(snapshot, **options)}
    for purpose in PURPOSES:
        forms[purpose] = build_bitstring_list(snapshot, purpose, **options)
        forms[f"{purpose}+jwt"] = build_bitstring_jwt(snapshot, purpose, **options)
    return forms
