"""VC-API of a real node, driven by @digitalbazaar/http-client; @digitalbazaar/vc issues and verifies at the other end.

The node runs in its test profile and lists their did:keys: a verifier of its own, on a ledger that knows none of them.
"""

import copy
from collections.abc import Iterator

import pytest

from registry_client.core.curves import Curve
from registry_client.core.did_self import resolve_did_key
from tests.integration.node_support import RunningNode, running_node
from tests.interop.matrix import OURS_TO_THEIRS, THEIRS_TO_OURS
from tests.interop.parties import private_jwk
from tests.interop.peers import RefusedError
from tests.simulators.signer import memory_signer
from tests.support.anvil import anvil
from tests.support.chain import found

pytestmark = pytest.mark.chain
V2 = "https://www.w3.org/ns/credentials/v2"
SUITES = {
    "ecdsa-jcs-2019": Curve.P256,
    "ecdsa-rdfc-2019": Curve.P256,
    "eddsa-jcs-2022": Curve.ED25519,
    "eddsa-rdfc-2022": Curve.ED25519,
}
VENDORS = {curve: memory_signer(f"vendor {curve.value}", curve) for curve in (Curve.P256, Curve.ED25519)}
HOLDER = memory_signer("vendor's holder")
CLIENT = "@digitalbazaar/http-client"


def did_of(signer):
    return f"did:key:{signer.public_key.to_multikey()}"


def method_of(signer):
    return f"{did_of(signer)}#{signer.public_key.to_multikey()}"


def credential(issuer, subject="did:example:subject"):
    return {
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "issuer": issuer,
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": subject, "name": "홍길동"},
    }


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    listed = " ".join(did_of(signer) for signer in VENDORS.values())
    with anvil(hardfork="osaka", chain_id=31_342) as ledger:
        home = tmp_path_factory.mktemp("node")
        with running_node(found(ledger), home, vc_api="test", vc_api_issuers=listed) as running:
            yield running


@pytest.fixture
def api(party, node):
    """Post with their client; the status and the body."""

    def post(path, **body):
        answer = party.node.ask("api.post", url=node.url + path, body=body)
        return answer["status"], answer["data"]

    return post


def documents_of(party, *dids):
    """Contexts, and did:key documents with each key by its URL."""
    known = dict(party.contexts)
    for did in dids:
        document = resolve_did_key(did).json
        known[did] = document
        for entry in document["verificationMethod"]:
            known[entry["id"]] = {"@context": "https://w3id.org/security/multikey/v1", **entry}
    return known


def issue(party, suite, *, subject="did:example:subject"):
    signer = VENDORS[SUITES[suite]]
    did = did_of(signer)
    return party.node.ask(
        "vc.issue", document=credential(did, subject), suite=suite, jwk=private_jwk(signer), method=method_of(signer),
        created="2026-01-02T00:00:00Z", documents=documents_of(party, did),
    )  # fmt: skip


def changed(document):
    other = copy.deepcopy(document)
    other["credentialSubject"]["name"] = "임꺽정"
    return other


@pytest.mark.parametrize("suite", SUITES)
def test_theirs_to_our_verify(party, matrix, api, suite):
    made = issue(party, suite)
    status, result = api("/credentials/verify", verifiableCredential=made, options={"checks": ["proof"]})
    assert (status, result["verified"], result["errors"]) == (200, True, []), result
    status, result = api("/credentials/verify", verifiableCredential=changed(made), options={})
    assert (status, result["verified"]) == (200, False)
    assert result["errors"][0]["type"].endswith("#PROOF_VERIFICATION_ERROR")
    matrix.add(
        f"VC-API credentials/verify {suite}", CLIENT, THEIRS_TO_OURS, "accepted; changed: refused",
        "issued by `@digitalbazaar/vc` with a did:key that the node lists",
    )  # fmt: skip


@pytest.mark.parametrize("suite", SUITES)
def test_our_issue_to_theirs(party, matrix, api, suite):
    status, refusal = api("/credentials/issue", credential=credential("did:example:other"), options={})
    assert status == 400
    issuers = dict(zip((Curve.P256, Curve.ED25519), refusal["issuers"], strict=True))
    did = issuers[SUITES[suite]]
    status, made = api("/credentials/issue", credential=credential(did), options={"cryptosuite": suite})
    assert status == 201, made
    documents = documents_of(party, did)
    assert party.node.ask("vc.verify", document=made, suite=suite, documents=documents)
    with pytest.raises(RefusedError):
        party.node.ask("vc.verify", document=changed(made), suite=suite, documents=documents)
    matrix.add(
        f"VC-API credentials/issue {suite}", CLIENT, OURS_TO_THEIRS, "accepted; changed: refused",
        "test profile, did:key; verified by `@digitalbazaar/vc`",
    )  # fmt: skip


def test_their_presentation_to_our_verify(party, matrix, api):
    holder = did_of(HOLDER)
    made = issue(party, "eddsa-jcs-2022", subject=holder)
    asked = {"challenge": "c-0123456789", "domain": "https://verifier.example"}
    shown = party.node.ask(
        "vc.present", document=made, suite="ecdsa-jcs-2019", jwk=private_jwk(HOLDER), method=method_of(HOLDER),
        documents=documents_of(party, did_of(VENDORS[Curve.ED25519]), holder), **asked,
    )  # fmt: skip
    status, result = api("/presentations/verify", verifiablePresentation=shown, options=asked)
    assert (status, result["verified"]) == (200, True), result
    status, result = api("/presentations/verify", verifiablePresentation=shown, options={**asked, "challenge": "x"})
    assert (status, result["verified"]) == (200, False)
    matrix.add("VC-API presentations/verify", CLIENT, THEIRS_TO_OURS, "accepted; other challenge: refused",
               "presented with `@digitalbazaar/vc`")  # fmt: skip


def test_what_is_no_request_is_refused_as_their_suites_expect(api):
    for path, body in (
        ("/credentials/issue", {"credential": {"type": "VerifiableCredential"}}),
        ("/credentials/verify", {"verifiableCredential": "no credential"}),
        ("/presentations/verify", {}),
    ):
        status, problem = api(path, **body)
        assert status == 400
        assert problem["title"]
