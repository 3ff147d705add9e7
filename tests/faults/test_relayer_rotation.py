"""The relayer's key is changed with transactions under way: each operation arrives once, none under two keys."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from typer.testing import CliRunner

from node.adapters.keyring import Keystores
from node.cli import app
from node.config import Config
from node.services import relay
from tests.faults.support import holders_of, phones, wait_for_states
from tests.integration.node_support import Agency, RunningNode, admitted, eventually, make_home, running_node
from tests.integration.test_node_reorg import assert_equal_to_rebuilt
from tests.support.chain import Registry

pytestmark = pytest.mark.chain


@pytest.fixture
def agency(registry: Registry) -> Agency:
    found = admitted(registry, "ministry")
    registry.submit("CreateOrganisation", dict(found.create().message), found.controller, found.endorser)
    return found


@pytest.fixture
def held(registry: Registry, agency: Agency, tmp_path: Path) -> Iterator[RunningNode]:
    """A node whose ledger mines nothing until it is told to."""
    registry.ledger.rpc("evm_setAutomine", False)
    try:
        with running_node(registry, tmp_path) as node:
            yield node
    finally:
        registry.ledger.rpc("evm_setAutomine", True)


def keystores(config: Config) -> Keystores:
    return Keystores(config.path(config.relayer_keystore), config.path(config.relayer_passphrase))


def rotate(config: Config) -> tuple[str, str]:
    """What `relayer rotate` does, with a key that opens quickly."""
    stores = keystores(config)
    secret = stores.passphrase.read_text()
    account = Account.create()
    stores.next.write_text(json.dumps(Account.encrypt(account.key, secret, kdf="pbkdf2", iterations=1000)))
    stores.next.chmod(0o600)
    return stores.rotate()


def senders(registry: Registry, node: RunningNode, ids: list[str]) -> list[str]:
    hashes = [node.outcome(item)["transaction_hash"] for item in ids]
    return [registry.ledger.rpc("eth_getTransactionByHash", item)["from"] for item in hashes]


def require_once(node: RunningNode, count: int) -> None:
    made = node.events(type="HolderCreated")
    assert len(made) == len({event["fields"]["id"] for event in made}) == count
    assert node.events(type="OperationSkipped") == []


def test_what_the_old_key_sent_is_finished_and_what_is_new_goes_under_the_new_one(
    held: RunningNode, agency: Agency, registry: Registry
) -> None:
    before = held.submit(*holders_of(agency, phones("before", 5)))
    held.wait(before, states={"sent"})
    old, new = rotate(held.config)
    after = held.submit(*holders_of(agency, phones("after", 5)))
    held.wait(after, states={"sent"})
    assert set(senders(registry, held, before)) == {old}
    assert set(senders(registry, held, after)) == {new}
    registry.ledger.rpc("evm_setAutomine", True)
    registry.ledger.rpc("evm_mine")
    assert {outcome["state"] for outcome in wait_for_states(held, before + after, {"final"})} == {"final"}
    require_once(held, 10)
    assert_equal_to_rebuilt(held.config)


def test_what_the_pool_forgot_is_sent_again_under_its_own_key(
    held: RunningNode, agency: Agency, registry: Registry
) -> None:
    """Same bytes, same nonce, same key: it cannot come to be there twice."""
    ids = held.submit(*holders_of(agency, phones("forgotten", 3)))
    held.wait(ids, states={"sent"})
    lost = {held.outcome(item)["transaction_hash"] for item in ids}
    for item in lost:
        registry.ledger.rpc("anvil_dropTransaction", item)
    old, _new = rotate(held.config)
    eventually(
        lambda: all(registry.ledger.rpc("eth_getTransactionByHash", item) for item in lost), what="the same again"
    )
    registry.ledger.rpc("evm_setAutomine", True)
    registry.ledger.rpc("evm_mine")
    outcomes = wait_for_states(held, ids, {"final"})
    assert {outcome["transaction_hash"] for outcome in outcomes} == lost
    assert set(senders(registry, held, ids)) == {old}
    require_once(held, 3)


def test_a_thief_who_uses_up_the_old_keys_nonce_only_delays(
    held: RunningNode, agency: Agency, registry: Registry
) -> None:
    ids = held.submit(*holders_of(agency, phones("robbed", 3)))
    sent = held.wait(ids, states={"sent"})
    stolen = Account.from_key(
        Account.decrypt(
            json.loads(keystores(held.config).active.read_text()), keystores(held.config).passphrase.read_text()
        )
    )
    _old, new = rotate(held.config)
    eventually(lambda: keystores(held.config).address(keystores(held.config).active) == new, what="the new key")
    chain_id = registry.deployment.chain_id
    for nonce, item in enumerate(sorted({outcome["transaction_hash"] for outcome in sent})):
        registry.ledger.rpc("anvil_dropTransaction", item)
        theft = {"nonce": nonce, "to": stolen.address, "gas": 21_000, "gasPrice": 0, "value": 0, "chainId": chain_id}
        registry.ledger.rpc("eth_sendRawTransaction", "0x" + stolen.sign_transaction(theft).raw_transaction.hex())
    registry.ledger.rpc("evm_setAutomine", True)
    registry.ledger.rpc("evm_mine")
    wait_for_states(held, ids, {"final"})
    require_once(held, 3)


def test_a_gap_below_the_old_keys_transaction_is_filled_with_the_old_key(
    held: RunningNode, agency: Agency, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first transaction is lost for good (nobody knows it any more), its second waits behind the gap."""
    monkeypatch.setattr(relay, "FILL_GAP_AFTER_S", 0)
    first = held.submit(*holders_of(agency, phones("first", 1)))
    lost = held.wait(first, states={"sent"})[0]["transaction_hash"]
    second = held.submit(*holders_of(agency, phones("second", 1)))
    held.wait(second, states={"sent"})
    held.node.stores.outbox.mark(bytes.fromhex(lost[2:]), state="dropped")
    registry.ledger.rpc("anvil_dropTransaction", lost)
    rotate(held.config)
    registry.ledger.rpc("evm_setAutomine", True)
    registry.ledger.rpc("evm_mine")
    wait_for_states(held, first + second, {"final"})
    require_once(held, 2)


def test_a_node_without_the_old_key_still_finishes_its_transactions(
    registry: Registry, agency: Agency, tmp_path: Path
) -> None:
    """As one of several replicas does for another that died: by the bytes, which the outbox holds."""
    registry.ledger.rpc("evm_setAutomine", False)
    try:
        with running_node(registry, tmp_path) as node:
            ids = node.submit(*holders_of(agency, phones("orphan", 4)))
            hashes = {outcome["transaction_hash"] for outcome in node.wait(ids, states={"sent"})}
        for item in hashes:
            registry.ledger.rpc("anvil_dropTransaction", item)
        stores = keystores(make_home(registry, tmp_path))
        rotate(make_home(registry, tmp_path))
        for path in stores.retired():
            path.unlink()
        with running_node(registry, tmp_path) as node:
            eventually(
                lambda: all(registry.ledger.rpc("eth_getTransactionByHash", item) for item in hashes),
                what="the dead node's transactions again",
            )
            registry.ledger.rpc("evm_setAutomine", True)
            registry.ledger.rpc("evm_mine")
            outcomes = wait_for_states(node, ids, {"final"})
            assert {outcome["transaction_hash"] for outcome in outcomes} == hashes
            require_once(node, 4)
    finally:
        registry.ledger.rpc("evm_setAutomine", True)


def test_the_commands_say_what_they_did(registry: Registry, agency: Agency, tmp_path: Path) -> None:
    config = make_home(registry, tmp_path)
    home = ["--home", str(tmp_path)]

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["relayer", *words, *home])
        assert done.exit_code == 0, done.output
        return done.output

    first = keystores(config).address(keystores(config).active)
    prepared = run("rotate", "--prepare")
    assert keystores(config).address(keystores(config).active) == first
    rows = {row["state"]: row for row in json.loads(run("show", "--json"))["relayers"]}
    assert rows.keys() == {"active", "next"}
    assert rows["next"]["address"] in prepared
    assert rows["active"]["address"] == first
    run("rotate")
    rows = {row["state"]: row for row in json.loads(run("show", "--json"))["relayers"]}
    assert rows.keys() == {"active", "retired"}
    assert rows["retired"]["address"] == first
    assert Counter(row["under_way"] for row in rows.values()) == {0: 2}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "node").glob("relayer*")} == {0o600}
    refused = CliRunner().invoke(app, ["relayer", "add", first, *home])
    assert refused.exit_code != 0
    (tmp_path / "ledger").mkdir()
    assert "1 relayers are known" in run("add", first)
    run("rotate")
    known = json.loads((tmp_path / "ledger" / "relayers.json").read_text())
    assert set(known) == {first, keystores(config).address(keystores(config).active)}
