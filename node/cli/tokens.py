"""`tokens`: who may relay through this node."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from node.cli.options import AsJson, Home, Lang, ledger_settings, speak
from node.services.tokens import QUOTA_DEFAULT
from node.stores import open_tokens
from registry_client.cli.i18n import tr
from registry_client.core.times import format_time

app = typer.Typer(help="API tokens for relaying.", no_args_is_help=True)

Label = Annotated[str, typer.Argument(help="Whose token: an agency's short name.")]


@app.command()
def create(
    label: Label,
    quota: Annotated[int, typer.Option(help="Operations a day.")] = QUOTA_DEFAULT,
    home: Home = None,
    lang: Lang = None,
) -> None:
    """Make a token and print it: the only time it is seen.

    Example: mapae-node tokens create interior-ministry > token; chmod 600 token
    """
    speak(lang)
    tokens, close = open_tokens(ledger_settings(home=home))
    try:
        print(tokens.create(label, quota_per_day=quota))
    finally:
        close()


@app.command("list")
def show(home: Home = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """List tokens and what they used today; never the tokens themselves.

    Example: mapae-node tokens list --json
    """
    speak(lang)
    tokens, close = open_tokens(ledger_settings(home=home))
    try:
        found = tokens.list()
    finally:
        close()
    if as_json:
        rows = [
            {
                "label": token.label,
                "quota_per_day": token.quota_per_day,
                "used_today": token.used_today,
                "created": format_time(token.created_at),
                "revoked": format_time(token.revoked_at) if token.revoked_at else None,
            }
            for token in found
        ]
        print(json.dumps(rows))
        return
    titles = (
        ("label", "이름"),
        ("used today", "오늘 사용"),
        ("quota", "할당량"),
        ("created", "생성"),
        ("revoked", "폐기"),
    )
    table = Table(*(tr(*title) for title in titles))
    for token in found:
        revoked = format_time(token.revoked_at) if token.revoked_at else ""
        table.add_row(
            token.label, str(token.used_today), str(token.quota_per_day), format_time(token.created_at), revoked
        )
    Console().print(table)


@app.command()
def revoke(label: Label, home: Home = None, lang: Lang = None) -> None:
    """End a token at once.

    Example: mapae-node tokens revoke interior-ministry
    """
    speak(lang)
    tokens, close = open_tokens(ledger_settings(home=home))
    try:
        tokens.revoke(label)
    finally:
        close()
    print(tr(f"revoked {label}", f"폐기됨: {label}"))
