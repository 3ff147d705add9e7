"""Scenes eight to ten: leave of absence, the lost phone, the new one."""

import time

from registry_client.actions import credential
from registry_client.actions import did as dids
from registry_client.actions.status import Change
from registry_client.core.book import BookEntry
from registry_client.core.outcome import Outcome
from registry_client.errors import NodeRefusedError
from registry_client.walkthrough.issuing import issue_to, new_phone
from registry_client.walkthrough.play import Play
from registry_client.walkthrough.stage import Line


def leave(play: Play) -> None:
    """Suspend the officer's credentials for a leave of absence, then lift the suspension."""
    play.stage.chapter(Line("Leave of absence: suspended, then lifted", "휴직: 효력을 정지했다가 풉니다"))
    entries = play.issuer_book.entries("first")
    play.show(_change(play, "Suspend", entries))
    play.expect(play.at_gate(play.phones["first"]), "rejected", Line("During the leave:", "휴직 중:"))
    play.show(_change(play, "Lift", entries))
    play.expect(play.at_gate(play.phones["first"]), "accepted", Line("Back at work:", "복직 후:"))


def lost(play: Play) -> None:
    """Revoke at the 24-hour desk, deactivate the phone's DID, reissue to the new phone."""
    first = play.phones["first"]
    play.stage.chapter(
        Line(
            "The phone is lost; the 24-hour desk revokes with a StatusOperator's key",
            "휴대전화 분실: 24시간 상황실이 상태 담당자의 키로 폐기합니다",
        )
    )
    entries = play.issuer_book.entries("first")
    started = time.monotonic()
    play.show(_change(play, "Revoke", entries))
    report = play.at_gate(first)
    elapsed_ms = round((time.monotonic() - started) * 1000)
    play.expect(
        report,
        "rejected",
        Line(
            f"The next block rejects it, {elapsed_ms} ms after the report:",
            f"신고 {elapsed_ms} ms 뒤, 다음 블록이 거부합니다:",
        ),
    )
    ending = dids.deactivate_holder(
        play.desk, first.did, guardian=play.agency, operator=play.agency_keys.status_operator
    )
    play.show(
        play.desk.send(ending),
        Line("The guardian ends the phone's DID:", "관리 기관이 휴대전화의 DID를 끝냅니다:"),
    )
    status = _http_status(play, first.did)
    play.stage.check(
        status == 410, Line(f"GET /1.0/identifiers/... answers {status}", f"GET /1.0/identifiers/... 응답 {status}")
    )
    reissued(play)


def reissued(play: Play) -> None:
    """Give the officer a new phone, linked to the old one in the book only."""
    play.stage.chapter(
        Line("Reissued to the new phone; the old one stays dead", "새 휴대전화에 재발급; 옛 것은 되살아나지 않습니다")
    )
    old = play.issuer_book.entries("first")
    new_phone(play, "second", "phone-2", "the officer's new phone", "김마패의 새 휴대전화")
    entries = issue_to(
        play,
        "second",
        number=1,
        signer=play.ring.fresh("issue-1"),
        batch="second",
        replaces=tuple(entry.id for entry in old),
    )
    play.stage.say(
        Line(
            f"In the book, and only there: {entries[1].id[:8]} replaces {old[1].id[:8]}.",
            f"발급 대장에만 남습니다: {entries[1].id[:8]}이(가) {old[1].id[:8]}을(를) 대신합니다.",
        )
    )
    play.expect(play.at_gate(play.phones["second"]), "accepted", Line("The new phone:", "새 휴대전화:"))
    play.expect(play.at_gate(play.phones["first"]), "rejected", Line("The old phone:", "옛 휴대전화:"))


def _change(play: Play, kind: Change, entries: list[BookEntry]) -> list[Outcome]:
    keys = play.agency_keys
    operations = credential.change_standing(play.desk, kind, entries, agency=play.agency, operator=keys.status_operator)
    outcomes = play.desk.send(*operations)
    credential.note_standing(play.issuer_book, kind, entries, at=play.desk.now(), reason=None)
    return outcomes


def _http_status(play: Play, did: str) -> int:
    try:
        play.desk.node.get(f"/1.0/identifiers/{did}")
    except NodeRefusedError as error:
        return error.status
    return 200
