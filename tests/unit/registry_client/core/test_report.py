"""Reports: three verdicts, a code and a line in both languages for everything that can happen."""

import json
from itertools import product

import pytest

from registry_client.core.assurance import Assurance
from registry_client.core.facts import LedgerHead
from registry_client.core.report import STEP_COUNT, Outcome, Report, Verdict, bad_step, ok_step, skipped_step
from registry_client.core.report_texts import code_of, explain
from registry_client.errors import (
    LedgerUnavailableError,
    NotAcceptedError,
    RegistryError,
    StatusRevokedError,
    UndeterminedError,
    all_errors,
)

HEAD = LedgerHead(7, b"h" * 32, 1_790_000_000, 7)


def report_of(*steps):
    return Report(tuple(steps), 1_790_000_000, HEAD, "did:mapae:test-1:x", "https://mapae.invalid/vct/x/v1")


OURS = tuple(error for error in all_errors() if error.__module__.startswith("registry_client."))
"""The client's own tree: whoever ran before in this process may have loaded the node's errors too."""


@pytest.mark.parametrize("error", OURS, ids=lambda error: error.__name__)
def test_every_error_has_a_line_in_both_languages(error):
    for number in range(STEP_COUNT):
        korean, english = explain(number, code_of(error), "ko"), explain(number, code_of(error), "en")
        assert any("가" <= letter <= "힣" for letter in korean)
        assert english.isascii()


@pytest.mark.parametrize("number", range(STEP_COUNT))
def test_every_step_says_that_it_is_fine(number):
    assert explain(number, "ok", "ko") != explain(number, "ok", "en")


def test_codes_are_the_classes_names():
    assert code_of(StatusRevokedError) == "status-revoked"
    assert code_of(RegistryError) == "registry"


def test_the_ledgers_trouble_is_no_verdict_on_the_credential():
    assert bad_step(2, LedgerUnavailableError("dark")).outcome is Outcome.UNDETERMINED
    assert bad_step(2, UndeterminedError("?")).outcome is Outcome.UNDETERMINED
    assert bad_step(2, StatusRevokedError("gone")).outcome is Outcome.FAILED


def test_verdicts_over_every_combination():
    fine, bad, open_ = ok_step(0), bad_step(0, StatusRevokedError("x")), skipped_step(0)
    for kinds in product((fine, bad, open_), repeat=3):
        verdict = report_of(*kinds, *[fine] * 6).verdict
        if bad in kinds:
            assert verdict is Verdict.REJECTED
        elif open_ in kinds:
            assert verdict is Verdict.UNDETERMINED
        else:
            assert verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("count", [0, 1, 8])
def test_a_plan_that_was_not_completed_accepts_nothing(count):
    report = report_of(*[ok_step(number) for number in range(count)])
    assert report.verdict is Verdict.UNDETERMINED
    with pytest.raises(NotAcceptedError, match="not completed"):
        report.require_accepted()


def test_an_accepted_report_without_content_hands_out_nothing():
    with pytest.raises(NotAcceptedError):
        report_of(*[ok_step(number) for number in range(9)]).require_accepted()


def test_the_weakest_assurance_is_the_reports():
    steps = [
        ok_step(0, "ok", assurance) for assurance in (Assurance.PROVEN, None, Assurance.NODE, Assurance.OWN_LEDGER)
    ]
    assert report_of(*steps).assurance is Assurance.NODE
    assert report_of(ok_step(0)).assurance is None


def test_the_first_failure_is_the_reason():
    steps = [skipped_step(0), bad_step(1, LedgerUnavailableError("dark")), bad_step(2, StatusRevokedError("gone"))]
    assert report_of(*steps).reason.code == "status-revoked"
    assert report_of(*steps[:2]).reason.code == "not-reached"
    assert report_of(ok_step(0)).reason is None


def test_json_has_only_json_in_it():
    step = bad_step(6, StatusRevokedError("gone", list=b"\1\2", names=("a", b"\3"), other=object()), Assurance.NODE)
    value = json.loads(json.dumps(report_of(ok_step(0), step).to_json()))
    assert value["steps"][1]["evidence"]["list"] == "0x0102"
    assert value["steps"][1]["evidence"]["names"] == ["a", "0x03"]
    assert value["steps"][1]["explanation"]["ko"] == "폐기된 자격증명이다."
    assert value["steps"][1]["explanation"]["en"] == "gone"
    assert value["steps"][1]["type"].endswith("status-revoked")
    assert value["ledger"]["block_number"] == 7
    assert Report((), 0, None).to_json()["ledger"] is None
