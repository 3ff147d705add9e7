"""A registration job: an operation that is still collecting its signatures, and whom it answers to.

- A job holds only what is public: the request as it was made, the operation, the signers' public keys, signatures.
- It has no state of its own: too few signatures is `action`, else the outbox knows, by the operation's id.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegistrationJob:
    """One job. `function`: create, update or deactivate. `label`: the API token's, whose bearer alone may go on.

    `request`: JSON of the first request's members. `keys`: JSON of role -> public JWK. `operation`: JSON of the
    operation with the signatures so far. `expires_at`: its deadline, unix seconds.
    """

    job_id: str
    function: str
    label: str
    did: str
    request: bytes
    keys: bytes
    operation: bytes
    created_at: int
    expires_at: int
