import copy
import json

import fastjsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_client.adapters.signer_local import generate_signer
from registry_client.core.canonical import canonicalize
from registry_client.core.did import Did
from registry_client.core.document import (
    CONTEXT_V1_1,
    DOCUMENT_MAX_BYTES,
    METHODS_MAX,
    SERVICES_MAX,
    parse_organisation,
    require_no_reuse,
)
from registry_client.core.document_builder import (
    MethodEntry,
    ServiceEntry,
    build_organisation,
    entries_of,
    holder_document,
    holder_key,
)
from registry_client.core.keys import Curve
from registry_client.data import pinned_context
from registry_client.errors import (
    InvalidDidDocumentError,
    InvalidKeyError,
    InvalidVerificationMethodError,
    WrongRelationshipError,
)
from tests.support.hostile import check_escape
from tests.support.paths import VECTORS

DID = Did("did:mapae:dev-1a2b3c:32KPmJ7A6RhRVizuB4EqFUfVsC2a")
ISSUE, STATUS = generate_signer().public_key, generate_signer().public_key
METHODS = [MethodEntry("issue-1", ISSUE), MethodEntry("status-1", STATUS, ("authentication", "assertionMethod"))]
SERVICES = [
    ServiceEntry("web", "LinkedDomains", "https://agency.example/"),
    ServiceEntry("vp", "Verifier", {"uri": "x"}),
]
GOOD = build_organisation(DID, methods=METHODS, services=SERVICES, also_known_as=["https://agency.example/about"])
W3C_SCHEMA = fastjsonschema.compile(json.loads((VECTORS / "did-resolution" / "did-schema.json").read_text("utf-8")))


def test_what_is_built_is_read_and_taken_apart_again():
    document = parse_organisation(GOOD, DID)
    assert entries_of(document) == METHODS
    assert document.key_for(f"{DID}#issue-1", "assertionMethod") == ISSUE
    assert document.service("web")["serviceEndpoint"] == "https://agency.example/"
    assert document.service("none") is None
    assert (
        build_organisation(
            DID, methods=entries_of(document), services=SERVICES, also_known_as=["https://agency.example/about"]
        )
        == GOOD
    )


def test_documents_fit_the_w3c_schema():
    assert W3C_SCHEMA(parse_organisation(GOOD, DID).json)["id"] == DID
    assert W3C_SCHEMA(holder_document(DID, ISSUE).json)["id"] == DID


def test_a_document_by_did_v1_1_means_the_same():
    newer = build_organisation(DID, methods=METHODS, services=SERVICES, contexts=CONTEXT_V1_1)
    document = parse_organisation(newer, DID)
    assert document.json["@context"] == ["https://www.w3.org/ns/did/v1.1"]
    assert entries_of(document) == METHODS
    older = build_organisation(DID, methods=METHODS, services=SERVICES)
    pyld = pytest.importorskip("pyld").jsonld

    def triples(data):
        options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}
        return set(pyld.normalize(json.loads(data), options).splitlines())

    def load(url, _options):
        return {"contextUrl": None, "documentUrl": url, "document": json.loads(pinned_context(url))}

    assert triples(newer) == triples(older)
    assert len(triples(newer)) > 10


@pytest.mark.parametrize(
    "contexts",
    [
        ("https://www.w3.org/ns/did/v1.1", "https://w3id.org/security/jwk/v1"),
        ("https://www.w3.org/ns/did/v1",),
        ("https://www.w3.org/ns/did/v1", "https://www.w3.org/ns/did/v1.1"),
        ("https://www.w3.org/ns/did/v1.2",),
    ],
)
def test_other_contexts_are_none_of_a_document(contexts):
    with pytest.raises(InvalidDidDocumentError, match="@context"):
        build_organisation(DID, methods=METHODS, contexts=contexts)


def test_key_for_tells_missing_from_misplaced():
    document = parse_organisation(GOOD, DID)
    with pytest.raises(InvalidVerificationMethodError):
        document.key_for(f"{DID}#issue-2", "assertionMethod")
    with pytest.raises(WrongRelationshipError):
        document.key_for(f"{DID}#issue-1", "authentication")
    with pytest.raises(InvalidVerificationMethodError):
        document.key_for("#issue-1", "assertionMethod")


def test_holders_follow_from_their_key():
    document = holder_document(DID, ISSUE)
    assert document.key_for(f"{DID}#key-1", "authentication") == ISSUE
    with pytest.raises(WrongRelationshipError):
        document.key_for(f"{DID}#key-1", "assertionMethod")
    assert holder_key(ISSUE.raw[:32], ISSUE.raw[32:]) == ISSUE
    with pytest.raises(InvalidKeyError):
        holder_key(b"\1" * 32, b"\1" * 32)


def changed(path, value):
    json_ = copy.deepcopy(json.loads(GOOD))
    at = json_
    for step in path[:-1]:
        at = at[step]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return canonicalize(json_)


VM = "verificationMethod"
JWK = {"publicKeyJwk": ISSUE.to_jwk(), "type": "JsonWebKey", "controller": DID}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["@context"], ...),
        (["@context"], "https://www.w3.org/ns/did/v1"),
        (["@context", 1], "https://evil.example"),
        (["@context"], ["https://w3id.org/security/jwk/v1", "https://www.w3.org/ns/did/v1"]),
        (["id"], ...),
        (["id"], "did:mapae:dev-1a2b3c:8seQKKfrihwgNfWaFCHVpzTmY3K"),
        (["id"], 1),
        (["controller"], "did:web:evil.example"),
        (["clearanceLevel"], "top"),
        (["alsoKnownAs"], "https://a.example"),
        (["alsoKnownAs"], ["not a uri"]),
        (["alsoKnownAs"], ["https://a.example"] * 2),
        (["alsoKnownAs"], []),
        (["alsoKnownAs"], [f"https://a.example/{n}" for n in range(9)]),
        ([VM], []),
        ([VM], {}),
        ([VM], "x"),
        ([VM, 0], "x"),
        ([VM, 0, "type"], "Multikey"),
        ([VM, 0, "type"], ...),
        ([VM, 0, "controller"], "did:web:evil.example"),
        ([VM, 0, "id"], "#issue-1"),
        ([VM, 0, "id"], f"{DID}#status-1"),
        ([VM, 0, "id"], f"{DID}?x=1#issue-1"),
        ([VM, 0, "id"], f"{DID}/p#issue-1"),
        ([VM, 0, "id"], f"{DID}#"),
        ([VM, 0, "id"], f"{DID}"),
        ([VM, 0, "id"], f"{DID}#-a"),
        ([VM, 0, "id"], f"{DID}#" + "a" * 65),
        ([VM, 0, "id"], 5),
        ([VM, 0, "id"], "did:mapae:dev-1a2b3c:8seQKKfrihwgNfWaFCHVpzTmY3K#issue-1"),
        ([VM, 0, "publicKeyMultibase"], ISSUE.to_multikey()),
        ([VM, 0, "publicKeyJwk"], "x"),
        ([VM, 0, "publicKeyJwk", "d"], "AA"),
        ([VM, 0, "publicKeyJwk", "x"], "AA"),
        ([VM, 0, "publicKeyJwk", "kid"], "a"),
        ([VM, 0, "publicKeyJwk", "alg"], "none"),
        ([VM, 0, "publicKeyJwk", "use"], "enc"),
        ([VM], [{**JWK, "id": f"{DID}#k{n}"} for n in range(METHODS_MAX + 1)]),
        (["assertionMethod"], [f"{DID}#issue-9"]),
        (["assertionMethod"], ["#issue-1"]),
        (["assertionMethod"], []),
        (["assertionMethod"], [f"{DID}#issue-1"] * 2),
        (["assertionMethod"], [{**JWK, "id": f"{DID}#x"}]),
        (["assertionMethod"], [["x"]]),
        (["authentication"], "x"),
        (["service", 0, "id"], f"{DID}#issue-1"),
        (["service", 0, "id"], "#web"),
        (["service", 0, "type"], []),
        (["service", 0, "type"], 1),
        (["service", 0, "type"], ""),
        (["service", 0, "serviceEndpoint"], "/relative"),
        (["service", 0, "serviceEndpoint"], []),
        (["service", 0, "serviceEndpoint"], ...),
        (["service", 0, "extra"], 1),
        (["service", 0], "x"),
        (
            ["service"],
            [
                {"id": f"{DID}#s{n}", "type": "X", "serviceEndpoint": "https://a.example"}
                for n in range(SERVICES_MAX + 1)
            ],
        ),
    ],
)
def test_each_rule_is_kept(path, value):
    with pytest.raises(InvalidDidDocumentError):
        parse_organisation(changed(path, value), DID)


def test_the_fitting_alg_may_be_said():
    document = parse_organisation(changed([VM, 0, "publicKeyJwk", "alg"], "ES256"), DID)
    assert document.methods[0].public_key == ISSUE


@pytest.mark.parametrize(
    "data", [GOOD + b"\n", b" " + GOOD, GOOD.replace(b'":', b'": ', 1), json.dumps(json.loads(GOOD)).encode()]
)
def test_only_canonical_bytes_are_documents(data):
    with pytest.raises(InvalidDidDocumentError, match="canonical"):
        parse_organisation(data, DID)


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b'{"id":1,"id":2}', b"\xff", b"[" * 9_000, b"{" * 100])
def test_what_is_no_json_object_is_no_document(data):
    with pytest.raises(InvalidDidDocumentError):
        parse_organisation(data, DID)


def test_size_is_bounded_at_8_kib():
    padding = [f"https://a.example/{n}/" + "a" * 1_000 for n in range(8)]
    with pytest.raises(InvalidDidDocumentError, match=str(DOCUMENT_MAX_BYTES)):
        build_organisation(DID, methods=METHODS, also_known_as=padding)


@pytest.mark.parametrize("curve", Curve)
def test_every_curve_may_be_in_a_document(curve):
    key = generate_signer(curve).public_key
    document = parse_organisation(build_organisation(DID, methods=[MethodEntry("k", key)]), DID)
    assert document.method(f"{DID}#k").public_key == key


def test_a_fragment_is_never_reused_for_another_key():
    first = parse_organisation(GOOD, DID)
    rotated = parse_organisation(build_organisation(DID, methods=[MethodEntry("issue-2", STATUS)]), DID)
    require_no_reuse(first, rotated)
    reused = parse_organisation(build_organisation(DID, methods=[MethodEntry("issue-1", STATUS)]), DID)
    with pytest.raises(InvalidDidDocumentError, match="never reused"):
        require_no_reuse(first, reused)


def test_the_builder_refuses_what_the_reader_would():
    with pytest.raises(InvalidDidDocumentError):
        build_organisation(DID, methods=[MethodEntry("same", ISSUE), MethodEntry("same", STATUS)])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=10) | st.just(DID) | st.just(f"{DID}#issue-1"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", VM, "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.data())
@settings(max_examples=300)
def test_only_invalid_did_document_escapes(data):
    json_ = json.loads(GOOD)
    at = json_
    while True:
        steps = list(at) if isinstance(at, dict) else list(range(len(at))) if isinstance(at, list) else []
        if not steps:
            break
        step = data.draw(st.sampled_from(steps))
        if data.draw(st.booleans()) or not isinstance(at[step], dict | list):
            at[step] = data.draw(JSON)
            break
        at = at[step]
    for raw in (canonicalize(json_), data.draw(st.binary(max_size=50))):
        check_escape(InvalidDidDocumentError, lambda raw=raw: parse_organisation(raw, DID))
