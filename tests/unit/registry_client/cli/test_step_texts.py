"""What is said beside a step's outcome: where a status comes from, and reasons in Korean."""

import pytest

from registry_client.cli import i18n
from registry_client.cli.step_texts import explain_step
from registry_client.core.report import Outcome, Step, ok_step


@pytest.fixture(autouse=True)
def _english():
    yield
    i18n.set_language("en")


def test_a_good_status_says_its_source_and_age():
    step = ok_step(6, "ok", None, age_s=12, source="ledger and published list")
    assert explain_step(step).endswith("(source: ledger and published list, 12 s old)")
    i18n.set_language("ko")
    assert explain_step(step).endswith("(출처: 원장과 게시 목록, 12초 전)")


@pytest.mark.parametrize(
    ("detail", "korean"),
    [
        ("a presentation carries 1 to 8 credentials", "1~8건"),
        ("a credential is presented twice", "두 번"),
        ("proofPurpose is to be authentication, not assertionMethod", "authentication이어야 하는데 assertionMethod"),
        ("typ is vc+jwt or vp+jwt, not JWT", "vp+jwt이어야 하는데 JWT"),
        ("words that no table has", "값의 형식이 올바르지 않다."),
    ],
)
def test_a_reason_is_told_in_both_languages(detail, korean):
    step = Step(0, Outcome.FAILED, "malformed-value", None, {}, detail)
    assert explain_step(step) == detail
    i18n.set_language("ko")
    assert korean in explain_step(step)
