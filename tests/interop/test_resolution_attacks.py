"""did-resolver with our driver against a node that lies: nobody but the node is asked, and only about that DID."""

import json

import pytest

from tests.interop.peers import RefusedError
from tests.support.http_stub import reply, serving

CODES = "https://www.w3.org/ns/did#"
FULL = "application/did-resolution"
DID = "did:mapae:dev-1a2b3c:2u4B7UtdH7zp7Hauj26FAf4sUCyH"
OTHER = "did:mapae:dev-1a2b3c:3YpQNAvJLqvgMnm7mtSyPfeqCJck"


def result(did, **more):
    body = {"didDocument": {"id": did}, "didDocumentMetadata": {}, "didResolutionMetadata": {}, **more}
    return json.dumps(body).encode()


def answering(body, *, seen=None, content_type=FULL, **headers):
    """An answer for `serving` that also notes what was asked for."""

    def answer(handler, _):
        if seen is not None:
            seen.append(handler.path)
        reply(handler, body, **{"content-type": content_type, **headers})

    return answer


@pytest.fixture
def resolve(party):
    return lambda url, base, **options: party.node.ask("did.resolve", url=url, base=base, options=options)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(resolve, status):
    asked_of_the_other = []
    with (
        serving(answering(result(DID), seen=asked_of_the_other)) as elsewhere,
        serving(answering(b"", status=status, location=f"{elsewhere}/forged")) as node,
        pytest.raises(RefusedError, match=f"answered {status} without a resolution result"),
    ):
        resolve(DID, node)
    assert asked_of_the_other == []


@pytest.mark.parametrize("query", ["service=files", "serviceType=Files", "service=files&relativeRef=%2Fa", "hl=z"])
def test_what_is_dereferencing_is_refused_unasked(resolve, query):
    asked = []
    with serving(answering(result(DID), seen=asked)) as node:
        answer = resolve(f"{DID}?{query}", node)
    assert answer["didResolutionMetadata"]["error"]["type"] == f"{CODES}FEATURE_NOT_SUPPORTED"
    assert answer["didDocument"] is None
    assert asked == []


def test_a_path_is_refused_unasked(resolve):
    asked = []
    with serving(answering(result(DID), seen=asked)) as node:
        answer = resolve(f"{DID}/some/path", node)
    assert answer["didResolutionMetadata"]["error"]["type"] == f"{CODES}FEATURE_NOT_SUPPORTED"
    assert asked == []


def test_the_document_of_another_did_is_refused(resolve):
    with serving(answering(result(OTHER))) as node:
        answer = resolve(DID, node)
    assert answer["didResolutionMetadata"]["error"]["type"] == f"{CODES}INVALID_DID_DOCUMENT"
    assert answer["didDocument"] is None


@pytest.mark.parametrize("content_type", ["application/json", f"{FULL}-url", f"{FULL}x", "text/html"])
def test_another_content_type_is_refused(resolve, content_type):
    with (
        serving(answering(result(DID), content_type=content_type)) as node,
        pytest.raises(RefusedError, match="without a resolution result"),
    ):
        resolve(DID, node)


def test_an_answer_is_bounded(resolve):
    with (
        serving(answering(result(DID, padding="x" * (1024 * 1024)))) as node,
        pytest.raises(RefusedError, match="more than 1048576 bytes"),
    ):
        resolve(DID, node)


def test_an_honest_answer_is_handed_on_with_its_options(resolve):
    asked = []
    with serving(answering(result(DID), seen=asked, content_type=f"{FULL};charset=utf-8")) as node:
        answer = resolve(f"{DID}?versionId=1", node, noCache=True)
    assert answer["didDocument"] == {"id": DID}
    assert asked[0].endswith("?versionId=1&noCache=true")
