"""Messages of Council: votes, a pause, an execution. The proposal comes from the file of `mapae council propose`."""

from registry_client.cli import context
from registry_client.cli.council_proposal import read_proposal
from registry_client.cli.drafts.given import Draft, Given
from registry_client.cli.i18n import tr
from registry_client.cli.settings import UsageError


def vote(given: Given) -> Draft:
    from registry_client.actions.council import APPROVE, CANCEL

    choices = {"approve": APPROVE, "cancel": CANCEL}
    choice = given.optional("choice") or "approve"
    if choice not in choices:
        raise UsageError(tr("choice is approve or cancel", "choice는 approve 또는 cancel입니다"))
    return Draft({**_proposal(given), "choice": choices[choice]})


def execute_proposal(given: Given) -> Draft:
    return Draft(_proposal(given))


def pause(given: Given) -> Draft:
    from registry_client.actions.council import PAUSE_MAX_S

    until = given.when("until", given.now)
    if not given.now < until <= given.now + PAUSE_MAX_S:
        raise UsageError(
            tr("until=: in the future, 72 hours from now at most", "until=: 지금부터 최대 72시간 뒤까지입니다")
        )
    return Draft({"epoch": _epoch(), "until": until})


def _proposal(given: Given) -> dict[str, object]:
    item = read_proposal(given.path("proposal"))
    return {"kind": item.kind, "arguments": item.arguments, "salt": item.salt, "epoch": _epoch()}


def _epoch() -> int:
    return int(context.node().get("/v1/council")["epoch"])
