"""Progress: plain lines on a pipe, a live line on a terminal, nothing on demand; never on standard output."""

import io
import sys

import pytest

from registry_client.cli import output, progress, settings
from registry_client.cli.settings import Settings


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _fresh():
    settings.use(Settings())
    output.console.cache_clear()
    yield
    output.console.cache_clear()
    settings.use(Settings())


def work():
    with progress.progress() as shown:
        shown.step("signing")
        for done in range(5):
            shown.count(done, 5)
        shown.step("anchoring")


def test_a_pipe_gets_one_line_a_stage(capsys):
    work()
    told = capsys.readouterr()
    assert told.err == "signing ...\nanchoring ...\n"
    assert told.out == ""


def test_a_long_stage_on_a_pipe_says_how_far_it_is(capsys, monkeypatch):
    ticks = iter([0.0, 1.0, 2.5, 3.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(ticks))
    with progress.progress() as shown:
        shown.step("signing")
        for done in (1, 2, 3):
            shown.count(done, 3)
    assert capsys.readouterr().err == "signing ...\nsigning: 2/3\n"


@pytest.mark.parametrize("chosen", [Settings(quiet=True), Settings(json=True)])
def test_quiet_and_json_are_silent(capsys, chosen):
    settings.use(chosen)
    work()
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_live_line_that_goes_away(monkeypatch, capsys):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    work()
    assert "signing" in terminal.getvalue()
    assert "\x1b[2K" in terminal.getvalue()
    assert capsys.readouterr().out == ""
