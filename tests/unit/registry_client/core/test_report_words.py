"""Verdicts speak the glossary's Korean: one word, one meaning."""

import pytest

from registry_client.core import report_texts


@pytest.mark.parametrize("word", ["폐지", "인가", "열쇠", "주인", "자격증명를"])
def test_no_text_uses_a_word_that_the_glossary_replaces(word):
    texts = [korean for _, korean, _ in report_texts._STEPS]
    texts += [korean for korean, _ in (*report_texts._SPECIAL.values(), *report_texts._ERRORS.values())]
    assert len(texts) > 60
    assert [text for text in texts if word in text] == []
