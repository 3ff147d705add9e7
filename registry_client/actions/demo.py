"""Fixtures for an outside tester, made by real operations: DIDs in every state, credentials that pass and that fail."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from registry_client.actions import credential, founding
from registry_client.actions import did as dids
from registry_client.actions.desk import Desk
from registry_client.actions.did import Birth
from registry_client.actions.keyring import KeyRing, new_salt
from registry_client.actions.status import Change
from registry_client.adapters.book import IssuerBook
from registry_client.core.book import BookEntry, IssuanceRequest
from registry_client.core.credential_types import CredentialType
from registry_client.core.did import KIND_ORGANISATION, Did, compute_did_id
from registry_client.core.document_builder import MethodEntry, ServiceEntry, build_organisation
from registry_client.core.encoding import decode_base64url, encode_base64url
from registry_client.core.keys import Signer
from registry_client.core.operation import SignedOperation
from registry_client.issuer import CredentialIssuer, delivery_of

UPDATES: Final = 10
"""How often the DID `updated` changes its document."""
_DAY_S: Final = 86_400

OnStage = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Fixtures:
    """What was made. `credentials`: name -> {format, credential, receipt}, as it is handed to a holder."""

    dids: dict[str, str]
    credentials: dict[str, dict[str, object]]


def make_fixtures(
    desk: Desk, ring: KeyRing, *, kind: CredentialType, types: Sequence[CredentialType], host: str, on_stage: OnStage
) -> Fixtures:
    """Make everything. `kind`: the type of the credentials. `types`: what the ministry may accredit for.

    `host`: base URL of the status lists. `on_stage` is told `ministry`, `agency`, `dids`, `credentials`.
    """
    on_stage("ministry")
    ministry = founding.found_ministry(desk, ring, types=types, on_done=lambda *_: None)
    founding.register_types(desk, ring, ministry=ministry, types=types)
    on_stage("agency")
    founded = founding.found_agency(desk, ring, ministry=ministry, types=[kind], on_done=lambda *_: None)
    on_stage("dids")
    named = _make_dids(desk, ring, ministry=ministry)
    on_stage("credentials")
    return Fixtures(named, _make_credentials(desk, ring, founded, kind=kind, host=host))


def _make_dids(desk: Desk, ring: KeyRing, *, ministry: str) -> dict[str, str]:
    controller, endorser = ring.fresh("controller"), ring.standing("ministry-endorser")
    births = {name: _birth(desk, controller) for name in ("active", "updated", "deactivated", "with_service")}
    creations = [
        dids.create_organisation(
            desk,
            birth,
            document=_document(birth, controller, with_service=name == "with_service"),
            controller=controller,
            endorser=endorser,
            agency=ministry,
        )
        for name, birth in births.items()
    ]
    desk.send(*creations)
    desk.send(dids.deactivate(desk, births["deactivated"].did, version=1, controller=controller))
    for version in range(1, UPDATES + 1):
        desk.send(_update(desk, births["updated"], version, controller))
    missing = compute_did_id(
        kind=KIND_ORGANISATION, controller=controller.public_key.controller(), salt=secrets.token_bytes(32)
    )
    return {**{name: birth.did for name, birth in births.items()}, "missing": desk.did(missing)}


def _birth(desk: Desk, controller: Signer) -> Birth:
    return dids.organisation_birth(desk, controller=controller, salt=new_salt())


def _document(birth: Birth, key: Signer, *, with_service: bool = False, number: int = 1) -> bytes:
    services = [ServiceEntry("web", "LinkedDomains", "https://agency.example")] if with_service else []
    methods = [MethodEntry("auth-1", key.public_key, ("authentication", "assertionMethod"))]
    aliases = () if number == 1 else (f"https://agency.example/edition/{number}",)
    return build_organisation(Did(birth.did), methods=methods, services=services, also_known_as=aliases)


def _update(desk: Desk, birth: Birth, version: int, controller: Signer) -> SignedOperation:
    document = _document(birth, controller, number=version + 1)
    return dids.update_document(desk, birth.did, document=document, version=version, controller=controller)


def _make_credentials(
    desk: Desk, ring: KeyRing, founded: founding.FoundedAgency, *, kind: CredentialType, host: str
) -> dict[str, dict[str, object]]:
    holder = ring.fresh("phone").public_key
    path = book_path(ring)
    with IssuerBook.create(path, agency=founded.did, secret=ring.book_secret()) as book:
        book.add_list(founded.list_id, opened_at=desk.now())
        issuer = CredentialIssuer(
            book,
            method_id=f"{founded.did}#issue-1",
            signer=founded.keys.issue,
            status_host=host,
            types={kind.vct: kind},
        )
        now = desk.now()
        windows = dict.fromkeys(("valid", "revoked", "suspended"), (now - _DAY_S, now + 365 * _DAY_S))
        windows["expired"] = (now - 30 * _DAY_S, now - _DAY_S)
        requests = [
            IssuanceRequest(
                vct=kind.vct,
                claims=_claims(number),
                holder_key=holder,
                valid_from=start,
                valid_until=end,
                reference=name,
            )
            for number, (name, (start, end)) in enumerate(windows.items(), 1)
        ]
        operator = founded.keys.issuance_operator
        entries = dict(zip(windows, credential.issue(desk, issuer, "demo", requests, operator=operator), strict=True))
        _change(desk, book, founded, "Revoke", entries["revoked"])
        _change(desk, book, founded, "Suspend", entries["suspended"])
    handed = {name: delivery_of(entry) for name, entry in entries.items()}
    handed["tampered"] = {**handed["valid"], "credential": tamper(str(handed["valid"]["credential"]))}
    return handed


def book_path(ring: KeyRing) -> Path:
    """Return the file of this run's book, beside the keys."""
    return ring.folder.parent / f"run-{ring.run}" / "book.sqlite"


def tamper(text: str) -> str:
    """Change one claim of an SD-JWT's signed part without signing again: what no verifier may take."""
    token, *rest = text.split("~")
    header, payload, signature = token.split(".")
    body = decode_base64url(payload)
    changed = body.replace(b'"exp":1', b'"exp":2', 1)
    if changed == body:
        raise ValueError("the credential has no exp to change")
    return "~".join([f"{header}.{encode_base64url(changed)}.{signature}", *rest])


def _change(desk: Desk, book: IssuerBook, founded: founding.FoundedAgency, kind: Change, entry: BookEntry) -> None:
    operator = founded.keys.status_operator
    desk.send(*credential.change_standing(desk, kind, [entry], agency=founded.did, operator=operator))
    credential.note_standing(book, kind, [entry], at=desk.now(), reason="demo")


def _claims(number: int) -> dict[str, Any]:
    return {
        "name": "김마패",
        "nameLatin": "KIM MAPAE",
        "institutionCode": "6110000",
        "institutionName": "서울특별시",
        "department": "디지털정책과",
        "position": "행정사무관",
        "staffNumber": f"D-{number:04d}",
        "validFrom": "2026-01-01",
        "validUntil": "2027-12-31",
    }
