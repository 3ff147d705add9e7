"""The options that may stand anywhere on the line, taken off before the command is parsed.

`mapae --json did resolve X` and `mapae did resolve X --json` are the same line. Nothing after `--` is touched.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from registry_client.cli.i18n import Language, as_language

_VALUED: Final = {
    "--profile": "profile",
    "--node": "node",
    "--lang": "lang",
    "--passphrase-file": "passphrase_file",
    "--pkcs11-module": "pkcs11_module",
}
_FLAGS: Final = {"--json": "json", "--quiet": "quiet", "-q": "quiet", "--no-color": "no_color", "--debug": "debug"}


class UsageError(Exception):
    """The line was written wrongly; the text says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the reader asked of this run, apart from the command itself."""

    profile: str | None = None
    node: str | None = None
    lang: Language | None = None
    passphrase_file: str | None = None
    pkcs11_module: str | None = None
    json: bool = False
    quiet: bool = False
    no_color: bool = False
    debug: bool = False


_current: dict[str, Settings] = {"settings": Settings()}


def current() -> Settings:
    return _current["settings"]


def use(settings: Settings) -> None:
    _current["settings"] = settings


def take(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[Settings, list[str]]:
    """Split a line into the settings and the command's own arguments.

    Raises `UsageError` for a missing value or an unknown language.
    """
    values = os.environ if environment is None else environment
    found: dict[str, str] = {}
    flags: set[str] = set()
    rest: list[str] = []
    position = 0
    while position < len(arguments):
        word = arguments[position]
        position += 1
        if word == "--":
            rest += [word, *arguments[position:]]
            break
        name, equals, value = word.partition("=")
        if name in _VALUED:
            if not equals:
                if position >= len(arguments):
                    raise UsageError(f"{name} needs a value")
                value = arguments[position]
                position += 1
            found[_VALUED[name]] = value
        elif word in _FLAGS:
            flags.add(_FLAGS[word])
        else:
            rest.append(word)
    settings = Settings(
        profile=found.get("profile"),
        node=found.get("node"),
        passphrase_file=found.get("passphrase_file"),
        pkcs11_module=found.get("pkcs11_module"),
        json="json" in flags,
        quiet="quiet" in flags,
        no_color="no_color" in flags or bool(values.get("NO_COLOR")),
        debug="debug" in flags,
    )
    if "lang" in found:
        language = as_language(found["lang"])
        if language is None:
            raise UsageError(f"--lang takes en or ko, not {found['lang']!r}")
        settings = replace(settings, lang=language)
    return settings, rest


def is_unicode(stream: object = None) -> bool:
    """Can the stream write the icons? (a terminal in a legacy locale cannot)"""
    encoding = str(getattr(stream or sys.stdout, "encoding", "") or "")
    return encoding.lower().replace("-", "").startswith("utf")
