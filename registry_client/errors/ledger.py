"""Errors of the ledger and of the node in front of it."""

from registry_client.errors.root import OWN_ERRORS, RegistryError


class LedgerError(RegistryError):
    """The ledger, or the node in front of it."""

    type_uri = OWN_ERRORS + "ledger"
    title = "Ledger error"


class LedgerUnavailableError(LedgerError):
    """Unreachable, too slow, too large an answer, or an answer that is not the protocol."""

    type_uri = OWN_ERRORS + "ledger-unavailable"
    title = "Ledger unavailable"


class WrongLedgerError(LedgerError):
    """Another chain id, genesis, Directory or code than the profile pins."""

    type_uri = OWN_ERRORS + "wrong-ledger"
    title = "Wrong ledger"


class LedgerRevertedError(LedgerError):
    """The contract refused; `error_name` and `arguments` are its own (None and raw bytes when unknown)."""

    type_uri = OWN_ERRORS + "ledger-reverted"
    title = "Refused by the contract"

    def __init__(
        self,
        detail: str,
        *,
        error_name: str | None = None,
        arguments: dict[str, object] | None = None,
        **evidence: object,
    ) -> None:
        """`error_name`: the Solidity error, None if the selector is unknown (then `data` is in the evidence)."""
        super().__init__(detail, **evidence)
        self.error_name = error_name
        self.arguments = arguments or {}


class LedgerInconsistentError(LedgerError):
    """Two facts that cannot both be true; the evidence carries both sides."""

    type_uri = OWN_ERRORS + "ledger-inconsistent"
    title = "Ledger inconsistent"


class NodeRefusedError(LedgerError):
    """The node answered with a problem document; `status` is HTTP's, `problem_type` the node's."""

    type_uri = OWN_ERRORS + "node-refused"
    title = "Refused by the node"

    def __init__(self, detail: str, *, status: int, problem_type: str | None = None, **evidence: object) -> None:
        """`status`: the HTTP status. `problem_type`: RFC 9457 `type`, None if the body was no problem document."""
        super().__init__(detail, **evidence)
        self.status = status
        self.problem_type = problem_type
