"""From an empty registry to an agency that revokes, by Brownie: deployment, council, DIDs, roles, status lists."""

import json

import brownie
import pytest
from brownie import Contract, web3
from conftest import DAY_S, ROOT, controller_of
from eth_abi import encode
from eth_account import Account

PEERS = [
    "Council",
    "Roles",
    "DidRegistry",
    "AccreditationRegistry",
    "IssuanceLog",
    "StatusRegistry",
    "SchemaRegistry",
    "ServiceRegistry",
]
FOUNDER = Account.from_key((77).to_bytes(32, "big"))
STRANGER = Account.from_key((78).to_bytes(32, "big"))
SALT = web3.keccak(text="agency")
NOBODY = "0x" + "00" * 21


def did_of(key, salt):
    preimage = encode(
        ["bytes32", "uint8", "bytes21", "bytes32"],
        [web3.keccak(text="did:mapae"), 1, bytes.fromhex(controller_of(key)[2:]), salt],
    )
    return "0x" + bytes(web3.keccak(preimage)[:20]).hex()


def name_of(contract):
    return "0x" + contract.encode().ljust(32, b"\0").hex()


@pytest.fixture
def agency(registry):
    """An admitted root whose DID exists."""
    did, until = did_of(FOUNDER, SALT), registry.now() + 300 * DAY_S
    founder = bytes.fromhex(controller_of(FOUNDER)[2:])
    arguments = encode(["bytes20", "bytes21", "uint48"], [bytes.fromhex(did[2:]), founder, until])
    registry.decide(3, arguments, SALT)
    message = {
        "controller": controller_of(FOUNDER),
        "salt": SALT,
        "agency": did,
        "document": b'{"id":"did:mapae:x"}',
        "deadline": registry.now() + DAY_S,
    }
    registry.submit(registry.DidRegistry, "CreateOrganisation", message, FOUNDER, FOUNDER)
    return did


def test_what_is_deployed_is_the_committed_code(registry):
    for name in (*PEERS, "Directory"):
        artifact = json.loads((ROOT / "contracts" / "artifacts" / f"{name}.json").read_text())
        code = bytearray(web3.eth.get_code(registry.contracts[name].address))
        for references in artifact["immutableReferences"].values():
            for reference in references:
                start, length = reference["start"], reference["length"]
                code[start : start + length] = bytes(length)
        same = "0x" + bytes(code).hex() == artifact["deployedBytecode"]
        assert same, f"{name} is not the committed code"


def test_directory_lists_the_first_generation(registry):
    for name in PEERS:
        address, code_hash, _, _ = registry.Directory.entryOf(name_of(name), 1)
        assert address == registry.contracts[name].address
        expected = web3.keccak(web3.eth.get_code(address))
        assert bytes(code_hash) == bytes(expected)


def test_the_council_is_the_plans(registry):
    assert registry.Council.memberCount() == 3
    assert registry.Council.threshold() == 2
    assert registry.Council.isMember(controller_of(registry.members[0]))
    assert not registry.Council.isMember(controller_of(STRANGER))


def test_the_deployer_has_no_right(registry, accounts):
    with brownie.reverts():
        registry.Directory.register(name_of("Roles"), accounts[0], SALT, SALT, {"from": accounts[0]})
    with brownie.reverts():
        registry.Roles.councilAdmit("0x" + "11" * 20, NOBODY, registry.now() + DAY_S, {"from": accounts[0]})


def test_an_agency_is_admitted_and_created(registry, agency):
    record = registry.DidRegistry.recordOf(agency)
    assert record["version"] == 1
    assert str(record["controller"]) == controller_of(FOUNDER)
    assert registry.Roles.isAdmitted(agency)


def test_a_document_is_updated_once_for_each_signature(registry, agency):
    message = {"id": agency, "expectedVersion": 1, "document": b"{}", "deadline": registry.now() + DAY_S}
    transaction = registry.submit(registry.DidRegistry, "UpdateDocument", message, FOUNDER)
    assert transaction.events["DocumentUpdated"]["version"] == 2
    with brownie.reverts():
        registry.submit(registry.DidRegistry, "UpdateDocument", message, FOUNDER)


def test_a_stranger_changes_nothing(registry, agency):
    message = {"id": agency, "expectedVersion": 1, "document": b"{}", "deadline": registry.now() + DAY_S}
    with brownie.reverts():
        registry.submit(registry.DidRegistry, "UpdateDocument", message, STRANGER)
    assert registry.DidRegistry.recordOf(agency)["version"] == 1


def test_a_revocation_is_for_ever(registry, agency):
    opening = {"owner": agency, "salt": SALT, "deadline": registry.now() + DAY_S}
    opened = registry.submit(registry.StatusRegistry, "OpenList", opening, FOUNDER)
    status_list = opened.events["ListOpened"]["list"]
    revocation = {"list": status_list, "startWord": 3, "masks": [1 << 255], "deadline": registry.now() + DAY_S}
    registry.submit(registry.StatusRegistry, "Revoke", revocation, FOUNDER)
    revoked = int(registry.StatusRegistry.words(status_list, 3, 1)[0])
    assert revoked == 1 << 255
    lift = {"list": status_list, "startWord": 3, "masks": [1 << 255], "nonce": 0, "deadline": registry.now() + DAY_S}
    registry.submit(registry.StatusRegistry, "Lift", lift, FOUNDER)
    after = int(registry.StatusRegistry.words(status_list, 3, 1)[0])
    assert after == 1 << 255


def test_one_vote_decides_nothing(registry):
    arguments = encode(["bytes20"], [bytes(20)])
    proposal = {"kind": 4, "arguments": arguments, "salt": SALT, "epoch": 1}
    registry.submit(registry.Council, "Vote", {**proposal, "choice": 1}, registry.members[0])
    with brownie.reverts():
        registry.Council.executeProposal(tuple(proposal.values()), {"from": registry.sender})


def test_an_altered_artifact_stops_the_deployment(script, monkeypatch, tmp_path):
    altered = json.loads((ROOT / "contracts" / "artifacts" / "Roles.json").read_text())
    altered["deployedBytecode"] = "0x00" + altered["deployedBytecode"][4:]
    namespace = script["container_of"].__globals__
    monkeypatch.setitem(namespace, "artifact_of", lambda _name: altered)
    with pytest.raises(namespace["DeploymentError"], match="make abi"):
        script["container_of"]("Roles")


def test_another_client_finds_the_contracts_by_address(registry):
    again = Contract.from_abi("Roles", registry.Roles.address, registry.Roles.abi)
    assert again.contractName() == name_of("Roles")
