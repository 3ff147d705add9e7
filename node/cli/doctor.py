"""`doctor`: what is wrong with this node, its machine and its ledger, and what to do about it."""

import json
import logging
import sys
from typing import Annotated, Final, Literal

import typer

from node.cli.doctor_words import STATES, TABLES
from node.cli.options import AsJson, Database, Home, RpcUrl, ledger_settings
from node.doctor.examination import examine
from node.doctor.finding import Finding, State
from registry_client.cli.i18n import language_of_locale

FAILED: Final = 1
UNCLEAR: Final = 3
"""Exit code where nothing failed and something could not be found out."""
Language = Annotated[
    Literal["en", "ko"] | None,
    typer.Option("--lang", help="Language of the report (the locale's).", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    home: Home = None, rpc_url: RpcUrl = None, database: Database = None, as_json: AsJson = False, lang: Language = None
) -> None:
    """Check node, machine and ledger, whether the node runs or not; changes nothing. Each line says what to do.

    Exit code 0: nothing failed; 1: something did; 3: something could not be found out.
    Example: mapae-node doctor --lang ko
    """
    config = ledger_settings(home=home, rpc_url=rpc_url, database=database)
    logging.getLogger().setLevel(logging.ERROR)
    language = lang or language_of_locale()
    findings = []
    for finding in examine(config):
        findings.append(finding)
        if not as_json:
            print("\n".join(lines_of(finding, language)), flush=True)
    states = {finding.state for finding in findings}
    if as_json:
        shown = [as_object(finding, language) for finding in findings]
        json.dump({"checks": shown}, sys.stdout, ensure_ascii=False)
        print()
    raise typer.Exit(FAILED if State.FAIL in states else UNCLEAR if State.UNKNOWN in states else 0)


def lines_of(finding: Finding, language: str) -> list[str]:
    """Return a finding as a line, and what to do as a second one unless all is well."""
    shown = as_object(finding, language)
    lines = [f"{STATES[language][finding.state]:<8} {shown['name']}: {shown['said']}"]
    return lines if finding.state is State.OK else [*lines, f"{'':<8} -> {shown['remedy']}"]


def as_object(finding: Finding, language: str) -> dict[str, object]:
    """Return a finding for programs."""
    words = TABLES[language][finding.check]
    said = words.figures.format_map(dict(finding.figures)) if finding.figures else finding.why
    return {
        "check": finding.check,
        "state": finding.state.value,
        "name": words.name,
        "said": said,
        "figures": dict(finding.figures),
        "remedy": "" if finding.state is State.OK else words.remedy,
    }
