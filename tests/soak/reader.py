"""A reader that remembers every final answer: nothing final may ever be told otherwise, now or at the end.

- A version of a DID, an event's place, a final block's hash, a settled operation: the same for ever.
- The latest version of a DID and the sequence of a list never go back between two answers of which the second was read
  at a later block; an index that was restored from an older copy says so by its block.
"""

import hashlib
import json
import random
import threading
import time
from typing import Any

import httpx

from tests.soak.cast import Cast
from tests.soak.hand import Score
from tests.soak.journal import Journal
from tests.soak.system import System

PAUSE_S = 0.05
TOLERATED = frozenset({404, 410, 429, 503})
OK = 200


class Reader(threading.Thread):
    """Reads at random until told to stop; `reread` asks for everything again."""

    def __init__(
        self, system: System, cast: Cast, journal: Journal, score: Score, *, seed: int, over: threading.Event
    ) -> None:
        super().__init__(name=f"reader {seed}", daemon=True)
        self._system, self._cast, self._journal, self._score, self._over = system, cast, journal, score, over
        self._dice = random.Random(seed)
        self._http = httpx.Client(base_url=system.node_url, timeout=30, trust_env=False)
        self.final: dict[str, str] = {}
        """What was read -> digest of the answer."""
        self._places: dict[str, list[tuple[int, int]]] = {}
        """A DID or list -> (final block, version) of answers, as far as they matter."""

    def run(self) -> None:
        try:
            while not self._over.wait(PAUSE_S):
                self._dice.choice(
                    (self._version, self._version, self._latest, self._list, self._events, self._ledger)
                )()
        except Exception as error:
            self._violation(f"the reader gave up: {type(error).__name__}: {error}")

    def reread(self) -> int:
        """Ask again for everything final that was ever seen; returns how much that was."""
        for what in list(self.final):
            self._again(what)
        return len(self.final)

    def close(self) -> None:
        self._http.close()

    # what is read

    def _version(self) -> None:
        """A fixed version of a DID, latest or older."""
        if (did := self._some(self._cast.dids)) is None:
            return
        known = self._places.get(did)
        version = self._dice.randint(1, known[-1][1]) if known else 1
        self._again(f"/v1/dids/{did}?version={version}")
        self._again(f"/1.0/identifiers/{did}?versionId={version}")

    def _latest(self) -> None:
        if (did := self._some(self._cast.dids)) is not None and (answer := self._get(f"/v1/dids/{did}")) is not None:
            self._in_order(did, answer["ledger"]["final"], answer["version"])
            self._same(f"/v1/dids/{did}?version={answer['version']}", _lasting(answer))

    def _list(self) -> None:
        if (list_ := self._some(self._cast.lists)) is None:
            return
        if (answer := self._get(f"/v1/status-lists/{list_}")) is not None:
            self._in_order(list_, answer["ledger"]["final"], answer["seq"])
            self._same(f"list {list_} at {answer['seq']}", [answer["ops_head"], answer["words"]])

    def _events(self) -> None:
        """Some page of the story."""
        head = self._get("/v1/ledger")
        if head is None:
            return
        first = self._dice.randint(0, max(0, head["final"]["number"]))
        page = self._get(f"/v1/events?from={first}&limit=20")
        for event in page["events"] if page else ():
            if event["final"]:
                lasting = {name: event[name] for name in ("type", "fields", "transaction_hash", "block_time")}
                self._same(f"event {event['position']}", lasting)

    def _ledger(self) -> None:
        if (answer := self._get("/v1/ledger")) is not None:
            self._same(f"block {answer['final']['number']}", answer["final"]["hash"])

    # what is remembered

    def _again(self, what: str) -> None:
        if what.startswith("/"):
            answer = self._get(what)
            if answer is not None:
                self._same(what, _lasting(answer))

    def _same(self, what: str, answer: Any) -> None:
        digest = hashlib.sha256(json.dumps(answer, sort_keys=True).encode()).hexdigest()
        known = self.final.setdefault(what, digest)
        if known != digest:
            self._violation(f"{what} was final and is told otherwise: {json.dumps(answer)[:600]}")

    def _in_order(self, what: str, block: int, version: int) -> None:
        known = self._places.setdefault(what, [])
        for other_block, other_version in known:
            if (block >= other_block and version < other_version) or (block <= other_block and version > other_version):
                self._violation(
                    f"{what} is at {version} in block {block} and was at {other_version} in block {other_block}"
                )
        if not known or known[-1][1] < version:
            known.append((block, version))
        elif known[-1][1] == version and known[-1][0] < block:
            known[-1] = (known[-1][0], version)

    def _get(self, path: str) -> dict[str, Any] | None:
        try:
            answer = self._http.get(path)
        except httpx.HTTPError:
            self._count("no answer")
            return None
        self._count(str(answer.status_code))
        if answer.status_code == OK or (answer.status_code == 410 and path.startswith("/1.0/")):
            return dict(answer.json())
        if answer.status_code not in TOLERATED:
            self._violation(f"GET {path} was answered {answer.status_code}: {answer.text[:300]}")
        return None

    def _some(self, names: list[str]) -> str | None:
        return self._dice.choice(names) if names else None

    def _count(self, what: str) -> None:
        with self._score.lock:
            self._score.reads[what] += 1

    def _violation(self, text: str) -> None:
        with self._score.lock:
            self._score.violations.append(text)
        self._journal.violation(text)
        time.sleep(0.5)


def _lasting(answer: dict[str, Any]) -> dict[str, Any]:
    """What of an answer about a fixed version must never change: not the head, not what came after it."""
    passing = {"ledger", "pending", "latest", "next_version_at", "didResolutionMetadata"}
    lasting = {name: value for name, value in answer.items() if name not in passing}
    metadata = lasting.get("didDocumentMetadata")
    if isinstance(metadata, dict):
        gone = {"nextVersionId", "nextUpdate", "pending"}
        lasting["didDocumentMetadata"] = {name: value for name, value in metadata.items() if name not in gone}
    return lasting
