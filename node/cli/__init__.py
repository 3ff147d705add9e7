"""`mapae-node`: run a node, look after its index, tokens and relayer, and the embedded ledger."""

import sys

import typer

from node.cli import database, doctor, index, ledger, relayer, run, settings, tokens
from node.cli.failures import explain
from node.cli.options import speak
from node.logs import logs_to_stderr

INTERRUPTED = 130
"""Exit code after Ctrl-C before a command had anything to stop in order."""

app = typer.Typer(
    name="mapae-node",
    help="The node of the Mapae registry. Settings: config.toml in the home < MAPAE_* < flags.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
run.register(app)
doctor.register(app)
app.add_typer(database.app, name="database")
app.add_typer(index.app, name="index")
app.add_typer(ledger.app, name="ledger")
app.add_typer(tokens.app, name="tokens")
app.add_typer(relayer.app, name="relayer")
app.add_typer(settings.app, name="config")


def main() -> int:
    """Run the command line; return the exit code. Errors are one line and what to do, never a traceback."""
    logs_to_stderr()
    speak(None)
    try:
        code = app(standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except typer.Exit as stop:
        return stop.exit_code
    except Exception as error:
        explained = explain(error)
        if explained is not None:
            print(f"mapae-node: {explained[0]}", file=sys.stderr)
            return explained[1]
        if type(error).__module__.startswith(("click", "typer")):
            return _usage(error)
        raise
    return code if isinstance(code, int) else 0  # not standalone: what `typer.Exit` carried is returned


def _usage(error: Exception) -> int:
    """Say what was wrong with a command, as click would."""
    show = getattr(error, "show", None)
    if callable(show):
        show()
    else:
        print(f"mapae-node: {error}", file=sys.stderr)
    code = getattr(error, "exit_code", 2)
    return code if isinstance(code, int) else 2
