"""Messages of DidRegistry."""

from registry_client.cli import context
from registry_client.cli.did_document import methods_of, next_document, services_of
from registry_client.cli.drafts.given import Draft, Given, standing_controller
from registry_client.cli.i18n import tr
from registry_client.cli.settings import UsageError


def create_organisation(given: Given) -> Draft:
    from registry_client.core.canonical import canonicalize
    from registry_client.core.did import KIND_ORGANISATION, Did, compute_did_id
    from registry_client.core.document import parse_organisation
    from registry_client.core.document_builder import build_organisation

    controller, salt = given.controller("controller"), given.salt()
    did_id = compute_did_id(kind=KIND_ORGANISATION, controller=controller, salt=salt)
    did = Did(given.desk.did(did_id))
    if given.optional("document") is not None:
        document = canonicalize(context.read_json(given.path("document")))
        parse_organisation(document, did)
    else:
        document = build_organisation(
            did, methods=methods_of(given.many("method")), services=services_of(given.many("service"))
        )
    agency = given.optional("endorsing-agency")
    message = {
        "controller": controller,
        "salt": salt,
        "agency": did_id if agency is None else given.did_id(agency),
        "document": document,
    }
    return Draft(message, {"controller": controller})


def create_holder(given: Given) -> Draft:
    from registry_client.core.curves import Curve
    from registry_client.errors import InvalidKeyError

    phone = context.public_key(given.text("phone"))
    if phone.curve is not Curve.P256:
        raise InvalidKeyError("a phone's key is a P-256 key", curve=phone.curve.value)
    guardian = given.did_id(given.agency("guardian"))
    message = {"x": phone.raw[:32], "y": phone.raw[32:], "salt": given.salt(), "guardian": guardian}
    return Draft(message, {"controller": phone.controller()})


def update_document(given: Given) -> Draft:
    did = given.text("did")
    standing, expected = standing_controller(did)
    message = {
        "id": given.did_id(did),
        "expectedVersion": standing.version,
        "document": _following(given, did),
    }
    return Draft(message, expected)


def transfer_control(given: Given) -> Draft:
    did, new = given.text("did"), given.controller("new-controller")
    standing, expected = standing_controller(did)
    message = {
        "id": given.did_id(did),
        "expectedVersion": standing.version,
        "newController": new,
        "document": _following(given, did),
    }
    return Draft(message, {**expected, "new_controller": new})


def deactivate_did(given: Given) -> Draft:
    did = given.text("did")
    standing, expected = standing_controller(did)
    return Draft({"id": given.did_id(did), "expectedVersion": standing.version}, expected)


def deactivate_holder(given: Given) -> Draft:
    return Draft({"id": given.did_id(given.text("did")), "guardian": given.did_id(given.agency("guardian"))})


def mark_compromised(given: Given) -> Draft:
    from registry_client.actions.did import NO_TYPE

    did = given.text("did")
    fragment = given.optional("method")
    if (fragment is None) == (given.optional("thumbprint") is None):
        raise UsageError(tr("name the key by method= or by thumbprint=", "method= 또는 thumbprint=로 키를 지정하세요"))
    if fragment is None:
        digest = given.hexadecimal("thumbprint", 32)
    else:
        digest = context.document_of(did).method(f"{did}#{fragment}").public_key.thumbprint()
    reporter = given.did("reporter", default=did)
    is_own = reporter == did
    message = {
        "id": given.did_id(did),
        "keyThumbprint": digest,
        "since": given.when("since", given.head_time),
        "reporter": given.did_id(reporter),
        "typeId": NO_TYPE if is_own else given.type_id(),
        "seq": 0 if is_own else given.number("grant"),
    }
    return Draft(message, standing_controller(reporter)[1])


def _following(given: Given, did: str) -> bytes:
    return next_document(
        did,
        context.standing(did),
        method=given.many("method"),
        service=given.many("service"),
        remove=given.many("remove"),
        document=None if given.optional("document") is None else given.path("document"),
    )
