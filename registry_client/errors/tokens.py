"""Errors of keys that live in a PKCS#11 token: an HSM, a smart card, or SoftHSM."""

from registry_client.errors.inputs import ConfigurationError
from registry_client.errors.root import OWN_ERRORS


class TokenError(ConfigurationError):
    """A PKCS#11 token did not do what was asked of it."""

    type_uri = OWN_ERRORS + "token"
    title = "Hardware key error"


class TokenUriError(TokenError):
    """The text is not a PKCS#11 URI (RFC 7512) that names one key."""

    type_uri = OWN_ERRORS + "token-uri"
    title = "Not a PKCS#11 URI"


class TokenModuleError(TokenError):
    """The module (a shared library) is not named, not there, or cannot be used."""

    type_uri = OWN_ERRORS + "token-module"
    title = "PKCS#11 module missing"


class TokenMissingError(TokenError):
    """No slot has the token that is named, or more than one has."""

    type_uri = OWN_ERRORS + "token-missing"
    title = "Token not found"


class TokenKeyMissingError(TokenError):
    """The token has no such key, or more than one."""

    type_uri = OWN_ERRORS + "token-key-missing"
    title = "Key not found in the token"


class TokenPinError(TokenError):
    """The PIN is wrong; the detail says how many tries are left where the token tells."""

    type_uri = OWN_ERRORS + "token-pin"
    title = "Wrong PIN"


class TokenPinUnreadError(TokenError):
    """No PIN could be had from where it should come: the token was not asked, and no try is used up."""

    type_uri = OWN_ERRORS + "token-pin-unread"
    title = "PIN not read"


class TokenPinLockedError(TokenPinError):
    """The PIN is locked after too many wrong tries: only the security officer can set a new one."""

    type_uri = OWN_ERRORS + "token-pin-locked"
    title = "PIN locked"


class TokenRemovedError(TokenError):
    """The token was there and is gone: pulled out, switched off or wiped while it was in use."""

    type_uri = OWN_ERRORS + "token-removed"
    title = "Token removed"
