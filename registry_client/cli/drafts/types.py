"""Messages of SchemaRegistry and ServiceRegistry: types, and who may ask for their claims."""

from registry_client.cli import context
from registry_client.cli.drafts.given import Draft, Given, standing_controller
from registry_client.cli.i18n import tr
from registry_client.cli.settings import UsageError


def register_schema(given: Given) -> Draft:
    from registry_client.core.canonical import canonicalize
    from registry_client.core.credential_types import CredentialType

    if given.optional("file") is not None:
        document = canonicalize(context.read_json(given.path("file")))
        kind = CredentialType.from_document(document)
    else:
        kind = context.shipped_type(given.text("type"))
        document = kind.to_document()
    owner = given.agency("agency")
    standing = context.registry().schema(kind.vct)
    message = {
        "owner": given.did_id(owner),
        "vct": kind.vct,
        "expectedVersion": 1 if standing is None else standing.count + 1,
        "document": document,
    }
    return Draft(message, standing_controller(owner)[1])


def set_service(given: Given) -> Draft:
    from registry_client.actions import service as services
    from registry_client.core.canonical import canonicalize
    from registry_client.core.credential_types import type_id_of

    code, vct = given.text("code"), given.vct()
    standing = context.registry().service(vct, code)
    start = given.when("from", given.head_time)
    names = [name.strip() for name in given.text("claims").split(",") if name.strip()]
    document = services.service_document(
        vct=vct, claims=names, purpose_en=given.text("purpose"), purpose_ko=given.text("purpose-ko")
    )
    message = {
        "typeId": type_id_of(vct),
        "code": services.code_bytes(code),
        "expectedVersion": 1 if standing is None else standing.version + 1,
        "verifier": given.did_id(given.text("verifier")),
        "from": start,
        "until": given.when("until", start + services.WINDOW_S),
        "document": canonicalize(document),
    }
    return Draft(message, _owner(vct))


def end_service(given: Given) -> Draft:
    from registry_client.actions.service import code_bytes
    from registry_client.core.credential_types import type_id_of

    code, vct = given.text("code"), given.vct()
    standing = context.registry().service(vct, code)
    if standing is None:
        raise UsageError(
            tr(f"the ledger has no service {code} for this type", f"원장에 이 유형의 서비스 {code}가 없습니다")
        )
    message = {
        "typeId": type_id_of(vct),
        "code": code_bytes(code),
        "expectedVersion": standing.version,
        "endedAt": given.when("at", given.now),
    }
    return Draft(message, _owner(vct))


def _owner(vct: str) -> dict[str, bytes]:
    """The controller of the type's owner, who decides about its services."""
    record = context.registry().schema(vct)
    if record is None:
        raise UsageError(tr("the ledger has no such credential type", "원장에 그런 유형이 없습니다"))
    return standing_controller(context.did_name("0x" + record.owner.hex()))[1]
