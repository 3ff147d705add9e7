"""What a node answers to good, odd and hostile requests: typed 4xx, never 5xx, and nothing stored."""

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_client.core.did import format_did
from registry_client.core.operation import operation_to_json
from tests.integration.node_support import Agency, RunningNode, admitted, make_token, running_node
from tests.support.anvil import ROOT, anvil
from tests.support.chain import Registry, found
from tests.support.keys import P256Key

pytestmark = pytest.mark.chain

FULL = "application/did-resolution;charset=utf-8"
ERRORS = "https://www.w3.org/ns/did#"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningNode, Agency]]:
    database = request.getfixturevalue("postgresql").create() if request.param == "postgresql" else ""
    with anvil(hardfork="osaka", chain_id=31_339) as ledger:
        registry: Registry = found(ledger)
        agency = admitted(registry, "ministry")
        with running_node(registry, tmp_path_factory.mktemp("node"), database=database) as node:
            outcomes = node.relay(agency.create(), agency.update(1, "issue-1", "issue-2"))
            assert [outcome["state"] for outcome in outcomes] == ["final", "final"]
            yield node, agency


@pytest.fixture
def node(world: tuple[RunningNode, Agency]) -> RunningNode:
    return world[0]


@pytest.fixture
def agency(world: tuple[RunningNode, Agency]) -> Agency:
    return world[1]


def resolve(node: RunningNode, did: str, query: str = "", **headers: str) -> httpx.Response:
    return node.http.get(f"/1.0/identifiers/{did}{query}", headers=headers)


def code_of(answer: httpx.Response) -> str:
    body = answer.json()
    assert body["didDocument"] is None
    assert body["didDocumentMetadata"] == {}
    assert answer.headers["content-type"] == FULL
    return str(body["didResolutionMetadata"]["error"]["type"]).removeprefix(ERRORS)


class TestResolution:
    def test_error_table(self, node: RunningNode, agency: Agency) -> None:
        network = agency.registry.deployment.network
        cases = [
            ("not-a-did", "", 400, "INVALID_DID"),
            ("did:mapae:" + network + ":0OIl", "", 400, "INVALID_DID"),
            ("did:mapae:" + network + ":" + "1" * 20 + "2", "", 400, "INVALID_DID"),
            ("did:mapae:" + "a" * 65_000, "", 400, "INVALID_DID"),
            ("", "", 400, "INVALID_DID"),
            ("did%3Amapae%00", "", 400, "INVALID_DID"),
            ("%ff%fe", "", 400, "INVALID_DID"),
            (agency.did, "?versionId=1&versionTime=2026-01-01T00:00:00Z", 400, "INVALID_OPTIONS"),
            (agency.did, "?versionId=123junk", 400, "INVALID_OPTIONS"),
            (agency.did, "?versionId=-1", 400, "INVALID_OPTIONS"),
            (agency.did, "?versionId=1e3", 400, "INVALID_OPTIONS"),
            (agency.did, "?versionId=0", 400, "INVALID_OPTIONS"),
            (agency.did, "?versionId=1&versionId=2", 400, "INVALID_DID_URL"),
            (agency.did + "%3FversionId=1", "?versionId=1", 400, "INVALID_DID_URL"),
            (agency.did, "?versionTime=yesterday", 400, "INVALID_OPTIONS"),
            (agency.did, "?noCache=maybe", 400, "INVALID_OPTIONS"),
            (agency.did, "?versionId=99", 404, "NOT_FOUND"),
            (agency.did, "?versionTime=2001-01-01T00:00:00Z", 404, "NOT_FOUND"),
            (agency.did.replace(network, "other-net"), "", 404, "NOT_FOUND"),
            (admitted_id(agency), "", 404, "NOT_FOUND"),
            ("did:example:123", "", 501, "METHOD_NOT_SUPPORTED"),
            (agency.did, "?colour=red", 501, "FEATURE_NOT_SUPPORTED"),
            (agency.did + "/path", "", 501, "FEATURE_NOT_SUPPORTED"),
            (agency.did + "%7C", "", 400, "INVALID_DID"),
            (agency.did + "%2F%7C", "", 400, "INVALID_DID_URL"),
            ("did:key:zzz", "", 400, "INVALID_DID"),
        ]
        for did, query, status, code in cases:
            answer = resolve(node, did, query)
            assert (answer.status_code, code_of(answer)) == (status, code), (did[:60], query)

    def test_percent_encoded_did_is_the_same_did(self, node: RunningNode, agency: Agency) -> None:
        plain, encoded = resolve(node, agency.did), resolve(node, agency.did.replace(":", "%3A"))
        assert plain.status_code == encoded.status_code == 200
        assert plain.content == encoded.content

    @pytest.mark.parametrize(
        ("accept", "media"),
        [
            ("*/*", FULL),
            ("application/did-resolution", FULL),
            ("application/did", "application/did;charset=utf-8"),
            ("application/did+json", "application/did+json;charset=utf-8"),
            ("application/did+ld+json", "application/did+ld+json;charset=utf-8"),
            ("text/html, application/did;q=0.5, application/did-resolution;q=0.9", FULL),
            ('application/ld+json;profile="https://w3id.org/did-resolution"', FULL),
        ],
    )
    def test_representation_is_negotiated(self, node: RunningNode, agency: Agency, accept: str, media: str) -> None:
        answer = resolve(node, agency.did, Accept=accept)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == media
        document = answer.json()["didDocument"] if media == FULL else answer.json()
        assert document == json.loads(agency.document("issue-1", "issue-2"))

    @pytest.mark.parametrize("accept", ["text/html", "application/did;q=0", "application/json", "x" * 5000])
    def test_unknown_representation_is_406(self, node: RunningNode, agency: Agency, accept: str) -> None:
        answer = resolve(node, agency.did, Accept=accept)
        assert (answer.status_code, code_of(answer)) == (406, "REPRESENTATION_NOT_SUPPORTED")

    def test_versions_by_number_and_time(self, node: RunningNode, agency: Agency) -> None:
        first = resolve(node, agency.did, "?versionId=1").json()
        metadata = first["didDocumentMetadata"]
        assert first["didDocument"] == json.loads(agency.document())
        assert (metadata["versionId"], metadata["nextVersionId"]) == ("1", "2")
        by_time = resolve(node, agency.did, f"?versionTime={metadata['nextUpdate']}").json()
        assert by_time["didDocumentMetadata"]["versionId"] == "2"
        future = resolve(node, agency.did, "?versionTime=2999-01-01T00:00:00Z")
        assert future.json()["didDocumentMetadata"]["versionId"] == "2"
        assert future.headers["cache-control"] == "no-store"
        assert "updated" in resolve(node, agency.did).json()["didDocumentMetadata"]

    def test_dids_that_carry_their_key(self, node: RunningNode) -> None:
        did = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
        answer = resolve(node, did)
        assert answer.status_code == 200
        assert answer.json()["didDocument"]["id"] == did
        assert resolve(node, did.replace("Mkha", "Mkhb")).status_code in {200, 400}

    def test_place_of_reading_is_told(self, node: RunningNode, agency: Agency) -> None:
        answer = resolve(node, agency.did)
        place = answer.json()["didResolutionMetadata"]["ledger"]
        assert answer.headers["mapae-block"] == str(place["block_number"])
        assert place["final"] == place["block_number"] == node.get("/v1/ledger")["head"]["number"]
        assert node.http.head(f"/1.0/identifiers/{agency.did}").headers["content-length"] == str(len(answer.content))
        refused = node.http.delete(f"/1.0/identifiers/{agency.did}")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")
        assert refused.headers["cache-control"] == "no-store"
        assert refused.headers["content-type"] == FULL
        assert refused.json()["didResolutionMetadata"]["error"]["title"] == "Method not allowed"


HOSTILE = {
    "empty": b"",
    "not json": b"{",
    "duplicate keys": b'{"kind":"Revoke","kind":"Revoke"}',
    "nan": b'{"kind":NaN}',
    "infinity": b'{"kind":1e999}',
    "lone surrogate": b'{"kind":"\\ud800"}',
    "surrogate bytes": b'{"kind":"\xed\xa0\x80"}',
    "utf-16": '{"kind":"Revoke"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"kind":"Revoke"}',
    "nul": b'{"kind":"a\x00b"}',
    "depth 900": b"[" * 900 + b"]" * 900,
    "depth 100000": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "big integer": b'{"kind":"Revoke","domain":{"chainId":99999999999999999999}}',
    "array of nothing": b"[]",
    "array of numbers": b"[1,2]",
    "too many": b"[" + b",".join([b"{}"] * 101) + b"]",
    "string": b'"Revoke"',
    "unknown kind": b'{"kind":"Mint","domain":{},"message":{},"signatures":[]}',
    "wrong types": b'{"kind":5,"domain":[],"message":"","signatures":{}}',
}


class TestOperations:
    @pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
    def test_hostile_body_is_a_problem_and_stores_nothing(self, node: RunningNode, body: bytes) -> None:
        before = node.node.stores.outbox.open_count(), len(node.events())
        answer = node.http.post(
            "/v1/operations",
            content=body,
            headers={"Authorization": f"Bearer {node.token}", "Content-Type": "application/json"},
        )
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail"} <= answer.json().keys()
        assert (node.node.stores.outbox.open_count(), len(node.events())) == before

    @pytest.mark.parametrize(("length", "wrap"), [(300 * 1024, b"%s"), (3 * 1024 * 1024, b"[%s]")])
    def test_oversize_body_is_413(self, node: RunningNode, length: int, wrap: bytes) -> None:
        body = wrap % (b'{"kind":"' + b"a" * length + b'"}')
        headers = {"Authorization": f"Bearer {node.token}", "Content-Type": "application/json"}
        assert node.http.post("/v1/operations", content=body, headers=headers).status_code == 413
        pieces = (body[at : at + 65_536] for at in range(0, len(body), 65_536))
        assert node.http.post("/v1/operations", content=pieces, headers=headers).status_code == 413

    def test_signed_for_elsewhere_is_refused(self, node: RunningNode, agency: Agency) -> None:
        good = operation_to_json(agency.update(2, "issue-3"))
        other = P256Key("other").controller[1:].hex()
        for name, value, status in (
            ("chainId", 1, 409),
            ("name", "did:mapae:other", 409),
            ("version", "2", 400),
            ("verifyingContract", "0x" + other, 409),
        ):
            answer = self._post(node, {**good, "domain": {**good["domain"], name: value}})
            assert answer.status_code == status
            assert answer.json()["type"].endswith("/wrong-ledger" if status == 409 else "/invalid-operation")

    def test_broken_signature_is_refused_at_once(self, node: RunningNode, agency: Agency) -> None:
        good = operation_to_json(agency.update(2, "issue-3"))
        signature = good["signatures"][0]
        flipped = f"{int(signature['signature'][2:4], 16) ^ 1:02x}"
        broken = {**signature, "signature": "0x" + flipped + signature["signature"][4:]}
        assert self._post(node, {**good, "signatures": [broken]}).status_code == 400
        assert self._post(node, {**good, "signatures": []}).status_code == 400
        assert self._post(node, {**good, "extra": 1}).status_code == 400

    def test_high_s_signature_is_refused(self, node: RunningNode, agency: Agency) -> None:
        operation = agency.update(2, "issue-3")
        high = agency.controller.sign(operation.payload, high_s=True)
        body = operation_to_json(operation)
        body["signatures"][0]["signature"] = "0x" + high[64:].hex()
        assert self._post(node, body).status_code == 400

    def test_unfit_deadline_is_refused(self, node: RunningNode, agency: Agency) -> None:
        now = agency.registry.now()
        for deadline in (now - 10_000, now + 40 * 86_400):
            answer = self._post(node, operation_to_json(agency.update(2, "issue-3", deadline=deadline)))
            assert answer.status_code == 400
            assert answer.json()["type"].endswith("/operation-deadline")

    def test_document_that_would_not_resolve_is_not_relayed(self, node: RunningNode, agency: Agency) -> None:
        for document in (b"{}", agency.document() + b" ", agency.document().replace(b"issue-1", b"issue_!"), b"\xff"):
            answer = self._post(node, operation_to_json(agency.update(2, document=document)))
            assert answer.status_code == 400, document[:40]
            assert answer.json()["type"] == ERRORS + "INVALID_DID_DOCUMENT"

    def test_one_bad_operation_refuses_the_whole_array_and_is_named(self, node: RunningNode, agency: Agency) -> None:
        good = operation_to_json(agency.holder(P256Key("array phone"), "array phone"))
        used = node.node.services.tokens.list()[0].used_today
        answer = self._post(node, [good, {**good, "kind": "Nope"}])
        assert answer.status_code == 400
        assert answer.json()["position"] == 1
        assert node.node.services.tokens.list()[0].used_today == used

    def test_relaying_needs_a_live_token_with_quota(self, node: RunningNode, agency: Agency) -> None:
        operation = agency.holder(P256Key("quota phone"), "quota phone")
        for header in ({}, {"Authorization": "Bearer nope"}, {"Authorization": f"Basic {node.token}"}):
            answer = node.http.post("/v1/operations", json=operation_to_json(operation), headers=header)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
        small = make_token(node.config, "small", quota=2)
        phones = [P256Key(f"quota phone {number}") for number in range(3)]
        refused = node.post(*(agency.holder(phone, phone.label) for phone in phones), token=small)
        assert refused.status_code == 429
        assert refused.json()["quota_per_day"] == 2
        taken = [agency.holder(phone, phone.label) for phone in phones[:2]]
        assert node.post(*taken, token=small).status_code == 202
        assert node.post(*taken, token=small).status_code == 202  # known operations cost nothing
        assert node.post(agency.holder(phones[2], phones[2].label), token=small).status_code == 429
        node.node.services.tokens.revoke("small")
        assert node.post(*taken, token=small).status_code == 401
        node.wait([f"0x{item.id.hex()}" for item in taken])

    def test_tokens_are_not_on_disk(self, node: RunningNode) -> None:
        secret = node.token.encode()
        for path in node.config.outbox_path.parent.iterdir():
            assert secret not in path.read_bytes(), path.name

    @staticmethod
    def _post(node: RunningNode, body: object) -> httpx.Response:
        return node.http.post("/v1/operations", json=body, headers={"Authorization": f"Bearer {node.token}"})


ROUTES = {
    "/1.0/identifiers/{did}",
    "/v1/operations",
    "/v1/operations/{operation_id}",
    "/v1/ledger",
    "/v1/dids/{did}",
    "/v1/dids/{did}/compromises",
    "/v1/dids/{did}/status-lists",
    "/v1/accreditations/{did}",
    "/v1/issuances/{did}",
    "/v1/issuances/{did}/{seq}",
    "/v1/roles/{did}",
    "/v1/council",
    "/v1/nonces/{contract}/{controller}",
    "/v1/status-lists/{list_id}",
    "/status",
    "/status/{list_id}",
    "/status/{list_id}/{purpose}",
    "/status/{list_id}/snapshots/{seq}",
    "/v1/schemas",
    "/v1/schemas/{type_id}",
    "/v1/services/{type_id}",
    "/v1/services/{type_id}/{code}",
    "/contexts/{name}/{version}",
    "/schemas/{name}/{version}",
    "/vct/{name}/{version}",
    "/v1/events",
    "/health/live",
    "/health/ready",
}
PATHS = (
    "/v1/dids/{}",
    "/v1/dids/{}/compromises",
    "/v1/accreditations/{}",
    "/v1/issuances/{}",
    "/v1/issuances/x/{}",
    "/v1/roles/{}",
    "/v1/status-lists/{}",
    "/v1/schemas/{}",
    "/status/{}",
    "/status/{}/revocation",
    "/status/{}/snapshots/{}",
    "/v1/services/{}/{}",
    "/v1/nonces/Roles/{}",
    "/v1/operations/{}",
    "/v1/events?did={}",
    "/v1/events?from={}",
    "/v1/events?cursor={}",
    "/v1/events?type={}",
    "/v1/events?limit={}",
    "/contexts/{}/v1",
    "/1.0/identifiers/{}",
    "/1.0/identifiers/did:mapae:x?versionTime={}",
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), text=st.text(max_size=80) | st.from_regex(r"0x[0-9a-f]{60,68}", fullmatch=True))
def test_no_path_and_no_query_is_a_server_error(node: RunningNode, path: str, text: str) -> None:
    encoded = quote(text.encode("utf-8", "surrogatepass"), safe="")
    answer = node.http.get(path.replace("{}", encoded))
    assert answer.status_code < 500 or answer.status_code == 501, (answer.status_code, answer.text)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_operation_body_is_a_server_error(node: RunningNode, agency: Agency, data: st.DataObject) -> None:
    body = operation_to_json(agency.update(2, "issue-3"))
    junk = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers())
    member = data.draw(st.sampled_from(["kind", "domain", "message", "signatures"]))
    if member in {"domain", "message"} and data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(body[member])))
        body[member] = {**body[member], name: data.draw(junk)}
    else:
        body[member] = data.draw(junk)
    answer = node.http.post(
        "/v1/operations",
        content=json.dumps(body).encode("utf-8", "surrogatepass"),
        headers={"Authorization": f"Bearer {node.token}", "Content-Type": "application/json"},
    )
    assert answer.status_code in {202, 400, 409}, answer.text


class TestSurroundings:
    def test_health_says_ready_with_the_head(self, node: RunningNode) -> None:
        assert node.get("/health/live")["status"] == "live"
        ready = node.get("/health/ready")
        assert ready["reasons"] == []
        assert ready["head"]["number"] == node.get("/v1/ledger")["head"]["number"]

    def test_documentation_needs_no_other_host(self, node: RunningNode) -> None:
        page = node.http.get("/docs")
        assert page.status_code == 200
        assert "//" not in page.text.replace("// `SwaggerUIBundle`", "")
        for line in page.text.splitlines():
            for asset in [piece.split('"')[0] for piece in line.split('"/docs/assets/')[1:]]:
                assert node.status("/docs/assets/" + asset) == 200
        assert "script-src 'self'" in page.headers["content-security-policy"]

    def test_openapi_is_3_1_and_names_every_route(self, node: RunningNode) -> None:
        document = node.get("/openapi.json")
        assert document["openapi"].startswith("3.1")
        assert document["paths"].keys() >= ROUTES
        named = set(re.findall(r"`(?:GET|POST) (/[^`?]*)", (ROOT / "docs" / "http-api.md").read_text()))
        assert {re.sub(r"{\w+}", "{}", path) for path in named} <= {
            re.sub(r"{\w+}", "{}", path) for path in (*document["paths"], "/openapi.json")
        }
        assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
        answers = [item["responses"] for path in document["paths"].values() for item in path.values()]
        assert not any("422" in responses for responses in answers)

    def test_unknown_query_is_refused_by_name(self, node: RunningNode) -> None:
        answer = node.http.get("/v1/events", params={"limt": "3"})
        assert answer.status_code == 400
        assert "limt" in answer.json()["detail"]

    def test_every_read_says_where_it_was_made(self, node: RunningNode, agency: Agency) -> None:
        for path in ("/v1/ledger", "/v1/council", "/v1/events", "/v1/schemas", f"/v1/roles/{agency.did}"):
            answer = node.http.get(path)
            assert answer.headers["mapae-block"] == str(answer.json()["ledger"]["block_number"])


def admitted_id(agency: Agency) -> str:
    """A DID of this network that nobody created."""
    return str(format_did(agency.registry.deployment.network, b"\x01" * 20))
