from node.embedded.errors import (
    EmbeddedLedgerError,
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
    report = {"code": "port-taken", "detail": "x"}
    assert LedgerStoppedError("x", report=report).as_report() == report
    assert LedgerStoppedError("x").as_report()["code"] == "ledger-stopped"
