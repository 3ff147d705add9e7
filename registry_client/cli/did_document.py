"""Keys and services as they are typed for a DID's document, and the document that follows the standing one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from registry_client.cli import context
from registry_client.cli.i18n import tr
from registry_client.cli.settings import UsageError

if TYPE_CHECKING:
    from registry_client.core.document import Relationship
    from registry_client.core.document_builder import MethodEntry, ServiceEntry
    from registry_client.core.facts import DidVersion

Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        metavar="FRAGMENT=KEY[:USE]",
        help=tr(
            "a key to list, USE assertionMethod (default), authentication or none; repeatable",
            "문서에 넣을 키, USE는 assertionMethod(기본), authentication, none; 반복 가능",
        ),
    ),
]
Services = Annotated[
    list[str] | None,
    typer.Option("--service", metavar="FRAGMENT=TYPE,URL", help=tr("a service; repeatable", "서비스; 반복 가능")),
]
Document = Annotated[
    Path | None, typer.Option("--document", metavar="FILE", help=tr("a whole document as JSON", "문서 전체 JSON"))
]


def next_document(
    did: str,
    standing: "DidVersion",
    *,
    method: list[str] | None,
    service: list[str] | None,
    remove: list[str] | None,
    document: Path | None,
) -> bytes:
    """The bytes to anchor: a whole new document, or the standing one with some keys and services changed."""
    from registry_client.core.canonical import canonicalize
    from registry_client.core.did import Did
    from registry_client.core.document import parse_organisation, require_no_reuse
    from registry_client.core.document_builder import ServiceEntry, build_organisation, entries_of

    present = parse_organisation(standing.document or b"", Did(did))
    if document is not None:
        data = canonicalize(context.read_json(document))
    else:
        gone = set(remove or ())
        unknown = (
            gone
            - {entry.fragment for entry in entries_of(present)}
            - {item["id"].partition("#")[2] for item in present.json.get("service", ())}
        )
        if unknown:
            raise UsageError(tr(f"the document has no #{min(unknown)}", f"문서에 #{min(unknown)}이(가) 없습니다"))
        methods = [entry for entry in entries_of(present) if entry.fragment not in gone] + methods_of(method)
        services = [
            ServiceEntry(item["id"].partition("#")[2], item["type"], item["serviceEndpoint"])
            for item in present.json.get("service", ())
            if item["id"].partition("#")[2] not in gone
        ] + services_of(service)
        aliases = present.json.get("alsoKnownAs", ())
        data = build_organisation(
            Did(did),
            methods=methods,
            services=services,
            also_known_as=aliases,
            contexts=present.json["@context"],
        )
    require_no_reuse(present, parse_organisation(data, Did(did)))
    return data


_USES: "Final[dict[str, tuple[Relationship, ...]]]" = {
    "assertionMethod": ("assertionMethod",),
    "authentication": ("authentication",),
    "none": (),
}


def methods_of(texts: list[str] | None) -> "list[MethodEntry]":
    from registry_client.core.document_builder import MethodEntry

    entries = []
    for text in texts or ():
        fragment, equals, rest = text.partition("=")
        name, _, use = rest.partition(":")
        uses = _USES.get(use or "assertionMethod")
        if not equals or not fragment or not name or uses is None:
            raise UsageError(
                tr(
                    f"--method {text}: write issue-2=KEY or issue-2=KEY:none",
                    f"--method {text}: issue-2=KEY처럼 씁니다",
                )
            )
        entries.append(MethodEntry(fragment, context.public_key(name), uses))
    return entries


def services_of(texts: list[str] | None) -> "list[ServiceEntry]":
    from registry_client.core.document_builder import ServiceEntry

    entries = []
    for text in texts or ():
        fragment, equals, rest = text.partition("=")
        type_, comma, url = rest.partition(",")
        if not equals or not comma or not fragment or not type_ or not url:
            raise UsageError(
                tr(
                    f"--service {text}: write web=TYPE,https://...",
                    f"--service {text}: web=TYPE,https://...처럼 씁니다",
                )
            )
        entries.append(ServiceEntry(fragment, type_, url))
    return entries
