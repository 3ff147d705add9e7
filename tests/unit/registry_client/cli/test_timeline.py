"""The ledger's events in human words."""

import pytest

from registry_client.cli import i18n, timeline
from registry_client.core.events import EVENTS

NAMES = {"0x" + "11" * 20: "행정안전부", "0x" + "22" * 20: "서울시"}


@pytest.fixture(autouse=True)
def _english_again():
    yield
    i18n.set_language("en")


def say(type_name, **fields):
    return timeline.describe(
        type_name, fields, name_of=lambda i: NAMES.get(i, i), type_of=lambda _: "CivilServantCredential"
    )


ACCREDITED = {
    "agency": "0x" + "22" * 20,
    "typeId": "0x" + "aa" * 32,
    "seq": 1,
    "grantor": "0x" + "11" * 20,
    "grantorSeq": 1,
    "depth": 2,
    "mayIssue": True,
    "mayAccredit": False,
    "from": 0,
    "until": 86_400,
    "by": "0x02" + "33" * 20,
}


def test_an_accreditation_is_told_in_both_languages():
    english = "행정안전부 accredited 서울시 to issue CivilServantCredential until 1970-01-02T00:00:00Z"
    assert say("Accredited", **ACCREDITED) == english
    i18n.set_language("ko")
    assert (
        say("Accredited", **ACCREDITED)
        == "행정안전부가 서울시에 CivilServantCredential 발급 권한을 1970-01-02T00:00:00Z까지 부여"
    )


def test_a_zero_grantor_is_the_council():
    told = say("Accredited", **{**ACCREDITED, "grantor": "0x" + "00" * 20})
    assert told.startswith("the council accredited 서울시")


def test_status_changes_count_the_bits():
    masks = [hex(0b1011), "0x1"]
    told = say("StatusChanged", op=1, by="0x02" + "ab" * 20, seq=3, startWord=4, masks=masks, nonce="0x0")
    assert told == "revoked: 4 credential(s), by P-256 ababababab"


def test_an_unknown_event_is_told_by_its_fields():
    assert say("Surprise", a=1, b="x") == "Surprise a 1, b x"


def test_every_event_of_every_contract_has_a_sentence_in_both_languages():
    events = {event.name: [name for _, name in event.fields] for event in EVENTS.values()}
    assert len(events) >= 29
    for name, fields in events.items():
        values = {field: ["0x1"] if field in {"masks", "members"} else ACCREDITED.get(field, 1) for field in fields}
        for language in ("en", "ko"):
            i18n.set_language(language)
            told = say(name, **values)
            assert not told.startswith(name), (name, told)
            assert "?" not in told.replace("? ", ""), (name, told)
