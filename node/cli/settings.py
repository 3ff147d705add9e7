"""`config`: what the node was told, and where from."""

import typer

from node.cli.options import Home, settings
from node.config import as_toml, without_secrets

app = typer.Typer(help="Settings.", no_args_is_help=True)


@app.command()
def show(home: Home = None) -> None:
    """Print the settings in force as a config.toml.

    Example: mapae-node config show
    """
    config = settings(home=home)
    print(f"# home: {config.home}")
    print(as_toml(without_secrets(config)), end="")
