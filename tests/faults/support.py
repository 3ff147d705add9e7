"""Helpers of the fault tests."""

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.integration.node_support import Agency, RunningNode, eventually, running_node
from tests.support.chain import Registry
from tests.support.fault_proxy import FaultProxy
from tests.support.keys import P256Key

LONG = int(os.environ.get("MAPAE_SOAK", "0") or 0)
"""Rounds of the long form; 0: the small one of CI."""
PATIENCE_S = 90.0
"""For what takes a breaker's longest pause and a slow machine."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A registry with an admitted agency (its DID not created yet), and a proxy before its ledger.

    `registry` goes past the proxy; nodes made here go through it.
    """

    registry: Registry
    agency: Agency
    proxy: FaultProxy
    home: Path

    def node(self, **settings: Any) -> AbstractContextManager[RunningNode]:
        seen = self.registry.copy()
        seen.ledger = replace(self.registry.ledger, url=self.proxy.url)
        return running_node(seen, self.home, **settings)


def reasons(node: RunningNode) -> dict[str, dict[str, Any]]:
    """Why the node is not ready, by code."""
    return {reason["code"]: reason for reason in node.http.get("/health/ready").json()["reasons"]}


def wait_for_reason(node: RunningNode, code: str) -> dict[str, Any]:
    """Wait until readiness names this reason, and return it."""
    return eventually(lambda: reasons(node).get(code), what=f"reason {code}", timeout_s=PATIENCE_S)


def wait_until_ready(node: RunningNode) -> None:
    eventually(node.is_ready, what="a node that is ready again", timeout_s=PATIENCE_S)


def wait_for_states(node: RunningNode, ids: list[str], states: set[str]) -> list[dict[str, Any]]:
    """Wait for all operations to be in one of the states, however long the breaker takes."""
    try:
        eventually(lambda: all(node.outcome(item)["state"] in states for item in ids), what="", timeout_s=PATIENCE_S)
    except AssertionError:
        late = [node.outcome(item) for item in ids]
        raise AssertionError(f"not {states} in {PATIENCE_S} s: {late[:3]}; {reasons(node)}") from None
    return [node.outcome(item) for item in ids]


def phones(label: str, count: int) -> list[P256Key]:
    return [P256Key(f"{label} {number}") for number in range(count)]


def holders_of(agency: Agency, keys: list[P256Key]) -> list[Any]:
    return [agency.holder(key, key.label) for key in keys]
