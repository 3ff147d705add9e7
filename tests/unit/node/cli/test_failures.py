"""Every failure of `mapae-node` is one line, what to do, and the exit code that belongs to it."""

import ast
import errno
import inspect
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from node import cli
from node.cli.failures import explain
from node.cli.korean import NODE_TABLES
from node.cli.options import speak
from node.embedded.errors import JournalDamagedError, LedgerLockedError, LedgerStoppedError
from node.ports import StoreUnavailableError
from registry_client import errors as e
from registry_client.cli.i18n import set_language
from registry_client.core.report_texts import code_of
from tests.support.paths import ROOT

DAMAGED = JournalDamagedError("block 7")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (e.InvalidOptionsError("what"), 64, "Invalid options: what"),
        (e.LedgerUnavailableError("away"), 69, "Ledger unavailable: away"),
        (e.LedgerInconsistentError("both"), 70, "Ledger inconsistent: both"),
        (e.KeyFileError("open"), 78, "Key file error: open"),
        (e.WrongLedgerError("other"), 78, "Wrong ledger: other"),
        (e.RegistryError("odd"), 1, "Internal error: odd"),
        (LedgerLockedError("taken"), 75, LedgerLockedError.remedy.en),
        (DAMAGED, 65, DAMAGED.remedy.en),
        (LedgerStoppedError("x", report=DAMAGED.as_report()), 65, "block 7\n" + DAMAGED.remedy.en),
        (StoreUnavailableError("database or disk is full"), 74, "MAPAE_HOME"),
        (sqlite3.OperationalError("disk I/O error"), 74, "MAPAE_HOME"),
        (OSError(errno.EROFS, "Read-only file system", "/srv/var"), 74, "/srv/var: Read-only file system. Let this"),
        (OSError(errno.ENOSPC, "No space left on device", "/srv/var"), 74, "Free some space"),
        (OSError(errno.EIO, "Input/output error", "/srv/var"), 74, "--home"),
    ],
)
def test_failure_has_its_words_and_its_code(error: Exception, code: int, words: str) -> None:
    explained = explain(error)
    assert explained is not None
    assert explained[1] == code
    assert words in explained[0]


CLASSES = {kind.__name__: kind for kind in e.all_errors()}
SAID = (
    *("cli/index_exchange", "cli/index_check", "cli/index", "cli/relayer", "cli/tokens", "cli/database"),
    *("services/index_import", "services/index_file", "services/tokens", "services/identity"),
    *("rebuilding", "home", "adapters/keyring", "adapters/ledger_writer", "adapters/store_sql/index"),
)
"""Modules whose errors an operator meets in the short commands."""
OVER_HTTP = {"TokenRefusedError", "QuotaSpentError"}
INSIDE = (
    "the ledger's newest block",
    "the ledger gives no fit",
    "the ledger takes no",
    "{}:{} cannot be taken",
    "not an address",
)


def raised() -> Iterator[tuple[str, str]]:
    """(class, text with {} for what varies) of every error that these modules raise."""
    for name in SAID:
        for node in ast.walk(ast.parse((ROOT / "node" / f"{name}.py").read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            text = text_of(node.args[0])
            if node.func.id in CLASSES.keys() - OVER_HTTP and text and not text.startswith(INSIDE):
                yield node.func.id, text


def text_of(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)  # type: ignore[misc]
    return None


@pytest.fixture
def in_korean() -> Iterator[None]:
    speak("ko")
    yield
    set_language("en")


@pytest.mark.parametrize(("name", "text"), sorted(set(raised())), ids=lambda value: value[:50])
@pytest.mark.usefixtures("in_korean")
def test_what_a_command_fails_with_has_its_korean(name: str, text: str) -> None:
    explained = explain(CLASSES[name](text.replace("{}", "7")))
    assert explained is not None
    title, _, detail = explained[0].partition(": ")
    assert "원문" not in detail
    assert re.search("[가-힣]", title)
    assert re.search("[가-힣]", detail)


@pytest.mark.usefixtures("in_korean")
def test_storage_and_ledger_failures_have_their_korean() -> None:
    for error in (OSError(errno.ENOSPC, "No space", "/srv/var"), StoreUnavailableError("full"), DAMAGED):
        explained = explain(error)
        assert explained is not None
        assert re.search("[가-힣]", explained[0].splitlines()[-1])


@pytest.mark.parametrize(
    ("code", "english", "told"), [(c, *pair) for c, pairs in NODE_TABLES.items() for pair in pairs]
)
def test_variable_parts_are_kept(code: str, english: str, told: str) -> None:
    assert {int(place) for place in re.findall(r"\{(\d)\}", told)} == set(range(english.count("{}"))), told
    assert code in {code_of(kind) for kind in CLASSES.values()}


def commands(app: typer.Typer, *path: str) -> Iterator[tuple[str, ...]]:
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance, *path, group.name or "")
    for command in app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__
        if "lang" in inspect.signature(command.callback).parameters:
            yield (*path, name)


def test_the_commands_of_an_operator_speak_both_languages() -> None:
    speaking = set(commands(cli.app))
    wanted = {
        *(("index", name) for name in ("check", "export", "import", "rebuild", "digest")),
        *(("ledger", name) for name in ("check", "backup", "restore", "export")),
        *(("relayer", name) for name in ("new", "address", "status", "show", "add", "rotate")),
        *(("tokens", name) for name in ("create", "list", "revoke")),
        *(("database", name) for name in ("upgrade", "current")),
    }
    assert wanted <= speaking


def test_a_command_answers_in_the_language_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["mapae-node", *words, "--home", str(tmp_path)])
        code = cli.main()
        out, err = capsys.readouterr()
        return code, out, err

    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    try:
        assert said("relayer", "new")[0] == 0
        assert said("relayer", "rotate", "--prepare", "--lang", "ko")[1].startswith("다음 릴레이어는 0x")
        assert "is the next relayer" in said("relayer", "rotate", "--prepare")[1]
        code, _, err = said("relayer", "new", "--lang", "ko")
        assert (code, "이미 있습니다" in err) == (78, True)
        assert "exists already" in said("relayer", "new", "--lang", "en")[2]
        monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
        assert "이미 있습니다" in said("relayer", "new")[2]
        assert "발신함" in said("database", "current")[1]
    finally:
        set_language("en")


def test_fault_of_ours_keeps_its_traceback() -> None:
    assert explain(ValueError("bug")) is None
    assert explain(OSError("no file at all")) is None


@pytest.mark.parametrize("code", [0, 65, 69, 75, 78])
def test_exit_code_of_a_command_is_the_programs(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer()

    @app.command()
    def end() -> None:
        raise typer.Exit(code)

    monkeypatch.setattr(cli, "app", app)
    monkeypatch.setattr("sys.argv", ["mapae-node"])
    assert cli.main() == code
