"""Deploy the nine contracts with Brownie: `scripts/brownie/run.sh run deploy main plan.toml --network NAME`.

- The plan is the one of scripts/deploy.py: network, members (controllers, 0x-hex), threshold, delay_s, development.
  Without one, a development registry is deployed whose council are the first three accounts (2 of 3).
- On a development network the first account pays; elsewhere the keystore named by MAPAE_DEPLOYER_KEYSTORE, its
  passphrase in the file named by MAPAE_DEPLOYER_PASSPHRASE_FILE. Whoever pays keeps no right.
- What is deployed is the committed bytecode of contracts/artifacts, after Brownie's own compilation of the sources was
  compared with it: a stale artifact or an altered source stops the deployment.
- Writes build/brownie/deployment.json: what a profile pins.
"""

import json
import os
import tomllib
from pathlib import Path

from brownie import accounts, chain, network, project, web3

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "build" / "brownie" / "deployment.json"
PEERS = (
    "Council",
    "Roles",
    "DidRegistry",
    "AccreditationRegistry",
    "IssuanceLog",
    "StatusRegistry",
    "SchemaRegistry",
    "ServiceRegistry",
)
KEYSTORE, PASSPHRASE_FILE = "MAPAE_DEPLOYER_KEYSTORE", "MAPAE_DEPLOYER_PASSPHRASE_FILE"
NO_PREDECESSOR = "0x" + "00" * 20


class DeploymentError(Exception):
    """The contracts cannot be deployed; nothing was sent."""


def artifact_of(name):
    return json.loads((ROOT / "contracts" / "artifacts" / f"{name}.json").read_text(encoding="utf-8"))


def container_of(name):
    """Brownie's container of a contract, set to the committed bytecode once the sources were found to be the same.

    Brownie appends a metadata record to what it compiles and cannot be told not to; the code before it must be equal.
    """
    (loaded,) = project.get_loaded_projects()
    container, artifact = loaded[name], artifact_of(name)
    committed = artifact["deployedBytecode"].removeprefix("0x")
    if not container._build["deployedBytecode"].startswith(committed):
        raise DeploymentError(f"{name}: contracts/artifacts is not what the sources compile to; run `make abi`")
    container._build["bytecode"] = artifact["bytecode"].removeprefix("0x")
    return container


def name_of(contract):
    return "0x" + contract.encode("ascii").ljust(32, b"\0").hex()


def development_plan():
    genesis = bytes(web3.eth.get_block(0)["hash"]).hex()
    return {
        "network": f"dev-{genesis[:6]}",
        "members": ["0x01" + account.address[2:].lower() for account in accounts[:3]],
        "threshold": 2,
        "delay_s": 1,
        "development": True,
    }


def payer():
    if network.show_active().startswith("development"):
        return accounts[0]
    try:
        keystore, passphrase_file = (os.environ[name] for name in (KEYSTORE, PASSPHRASE_FILE))
    except KeyError as missing:
        raise DeploymentError(f"the environment variable {missing} is not set: it names the file to use") from None
    return accounts.load(keystore, Path(passphrase_file).read_text(encoding="utf-8").rstrip("\n"))


def deploy(plan, deployer):
    """Deploy by a plan; returns {name: contract}, Directory included."""
    containers = {name: container_of(name) for name in (*PEERS, "Directory")}
    place = deployer.get_deployment_address(deployer.nonce + len(PEERS))
    contracts = {}
    for name in PEERS:
        birth = (plan["members"], plan["threshold"], plan["delay_s"], plan["development"]) if name == "Council" else ()
        contracts[name] = deployer.deploy(containers[name], place, plan["network"], NO_PREDECESSOR, *birth)
    entries = [(name_of(name), contracts[name].address, artifact_of(name)["layoutId"]) for name in PEERS]
    contracts["Directory"] = deployer.deploy(containers["Directory"], entries)
    if contracts["Directory"].address != place:
        raise DeploymentError(f"Directory is at {contracts['Directory'].address}, its peers expect it at {place}")
    return contracts


def describe(plan, contracts):
    """What a profile pins: the same members as scripts/deploy.py prints."""
    code = web3.eth.get_code(contracts["Directory"].address)
    return {
        "network": plan["network"],
        "chain_id": chain.id,
        "genesis_hash": "0x" + bytes(web3.eth.get_block(0)["hash"]).hex(),
        "directory": contracts["Directory"].address.lower(),
        "addresses": {name: contract.address.lower() for name, contract in contracts.items()},
        "code_hash": "0x" + bytes(web3.keccak(code)).hex(),
        "first_block": contracts["Council"].tx.block_number,
    }


def main(plan_file=None):
    if plan_file is None and not network.show_active().startswith("development"):
        raise DeploymentError("only a development network is deployed without a plan: name a plan.toml")
    plan = tomllib.loads(Path(plan_file).read_text(encoding="utf-8")) if plan_file else development_plan()
    contracts = deploy(plan, payer())
    described = describe(plan, contracts)
    OUTPUT.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(described, indent=2))
    return contracts
