"""The end of a soak: the journal, the ledger's logs, the contracts, the node, its index and a rebuilt one must agree.

Each check returns figures, and adds a sentence to `wrong` for everything that is not as it must be.
"""

import json
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from registry_client.core.did import format_did
from registry_client.core.encoding import decode_base64url
from registry_client.submit import NodeClient
from tests.contracts.views import compare
from tests.simulators.model import Model
from tests.soak.effects import Key, council_key, council_key_of_event, key_of, key_of_event, proposal_id
from tests.soak.journal import MUST, NEVER, Told, read_journal
from tests.soak.processes import ROOT
from tests.soak.reader import Reader
from tests.soak.system import System
from tests.support.abi import Event

LOGS_SPAN = 500
SHOWN_MAX = 12
STATES = {1: "active", 2: "deactivated"}


@dataclass(slots=True)
class Verdict:
    """What the checks found. `figures`: check -> what it looked at."""

    wrong: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def note(self, text: str) -> None:
        self.wrong.append(text)


@dataclass(slots=True)
class Evidence:
    """Everything that is compared."""

    system: System
    told: Told
    events: list[Event]
    model: Model


def check_all(system: System, readers: list[Reader], progress: Callable[[str], None]) -> Verdict:
    """Run every check. The load is over and the system healthy; afterwards the node is stopped."""
    verdict = Verdict()
    told = read_journal(system.plan.folder / "journal.jsonl")
    progress("reading the ledger's story")
    evidence = Evidence(system, told, *_story(system, verdict))
    for name, check in (
        ("operations", _operations),
        ("decisions", _decisions),
        ("contracts", _contracts),
        ("node", _node),
        ("outbox", _outbox),
    ):
        progress(f"checking: {name}")
        verdict.figures[name] = check(evidence, verdict)
    progress("reading again whatever was final")
    before = len(system_violations(readers))
    verdict.figures["answers read again"] = sum(reader.reread() for reader in readers)
    for text in system_violations(readers)[before:]:
        verdict.note(text)
    progress("rebuilding the index")
    verdict.figures["index"] = _index(system, verdict)
    progress("mining the whole ledger again")
    verdict.figures["ledger"] = _replay(system, verdict)
    return verdict


def system_violations(readers: list[Reader]) -> list[str]:
    return readers[0]._score.violations if readers else []


def _story(system: System, verdict: Verdict) -> tuple[list[Event], Model]:
    """All logs in order, and the state that they alone imply."""
    registry, calls = system.registry, system.calls
    head = int(calls.rpc("eth_blockNumber"), 16)
    events: list[Event] = []
    for first in range(0, head + 1, LOGS_SPAN):
        last = min(head, first + LOGS_SPAN - 1)
        query = {"fromBlock": hex(first), "toBlock": hex(last), "address": list(registry.generations)}
        events += [registry._decoded(log) for log in calls.rpc("eth_getLogs", query)]
    model = Model()
    for event in events:
        try:
            model.apply(event, time=calls.time_of(event.block_number))
        except (KeyError, ValueError) as error:
            verdict.note(f"block {event.block_number}: {event.name} does not follow from what came before: {error!r}")
    return events, model


def _operations(evidence: Evidence, verdict: Verdict) -> dict[str, Any]:
    """Each operation is settled; a final one had its effect exactly once, any other none; nothing else happened."""
    effects = Counter(key for event in evidence.events if (key := key_of_event(event)) is not None)
    asked: dict[Key, str] = {}
    states: Counter[str] = Counter()
    problems: list[str] = []
    for entry in evidence.told.operations.values():
        key = key_of(entry.signed)
        name = f"{entry.signed.kind} {entry.id}"
        states[entry.state or "unsettled"] += 1
        if entry.state is None:
            problems.append(f"{name} was never settled (accepted: {entry.accepted_at is not None})")
        elif entry.state == "final":
            if effects[key] != 1:
                problems.append(f"{name} is final and had its effect {effects[key]} times")
            if key in asked:
                problems.append(f"{name} and {asked[key]} are both final and ask for the same")
            if entry.wanted == NEVER:
                problems.append(f"{name} must be refused and is final")
            asked[key] = entry.id
        else:
            if effects[key] and key not in _keys_of_final(evidence):
                problems.append(f"{name} is {entry.state} ({entry.error}) and had its effect")
            if not entry.error:
                problems.append(f"{name} is {entry.state} without a named reason")
            if entry.wanted == MUST and entry.error not in entry.allowed:
                problems.append(f"{name} is {entry.state} ({entry.error}) and nothing stood against it")
    strangers = [key[0] for key in effects if key not in asked]
    if strangers:
        problems.append(f"{len(strangers)} effects that nobody asked for: {Counter(strangers)}")
    _tell(verdict, problems)
    kinds = Counter(entry.signed.kind for entry in evidence.told.final)
    return {"states": dict(states), "final by kind": dict(sorted(kinds.items())), "events": len(evidence.events)}


def _keys_of_final(evidence: Evidence) -> set[Key]:
    return {key_of(entry.signed) for entry in evidence.told.final}


def _decisions(evidence: Evidence, verdict: Verdict) -> dict[str, Any]:
    """What the council brought about is what it executed, each decision once and with the votes for it."""
    ids = {}
    for entry in evidence.told.operations.values():
        if entry.signed.kind == "Vote":
            m = entry.signed.message
            ids[proposal_id(m["kind"], m["arguments"], m["salt"])] = council_key(m["kind"], m["arguments"])
    executed = [event["proposal"] for event in evidence.events if event.name == "ProposalExecuted"]
    problems = [f"proposal 0x{p.hex()} was executed {n} times" for p, n in Counter(executed).items() if n != 1]
    problems += [f"proposal 0x{p.hex()} was executed and nobody voted" for p in executed if p not in ids]
    wanted = Counter(key for p in executed if (key := ids.get(p)) is not None)
    found = Counter(key for event in evidence.events if (key := council_key_of_event(event)) is not None)
    problems += [
        f"the council's {key[0]} happened {found[key]} times, not {n}" for key, n in wanted.items() if found[key] != n
    ]
    problems += [f"the council's {key[0]} happened without a decision" for key in found if key not in wanted]
    _tell(verdict, problems)
    return {"executed": len(executed)}


def _contracts(evidence: Evidence, verdict: Verdict) -> dict[str, Any]:
    """Every view of the contracts says what the logs imply."""
    try:
        compare(evidence.model, evidence.system.registry)
    except AssertionError as error:
        verdict.note(f"the contracts differ from their logs: {error}")
    model = evidence.model
    return {"DIDs": len(model.records), "lists": len(model.lists), "grants": len(model.grants)}


def _node(evidence: Evidence, verdict: Verdict) -> dict[str, Any]:
    """The node says what the logs imply, of every DID and list."""
    system, model, problems = evidence.system, evidence.model, []
    with NodeClient(system.node_url, token_file=system.token_file) as client:
        for id_, record in model.records.items():
            answer = client.get(f"/v1/dids/{format_did(system.config.network, id_)}")
            shown = (answer["version"], answer["state"], answer["controller"], answer["history_digest"])
            known = (
                *(record.version, STATES[record.state]),
                *("0x" + record.controller.hex(), "0x" + record.history.hex()),
            )
            if shown != known:
                problems.append(f"the node shows {answer['did']} as {shown}, the ledger has {known}")
        for list_id, found in model.lists.items():
            answer = client.get(f"/v1/status-lists/0x{list_id.hex()}")
            words = b"".join(word.to_bytes(32) for word in found.words)
            shown = answer["seq"], answer["ops_head"], zlib.decompress(decode_base64url(answer["words"]))
            if shown != (found.seq, "0x" + found.ops_head.hex(), words):
                problems.append(
                    f"the node shows the list 0x{list_id.hex()} at {shown[0]}, the ledger is at {found.seq}"
                )
        for (agency, seq), (_, digest) in model.issuances.items():
            path = f"/v1/issuances/{format_did(system.config.network, agency)}/{seq}"
            if client.get(path)["digest"] != "0x" + digest.hex():
                problems.append(f"{path} has another digest than the ledger")
    _tell(verdict, problems)
    return {"DIDs": len(model.records), "lists": len(model.lists), "batches": len(model.issuances)}


def _outbox(evidence: Evidence, verdict: Verdict) -> dict[str, Any]:
    """What the node says of every operation today is what it said when it was settled."""
    problems, asked = [], 0
    with NodeClient(evidence.system.node_url, token_file=evidence.system.token_file) as client:
        for entry in evidence.told.operations.values():
            if entry.accepted_at is None or entry.state in {None, "refused"}:
                continue
            asked += 1
            state = client.outcome(entry.id).state
            if state != entry.state:
                problems.append(f"{entry.signed.kind} {entry.id} was {entry.state} and is {state}")
    _tell(verdict, problems)
    return {"operations asked again": asked}


def _index(system: System, verdict: Verdict) -> dict[str, Any]:
    """The digest of the index that lived through it all is that of one made anew."""
    system.node.stop()
    system.ledger.stop()  # the rebuild starts it by itself
    live = _mapae_node(system, "index", "digest")
    rebuilt = _mapae_node(system, "index", "rebuild", "--json")
    if (live["digest"], live["block_number"]) != (rebuilt["digest"], rebuilt["block_number"]):
        verdict.note(f"the index is {live['digest']} at block {live['block_number']}, rebuilt {rebuilt['digest']}")
    return {"live": live, "rebuilt": rebuilt}


def _replay(system: System, verdict: Verdict) -> dict[str, Any]:
    """Every block is mined again from the journal and has its hash."""
    command = [sys.executable, "-m", "node.embedded", "check", str(system.home / "ledger"), "--replay", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=3_600)
    if done.returncode != 0:
        verdict.note(f"the ledger does not replay: {done.stdout[-800:]} {done.stderr[-400:]}")
        return {"exit code": done.returncode}
    return dict(json.loads(done.stdout))


def _mapae_node(system: System, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "node", *words, "--home", str(system.home)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1_800)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr[-800:]}")
    return dict(json.loads(done.stdout))


def _tell(verdict: Verdict, problems: list[str]) -> None:
    for text in problems[:SHOWN_MAX]:
        verdict.note(text)
    if len(problems) > SHOWN_MAX:
        verdict.note(f"... and {len(problems) - SHOWN_MAX} more like these")
