"""The whole command line without a system: help, languages, usage errors, completion, keys, speed."""

import json
import os
import re
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest
import typer

from registry_client.cli import i18n, main, options, output, settings
from registry_client.cli.app import NOUNS
from registry_client.cli.text import cells

ROOT = Path(__file__).parents[4]
HELP_S = 0.3
"""How long the first help page may take on an idle machine of two cores."""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """No profile of this machine, English, a folder of our own."""
    for name in [name for name in os.environ if name.startswith(("MAPAE_", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    yield
    output.console.cache_clear()
    settings.use(settings.Settings())
    i18n.set_language("en")


@pytest.fixture
def passphrase(tmp_path, monkeypatch):
    path = tmp_path / "passphrase"
    path.write_text("correct horse battery staple\n")
    path.chmod(0o600)
    monkeypatch.setenv("MAPAE_PASSPHRASE_FILE", str(path))


def child(*words, **environment):
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        **environment,
    }
    command = [sys.executable, "-m", "registry_client.cli.main", *words]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=60)


def commands():
    """Every command line of the program, as words."""
    for name, _, _ in NOUNS:
        app = import_module(f"registry_client.cli.{name}").app
        group = typer.main.get_command(app)
        yield [name]
        yield from ([name, command] for command in getattr(group, "commands", {}))


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_page_fits_80_columns_and_shows_an_example(words, capsys):
    assert main.main([*words, "--help"]) == 0
    page = capsys.readouterr().out
    assert page.startswith(f"Usage: mapae {' '.join(words)}")
    assert all(cells(line) <= 80 for line in page.splitlines())
    if "Commands:" not in page:
        examples = page[page.index("Examples:") :]
        assert f"mapae {' '.join(words)}" in examples


def test_every_page_fits_80_columns_in_korean_and_has_no_english_sentence():
    script = (
        "import sys; sys.path.insert(0, 'tests/unit/registry_client/cli')\n"
        "from registry_client.cli import i18n, main\n"
        "i18n.set_language('ko')\n"
        "import importlib.util\n"
        "spec = importlib.util.spec_from_file_location('t', sys.argv[1]); t = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(t)\n"
        "for words in [[], *t.commands()]:\n"
        "    assert main.main([*words, '--help', '--lang', 'ko']) == 0\n"
    )
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script, __file__], env=variables, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    assert all(cells(line) <= 80 for line in lines)
    assert "Usage:" not in done.stdout
    # Meanings stand after two spaces; none of them may be an English sentence.
    meanings = [
        match[1]
        for line in lines
        if (match := re.search(r"\S  +(\S.*)$", line)) and not line.lstrip().startswith("mapae")
    ]
    assert [text for text in meanings if re.search(r"\b(the|and|with|of)\b [a-z]", text)] == []


def test_the_root_page_lists_every_noun_without_importing_any(capsys):
    done = child("--help")
    assert done.returncode == 0
    assert all(f"\n  {name} " in done.stdout for name, _, _ in NOUNS)
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "registry_client.cli.main", "--help"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    for heavy in ("rich", "httpx", "cryptography", "pydantic", "registry_client.core", "registry_client.cli.did"):
        assert f" {heavy}\n" not in loaded, heavy


@pytest.mark.slow
def test_help_is_quick():
    best = 9.9
    for _ in range(5):
        start = time.perf_counter()
        assert child("--help").returncode == 0
        best = min(best, time.perf_counter() - start)
    assert best < HELP_S * (1 if os.getloadavg()[0] < 1 else 3)


def test_no_arguments_show_the_page_and_the_version_is_told(capsys):
    assert main.main([]) == 0
    assert "Commands:" in capsys.readouterr().out
    assert main.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("mapae ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["didd"], "Did you mean 'did'"),
        (["did", "resolve"], "mapae did resolve --help"),
        (["key", "make", "x", "--curve", "RSA"], "RSA"),
        (["--lang", "fr"], "en or ko"),
        (["events", "--limit", "0"], "limit"),
    ],
)
def test_a_line_that_cannot_be_read_says_what_to_write(words, says, capsys):
    assert main.main(words) == 2
    told = capsys.readouterr()
    assert says in " ".join(told.err.split())
    assert told.out == ""


def test_without_a_profile_the_error_prints_the_command_that_makes_one(capsys):
    assert main.main(["key", "list"]) == 2
    assert "mapae profile" in capsys.readouterr().err


def test_usage_errors_are_problem_documents_with_json(capsys):
    assert main.main(["did", "resolve", "--json"]) == 2
    assert json.loads(capsys.readouterr().err)["exit_code"] == 2


def test_keys_are_made_listed_shown_and_imported(capsys, passphrase):
    def run(*words):
        assert main.main([*words, "--folder", "keys", "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    made = run("key", "make", "controller", "--purpose", "기관 제어")
    assert (made["curve"], made["controller"][:4], len(made["thumbprint"])) == ("P-256", "0x02", 66)
    assert run("key", "list") == [made]
    assert run("key", "show", "controller") == made
    imported = run("key", "import", made["file"], "--name", "again")
    assert imported["public_jwk"] == made["public_jwk"]
    assert main.main(["key", "make", "controller", "--folder", "keys"]) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert (Path("keys") / "controller.p12").stat().st_mode & 0o077 == 0


def test_a_passphrase_is_never_an_argument(capsys):
    assert main.main(["key", "make", "x", "--folder", "keys", "--passphrase", "secret"]) == 2
    assert main.main(["key", "make", "x", "--folder", "keys"]) == 2
    assert "MAPAE_PASSPHRASE_FILE" in capsys.readouterr().err


def test_a_passphrase_file_that_others_may_read_is_refused(capsys, tmp_path):
    loose = tmp_path / "loose"
    loose.write_text("correct horse battery staple\n")
    loose.chmod(0o644)
    assert main.main(["key", "make", "x", "--folder", "keys", "--passphrase-file", str(loose)]) == 2
    assert "chmod 600" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell, capsys):
    assert main.main(["completion", shell]) == 0
    assert "_MAPAE_COMPLETE" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("mapae cr", {"credential"}),
        ("mapae credential re", {"revoke", "reissue"}),
        ("mapae key make --cu", {"--curve"}),
    ],
)
def test_completion_offers_nouns_commands_and_options(typed, offered):
    words = typed.split()
    done = child(COMP_WORDS=typed, COMP_CWORD=str(len(words) - 1), _MAPAE_COMPLETE="complete_bash")
    assert set(done.stdout.split()) == offered


def test_the_language_is_the_option_then_the_profile_then_the_locale(tmp_path):
    assert "사용법" in child("--help", LANG="ko_KR.UTF-8").stdout
    profile = tmp_path / "p.toml"
    profile.write_text('language = "ko"\n')
    assert "사용법" in child("--help", "--profile", str(profile)).stdout
    assert "Usage" in child("--help", "--profile", str(profile), "--lang", "en").stdout
    profile.write_text("not toml at all")
    assert "Usage" in child("--help", "--profile", str(profile)).stdout


def test_without_the_extra_the_command_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "typer", None)
    assert main.main(["did", "--help"]) == 1
    assert "mapae[cli]" in capsys.readouterr().err


@pytest.mark.parametrize("is_korean", [False, True])
def test_where_nobody_can_be_asked_the_line_says_yes_or_nothing_happens(is_korean, capsys):
    i18n.set_language("ko" if is_korean else "en")
    options.confirm("All of it will end.", yes=True)
    with pytest.raises(settings.UsageError, match="--yes"):
        options.confirm("All of it will end.", yes=False)
    assert capsys.readouterr() == ("", "")


def test_a_no_ends_the_run_and_the_question_is_folded(monkeypatch, capsys):
    monkeypatch.setattr("registry_client.cli.progress.is_interactive", lambda: True)
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: False)
    with pytest.raises(typer.Abort):
        options.confirm(
            "did:mapae:dev-1a2b3c:2hPm will end, for good, and nobody can ever bring it back. " * 2, yes=False
        )
    asked = capsys.readouterr().err.splitlines()
    assert len(asked) > 1
    assert all(cells(line) <= 80 for line in asked)
