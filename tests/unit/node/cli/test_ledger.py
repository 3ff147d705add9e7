"""`mapae-node ledger`: what it refuses before the ledger is touched, and the language of a report."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from node.cli import app
from node.embedded import commands
from node.embedded.supervisor import LedgerOptions

ADDRESSES = ("0x" + "1a" * 20, "0x" + "2B" * 20)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, LedgerOptions]]:
    """Note with what the ledger would be run; running it is what the integration tests do."""
    seen: list[tuple[Path, LedgerOptions]] = []

    def run(home: Path, options: LedgerOptions) -> int:
        seen.append((home, options))
        return 0

    monkeypatch.setattr(commands, "run", run)
    return seen


def test_relayers_and_heartbeat_are_handed_on(tmp_path: Path, started: list[tuple[Path, LedgerOptions]]) -> None:
    flags = [word for address in ADDRESSES for word in ("--relayer", address)]
    done = CliRunner().invoke(app, ["ledger", "run", "--home", str(tmp_path), *flags, "--heartbeat", "30"])
    assert done.exit_code == 0, done.output
    home, options = started[0]
    assert home == tmp_path / "ledger"
    assert (options.relayers, options.heartbeat.interval_s, options.port) == (ADDRESSES, 30, 8545)


def test_without_flags_nobody_is_added_and_the_heart_beats(
    tmp_path: Path, started: list[tuple[Path, LedgerOptions]]
) -> None:
    assert CliRunner().invoke(app, ["ledger", "run", "--home", str(tmp_path)]).exit_code == 0
    assert (started[0][1].relayers, started[0][1].heartbeat.interval_s) == ((), 600)


@pytest.mark.parametrize(
    ("flag", "value", "words"),
    [
        ("--relayer", "0x12", "not an address"),
        ("--relayer", "1a" * 20, "not an address"),
        ("--heartbeat", "9", "neither 0 nor between 10 and 86400"),
        ("--heartbeat", "-1", "neither 0 nor between 10 and 86400"),
        ("--heartbeat", "86401", "neither 0 nor between 10 and 86400"),
    ],
)
def test_wrong_flag_is_refused_before_anything_starts(
    tmp_path: Path, started: list[tuple[Path, LedgerOptions]], flag: str, value: str, words: str
) -> None:
    done = CliRunner().invoke(app, ["ledger", "run", "--home", str(tmp_path), flag, value])
    assert done.exit_code == 2
    assert words in " ".join(done.output.replace("│", " ").split())
    assert not started


@pytest.mark.parametrize(
    ("flags", "locale", "korean"),
    [
        ([], "en_GB.UTF-8", False),
        ([], "ko_KR.UTF-8", True),
        (["--lang", "en"], "ko_KR.UTF-8", False),
        (["--lang", "ko"], "C", True),
    ],
)
def test_report_is_in_the_language_asked_for_or_the_locales(
    tmp_path: Path, flags: list[str], locale: str, korean: bool
) -> None:
    done = CliRunner().invoke(app, ["ledger", "check", "--home", str(tmp_path), *flags], env={"LC_ALL": locale})
    assert any("가" <= letter <= "힣" for letter in done.output) is korean
    assert done.output.strip()
