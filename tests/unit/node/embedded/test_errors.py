from node.embedded.errors import (
    EmbeddedLedgerError,
    JournalDamagedError,
    LedgerStoppedError,
)
from registry_client.errors import all_errors


def test_every_error_says_what_and_what_next_in_both_languages() -> None:
    for kind in all_errors(EmbeddedLedgerError):
        error = kind("detail")
        assert error.heading.en
        assert error.remedy.en.endswith((".", "snapshots."))
        assert any("가" <= letter <= "힣" for letter in error.heading.ko)
        assert any("가" <= letter <= "힣" for letter in error.remedy.ko)
        assert error.exit_code not in (0, 1, 2)
        assert set(error.as_report()) == {"code", "exit_code", "detail", "title", "remedy"}


def test_launchers_error_hands_on_the_childs_report() -> None:
    childs = JournalDamagedError("record 7 is damaged")
    error = LedgerStoppedError(childs.detail, report=childs.as_report())
    assert error.as_report() == error.report == childs.as_report()
    assert (error.code, error.exit_code) == ("journal-damaged", 65)
    assert (error.heading, error.remedy) == (childs.heading, childs.remedy)
    silent = LedgerStoppedError("x")
    assert (silent.as_report()["code"], silent.exit_code) == ("ledger-stopped", 70)
