"""The two creations: an organisation's DID, and the DID of a person's phone."""

from typing import Annotated

import typer

from registry_client.cli import context, options, sending
from registry_client.cli.did_document import Methods, Services, methods_of, services_of
from registry_client.cli.i18n import tr


def create(
    key: options.Controller,
    endorser: Annotated[str, typer.Option("--endorser", metavar="KEY", help=tr("the endorser's key", "보증자의 키"))],
    endorsing: Annotated[
        str | None,
        typer.Option(
            "--endorsing-agency",
            metavar="DID",
            help=tr("in whose name (default: the new DID itself)", "보증하는 기관 (기본: 새 DID 자신)"),
        ),
    ] = None,
    method: Methods = None,
    service: Services = None,
    salt: options.Salt = None,
    registrar: options.Registrar = None,
) -> None:
    from registry_client.actions import did as dids
    from registry_client.core.did import Did
    from registry_client.core.document_builder import build_organisation

    desk, controller = context.desk(), context.signer(key)
    birth = dids.organisation_birth(desk, controller=controller, salt=options.salt_of(salt))
    document = build_organisation(Did(birth.did), methods=methods_of(method), services=services_of(service))
    creation = dids.create_organisation(
        desk,
        birth,
        document=document,
        controller=controller,
        endorser=context.signer(endorser),
        agency=endorsing or birth.did,
    )
    sending.change(
        creation,
        what=tr("creating the DID", "DID 생성"),
        result={"did": birth.did, "salt": birth.salt},
        facts=[("DID", birth.did), ("salt", "0x" + birth.salt.hex())],
        registrar=registrar,
    )


def create_holder(
    phone: Annotated[
        str, typer.Option("--phone", metavar="KEY", help=tr("the phone's P-256 key", "휴대전화의 P-256 키"))
    ],
    endorser: Annotated[str, typer.Option("--endorser", metavar="KEY", help=tr("the endorser's key", "보증자의 키"))],
    guardian: Annotated[
        str | None,
        typer.Option("--guardian", metavar="DID", help=tr("default: the profile's agency", "기본: 프로필의 기관")),
    ] = None,
    salt: options.Salt = None,
    registrar: options.Registrar = None,
) -> None:
    from registry_client.actions import did as dids

    desk, key = context.desk(), context.signer(phone)
    birth = dids.holder_birth(desk, phone=key, salt=options.salt_of(salt))
    creation = dids.create_holder(
        desk, birth, phone=key, endorser=context.signer(endorser), guardian=context.agency(guardian)
    )
    sending.change(
        creation,
        what=tr("creating the DID", "DID 생성"),
        result={"did": birth.did, "salt": birth.salt},
        facts=[("DID", birth.did), ("salt", "0x" + birth.salt.hex())],
        registrar=registrar,
    )
