"""Who may act for an agency: admission by a root, roles given and ended by the agency's controller."""

from typing import Final

from registry_client.actions.desk import Desk, Party
from registry_client.core.keys import Signer
from registry_client.core.operation import SignedOperation
from registry_client.errors import InvalidInputError

ENDORSER: Final = 1
STATUS_OPERATOR: Final = 2
ISSUANCE_OPERATOR: Final = 3
ROLES: Final = {"endorser": ENDORSER, "status-operator": STATUS_OPERATOR, "issuance-operator": ISSUANCE_OPERATOR}
"""Name on the command line -> number in the contract."""
TERM_S: Final = 365 * 24 * 3600
"""How long a role is given for, unless said otherwise; the contract allows five years."""
ADMISSION_S: Final = 3 * TERM_S


def role_number(name: str) -> int:
    """Return the contract's number of a role. Raises InvalidInputError."""
    try:
        return ROLES[name]
    except KeyError:
        raise InvalidInputError(f"a role is one of {', '.join(ROLES)}", role=name[:64]) from None


def admit_agency(
    desk: Desk, *, root: str, agency: bytes, endorser: bytes, controller: Signer, until: int | None = None
) -> SignedOperation:
    """Return A root admits an agency that may not exist yet. `agency`: 20 bytes. `endorser`: its first."""
    message = {
        "root": desk.did_id(root),
        "agency": agency,
        "endorser": endorser,
        "until": until or desk.now() + ADMISSION_S,
    }
    return desk.sign("AdmitAgency", message, Party("controller", controller, root))


def dismiss_agency(desk: Desk, *, root: str, agency: str, controller: Signer) -> SignedOperation:
    """Return the root that admitted an agency ends the admission."""
    message = {"root": desk.did_id(root), "agency": desk.did_id(agency)}
    return desk.sign("DismissAgency", message, Party("controller", controller, root))


def grant_role(
    desk: Desk, *, agency: str, role: int, grantee: bytes, controller: Signer, until: int | None = None
) -> SignedOperation:
    """Return an agency's controller gives a key a role until a stated time."""
    message = {"agency": desk.did_id(agency), "role": role, "grantee": grantee, "until": until or desk.now() + TERM_S}
    return desk.sign("GrantRole", message, Party("controller", controller, agency))


def end_role(desk: Desk, *, agency: str, role: int, grantee: bytes, controller: Signer) -> SignedOperation:
    """Return an agency's controller ends a key's role."""
    message = {"agency": desk.did_id(agency), "role": role, "grantee": grantee}
    return desk.sign("EndRole", message, Party("controller", controller, agency))
