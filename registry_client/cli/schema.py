"""`mapae schema`: credential types on the ledger."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from registry_client.cli import context, options, sending
from registry_client.cli.app import command, noun
from registry_client.cli.i18n import language, tr
from registry_client.cli.output import Screen, emit
from registry_client.cli.settings import UsageError

app = noun("schema", help=tr("Register and show credential types", "자격증명 유형을 등록하고 봅니다"))


@command(
    app,
    "register",
    help=tr("Register a type, or its next version", "유형 또는 그 다음 판을 등록합니다"),
    examples=(
        "mapae schema register --type civil-servant --key controller",
        "mapae schema register --file badge.json --key controller",
    ),
)
def register(
    key: options.Controller,
    type_: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help=tr("one of ours", "기본 제공 유형"))
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help=tr("a type document as JSON", "유형 문서 JSON")),
    ] = None,
    agency: options.Agency = None,
) -> None:
    from registry_client.actions.schema import register_schema
    from registry_client.core.canonical import canonicalize
    from registry_client.core.credential_types import CredentialType

    if (type_ is None) == (file is None):
        raise UsageError(tr("name a type by --type or by --file", "--type 또는 --file로 유형을 지정하세요"))
    if file is not None:
        document = canonicalize(context.read_json(file))
        kind = CredentialType.from_document(document)
    else:
        kind = context.shipped_type(type_ or "")
        document = kind.to_document()
    owner = context.agency(agency)
    standing = context.registry().schema(kind.vct)
    version = 1 if standing is None else standing.count + 1
    operation = register_schema(
        context.desk(), owner=owner, vct=kind.vct, document=document, version=version, controller=context.signer(key)
    )
    sending.change(
        operation,
        what=tr("registering the type", "유형 등록"),
        result={"vct": kind.vct, "type_id": kind.type_id, "version": version, "owner": owner},
        facts=[(tr("type", "유형"), kind.title(language())), ("vct", kind.vct), (tr("version", "판"), version)],
    )


@command(
    app,
    "show",
    help=tr("Show a type and its claims", "유형과 그 항목을 봅니다"),
    examples=("mapae schema show civil-servant --lang ko", "mapae schema show gate-pass --version 1 --json"),
)
def show(
    type_: Annotated[str, typer.Argument(metavar="TYPE", help=tr("a short name or a vct", "이름 또는 vct"))],
    version: Annotated[int | None, typer.Option("--version", metavar="N", help=tr("that version", "그 판"))] = None,
) -> None:
    from registry_client.core.credential_types import CredentialType
    from registry_client.core.strict_json import parse_object
    from registry_client.errors import SchemaMismatchError

    vct = options.vct_of(type_, base=context.profile().base)
    found = context.registry().schema(vct, version=version)
    if found is None:
        raise SchemaMismatchError("the ledger has no such credential type", type=vct)
    kind = CredentialType.from_document(found.document)
    document = {
        "vct": vct,
        "type_id": found.type_id,
        "version": found.version,
        "versions": found.count,
        "owner": context.did_name("0x" + found.owner.hex()),
        "digest": found.digest,
        "assurance": str(found.assurance),
        "document": parse_object(found.document),
    }

    def page(screen: Screen) -> None:
        screen.title(kind.title(language()))
        screen.facts(
            [
                ("vct", vct),
                (tr("owner", "소유 기관"), document["owner"]),
                (tr("version", "판"), f"{found.version} / {found.count}"),
                (tr("digest", "지문"), "0x" + found.digest.hex()),
            ]
        )
        screen.line(tr("claims (* required)", "항목 (* 필수)"), style="bold")
        required = kind.subject_schema.get("required", ())
        rules = kind.subject_schema.get("properties", {})
        screen.facts(
            [
                (f"{name}{'*' if name in required else ''}", f"{kind.label(name, language())}{_rule(rules[name])}")
                for name in sorted(kind.claim_names)
            ]
        )
        if {"validFrom", "validUntil"} <= kind.claim_names:
            screen.note(
                tr(
                    "validFrom, validUntil: from valid_from and valid_until or --until where a line leaves them out",
                    "validFrom, validUntil: 줄에 없으면 valid_from과 valid_until 또는 --until의 날짜로 채웁니다",
                )
            )

    emit(document, page)


def _rule(rule: Mapping[str, Any]) -> str:
    """A claim's pattern or longest length, as its schema writes it; empty where there is neither."""
    if "pattern" in rule:
        return f"  {rule['pattern']}"
    return f"  {tr('at most', '최대')} {rule['maxLength']}" if "maxLength" in rule else ""
