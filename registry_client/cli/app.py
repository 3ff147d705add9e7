"""The table of nouns; each noun's module is imported only when it is used, so that `mapae --help` stays quick."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final, TypeVar

import typer
from typer.core import TyperGroup

from registry_client.cli.help import HelpCommand, HelpGroup
from registry_client.cli.i18n import tr

Function = TypeVar("Function", bound=Callable[..., Any])

NOUNS: Final = (
    ("key", "Make and list the keys that sign", "서명 키를 만들고 봅니다"),
    ("profile", "Choose the ledger, the node and the keys", "원장, 노드, 키를 고릅니다"),
    ("agency", "Set an agency up in one go", "기관을 한 번에 준비합니다"),
    ("did", "Create, resolve, change and end DIDs", "DID를 만들고 해석하고 바꾸고 끝냅니다"),
    ("credential", "Issue, verify, suspend, revoke and reissue", "자격증명을 발급·검증·정지·폐기·재발급합니다"),
    ("hr", "Apply the HR feed; compare feed, book, ledger", "인사 자료를 반영하고 대장·원장과 맞춰 봅니다"),
    ("request", "Ask a holder for claims", "소지자에게 제시를 요청합니다"),
    ("presentation", "Answer a request; verify an answer", "요청에 답하고, 답을 검증합니다"),
    ("qr", "Show and scan gate passes", "출입증 QR을 보이고 확인합니다"),
    ("accreditation", "Give, end and show rights to issue", "발급 권한을 주고 끝내고 봅니다"),
    ("status", "Status lists: open, change, show", "상태 목록을 열고 바꾸고 봅니다"),
    ("schema", "Register and show credential types", "자격증명 유형을 등록하고 봅니다"),
    ("service", "Set, end and show service codes", "서비스 코드를 정하고 끝내고 봅니다"),
    ("operation", "Make, sign offline, show and submit operations", "변경을 만들고 오프라인에서 서명해 제출합니다"),
    ("council", "Propose, approve, cancel and execute", "협의회 안건을 내고 의결합니다"),
    ("events", "The ledger's story, in words", "원장의 기록을 말로 봅니다"),
    ("watch", "Alerts for the desk, as they happen", "담당자에게 알릴 일을 그때그때 알립니다"),
    ("demo", "Make what an outside tester needs", "외부 시험에 필요한 것을 만듭니다"),
    ("completion", "Shell completion for bash, zsh, fish", "bash, zsh, fish 자동 완성"),
)
"""(noun, English line, Korean line) in the order of the help page."""


def noun(name: str, *, help: str) -> typer.Typer:
    """A noun's own app."""
    return typer.Typer(
        name=name,
        help=help,
        cls=HelpGroup,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def command(
    app: typer.Typer, name: str, *, help: str, examples: Sequence[str], hidden: bool = False
) -> Callable[[Function], Function]:
    """Register a command; every command has at least one example line."""
    return app.command(name, help=help, epilog="\n".join(examples), cls=HelpCommand, hidden=hidden)


class NounGroup(HelpGroup):
    """The root: knows the nouns' names and lines without importing them."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  (typer's signature)
        return [name for name, _, _ in NOUNS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        if all(cmd_name != name for name, _, _ in NOUNS):
            self._hold_names()
            return None
        module = import_module(f"registry_client.cli.{cmd_name}")
        group = typer.main.get_command(module.app)
        self.add_command(group, cmd_name)
        return group

    def command_rows(self, ctx: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [(name, tr(en, ko)) for name, en, ko in NOUNS]

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        self._hold_names()
        return super().shell_complete(ctx, incomplete)

    def _hold_names(self) -> None:
        # Completion and near misses need names and lines only: stand-ins, so that no noun is imported for them.
        for name, en, ko in NOUNS:
            self.commands.setdefault(name, TyperGroup(name=name, help=tr(en, ko)))


def build() -> Any:
    """The root command in the language chosen by now."""
    root = typer.Typer(
        name="mapae",
        cls=NounGroup,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=True,
        help=tr(
            "Mapae: DIDs, accreditations and credential status anchored on a permissioned ledger.",
            "마패: 허가형 원장에 DID, 발급 권한, 자격증명 상태를 올리고 확인합니다.",
        ),
        epilog="mapae did resolve did:mapae:dev-1a2b3c:2hPm...\nmapae credential verify officer.sdjwt --lang ko",
    )

    @root.callback()
    def _root() -> None:
        """Nothing of its own: the options of the whole line are taken off before parsing."""

    return typer.main.get_command(root)
