"""Selective disclosure as in RFC 9901: folding claims into digests, and unfolding what was disclosed.

- A disclosure is base64url([salt, name, value]) for an object member, base64url([salt, value]) for an array element.
- Unfolding refuses what the RFC says must be refused: a digest seen twice, a disclosure nobody refers to, a name that
  is already there, reserved names, and digests where no claim may be hidden.
- Digests without a disclosure are decoys or undisclosed claims, and nobody can tell which; they vanish.
- Spec: RFC 9901 sections 4.2 and 7.1. SHA-256 only.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from registry_client.core.canonical import canonicalize
from registry_client.core.encoding import decode_base64url, encode_base64url
from registry_client.core.strict_json import MAX_DEPTH, parse_json
from registry_client.errors import MalformedValueError, ParsingError

Path = tuple[str | int | None, ...]
"""A claims path as in DCQL: a string names a member, an integer an element, None every element."""

DISCLOSURES_MAX: Final = 256
DISCLOSURE_MAX_LENGTH: Final = 65_536  # characters
DIGESTS: Final = "_sd"
ELEMENT: Final = "..."
ALGORITHM: Final = "_sd_alg"
_STRUCTURAL: Final = frozenset({DIGESTS, ELEMENT, ALGORITHM})


class Disclosure(NamedTuple):
    """One salted claim. `name` is None for an array element."""

    text: str
    digest: str
    """base64url(sha256(text)), as it stands in `_sd` or `...`."""
    name: str | None
    value: Any


def parse_disclosure(text: str) -> Disclosure:
    """Read one disclosure. Raises ParsingError, MalformedValueError."""
    parts = parse_json(decode_base64url(text), max_bytes=DISCLOSURE_MAX_LENGTH)
    digest = encode_base64url(sha256(text.encode("ascii")).digest())
    if type(parts) is list and type(parts[0] if parts else None) is str:
        if len(parts) == 3 and type(parts[1]) is str and parts[1] not in _STRUCTURAL:
            return Disclosure(text, digest, parts[1], parts[2])
        if len(parts) == 2:
            return Disclosure(text, digest, None, parts[1])
    raise MalformedValueError("a disclosure is [salt, name, value] or [salt, value]; no name is _sd, _sd_alg or ...")


def parse_disclosures(texts: Sequence[str]) -> dict[str, Disclosure]:
    """Read disclosures into a map by digest; one given twice is refused. Raises ParsingError, MalformedValueError."""
    if len(texts) > DISCLOSURES_MAX:
        raise ParsingError(f"more than {DISCLOSURES_MAX} disclosures", count=len(texts))
    found = {}
    for text in texts:
        disclosure = parse_disclosure(text)
        found[disclosure.digest] = disclosure
    if len(found) != len(texts):
        raise MalformedValueError("a disclosure is presented twice")
    return found


def unfold(
    payload: Mapping[str, Any], disclosures: Mapping[str, Disclosure], *, plain: Collection[str]
) -> dict[str, Any]:
    """Return the payload with every presented disclosure in its place, and every digest gone (RFC 9901, 7.1).

    `plain`: top-level members that must be in the clear, with everything inside them.
    Raises MalformedValueError, ParsingError.
    """
    algorithm = payload.get(ALGORITHM, "sha-256")
    if algorithm != "sha-256":
        raise MalformedValueError("the only digest algorithm spoken here is sha-256", sd_alg=str(algorithm)[:32])
    seen: set[str] = set()
    claims: dict[str, Any] = {}
    for name, value in payload.items():
        kind = type(value)
        if kind is not dict and kind is not list:
            if name != ALGORITHM:
                claims[name] = value
        elif name in plain:
            _refuse_hidden(value, name)
            claims[name] = value
        elif name != DIGESTS:
            claims[name] = _unfold_value(value, disclosures, seen, MAX_DEPTH)
    if ELEMENT in claims:
        raise MalformedValueError("the member ... stands only in an array element")
    if DIGESTS in payload:
        _place(payload[DIGESTS], claims, disclosures, seen, MAX_DEPTH, plain=plain)
    if not seen.issuperset(disclosures):
        raise MalformedValueError("a disclosure belongs to no digest in the credential")
    return claims


def _place(
    digests: Any,
    claims: dict[str, Any],
    disclosures: Mapping[str, Disclosure],
    seen: set[str],
    depth: int,
    *,
    plain: Collection[str] = (),
) -> None:
    """Put the disclosed members of one `_sd` array into `claims`."""
    if type(digests) is not list:
        raise MalformedValueError("_sd is an array of digests")
    for digest in digests:
        if type(digest) is not str:
            raise MalformedValueError("_sd is an array of digests")
        if digest in seen:
            raise MalformedValueError("a digest appears twice in the credential")
        seen.add(digest)
        disclosure = disclosures.get(digest)
        if disclosure is None:
            continue
        name, value = disclosure.name, disclosure.value
        if name is None:
            raise MalformedValueError("an array element's disclosure stands where a member's belongs")
        if name in plain:
            raise MalformedValueError(f"{name} must not be selectively disclosable", claim=name)
        if name in claims:
            raise MalformedValueError(f"the claim {name[:64]} is already there", claim=name[:64])
        kind = type(value)
        claims[name] = _unfold_value(value, disclosures, seen, depth) if kind is dict or kind is list else value


def _unfold_value(value: Any, disclosures: Mapping[str, Disclosure], seen: set[str], depth: int) -> Any:
    if depth <= 0:
        raise ParsingError(f"claims nested deeper than {MAX_DEPTH}", limit=MAX_DEPTH)
    if type(value) is list:
        return _unfold_array(value, disclosures, seen, depth)
    if type(value) is not dict:
        return value
    claims = {
        name: _unfold_value(member, disclosures, seen, depth - 1) for name, member in value.items() if name != DIGESTS
    }
    if ELEMENT in claims or ALGORITHM in claims:
        raise MalformedValueError("the members ... and _sd_alg stand elsewhere than in a nested object")
    if DIGESTS in value:
        _place(value[DIGESTS], claims, disclosures, seen, depth - 1)
    return claims


def _unfold_array(value: list[Any], disclosures: Mapping[str, Disclosure], seen: set[str], depth: int) -> list[Any]:
    elements = []
    for element in value:
        if type(element) is not dict or ELEMENT not in element:
            elements.append(_unfold_value(element, disclosures, seen, depth - 1))
            continue
        digest = element[ELEMENT]
        if len(element) != 1 or type(digest) is not str:
            raise MalformedValueError("an array element with ... has one digest and nothing else")
        if digest in seen:
            raise MalformedValueError("a digest appears twice in the credential")
        seen.add(digest)
        disclosure = disclosures.get(digest)
        if disclosure is None:
            continue
        if disclosure.name is not None:
            raise MalformedValueError("a member's disclosure stands where an array element's belongs")
        elements.append(_unfold_value(disclosure.value, disclosures, seen, depth - 1))
    return elements


def _refuse_hidden(value: Any, name: str) -> None:
    """Refuse digests anywhere inside a member that must be in the clear."""
    if type(value) is dict:
        if not _STRUCTURAL.isdisjoint(value):
            raise MalformedValueError(f"nothing inside {name} is selectively disclosable", claim=name)
        for member in value.values():
            if type(member) is dict or type(member) is list:
                _refuse_hidden(member, name)
    elif type(value) is list:
        for member in value:
            _refuse_hidden(member, name)


def make_disclosure(name: str | None, value: Any, *, salt: str) -> Disclosure:
    """Make one disclosure. `salt`: at least 128 random bits as base64url."""
    parts = [salt, value] if name is None else [salt, name, value]
    text = encode_base64url(canonicalize(parts))
    return Disclosure(text, encode_base64url(sha256(text.encode("ascii")).digest()), name, value)


def fold(
    claims: Mapping[str, Any], paths: Collection[Path], *, salt: Callable[[], str], decoys: int = 0
) -> tuple[dict[str, Any], list[Disclosure]]:
    """Replace the claims at `paths` by digests; return the payload and the disclosures.

    `paths`: ("name",) hides a member, ("languages", None) each element, ("address", "street") a nested member; hiding
    a value and something inside it makes the inner disclosure depend on the outer. `salt`: called once a disclosure and
    decoy. `decoys`: extra digests at the top, so that their count does not tell how many claims there are.
    Digests are sorted, so their order tells nothing. Raises MalformedValueError for a path that leads nowhere.
    """
    made: list[Disclosure] = []
    payload = _fold_object(claims, [tuple(path) for path in paths], salt, made)
    fakes = [encode_base64url(sha256(salt().encode("ascii")).digest()) for _ in range(decoys)]
    if fakes:
        payload[DIGESTS] = sorted([*payload.get(DIGESTS, []), *fakes])
    if made or fakes:
        payload[ALGORITHM] = "sha-256"
    return payload, made


def _fold_object(
    claims: Mapping[str, Any], paths: list[Path], salt: Callable[[], str], made: list[Disclosure]
) -> dict[str, Any]:
    if _STRUCTURAL & claims.keys():
        raise MalformedValueError("claims must not be named _sd, _sd_alg or ...")
    if unknown := {path[0] for path in paths} - claims.keys():
        raise MalformedValueError("a path names a claim that is not there", claims=sorted(map(str, unknown)))
    payload: dict[str, Any] = {}
    digests = []
    for name, value in claims.items():
        here = [path[1:] for path in paths if path[0] == name]
        folded = _fold_value(value, [path for path in here if path], salt, made)
        if () in here:
            disclosure = make_disclosure(name, folded, salt=salt())
            made.append(disclosure)
            digests.append(disclosure.digest)
        else:
            payload[name] = folded
    if digests:
        payload[DIGESTS] = sorted(digests)
    return payload


def _fold_value(value: Any, paths: list[Path], salt: Callable[[], str], made: list[Disclosure]) -> Any:
    if isinstance(value, Mapping):
        return _fold_object(value, paths, salt, made)
    if not isinstance(value, list):
        if paths:
            raise MalformedValueError("a path leads into a value that has no members")
        return value
    elements: list[Any] = []
    for position, element in enumerate(value):
        here = [path[1:] for path in paths if path[0] is None or path[0] == position]
        folded = _fold_value(element, [path for path in here if path], salt, made)
        if () in here:
            disclosure = make_disclosure(None, folded, salt=salt())
            made.append(disclosure)
            folded = {ELEMENT: disclosure.digest}
        elements.append(folded)
    return elements


def placements(
    value: Any, disclosures: Mapping[str, Disclosure], *, path: Path = (), above: tuple[Disclosure, ...] = ()
) -> Iterator[tuple[Path, tuple[Disclosure, ...]]]:
    """Yield for each disclosure its path, and itself after those it depends on: for those who choose what to show."""
    if isinstance(value, Mapping):
        for digest in value.get(DIGESTS, ()):
            if disclosure := disclosures.get(digest):
                yield from _placement(disclosure, disclosures, (*path, disclosure.name), above)
        for name, member in value.items():
            if name not in _STRUCTURAL:
                yield from placements(member, disclosures, path=(*path, name), above=above)
    elif isinstance(value, list):
        for position, element in enumerate(value):
            digest = element.get(ELEMENT) if isinstance(element, Mapping) else None
            if digest is None:
                yield from placements(element, disclosures, path=(*path, position), above=above)
            elif disclosure := disclosures.get(digest):
                yield from _placement(disclosure, disclosures, (*path, position), above)


def _placement(
    disclosure: Disclosure, disclosures: Mapping[str, Disclosure], path: Path, above: tuple[Disclosure, ...]
) -> Iterator[tuple[Path, tuple[Disclosure, ...]]]:
    chain = (*above, disclosure)
    yield path, chain
    yield from placements(disclosure.value, disclosures, path=path, above=chain)


def path_covers(wanted: Path, path: Path) -> bool:
    """Tell whether showing `wanted` shows what is at `path`: one is a prefix of the other, None standing for any."""
    return all(a == b or (a is None and isinstance(b, int)) for a, b in zip(wanted, path, strict=False))
