"""The council: members, proposals and their votes; and the contracts that Directory names."""

from typing import Any

from node.domain import fact
from node.ports import IndexView
from node.services.context import Ledger, hexed, place_json

_CHOICES = {1: "approve", 2: "cancel"}


def council(view: IndexView) -> dict[str, Any]:
    """Return the present council and every proposal of its epoch, newest first."""
    term = view.last(fact.CouncilTerm)
    pause = view.last(fact.CouncilPause)
    epoch = term.epoch if term else 0
    return {
        "epoch": epoch,
        "threshold": term.threshold if term else 0,
        "members": _members(term.members) if term else [],
        "paused_until": pause.until if pause and pause.until > view.head.block.time else None,
        "proposals": [_proposal_json(view, row) for row in view.facts(fact.Proposal, newest=True, epoch=epoch)],
        "ledger": place_json(view),
    }


def ledger_json(ledger: Ledger, view: IndexView) -> dict[str, Any]:
    """Return which ledger this is, where it stands, and its contracts."""
    contracts: dict[str, Any] = {}
    for entry in view.facts(fact.DirectoryEntry):
        contracts[entry.name] = {
            "address": hexed(entry.address),
            "generation": entry.generation,
            "code_hash": hexed(entry.code_hash),
            "layout_id": hexed(entry.layout_id),
            "from_block": entry.block_number,
        }
    head = view.head
    return {
        "network": ledger.network,
        "chain_id": ledger.chain_id,
        "genesis_hash": ledger.genesis_hash,
        "directory": ledger.directory,
        "code_hash": ledger.code_hash,
        "base": ledger.base,
        "contracts": contracts,
        "head": {"number": head.block.number, "hash": hexed(head.block.hash), "time": head.block.time},
        "final": {"number": head.final.number, "hash": hexed(head.final.hash), "time": head.final.time},
        "indexed": {"number": head.block.number},
        "ledger": place_json(view),
    }


def _members(packed: bytes) -> list[str]:
    return [hexed(packed[at : at + 21]) for at in range(0, len(packed), 21)]


def _proposal_json(view: IndexView, row: fact.Proposal) -> dict[str, Any]:
    steps = view.facts(fact.ProposalStep, proposal=row.proposal, epoch=row.epoch)
    votes = {step.member: step for step in steps if step.step == "voted"}
    ends = [step.step for step in steps if step.step in {"executed", "cancelled"}]
    ready = next((step.ready_at for step in reversed(steps) if step.step == "ready"), None)
    return {
        "proposal": hexed(row.proposal),
        "kind": row.kind,
        "arguments": hexed(row.arguments),
        "salt": hexed(row.salt),
        "state": ends[-1] if ends else ("ready" if ready is not None else "open"),
        "ready_at": ready,
        "votes": [
            {"member": hexed(member), "choice": _CHOICES.get(step.choice, str(step.choice))}
            for member, step in votes.items()
        ],
        "block_number": row.block_number,
    }
