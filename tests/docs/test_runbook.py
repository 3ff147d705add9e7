"""The runbook's own commands end the incidents they are for, on a real registry; both languages have the same ones."""

import json
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import typer

from node.cli import app
from node.config import CONFIG_FILE
from node.services.health import FREE_MIN
from tests.docs.runbook_desk import BLOCK, PAGE, Desk, desk, prelude, sections
from tests.support.paths import ROOT

KOREAN = ROOT / "docs" / "runbook.ko.md"
BOXES = sections()
AGREES = "the index says what the ledger says"
READY = '"status":"ready"'
ANY_BOX = re.compile(r"^```\w*\n.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
PARTS = {
    PAGE: ("**See.**", "**Means.**", "**Do.**", "**Over.**", "**Tell.**"),
    KOREAN: ("**증상.**", "**뜻.**", "**조치.**", "**끝났는지 확인.**", "**알릴 곳.**"),
}


def on_a_real_registry(test: Callable[[Desk], None]) -> Callable[[Desk], None]:
    """Mark a test that types the runbook's commands."""
    return pytest.mark.timeout(3600)(pytest.mark.slow(pytest.mark.chain(test)))


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("desk")) as found:
        yield found


@pytest.fixture
def registry(machine: Desk) -> Desk:
    """The machine with everything running."""
    machine.run("systemctl start mapae-ledger mapae-node\nready\n")
    return machine


@pytest.mark.parametrize("page", [PAGE, KOREAN], ids=["en", "ko"])
def test_every_section_says_all_five_things_in_order(page: Path) -> None:
    for section in re.split(r'<a id="[a-z-]+"></a>', page.read_text())[1:]:
        places = [section.find(part) for part in PARTS[page]]
        assert -1 not in places, section[:80]
        assert places == sorted(places), section[:80]


def test_both_languages_have_the_same_sections_and_commands() -> None:
    korean = sections(KOREAN)
    assert list(korean) == list(BOXES)
    assert len(BOXES) >= 14
    assert korean == BOXES
    assert prelude(KOREAN) == prelude()


def test_the_operations_pages_have_the_same_boxes() -> None:
    english, korean = ((ROOT / "docs" / name).read_text() for name in ("operations.md", "operations.ko.md"))
    assert ANY_BOX.findall(english) == ANY_BOX.findall(korean)
    assert english.count("\n## ") == korean.count("\n## ")


@pytest.mark.parametrize("name", ["runbook.md", "runbook.ko.md", "operations.md", "operations.ko.md"])
def test_every_link_leads_somewhere(name: str) -> None:
    text = (ROOT / "docs" / name).read_text()
    for anchor in re.findall(r"\]\(#([a-z-]+)\)", text):
        assert f'<a id="{anchor}"></a>' in text, anchor
    for page, anchor in re.findall(r"\]\(([\w.-]+\.md)(?:#([\w-]+))?\)", text):
        other = (ROOT / "docs" / page).read_text()
        slugs = {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in HEADING.findall(other)}
        assert not anchor or anchor in slugs | set(re.findall(r'<a id="([\w-]+)">', other)), (page, anchor)


@pytest.mark.parametrize("name", ["runbook", "operations"])
def test_every_command_exists_with_its_options(name: str) -> None:
    boxes = "\n".join(BLOCK.findall((ROOT / "docs" / f"{name}.md").read_text()))
    lines = re.findall(r"(?:^|\$\(|-- )\s*mapae-node ((?!\(\))[^\n|;)]*)", boxes, re.MULTILINE)
    assert len(lines) >= 8
    for line in lines:
        command, words = typer.main.get_command(app), re.sub(r'"[^"]*"?', "VALUE", line).split()
        while words and hasattr(command, "commands"):
            assert words[0] in command.commands, line
            command, words = command.commands[words[0]], words[1:]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


def test_figures_are_the_programs() -> None:
    text = PAGE.read_text()
    assert f"Under {FREE_MIN >> 20} MiB the node says so" in text


@on_a_real_registry
def test_ledger_dark(registry: Desk) -> None:
    registry.run("systemctl stop mapae-ledger\n")
    registry.until(lambda: "ledger_unreachable" in registry.reasons(), "a dark ledger")
    assert READY in registry.run("".join(BOXES["ledger-dark"]))


@on_a_real_registry
def test_contradiction(registry: Desk) -> None:
    registry.back_up()
    old = registry.folder / "old"
    shutil.copytree(registry.backup / "ledger", old)
    newest = registry.mine(2, mark=1)
    registry.until(lambda: registry.head() >= newest, "an index that follows")
    registry.back_up()
    registry.run(
        'systemctl stop mapae-node mapae-ledger\nmv "$MAPAE_HOME/ledger" "$MAPAE_HOME/ledger.aside"\n'
        f"mapae-node ledger restore {old}\nsystemctl start mapae-ledger\nledger-status\n"
    )
    registry.mine(4, mark=2)
    registry.run("systemctl start mapae-node\n")
    assert registry.ended("mapae-node") == 70
    keep, ours_is_right, _ = BOXES["contradiction"]
    evidence = json.loads(registry.run(keep))
    assert evidence["indexed_hash"] != evidence["shown_hash"]
    said = registry.run(ours_is_right)
    assert AGREES in said
    assert READY in said


@on_a_real_registry
def test_journal_damaged(registry: Desk) -> None:
    registry.back_up()
    registry.run("systemctl stop mapae-ledger\n")
    path = next(iter(sorted((registry.home / "ledger").glob("journal-*.log"))))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    registry.run("systemctl start mapae-ledger\n")
    assert registry.ended("mapae-ledger") == 65
    assert "The ledger's journal is damaged: journal-" in registry.logs()
    said = registry.run("".join(BOXES["journal-damaged"]))
    assert "the ledger is NOT sound" in said
    assert "the ledger is sound" in said
    assert READY in said


@on_a_real_registry
def test_wrong_ledger(registry: Desk) -> None:
    registry.back_up()
    path = registry.home / CONFIG_FILE
    chain_id = tomllib.loads(path.read_text())["chain_id"]
    path.write_text(path.read_text().replace(f"chain_id = {chain_id}", "chain_id = 5"))
    registry.run("systemctl restart mapae-node\n")
    assert registry.ended("mapae-node") == 78
    assert f"chain_id is {chain_id}, expected 5" in registry.logs()
    assert READY in registry.run("".join(BOXES["wrong-ledger"]))


@on_a_real_registry
def test_leaked_token_and_relayer_key(registry: Desk) -> None:
    token = registry.run("mapae-node tokens create LEAKED\n").strip()
    token_box, relayer_box, _ = BOXES["leaked"]

    def status() -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.post(f"{registry.url}/v1/operations", json={}, headers=headers, timeout=60).status_code

    assert status() == 400, "known, and the operation is none"
    assert "LEAKED" in registry.run(token_box.replace("LABEL", "LEAKED"))
    assert status() == 401
    said = registry.run(relayer_box)
    assert "active" in said
    assert "retired" in said


@on_a_real_registry
def test_lost_home(registry: Desk) -> None:
    registry.back_up()
    registry.run('systemctl stop mapae-node mapae-ledger\nmv "$MAPAE_HOME" "$MAPAE_HOME.lost"\n')
    said = registry.run("".join(BOXES["lost-home"]))
    assert READY in said
    assert AGREES in said


@on_a_real_registry
def test_index_rebuilt(registry: Desk) -> None:
    said = registry.run(BOXES["index-behind"][2])
    assert AGREES in said
    assert READY in said
