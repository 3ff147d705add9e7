"""The ledger's news in words: one sentence with what to do, and progress that never leaves half a line."""

import io

from node.cli.ledger_news import StartProgress, in_words
from node.embedded.errors import StorageFullError
from node.embedded.launcher import LedgerEvent
from node.embedded.recovery import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_halt_is_one_sentence_with_the_reason_and_the_remedy() -> None:
    fields = {"code": "disk-nearly-full", "detail": "9 MiB are free", "remedy": {"en": "Free some space.", "ko": "."}}
    assert in_words(LedgerEvent("halted", fields)) == "mining halted: 9 MiB are free. Free some space."


def test_failure_and_warning_say_title_detail_and_remedy() -> None:
    report = StorageFullError("no room for block 9").as_report()
    for name in ("failed", "warning"):
        words = in_words(LedgerEvent(name, report))
        assert words is not None
        assert words.startswith("The disk is full: no room for block 9. Free some space")
        assert "{" not in words


def test_capacity_warning_is_its_remedy_and_a_stop_in_order_is_silent() -> None:
    assert in_words(LedgerEvent("warning", {"capacity": {}, "remedy": {"en": "Move on.", "ko": "."}})) == "Move on."
    assert in_words(LedgerEvent("stopped", {"head": {}})) is None


def test_progress_on_a_terminal_rewrites_one_line_and_ends_it() -> None:
    terminal = Terminal()
    with StartProgress(terminal) as show:
        for done in (1, 2, 3):
            show(Progress("replay", done, 3))
    shown = terminal.getvalue()
    assert shown.count("\n") == 1
    assert shown.endswith("replaying: 3 of 3 blocks\n")


def test_progress_elsewhere_is_whole_plain_lines() -> None:
    pipe = io.StringIO()
    with StartProgress(pipe) as show:
        for done in range(1, 501):
            show(Progress("replay", done, 500))
    assert pipe.getvalue() == "ledger   replaying: 1 of 500 blocks\nledger   replaying: 500 of 500 blocks\n"


def test_short_start_shows_nothing() -> None:
    terminal = Terminal()
    with StartProgress(terminal) as show:
        show(Progress("snapshot", 0, 0))
    assert terminal.getvalue() == ""
