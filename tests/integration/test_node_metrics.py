"""/metrics of a real node: what docs/metrics.md lists, for whom the settings let, and nothing personal in it."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.node_support import Agency, RunningNode, admitted, eventually, running_node
from tests.support.anvil import anvil
from tests.support.chain import Registry, found

pytestmark = pytest.mark.chain

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
ONLY_WHEN_KNOWN = {"mapae_published_list_oldest_age_seconds", "mapae_published_list_next_expiry_seconds"}
"""Absent while no list is published."""


@pytest.fixture(scope="module")
def own() -> Iterator[Registry]:
    with anvil(chain_id=31_790) as ledger:
        yield found(ledger)


@pytest.fixture(scope="module")
def agency(own: Registry) -> Agency:
    return admitted(own, "agency of figures")


@pytest.fixture(scope="module")
def node(own: Registry, agency: Agency, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    with running_node(own, tmp_path_factory.mktemp("home")) as running:
        assert running.relay_one(agency.create())["state"] == "final"
        running.relay_one(agency.update(7))
        assert running.resolve(agency.did)[0] == 200
        eventually(lambda: "mapae_relayer_nonce " in text(running), what="a look at the relayer")
        yield running


def text(node: RunningNode, **headers: str) -> str:
    answer = node.http.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def samples(node: RunningNode) -> dict[tuple[str, tuple[str, ...]], float]:
    families = text_string_to_metric_families(text(node))
    return {(item.name, tuple(item.labels.values())): item.value for family in families for item in family.samples}


def listed() -> set[str]:
    return set(re.findall(r"`((?:mapae|process)_[a-z_]+)`(?=[^|]*\|)", PAGE.read_text(encoding="utf-8")))


def test_the_page_lists_what_is_served_and_nothing_else(node: RunningNode) -> None:
    served = {
        name + ("_total" if kind == "counter" else "")
        for name, kind in re.findall(r"^# TYPE (\S+?)(?:_total)? (\w+)$", text(node), re.MULTILINE)
    }
    served = {name.replace("_total_total", "_total") for name in served}
    assert listed() - ONLY_WHEN_KNOWN == served


def test_the_figures_are_right(node: RunningNode, own: Registry) -> None:
    shown = samples(node)
    head = int(own.ledger.rpc("eth_blockNumber"), 16)
    for name in ("ledger_head", "index", "final"):
        assert shown[f"mapae_{name}_block", ()] == head
    assert shown["mapae_ready", ()] == 1
    assert shown["mapae_index_lag_blocks", ()] == 0
    assert shown["mapae_index_filling", ()] == 0
    assert shown["mapae_rpc_breaker_open", ()] == 0
    assert shown["mapae_operations_ended_total", ("final",)] == 1
    assert shown["mapae_operations_accepted_total", ()] == 2
    assert shown["mapae_transactions_sent_total", ("new",)] >= 1
    assert shown["mapae_relayer_nonce_gap", ()] == 0
    assert shown["mapae_resolve_responses_total", ("2xx",)] >= 1
    assert shown["mapae_resolve_duration_seconds_count", ()] >= 1
    assert shown["mapae_lease_held", ("indexer",)] == 1
    assert sum(value for (name, _), value in shown.items() if name == "mapae_not_ready") == 0


def test_an_operation_that_fails_is_counted_by_its_error(node: RunningNode) -> None:
    failed = {labels[0]: value for (name, labels), value in samples(node).items() if "operations_failed" in name}
    assert sum(failed.values()) == 1
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+", name) for name in failed)


def test_no_did_no_key_and_no_path_is_in_it(node: RunningNode, agency: Agency) -> None:
    canary = "010-9431-7700"
    node.http.get(f"/v1/{canary}")
    node.http.get(f"/1.0/identifiers/{canary}", headers={"X-Request-Id": canary})
    shown = text(node)
    for secret in (canary, agency.did, agency.id.hex(), node.token, "did:mapae", "/v1/", "0x"):
        assert secret not in shown


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
def test_what_a_proxy_passes_on_is_not_from_this_machine(node: RunningNode, header: str) -> None:
    answer = node.http.get("/metrics", headers={header: "203.0.113.7"})
    assert answer.status_code == 404
    assert "mapae_" not in answer.text


@pytest.mark.parametrize(("setting", "status"), [("off", 404), ("all", 200)])
def test_the_setting_says_who_may_ask(own: Registry, tmp_path: Path, setting: str, status: int) -> None:
    with running_node(own, tmp_path, metrics=setting) as running:
        asked = httpx.get(f"{running.url}/metrics", headers={"X-Forwarded-For": "203.0.113.7"}, trust_env=False)
        assert asked.status_code == status
