"""Entry point of `mapae`: settings, language, command, exit code."""

import sys
from collections.abc import Sequence

from registry_client.cli import i18n, settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one line and return its exit code; nothing but the code and the streams comes out."""
    try:
        chosen, rest = settings.take(sys.argv[1:] if arguments is None else arguments)
        settings.use(chosen)
        i18n.set_language(chosen.lang or _language_of_profile(chosen.profile) or i18n.language_of_locale())
    except settings.UsageError as error:
        from registry_client.cli.failures import report

        return report(error)
    if rest == ["--version"]:
        return _version()
    return _run(rest)


def _run(arguments: Sequence[str]) -> int:
    try:
        import typer
        from typer.exceptions import TyperException
    except ImportError:
        sys.stderr.write("mapae: the command line is an extra of the library: pip install 'mapae[cli]'\n")
        return 1

    from registry_client.cli.app import build

    try:
        code = build()(args=list(arguments), prog_name="mapae", standalone_mode=False)
    except TyperException as error:
        return _usage(error)
    except typer.Abort:
        return _told(KeyboardInterrupt())
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except (Exception, KeyboardInterrupt) as error:
        return _told(error)
    finally:
        _close()
    return code if isinstance(code, int) else 0


def _close() -> None:
    """Close what the command opened; a command that opened nothing pays nothing."""
    context = sys.modules.get("registry_client.cli.context")
    if context is not None:
        context.close()
    output = sys.modules.get("registry_client.cli.output")
    if output is not None:
        output.console.cache_clear()


def _told(error: BaseException) -> int:
    from registry_client.cli.failures import report

    return report(error)


def _usage(error: Exception) -> int:
    """A line that does not parse: say why and where the page is; with no command at all, show the page itself."""
    message = str(getattr(error, "format_message", lambda: str(error))())
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stdout.write(message.rstrip("\n") + "\n")
        return 0
    path = context.command_path if context is not None else "mapae"
    see = i18n.tr(f"see `{path} --help`", f"`{path} --help`를 보세요")
    return _told(settings.UsageError(f"{message} ({see})"))


def _version() -> int:
    from importlib.metadata import PackageNotFoundError, version

    try:
        sys.stdout.write(f"mapae {version('mapae')}\n")
    except PackageNotFoundError:
        sys.stdout.write("mapae (not installed)\n")
    return 0


def _language_of_profile(name: str | None) -> i18n.Language | None:
    """The profile's `language`, if it can be read; a broken profile is told when it is really needed.

    The profile's own module is not used: importing it would take longer than a whole help page.
    """
    import os
    import tomllib
    from pathlib import Path

    chosen = name or os.environ.get("MAPAE_PROFILE") or ""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "mapae" / "profiles"
    local = Path(os.environ.get("MAPAE_HOME") or "var") / "profile.toml"
    candidates = [Path(chosen), home / f"{chosen}.toml"] if chosen else [local, home / "default.toml"]
    for path in candidates:
        try:
            return i18n.as_language(str(tomllib.loads(path.read_text(encoding="utf-8")).get("language", "")))
        except (OSError, ValueError, RecursionError):
            continue
    return None


if __name__ == "__main__":
    sys.exit(main())
