"""The council replaces contracts of a running system: node and client follow, and nothing that held before lets go.

A real ledger, a real node, the client over JSON-RPC and over the node. DidRegistry and StatusRegistry get a second
generation, one of them a third; Roles and AccreditationRegistry too, for their nonces begin anew.
"""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from node.services.artifacts import load_artifacts
from node.services.succession import Successor, deploy_successor
from registry_client.actions import status
from registry_client.actions.agency import KEY_NAMES, AgencyKeys, progress_of
from registry_client.actions.desk import Desk, Party
from registry_client.actions.did import Birth
from registry_client.adapters.ledger_node import LedgerNode
from registry_client.adapters.ledger_rpc import LedgerRpc
from registry_client.adapters.signer_file import save_signer
from registry_client.adapters.signer_local import generate_signer
from registry_client.adapters.transport import Endpoints, HttpTransport
from registry_client.core.curves import Curve
from registry_client.core.encoding import decode_base64url
from registry_client.core.hashing import sha256
from registry_client.core.keys import PublicKey
from registry_client.core.operation import SignedOperation
from registry_client.core.report import Verdict
from registry_client.errors import InvalidInputError
from registry_client.flows import run
from registry_client.profile import write_profile
from registry_client.submit import NodeClient
from tests.integration import node_support
from tests.integration.node_support import RunningNode, eventually, running_node
from tests.integration.system_support import System
from tests.integration.test_node_reorg import assert_equal_to_rebuilt
from tests.integration.test_verify_on_chain import Story, signer_of
from tests.simulators.world import outcome_of
from tests.support.chain import APPROVE, DEPLOYER, PROPOSALS, Registry, salt_of
from tests.support.keys import Key, P256Key
from tests.support.rpc_world import profile_of

pytestmark = [pytest.mark.chain, pytest.mark.slow]

REVOKE_MASK, SUSPEND_MASK = 1 << 255, 1 << 7


class Council:
    """The council's way to a decision, through the node, as docs/node.md has it."""

    def __init__(self, registry: Registry, node: node_support.NodeClient) -> None:
        self._registry, self._node = registry, node

    def replace(self, name: str) -> Successor:
        """Deploy a successor, have it decided, wait until the node has carried it out and knows it."""
        registry = self._registry
        successor = deploy_successor(
            registry.ledger.url,
            directory=registry.deployment.directory,
            network=registry.deployment.network,
            name=name,
            key=DEPLOYER.secret,
        )
        self._decide(name, successor)
        eventually(
            lambda: self._node.get("/v1/ledger")["contracts"][name]["address"] == successor.address,
            what=f"generation {successor.generation} of {name} in the node",
        )
        registry.generations[successor.address] = name
        registry.contracts[name] = successor.address
        return successor

    def _decide(self, name: str, successor: Successor) -> None:
        from eth_abi import encode

        kind, types = PROPOSALS["Directory"]
        parts = (successor.address, successor.code_hash, successor.layout_id)
        target, code_hash, layout = (bytes.fromhex(part[2:]) for part in parts)
        arguments = encode(types, (name.encode().ljust(32, b"\0"), "0x" + target.hex(), code_hash, layout))
        vote = {"kind": kind, "arguments": arguments, "salt": salt_of(successor.address), "epoch": 1}
        votes = [
            self._registry.sign("Vote", {**vote, "choice": APPROVE}, member) for member in self._registry.council[:2]
        ]
        assert [outcome["state"] for outcome in self._node.relay(*votes)] == ["final", "final"]
        self._registry.ledger.advance(self._registry.view("Council", "delay"))


class Play:
    """A told story, a node that serves it, and the client in both of its ways."""

    def __init__(self, story: Story, node: RunningNode, folder: Path) -> None:
        self.story, self.node, self.registry = story, node, story.registry
        self.council = Council(self.registry, node)
        self.rpc = LedgerRpc(profile_of(self.registry))
        profile = profile_of(self.registry, rpc_url=None, node_url=node.url)
        self.by_node = LedgerNode(profile)
        self.http = HttpTransport(Endpoints(rpc_url=self.registry.ledger.url))
        self.node_http = HttpTransport(Endpoints(node_url=node.url))
        token = folder / "token"
        token.write_text(node.token)
        self.client = NodeClient(node.url, token_file=token)

    def close(self) -> None:
        for item in (self.http, self.node_http, self.client):
            item.close()

    def desk(self) -> Desk:
        """A desk that has just asked which contracts there are."""
        return Desk(self.client, self.client.network(), clock=self.registry.now)

    def everywhere(self, ask: Any) -> Any:
        """Ask over JSON-RPC and over the node; both must say the same, and it is returned."""
        self.node.wait_for_head(self.registry.ledger)
        told = run(ask(self.rpc), self.http)
        by_node = run(ask(self.by_node), self.node_http)
        return told, by_node

    def did(self, id_: bytes, **more: Any) -> Any:
        told, by_node = self.everywhere(lambda ledger: ledger.did_version(id_, **more))
        for name in ("version", "state", "controller", "history_digest", "document"):
            assert getattr(told, name) == getattr(by_node, name), name
        return told

    def list(self) -> Any:
        told, by_node = self.everywhere(lambda ledger: ledger.status_list(self.story.list_id))
        assert (told.seq, told.ops_head, told.words) == (by_node.seq, by_node.ops_head, by_node.words)
        return told

    def sign(self, kind: str, message: dict[str, Any], *keys: Key, at: str | None = None) -> SignedOperation:
        domain = self.registry.domain(_contract_of(kind), at=at) if at else None
        return self.registry.sign(kind, message, *keys, domain=domain)

    def final(self, *operations: SignedOperation) -> None:
        outcomes = self.node.relay(*operations)
        assert [outcome["state"] for outcome in outcomes] == ["final"] * len(operations), outcomes

    def refused(self, operation: SignedOperation) -> str:
        outcome = self.node.relay_one(operation)
        assert outcome["state"] == "failed", outcome
        return str(outcome["error"]["name"])


def _contract_of(kind: str) -> str:
    from registry_client.core.operation import OPERATIONS

    return OPERATIONS[kind].contract


@pytest.fixture
def play(registry: Registry, tmp_path: Path) -> Iterator[Play]:
    story = Story(registry, tmp_path)
    with running_node(registry, tmp_path / "home") as node:
        made = Play(story, node, tmp_path)
        try:
            yield made
        finally:
            made.close()
            story.close()


def test_dids_go_on_in_a_second_registry_and_old_keys_stay_out(play: Play) -> None:
    story, agency, old = play.story, play.story.agency, play.registry.contracts["DidRegistry"]
    retired, heir, last = agency.controller, P256Key("heir of the agency"), P256Key("heir of the heir")
    stolen = PublicKey(Curve.P256, P256Key("a stolen key").public_key).thumbprint()
    since = play.registry.now() - 60
    play.final(_transfer(play, 1, retired, heir), _mark(play, stolen, since, heir))
    before = play.did(agency.id)

    successor = play.council.replace("DidRegistry")

    assert (successor.predecessor, successor.generation) == (old, 2)
    assert play.did(agency.id) == play.did(agency.id, version=2)
    assert play.did(agency.id).history_digest == before.history_digest
    assert play.did(agency.id, version=1).controller == retired.controller
    # The old registry writes nothing any more, whoever signs; the key that was rotated out opens neither.
    late = {"id": agency.id, "expectedVersion": 2, "document": agency.document(3)}
    assert play.refused(play.sign("UpdateDocument", late, heir, at=old)) == "SuccessionNotCurrent"
    back = {**late, "newController": retired.controller}
    assert play.refused(play.sign("TransferControl", back, retired, retired, at=old)) == "SuccessionNotCurrent"
    assert play.refused(play.sign("UpdateDocument", late, retired)) == "DidRegistryNotController"
    assert play.refused(play.sign("TransferControl", back, retired, retired)) == "DidRegistryNotController"
    # The new one goes on from where the old one stood.
    play.final(play.sign("UpdateDocument", late, heir), _transfer(play, 3, heir, last))
    assert (play.did(agency.id).version, play.did(agency.id).controller) == (4, last.controller)
    assert play.did(agency.id, version=3).document == agency.document(3)
    again = {"controller": retired.controller, "salt": agency.salt, "agency": agency.id, "document": agency.document(9)}
    outcome = play.node.relay_one(play.sign("CreateOrganisation", again, retired, agency.endorser))
    assert outcome["state"] in {"failed", "superseded"}
    # Marks of before hold, and only ever move earlier.
    told, by_node = play.everywhere(lambda ledger: ledger.compromise(agency.id, stolen))
    assert told.since == by_node.since == since
    play.final(_mark(play, stolen, since - 3_600, last))
    told, by_node = play.everywhere(lambda ledger: ledger.compromise(agency.id, stolen))
    assert told.since == by_node.since == since - 3_600
    # Holders: the guardian of before may end them, once.
    message = {"id": story.officer, "guardian": agency.id}
    play.final(play.sign("DeactivateHolder", message, last))
    assert (play.did(story.officer).version, play.did(story.officer).state) == (2, "deactivated")
    phone = P256Key("a phone after the change")
    x, y = phone.public_key[:32], phone.public_key[32:]
    message = {"x": x, "y": y, "salt": salt_of("after"), "guardian": agency.id}
    play.final(play.sign("CreateHolder", message, phone, agency.endorser))
    assert_equal_to_rebuilt(play.node.config)


def test_three_generations_of_a_did(play: Play) -> None:
    agency = play.story.agency
    for version in (1, 2):
        play.council.replace("DidRegistry")
        message = {"id": agency.id, "expectedVersion": version, "document": agency.document(version + 1)}
        play.final(play.sign("UpdateDocument", message, agency.controller))
    assert [play.did(agency.id, version=number).document for number in (1, 2, 3)] == [
        agency.document(number) for number in (1, 2, 3)
    ]
    assert play.node.get("/v1/ledger")["contracts"]["DidRegistry"]["generation"] == 3
    assert_equal_to_rebuilt(play.node.config)


def test_lists_stay_where_they_were_opened_and_new_ones_open_in_the_second_registry(play: Play) -> None:
    story, agency, old = play.story, play.story.agency, play.registry.contracts["StatusRegistry"]
    desk_key = agency.controller
    suspended = {"list": story.list_id, "startWord": 1, "masks": [SUSPEND_MASK], "nonce": 0}
    play.final(play.sign("Suspend", suspended, desk_key))

    play.council.replace("StatusRegistry")

    assert play.list().seq == 1
    # The old registry takes changes of its own lists, and no new list; the new one does not know the old list.
    revoked = {"list": story.list_id, "startWord": 0, "masks": [REVOKE_MASK]}
    assert play.refused(play.sign("Revoke", revoked, desk_key)) == "StatusRegistryUnknownList"
    play.final(play.sign("Revoke", revoked, desk_key, at=old))
    late = {"owner": agency.id, "salt": salt_of("late")}
    assert play.refused(play.sign("OpenList", late, desk_key, at=old)) == "SuccessionNotCurrent"
    play.final(play.sign("OpenList", late, desk_key))
    rows = play.node.get(f"/v1/dids/{agency.did}/status-lists")["lists"]
    assert [row["registry"] for row in rows] == [old, play.registry.contracts["StatusRegistry"]]
    # Nonces are each registry's own: the second begins at zero, the first goes on at one.
    new = bytes.fromhex(rows[1]["list"][2:])
    play.final(
        play.sign("Suspend", {**suspended, "list": new}, desk_key),
        play.sign("Lift", {**suspended, "nonce": 1}, desk_key, at=old),
    )
    assert play.list().seq == 3
    assert play.list().words[:32] == REVOKE_MASK.to_bytes(32)
    assert not any(play.list().words[16_384:])
    path = f"/v1/nonces/StatusRegistry/0x{desk_key.controller.hex()}"
    assert (play.node.get(path)["sequence"], play.node.get(path, registry=old)["sequence"]) == (1, 2)
    assert play.node.status(path, registry="0x" + "11" * 20) == 404
    shown = play.node.get(f"/v1/status-lists/{rows[1]['list']}")
    words = zlib.decompress(decode_base64url(shown["words"]))
    assert int.from_bytes(words[16_384 + 32 : 16_384 + 64]) == SUSPEND_MASK
    assert_equal_to_rebuilt(play.node.config)


def test_the_clients_desk_signs_for_the_registry_that_holds_a_list(play: Play) -> None:
    story, agency, old = play.story, play.story.agency, play.registry.contracts["StatusRegistry"]
    signer = signer_of(agency.controller)
    before = play.desk()
    before.send(
        *status.change(before, "Suspend", list_id=story.list_id, indices=[5], operator=signer, owner=agency.did)
    )

    play.council.replace("StatusRegistry")

    desk = play.desk()
    birth = Birth(str(agency.did), agency.id, agency.salt)
    keys = AgencyKeys(*(generate_signer() for _ in KEY_NAMES))
    assert progress_of(desk, birth, keys)["status_list"]
    fresh = status.list_id(desk, owner=agency.did, salt=salt_of("second list"))
    desk.send(status.open_list(desk, owner=agency.did, salt=salt_of("second list"), operator=signer))
    for list_id, lifted in ((story.list_id, 5), (fresh, None)):
        for kind, index in (("Suspend", 9), ("Lift", 9), ("Lift", lifted), ("Revoke", 77)):
            if index is None:
                continue
            desk.send(*status.change(desk, kind, list_id=list_id, indices=[index], operator=signer, owner=agency.did))
    snapshot = {"list": story.list_id, "seq": 5, "digest": sha256(play.list().words)}
    signed = desk.sign("AnchorSnapshot", snapshot, Party("operator", signer, agency.did))
    assert signed.domain.verifying_contract == bytes.fromhex(old[2:])
    desk.send(signed)
    assert play.list().seq == 5
    assert play.list().published_seq == 5
    assert play.list().bit("revocation", 77)
    assert not play.list().bit("suspension", 5)


def test_credentials_of_before_are_judged_as_before(play: Play) -> None:
    story = play.story
    (good, handed), (bad, taken) = story.issue("before", count=2)
    old = play.registry.contracts["StatusRegistry"]

    for name in ("DidRegistry", "StatusRegistry", "IssuanceLog", "AccreditationRegistry", "SchemaRegistry"):
        play.council.replace(name)

    report = story.judge(handed["credential"])
    assert report.verdict is Verdict.ACCEPTED, report.to_json()
    word, bit = divmod(bad.status.index, 256)
    message = {"list": story.list_id, "startWord": word, "masks": [1 << (255 - bit)]}
    play.final(play.sign("Revoke", message, story.agency.controller, at=old))
    assert outcome_of(story.judge(taken["credential"]), 6) == ("failed", "status-revoked")
    assert story.judge(handed["credential"], receipts=[handed["receipt"]]).verdict is Verdict.ACCEPTED
    assert good.status.list_id == bad.status.list_id == story.list_id
    [(_, late)] = story.issue("after")
    assert story.judge(late["credential"]).verdict is Verdict.ACCEPTED
    assert_equal_to_rebuilt(play.node.config)


def test_nonces_of_replaced_contracts_begin_anew(play: Play) -> None:
    """Roles and AccreditationRegistry count nonces too: a successor's zero is not its predecessor's."""
    story, ministry, agency = play.story, play.story.ministry, play.story.agency
    grantee = P256Key("an operator").controller
    role = {"agency": agency.id, "role": 2, "grantee": grantee, "until": play.registry.now() + 86_400, "nonce": 0}
    play.final(play.sign("GrantRole", role, agency.controller))
    play.council.replace("Roles")
    play.council.replace("AccreditationRegistry")
    ended = {name: role[name] for name in ("agency", "role", "grantee", "nonce")}
    play.final(play.sign("EndRole", ended, agency.controller))
    renewed = {**story.grant, "expectedSeq": 2, "from": play.registry.now()}
    play.final(play.sign("Accredit", renewed, ministry.controller))
    end = {"grantor": ministry.id, "agency": agency.id, "typeId": story.grant["typeId"], "seq": 2}
    play.final(play.sign("EndGrant", {**end, "endedAt": play.registry.now(), "nonce": 0}, ministry.controller))
    assert play.node.get(f"/v1/nonces/Roles/0x{agency.controller.controller.hex()}")["sequence"] == 1
    assert_equal_to_rebuilt(play.node.config)


def test_only_what_was_made_for_the_place_is_deployed(registry: Registry) -> None:
    with pytest.raises(InvalidInputError, match="DidRegistry"):
        deploy_successor(
            registry.ledger.url,
            directory=registry.deployment.directory,
            network=registry.deployment.network,
            name="Council",
            key=DEPLOYER.secret,
        )
    successor = deploy_successor(
        registry.ledger.url,
        directory=registry.deployment.directory,
        network=registry.deployment.network,
        name="IssuanceLog",
        key=DEPLOYER.secret,
    )
    code = bytes.fromhex(registry.ledger.rpc("eth_getCode", successor.address, "latest")[2:])
    assert load_artifacts()["IssuanceLog"].is_code_of(code)
    assert successor.predecessor == registry.contracts["IssuanceLog"]
    assert successor.proposal().startswith(f"directory name=IssuanceLog target={successor.address} code=0x")


def test_the_commands_of_the_page_replace_a_contract(play: Play, tmp_path: Path) -> None:
    """docs/node.md, "Replacing a contract": the script, then the council on the command line."""
    registry, folder = play.registry, tmp_path / "council"
    folder.mkdir()
    for number, member in enumerate(registry.council, 1):
        signer = replace(signer_of(member), key_id=f"council-{number}", purpose="a member's")
        save_signer(signer, folder, passphrase="a passphrase", kdf_rounds=1_000)
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "passphrase").write_text("a passphrase")
    (tmp_path / "demo" / "passphrase").chmod(0o600)
    (tmp_path / "keystore").write_text(json.dumps(Account.encrypt(DEPLOYER.secret, "secret", iterations=2)))
    (tmp_path / "secret").write_text("secret")
    profile = profile_of(registry, rpc_url=None, node_url=play.node.url, keys=folder, token_file=tmp_path / "token")
    write_profile(profile, tmp_path / "profile.toml")
    system = System(tmp_path, tmp_path / "profile.toml")

    deployed = _deploy_by_script(registry, tmp_path, "SchemaRegistry")
    successor = json.loads(deployed.stdout)
    line = next(line for line in deployed.stderr.splitlines() if line.startswith("propose it: mapae "))
    words = line.removeprefix("propose it: mapae ").replace("KEY", "council-1").split()
    for said in (
        system.mapae(*words),
        system.mapae("council", "approve", "p.json", "--key", "council-2"),
    ):
        assert said.code == 0, said.err
    registry.ledger.advance(registry.view("Council", "delay"))
    assert system.mapae("council", "execute", "p.json").code == 0

    contract = play.node.get("/v1/ledger")["contracts"]["SchemaRegistry"]
    assert (contract["address"], contract["generation"]) == (successor["address"], 2)
    assert contract["code_hash"] == successor["code_hash"]


def _deploy_by_script(registry: Registry, folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "scripts/deploy_successor.py", name, "--rpc-url", registry.ledger.url]
    command += ["--directory", registry.deployment.directory, "--network", registry.deployment.network]
    own = {
        "MAPAE_DEPLOYER_KEYSTORE": str(folder / "keystore"),
        "MAPAE_DEPLOYER_PASSPHRASE_FILE": str(folder / "secret"),
        "PYTHONPATH": str(root),
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(command, cwd=root, env=own, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return done


def _transfer(play: Play, version: int, key: P256Key, heir: P256Key) -> SignedOperation:
    agency = play.story.agency
    message = {"id": agency.id, "expectedVersion": version, "newController": heir.controller}
    return play.sign("TransferControl", {**message, "document": agency.document(version + 1)}, key, heir)


def _mark(play: Play, thumbprint: bytes, since: int, key: P256Key) -> SignedOperation:
    agency = play.story.agency
    message = {"id": agency.id, "keyThumbprint": thumbprint, "since": since, "reporter": agency.id}
    return play.sign("MarkCompromised", {**message, "typeId": bytes(32), "seq": 0}, key)
