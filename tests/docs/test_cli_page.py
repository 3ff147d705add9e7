"""docs/cli.md says what the command line does: nouns, commands, options, exit codes."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from registry_client.cli import failures
from registry_client.cli.app import NOUNS
from registry_client.cli.help import global_option_rows

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines() if line.startswith("mapae ")]


def group(noun: str) -> Any:
    return typer.main.get_command(import_module(f"registry_client.cli.{noun}").app)


def test_every_noun_is_in_the_table_and_nothing_else() -> None:
    table = PAGE[: PAGE.index("## Anywhere")]
    assert re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE) == [name for name, _, _ in NOUNS]


@pytest.mark.parametrize("line", LINES)
def test_every_line_is_a_command_with_options_that_exist(line: str) -> None:
    words = line.split()[1:]
    if words[0].startswith("--"):
        assert words == ["--install-completion"]
        return
    command = group(words[0])
    rest = words[1:]
    if hasattr(command, "commands"):
        assert rest[0] in command.commands, line
        command, rest = command.commands[rest[0]], rest[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    known |= {name.split()[0].rstrip(",") for name, _ in global_option_rows()}
    assert {word for word in rest if word.startswith("--")} <= known, line


def test_the_exit_codes_are_the_programs() -> None:
    printed = {int(code) for code in re.findall(r"^\| (\d+) \| ", PAGE, re.MULTILINE)}
    codes = {
        getattr(failures, name)
        for name in ("OK", "INTERNAL", "USAGE", "REJECTED", "UNDETERMINED", "REFUSED", "UNREACHABLE", "INTERRUPTED")
    }
    assert printed == codes


def test_the_global_options_are_the_programs() -> None:
    table = PAGE[PAGE.index("## Anywhere") : PAGE.index("## Exit codes")]
    printed = set(re.findall(r"`(--[a-z0-9-]+)", table))
    assert printed == {name.split()[0] for name, _ in global_option_rows()}
