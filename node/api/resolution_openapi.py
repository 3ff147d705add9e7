"""The resolver in the OpenAPI document: it is served beside FastAPI, so its description is written by hand."""

from typing import Any, Final

from registry_client.core.document import RELATIONSHIPS

SCHEMAS: Final[dict[str, Any]] = {
    "ResolutionResult": {
        "type": "object",
        "required": ["didDocument", "didDocumentMetadata", "didResolutionMetadata"],
        "properties": {
            "didDocument": {"type": ["object", "null"]},
            "didDocumentMetadata": {"type": "object"},
            "didResolutionMetadata": {"type": "object"},
        },
    },
    "DereferencingResult": {
        "type": "object",
        "required": ["contentStream", "contentMetadata", "dereferencingMetadata"],
        "properties": {
            "contentStream": {"type": ["object", "string", "null"]},
            "contentMetadata": {"type": "object"},
            "dereferencingMetadata": {"type": "object"},
        },
    },
}
_RESULTS: Final = {
    "application/did-resolution": {"schema": {"$ref": "#/components/schemas/ResolutionResult"}},
    "application/did-url-dereferencing": {"schema": {"$ref": "#/components/schemas/DereferencingResult"}},
}
_DOCUMENTS: Final = {
    media: {"schema": {"type": "object"}}
    for media in ("application/did", "application/did+json", "application/did+ld+json")
}
_REFUSALS: Final = {
    "400": "INVALID_DID, INVALID_DID_URL, INVALID_OPTIONS",
    "404": "NOT_FOUND",
    "406": "REPRESENTATION_NOT_SUPPORTED",
    "410": "Deactivated (not an error)",
    "500": "INVALID_DID_DOCUMENT, INTERNAL_ERROR, INVALID_VERIFICATION_METHOD, "
    "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
    "501": "METHOD_NOT_SUPPORTED, FEATURE_NOT_SUPPORTED",
}
_FLAG: Final[dict[str, Any]] = {"type": "string", "enum": ["true", "false"]}
_TEXT: Final[dict[str, Any]] = {"type": "string"}
_OPTIONS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "versionId": ("A version number", _TEXT),
    "versionTime": ("An RFC 3339 time: the version in force then", _TEXT),
    "service": ("A service by its fragment: 303 to its endpoint", _TEXT),
    "serviceType": ("A service by its type: 303 to its endpoint", _TEXT),
    "relativeRef": ("A reference relative to the endpoint", _TEXT),
    "noCache": ("Read anew, and keep no copy", _FLAG),
    "expandRelativeUrls": ("Documents here have absolute ids: nothing to expand", _FLAG),
    "accept": ("Instead of the header", _TEXT),
    "verificationRelationship": (
        "What the key under the fragment must stand under",
        {"type": "string", "enum": list(RELATIONSHIPS)},
    ),
}


def paths() -> dict[str, Any]:
    """Return the path item of /1.0/identifiers/{did}."""
    queries = [
        {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
        for name, (text, schema) in _OPTIONS.items()
    ]
    properties = {name: schema for name, (_, schema) in _OPTIONS.items()}
    body = {"type": "object", "properties": properties, "additionalProperties": False}
    posted = {"required": False, "content": {"application/json": {"schema": body}}}
    return {
        "get": {**_operation("resolve"), "parameters": [_DID, *queries]},
        "post": {**_operation("resolveWithOptions"), "parameters": [_DID], "requestBody": posted},
    }


_DID: Final = {"name": "did", "in": "path", "required": True, "schema": {"type": "string"}}


def _operation(name: str) -> dict[str, Any]:
    return {
        "tags": ["resolution"],
        "operationId": name,
        "summary": "Resolve a DID or dereference a DID URL (W3C DID Resolution)",
        "description": "did:mapae of this network, did:key and did:jwk. Percent-encode a DID URL; POST takes the "
        "options as a JSON object.",
        "responses": {
            "200": {"description": "Resolved", "content": {**_RESULTS, **_DOCUMENTS}},
            "303": {"description": "A service's endpoint", "headers": {"Location": {"schema": {"type": "string"}}}},
            **{status: {"description": text, "content": _RESULTS} for status, text in _REFUSALS.items()},
        },
    }
