"""Canaries sent everywhere a client can send something are found in no sink: log, answer, database, ledger."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.config import CONFIG_FILE
from registry_client.core.operation import operation_to_json
from tests.attacks.conftest import separate_node
from tests.integration.node_support import (
    Agency,
    NodeClient,
    admitted,
    make_home,
    make_token,
)
from tests.support.anvil import anvil
from tests.support.chain import found

pytestmark = [pytest.mark.chain, pytest.mark.slow]

PHONE = "010-9431-7700"
NAME = "홍길동카나리아"
RRN = "880412-1947311"
SECRET = "canary-7f31c0de-bearer"
PERSONAL = (PHONE, NAME, RRN, SECRET)
KEPT_ON_PURPOSE = {"relayer.json", "relayer.passphrase"}
"""The relayer's own files: 0600, and the only place for these secrets."""


class Served:
    """A node as a process of its own, and everything it ever answered."""

    def __init__(self, client: NodeClient, home: Path, passphrase: str) -> None:
        self.client, self.home, self.passphrase = client, home, passphrase
        self.answers: list[str] = []

    def ask(self, method: str, path: str, **request) -> None:
        answer = self.client.http.request(method, path, **request)
        assert answer.status_code < 500, (method, path, answer.text)
        self.answers.append(f"{answer.headers!r}{answer.text}")


@pytest.fixture(scope="module")
def agency() -> Iterator[Agency]:
    with anvil(chain_id=31_777) as ledger:
        yield admitted(found(ledger), "ministry of canaries")


@pytest.fixture(scope="module")
def served(agency: Agency, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    config = make_home(agency.registry, tmp_path_factory.mktemp("home"), log_level="debug", vc_api="verify")
    with separate_node(config, make_token(config)) as client:
        node = Served(client, config.home, config.path(config.relayer_passphrase).read_text().strip())
        attack(node, agency)
        yield node


def attack(node: Served, agency: Agency) -> None:
    """Put canaries wherever a request has room, in good requests and in bad ones."""
    bearer = {"Authorization": f"Bearer {SECRET}"}
    good = operation_to_json(agency.create())
    for canary in PERSONAL:
        for path in (
            f"/1.0/identifiers/{canary}",
            f"/1.0/identifiers/did:mapae:{canary}",
            f"/1.0/identifiers/{agency.did}?versionId={canary}",
            f"/v1/{canary}",
            f"/v1/events?type={canary}",
            f"/v1/events?{canary}=1",
            f"/v1/dids/{canary}",
            f"/v1/operations/{canary}",
            f"/status/{canary}",
        ):
            node.ask("GET", path, headers={"User-Agent": canary.encode(), "X-Request-Id": canary.encode()})
        for body in (
            canary,
            json.dumps({"name": canary, "phone": PHONE}),
            json.dumps({**good, "remark": canary}),
            json.dumps({**good, "kind": canary}),
            json.dumps({**good, "message": {**good["message"], "document": canary}}),
            json.dumps({**good, "signatures": [{"role": canary, "value": canary}]}),
            json.dumps([{"privateKeyJwk": {"d": canary}}]),
        ):
            headers = {"Content-Type": "application/json"}
            node.ask("POST", "/v1/operations", content=body, headers={**headers, **bearer})
            node.ask(
                "POST",
                "/v1/operations",
                content=body,
                headers={**headers, "Authorization": f"Bearer {node.client.token}"},
            )
            node.ask(
                "POST", "/1.0/create", content=body, headers={**headers, "Authorization": f"Bearer {node.client.token}"}
            )
            node.ask("POST", "/credentials/verify", content=body, headers=headers)
            node.ask("POST", "/credentials/verify", content=json.dumps({"verifiableCredential": body}), headers=headers)
            node.ask("PUT", f"/status/{canary}", content=body, headers={**headers, **bearer})
    node.client.relay(agency.create())  # and the node did work all the while


def files_of(home: Path) -> Iterator[tuple[Path, bytes]]:
    for path in home.rglob("*"):
        if path.is_file() and path.name not in KEPT_ON_PURPOSE:
            yield path, path.read_bytes()


@pytest.mark.parametrize("canary", PERSONAL, ids=["phone", "name", "resident number", "foreign token"])
def test_what_a_client_sends_by_mistake_is_stored_and_logged_nowhere(served: Served, canary: str) -> None:
    needles = {canary.encode(), json.dumps(canary)[1:-1].encode(), canary.encode().hex().encode()}
    for path, content in files_of(served.home):
        assert not [needle for needle in needles if needle in content], path


def test_the_nodes_own_secrets_are_in_no_sink(served: Served) -> None:
    secrets = {served.client.token.encode(), served.passphrase.encode()}
    assert all(len(secret) > 12 for secret in secrets)
    for path, content in files_of(served.home):
        assert not [secret for secret in secrets if secret in content], path
    for answer in served.answers:
        assert not [secret for secret in secrets if secret.decode() in answer]


def test_nothing_of_it_reached_the_ledger(served: Served, agency: Agency) -> None:
    ledger = agency.registry.ledger
    for number in range(int(ledger.rpc("eth_blockNumber"), 16) + 1):
        block = json.dumps(ledger.rpc("eth_getBlockByNumber", hex(number), True))
        for canary in PERSONAL:
            assert canary.encode().hex() not in block
    logs = json.dumps(ledger.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"}))
    assert logs.count("blockHash") > 3
    for canary in PERSONAL:
        assert canary.encode().hex() not in logs


def test_errors_repeat_no_token(served: Served) -> None:
    assert not [answer for answer in served.answers if SECRET in answer and "Bearer" in answer]
    assert len(served.answers) > 100


def test_files_are_the_owners_alone(served: Served) -> None:
    for path, _ in files_of(served.home / "node"):
        assert path.name == Path(CONFIG_FILE).name or path.stat().st_mode & 0o077 == 0, path
