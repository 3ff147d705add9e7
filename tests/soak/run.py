"""One soak from beginning to end: found, load, faults, healing, checks; what came of it."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.soak.cast import Cast, found_cast
from tests.soak.checks import Verdict, check_all
from tests.soak.faults import Injector
from tests.soak.hand import Hand, Score
from tests.soak.journal import Journal
from tests.soak.plan import Plan
from tests.soak.players.authority import Council, Issuances, Ministry
from tests.soak.players.base import Player
from tests.soak.players.dids import Budget, Holders, Organisations
from tests.soak.players.statuses import Statuses
from tests.soak.reader import Reader
from tests.soak.samples import Sampler
from tests.soak.system import System, running_system

AGENCIES = 2
READERS = 2
ENDING_S = 600.0
"""How long the clients may take to finish what they began."""


@dataclass(slots=True)
class Soak:
    """A soak under way, for whoever shows it, and afterwards for whoever reports it."""

    plan: Plan
    score: Score
    began: float
    phase: str = "starting"
    system: System | None = None
    injector: Injector | None = None
    sampler: Sampler | None = None
    verdict: Verdict | None = None
    load_s: float = 0.0
    heads: int = 0


def soak(plan: Plan, watch: Callable[[Soak], Any] = lambda _: None) -> Soak:
    """Run one soak; `watch` is given it at the beginning, to show it from a thread of its own."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    running = Soak(plan, Score(), time.monotonic())
    watch(running)
    journal = Journal(plan.folder / "journal.jsonl")
    try:
        with running_system(plan) as system:
            running.system = system
            _run(running, system, journal)
    finally:
        running.phase = "over"
        journal.close()
    return running


def _run(running: Soak, system: System, journal: Journal) -> None:
    plan, score = running.plan, running.score
    running.phase = "founding"
    founder = Hand(system, journal, score, seed=plan.seed)
    cast = found_cast(founder, agencies=AGENCIES)
    over = threading.Event()
    players = _players(running, founder, cast, over)
    readers = [
        Reader(system, cast, journal, score, seed=plan.seed * 100 + number, over=over) for number in range(READERS)
    ]
    sampler = running.sampler = Sampler(system, over)
    injector = running.injector = Injector(system, journal, score)
    running.phase = "load and faults"
    began = time.monotonic()
    for thread in (*players, *readers, sampler):
        thread.start()
    injector.run(plan.load_s)
    running.load_s = time.monotonic() - began
    running.phase = "healing"
    system.heal()
    running.phase = "finishing what was begun"
    over.set()
    until = time.monotonic() + ENDING_S
    for thread in (*players, *readers, sampler):
        thread.join(max(0.1, until - time.monotonic()))
        if thread.is_alive():
            founder.violation(f"{thread.name} did not come to an end")
    sampler.look()

    def progress(text: str) -> None:
        running.phase = text

    running.verdict = check_all(system, readers, progress)
    running.verdict.wrong += sampler.judge()
    founder.close()
    for reader in readers:
        reader.close()


def _players(running: Soak, founder: Hand, cast: Cast, over: threading.Event) -> list[Player]:
    """Every client, each with its share of the rate."""
    plan, score, system, journal = running.plan, running.score, founder.system, founder.journal
    dice, budget = random.Random(plan.seed), Budget(plan.did_budget)
    count = 4 * len(cast.agencies) + 2
    more = {"pause_s": count / plan.rate, "over": over}

    def hand() -> Hand:
        return Hand(system, journal, score, seed=dice.randrange(1 << 30))

    players: list[Player] = []
    for agency in cast.agencies:
        name = agency.label
        players += [
            Organisations(f"{name} registrar", hand(), cast, agency, budget, **more),
            Holders(f"{name} personnel", hand(), cast, agency, budget, **more),
            Statuses(f"{name} status", hand(), cast, agency, **more),
            _heir(Issuances(f"{name} issuance", hand(), cast, agency, **more), founder),
        ]
    players.append(_heir(Ministry("ministry", hand(), cast, **more), founder))
    players.append(_heir(Council("council", hand(), cast, pause_after_s=plan.load_s / 3, **more), founder))
    return players


def _heir(player: Player, founder: Hand) -> Player:
    """Go on counting nonces where the founding stopped."""
    player.hand.take_over(founder)
    return player
