"""Shapes of DID registration as the OpenAPI document tells them (DIF DID Registration, client-managed secrets)."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field


class SigningRequest(BaseModel):
    """What one party has to sign. `serializedPayload`: base64 of 66 bytes; sign exactly these."""

    payload: dict[str, Any] = Field(description="The operation, decoded: kind, domain, message. Rebuild and compare.")
    serializedPayload: str  # noqa: N815  the specification's name
    kid: str = Field(description="The key, as a did:key URL")
    alg: Literal["ES256", "ES256K"]
    digest: Literal["SHA-256", "Keccak-256"] = Field(description="What alg hashes the payload with")
    purpose: Literal["controller", "endorser", "guardian"]


class DidState(BaseModel):
    """Where the job stands."""

    model_config = ConfigDict(extra="allow")
    state: Literal["finished", "failed", "action", "wait"]
    did: str | None = None
    action: Literal["signPayload"] | None = None
    signingRequest: dict[str, SigningRequest] | None = None  # noqa: N815
    wait: str | None = None
    waitTime: int | None = Field(None, description="Milliseconds")  # noqa: N815
    reason: str | None = None
    didDocument: dict[str, Any] | None = None  # noqa: N815


class RegistrationResult(BaseModel):
    """A registration result. `jobId` is null exactly when the state is finished or failed."""

    jobId: str | None  # noqa: N815
    didState: DidState  # noqa: N815
    didRegistrationMetadata: dict[str, Any]  # noqa: N815
    didDocumentMetadata: dict[str, Any]  # noqa: N815


_TEXT: Final = {"type": "string"}
_OBJECT: Final = {"type": "object"}
REQUEST: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "jobId": {"type": ["string", "null"], "description": "From the answer before; absent in the first request"},
        "method": {"const": "mapae"},
        "did": {**_TEXT, "description": "Which DID: update and deactivate"},
        "options": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "clientSecretMode": {"const": True},
                "storeSecrets": {"const": False},
                "returnSecrets": {"const": False},
                "network": _TEXT,
                "kind": {"enum": ["organisation", "holder"], "default": "organisation"},
                "salt": {"type": "string", "pattern": "^0x[0-9a-f]{64}$", "description": "create; random if absent"},
                "endorsingAgency": {**_TEXT, "description": "create an organisation: in whose name the endorser signs"},
                "guardian": {**_TEXT, "description": "create a holder; deactivate a holder in the guardian's name"},
                "expectedVersion": {"type": "integer", "description": "update, deactivate; the latest if absent"},
                "deadline": {"type": "integer", "description": "Unix seconds; in 24 hours if absent"},
            },
        },
        "secret": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "verificationMethod": {
                    "type": "array",
                    "description": "Public keys of who will sign, each with purpose [controller|endorser|guardian]",
                    "items": _OBJECT,
                },
                "signingResponse": {
                    "type": "object",
                    "description": "By id of the signing request: signature (base64 of r and s), alg, kid",
                    "additionalProperties": _OBJECT,
                },
            },
        },
        "didDocument": {
            "description": "create: the document; update: [the next document]. #fragment stands for an absolute id",
            "anyOf": [_OBJECT, {"type": "array", "items": _OBJECT, "maxItems": 1}],
        },
        "didDocumentOperation": {"type": "array", "items": {"const": "setDidDocument"}, "maxItems": 1},
    },
}
_KEY: Final = {"type": "JsonWebKey", "publicKeyJwk": {"kty": "EC", "crv": "P-256", "x": "...", "y": "..."}}
_DID: Final = "did:mapae:dev-1a2b3c:2hPm..."
_CONTROLLER: Final = {"verificationMethod": [{"purpose": ["controller"], **_KEY}]}
_BOTH: Final = {"verificationMethod": [*_CONTROLLER["verificationMethod"], {"purpose": ["endorser"], **_KEY}]}
_METHOD: Final = {"id": "#issue-1", **_KEY}
_DOCUMENT: Final = {"verificationMethod": [_METHOD], "assertionMethod": ["#issue-1"]}
_SIGNED: Final = {
    "summary": "2. Send the signatures",
    "value": {"jobId": "...", "secret": {"signingResponse": {"controller": {"signature": "...", "alg": "ES256"}}}},
}
_POLL: Final = {"summary": "3. Ask how it goes", "value": {"jobId": "..."}}


def _examples(value: dict[str, Any], **more: Any) -> dict[str, Any]:
    first = {"summary": "1. Ask for the payload", "value": value}
    return {"examples": {"start": first, **more, "sign": _SIGNED, "poll": _POLL}}


EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "create": _examples(
        {"options": {"endorsingAgency": _DID}, "secret": _BOTH, "didDocument": _DOCUMENT},
        holder={
            "summary": "1. The same for a holder",
            "value": {"options": {"kind": "holder", "guardian": _DID}, "secret": _BOTH},
        },
    ),
    "update": _examples(
        {
            "did": _DID,
            "secret": _CONTROLLER,
            "didDocumentOperation": ["setDidDocument"],
            "didDocument": [_DOCUMENT],
        }
    ),
    "deactivate": _examples({"did": _DID, "secret": _CONTROLLER}),
}
"""OpenAPI examples of each function's request."""
