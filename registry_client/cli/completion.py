"""`mapae completion bash|zsh|fish`: print the script that completes nouns, commands and options."""

import sys
from typing import Literal

from registry_client.cli.app import command, noun
from registry_client.cli.i18n import tr

Shell = Literal["bash", "zsh", "fish"]

app = noun("completion", help=tr("Shell completion for bash, zsh, fish", "bash, zsh, fish 자동 완성"))


def _print(shell: Shell) -> None:
    from typer._completion_shared import get_completion_script

    sys.stdout.write(get_completion_script(prog_name="mapae", complete_var="_MAPAE_COMPLETE", shell=shell) + "\n")


@command(
    app,
    "bash",
    help=tr("Print the script for bash", "bash용 스크립트 출력"),
    examples=('eval "$(mapae completion bash)"',),
)
def bash() -> None:
    _print("bash")


@command(
    app,
    "zsh",
    help=tr("Print the script for zsh", "zsh용 스크립트 출력"),
    examples=("mapae completion zsh > ~/.zfunc/_mapae",),
)
def zsh() -> None:
    _print("zsh")


@command(
    app,
    "fish",
    help=tr("Print the script for fish", "fish용 스크립트 출력"),
    examples=("mapae completion fish > ~/.config/fish/completions/mapae.fish",),
)
def fish() -> None:
    _print("fish")
