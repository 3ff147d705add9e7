"""`database`: the tables of index and outbox, wherever they are kept."""

import json
from collections.abc import Callable
from typing import Final

import typer
from sqlalchemy import Engine

from node.adapters.store_sql.migrate import INDEX, OUTBOX, Revision, revision, upgrade
from node.cli.options import AsJson, Database, Home, Lang, settings, speak
from node.config import Config
from node.stores import open_index, open_outbox
from registry_client.cli.i18n import tr

app = typer.Typer(help="The tables of index and outbox: their revisions.", no_args_is_help=True)

_WORDS: Final = {
    INDEX: (INDEX, "색인"),
    OUTBOX: (OUTBOX, "발신함"),
    "before": ("before", "이전"),
    "now": ("now", "현재"),
    "found": ("found", "현재"),
    "wanted": ("wanted", "필요"),
}
_PARTS: Final[dict[str, Callable[[Config], Engine]]] = {INDEX: open_index, OUTBOX: open_outbox}


@app.command("upgrade")
def bring_up(home: Home = None, database: Database = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Bring the tables to this program's revision. A node does so itself when it starts.

    Example: mapae-node database upgrade --database postgresql://mapae@db.example/mapae
    """
    speak(lang)
    before = _each(settings(home=home, database=database), upgrade)
    _show({part: {"before": step.found, "now": step.wanted} for part, step in before.items()}, as_json=as_json)


@app.command()
def current(home: Home = None, database: Database = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Print at which revision the tables are, and which one this program wants. Changes nothing.

    Example: mapae-node database current --json
    """
    speak(lang)
    found = _each(settings(home=home, database=database), revision)
    _show({part: {"found": step.found, "wanted": step.wanted} for part, step in found.items()}, as_json=as_json)


def _each(config: Config, act: Callable[[Engine, str], Revision]) -> dict[str, Revision]:
    answers = {}
    for part, open_part in _PARTS.items():
        engine = open_part(config)
        try:
            answers[part] = act(engine, part)
        finally:
            engine.dispose()
    return answers


def _show(answers: dict[str, dict[str, str | None]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(answers))
        return
    for part, values in answers.items():
        told = (f"{tr(*_WORDS[name])} {value or tr('none', '없음')}" for name, value in values.items())
        print(tr(*_WORDS[part]), *told, sep="  ")
