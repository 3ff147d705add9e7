"""The right to issue a type: given by a holder of that right, ended by whoever gave it."""

from typing import Any, Final

from registry_client.actions.desk import Desk, Party
from registry_client.core.credential_types import type_id_of
from registry_client.core.encoding import encode_hex
from registry_client.core.keys import Signer
from registry_client.core.operation import SignedOperation
from registry_client.errors import IssuerNotAccreditedError

WINDOW_S: Final = 2 * 365 * 24 * 3600
"""How long a right is given for, unless said otherwise; it never outlasts the right that it comes from."""


def grants(desk: Desk, agency: str) -> list[dict[str, Any]]:
    """Every grant that the node's index knows for an agency, oldest first."""
    answer = desk.node.get(f"/v1/accreditations/{agency}")
    return list(answer["grants"])


def newest_grant(desk: Desk, agency: str, vct: str) -> dict[str, Any]:
    """Return the newest grant of a type that has not ended. Raises IssuerNotAccreditedError."""
    wanted, now = encode_hex(type_id_of(vct)), desk.now()
    live = [
        grant
        for grant in grants(desk, agency)
        if grant["type_id"] == wanted and not grant.get("ended_at") and grant["from"] <= now < grant["until"]
    ]
    if not live:
        raise IssuerNotAccreditedError(
            f"{agency} holds no accreditation for {vct} now; who is under the council asks it: `mapae council propose "
            f"grant-root agency={agency} type={vct}`, others ask their root: `mapae accreditation give`",
            agency=agency,
            vct=vct,
        )
    return max(live, key=lambda grant: int(grant["seq"]))


def count_of(desk: Desk, agency: str, vct: str) -> int:
    """How many grants of a type an agency ever got: the next one has this number plus one."""
    wanted = encode_hex(type_id_of(vct))
    return sum(1 for grant in grants(desk, agency) if grant["type_id"] == wanted)


def accredit(
    desk: Desk,
    *,
    grantor: str,
    grantor_seq: int,
    agency: str,
    vct: str,
    seq: int,
    valid_from: int,
    valid_until: int,
    controller: Signer,
    may_issue: bool = True,
    may_accredit: bool = False,
) -> SignedOperation:
    """Give an agency the right to a type. `grantor_seq`: the grantor's own. `seq`: the new one's number, from 1."""
    message = {
        "grantor": desk.did_id(grantor),
        "grantorSeq": grantor_seq,
        "agency": desk.did_id(agency),
        "typeId": type_id_of(vct),
        "expectedSeq": seq,
        "from": valid_from,
        "until": valid_until,
        "mayIssue": may_issue,
        "mayAccredit": may_accredit,
    }
    return desk.sign("Accredit", message, Party("controller", controller, grantor))


def end_grant(
    desk: Desk, *, grantor: str, agency: str, vct: str, seq: int, ended_at: int, controller: Signer
) -> SignedOperation:
    """End a grant as of `ended_at` (unix seconds; it only ever moves earlier)."""
    message = {
        "grantor": desk.did_id(grantor),
        "agency": desk.did_id(agency),
        "typeId": type_id_of(vct),
        "seq": seq,
        "endedAt": ended_at,
    }
    return desk.sign("EndGrant", message, Party("controller", controller, grantor))
