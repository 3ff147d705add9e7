"""Deploying a registry: addresses known before, a run that was cut short goes on, other parameters are refused."""

import threading

import pytest

from node.services.artifacts import DIRECTORY, PEERS, load_artifacts
from node.services.deployment import Deployment, DeploymentConflictError, deploy, development_network
from registry_client.errors import InvalidInputError, LedgerUnavailableError
from tests.support.abi import contract_abi
from tests.support.anvil import Anvil, anvil
from tests.support.chain import COUNCIL
from tests.support.keys import P256Key, Secp256k1Key, keccak256

pytestmark = pytest.mark.chain

DAY_S = 86_400
PLAN = {
    "network": "korea-test",
    "members": [member.controller for member in COUNCIL],
    "threshold": 2,
    "delay_s": DAY_S,
    "development": False,
}


class StoppedError(Exception):
    """The process died here."""


def run(ledger: Anvil, key: Secp256k1Key, **changed) -> Deployment:
    return deploy(ledger.url, key=key.secret, **{**PLAN, **changed})


def die_before(contract: str):
    """Return a `progress` that ends the run when it is about to create `contract`."""

    def progress(line: str) -> None:
        if line.startswith(f"deploying {contract} "):
            raise StoppedError

    return progress


def test_every_contract_stands_where_its_peers_expect_it(ledger: Anvil) -> None:
    deployment = run(ledger, Secp256k1Key("plain"))
    artifacts = load_artifacts()
    assert set(deployment.addresses) == {*PEERS, DIRECTORY}
    for name, address in deployment.addresses.items():
        code = bytes.fromhex(ledger.rpc("eth_getCode", address, "latest")[2:])
        assert artifacts[name].is_code_of(code)
        if name != DIRECTORY:
            assert "0x" + artifacts[name].immutable("directory", code)[-20:].hex() == deployment.directory
            assert artifacts[name].immutable("contractName", code).rstrip(b"\0").decode() == name
    code = bytes.fromhex(ledger.rpc("eth_getCode", deployment.directory, "latest")[2:])
    assert deployment.code_hash == "0x" + keccak256(code).hex()
    assert deployment.genesis_hash == ledger.rpc("eth_getBlockByNumber", "0x0", False)["hash"]
    logs = ledger.rpc("eth_getLogs", {"fromBlock": "0x0", "address": list(deployment.addresses.values())})
    assert deployment.first_block == min(int(log["blockNumber"], 16) for log in logs)


def test_layouts_are_listed_under_the_ids_of_the_storage_table(ledger: Anvil) -> None:
    deployment = run(ledger, Secp256k1Key("layouts"))
    directory = contract_abi(DIRECTORY)
    for name in PEERS:
        data = directory.call_data("entryOf", name.encode().ljust(32, b"\0"), 1)
        answer = ledger.rpc("eth_call", {"to": deployment.directory, "data": "0x" + data.hex()}, "latest")
        assert directory.result("entryOf", bytes.fromhex(answer[2:]))["layoutId"] == load_artifacts()[name].layout_id


def test_a_second_run_finds_the_first_and_sends_nothing(ledger: Anvil) -> None:
    key = Secp256k1Key("twice")
    first = run(ledger, key)
    before = ledger.settle(key.address)
    assert run(ledger, key) == first
    assert ledger.settle(key.address) == before


@pytest.mark.parametrize("contract", [*PEERS, DIRECTORY])
def test_a_run_that_died_is_continued(ledger: Anvil, contract: str) -> None:
    key = Secp256k1Key(f"dies before {contract}")
    with pytest.raises(StoppedError):
        run(ledger, key, progress=die_before(contract))
    assert run(ledger, key) == run(ledger, key)
    sent = int(ledger.rpc("eth_getTransactionCount", key.address, "latest"), 16)
    assert sent == len(PEERS) + 1


def test_an_account_that_did_other_things_before_may_deploy(ledger: Anvil) -> None:
    key = Secp256k1Key("busy")
    for _ in range(3):
        nonce = int(ledger.rpc("eth_getTransactionCount", key.address, "latest"), 16)
        transaction = {
            "chainId": 31_337,
            "nonce": nonce,
            "gas": 21_000,
            "gasPrice": 0,
            "to": "0x" + "11" * 20,
            "value": 0,
        }
        raw = key.account.sign_transaction(transaction).raw_transaction
        ledger.rpc("eth_sendRawTransaction", "0x" + raw.hex())
        ledger.settle(key.address)
    first = run(ledger, key)
    assert run(ledger, key) == first


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"network": "elsewhere"}, "network"),
        ({"members": [P256Key(f"usurper {n}").controller for n in range(3)]}, "members"),
        ({"members": [*PLAN["members"], P256Key("fourth").controller], "threshold": 3}, "members"),
        ({"delay_s": 2 * DAY_S}, "delay"),
        ({"network": "dev-abcdef", "development": True}, "network"),
    ],
)
@pytest.mark.parametrize("cut", ["Roles", None], ids=["half", "whole"])
def test_what_was_founded_otherwise_is_refused(ledger: Anvil, changed: dict, what: str, cut: str | None) -> None:
    key = Secp256k1Key(f"conflict {sorted(changed)} {cut}")
    if cut:
        with pytest.raises(StoppedError):
            run(ledger, key, progress=die_before(cut))
    else:
        run(ledger, key)
    before = ledger.settle(key.address)
    with pytest.raises(DeploymentConflictError, match=what) as refusal:
        run(ledger, key, **changed)
    assert "deploy with another account" in str(refusal.value)
    assert ledger.settle(key.address) == before


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"network": "Korea"}, "network"),
        ({"network": ""}, "network"),
        ({"network": "x" * 33}, "network"),
        ({"network": "dev-abcdef"}, "dev-"),
        ({"development": True}, "dev-"),
        ({"members": PLAN["members"][:2]}, "members"),
        ({"members": [*PLAN["members"][:2], PLAN["members"][0]]}, "differ"),
        ({"members": [*PLAN["members"][:2], b"\x03" + bytes(20)]}, "controller"),
        ({"members": [*PLAN["members"][:2], b"\x02"]}, "controller"),
        ({"threshold": 1}, "threshold"),
        ({"threshold": 3}, "threshold"),
        ({"delay_s": DAY_S - 1}, "delay"),
        ({"delay_s": 31 * DAY_S}, "delay"),
    ],
)
def test_what_the_contracts_would_refuse_is_refused_before_anything_is_sent(changed: dict, rule: str) -> None:
    with pytest.raises(InvalidInputError, match=rule):
        deploy("http://127.0.0.1:1", key=bytes(31) + b"\1", **{**PLAN, **changed})


def test_a_ledger_that_mines_on_demand_is_waited_for() -> None:
    with anvil(automine=False) as ledger:
        done = threading.Event()

        def mine() -> None:
            while not done.wait(0.05):
                ledger.rpc("evm_mine")

        miner = threading.Thread(target=mine)
        miner.start()
        try:
            assert run(ledger, Secp256k1Key("patient")).first_block >= 1
        finally:
            done.set()
            miner.join()


def test_a_ledger_that_mines_nothing_is_an_error_that_says_what_to_do() -> None:
    with anvil(automine=False) as ledger, pytest.raises(LedgerUnavailableError, match="run the same command again"):
        run(ledger, Secp256k1Key("impatient"), timeout_s=0.3)


def test_no_ledger_is_an_error_that_names_it() -> None:
    with pytest.raises(LedgerUnavailableError, match=r"127\.0\.0\.1:1"):
        deploy("http://127.0.0.1:1", key=bytes(31) + b"\1", **PLAN)


def test_a_development_network_is_named_after_its_genesis() -> None:
    assert development_network(bytes.fromhex("1a2b3c") + bytes(29)) == "dev-1a2b3c"
