"""A registry that Brownie deployed with its own deploy script, and a hand that signs operations for it."""

import runpy
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

ROOT = Path(__file__).resolve().parents[3]
DAY_S = 86_400


class Registry:
    """The nine contracts, with the keys of the council: three accounts made for the test."""

    def __init__(self, contracts, plan, members, chain, sender):
        self.contracts = contracts
        self.plan = plan
        self.members = members
        self.chain = chain
        self.sender = sender

    def __getattr__(self, name):
        return self.contracts[name]

    def now(self):
        return self.chain[-1].timestamp

    def sign(self, contract, kind, message, key):
        """r‖s‖v over the operation, by eth-account's own reading of EIP-712."""
        inputs = next(item for item in contract.abi if item.get("name") == kind[0].lower() + kind[1:])["inputs"]
        fields = [{"name": part["name"], "type": part["type"]} for part in inputs[0]["components"]]
        domain = {
            "name": f"did:mapae:{self.plan['network']}",
            "version": "1",
            "chainId": self.chain.id,
            "verifyingContract": contract.address,
        }
        typed = encode_typed_data(domain, {kind: fields}, message)
        return key.sign_message(typed).signature

    def submit(self, contract, kind, message, *keys):
        """Send an operation in a stranger's transaction; `message` in the order of the contract's struct."""
        signatures = [self.sign(contract, kind, message, key) for key in keys]
        function = getattr(contract, kind[0].lower() + kind[1:])
        return function(tuple(message.values()), *signatures, {"from": self.sender})

    def decide(self, kind, arguments, salt):
        """Vote a proposal through, wait the delay, execute."""
        proposal = {"kind": kind, "arguments": arguments, "salt": salt, "epoch": self.Council.epoch()}
        for member in self.members[:2]:
            self.submit(self.Council, "Vote", {**proposal, "choice": 1}, member)
        self.chain.sleep(2)
        return self.Council.executeProposal(tuple(proposal.values()), {"from": self.sender})


def controller_of(key):
    return "0x01" + key.address[2:].lower()


@pytest.fixture(scope="session")
def script():
    """The deploy script, as a module: Brownie runs it, so do we."""
    return runpy.run_path(str(ROOT / "scripts" / "brownie" / "deploy.py"))


@pytest.fixture(scope="module")
def registry(script, accounts, chain):
    members = [Account.from_key((number + 1).to_bytes(32, "big")) for number in range(3)]
    plan = {**script["development_plan"](), "members": [controller_of(member) for member in members]}
    contracts = script["deploy"](plan, accounts[0])
    return Registry(contracts, plan, members, chain, accounts[9])


@pytest.fixture(autouse=True)
def isolation(fn_isolation):
    """Every test finds the registry as it was deployed."""
