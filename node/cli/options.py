"""Flags that several commands share, and how they become settings."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from node.config import Config, load_config, require_ledger
from registry_client.cli.i18n import Language, language_of_locale, set_language

Home = Annotated[
    Path | None, typer.Option("--home", help="Folder of ledger, index, keys (MAPAE_HOME; ./var).", show_default=False)
]
Host = Annotated[str | None, typer.Option(help="Address to serve on (127.0.0.1).", show_default=False)]
Port = Annotated[int | None, typer.Option(help="Port to serve on (8700).", show_default=False)]
RpcUrl = Annotated[str | None, typer.Option(help="JSON-RPC address of the ledger.", show_default=False)]
Database = Annotated[
    str | None,
    typer.Option(help="postgresql:// URL for index and outbox (two SQLite files of the home).", show_default=False),
]
Lang = Annotated[
    Literal["en", "ko"] | None,
    typer.Option("--lang", help="Language of the answer (the locale's).", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def speak(lang: Language | None) -> None:
    """Have this command, and what it fails with, speak the chosen language, else the locale's."""
    set_language(lang or language_of_locale())


def settings(**flags: Any) -> Config:
    """Return the settings with the flags that were given."""
    return load_config({name: value for name, value in flags.items() if value is not None})


def ledger_settings(**flags: Any) -> Config:
    """Return the settings, with the ledger in them. Raises ConfigurationError."""
    return require_ledger(settings(**flags))
