"""Send what was signed and show what became of it: the same few lines after every change."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from registry_client.cli import context
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, outcome
from registry_client.cli.progress import progress

if TYPE_CHECKING:
    from registry_client.core.operation import SignedOperation
    from registry_client.core.outcome import Outcome


def send(operations: "Sequence[SignedOperation]", *, what: str, registrar: str | None = None) -> "list[Outcome]":
    """Send, wait until final with progress, raise for the first that was refused.

    `registrar`: the address of a DIF registrar to go through, instead of the node's own operations.
    """
    with progress() as shown:
        shown.step(what)
        if registrar is None:
            return context.desk().send(*operations, on_change=shown.count)
        from registry_client.actions.registrar import register
        from registry_client.adapters.registrar import RegistrarHttp

        with RegistrarHttp(registrar, token_file=context.profile().token_file) as there:
            return [register(there, operation, on_change=shown.count) for operation in operations]


def show(outcomes: "Sequence[Outcome]", *, result: Mapping[str, Any], facts: Sequence[tuple[str, object]]) -> None:
    """Show the result of a change: its facts, then where the ledger has it."""
    document = {**result, "operations": [item.to_json() for item in outcomes]}

    def page(screen: Screen) -> None:
        screen.facts(facts, indent=0)
        for item in outcomes:
            screen.line(f"{outcome(item.state)}  {item.kind}  {tr('block', '블록')} {item.block_number}")

    emit(document, page)


def change(
    *operations: "SignedOperation",
    what: str,
    result: Mapping[str, Any],
    facts: Sequence[tuple[str, object]],
    registrar: str | None = None,
) -> None:
    """Send and show, for commands that do one thing."""
    show(send(operations, what=what, registrar=registrar), result=result, facts=facts)
