"""The numbers printed in docs/, computed from first principles.

- Shares no code with registry_client: hashlib, pycryptodome's Keccak, eth_abi, cryptography. A second opinion.
- Every input is fixed, every signature deterministic (RFC 6979, low s), so the output never changes.
- `python -m tests.docs.worked` rewrites docs/examples/worked.json; the test beside it compares.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from Crypto.Hash import keccak as _keccak
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from eth_abi import encode

TARGET = Path(__file__).resolve().parents[2] / "docs" / "examples" / "worked.json"

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

NETWORK = "dev-1a2b3c"
CHAIN_ID = 439_041_101
ORGANISATION, HOLDER = 1, 2
ACTIVE, DEACTIVATED = 1, 2
CREATED_AT, UPDATED_AT, ENDED_AT = 1_764_000_000, 1_764_003_600, 1_764_090_000
DEADLINE = 1_764_086_400

OPERATIONS = {
    "CreateOrganisation": "bytes21 controller,bytes32 salt,bytes20 agency,bytes document,uint48 deadline",
    "UpdateDocument": "bytes20 id,uint32 expectedVersion,bytes document,uint48 deadline",
    "DeactivateDid": "bytes20 id,uint32 expectedVersion,uint48 deadline",
    "CreateHolder": "bytes32 x,bytes32 y,bytes32 salt,bytes20 guardian,uint48 deadline",
    "Revoke": "bytes32 list,uint16 startWord,uint256[] masks,uint48 deadline",
    "Suspend": "bytes32 list,uint16 startWord,uint256[] masks,uint256 nonce,uint48 deadline",
}


def keccak256(data: bytes) -> bytes:
    return _keccak.new(digest_bits=256, data=data).digest()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def base58(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def canonical(value: object) -> bytes:
    """RFC 8785 bytes of a value whose strings are ASCII and whose numbers are small integers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def word(number: int, size: int) -> bytes:
    return number.to_bytes(size, "big")


@dataclass(frozen=True, slots=True)
class Key:
    """A P-256 key drawn from a label. For documents only: anybody can compute it."""

    private: ec.EllipticCurvePrivateKey

    @classmethod
    def named(cls, label: str) -> "Key":
        secret = int.from_bytes(sha256(b"mapae documents: " + label.encode()), "big") % P256_ORDER
        return cls(ec.derive_private_key(secret, ec.SECP256R1()))

    @property
    def x(self) -> bytes:
        return word(self.private.public_key().public_numbers().x, 32)

    @property
    def y(self) -> bytes:
        return word(self.private.public_key().public_numbers().y, 32)

    @property
    def controller(self) -> bytes:
        return b"\x02" + keccak256(self.x + self.y)[12:]

    @property
    def jwk(self) -> dict[str, str]:
        return {"crv": "P-256", "kty": "EC", "x": b64u(self.x), "y": b64u(self.y)}

    def sign(self, payload: bytes) -> bytes:
        der = self.private.sign(payload, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        return word(r, 32) + word(min(s, P256_ORDER - s), 32)


def did_id(kind: int, controller: bytes, salt: bytes) -> bytes:
    fields = encode(["bytes32", "uint8", "bytes21", "bytes32"], [keccak256(b"did:mapae"), kind, controller, salt])
    return keccak256(fields)[:20]


def did(identifier: bytes) -> str:
    return f"did:mapae:{NETWORK}:{base58(identifier)}"


def document(identifier: bytes, key: Key, *, service: bool) -> bytes:
    me = did(identifier)
    value: dict[str, object] = {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
        "assertionMethod": [f"{me}#issue-1"],
        "id": me,
        "verificationMethod": [
            {"controller": me, "id": f"{me}#issue-1", "publicKeyJwk": key.jwk, "type": "JsonWebKey"},
        ],
    }
    if service:
        value["service"] = [{"id": f"{me}#web", "serviceEndpoint": "https://agency.invalid/", "type": "LinkedDomains"}]
    return canonical(value)


def record_word(controller: bytes, version: int, kind: int, state: int, block: int) -> bytes:
    return controller + word(version, 4) + word(kind << 4 | state, 1) + word(block, 6)


def history(previous: bytes, content: bytes, record: bytes, block_time: int) -> bytes:
    return sha256(previous + content + record + word(block_time, 8))


def domain(contract: bytes) -> dict[str, object]:
    name = f"did:mapae:{NETWORK}"
    return {"name": name, "version": "1", "chainId": CHAIN_ID, "verifyingContract": hexed(contract)}


def payload(contract: bytes, kind: str, values: list[object]) -> bytes:
    """0x1901, the domain separator and the struct hash of EIP-712: 66 bytes."""
    declared = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    name = keccak256(f"did:mapae:{NETWORK}".encode())
    separator = keccak256(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [keccak256(declared.encode()), name, keccak256(b"1"), CHAIN_ID, contract],
        )
    )
    types = [field.split(" ")[0] for field in OPERATIONS[kind].split(",")]
    heads, words = ["bytes32"], [keccak256(f"{kind}({OPERATIONS[kind]})".encode())]
    for type_name, value in zip(types, values, strict=True):
        if type_name == "bytes":
            heads.append("bytes32")
            words.append(keccak256(value))
        elif type_name == "uint256[]":
            heads.append("bytes32")
            words.append(keccak256(b"".join(word(item, 32) for item in value)))
        else:
            heads.append(type_name)
            words.append(value)
    return b"\x19\x01" + separator + keccak256(encode(heads, words))


def contract(name: str) -> bytes:
    return keccak256(b"mapae documents: " + name.encode())[12:]


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


def organisation_example() -> dict[str, object]:
    """Three versions of one organisation: created, updated, deactivated."""
    controller, endorser, issuing = Key.named("controller"), Key.named("endorser"), Key.named("issue-1")
    salt, registry = sha256(b"mapae documents: salt"), contract("DidRegistry")
    ministry = did_id(ORGANISATION, Key.named("ministry").controller, sha256(b"mapae documents: ministry salt"))
    identifier = did_id(ORGANISATION, controller.controller, salt)
    first, second = document(identifier, issuing, service=False), document(identifier, issuing, service=True)
    create = payload(registry, "CreateOrganisation", [controller.controller, salt, ministry, first, DEADLINE])
    versions, digest = [], bytes(32)
    for version, state, block, moment, content in (
        (1, ACTIVE, 12, CREATED_AT, sha256(first)),
        (2, ACTIVE, 40, UPDATED_AT, sha256(second)),
        (3, DEACTIVATED, 95, ENDED_AT, sha256(b"")),
    ):
        record = record_word(controller.controller, version, ORGANISATION, state, block)
        before, digest = digest, history(digest, content, record, moment)
        versions.append(
            {
                "version": version,
                "block_number": block,
                "block_time": moment,
                "content_digest": hexed(content),
                "record_word": hexed(record),
                "previous_digest": hexed(before),
                "history_digest": hexed(digest),
            }
        )
    return {
        "controller": hexed(controller.controller),
        "salt": hexed(salt),
        "ministry": hexed(ministry),
        "ministry_did": did(ministry),
        "id": hexed(identifier),
        "did": did(identifier),
        "document_1": first.decode(),
        "document_2": second.decode(),
        "create_payload": hexed(create),
        "create_operation_id": hexed(keccak256(create)),
        "create_endorser": hexed(endorser.controller),
        "versions": versions,
    }


def holder_example() -> dict[str, object]:
    phone, salt = Key.named("phone"), sha256(b"mapae documents: phone salt")
    guardian = did_id(ORGANISATION, Key.named("controller").controller, sha256(b"mapae documents: salt"))
    identifier = did_id(HOLDER, phone.controller, salt)
    content = sha256(phone.x + phone.y + salt + guardian)
    record = record_word(phone.controller, 1, HOLDER, ACTIVE, 57)
    me = did(identifier)
    derived = {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
        "authentication": [f"{me}#key-1"],
        "id": me,
        "verificationMethod": [
            {"controller": me, "id": f"{me}#key-1", "publicKeyJwk": phone.jwk, "type": "JsonWebKey"},
        ],
    }
    create = payload(contract("DidRegistry"), "CreateHolder", [phone.x, phone.y, salt, guardian, DEADLINE])
    return {
        "x": hexed(phone.x),
        "y": hexed(phone.y),
        "salt": hexed(salt),
        "guardian": hexed(guardian),
        "controller": hexed(phone.controller),
        "id": hexed(identifier),
        "did": did(identifier),
        "create_operation_id": hexed(keccak256(create)),
        "content_digest": hexed(content),
        "record_word": hexed(record),
        "history_digest": hexed(history(bytes(32), content, record, UPDATED_AT)),
        "document": canonical(derived).decode(),
    }


def status_example() -> dict[str, object]:
    """Revoke index 1000 of a list, as JSON, as payload, and what it does to opsHead."""
    desk = Key.named("status desk")
    owner = did_id(ORGANISATION, Key.named("controller").controller, sha256(b"mapae documents: salt"))
    registry, salt, index = contract("StatusRegistry"), sha256(b"mapae documents: list salt"), 1000
    list_id = keccak256(encode(["address", "bytes20", "bytes32"], [registry, owner, salt]))
    start, mask = index // 256, 1 << (255 - index % 256)
    signed = payload(registry, "Revoke", [list_id, start, [mask], DEADLINE])
    suspend = payload(registry, "Suspend", [list_id, start, [mask], 5 << 64 | 2, DEADLINE])
    opened = sha256(list_id)
    head = sha256(opened + word(1, 8) + word(CREATED_AT, 8) + word(start, 2) + word(mask, 32) + word(1, 1))
    return {
        "index": index,
        "list_salt": hexed(salt),
        "list": hexed(list_id),
        "ops_head_0": hexed(opened),
        "ops_head_1": hexed(head),
        "payload": hexed(signed),
        "operation_id": hexed(keccak256(signed)),
        "domain_separator": hexed(signed[2:34]),
        "struct_hash": hexed(signed[34:]),
        "suspend_nonce": hex(5 << 64 | 2),
        "suspend_operation_id": hexed(keccak256(suspend)),
        "signer": hexed(desk.controller),
        "operation": {
            "kind": "Revoke",
            "domain": domain(registry),
            "message": {"list": hexed(list_id), "startWord": start, "masks": [hex(mask)], "deadline": DEADLINE},
            "signatures": [
                {
                    "as": "operator",
                    "controller_kind": 2,
                    "public_key": hexed(desk.x + desk.y),
                    "signature": hexed(desk.sign(signed)),
                }
            ],
        },
    }


def worked() -> dict[str, object]:
    """Everything that docs/ quotes, by topic."""
    vct = "https://mapae.invalid/vct/civil-servant/v1"
    code = b"GATE-SEJONG".ljust(32, b"\0")
    type_id = keccak256(vct.encode())
    return {
        "network": NETWORK,
        "chain_id": CHAIN_ID,
        "id_tag": hexed(keccak256(b"did:mapae")),
        "did_registry": hexed(contract("DidRegistry")),
        "status_registry": hexed(contract("StatusRegistry")),
        "organisation": organisation_example(),
        "holder": holder_example(),
        "status": status_example(),
        "type": {"vct": vct, "type_id": hexed(type_id)},
        "service": {
            "code": "GATE-SEJONG",
            "code_bytes32": hexed(code),
            "key": hexed(keccak256(encode(["bytes32", "bytes32"], [type_id, code]))),
        },
    }


if __name__ == "__main__":
    TARGET.write_text(json.dumps(worked(), indent=2) + "\n")
