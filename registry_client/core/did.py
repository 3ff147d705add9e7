"""DIDs and DID URLs: syntax, and the identifiers of the method `did:mapae`.

- `did:mapae:<network>:<id>`; network 1..32 of [a-z0-9-]; id = base58btc of 20 bytes, canonical text only.
- A DID is at most 2048 characters, ASCII; nothing is case-folded and nothing is repaired.
- Spec: DID Core 1.0 sections 3.1 and 3.2 (ABNF); docs/did-method.md for ours.
"""

import re
from dataclasses import dataclass
from typing import Final, NewType, Self

from registry_client.core.encoding import decode_base58, encode_base58
from registry_client.core.hashing import keccak256, keccak_text
from registry_client.errors import InvalidDidError, InvalidDidUrlError, MalformedValueError

Did = NewType("Did", str)
"""A syntactically valid DID."""
DidUrl = NewType("DidUrl", str)
"""A syntactically valid DID URL."""

DID_MAX_LENGTH: Final = 2_048  # characters
METHOD: Final = "mapae"
ID_LENGTH: Final = 20  # bytes
ID_TAG: Final = keccak_text("did:mapae")
"""Domain separator of identifiers."""
KIND_ORGANISATION: Final = 1
KIND_HOLDER: Final = 2

_DID_TEXT: Final = r"did:([a-z0-9]+):((?:(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})*:)*(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+)"
_DID: Final = re.compile(_DID_TEXT, re.ASCII)
_PCHAR: Final = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_DID_URL: Final = re.compile(
    rf"(?P<did>{_DID_TEXT})(?P<path>(?:/{_PCHAR}*)*)(?:\?(?P<query>(?:{_PCHAR}|[/?])*))?(?:#(?P<fragment>(?:{_PCHAR}|[/?])*))?",
    re.ASCII,
)
_NETWORK: Final = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class MapaeDid:
    """A DID of our method, taken apart: the network's name and the 20-byte id that the contracts use."""

    network: str
    did_id: bytes

    def __str__(self) -> str:
        return format_did(self.network, self.did_id)


@dataclass(frozen=True, slots=True)
class DidUrlParts:
    """A DID URL taken apart; `path` starts with `/` or is empty, `query` and `fragment` are None when absent."""

    did: Did
    path: str
    query: str | None
    fragment: str | None

    def __str__(self) -> str:
        query = "" if self.query is None else f"?{self.query}"
        fragment = "" if self.fragment is None else f"#{self.fragment}"
        return f"{self.did}{self.path}{query}{fragment}"

    @property
    def without_fragment(self) -> Self:
        """The same DID URL, its fragment dropped: what has to be resolved first."""
        return type(self)(self.did, self.path, self.query, None)


def parse_did(text: str) -> Did:
    """Check the generic syntax (DID Core 3.1). Raises InvalidDidError. Cost: linear, at most 2048 characters."""
    if len(text) > DID_MAX_LENGTH:
        raise InvalidDidError(f"a DID has at most {DID_MAX_LENGTH} characters", length=len(text))
    if not _DID.fullmatch(text):
        raise InvalidDidError("not a DID: expected did:<method>:<identifier>", did=text[:128])
    return Did(text)


def method_of(did: str) -> str:
    """Return the method name of a DID (`mapae`, `key`, ...). Raises InvalidDidError."""
    return parse_did(did).split(":", 2)[1]


def parse_mapae(text: str) -> MapaeDid:
    """Take a `did:mapae` DID apart; only the canonical text of an id passes. Raises InvalidDidError."""
    did = parse_did(text)
    pieces = did.split(":")
    if pieces[1] != METHOD or len(pieces) != 4:
        raise InvalidDidError("expected did:mapae:<network>:<id>", did=did[:128])
    network, encoded = pieces[2], pieces[3]
    if not _NETWORK.fullmatch(network):
        raise InvalidDidError("a network's name has 1 to 32 of a-z, 0-9 and -", did=did[:128])
    try:
        did_id = decode_base58(encoded)
    except MalformedValueError as error:
        raise InvalidDidError(f"the identifier is not base58btc: {error.detail}", did=did[:128]) from None
    if len(did_id) != ID_LENGTH or encode_base58(did_id) != encoded:
        raise InvalidDidError("the identifier is not the base58btc of 20 bytes", did=did[:128], length=len(did_id))
    return MapaeDid(network, did_id)


def format_did(network: str, did_id: bytes) -> Did:
    """Return `did:mapae:<network>:<base58btc of the 20 bytes>`. Raises InvalidDidError."""
    if len(did_id) != ID_LENGTH or not is_network(network):
        raise InvalidDidError("a network's name and 20 bytes make a DID", network=network[:64], length=len(did_id))
    return Did(f"did:{METHOD}:{network}:{encode_base58(did_id)}")


def is_network(text: str) -> bool:
    """Tell whether the text may name a network."""
    return _NETWORK.fullmatch(text) is not None


def parse_did_url(text: str) -> DidUrlParts:
    """Take a DID URL apart (DID Core 3.2); a bare DID is one too. Raises InvalidDidUrlError."""
    if len(text) > DID_MAX_LENGTH:
        raise InvalidDidUrlError(f"a DID URL has at most {DID_MAX_LENGTH} characters", length=len(text))
    match = _DID_URL.fullmatch(text)
    if match is None:
        raise InvalidDidUrlError(
            "not a DID URL: expected did:<method>:<identifier>[/path][?query][#fragment]", url=text[:128]
        )
    return DidUrlParts(Did(match["did"]), match["path"], match["query"], match["fragment"])


def compute_did_id(*, kind: int, controller: bytes, salt: bytes) -> bytes:
    """Compute the 20-byte id: keccak256(abi.encode(ID_TAG, uint8 kind, bytes21 controller, bytes32 salt))[:20].

    `kind`: KIND_ORGANISATION or KIND_HOLDER. `controller`: 21 bytes. `salt`: 32 bytes.
    """
    if kind not in {KIND_ORGANISATION, KIND_HOLDER} or len(controller) != 21 or len(salt) != 32:
        raise MalformedValueError("an id is made of kind 1 or 2, a 21-byte controller and a 32-byte salt", kind=kind)
    return keccak256(ID_TAG + kind.to_bytes(32, "big") + controller.ljust(32, b"\0") + salt)[:ID_LENGTH]
