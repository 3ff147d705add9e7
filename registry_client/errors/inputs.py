"""Errors of what the caller handed in: input, profile, local files."""

from registry_client.errors.root import DID_ERRORS, OWN_ERRORS, VC_ERRORS, RegistryError


class InvalidInputError(RegistryError):
    """The caller handed in something malformed."""

    type_uri = OWN_ERRORS + "invalid-input"
    title = "Invalid input"


class InvalidDidError(InvalidInputError):
    """The text is not a DID (DID Core section 3.1), or not a canonical one of our method."""

    type_uri = DID_ERRORS + "INVALID_DID"
    title = "Invalid DID"


class InvalidDidUrlError(InvalidInputError):
    """The text is not a DID URL (DID Core section 3.2)."""

    type_uri = DID_ERRORS + "INVALID_DID_URL"
    title = "Invalid DID URL"


class InvalidOptionsError(InvalidInputError):
    """A resolution option is malformed or contradicts another."""

    type_uri = DID_ERRORS + "INVALID_OPTIONS"
    title = "Invalid options"


class MalformedValueError(InvalidInputError):
    """A value has the wrong type, length or alphabet."""

    type_uri = VC_ERRORS + "MALFORMED_VALUE_ERROR"
    title = "Malformed value"


class ValueOutOfRangeError(MalformedValueError):
    """A value of the right type lies outside its bounds."""

    type_uri = VC_ERRORS + "RANGE_ERROR"
    title = "Value out of range"


class InvalidKeyError(MalformedValueError):
    """Not a public key of a kind we know, or not a point on its curve."""

    type_uri = OWN_ERRORS + "invalid-key"
    title = "Invalid key"


class AbiError(MalformedValueError):
    """The bytes are not the Solidity ABI encoding of the type they claim to be."""

    type_uri = OWN_ERRORS + "invalid-abi-encoding"
    title = "Invalid ABI encoding"


class InvalidOperationError(MalformedValueError):
    """A signed operation does not follow the type that its kind names."""

    type_uri = OWN_ERRORS + "invalid-operation"
    title = "Invalid operation"


class ParsingError(InvalidInputError):
    """The bytes are not strict I-JSON, or deterministic CBOR, within our bounds."""

    type_uri = VC_ERRORS + "PARSING_ERROR"
    title = "Parsing error"


class HrFeedError(InvalidInputError):
    """The HR feed has lines that cannot be used; the evidence lists all of them, and nothing was done."""

    type_uri = OWN_ERRORS + "hr-feed"
    title = "HR feed not usable"


class ConfigurationError(RegistryError):
    """A local setting or file is missing or wrong."""

    type_uri = OWN_ERRORS + "configuration"
    title = "Configuration error"


class ProfileMissingError(ConfigurationError):
    """No profile was found; the detail names the command that makes one."""

    type_uri = OWN_ERRORS + "profile-missing"
    title = "No profile"


class InvalidProfileError(ConfigurationError):
    """A profile was found and cannot be used."""

    type_uri = OWN_ERRORS + "invalid-profile"
    title = "Invalid profile"


class KeyFileError(ConfigurationError):
    """A key file is missing, readable by others, or does not open with this passphrase."""

    type_uri = OWN_ERRORS + "key-file"
    title = "Key file error"


class BookError(ConfigurationError):
    """The issuer's book cannot be opened or refuses the change."""

    type_uri = OWN_ERRORS + "book"
    title = "Issuer's book error"
