"""Scenes eleven to fourteen: a key rotates, turns out stolen, the accreditation ends, the auditor reads it all back."""

import secrets

from registry_client.actions import accreditation
from registry_client.actions import did as dids
from registry_client.actions.agency import agency_document
from registry_client.adapters.signer_local import LocalSigner
from registry_client.cli.timeline import describe, short_key
from registry_client.core.encoding import encode_hex
from registry_client.core.formats.sd_jwt import issue_sd_jwt
from registry_client.core.issuance import Receipt
from registry_client.core.status import LIST_SIZE, StatusReference, token_status
from registry_client.issuer import make_salt
from registry_client.walkthrough.issuing import issue_to, officer_claims
from registry_client.walkthrough.play import GATE_CLAIMS, Play
from registry_client.walkthrough.stage import Line


def rotate(play: Play) -> None:
    """Replace `#issue-1` by `#issue-2`: what was signed before stands, what the old key signs now does not."""
    play.stage.chapter(
        Line(
            "The agency rotates its signing key: #issue-1 to #issue-2",
            "기관이 서명 키를 바꿉니다: #issue-1에서 #issue-2로",
        )
    )
    play.let_time_pass()
    keys = play.agency_keys
    following = play.ring.fresh("issue-2")
    document = agency_document(play.agency, issue={2: following.public_key}, status=keys.status.public_key)
    change = dids.update_document(play.desk, play.agency, document=document, version=1, controller=keys.controller)
    play.show(play.desk.send(change))
    play.expect(
        play.at_gate(play.phones["second"]),
        "accepted",
        Line(
            "Yesterday's credential, signed while #issue-1 was in force:",
            "#issue-1이 유효할 때 서명한 어제의 자격증명:",
        ),
    )
    late = forge(play, number=1, signer=play.ring.fresh("issue-1"), signed_at=play.desk.now())
    play.let_time_pass()
    issue_to(play, "second", number=2, signer=following, batch="third")
    play.expect(
        play.at_gate(play.phones["second"], credential=late),
        "rejected",
        Line("One signed now with the old key:", "옛 키로 지금 서명한 것:"),
    )
    play.expect(
        play.at_gate(play.phones["second"]),
        "accepted",
        Line("One signed now with #issue-2:", "#issue-2로 지금 서명한 것:"),
    )


def stolen(play: Play) -> None:
    """Mark the old key: a backdated forgery falls, the credential with an anchored receipt stands."""
    play.stage.chapter(
        Line(
            "The old key turns out stolen: a thief can write any date but the ledger's",
            "옛 키가 유출된 것으로 드러납니다: 도둑이 쓸 수 없는 날짜는 원장의 날짜뿐",
        )
    )
    keys = play.agency_keys
    old_key = play.ring.fresh("issue-1")
    genuine = play.issuer_book.entries("second")[1]
    since = play.let_time_pass()
    mark = dids.mark_compromised(
        play.desk, play.agency, thumbprint=old_key.public_key.thumbprint(), since=since, controller=keys.controller
    )
    play.show(play.desk.send(mark))
    forgery = forge(play, number=1, signer=old_key, signed_at=genuine.signed_at or since)
    play.expect(
        play.at_gate(play.phones["second"], credential=forgery),
        "rejected",
        Line("A forgery dated before the theft, signed with the real key:", "진짜 키로 서명하고 날짜를 앞당긴 위조:"),
    )
    play.expect(
        play.at_gate(play.phones["second"], credential=genuine.credential, receipts=_receipts(genuine.receipt)),
        "accepted",
        Line(
            "The genuine one of the same second, with its anchored receipt:",
            "같은 시각의 진짜, 원장에 고정된 영수증과 함께:",
        ),
    )


def end_accreditation(play: Play) -> None:
    """End the agency's right: receipted credentials stand, a backdated new one falls."""
    play.stage.chapter(Line("The agency's accreditation ends", "기관의 발급 권한이 끝납니다"))
    current = play.issuer_book.entries("third")[1]
    ended_at = play.let_time_pass()
    ministry = play.ring.standing("ministry")
    endings = [
        accreditation.end_grant(
            play.desk,
            grantor=play.ministry,
            agency=play.agency,
            vct=kind.vct,
            seq=1,
            ended_at=ended_at,
            controller=ministry,
        )
        for kind in (play.civil_servant, play.gate_pass)
    ]
    play.show(play.desk.send(*endings))
    play.expect(
        play.at_gate(play.phones["second"], credential=current.credential, receipts=_receipts(current.receipt)),
        "accepted",
        Line("Issued and anchored before the end:", "종료 전에 발급되고 고정된 것:"),
    )
    backdated = forge(play, number=2, signer=play.ring.fresh("issue-2"), signed_at=current.signed_at or ended_at)
    play.expect(
        play.at_gate(play.phones["second"], credential=backdated),
        "rejected",
        Line("A new one, backdated to before the end:", "종료 전 날짜로 꾸민 새 것:"),
    )


def audit(play: Play) -> None:
    """Read the whole story back from the ledger."""
    play.stage.chapter(
        Line("The auditor reads it all back from the ledger", "감사인이 원장에서 모든 것을 다시 읽습니다")
    )
    events = play.story()
    names = {encode_hex(play.desk.did_id(did)): pair for did, pair in play.names.items()}
    types = {encode_hex(kind.type_id): kind.name for kind in (play.civil_servant, play.gate_pass)}
    play.stage.timeline(
        [(event.block_number, event.type, event.fields) for event in events],
        tell=lambda kind, fields, pick: describe(
            kind,
            fields,
            name_of=lambda did: pick(names.get(did, (did, did))),
            type_of=lambda type_id: types.get(type_id, type_id),
            key_of=lambda key: pick(play.key_names[key]) if key in play.key_names else short_key(key),
        ),
    )


def forge(play: Play, *, number: int, signer: LocalSigner, signed_at: int) -> str:
    """Sign a gate pass with an agency's key, past book and receipt, at any date: what a thief of the key can do."""
    claims = officer_claims(play)
    phone = play.phones["second"]
    place = StatusReference(play.list_id, secrets.randbelow(LIST_SIZE))
    wanted = (*GATE_CLAIMS, "institutionCode", "staffNumber")
    return issue_sd_jwt(
        {name: claims[name] for name in wanted},
        method_id=f"{play.agency}#issue-{number}",
        signer=signer,
        vct=play.gate_pass.vct,
        signed_at=signed_at,
        disclosable=[(name,) for name in wanted],
        salt=make_salt,
        holder=phone.signer.public_key,
        valid_from=signed_at,
        valid_until=signed_at + 86_400,
        status=token_status(place, host=play.profile.base),
        integrity=play.gate_pass.metadata_integrity,
        subject=phone.did,
    )


def _receipts(receipt: Receipt | None) -> tuple[Receipt, ...]:
    return () if receipt is None else (receipt,)
