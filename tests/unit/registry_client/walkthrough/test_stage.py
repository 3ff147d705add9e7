"""The stage keeps the score: a verdict that is not the expected one is shown, remembered, and fails the run."""

import pytest

from registry_client.cli import i18n, output
from registry_client.core.outcome import Outcome
from registry_client.core.report import Report, bad_step, ok_step, skipped_step
from registry_client.errors import HolderMismatchError, PurposeExceededError, StatusRevokedError, StatusStaleError
from registry_client.walkthrough import __main__ as program
from registry_client.walkthrough.stage import Line, Stage

WHAT = Line("At the gate:", "출입문에서:")


@pytest.fixture(autouse=True)
def _fresh():
    output.console.cache_clear()
    yield
    output.console.cache_clear()
    i18n.set_language("en")


@pytest.fixture
def stage():
    return Stage(output.Screen())


def report(*failing):
    """A report of nine steps; `failing` maps a step to the error that ended it."""
    errors = dict(failing)
    steps = tuple(bad_step(n, errors[n]) if n in errors else ok_step(n) for n in range(9))
    return Report(steps, 0, None, None)


def test_an_expected_verdict_is_counted_and_leaves_no_surprise(stage, capsys):
    stage.report(report(), "accepted", what=WHAT)
    stage.report(report((6, StatusRevokedError("the credential is revoked"))), "rejected", what=WHAT)
    told = capsys.readouterr().out
    assert (stage.verdicts, stage.surprises) == (2, [])
    assert "✖ failed  status: the credential is revoked" in told
    assert "bounds" not in told


def test_every_step_is_shown_on_demand(stage, capsys):
    stage.report(report(), "accepted", what=WHAT, every_step=True)
    assert capsys.readouterr().out.count("✔ ok") == 9


@pytest.mark.parametrize(
    ("failing", "expected", "got"),
    [
        ([], "rejected", "accepted"),
        ([(6, StatusRevokedError("revoked"))], "accepted", "rejected"),
        ([(6, StatusStaleError("old"))], "rejected", "undetermined"),
    ],
)
def test_an_unexpected_verdict_is_a_surprise(stage, capsys, failing, expected, got):
    stage.report(report(*failing), expected, what=WHAT)
    assert stage.surprises == [f"At the gate:: {got}, expected {expected}"]
    assert "NOT AS EXPECTED" in capsys.readouterr().out


def test_steps_that_were_not_reached_are_not_told(stage, capsys):
    steps = (bad_step(0, HolderMismatchError("x")), *(skipped_step(n) for n in range(1, 9)))
    stage.report(Report(steps, 0, None, None), "rejected", what=WHAT)
    assert capsys.readouterr().out.count("?") == 0


def test_a_refusal_must_be_of_the_expected_kind(stage):
    stage.refusal(PurposeExceededError("asks too much"), PurposeExceededError, what=WHAT)
    assert stage.surprises == []
    stage.refusal(HolderMismatchError("another reason"), PurposeExceededError, what=WHAT)
    stage.refusal(None, PurposeExceededError, what=WHAT)
    assert len(stage.surprises) == 2


def test_a_check_that_fails_is_a_surprise(stage):
    stage.check(True, WHAT)
    stage.check(False, WHAT)
    assert len(stage.surprises) == 1


def test_headlines_are_told_in_both_languages_or_in_one(capsys):
    Stage(output.Screen()).chapter(WHAT)
    Stage(output.Screen(), "ko").chapter(WHAT)
    told = capsys.readouterr().out
    assert told == "\n 1  At the gate:\n    출입문에서:\n\n 1  출입문에서:\n"


def test_the_ledgers_part_names_blocks_and_kinds(stage, capsys):
    made = [
        Outcome(f"0x{n}", kind, "final", block_number=block) for n, (kind, block) in enumerate([("A", 4), ("A", 5)])
    ]
    stage.ledger(made)
    stage.ledger([Outcome("0x", "B", "final", block_number=7)])
    assert capsys.readouterr().out == "    ✔ final  block 4..5  A x2\n    ✔ final  block 7  B\n"


def test_the_run_ends_with_an_error_when_there_was_a_surprise(monkeypatch, capsys, tmp_path):
    profile = tmp_path / "profile.toml"
    profile.write_text(
        f'network = "n"\nchain_id = 1\ngenesis_hash = "0x{"00" * 32}"\ndirectory = "0x{"00" * 20}"\n'
        f'code_hash = "0x{"00" * 32}"\nnode_url = "http://127.0.0.1:1"\n'
    )

    def surprised(_profile, *, stage):
        stage.check(False, WHAT)

    monkeypatch.setattr(program, "tell", surprised)
    assert program.main(["--profile", str(profile)]) == program.UNEXPECTED
    told = capsys.readouterr().out
    assert "1 verdicts, 1 not as expected" in told
    assert "next:" not in told


def test_a_system_that_does_not_answer_ends_the_run_with_its_own_code(capsys, tmp_path):
    assert program.main(["--profile", str(tmp_path / "none.toml")]) == 2
    assert "none.toml" in "".join(capsys.readouterr().err.split())
