"""What was typed after `mapae operation make KIND`: NAME=VALUE pairs, read as the message needs them.

Names are checked against the kind's table first, so that a misspelt one is told before anything is asked of a node.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from registry_client.cli import context, options
from registry_client.cli.i18n import tr
from registry_client.cli.settings import UsageError

if TYPE_CHECKING:
    from registry_client.actions.desk import Desk
    from registry_client.core.facts import DidVersion


@dataclass(frozen=True, slots=True)
class Draft:
    """A message without deadline and nonce, and whose signature is expected in which role, where it is known."""

    message: dict[str, Any]
    expected: Mapping[str, bytes] = field(default_factory=dict)


class Given:
    """The values of one line, by name. Every reader raises UsageError for what is missing or cannot be read."""

    def __init__(self, kind: str, values: Mapping[str, Sequence[str]]) -> None:
        self.kind = kind
        self._values = values

    @property
    def desk(self) -> "Desk":
        return context.desk()

    @property
    def now(self) -> int:
        return context.desk().now()

    @property
    def head_time(self) -> int:
        return context.desk().network.head_time

    def optional(self, name: str) -> str | None:
        values = self._values.get(name)
        if values is None:
            return None
        if len(values) > 1:
            raise UsageError(tr(f"{name} is given twice", f"{name}이(가) 두 번 있습니다"))
        return values[0]

    def many(self, name: str) -> list[str]:
        return list(self._values.get(name, ()))

    def text(self, name: str) -> str:
        value = self.optional(name)
        if value is None:
            raise UsageError(
                tr(
                    f"{self.kind} needs {name}=...; `mapae operation kinds {self.kind}` lists all",
                    f"{self.kind}에는 {name}=... 이(가) 필요합니다; 목록: `mapae operation kinds {self.kind}`",
                )
            )
        return value

    def did(self, name: str, *, default: str | None = None) -> str:
        return (self.optional(name) or default) if default is not None else self.text(name)

    def agency(self, name: str) -> str:
        """The DID given, else the profile's agency."""
        return context.agency(self.optional(name), option=f"{name}=")

    def did_id(self, did: str) -> bytes:
        return context.desk().did_id(did)

    def when(self, name: str, default: int) -> int:
        return options.time_of(self.optional(name), now=self.now, default=default)

    def number(self, name: str) -> int:
        text = self.text(name)
        if not (text.isascii() and text.isdecimal()) or len(text) > 18:
            raise UsageError(tr(f"{name}: a whole number", f"{name}: 정수를 쓰세요"))
        return int(text)

    def flag(self, name: str, *, default: bool) -> bool:
        text = self.optional(name)
        if text not in {None, "yes", "no"}:
            raise UsageError(tr(f"{name} is yes or no", f"{name}은(는) yes 또는 no입니다"))
        return default if text is None else text == "yes"

    def hexadecimal(self, name: str, length: int) -> bytes:
        from registry_client.core.encoding import decode_hex
        from registry_client.errors import MalformedValueError

        try:
            return decode_hex(self.text(name).lower(), length=length)
        except MalformedValueError as error:
            raise UsageError(f"{name}: {error.detail}") from None

    def salt(self) -> bytes:
        return options.salt_of(self.optional("salt"))

    def vct(self, name: str = "type") -> str:
        return options.vct_of(self.text(name), base=context.profile().base)

    def type_id(self) -> bytes:
        from registry_client.core.credential_types import type_id_of

        return type_id_of(self.vct())

    def controller(self, name: str) -> bytes:
        """A Controller: 0x-hex, or the name of a key whose public half is here."""
        return controller_of(self.text(name))

    def path(self, name: str) -> Path:
        return Path(self.text(name))


def controller_of(text: str) -> bytes:
    """The 21 bytes of a Controller written as 0x-hex, or of a key named as everywhere else."""
    from registry_client.core.encoding import decode_hex

    return decode_hex(text.lower(), length=21) if text.startswith("0x") else context.public_key(text).controller()


def standing_controller(did: str) -> "tuple[DidVersion, dict[str, bytes]]":
    """A DID as it stands, and its controller as the expected signer."""
    standing = context.standing(did)
    return standing, {"controller": standing.controller}
