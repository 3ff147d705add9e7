"""A plain DIF registrar client for tests: it knows the specification and JOSE, and nothing of our library."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from eth_keys import keys as eth_keys

from tests.integration.node_support import NodeClient, eventually
from tests.support.keys import Key, P256Key, keccak256

JSON = dict[str, Any]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk_of(key: Key) -> JSON:
    if isinstance(key, P256Key):
        raw, name = key.public_key, "P-256"
    else:
        raw, name = eth_keys.PrivateKey(key.secret).public_key.to_bytes(), "secp256k1"
    return {"kty": "EC", "crv": name, "x": b64u(raw[:32]), "y": b64u(raw[32:])}


def public(key: Key, role: str) -> JSON:
    return {"type": "JsonWebKey", "purpose": [role], "publicKeyJwk": jwk_of(key)}


def jose_signature(key: Key, payload: bytes, *, digest: str | None = None) -> bytes:
    """r and s as a JOSE library gives them for P-256 (s high or low as it falls); for secp256k1 over `digest`."""
    if isinstance(key, P256Key):
        r, s = decode_dss_signature(key.private.sign(payload, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    hashed = hashlib.sha256(payload).digest() if digest == "SHA-256" else keccak256(payload)
    signature = eth_keys.PrivateKey(key.secret).sign_msg_hash(hashed)
    return signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big")


def signed(request: JSON, key: Key) -> JSON:
    """Answer one signing request as the specification says."""
    payload = base64.b64decode(request["serializedPayload"], validate=True)
    signature = jose_signature(key, payload, digest=request["digest"])
    return {"signature": b64(signature), "alg": request["alg"], "kid": request["kid"]}


@dataclass
class Registrar:
    """Speaks to one node with one token; every answer is checked against the rules that hold for all of them."""

    node: NodeClient
    token: str

    def post(self, function: str, body: JSON) -> httpx.Response:
        answer = self.node.http.post(
            f"/1.0/{function}",
            params={"method": "mapae"} if function == "create" else {},
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
        )
        check_shape(function, answer)
        return answer

    def start(self, function: str, body: JSON) -> JSON:
        answer = self.post(function, body)
        assert answer.status_code == 200, answer.text
        result: JSON = answer.json()
        assert result["didState"]["state"] == "action"
        assert result["didState"]["action"] == "signPayload"
        return result

    def sign(self, function: str, result: JSON, keys: Mapping[str, Key], only: Sequence[str] = ()) -> httpx.Response:
        requests = result["didState"]["signingRequest"]
        responses = {role: signed(requests[role], keys[role]) for role in only or requests}
        return self.post(function, {"jobId": result["jobId"], "secret": {"signingResponse": responses}})

    def finish(self, function: str, job_id: str) -> httpx.Response:
        """Ask until the job is finished or failed."""

        def settled() -> httpx.Response | None:
            answer = self.post(function, {"jobId": job_id})
            return answer if answer.json()["didState"]["state"] in {"finished", "failed"} else None

        found: httpx.Response = eventually(settled, what=f"the end of {function}")
        return found

    def run(self, function: str, body: JSON, keys: Mapping[str, Key]) -> httpx.Response:
        """The whole way: ask, sign, wait."""
        result = self.start(function, body)
        answer = self.sign(function, result, keys)
        assert answer.status_code in {200, 201}, answer.text
        return self.finish(function, result["jobId"])


def check_shape(function: str, answer: httpx.Response) -> None:
    """What every answer of a registrar keeps, whatever was asked."""
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    result = answer.json()
    assert result.keys() == {"jobId", "didState", "didRegistrationMetadata", "didDocumentMetadata"}
    state = result["didState"]
    assert state["state"] in {"finished", "failed", "action", "wait"}
    assert (result["jobId"] is None) == (state["state"] in {"finished", "failed"})
    required = {"failed": {"reason"}, "action": {"action"}, "wait": {"wait"}, "finished": {"did", "didDocument"}}
    assert required[state["state"]] <= state.keys()
    if state["state"] == "finished":
        assert answer.status_code == (201 if function == "create" else 200)
    elif state["state"] == "failed":
        assert answer.status_code >= 400
    else:
        assert answer.status_code == 200
