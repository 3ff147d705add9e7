"""Errors of turning a DID or DID URL into a document or a part of it (DID Resolution v1)."""

from registry_client.errors.root import DID_ERRORS, RegistryError


class ResolutionError(RegistryError):
    """A DID could not be resolved."""

    title = "Resolution error"


class DidNotFoundError(ResolutionError):
    """No such DID, or no version of it at the time asked for."""

    type_uri = DID_ERRORS + "NOT_FOUND"
    title = "DID not found"


class MethodNotSupportedError(ResolutionError):
    """The DID's method is not one that this resolver speaks."""

    type_uri = DID_ERRORS + "METHOD_NOT_SUPPORTED"
    title = "Method not supported"


class FeatureNotSupportedError(ResolutionError):
    """The resolver knows the option and cannot honour it."""

    type_uri = DID_ERRORS + "FEATURE_NOT_SUPPORTED"
    title = "Feature not supported"


class RepresentationNotSupportedError(ResolutionError):
    """None of the media types asked for can be produced."""

    type_uri = DID_ERRORS + "REPRESENTATION_NOT_SUPPORTED"
    title = "Representation not supported"


class InvalidDidDocumentError(ResolutionError):
    """The anchored bytes break the rules for documents; an older version is never served instead."""

    type_uri = DID_ERRORS + "INVALID_DID_DOCUMENT"
    title = "Invalid DID document"


class DereferencingError(ResolutionError):
    """The DID resolves, and the DID URL names nothing inside its document."""

    type_uri = DID_ERRORS + "NOT_FOUND"
    title = "Resource not found"
