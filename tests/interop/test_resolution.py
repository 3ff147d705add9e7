"""did-resolver with our driver of a few lines, against a real node on a real ledger."""

from collections.abc import Iterator

import pytest

from tests.integration.node_support import Agency, RunningNode, admitted, running_node
from tests.interop.matrix import OURS_TO_THEIRS
from tests.interop.peers import RefusedError
from tests.support.anvil import anvil
from tests.support.chain import found

pytestmark = pytest.mark.chain
CODES = "https://www.w3.org/ns/did#"
ABSENT = "did:mapae:{network}:2u4B7UtdH7zp7Hauj26FAf4sUCyH"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningNode, Agency]]:
    with anvil(hardfork="osaka", chain_id=31_341) as ledger:
        registry = found(ledger)
        agency = admitted(registry, "ministry")
        with running_node(registry, tmp_path_factory.mktemp("node")) as node:
            outcomes = node.relay(agency.create("issue-1"), agency.update(1, "issue-1", "issue-2"))
            assert [outcome["state"] for outcome in outcomes] == ["final", "final"]
            yield node, agency


@pytest.fixture
def resolve(party, running):
    return lambda url, **options: party.node.ask("did.resolve", url=url, base=running[0].url, options=options)


def methods_of(result):
    return [entry["id"].partition("#")[2] for entry in result["didDocument"]["verificationMethod"]]


def test_did_resolver_resolves_through_a_node(party, matrix, running, resolve):
    node, agency = running
    newest = resolve(agency.did)
    assert newest["didDocument"] == node.resolve(agency.did)[1]["didDocument"]
    assert newest["didDocument"]["id"] == agency.did
    assert methods_of(newest) == ["issue-1", "issue-2"]
    assert "error" not in newest["didResolutionMetadata"]
    assert methods_of(resolve(f"{agency.did}?versionId=1")) == ["issue-1"]
    assert methods_of(resolve(agency.did, versionId="1")) == ["issue-1"]
    absent = resolve(ABSENT.format(network=agency.did.split(":")[2]))
    assert absent["didDocument"] is None
    assert absent["didResolutionMetadata"]["error"]["type"] == f"{CODES}NOT_FOUND"
    clash = resolve(f"{agency.did}?versionId=1&versionTime=2026-01-01T00:00:00Z")
    assert clash["didResolutionMetadata"]["error"]["type"] == f"{CODES}INVALID_OPTIONS"
    matrix.add(
        "DID Resolution", "did-resolver", OURS_TO_THEIRS, "resolved; absent: NOT_FOUND",
        "driver `deploy/did-resolver-driver`, real node",
    )  # fmt: skip


def test_what_is_no_resolution_result_is_an_error(party, running):
    """The ledger's own port answers HTTP too; what it says is not handed on."""
    agency = running[1]
    with pytest.raises(RefusedError, match="without a resolution result"):
        party.node.ask("did.resolve", url=agency.did, base=agency.registry.ledger.url, options={})


def test_a_deactivated_did_has_no_document(running, resolve):
    node, agency = running
    end = agency.registry.sign("DeactivateDid", {"id": agency.id, "expectedVersion": 2}, agency.controller)
    assert node.relay_one(end)["state"] == "final"
    gone = resolve(agency.did)
    assert gone["didDocument"] is None
    assert gone["didDocumentMetadata"]["deactivated"] is True
