"""EIP-712 hashing of our operations: domain separator, struct hash, and the 66 bytes that get signed.

- Domain of every contract: {name: "did:mapae:<network>", version: "1", chainId, verifyingContract}.
- Field types: what abi_codec knows, without structs: atomic values, `bytes`, `string`, arrays of atomic values.
- Spec: EIP-712, "Definition of hashStruct" and "Definition of domainSeparator".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from registry_client.core import abi_codec
from registry_client.core.did import METHOD, is_network
from registry_client.core.hashing import keccak256, keccak_text
from registry_client.errors import InvalidOperationError

_DOMAIN_TYPE: Final = keccak_text("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
DOMAIN_VERSION: Final = "1"

Fields = tuple[tuple[str, str], ...]
"""((type, name), ...) in the order of the Solidity struct."""


@dataclass(frozen=True, slots=True)
class Domain:
    """Which contract on which chain a signature is for. `verifying_contract`: 20 bytes."""

    name: str
    version: str
    chain_id: int
    verifying_contract: bytes

    def __post_init__(self) -> None:
        if self.version != DOMAIN_VERSION or not self.name.startswith(f"did:{METHOD}:") or not is_network(self.network):
            raise InvalidOperationError(
                'a domain is named "did:mapae:<network>" and has version "1"', name=self.name[:64]
            )
        if not 0 <= self.chain_id < 1 << 256 or len(self.verifying_contract) != 20:
            raise InvalidOperationError("a domain has a chain id of at most 256 bits and a 20-byte contract address")

    @property
    def network(self) -> str:
        """The network's name."""
        return self.name.removeprefix(f"did:{METHOD}:")

    def separator(self) -> bytes:
        """Return the 32-byte domain separator."""
        return _separator(self)


def domain_of(network: str, chain_id: int, contract: bytes) -> Domain:
    """Return the domain of one contract on one network."""
    return Domain(f"did:{METHOD}:{network}", DOMAIN_VERSION, chain_id, contract)


@lru_cache(maxsize=64)
def _separator(domain: Domain) -> bytes:
    fields = abi_codec.encode(
        ["bytes32", "bytes32", "bytes32", "uint256", "address"],
        [
            _DOMAIN_TYPE,
            keccak_text(domain.name),
            keccak_text(domain.version),
            domain.chain_id,
            domain.verifying_contract,
        ],
    )
    return keccak256(fields)


def encode_type(name: str, fields: Fields) -> str:
    """Return the EIP-712 type text, `Name(type field,...)`."""
    return f"{name}({','.join(f'{kind} {field}' for kind, field in fields)})"


def hash_struct(name: str, fields: Fields, values: Mapping[str, Any]) -> bytes:
    """Return the 32-byte struct hash; `values` by field name, typed as abi_codec wants them. Raises AbiError."""
    words = [keccak_text(encode_type(name, fields))]
    words += [_encode_field(kind, values[field]) for kind, field in fields]
    return keccak256(b"".join(words))


def payload(domain: Domain, struct_hash: bytes) -> bytes:
    """Return 0x1901 ‖ domain separator ‖ struct hash: 66 bytes."""
    return b"\x19\x01" + domain.separator() + struct_hash


def _encode_field(kind: str, value: Any) -> bytes:
    encoded = abi_codec.encode([kind], [value])
    if kind in {"bytes", "string"}:
        return keccak256(value if isinstance(value, bytes) else value.encode("utf-8"))
    if kind.endswith("[]"):
        return keccak256(encoded[64:])  # after the offset and the count: the items, each one word
    return encoded


def types_of(fields: Fields) -> Sequence[str]:
    """Return only the types, in order."""
    return [kind for kind, _ in fields]
