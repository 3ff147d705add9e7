"""Messages of Roles and AccreditationRegistry: who may act for an agency, who may issue what."""

from registry_client.cli import context
from registry_client.cli.drafts.given import Draft, Given, standing_controller


def admit_agency(given: Given) -> Draft:
    from registry_client.actions.agency import parse_request
    from registry_client.actions.roles import ADMISSION_S

    root = given.agency("root")
    if given.optional("request") is not None:
        asked = parse_request(context.read_json(given.path("request")))
        agency, endorser = asked.did, asked.endorser
    else:
        agency, endorser = given.text("agency"), given.controller("endorser")
    message = {
        "root": given.did_id(root),
        "agency": given.did_id(agency),
        "endorser": endorser,
        "until": given.when("until", given.now + ADMISSION_S),
    }
    return Draft(message, standing_controller(root)[1])


def dismiss_agency(given: Given) -> Draft:
    root = given.agency("root")
    message = {"root": given.did_id(root), "agency": given.did_id(given.text("agency"))}
    return Draft(message, standing_controller(root)[1])


def grant_role(given: Given) -> Draft:
    from registry_client.actions.roles import TERM_S

    draft = end_role(given)
    return Draft({**draft.message, "until": given.when("until", given.now + TERM_S)}, draft.expected)


def end_role(given: Given) -> Draft:
    from registry_client.actions.roles import role_number

    agency = given.agency("agency")
    message = {
        "agency": given.did_id(agency),
        "role": role_number(given.text("role")),
        "grantee": given.controller("to"),
    }
    return Draft(message, standing_controller(agency)[1])


def accredit(given: Given) -> Draft:
    from registry_client.actions import accreditation as rights
    from registry_client.core.credential_types import type_id_of

    desk, grantor, agency, vct = given.desk, given.agency("grantor"), given.text("agency"), given.vct()
    parent = rights.newest_grant(desk, grantor, vct)
    start = given.when("from", max(int(parent["from"]), given.head_time))
    message = {
        "grantor": given.did_id(grantor),
        "grantorSeq": int(parent["seq"]),
        "agency": given.did_id(agency),
        "typeId": type_id_of(vct),
        "expectedSeq": rights.count_of(desk, agency, vct) + 1,
        "from": start,
        "until": given.when("until", min(int(parent["until"]), start + rights.WINDOW_S)),
        "mayIssue": given.flag("issue", default=True),
        "mayAccredit": given.flag("accredit", default=False),
    }
    return Draft(message, standing_controller(grantor)[1])


def end_grant(given: Given) -> Draft:
    grantor = given.agency("grantor")
    message = {
        "grantor": given.did_id(grantor),
        "agency": given.did_id(given.text("agency")),
        "typeId": given.type_id(),
        "seq": given.number("grant"),
        "endedAt": given.when("at", given.now),
    }
    return Draft(message, standing_controller(grantor)[1])
