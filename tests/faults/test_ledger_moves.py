"""A registry that outgrew its embedded ledger goes on on another EVM: old DIDs resolve and are updated there."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from node.cli.index_check import checked
from node.cli.index_exchange import import_
from node.cli.ledger_export import EVENTS, GENESIS, export
from node.config import Config
from node.embedded.launcher import start_ledger
from registry_client.errors import LedgerUnavailableError, WrongLedgerError
from tests.faults.node_world import digest_after_catching_up
from tests.integration.node_support import Agency, admitted, make_home, running_node
from tests.support.anvil import Anvil, anvil
from tests.support.chain import DEPLOYER, RELAYER, Registry, found, salt_of
from tests.support.keys import P256Key

pytestmark = [pytest.mark.chain, pytest.mark.slow]


class EmbeddedRpc(Anvil):
    """The embedded ledger as the tests' helpers know a ledger: its time passes by itself."""

    def advance(self, seconds: int) -> int:
        target = self.now() + seconds
        while time.time() < target + 1:
            time.sleep(0.05)
        return target


@dataclass
class Moved:
    """What there was, and the ledger that goes on."""

    old: Registry
    agency: Agency
    phone: P256Key
    folder: Path
    head: int
    new: Registry
    old_digest: dict[str, object]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    folder = tmp_path_factory.mktemp("move")
    home, phone = folder / "home", P256Key("phone before the move")
    with (
        httpx.Client(timeout=30, trust_env=False) as http,
        start_ledger(home / "ledger", relayers=[DEPLOYER.address, RELAYER.address], heartbeat_s=0) as ledger,
    ):
        old = found(EmbeddedRpc(url=ledger.url, hardfork="osaka", http=http))
        agency = admitted(old, "ministry")
        old.submit("CreateOrganisation", dict(agency.create().message), agency.controller, agency.endorser)
        update = agency.update(1, "issue-1", "issue-2")
        old.submit("UpdateDocument", dict(update.message), agency.controller)
        old.submit("CreateHolder", dict(agency.holder(phone, "phone").message), phone, agency.endorser)
        old.submit("OpenList", {"owner": agency.id, "salt": salt_of("list")}, agency.controller)
        config = make_home(old, home)
        old_digest = digest_after_catching_up(config)
    export(folder / "export", home=home, as_json=True)
    head = json.loads((folder / "export" / "manifest.json").read_text())["head"]["number"]
    with anvil(chain_id=old.deployment.chain_id, genesis=folder / "export" / GENESIS) as ledger:
        genesis_hash = ledger.rpc("eth_getBlockByNumber", "0x0", False)["hash"]
        new = replace(old, ledger=ledger, deployment=replace(old.deployment, genesis_hash=genesis_hash))
        yield Moved(old, agency, phone, folder, head, new, old_digest)


def take(config: Config, folder: Path, **more: Any) -> None:
    import_(
        folder / "export" / EVENTS,
        **{"home": config.home, "rpc_url": None, "digest": "", "moved": True, "as_json": True, **more},
    )


def test_old_dids_resolve_and_update_on_the_new_ledger(moved: Moved, tmp_path: Path) -> None:
    new, agency = moved.new, replace(moved.agency, registry=moved.new)
    config = make_home(new, tmp_path)
    if int(new.ledger.rpc("eth_blockNumber"), 16) < moved.head:
        with pytest.raises(LedgerUnavailableError, match="wait until it is further"):
            take(config, moved.folder)
        new.ledger.rpc("anvil_mine", hex(moved.head + 1))
    with pytest.raises(WrongLedgerError, match="give --moved"):
        take(config, moved.folder, moved=False)
    assert not config.index_path.exists()

    take(config, moved.folder, digest=str(moved.old_digest["digest"]))
    assert checked(config, sample=None).wrong == 0
    with running_node(new, tmp_path) as node:
        status, before = node.resolve(agency.did)
        assert status == 200
        assert before["didDocumentMetadata"]["versionId"] == "2"
        assert len(before["didDocument"]["verificationMethod"]) == 2
        assert len(node.resolve(agency.did, versionId="1")[1]["didDocument"]["verificationMethod"]) == 1
        assert node.resolve(agency.holder_did(moved.phone, "phone"))[0] == 200
        later = P256Key("phone after the move")
        outcomes = node.relay(agency.update(2, "issue-1", "issue-3"), agency.holder(later, "later"))
        assert [outcome["state"] for outcome in outcomes] == ["final", "final"]
        status, after = node.resolve(agency.did)
        assert after["didDocumentMetadata"]["versionId"] == "3"
        assert node.resolve(agency.did, versionId="2")[1]["didDocument"] == before["didDocument"]
        assert len(node.events(type="DocumentUpdated")) == 2
    assert checked(config, sample=None).wrong == 0


def test_export_says_what_it_holds(moved: Moved) -> None:
    folder = moved.folder / "export"
    genesis = json.loads((folder / GENESIS).read_text())
    assert sorted(path.name for path in folder.iterdir()) == sorted(["manifest.json", GENESIS, EVENTS])
    assert genesis["config"]["chainId"] == moved.old.deployment.chain_id
    assert {address.lower() for address in moved.old.contracts.values()} <= genesis["alloc"].keys()
    assert all(int(word, 16) for account in genesis["alloc"].values() for word in account.get("storage", {}).values())
    assert int(genesis["alloc"][RELAYER.address.lower()]["nonce"], 16) > 0


def test_ledger_that_was_written_to_too_early_is_refused(moved: Moved, tmp_path: Path) -> None:
    """An operation in a block at or below the old head would stand before what came before it."""
    genesis = moved.folder / "export" / GENESIS
    with anvil(chain_id=moved.old.deployment.chain_id, genesis=genesis) as ledger:
        genesis_hash = ledger.rpc("eth_getBlockByNumber", "0x0", False)["hash"]
        early = replace(moved.old, ledger=ledger, deployment=replace(moved.old.deployment, genesis_hash=genesis_hash))
        early.submit("OpenList", {"owner": moved.agency.id, "salt": salt_of("early")}, moved.agency.controller)
        ledger.rpc("anvil_mine", hex(moved.head + 1))
        config = make_home(early, tmp_path)
        with pytest.raises(WrongLedgerError, match="was written to on this ledger at block 1"):
            take(config, moved.folder)
        assert not config.index_path.exists()
