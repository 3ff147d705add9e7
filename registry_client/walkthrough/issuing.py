"""Scenes four to seven: the officer's phone, the credentials, the gate, a stranger, a gate that asks too much."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from registry_client.actions import credential
from registry_client.actions import did as dids
from registry_client.actions.keyring import new_salt
from registry_client.adapters.signer_local import LocalSigner
from registry_client.core.book import BookEntry, IssuanceRequest
from registry_client.core.encoding import encode_base64url
from registry_client.core.report import Report
from registry_client.errors import PurposeExceededError, RegistryError
from registry_client.walkthrough.play import GATE_CLAIMS, Phone, Play
from registry_client.walkthrough.stage import Line

_YEAR = 365 * 24 * 3600
PHOTO = b"a portrait that never leaves the phone and the agency"


def new_phone(play: Play, which: str, name: str, en: str, ko: str) -> Phone:
    """Make a phone's key and its holder DID, with the agency as guardian."""
    signer = play.ring.fresh(name)
    birth = dids.holder_birth(play.desk, phone=signer, salt=new_salt())
    play.name(birth.did, en, ko)
    creation = dids.create_holder(
        play.desk, birth, phone=signer, endorser=play.agency_keys.endorser, guardian=play.agency
    )
    play.show(
        play.desk.send(creation),
        Line(
            "On the ledger: the phone's public key, a salt and the guardian. No name.",
            "원장에는 휴대전화의 공개 키, 솔트, 관리 기관만 남습니다. 이름은 없습니다.",
        ),
    )
    phone = Phone(signer, birth.did)
    play.phones[which] = phone
    play.stage.fact(birth.did)
    return phone


def officer_claims(play: Play) -> dict[str, Any]:
    """Return what the officer's credential says, in Korean."""
    today = datetime.fromtimestamp(play.desk.now(), UTC).date()
    return {
        "name": "김마패",
        "nameLatin": "KIM MAPAE",
        "institutionCode": "6110000",
        "institutionName": "서울특별시",
        "department": "디지털정책과",
        "position": "행정사무관",
        "staffNumber": f"S-{play.ring.run:04d}",
        "photoDigest": "sha256-" + encode_base64url(sha256(PHOTO).digest()),
        "validFrom": today.isoformat(),
        "validUntil": today.replace(year=today.year + 1, day=min(today.day, 28)).isoformat(),
    }


def issue_to(
    play: Play, which: str, *, number: int, signer: LocalSigner, batch: str, replaces: tuple[str, ...] = ()
) -> list[BookEntry]:
    """Issue the credential and the gate pass to a phone, as one batch with one anchored root."""
    phone = play.phones[which]
    claims = officer_claims(play)
    passes = {name: claims[name] for name in (*GATE_CLAIMS, "institutionCode", "staffNumber")}
    old = replaces or (None, None)
    common: dict[str, Any] = {
        "holder_key": phone.signer.public_key,
        "subject": phone.did,
        "valid_from": play.desk.now(),
        "valid_until": play.desk.now() + _YEAR,
        "reference": "HR-2026-0417",
    }
    requests = [
        IssuanceRequest(vct=play.civil_servant.vct, claims=claims, replaces=old[0], **common),
        IssuanceRequest(vct=play.gate_pass.vct, claims=passes, replaces=old[1], **common),
    ]
    entries = credential.issue(
        play.desk,
        play.issuer(number, signer),
        batch,
        requests,
        operator=play.agency_keys.issuance_operator,
    )
    play.phones[which] = replace(phone, gate_pass=entries[1])
    return entries


def officer(play: Play) -> None:
    """Give the officer a phone, a credential and a gate pass."""
    play.stage.chapter(
        Line("The officer's phone makes a key and gets a DID", "공무원의 휴대전화가 키를 만들고 DID를 받습니다")
    )
    new_phone(play, "first", "phone-1", "the officer's phone", "김마패의 휴대전화")
    play.stage.chapter(
        Line(
            "The agency issues in Korean and anchors one root for the batch",
            "기관이 한국어로 발급하고 묶음 하나의 뿌리를 원장에 올립니다",
        )
    )
    claims = officer_claims(play)
    entries = issue_to(play, "first", number=1, signer=_issue_key(play), batch="first")
    receipt = entries[0].receipt
    play.stage.fact(", ".join(str(claims[name]) for name in ("name", "institutionName", "department", "position")))
    play.stage.fact(
        f"{claims['staffNumber']}, {claims['validFrom']} .. {claims['validUntil']}, {claims['photoDigest'][:23]}..."
    )
    if receipt is not None:
        play.stage.say(
            Line(
                f"Anchored as batch {receipt.seq}: {receipt.count} credentials, one 32-byte root, a receipt for each.",
                f"{receipt.seq}번째 묶음으로 고정: 자격증명 {receipt.count}건, 32바이트 뿌리 하나, 건마다 영수증.",
            )
        )


def gate(play: Play) -> None:
    """Answer the gate, let a stranger try, let the gate ask too much."""
    play.stage.chapter(
        Line("The gate asks; the phone answers with the gate pass", "출입문이 묻고, 휴대전화가 출입증으로 답합니다")
    )
    play.expect(
        play.at_gate(play.phones["first"]),
        "accepted",
        Line(
            "Name, institution and photo digest, bound to this phone:",
            "이름, 기관, 사진 지문을 이 휴대전화의 키로 묶어 제시:",
        ),
        every_step=True,
    )
    play.stage.chapter(
        Line("Somebody else's phone presents the same pass", "다른 사람의 휴대전화가 같은 출입증을 제시합니다")
    )
    play.expect(
        _by_stranger(play),
        "rejected",
        Line("The copy is perfect, the key is not:", "복사는 완벽하지만 키가 다릅니다:"),
    )
    play.stage.chapter(Line("The gate asks for the staff number", "출입문이 직원 번호를 요구합니다"))
    asking = play.sign_request(play.request((*GATE_CLAIMS, "staffNumber")))
    refused: RegistryError | None = None
    try:
        play.wallet.open_request(asking, policy=play.policy(), as_of=datetime.now(UTC))
    except RegistryError as error:
        refused = error
    play.stage.refusal(
        refused,
        PurposeExceededError,
        what=Line(
            "The wallet refuses: the service code does not allow it.",
            "지갑이 거절합니다: 서비스 코드에 없는 항목입니다.",
        ),
    )


def _by_stranger(play: Play) -> Report:
    held = play.phones["first"].gate_pass
    if held is None or held.credential is None:
        raise RuntimeError("the phone has no gate pass yet")
    return play.by_stranger(held.credential, play.ring.fresh("stranger"))


def _issue_key(play: Play) -> LocalSigner:
    return play.ring.fresh("issue-1")
