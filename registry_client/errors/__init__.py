"""Every error that leaves the public API, as one tree.

RegistryError                        anything that escapes this library
├── InvalidInputError                the caller handed in something malformed
│   ├── InvalidDidError              not a DID
│   ├── InvalidDidUrlError           not a DID URL
│   ├── InvalidOptionsError          resolution options that contradict each other or cannot be read
│   ├── MalformedValueError          a value has the wrong type, length or alphabet
│   │   ├── ValueOutOfRangeError     right type, outside its bounds
│   │   ├── InvalidKeyError          not a public key of a kind we know
│   │   ├── AbiError                 bytes that are not the ABI encoding they claim to be
│   │   └── InvalidOperationError    a signed operation that does not follow its type
│   ├── HrFeedError                  lines of an HR feed that cannot be used, all of them
│   └── ParsingError                 bytes that are not strict I-JSON, or deterministic CBOR
├── ConfigurationError               a profile or a local file is missing or wrong
│   ├── ProfileMissingError · InvalidProfileError
│   ├── KeyFileError                 unreadable, world-readable or wrong passphrase
│   ├── BookError                    the issuer's book
│   └── TokenError                   a key in a PKCS#11 token: TokenUriError · TokenModuleError · TokenMissingError
│                                    · TokenKeyMissingError · TokenPinError (TokenPinLockedError) · TokenPinUnreadError
│                                    · TokenRemovedError
├── ResolutionError                  the DID could not be turned into a document
│   ├── DidNotFoundError · MethodNotSupportedError · FeatureNotSupportedError
│   ├── RepresentationNotSupportedError · InvalidDidDocumentError · DereferencingError
├── VerificationError                a check of a credential or presentation said no, or could not say
│   ├── says no: ProofInvalidError · FormatNotSupportedError · AlgorithmNotAllowedError · WrongRelationshipError
│   │   · InvalidVerificationMethodError · ChallengeMismatchError · DomainMismatchError · OutsideValidityError
│   │   · SchemaMismatchError · IssuerNotAccreditedError · IssuerDeactivatedError · KeyCompromisedError
│   │   · ReceiptInvalidError · StatusRevokedError · StatusSuspendedError · StatusListMalformedError
│   │     (StatusListLengthError) · HolderMismatchError · ReplayedProofError · PurposeExceededError
│   │   · RequestInvalidError · CheckpointInvalidError · NotAcceptedError
│   └── cannot tell (UndeterminedError): StatusStaleError · StatusUnavailableError · PendingChangeError
│       · AssuranceInsufficientError · ResourceUnavailableError
└── LedgerError                      the ledger or the node in front of it
    ├── LedgerUnavailableError       unreachable, too slow, too large, or answering nonsense
    ├── WrongLedgerError             another chain, genesis, Directory or code than the profile pins
    ├── LedgerRevertedError          the contract refused, by name
    ├── LedgerInconsistentError      two facts that cannot both be true; carries both sides
    └── NodeRefusedError             the node answered with a problem document

- `type_uri` is the machine code (RFC 9457 `type`), `title` its English name; `detail` says what happened, what to do.
- `evidence` holds the facts, by keyword; values are printable, never keys or passphrases.
- Misuse by the programmer is a plain TypeError or RuntimeError; hostile bytes only ever raise this family.
- HTTP statuses belong to the node; nothing here knows them.
"""

from registry_client.errors.inputs import (
    AbiError,
    BookError,
    ConfigurationError,
    HrFeedError,
    InvalidDidError,
    InvalidDidUrlError,
    InvalidInputError,
    InvalidKeyError,
    InvalidOperationError,
    InvalidOptionsError,
    InvalidProfileError,
    KeyFileError,
    MalformedValueError,
    ParsingError,
    ProfileMissingError,
    ValueOutOfRangeError,
)
from registry_client.errors.ledger import (
    LedgerError,
    LedgerInconsistentError,
    LedgerRevertedError,
    LedgerUnavailableError,
    NodeRefusedError,
    WrongLedgerError,
)
from registry_client.errors.resolution import (
    DereferencingError,
    DidNotFoundError,
    FeatureNotSupportedError,
    InvalidDidDocumentError,
    MethodNotSupportedError,
    RepresentationNotSupportedError,
    ResolutionError,
)
from registry_client.errors.root import (
    DID_ERRORS,
    OWN_ERRORS,
    SECURITY_ERRORS,
    STATUS_ERRORS,
    VC_ERRORS,
    RegistryError,
    all_errors,
)
from registry_client.errors.tokens import (
    TokenError,
    TokenKeyMissingError,
    TokenMissingError,
    TokenModuleError,
    TokenPinError,
    TokenPinLockedError,
    TokenPinUnreadError,
    TokenRemovedError,
    TokenUriError,
)
from registry_client.errors.verification import (
    AlgorithmNotAllowedError,
    AssuranceInsufficientError,
    ChallengeMismatchError,
    CheckpointInvalidError,
    DomainMismatchError,
    FormatNotSupportedError,
    HolderMismatchError,
    InvalidVerificationMethodError,
    IssuerDeactivatedError,
    IssuerNotAccreditedError,
    KeyCompromisedError,
    NotAcceptedError,
    OutsideValidityError,
    PendingChangeError,
    ProofInvalidError,
    PurposeExceededError,
    ReceiptInvalidError,
    ReplayedProofError,
    RequestInvalidError,
    ResourceUnavailableError,
    SchemaMismatchError,
    StatusListLengthError,
    StatusListMalformedError,
    StatusRevokedError,
    StatusStaleError,
    StatusSuspendedError,
    StatusUnavailableError,
    UndeterminedError,
    VerificationError,
    WrongRelationshipError,
)

__all__ = [
    "DID_ERRORS",
    "OWN_ERRORS",
    "SECURITY_ERRORS",
    "STATUS_ERRORS",
    "VC_ERRORS",
    "AbiError",
    "AlgorithmNotAllowedError",
    "AssuranceInsufficientError",
    "BookError",
    "ChallengeMismatchError",
    "CheckpointInvalidError",
    "ConfigurationError",
    "DereferencingError",
    "DidNotFoundError",
    "DomainMismatchError",
    "FeatureNotSupportedError",
    "FormatNotSupportedError",
    "HolderMismatchError",
    "HrFeedError",
    "InvalidDidDocumentError",
    "InvalidDidError",
    "InvalidDidUrlError",
    "InvalidInputError",
    "InvalidKeyError",
    "InvalidOperationError",
    "InvalidOptionsError",
    "InvalidProfileError",
    "InvalidVerificationMethodError",
    "IssuerDeactivatedError",
    "IssuerNotAccreditedError",
    "KeyCompromisedError",
    "KeyFileError",
    "LedgerError",
    "LedgerInconsistentError",
    "LedgerRevertedError",
    "LedgerUnavailableError",
    "MalformedValueError",
    "MethodNotSupportedError",
    "NodeRefusedError",
    "NotAcceptedError",
    "OutsideValidityError",
    "ParsingError",
    "PendingChangeError",
    "ProfileMissingError",
    "ProofInvalidError",
    "PurposeExceededError",
    "ReceiptInvalidError",
    "RegistryError",
    "ReplayedProofError",
    "RepresentationNotSupportedError",
    "RequestInvalidError",
    "ResolutionError",
    "ResourceUnavailableError",
    "SchemaMismatchError",
    "StatusListLengthError",
    "StatusListMalformedError",
    "StatusRevokedError",
    "StatusStaleError",
    "StatusSuspendedError",
    "StatusUnavailableError",
    "TokenError",
    "TokenKeyMissingError",
    "TokenMissingError",
    "TokenModuleError",
    "TokenPinError",
    "TokenPinLockedError",
    "TokenPinUnreadError",
    "TokenRemovedError",
    "TokenUriError",
    "UndeterminedError",
    "ValueOutOfRangeError",
    "VerificationError",
    "WrongLedgerError",
    "WrongRelationshipError",
    "all_errors",
]
