"""Reading a node's JSON answers: each member typed and bounded, every surprise a LedgerUnavailableError.

- A problem document (RFC 9457) becomes the error class of its `type` where that is one of ours, else NodeRefusedError.
- Status 404 with a problem document means that the ledger has no such thing; without one, that no node answered.
"""

import zlib
from collections.abc import Mapping
from typing import Any, Final

from registry_client.core.did import parse_mapae
from registry_client.core.encoding import decode_base64url, decode_hex
from registry_client.core.facts import STATUS_LIST_BYTES, LedgerHead
from registry_client.core.strict_json import parse_object
from registry_client.errors import (
    InvalidInputError,
    LedgerUnavailableError,
    MalformedValueError,
    NodeRefusedError,
    ParsingError,
    RegistryError,
    ResolutionError,
    all_errors,
)
from registry_client.flows import HttpAnswer

ANSWER_MAX_BYTES: Final = 16 * 1024 * 1024
NOT_FOUND: Final = 404
_CALLERS_ERRORS: Final = [kind for base in (InvalidInputError, ResolutionError) for kind in all_errors(base)]
_BY_TYPE: Final = {kind.type_uri: kind for kind in reversed(_CALLERS_ERRORS)}  # where two share a type, the first
"""`type` of a problem -> our class, for what a caller may have done wrong."""


class Members:
    """One JSON object of an answer; getters check type and bounds."""

    def __init__(self, values: Mapping[str, Any], *, network: str, path: str) -> None:
        """`path`: what was asked, for error texts. `network`: the only one whose DIDs are read."""
        self._values = values
        self._network = network
        self._path = path

    def text(self, name: str) -> str:
        """Return a string member."""
        value = self._values.get(name)
        if not isinstance(value, str):
            raise self._surprise(name, "text")
        return value

    def text_or_none(self, name: str) -> str | None:
        """Return a string member; None where it is null or absent."""
        return None if self._values.get(name) is None else self.text(name)

    def number(self, name: str) -> int:
        """Return a non-negative integer member."""
        value = self._values.get(name)
        if type(value) is not int or value < 0:
            raise self._surprise(name, "a number")
        return value

    def number_or_none(self, name: str) -> int | None:
        """Return an integer member; None where it is null or absent."""
        return None if self._values.get(name) is None else self.number(name)

    def flag(self, name: str) -> bool:
        """Return a boolean member."""
        value = self._values.get(name)
        if type(value) is not bool:
            raise self._surprise(name, "true or false")
        return value

    def hexed(self, name: str, length: int | None = None) -> bytes:
        """Return the bytes of a 0x-hex member."""
        try:
            return decode_hex(self.text(name), length=length)
        except MalformedValueError as error:
            raise self._surprise(name, error.detail) from None

    def hexed_or_none(self, name: str, length: int) -> bytes | None:
        """Return the bytes of a 0x-hex member; None where it is null or absent."""
        return None if self._values.get(name) is None else self.hexed(name, length)

    def packed(self, name: str) -> bytes:
        """Return the bytes of an unpadded base64url member."""
        try:
            return decode_base64url(self.text(name))
        except MalformedValueError as error:
            raise self._surprise(name, error.detail) from None

    def words(self, name: str) -> bytes:
        """Return both planes of a status list from base64url of zlib; never inflates beyond its fixed size."""
        inflater = zlib.decompressobj()
        try:
            data = inflater.decompress(self.packed(name), STATUS_LIST_BYTES + 1)
        except zlib.error:
            raise self._surprise(name, "zlib data") from None
        if len(data) != STATUS_LIST_BYTES or not inflater.eof or inflater.unused_data:
            raise self._surprise(name, f"zlib data of {STATUS_LIST_BYTES} bytes")
        return data

    def did_id(self, name: str) -> bytes:
        """Return the id of a DID of this network."""
        try:
            did = parse_mapae(self.text(name))
        except InvalidInputError as error:
            raise self._surprise(name, error.detail) from None
        if did.network != self._network:
            raise self._surprise(name, f"a DID of {self._network}")
        return did.did_id

    def party(self, name: str) -> bytes:
        """Return the id of a DID, all zero where the member is null: the council."""
        return bytes(20) if self._values.get(name) is None else self.did_id(name)

    def objects(self, name: str, limit: int) -> list["Members"]:
        """Return an array of at most `limit` objects."""
        values = self._values.get(name)
        if not isinstance(values, list) or len(values) > limit or not all(isinstance(v, dict) for v in values):
            raise self._surprise(name, f"at most {limit} objects")
        return [Members(value, network=self._network, path=self._path) for value in values]

    def object(self, name: str) -> "Members":
        """Return an object member."""
        value = self._values.get(name)
        if not isinstance(value, dict):
            raise self._surprise(name, "an object")
        return Members(value, network=self._network, path=self._path)

    def object_or_none(self, name: str) -> "Members | None":
        """Return an object member; None where it is null or absent."""
        return None if self._values.get(name) is None else self.object(name)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return an object member as it is."""
        return dict(self.object(name)._values)  # noqa: SLF001 - the same class

    def texts(self, name: str, limit: int) -> tuple[str, ...]:
        """Return an array of at most `limit` strings."""
        values = self._values.get(name)
        if not isinstance(values, list) or len(values) > limit or not all(isinstance(v, str) for v in values):
            raise self._surprise(name, f"at most {limit} texts")
        return tuple(values)

    def head(self) -> LedgerHead:
        """Return the `ledger` member: where the node was when it answered."""
        place = self.object("ledger")
        return LedgerHead(
            place.number("block_number"),
            place.hexed("block_hash", 32),
            place.number("block_time"),
            place.number("final"),
        )

    def _surprise(self, name: str, expected: str) -> LedgerUnavailableError:
        return LedgerUnavailableError(
            f"the node's answer to {self._path} has no usable {name}: {expected}", member=name
        )


def read_answer(answer: HttpAnswer, *, path: str, network: str) -> Members | None:
    """Return the object of a 200 answer, None for a 404 that says so. Raises RegistryError's family for the rest."""
    try:
        values = parse_object(answer.body, max_bytes=ANSWER_MAX_BYTES)
    except ParsingError as error:
        raise LedgerUnavailableError(
            f"the node answered {path} with HTTP {answer.status} and no JSON: {error.detail}", status=answer.status
        ) from None
    if 200 <= answer.status < 300:
        return Members(values, network=network, path=path)
    if answer.status == NOT_FOUND and "type" in values:
        return None
    raise problem_of(values, status=answer.status)


def problem_of(values: Mapping[str, Any], *, status: int) -> RegistryError:
    """Return the error that a problem document stands for."""
    kind, detail = values.get("type"), values.get("detail")
    said = detail[:1_000].strip() if isinstance(detail, str) else ""
    text = said or f"the node refused with HTTP {status} and no reason"
    if status >= 500:
        return LedgerUnavailableError(f"the node cannot answer: {text}", status=status)
    if isinstance(kind, str) and kind in _BY_TYPE:
        return _BY_TYPE[kind](text, status=status)
    return NodeRefusedError(text, status=status, problem_type=kind if isinstance(kind, str) else None)
