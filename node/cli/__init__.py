"""`mapae-node`: run a node, look after its index, tokens and relayer, and the embedded ledger."""

import sys

import typer

from node.cli import index, ledger, relayer, run, settings, tokens
from node.embedded.errors import EmbeddedLedgerError
from registry_client.errors import (
    ConfigurationError,
    InvalidInputError,
    LedgerInconsistentError,
    LedgerUnavailableError,
    RegistryError,
    WrongLedgerError,
)

app = typer.Typer(
    name="mapae-node",
    help="The node of the Mapae registry. Settings: config.toml in the home < MAPAE_* < flags.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
run.register(app)
app.add_typer(index.app, name="index")
app.add_typer(ledger.app, name="ledger")
app.add_typer(tokens.app, name="tokens")
app.add_typer(relayer.app, name="relayer")
app.add_typer(settings.app, name="config")

EXIT_CODES = {
    InvalidInputError: 64,
    LedgerUnavailableError: 69,
    LedgerInconsistentError: 70,
    ConfigurationError: 78,
    WrongLedgerError: 78,
}
"""64 usage, 69 ledger away, 70 contradiction, 78 settings; 1 anything else."""


def main() -> int:
    """Run the command line; return the exit code. Errors are one line and what to do, never a traceback."""
    try:
        app(standalone_mode=False)
    except typer.Abort:
        return 130
    except typer.Exit as stop:
        return stop.exit_code
    except RegistryError as error:
        print(f"mapae-node: {error.title}: {error.detail}", file=sys.stderr)
        return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)
    except EmbeddedLedgerError as error:
        print(f"mapae-node: {error.heading.en}: {error.detail}\n{error.remedy.en}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if type(error).__module__.startswith("click") or type(error).__module__.startswith("typer"):
            return _usage(error)
        raise
    return 0


def _usage(error: Exception) -> int:
    """Say what was wrong with a command, as click would."""
    show = getattr(error, "show", None)
    if callable(show):
        show()
    else:
        print(f"mapae-node: {error}", file=sys.stderr)
    code = getattr(error, "exit_code", 2)
    return code if isinstance(code, int) else 2
