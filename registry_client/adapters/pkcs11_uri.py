"""PKCS#11 URIs (RFC 7512): how a key in a token is named, `pkcs11:token=agency;object=controller`.

- Known attributes: token, serial, manufacturer, model, slot-id, object, id, type=private; module-path and pin-source in
  the query. Unknown ones are refused: a name that is not understood could have meant another key.
- A PIN never stands in a URI: URIs are typed on command lines, which everybody on the machine can read.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from registry_client.errors import TokenUriError

SCHEME: Final = "pkcs11:"
URI_MAX_LENGTH: Final = 1_024  # characters
_PATH: Final = frozenset({"token", "serial", "manufacturer", "model", "slot-id", "object", "id", "type"})
_QUERY: Final = frozenset({"module-path", "pin-source"})
_ESCAPES: Final = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


@dataclass(frozen=True, slots=True)
class TokenUri:
    """What a URI names; None is "any". `slot_id`: the module's number of the slot. `id`: CKA_ID."""

    token: str | None = None
    serial: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    slot_id: int | None = None
    object: str | None = None
    id: bytes | None = None
    module_path: str | None = None
    pin_source: str | None = None

    @property
    def key_name(self) -> str:
        """What the key is called in texts: its label, else its id."""
        return self.object or ("" if self.id is None else "0x" + self.id.hex())

    def text(self) -> str:
        """Return the URI of the same key, without its query."""
        values = {"token": self.token, "serial": self.serial, "manufacturer": self.manufacturer, "model": self.model}
        parts = [f"{name}={_escaped(value.encode())}" for name, value in values.items() if value is not None]
        parts += [f"slot-id={self.slot_id}"] if self.slot_id is not None else []
        parts += [f"object={_escaped(self.object.encode())}"] if self.object is not None else []
        parts += ["id=" + "".join(f"%{byte:02X}" for byte in self.id)] if self.id is not None else []
        return SCHEME + ";".join(parts)


def is_token_uri(text: str) -> bool:
    """Tell whether a text claims to be a PKCS#11 URI."""
    return text.startswith(SCHEME)


def parse_token_uri(text: str) -> TokenUri:
    """Read a URI. Raises TokenUriError."""
    if not is_token_uri(text) or len(text) > URI_MAX_LENGTH:
        raise TokenUriError("a key in a token is named like pkcs11:token=agency;object=controller")
    path, question, query = text.removeprefix(SCHEME).partition("?")
    values = _attributes(path, ";", _PATH)
    values |= _attributes(query, "&", _QUERY) if question else {}
    if values.get("type", b"private") != b"private":
        raise TokenUriError("type is private, or left out: what signs is a private key")
    slot = values.get("slot-id")
    if slot is not None and not (slot.isdigit() and len(slot) <= 20):
        raise TokenUriError("slot-id is a number")
    texts: dict[str, str | None] = {}
    for name in (*_PATH, *_QUERY):
        if name in {"id", "slot-id", "type"}:
            continue
        try:
            texts[name] = values[name].decode("utf-8") if name in values else None
        except UnicodeDecodeError:
            raise TokenUriError(f"{name} is not UTF-8 text", attribute=name) from None
    return TokenUri(
        token=texts["token"],
        serial=texts["serial"],
        manufacturer=texts["manufacturer"],
        model=texts["model"],
        slot_id=None if slot is None else int(slot),
        object=texts["object"],
        id=values.get("id"),
        module_path=texts["module-path"],
        pin_source=texts["pin-source"],
    )


def _attributes(text: str, separator: str, known: frozenset[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in text.split(separator) if text else ():
        name, equals, value = part.partition("=")
        if name == "pin-value":
            raise TokenUriError("a PIN does not stand in a URI: it is asked for, or read from a file or a descriptor")
        if not equals or name not in known or name in found:
            raise TokenUriError(
                f"{name[:32]!r} is not known here, stands twice or has no value; known are {', '.join(sorted(known))}",
                attribute=name[:32],
            )
        if not value or not _ESCAPES.fullmatch(value):
            raise TokenUriError(f"{name} is empty or badly escaped", attribute=name)
        found[name] = unquote_to_bytes(value)
    return found


def _escaped(value: bytes) -> str:
    return "".join(chr(byte) if chr(byte) in _PLAIN else f"%{byte:02X}" for byte in value)
