"""Errors of one step of a verification: it says no, or it cannot tell (UndeterminedError)."""

from registry_client.errors.root import OWN_ERRORS, SECURITY_ERRORS, STATUS_ERRORS, VC_ERRORS, RegistryError


class VerificationError(RegistryError):
    """One step of a verification failed."""

    type_uri = VC_ERRORS + "CRYPTOGRAPHIC_SECURITY_ERROR"
    title = "Verification error"


class ProofInvalidError(VerificationError):
    """A signature or proof does not verify."""

    type_uri = SECURITY_ERRORS + "PROOF_VERIFICATION_ERROR"
    title = "Proof does not verify"


class FormatNotSupportedError(VerificationError):
    """The envelope is none of the formats that the policy allows."""

    type_uri = OWN_ERRORS + "format-not-supported"
    title = "Format not supported"


class AlgorithmNotAllowedError(VerificationError):
    """The algorithm or cryptosuite is not on the allow-list, or does not fit the key."""

    type_uri = OWN_ERRORS + "algorithm-not-allowed"
    title = "Algorithm not allowed"


class WrongRelationshipError(VerificationError):
    """The key is in the document, but not under the relationship that the proof needs."""

    type_uri = SECURITY_ERRORS + "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"
    title = "Invalid relationship for verification method"


class InvalidVerificationMethodError(VerificationError):
    """The verification method is missing from the document, or malformed in it."""

    type_uri = SECURITY_ERRORS + "INVALID_VERIFICATION_METHOD"
    title = "Invalid verification method"


class ChallengeMismatchError(VerificationError):
    """The nonce or challenge is not the one that was asked for."""

    type_uri = SECURITY_ERRORS + "INVALID_CHALLENGE_ERROR"
    title = "Challenge mismatch"


class DomainMismatchError(VerificationError):
    """The audience or domain is not the verifier."""

    type_uri = SECURITY_ERRORS + "INVALID_DOMAIN_ERROR"
    title = "Domain mismatch"


class OutsideValidityError(VerificationError):
    """The credential, its proof or the key's window does not cover the time asked about."""

    type_uri = OWN_ERRORS + "outside-validity"
    title = "Outside validity"


class SchemaMismatchError(VerificationError):
    """The credential does not follow the schema registered for its type."""

    type_uri = OWN_ERRORS + "schema-mismatch"
    title = "Schema mismatch"


class IssuerNotAccreditedError(VerificationError):
    """No accreditation path allowed this issuer to issue this type at that time."""

    type_uri = OWN_ERRORS + "issuer-not-accredited"
    title = "Issuer not accredited"


class IssuerDeactivatedError(VerificationError):
    """The issuer's DID is deactivated and no receipt saves the credential."""

    type_uri = OWN_ERRORS + "issuer-deactivated"
    title = "Issuer deactivated"


class KeyCompromisedError(VerificationError):
    """The signing key is marked compromised and no receipt saves the credential."""

    type_uri = OWN_ERRORS + "key-compromised"
    title = "Key compromised"


class ReceiptInvalidError(VerificationError):
    """An issuance receipt does not lead to an anchored root, or is later than it must be."""

    type_uri = OWN_ERRORS + "receipt-invalid"
    title = "Receipt invalid"


class StatusRevokedError(VerificationError):
    """The credential is revoked."""

    type_uri = OWN_ERRORS + "status-revoked"
    title = "Revoked"


class StatusSuspendedError(VerificationError):
    """The credential is suspended."""

    type_uri = OWN_ERRORS + "status-suspended"
    title = "Suspended"


class StatusListMalformedError(VerificationError):
    """The status entry or list is malformed, too small, or not the issuer's."""

    type_uri = STATUS_ERRORS + "STATUS_VERIFICATION_ERROR"
    title = "Status list malformed"


class StatusListLengthError(StatusListMalformedError):
    """The list is shorter than the herd that hides one credential, or longer than is taken."""

    type_uri = STATUS_ERRORS + "STATUS_LIST_LENGTH_ERROR"
    title = "Status list length"


class HolderMismatchError(VerificationError):
    """The presenter did not prove possession of the key that the credential is bound to."""

    type_uri = OWN_ERRORS + "holder-mismatch"
    title = "Holder mismatch"


class ReplayedProofError(VerificationError):
    """A code that is good for one use was used already in this gate group."""

    type_uri = OWN_ERRORS + "replayed-proof"
    title = "Used already"


class PurposeExceededError(VerificationError):
    """More was asked for or disclosed than the registered service allows."""

    type_uri = OWN_ERRORS + "purpose-exceeded"
    title = "Purpose exceeded"


class RequestInvalidError(VerificationError):
    """A presentation request is malformed, expired, or not signed by the verifier it names."""

    type_uri = OWN_ERRORS + "request-invalid"
    title = "Request invalid"


class CheckpointInvalidError(VerificationError):
    """A checkpoint of the header log does not verify."""

    type_uri = OWN_ERRORS + "checkpoint-invalid"
    title = "Checkpoint invalid"


class NotAcceptedError(VerificationError):
    """`require_accepted()` was called on a report that does not say accepted."""

    type_uri = OWN_ERRORS + "not-accepted"
    title = "Not accepted"


class UndeterminedError(VerificationError):
    """The check could say neither yes nor no."""

    type_uri = OWN_ERRORS + "undetermined"
    title = "Undetermined"


class StatusStaleError(UndeterminedError):
    """The status that is known is older than the policy allows."""

    type_uri = OWN_ERRORS + "status-stale"
    title = "Status stale"


class StatusUnavailableError(UndeterminedError):
    """The status could not be fetched."""

    type_uri = STATUS_ERRORS + "STATUS_RETRIEVAL_ERROR"
    title = "Status unavailable"


class ResourceUnavailableError(UndeterminedError):
    """A credential rests on a related resource that is not held here, and nothing is fetched."""

    type_uri = OWN_ERRORS + "resource-unavailable"
    title = "Related resource unavailable"


class PendingChangeError(UndeterminedError):
    """Bad news is on the ledger in a block that is not final yet."""

    type_uri = OWN_ERRORS + "pending-change"
    title = "Pending change"


class AssuranceInsufficientError(UndeterminedError):
    """The answer is known on weaker grounds than the profile demands."""

    type_uri = OWN_ERRORS + "assurance-insufficient"
    title = "Assurance insufficient"
