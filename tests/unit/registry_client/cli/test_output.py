"""What the reader sees: pages of 80 columns, outcomes as icon and word, JSON."""

import json
import shlex

import pytest

from registry_client.cli import i18n, output, settings
from registry_client.cli.settings import Settings
from registry_client.cli.text import cells
from registry_client.cli.typed import as_typed


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    output.console.cache_clear()
    yield
    output.console.cache_clear()
    settings.use(Settings())
    i18n.set_language("en")


def page(capsys, draw):
    draw(output.Screen())
    return capsys.readouterr().out


def test_facts_fold_long_values_and_leave_empty_ones_out(capsys):
    did = "did:mapae:dev-1a2b3c:" + "z" * 100
    text = page(capsys, lambda screen: screen.facts([("DID", did), ("guardian", None), ("name", "김마패")]))
    assert "guardian" not in text
    assert did in "".join(line.strip().removeprefix("DID").strip() for line in text.splitlines()[:3])
    assert all(cells(line) <= 80 for line in text.splitlines())


def test_steps_say_the_outcome_in_a_word_as_well_as_an_icon(capsys):
    rows = [("ok", "format", "dc+sd-jwt"), ("failed", "status", "revoked"), ("undetermined", "holder", "")]
    text = page(capsys, lambda screen: screen.steps(rows))
    assert text.splitlines() == [
        "  ✔ ok            format: dc+sd-jwt",
        "  ✖ failed        status: revoked",
        "  ? undetermined  holder",
    ]


def test_outcome_is_korean_on_demand():
    i18n.set_language("ko")
    assert output.outcome("rejected").endswith("거부")


def test_table_folds_cells_instead_of_cutting_them(capsys):
    long = "0x" + "ab" * 60
    text = page(capsys, lambda screen: screen.table(["kind", "value"], [("digest", long)]))
    assert "…" not in text
    assert "".join(text.split())[len("kindvaluedigest") :] == long


@pytest.mark.parametrize(
    "command",
    [
        "mapae did show x",
        "mapae did resolve did:mapae:dev-1a2b3c:" + "z" * 100,
        "mapae council propose admit 'a  b' " + " ".join(f"name{n}={'v' * n}" for n in range(20)),
    ],
)
def test_next_is_folded_so_that_it_still_pastes(capsys, command):
    shown = page(capsys, lambda screen: screen.next(command)).removeprefix("next: ")
    assert shlex.split(shown.replace("\\\n", "")) == shlex.split(as_typed(command))
    for line in shown.splitlines():
        assert len(line) <= 80 or len(line.split()) <= 2


def test_emit_writes_one_json_document_with_json(capsys):
    settings.use(Settings(json=True))
    output.emit({"name": "김", "digest": b"\x01", "many": (1, 2)}, lambda screen: screen.line("never shown"))
    assert json.loads(capsys.readouterr().out) == {"name": "김", "digest": "0x01", "many": [1, 2]}


def test_moment_is_rfc_3339_in_whole_seconds():
    assert output.moment(0) == "1970-01-01T00:00:00Z"
    assert output.moment(None) == ""


def test_without_colour_there_is_no_escape_code_at_all(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")

    def draw(screen):
        screen.title("a title")
        screen.note("a note")
        screen.facts([("name", "value")])
        screen.table(["id", "state"], [["1", "ok"]])

    assert "\x1b[" in page(capsys, draw)
    output.console.cache_clear()
    settings.use(Settings(no_color=True))
    assert "\x1b" not in page(capsys, draw)


def test_no_line_ends_in_blanks(capsys):
    def draw(screen):
        screen.facts([("controller", f"0x{'ab' * 21}  2026-11-22T00:00:00Z " + "word " * 40), ("none", " ")])
        screen.table(["id", "state"], [["1", "ok"], ["a longer one", ""]])
        screen.steps([("ok", "x", f"{'y' * 63}  z")])

    lines = page(capsys, draw).splitlines()
    assert len(lines) > 6
    assert [line for line in lines if line != line.rstrip()] == []
