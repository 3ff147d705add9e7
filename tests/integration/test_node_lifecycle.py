"""Operations through a real node onto a real ledger: relayed once, judged by effect, read back as the contracts say."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_abi import encode

from registry_client.core.did import format_did
from registry_client.core.encoding import decode_base64url
from registry_client.core.hashing import keccak256, keccak_text, sha256
from tests.integration.node_support import Agency, RunningNode, admitted, eventually, running_node
from tests.support.chain import APPROVE, PROPOSALS, YEAR_S, Registry, salt_of
from tests.support.databases import Database
from tests.support.keys import P256Key

pytestmark = pytest.mark.chain

VCT = "https://mapae.invalid/vct/civil-servant/v1"


@pytest.fixture
def agency(registry: Registry) -> Agency:
    return admitted(registry, "ministry")


@pytest.fixture
def node(registry: Registry, agency: Agency, tmp_path: Path, database: Database) -> Iterator[RunningNode]:
    with running_node(registry, tmp_path, **database.settings) as running:
        yield running


def test_created_organisation_resolves_to_its_anchored_bytes(node: RunningNode, agency: Agency) -> None:
    outcome = node.relay_one(agency.create())

    assert outcome["state"] == "final"
    status, result = node.resolve(agency.did)
    assert status == 200
    answer = node.http.get(f"/1.0/identifiers/{agency.did}", headers={"Accept": "application/did"})
    assert answer.content == agency.document()
    assert result["didDocumentMetadata"]["versionId"] == "1"
    assert "updated" not in result["didDocumentMetadata"]
    assert result["didResolutionMetadata"]["contentType"] == "application/did"


def test_record_agrees_with_the_contract_after_every_kind_of_change(node: RunningNode, agency: Agency) -> None:
    successor = P256Key("ministry successor")
    registry = agency.registry
    transfer = {
        "id": agency.id,
        "expectedVersion": 2,
        "newController": successor.controller,
        "document": agency.document("issue-2"),
    }
    steps = [
        agency.create(),
        agency.update(1, "issue-1", "issue-2"),
        registry.sign("TransferControl", transfer, agency.controller, successor),
        registry.sign("DeactivateDid", {"id": agency.id, "expectedVersion": 3}, successor),
    ]
    for version, step in enumerate(steps, 1):
        assert node.relay_one(step)["state"] == "final"
        shown = node.get(f"/v1/dids/{agency.did}")
        record = registry.view("DidRegistry", "recordOf", agency.id)
        assert shown["version"] == record["version"] == version
        assert shown["history_digest"] == _hex(record["historyDigest"])
        assert shown["controller"] == _hex(record["controller"])
        assert shown["block_number"] == record["blockNumber"]
        assert shown["state"] == {0x11: "active", 0x12: "deactivated"}[record["status"]]

    assert node.resolve(agency.did)[0] == 410
    assert node.resolve(agency.did, versionId="1")[1]["didDocumentMetadata"]["nextVersionId"] == "2"
    assert node.http.get(f"/1.0/identifiers/{agency.did}?versionId=3").status_code == 200


def test_operation_posted_twice_is_one_operation_in_one_transaction(node: RunningNode, agency: Agency) -> None:
    operation = agency.create()
    first, second = node.submit(operation)[0], node.submit(operation)[0]
    outcome = node.wait([first])[0]
    third = node.post(operation).json()["operations"][0]

    assert first == second == third["id"] == _hex(operation.id)
    assert third["state"] == "final"
    assert third["transaction_hash"] == outcome["transaction_hash"]
    assert len(node.events(type="OrganisationCreated")) == 1
    (token,) = node.node.services.tokens.list()
    assert token.used_today == 1


def test_operations_of_one_contract_share_a_transaction(node: RunningNode, agency: Agency) -> None:
    node.relay_one(agency.create())
    phones = [P256Key(f"phone {number}") for number in range(20)]
    outcomes = node.relay(*(agency.holder(phone, phone.label) for phone in phones))

    assert {outcome["state"] for outcome in outcomes} == {"final"}
    assert len({outcome["transaction_hash"] for outcome in outcomes}) < 4
    for phone in phones:
        status, result = node.resolve(agency.holder_did(phone, phone.label))
        assert status == 200
        assert result["didDocumentMetadata"]["guardian"] == agency.did


def test_operations_that_need_each_other_are_carried_in_order(node: RunningNode, agency: Agency) -> None:
    end = agency.registry.sign("DeactivateDid", {"id": agency.id, "expectedVersion": 3}, agency.controller)
    outcomes = node.relay(agency.create(), agency.update(1, "issue-1", "issue-2"), agency.update(2, "issue-2"), end)

    assert [outcome["state"] for outcome in outcomes] == ["final"] * 4
    assert node.resolve(agency.did)[0] == 410


def test_refused_operation_fails_with_the_contracts_own_error(node: RunningNode, agency: Agency) -> None:
    node.relay_one(agency.create())
    outcome = node.relay_one(agency.update(7))

    assert outcome["state"] == "failed"
    assert outcome["error"]["name"] == "DidRegistryStaleVersion"
    assert outcome["error"]["arguments"]["expected"] == 7
    assert node.get(f"/v1/dids/{agency.did}")["version"] == 1


def test_stolen_token_with_a_fresh_key_changes_nothing(node: RunningNode, agency: Agency) -> None:
    node.relay_one(agency.create())
    thief = P256Key("thief")
    outcome = node.relay_one(agency.update(1, "issue-9", key=thief))

    assert outcome["state"] == "failed"
    assert outcome["error"]["name"] == "DidRegistryNotController"
    assert node.get(f"/v1/dids/{agency.did}")["version"] == 1


def test_failed_operation_can_be_posted_again_when_its_reason_is_gone(node: RunningNode, agency: Agency) -> None:
    update = agency.update(1, "issue-1", "issue-2")
    assert node.relay_one(update)["state"] == "failed"
    node.relay_one(agency.create())

    assert node.relay_one(update)["state"] == "final"
    assert node.get(f"/v1/dids/{agency.did}")["version"] == 2


def test_of_two_updates_of_one_version_the_second_is_superseded_or_refused(node: RunningNode, agency: Agency) -> None:
    node.relay_one(agency.create())
    outcomes = node.relay(agency.update(1, "issue-2"), agency.update(1, "issue-3"))

    assert outcomes[0]["state"] == "final"
    assert outcomes[1]["state"] in {"superseded", "failed"}
    assert node.http.get(f"/1.0/identifiers/{agency.did}", headers={"Accept": "application/did"}).content == (
        agency.document("issue-2")
    )


def test_operation_whose_deadline_passes_in_the_pool_expires(node: RunningNode, agency: Agency) -> None:
    ledger = agency.registry.ledger
    node.relay_one(agency.create())
    ledger.rpc("evm_setAutomine", False)
    try:
        late = agency.update(1, "issue-2", deadline=ledger.now() + 600)
        (operation_id,) = node.submit(late)
        node.wait([operation_id], states={"sent"})
        ledger.advance(3_600)
        outcome = node.wait([operation_id])[0]
    finally:
        ledger.rpc("evm_setAutomine", True)

    assert outcome["state"] == "expired"
    assert outcome["error"]["name"] == "OperationExpired"
    assert node.get(f"/v1/dids/{agency.did}")["version"] == 1


def test_decision_of_the_council_is_carried_out_by_the_node(node: RunningNode, registry: Registry) -> None:
    newcomer = P256Key("newcomer endorser")
    kind, types = PROPOSALS["Admit"]
    arguments = encode(types, [b"\x07" * 20, newcomer.controller, registry.now() + YEAR_S])
    vote = {"kind": kind, "arguments": arguments, "salt": salt_of("decision"), "epoch": 1, "choice": APPROVE}
    votes = [registry.sign("Vote", vote, member) for member in registry.council[:2]]
    outcomes = node.relay(*votes)

    assert [outcome["state"] for outcome in outcomes] == ["final", "final"]
    assert outcomes[0]["id"] != outcomes[1]["id"]
    before = outcomes[1]["block_number"]
    executed = eventually(
        lambda: [event for event in node.events(type="ProposalExecuted") if event["block_number"] > before],
        what="the node carries the decision out",
    )
    assert len(executed) == 1
    assert registry.view("Roles", "isAdmitted", b"\x07" * 20)
    (proposal,) = [p for p in node.get("/v1/council")["proposals"] if p["salt"] == _hex(salt_of("decision"))]
    assert proposal["state"] == "executed"
    assert len(proposal["votes"]) == 2


def test_nonce_counts_what_is_on_the_ledger_and_under_way(node: RunningNode, agency: Agency) -> None:
    node.relay_one(agency.create())
    registry, key = agency.registry, agency.controller
    path = f"/v1/nonces/Roles/{_hex(key.controller)}"
    until = registry.now() + YEAR_S
    assert node.get(path)["nonce"] == "0x0"

    def grant(nonce: int) -> object:
        message = {"agency": agency.id, "role": 2, "grantee": P256Key(f"op {nonce}").controller, "until": until}
        return registry.sign("GrantRole", {**message, "nonce": nonce}, key)

    registry.ledger.rpc("evm_setAutomine", False)
    try:
        ids = node.submit(grant(0), grant(1))
        assert node.get(path)["sequence"] == 2
    finally:
        registry.ledger.rpc("evm_setAutomine", True)
        registry.ledger.rpc("evm_mine")
    assert [outcome["state"] for outcome in node.wait(ids)] == ["final", "final"]
    assert node.get(path)["sequence"] == registry.nonce("Roles", key) == 2
    assert len(node.get(f"/v1/roles/{agency.did}")["terms"]) == 3


def test_reads_agree_with_the_contracts_views(node: RunningNode, agency: Agency) -> None:
    registry, key = agency.registry, agency.controller
    node.relay_one(agency.create())
    type_id, now = keccak_text(VCT), registry.now()
    registry.decide("GrantRoot", agency.id, type_id, now, now + YEAR_S, True, True)
    document = (
        b'{"context":{"@context":{}},"schema":{"type":"object"},"type":"CivilServantCredential","vct":"'
        + VCT.encode()
        + b'"}'
    )
    service = b'{"claims":["name"],"purpose":{"en":"gate","ko":"\xec\xb6\x9c\xec\x9e\x85"}}'
    code = b"GATE-1".ljust(32, b"\0")
    address = bytes.fromhex(registry.contracts["StatusRegistry"][2:])
    list_id = keccak256(address.rjust(32, b"\0") + agency.id.ljust(32, b"\0") + salt_of("list"))
    root = sha256(b"root")
    outcomes = node.relay(
        registry.sign(
            "RegisterSchema", {"owner": agency.id, "vct": VCT, "expectedVersion": 1, "document": document}, key
        ),
        registry.sign(
            "SetService",
            {
                "typeId": type_id,
                "code": code,
                "expectedVersion": 1,
                "verifier": agency.id,
                "from": now,
                "until": now + YEAR_S,
                "document": service,
            },
            key,
        ),
        registry.sign("AnchorIssuance", {"agency": agency.id, "expectedSeq": 1, "root": root, "count": 3}, key),
        registry.sign("OpenList", {"owner": agency.id, "salt": salt_of("list")}, key),
        registry.sign("Suspend", {"list": list_id, "startWord": 3, "masks": (1 << 255, 6), "nonce": 0}, key),
        registry.sign("Revoke", {"list": list_id, "startWord": 0, "masks": (5,)}, key),
        registry.sign("Lift", {"list": list_id, "startWord": 4, "masks": (2,), "nonce": 1}, key),
    )
    assert [outcome["state"] for outcome in outcomes] == ["final"] * 7, outcomes

    shown = node.get(f"/v1/status-lists/{_hex(list_id)}")
    record = registry.view("StatusRegistry", "listOf", list_id)
    words = b"".join(word.to_bytes(32, "big") for word in registry.view("StatusRegistry", "words", list_id, 0, 1024))
    assert (shown["seq"], shown["published_seq"], shown["ops_head"]) == (
        record["seq"],
        record["publishedSeq"],
        _hex(record["opsHead"]),
    )
    assert shown["owner"] == agency.did
    assert _hex(record["owner"]) == _hex(agency.id)
    assert zlib.decompress(decode_base64url(shown["words"])) == words
    assert any(words)

    anchor = node.get(f"/v1/issuances/{agency.did}/1")
    assert anchor["digest"] == _hex(registry.view("IssuanceLog", "digestOf", agency.id, 1))
    path = node.get(f"/v1/accreditations/{agency.did}", vct=VCT, at=now)
    on_chain = registry.view("AccreditationRegistry", "pathAt", agency.id, type_id, now)
    assert path["valid"] is on_chain["valid"] is True
    assert [(link["did"], link["seq"]) for link in path["path"]] == [(agency.did, on_chain["path"][0][1])]
    assert path["grants"][0]["until"] == on_chain["grants"][0][6]
    assert node.get(f"/v1/accreditations/{agency.did}", vct=VCT, at=now - 1)["valid"] is False

    schema = node.get(f"/v1/schemas/{_hex(type_id)}")
    assert decode_base64url(schema["document"]) == document
    assert schema["digest"] == _hex(registry.view("SchemaRegistry", "digestOf", type_id, 1)["digest"])
    assert node.get("/schemas/civil-servant/v1") == {"type": "object"}
    assert node.http.get("/schemas/civil-servant/v1").headers["content-type"] == "application/schema+json"
    context = node.http.get("/contexts/civil-servant/v1")
    assert (context.headers["content-type"], context.json()) == ("application/ld+json", {"@context": {}})
    assert node.get("/vct/civil-servant/v1")["vct"] == VCT
    found = node.get(f"/v1/services/{_hex(type_id)}/GATE-1")
    assert found["verifier"] == agency.did
    assert found["digest"] == _hex(registry.view("ServiceRegistry", "serviceOf", type_id, code)["digest"])
    assert decode_base64url(found["document"]) == service


def test_admissions_and_roles_agree_with_the_contract_through_every_change(
    node: RunningNode, registry: Registry, agency: Agency
) -> None:
    """The fixture's agency is a root; it admits another, lets it go and takes it back; the council ends both."""
    root, key, other = agency, agency.controller, b"\x09" * 20
    endorser, desk = P256Key("other endorser"), P256Key("desk")
    node.relay_one(root.create())
    until = registry.now() + YEAR_S
    did = str(format_did(registry.deployment.network, other))

    def change(kind: str, **message: object) -> None:
        outcome = node.relay_one(registry.sign(kind, {**message, "nonce": registry.nonce("Roles", key)}, key))
        assert outcome["state"] == "final", outcome

    def agree() -> dict[str, object]:
        node.wait_for_head(registry.ledger)
        for agency_id, name in ((root.id, root.did), (other, did)):
            shown, told = node.get(f"/v1/roles/{name}"), registry.view("Roles", "admissionOf", agency_id)
            sponsor = (
                None if not any(told["sponsor"]) else str(format_did(registry.deployment.network, told["sponsor"]))
            )
            assert (
                shown["admission"].items() >= {"from": told["from"], "until": told["until"], "sponsor": sponsor}.items()
            )
            for term in shown["terms"]:
                grantee = bytes.fromhex(term["controller"][2:])
                held = registry.view("Roles", "termOf", agency_id, term["role"], grantee)
                assert (term["from"], term["until"]) == (held["from"], held["until"])
        return node.get(f"/v1/roles/{did}")["admission"]

    admit = {"root": root.id, "agency": other, "endorser": endorser.controller, "until": until}
    change("AdmitAgency", **admit)
    assert agree()["sponsor"] == root.did
    registry.ledger.advance(60)
    change("AdmitAgency", **{**admit, "until": until + 60})  # renewed: from stays
    began = agree()["from"]
    registry.ledger.advance(60)
    change("DismissAgency", root=root.id, agency=other)
    let_go = agree()
    assert (let_go["sponsor"], let_go["from"]) == (root.did, began)
    registry.ledger.advance(60)
    change("AdmitAgency", **admit)  # the root may take it back: a new beginning
    assert agree()["from"] != began
    change("GrantRole", agency=root.id, role=2, grantee=desk.controller, until=until)
    registry.ledger.advance(60)
    change("EndRole", agency=root.id, role=2, grantee=desk.controller)
    agree()
    registry.decide("Dismiss", other)
    assert agree()["sponsor"] is None
    registry.decide("Dismiss", root.id)
    agree()


def test_story_is_in_the_ledgers_order_and_pages_join(node: RunningNode, agency: Agency) -> None:
    node.relay(agency.create(), agency.update(1, "issue-1", "issue-2"))
    whole = node.events(limit=1000)
    paged = node.events(limit=3)

    positions = [tuple(map(int, event["position"].split(":"))) for event in whole]
    assert positions == sorted(positions)
    assert paged == whole
    on_chain = [(event.name, event.block_number) for event in agency.registry.logs()]
    assert [(event["type"], event["block_number"]) for event in whole] == on_chain
    about = node.events(did=agency.did)
    assert [event["type"] for event in about] == ["AgencyAdmitted", "OrganisationCreated", "DocumentUpdated"]
    last = about[-1]["block_number"]
    assert [event["type"] for event in node.events(did=agency.did, **{"from": str(last)})] == ["DocumentUpdated"]


def _hex(data: bytes) -> str:
    return data if isinstance(data, str) else "0x" + bytes(data).hex()
