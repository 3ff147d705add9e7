"""W3C DID Resolution v1 over HTTP, as its checklist reads: one test a rule, asked of a real node on a real ledger."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from registry_client.core.did import Did, format_did
from registry_client.core.document_builder import MethodEntry, ServiceEntry, build_organisation
from registry_client.core.keys import Curve, PublicKey
from tests.integration.node_support import Agency, RunningNode, admitted, running_node
from tests.support.anvil import anvil
from tests.support.chain import Registry, found
from tests.support.keys import P256Key

pytestmark = pytest.mark.chain

DID_ERRORS = "https://www.w3.org/ns/did#"
SECURITY_ERRORS = "https://w3id.org/security#"
RESOLUTION = "application/did-resolution;charset=utf-8"
DEREFERENCING = "application/did-url-dereferencing;charset=utf-8"
KEY_DID = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningNode, Agency, Agency]]:
    """A node; an agency in its second version with services of every kind; another that is deactivated."""
    with anvil(hardfork="osaka", chain_id=31_340) as ledger:
        registry: Registry = found(ledger)
        agency, gone = admitted(registry, "ministry"), admitted(registry, "closed office")
        with running_node(registry, tmp_path_factory.mktemp("node")) as node:
            node.relay(agency.create(), gone.create())
            registry.ledger.advance(60)
            end = registry.sign("DeactivateDid", {"id": gone.id, "expectedVersion": 1}, gone.controller)
            update = agency.update(1, document=document_of(agency))
            outcomes = node.relay(update, end)
            assert [outcome["state"] for outcome in outcomes] == ["final", "final"], outcomes
            yield node, agency, gone


def document_of(agency: Agency) -> bytes:
    """Keys under different relationships, and services: a URL, several, a DID URL, a circle, an object."""
    did = agency.did
    key = PublicKey(Curve.P256, P256Key(f"{did} issue-1").public_key)  # as in the first version
    services = [
        ServiceEntry(name, kind, endpoint)
        for name, kind, endpoint in (
            ("files", "LinkedDomains", "https://files.example/base/index?x=1"),
            ("mirrors", "Mirrors", ["https://one.example/", "https://two.example/"]),
            ("forward", "Forward", f"{did}?service=files&relativeRef=deep%2Fer"),
            ("circle", "Circle", f"{did}?service=circle"),
            ("object", "Messaging", {"uri": "https://messages.example/", "accept": ["didcomm/v2"]}),
            ("nothing", "Nothing", {"accept": ["didcomm/v2"]}),
            ("korean", "Korean", "https://files.example/민원"),
        )
    ]
    return build_organisation(
        Did(did),
        methods=[
            MethodEntry("issue-1", key, ("assertionMethod",)),
            MethodEntry("login-1", PublicKey(Curve.P256, P256Key("login").public_key), ("authentication",)),
        ],
        services=services,
    )


@pytest.fixture
def node(world: tuple[RunningNode, Agency, Agency]) -> RunningNode:
    return world[0]


@pytest.fixture
def did(world: tuple[RunningNode, Agency, Agency]) -> str:
    return world[1].did


@pytest.fixture
def gone(world: tuple[RunningNode, Agency, Agency]) -> str:
    return world[2].did


def ask(node: RunningNode, what: str, query: str = "", **headers: str) -> httpx.Response:
    """GET; a DID URL is percent-encoded, as the standard demands."""
    return node.http.get(f"/1.0/identifiers/{quote(what, safe=':')}{query}", headers=headers)


def post(node: RunningNode, what: str, body: Any, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    path = f"/1.0/identifiers/{quote(what, safe=':')}"
    return node.http.post(path, content=content, headers={"Content-Type": "application/json", **headers})


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and error name; the body is a whole result of either kind, the error an RFC 9457 object."""
    body = answer.json()
    if answer.headers["content-type"] == RESOLUTION:
        assert (body["didDocument"], body["didDocumentMetadata"]) == (None, {})
        error = body["didResolutionMetadata"]["error"]
    else:
        assert answer.headers["content-type"] == DEREFERENCING
        assert (body["contentStream"], body["contentMetadata"]) == (None, {})
        error = body["dereferencingMetadata"]["error"]
    assert error["title"]
    assert error["detail"]
    return answer.status_code, error["type"].removeprefix(DID_ERRORS).removeprefix(SECURITY_ERRORS)


class TestOrderOfErrors:
    """Syntax, method, unknown option, invalid option, representation, then the ledger: the first that fails is told."""

    @pytest.mark.parametrize(
        ("what", "query", "expected"),
        [
            ("nothing", "?bogus=1&versionId=x", (400, "INVALID_DID")),
            ("", "", (400, "INVALID_DID")),
            ("did:mapae:x:0", "?bogus=1", (400, "INVALID_DID")),
            ("did:web:a.example", "?bogus=1&versionId=x", (501, "METHOD_NOT_SUPPORTED")),
            ("{did}", "?bogus=1&versionId=x", (501, "FEATURE_NOT_SUPPORTED")),
            ("{did}", "?versionId=x&accept=text/html", (400, "INVALID_OPTIONS")),
            ("{absent}", "?versionId=1&versionTime=2026-01-01T00:00:00Z", (400, "INVALID_OPTIONS")),
            ("{absent}", "?accept=text/html", (406, "REPRESENTATION_NOT_SUPPORTED")),
            ("{absent}", "?versionId=1", (404, "NOT_FOUND")),
            ("{did}", "?versionId=77", (404, "NOT_FOUND")),
        ],
    )
    def test_first_failure_is_told(self, node: RunningNode, did: str, what: str, query: str, expected: Any) -> None:
        absent = format_did(did.split(":")[2], bytes(20))
        assert refusal(ask(node, what.format(did=did, absent=absent), query)) == expected

    def test_deactivated_is_no_error(self, node: RunningNode, gone: str) -> None:
        answer = ask(node, gone)
        body = answer.json()
        assert answer.status_code == 410
        assert body["didDocument"] is None
        assert body["didDocumentMetadata"]["deactivated"] is True
        assert "error" not in body["didResolutionMetadata"]
        assert ask(node, gone, "?versionId=1").status_code == 200
        part = ask(node, f"{gone}#issue-1")
        assert (part.status_code, part.json()["contentStream"]) == (410, None)
        assert part.json()["contentMetadata"]["deactivated"] is True

    @pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH"])
    def test_other_verbs_are_refused_with_a_body(self, node: RunningNode, did: str, verb: str) -> None:
        answer = node.http.request(verb, f"/1.0/identifiers/{did}")
        assert answer.status_code == 405
        assert answer.json()["didResolutionMetadata"]["error"]["detail"]

    def test_document_that_is_anchored_and_is_none_is_500_by_its_name(
        self, world: tuple[RunningNode, Agency, Agency]
    ) -> None:
        """It came past every node, straight to the ledger: what does not fit the method is never handed out."""
        node, agency, _ = world
        other = admitted(agency.registry, "careless office")
        assert node.relay_one(other.create())["state"] == "final"
        message = {"id": other.id, "expectedVersion": 1, "document": b'{"id":"did:example:other"}'}
        agency.registry.submit("UpdateDocument", message, other.controller)
        node.wait_for_head(agency.registry.ledger)
        assert refusal(ask(node, other.did)) == (500, "INVALID_DID_DOCUMENT")
        assert ask(node, other.did, "?versionId=1").status_code == 200

    def test_what_nobody_foresaw_is_a_whole_result_and_says_nothing_of_the_inside(
        self, node: RunningNode, did: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def break_down(*_: Any, **__: Any) -> None:
            raise RuntimeError("a secret of the inside")

        monkeypatch.setattr(type(node.node.services.reads), "view", break_down)
        answer = ask(node, did, "?versionId=1")
        assert refusal(answer) == (500, "INTERNAL_ERROR")
        assert "secret" not in answer.text

    @pytest.mark.parametrize("path", ["/1.0/identifiers/", "/1.0/identifiers"])
    def test_nothing_asked_is_refused(self, node: RunningNode, path: str) -> None:
        assert refusal(node.http.get(path)) == (400, "INVALID_DID")


class TestRepresentations:
    @pytest.mark.parametrize(
        ("accept", "media"),
        [
            ("*/*", RESOLUTION),
            ("application/did-resolution", RESOLUTION),
            ("application/did", "application/did;charset=utf-8"),
            ("application/did+json;q=0.2, application/did+ld+json;q=0.1", "application/did+json;charset=utf-8"),
            ('application/ld+json;profile="https://w3id.org/did-resolution";q=0.9, */*;q=0.1', RESOLUTION),
            ("application/did-resolution;q=0, */*", "application/did;charset=utf-8"),
            ("application/ld+json", "application/did+ld+json;charset=utf-8"),
        ],
    )
    def test_accept_decides_header_or_option(self, node: RunningNode, did: str, accept: str, media: str) -> None:
        by_header, by_option = ask(node, did, Accept=accept), ask(node, did, f"?accept={quote(accept, safe='')}")
        assert by_header.headers["content-type"] == by_option.headers["content-type"] == media
        assert by_header.headers["vary"] == "accept"
        body = by_header.json()
        assert (body["didDocument"] if media == RESOLUTION else body)["id"] == did
        if media == RESOLUTION:
            assert body["didResolutionMetadata"]["contentType"] == "application/did"

    def test_error_is_a_whole_result_whatever_is_accepted(self, node: RunningNode) -> None:
        assert refusal(ask(node, "nothing", Accept="application/did")) == (400, "INVALID_DID")


class TestOptions:
    def test_versions_by_number_and_by_time(self, node: RunningNode, did: str) -> None:
        first, latest = ask(node, did, "?versionId=1").json(), ask(node, did).json()
        then, now = first["didDocumentMetadata"], latest["didDocumentMetadata"]
        assert (then["versionId"], then["nextVersionId"], now["versionId"]) == ("1", "2", "2")
        assert then["nextUpdate"] == now["updated"]
        assert "updated" not in then
        assert not {"nextVersionId", "nextUpdate"} & now.keys()
        assert then["created"] == now["created"]
        assert all(stamp.endswith("Z") and "." not in stamp for stamp in (now["created"], now["updated"]))
        for time, version in ((then["created"], "1"), (now["updated"], "2")):
            found = ask(node, did, f"?versionTime={time}").json()
            assert found["didDocumentMetadata"]["versionId"] == version
        for stamp in ("%2B00:00", "%2B09:00", ".5Z", ".000Z", "z", ""):
            odd = then["created"].replace("Z", stamp)
            assert refusal(ask(node, did, f"?versionTime={odd}")) == (400, "INVALID_OPTIONS"), odd

    def test_parameters_may_stand_in_the_did_url(self, node: RunningNode, did: str) -> None:
        assert ask(node, f"{did}?versionId=1").json()["didDocumentMetadata"]["versionId"] == "1"
        twice = ask(node, f"{did}?versionId=1&versionId=1"), ask(node, f"{did}?versionId=1", "?versionId=1")
        assert [refusal(answer) for answer in twice] == [(400, "INVALID_DID_URL")] * 2

    def test_metadata_says_where_the_ledger_was_read_and_how_far_it_is_believed(
        self, node: RunningNode, did: str
    ) -> None:
        result = ask(node, did).json()
        resolved, document = result["didResolutionMetadata"], result["didDocumentMetadata"]
        assert resolved["assurance"] == "node"
        assert resolved["ledger"].keys() == {"block_number", "block_hash", "block_time", "final"}
        assert document["blockNumber"] <= resolved["ledger"]["final"]
        assert (document["final"], document["assurance"]) == (True, "node")

    @pytest.mark.parametrize("query", ["", "?versionId=1", "?versionTime=2999-01-01T00:00:00Z"])
    def test_version_names_its_block_and_transaction_as_the_ledger_has_them(
        self, world: tuple[RunningNode, Agency, Agency], query: str
    ) -> None:
        node, agency, _ = world
        document = ask(node, agency.did, query).json()["didDocumentMetadata"]
        receipt = agency.registry.ledger.rpc("eth_getTransactionReceipt", document["transactionHash"])
        assert document["blockHash"] == receipt["blockHash"]
        assert document["blockNumber"] == int(receipt["blockNumber"], 16)

    def test_no_cache_is_read_anew_and_not_to_be_kept(self, node: RunningNode, did: str) -> None:
        kept, anew = ask(node, did), ask(node, did, "?noCache=true")
        assert (kept.headers["cache-control"], anew.headers["cache-control"]) == ("no-cache", "no-store")
        assert kept.json() == anew.json()
        assert refusal(ask(node, did, "?noCache=1")) == (400, "INVALID_OPTIONS")

    def test_ids_are_absolute_so_expanding_changes_nothing(self, node: RunningNode, did: str) -> None:
        assert ask(node, did, "?expandRelativeUrls=true").json() == ask(node, did).json()
        assert refusal(ask(node, did, "?expandRelativeUrls=yes")) == (400, "INVALID_OPTIONS")

    def test_dids_that_carry_their_key_have_one_version(self, node: RunningNode) -> None:
        assert ask(node, KEY_DID).json()["didDocumentMetadata"] == {}
        assert refusal(ask(node, KEY_DID, "?versionId=1")) == (501, "FEATURE_NOT_SUPPORTED")
        part = ask(node, f"{KEY_DID}#{KEY_DID.removeprefix('did:key:')}").json()
        assert part["contentStream"]["type"] == "Multikey"

    def test_post_takes_the_options_as_json(self, node: RunningNode, did: str) -> None:
        assert post(node, did, {}).json() == ask(node, did).json()
        assert post(node, did, b"").json() == ask(node, did).json()
        first = post(node, did, {"versionId": "1", "noCache": True, "expandRelativeUrls": "true"})
        assert first.json()["didDocumentMetadata"]["versionId"] == "1"
        assert post(node, did, {"accept": "application/did"}).json()["id"] == did
        assert post(node, f"{did}#issue-1", {}).json()["contentStream"]["id"] == f"{did}#issue-1"

    @pytest.mark.parametrize(
        ("body", "status", "name"),
        [
            (b"{", 400, "INVALID_OPTIONS"),
            (b"[]", 400, "INVALID_OPTIONS"),
            (b'{"versionId":"1","versionId":"1"}', 400, "INVALID_OPTIONS"),
            (b'{"versionId":1}', 400, "INVALID_OPTIONS"),
            (b'{"versionId":null}', 400, "INVALID_OPTIONS"),
            (b'{"bogus":"1"}', 501, "FEATURE_NOT_SUPPORTED"),
            (b'{"a":' + b"[" * 5_000, 400, "INVALID_OPTIONS"),
            (b" " * 20_000, 400, "INVALID_OPTIONS"),
        ],
    )
    def test_post_with_odd_options_is_refused(
        self, node: RunningNode, did: str, body: bytes, status: int, name: str
    ) -> None:
        assert refusal(post(node, did, body)) == (status, name)


class TestFragments:
    def test_method_comes_with_the_documents_context(self, node: RunningNode, did: str) -> None:
        answer = ask(node, f"{did}#issue-1")
        body, document = answer.json(), ask(node, did).json()["didDocument"]
        assert answer.headers["content-type"] == DEREFERENCING
        assert body["contentStream"] == {"@context": document["@context"], **document["verificationMethod"][0]}
        assert body["dereferencingMetadata"] == {"contentType": "application/did"}
        assert body["contentMetadata"]["versionId"] == "2"
        by_itself = ask(node, f"{did}#issue-1", Accept="application/did")
        assert by_itself.json() == body["contentStream"]
        assert by_itself.headers["content-type"] == "application/did;charset=utf-8"

    def test_service_can_be_named_by_fragment(self, node: RunningNode, did: str) -> None:
        assert ask(node, f"{did}#files").json()["contentStream"]["type"] == "LinkedDomains"

    def test_fragment_of_an_older_version(self, node: RunningNode, did: str) -> None:
        assert refusal(ask(node, f"{did}?versionId=1#login-1")) == (404, "NOT_FOUND")
        assert ask(node, f"{did}?versionId=1#issue-1").json()["contentMetadata"]["versionId"] == "1"

    @pytest.mark.parametrize(
        ("fragment", "relationship", "expected"),
        [
            ("issue-1", "assertionMethod", 200),
            ("login-1", "authentication", 200),
            ("login-1", "assertionMethod", (500, "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD")),
            ("absent", "assertionMethod", (500, "INVALID_VERIFICATION_METHOD")),
            ("files", "assertionMethod", (500, "INVALID_VERIFICATION_METHOD")),
            ("issue-1", "friendship", (400, "INVALID_OPTIONS")),
        ],
    )
    def test_relationship_is_checked(
        self, node: RunningNode, did: str, fragment: str, relationship: str, expected: Any
    ) -> None:
        answer = ask(node, f"{did}#{fragment}", f"?verificationRelationship={relationship}")
        assert (answer.status_code if expected == 200 else refusal(answer)) == expected

    def test_relationship_needs_a_key(self, node: RunningNode, did: str) -> None:
        assert refusal(ask(node, did, "?verificationRelationship=authentication")) == (400, "INVALID_OPTIONS")

    @pytest.mark.parametrize(
        ("suffix", "status", "name"),
        [
            ("#nobody", 404, "NOT_FOUND"),
            ("#", 404, "NOT_FOUND"),
            ("/path#issue-1", 501, "FEATURE_NOT_SUPPORTED"),
            ("?hl=zQm#issue-1", 501, "FEATURE_NOT_SUPPORTED"),
            ("#a b", 400, "INVALID_DID_URL"),
            ("#a#b", 400, "INVALID_DID_URL"),
        ],
    )
    def test_what_is_not_there(self, node: RunningNode, did: str, suffix: str, status: int, name: str) -> None:
        assert refusal(ask(node, did + suffix)) == (status, name)


class TestServices:
    @pytest.mark.parametrize(
        ("query", "location"),
        [
            ("service=files", "https://files.example/base/index?x=1"),
            ("serviceType=LinkedDomains", "https://files.example/base/index?x=1"),
            ("service=files&relativeRef=%2Fa%2Fb%3Fc%3D1", "https://files.example/a/b?c=1"),
            ("service=files&relativeRef=other", "https://files.example/base/other"),
            ("service=mirrors", "https://one.example/"),
            ("service=object", "https://messages.example/"),
            ("service=forward", "https://files.example/base/deep/er"),
            ("service=korean", "https://files.example/%EB%AF%BC%EC%9B%90"),
        ],
    )
    def test_service_is_303_with_an_empty_body(self, node: RunningNode, did: str, query: str, location: str) -> None:
        for answer in (
            ask(node, f"{did}?{query}"),
            ask(node, did, f"?{query}"),
            ask(node, f"{did}?{query}", Accept="text/uri-list"),
        ):
            assert (answer.status_code, answer.headers["location"], answer.content) == (303, location, b"")

    def test_fragment_goes_along(self, node: RunningNode, did: str) -> None:
        assert ask(node, f"{did}?service=files#top").headers["location"].endswith("x=1#top")

    def test_whole_result_when_asked_for_by_name(self, node: RunningNode, did: str) -> None:
        answer = ask(node, f"{did}?service=mirrors", Accept="application/did-url-dereferencing")
        assert answer.status_code == 200
        assert answer.json()["contentStream"] == "https://one.example/\nhttps://two.example/"
        assert answer.json()["dereferencingMetadata"] == {"contentType": "text/uri-list"}

    @pytest.mark.parametrize(
        "reference",
        [
            "../secret", "a/../../b", "%2e%2e/secret", "%252e%252e%252fsecret", "..%5Csecret", "a\\b", "..;/x",
            "//evil.example/", "%2F%2Fevil.example", "https://evil.example/", "javascript:alert(1)",
            "a%00b", "a%0d%0ab", "%" + "25" * 20 + "2e",
        ],
    )  # fmt: skip
    def test_reference_never_leaves_the_endpoint(self, node: RunningNode, did: str, reference: str) -> None:
        answer = ask(node, did, f"?service=files&relativeRef={quote(reference, safe='')}")
        assert refusal(answer) == (400, "INVALID_DID_URL"), reference

    @pytest.mark.parametrize(
        ("query", "status", "name"),
        [
            ("service=absent", 404, "NOT_FOUND"),
            ("serviceType=Absent", 404, "NOT_FOUND"),
            ("service=files&serviceType=Mirrors", 404, "NOT_FOUND"),
            ("service=nothing", 404, "NOT_FOUND"),
            ("service=circle", 404, "NOT_FOUND"),
            ("relativeRef=a", 400, "INVALID_DID_URL"),
            ("service=%ff", 400, "INVALID_DID_URL"),
        ],
    )
    def test_service_that_leads_nowhere(self, node: RunningNode, did: str, query: str, status: int, name: str) -> None:
        assert refusal(ask(node, did, f"?{query}")) == (status, name)

    def test_media_type_that_is_not_offered(self, node: RunningNode, did: str) -> None:
        for what in (f"{did}#issue-1", f"{did}?service=files"):
            assert refusal(ask(node, what, Accept="image/png")) == (406, "REPRESENTATION_NOT_SUPPORTED")
