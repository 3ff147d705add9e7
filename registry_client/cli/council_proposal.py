"""A council's proposal as it is typed and as it travels between members: NAME=VALUE pairs, and a small file."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from registry_client.cli import context, options
from registry_client.cli.i18n import tr
from registry_client.cli.settings import UsageError

if TYPE_CHECKING:
    from registry_client.actions.council import Proposal


def pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(tr(f"{text}: write NAME=VALUE", f"{text}: NAME=VALUE처럼 씁니다"))
    return name, value


def arguments_of(kind: str, given: Mapping[str, str]) -> tuple[object, ...]:
    """The arguments of a kind from what was typed, in the contract's order."""
    from registry_client.core.credential_types import type_id_of
    from registry_client.core.encoding import decode_hex

    desk = context.desk()
    now = desk.now()

    def text(name: str) -> str:
        try:
            return given[name]
        except KeyError:
            raise UsageError(tr(f"{kind} needs {name}=...", f"{kind}에는 {name}=... 이(가) 필요합니다")) from None

    def agency() -> bytes:
        return desk.did_id(text("agency"))

    def type_id() -> bytes:
        return type_id_of(options.vct_of(text("type"), base=context.profile().base))

    def when(name: str, default: int) -> int:
        return options.time_of(given.get(name), now=now, default=default)

    def contract() -> bytes:
        name, known = text("name"), desk.network.contracts
        if name not in known:
            raise UsageError(tr(f"name is one of {', '.join(known)}", f"name은 다음 중 하나입니다: {', '.join(known)}"))
        return name.encode("ascii").ljust(32, b"\0")

    def hexadecimal(name: str, length: int) -> bytes:
        return decode_hex(text(name).lower(), length=length)

    year = 365 * 86_400
    makers: dict[str, Any] = {
        "admit": lambda: (agency(), decode_hex(text("endorser").lower(), length=21), when("until", now + 3 * year)),
        "dismiss": lambda: (agency(),),
        "grant-root": lambda: (
            agency(),
            type_id(),
            when("from", desk.network.head_time),
            when("until", now + 2 * year),
            given.get("issue", "no") == "yes",
            given.get("accredit", "yes") == "yes",
        ),
        "end-grant": lambda: (agency(), type_id(), int(text("seq")), when("at", desk.network.head_time)),
        "compromise": lambda: (
            desk.did_id(text("did")),
            decode_hex(text("thumbprint").lower(), length=32),
            when("since", desk.network.head_time),
        ),
        "set-council": lambda: (
            tuple(decode_hex(member.lower(), length=21) for member in text("members").split(",")),
            int(text("threshold")),
        ),
        "directory": lambda: (
            contract(),
            hexadecimal("target", 20),
            hexadecimal("code", 32),
            hexadecimal("layout", 32),
        ),
    }
    if kind not in makers:
        raise UsageError(tr(f"a proposal is one of {', '.join(makers)}", f"안건의 종류: {', '.join(makers)}"))
    return tuple(makers[kind]())


def write_proposal(item: "Proposal", given: Mapping[str, str]) -> str:
    from registry_client.cli.output import to_json

    document = {
        "proposal": item.id,
        "kind": item.kind,
        "name": item.name,
        "arguments": item.arguments,
        "salt": item.salt,
        "meaning": dict(given),
    }
    return to_json(document) + "\n"


def read_proposal(file: Path) -> "Proposal":
    from registry_client.actions.council import Proposal
    from registry_client.core.encoding import decode_hex
    from registry_client.errors import MalformedValueError

    value = context.read_json(file)
    try:
        if not isinstance(value, dict):
            raise TypeError
        item = Proposal(int(value["kind"]), decode_hex(value["arguments"]), decode_hex(value["salt"], length=32))
        item.values()
    except (KeyError, TypeError, ValueError, StopIteration):
        raise MalformedValueError(f"{file} is not a proposal written by `mapae council propose`") from None
    return item
