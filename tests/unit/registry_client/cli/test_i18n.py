"""Which language the reader sees."""

import pytest

from registry_client.cli import i18n


@pytest.fixture(autouse=True)
def _english_again():
    yield
    i18n.set_language("en")


@pytest.mark.parametrize(
    ("value", "language"),
    [
        ("ko", "ko"),
        ("ko_KR.UTF-8", "ko"),
        ("KO-kr", "ko"),
        ("en_GB", "en"),
        ("C.UTF-8", None),
        ("fr", None),
        ("", None),
        (None, None),
    ],
)
def test_as_language_reads_locales(value, language):
    assert i18n.as_language(value) == language


def test_locale_order_is_posix():
    assert i18n.language_of_locale({"LANG": "ko_KR.UTF-8"}) == "ko"
    assert i18n.language_of_locale({"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}) == "en"
    assert i18n.language_of_locale({"LC_MESSAGES": "ko", "LANG": "en"}) == "ko"
    assert i18n.language_of_locale({}) == "en"


def test_tr_and_word_follow_the_chosen_language():
    assert i18n.tr("one", "하나") == "one"
    assert i18n.word("accepted") == "accepted"
    i18n.set_language("ko")
    assert i18n.tr("one", "하나") == "하나"
    assert i18n.word("accepted") == "수락"
    assert i18n.word("no such word") == "no such word"


def test_every_shared_word_has_both_languages():
    for key, (english, korean) in i18n.WORDS.items():
        assert english.isascii(), key
        assert korean, key
        assert not korean.isascii(), key
