"""Help pages: what it does, how it is written, examples, options; 80 columns in both languages.

typer's own rich pages are not used: importing them costs more than a tenth of a second, and they cut Korean columns.
"""

from typing import Any, Final, Protocol, cast

from typer.core import TyperCommand, TyperGroup

from registry_client.cli.i18n import tr
from registry_client.cli.text import WIDTH, definitions, indented, wrap


class _Formatter(Protocol):
    def write(self, string: str) -> None: ...


_BUILT_IN: Final = {
    "help": ("show this page", "이 안내를 표시"),
    "install_completion": ("install completion for this shell", "이 셸에 자동 완성을 설치"),
    "show_completion": ("print the completion script of this shell", "이 셸의 자동 완성 스크립트를 출력"),
}


def global_option_rows() -> list[tuple[str, str]]:
    """The options that may stand anywhere on the line, with their meaning."""
    return [
        (
            "--profile NAME|FILE",
            tr("the ledger and keys to use (default ./var/profile.toml)", "사용할 원장과 키 (기본 ./var/profile.toml)"),
        ),
        ("--node URL", tr("another node than the profile's", "프로필과 다른 노드")),
        ("--lang en|ko", tr("language of what is shown", "표시 언어")),
        (
            "--passphrase-file FILE",
            tr(
                "first line opens the keys (also MAPAE_PASSPHRASE_FILE)",
                "첫 줄로 키를 엽니다 (MAPAE_PASSPHRASE_FILE도 같음)",
            ),
        ),
        (
            "--pkcs11-module FILE",
            tr("for keys in tokens (also MAPAE_PKCS11_MODULE)", "토큰의 키를 쓸 때 (MAPAE_PKCS11_MODULE도 같음)"),
        ),
        ("--json", tr("one JSON document on standard output", "표준 출력에 JSON 문서 하나")),
        ("--quiet", tr("no progress on standard error", "표준 오류에 진행 상황을 쓰지 않음")),
        ("--no-color", tr("no colour (also NO_COLOR)", "색을 쓰지 않음 (NO_COLOR도 같음)")),
        ("--version", tr("the version, alone on the line", "판 번호 (단독으로 사용)")),
        ("--debug", tr("show the traceback of an error", "오류의 추적 정보 표시")),
    ]


def _example(line: str) -> list[str]:
    """An example as it can be typed: too long for a line, it goes on after a backslash."""
    parts = wrap(line, WIDTH - 8)
    return [
        ("  " if number == 0 else "      ") + part + (" \\" if number < len(parts) - 1 else "")
        for number, part in enumerate(parts)
    ]


def _page(command: Any, context: Any, commands: list[tuple[str, str]]) -> str:
    arguments: list[tuple[str, str]] = []
    options: list[tuple[str, str]] = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None:
            continue
        name, meaning = record
        if parameter.param_type_name == "argument":
            plain = name.split(" <")[0].strip("[]{}")
            arguments.append((plain, meaning.replace("[required]", "").rstrip()))
        elif parameter.name in _BUILT_IN:
            options.append((name.split("  ")[0], tr(*_BUILT_IN[parameter.name])))
        else:
            options.append((name, meaning))
    arguments, options = (
        [
            (
                name,
                meaning.replace("[required]", tr("[required]", "[필수]")).replace(
                    "[default: ", tr("[default: ", "[기본: ")
                ),
            )
            for name, meaning in rows
        ]
        for rows in (arguments, options)
    )
    pieces = [piece.replace("{", "").replace("}", "") for piece in command.collect_usage_pieces(context)]
    usage = " ".join([context.command_path, *pieces])
    blocks = [indented(tr("Usage: ", "사용법: ") + usage, first="", rest="    "), indented(command.help or "")]
    if command.epilog:
        examples = [part for line in command.epilog.strip().split("\n") for part in _example(line)]
        blocks.append("\n".join([tr("Examples:", "예:"), *examples]))
    for title, rows in (
        (tr("Commands:", "명령:"), commands),
        (tr("Arguments:", "인자:"), arguments),
        (tr("Options:", "옵션:"), options),
        (tr("Everywhere on the line:", "줄 어디에나 쓸 수 있는 옵션:"), global_option_rows()),
    ):
        if rows:
            blocks.append("\n".join([title, *definitions(rows)]))
    return "\n\n".join(block for block in blocks if block) + "\n"


class HelpCommand(TyperCommand):
    """A command whose epilog holds example lines."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        cast("_Formatter", formatter).write(_page(self, ctx, []))


class HelpGroup(TyperGroup):
    """A noun: lists its commands with one line each."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        cast("_Formatter", formatter).write(_page(self, ctx, self.command_rows(ctx)))

    def command_rows(self, ctx: Any) -> list[tuple[str, str]]:
        rows: list[tuple[str, str]] = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                rows.append((name, (command.help or "").split("\n")[0].rstrip(".")))
        return rows
