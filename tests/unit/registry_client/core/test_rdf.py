"""RDF cryptosuites: the W3C's vectors step by step, pyld as oracle, and that nothing of a document gets lost."""

import contextlib
import json
from copy import deepcopy
from hashlib import sha256, sha384
from pathlib import Path
from time import thread_time

import pytest
from pyld import jsonld

from registry_client.core.contexts import EXAMPLES_V2
from registry_client.core.curves import Curve
from registry_client.core.formats.data_integrity import (
    ASSERTION,
    issue_data_integrity,
    parse_data_integrity,
    parse_proof,
    present_data_integrity,
    sign_document,
)
from registry_client.core.jose import verify_signature
from registry_client.core.keys import PublicKey
from registry_client.core.policy import Policy
from registry_client.core.rdf import RdfCanonicalizer, canonicalizer_for
from registry_client.core.report import Verdict
from registry_client.errors import AlgorithmNotAllowedError, MalformedValueError
from registry_client.plan.rdf import pinned_contexts
from tests.simulators.signer import memory_signer
from tests.simulators.world import NONCE, World, outcome_of

VECTORS = Path(__file__).parents[3] / "vectors"
V2 = "https://www.w3.org/ns/credentials/v2"
ALL = frozenset({"ES256", "ES384", "Ed25519"})
CASES = {
    "p256": (VECTORS / "vc-di-ecdsa/ecdsa-rdfc-2019-p256", "ECDSAP256", sha256, "ES256"),
    "p384": (VECTORS / "vc-di-ecdsa/ecdsa-rdfc-2019-p384", "ECDSAP384", sha384, "ES384"),
    "ed25519": (VECTORS / "vc-di-eddsa/eddsa-rdfc-2022", "DataInt", sha256, "Ed25519"),
}
SUITES = {"ecdsa-rdfc-2019": Curve.P256, "eddsa-rdfc-2022": Curve.ED25519}


@pytest.fixture
def world():
    return World()


@pytest.fixture(params=CASES)
def vector(request):
    folder, suffix, hasher, algorithm = CASES[request.param]

    def text(name):
        return (folder / f"{name}{suffix}.txt").read_text().strip()

    return json.loads((folder / f"signed{suffix}.json").read_text()), text, hasher, algorithm


def canonical(document, **contexts):
    return canonicalizer_for(pinned_contexts() | contexts).canonicalize(document)


def oracle(document, contexts):
    """What pyld alone makes of a document."""
    return jsonld.normalize(
        document,
        {
            "algorithm": "URDNA2015",
            "format": "application/n-quads",
            "documentLoader": lambda url, _: {"contextUrl": None, "documentUrl": url, "document": contexts[url]},
        },
    ).encode()


def check(document, contexts=None):
    proof = parse_proof(document, purpose=ASSERTION, rdf=True)
    key = PublicKey.from_multikey(proof.method_id.partition("#")[2])
    signed = proof.rdf.signed_bytes(contexts or pinned_contexts())
    verify_signature(key, algorithm=proof.algorithm, signature=proof.signature, signed=signed, allowed=ALL)


def test_every_step_of_the_w3c_vectors(vector):
    document, text, hasher, algorithm = vector
    proof = parse_proof(document, purpose=ASSERTION, rdf=True)
    assert canonical(proof.rdf.document).decode().strip() == text("canonDoc")
    assert canonical(proof.rdf.options).decode().strip() == text("proofCanon")
    assert hasher(canonical(proof.rdf.document)).hexdigest() == text("docHash")
    assert hasher(canonical(proof.rdf.options)).hexdigest() == text("proofHash")
    assert proof.rdf.signed_bytes(pinned_contexts()).hex() == text("combinedHash")
    assert proof.signature.hex() == text("sigHex")
    assert (proof.algorithm, proof.signed) == (algorithm, b"")
    check(document)


@pytest.mark.parametrize("name", CASES)
def test_the_w3c_employment_vectors_from_their_canonical_form_on(name):
    """Their context (citizenship/v4rc1) is pinned nowhere: the document is refused, hashes and signature are right."""
    folder, suffix, hasher, algorithm = CASES[name]

    def text(part):
        return (folder / "employ" / f"{part}{suffix}.txt").read_text().strip()

    document = json.loads((folder / "employ" / f"signed{suffix}.json").read_text())
    unsigned = {member: value for member, value in document.items() if member != "proof"}
    assert unsigned == json.loads((folder.parent / "employmentAuth.json").read_text())
    hashes = [hasher(f"{text(part)}\n".encode()).digest() for part in ("proofCanon", "canonDoc")]
    assert [item.hex() for item in hashes] == [text("proofHash"), text("docHash")]
    assert b"".join(hashes).hex() == text("combinedHash")
    proof = parse_proof(document, purpose=ASSERTION, rdf=True)
    assert proof.signature.hex() == text("sigHex")
    key = PublicKey.from_multikey(proof.method_id.partition("#")[2])
    verify_signature(key, algorithm=algorithm, signature=proof.signature, signed=b"".join(hashes), allowed=ALL)
    with pytest.raises(MalformedValueError, match="pinned"):
        canonical(proof.rdf.document)


@pytest.mark.parametrize(
    "change",
    [
        {"clearanceLevel": "TOP SECRET"},
        {"credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "Another School"}},
        {"name": "Another name"},
        {"description": None},
        {"validFrom": "2023-01-01T00:00:00.0Z"},
        {"type": ["VerifiableCredential"]},
        {"issuer": "https://vc.example/issuers/9999"},
    ],
    ids=str,
)
def test_changed_vectors_do_not_verify(vector, change):
    document = vector[0] | change
    with pytest.raises(Exception, match=r"."):
        check(document)


def test_the_w3c_proof_set_verifies_by_either_proof():
    folder = VECTORS / "vc-di-eddsa/proof-set-chain"
    document = json.loads((folder / "signedProofSet2.json").read_text())
    for proofs in (document["proof"], document["proof"][::-1]):
        check(document | {"proof": proofs})
    broken = deepcopy(document)
    broken["name"] = "x"
    with pytest.raises(Exception, match="does not verify"):
        check(broken)
    chain = json.loads((folder / "signedProofChain2.json").read_text())
    with pytest.raises(MalformedValueError, match="chains"):
        check(chain)


def trusted(curve):
    signer = memory_signer("rdf", curve)
    multikey = signer.public_key.to_multikey()
    did = f"did:key:{multikey}"
    return signer, did, f"{did}#{multikey}", Policy(trusted_keys=frozenset({did}), algorithms=ALL, require_status=False)


@pytest.mark.parametrize("suite", SUITES)
def test_an_organisations_credential_by_rdf(world, suite):
    """The type's context is not pinned: the verifier has it from the ledger."""
    curve, kind = SUITES[suite], world.organisation_type
    signer = memory_signer("rdf-1", curve)
    contexts = pinned_contexts() | {kind.context_url: kind.context}
    document = issue_data_integrity(
        world.document(),
        signer=world.issue_key if curve is Curve.P256 else signer,
        method_id=world.method_id,
        signed_at=world.ledger.now,
        suite=suite,
        contexts=contexts,
    )
    proof = parse_proof(document, purpose=ASSERTION, rdf=True)
    assert canonical(proof.rdf.document, **{kind.context_url: kind.context}) == oracle(proof.rdf.document, contexts)
    policy = Policy(algorithms=ALL)
    report = world.verify(document, policy=policy, challenge=None)
    if curve is Curve.P256:
        assert report.verdict is Verdict.ACCEPTED, report.reason
        presented = present_data_integrity(
            document, signer=memory_signer("gate"), method_id=f"{world.gate}#auth-1", challenge=NONCE,
            domain=world.challenge.audience, created=world.ledger.now, suite=suite, contexts=contexts,
        )  # fmt: skip
        assert world.verify(presented, policy=policy).verdict is Verdict.ACCEPTED
        presented["proof"]["challenge"] = NONCE + "x"
        assert world.verify(presented, policy=policy).verdict is Verdict.REJECTED
        document["credentialSubject"]["name"] = "다른 기관"
        assert outcome_of(world.verify(document, policy=policy, challenge=None), 3) == ("failed", "proof-invalid")
    else:  # the agency's key is P-256, and stays so
        assert outcome_of(report, 3) == ("failed", "algorithm-not-allowed")


@pytest.mark.parametrize("curve", [Curve.P256, Curve.P384, Curve.ED25519])
def test_a_key_that_a_policy_trusts(world, curve):
    signer, did, method_id, policy = trusted(curve)
    suite = "eddsa-rdfc-2022" if curve is Curve.ED25519 else "ecdsa-rdfc-2019"
    document = {
        "@context": [V2, EXAMPLES_V2],
        "type": ["VerifiableCredential"],
        "issuer": did,
        "credentialSubject": {"alumniOf": {"name": "학교"}, "degree": {"type": "Degree", "name": "학사"}},
    }
    signed = sign_document(
        document, signer=signer, method_id=method_id, purpose=ASSERTION, created=world.ledger.now, suite=suite,
        contexts=pinned_contexts(),
    )  # fmt: skip
    report = world.verify(signed, policy=policy, challenge=None)
    assert report.verdict is Verdict.ACCEPTED, report.reason
    with pytest.raises(AlgorithmNotAllowedError):
        sign_document(document, signer=memory_signer("k", Curve.SECP256K1), method_id="m", purpose=ASSERTION,
                      created=1, suite=suite, contexts=pinned_contexts())  # fmt: skip


def test_a_set_of_proofs_is_judged_by_an_algorithm_that_the_policy_allows(world):
    edwards = memory_signer("edwards", Curve.ED25519)
    both = sign_document(
        world.document(), signer=edwards, method_id=world.method_id, purpose=ASSERTION, created=world.ledger.now
    )
    both = sign_document(
        both, signer=world.issue_key, method_id=world.method_id, purpose=ASSERTION, created=world.ledger.now
    )
    assert [proof["cryptosuite"] for proof in both["proof"]] == ["eddsa-jcs-2022", "ecdsa-jcs-2019"]
    assert world.verify(both, challenge=None).verdict is Verdict.ACCEPTED
    assert parse_data_integrity(both).credential.algorithm == "Ed25519"
    unknown = both | {"proof": [both["proof"][0] | {"cryptosuite": "bbs-2023"}, both["proof"][1]]}
    assert world.verify(unknown, challenge=None).verdict is Verdict.ACCEPTED
    only = both | {"proof": [both["proof"][0]]}
    assert outcome_of(world.verify(only, challenge=None), 1) == ("failed", "algorithm-not-allowed")
    chained = both | {"proof": [both["proof"][0] | {"previousProof": "urn:uuid:1"}, both["proof"][1]]}
    assert world.verify(chained, challenge=None).verdict is Verdict.REJECTED


# --- nothing gets lost


BASE = {
    "@context": [V2],
    "id": "urn:uuid:1",
    "type": ["VerifiableCredential"],
    "issuer": "did:example:i",
    "credentialSubject": {"id": "did:example:s"},
}


@pytest.mark.parametrize(
    "change",
    [
        {"adminOverride": True},
        {"credentialSubject": {"id": "did:example:s", "clearanceLevel": "TOP SECRET"}},
        {"issuer": {"id": "did:example:i", "rank": 1}},
        {"type": ["VerifiableCredential", "UnmappedType"]},
        {"id": "relative"},
        {"credentialSubject": {"id": "did:example:s", "name": None}},
        {"credentialSubject": {"id": "did:example:s", "name": []}},
        {"credentialSubject": {"id": "did:example:s", "name": {}}},
        {"credentialSubject": {"id": "did:example:s", "name": ["a", "a"]}},
        {"credentialSubject": {"id": "_:b0", "name": "a"}},
        {"credentialSubject": {"id": "did:example:s", "https://schema.org/name": "a"}},
        {"credentialSubject": {"id": "did:example:s", "@type": "https://a.invalid/T"}},
        {"@graph": [{"id": "urn:x"}]},
        {"@context": [V2, "https://evil.invalid/v1"]},
        {"@context": [V2, {"clearanceLevel": 5}]},
        {"@context": [V2, {"id": "@type"}]},
        {"@context": [V2, {"@import": "https://evil.invalid/v1"}]},
        {"credentialSubject": [{"name": str(n)} for n in range(5)]},
        {"credentialSubject": [{"id": f"urn:{n}", "name": {"name": "x"}} for n in range(17)]},
    ],
    ids=lambda change: str(change)[:70],
)
def test_what_rdf_would_lose_or_nobody_pinned_is_refused(change):
    canonical(BASE)
    with pytest.raises(MalformedValueError):
        canonical(BASE | change)


def test_pyld_alone_accepts_an_unknown_term_and_that_is_why_we_look():
    plain = oracle(BASE, pinned_contexts())
    assert oracle(BASE | {"adminOverride": True}, pinned_contexts()) == plain
    assert canonical(BASE) == plain


def test_two_ledgers_contexts_under_one_url_are_kept_apart():
    url = "https://a.invalid/contexts/t/v1"
    document = BASE | {"@context": [V2, url], "credentialSubject": {"id": "did:example:s", "rank": "1"}}
    first = canonical(document, **{url: {"@context": {"rank": "https://a.invalid/one"}}})
    second = canonical(document, **{url: {"@context": {"rank": "https://a.invalid/two"}}})
    assert b"a.invalid/one" in first
    assert b"a.invalid/two" in second


def test_a_term_definition_inside_a_scope_that_forgets_contexts_loses_nothing():
    url = "https://a.invalid/contexts/t/v1"
    context = {"@context": {"box": {"@id": "https://a.invalid/box", "@context": None}}}
    document = BASE | {"@context": [V2, url], "credentialSubject": {"id": "did:example:s", "box": {"hidden": "x"}}}
    with pytest.raises(MalformedValueError):
        canonical(document, **{url: context})


def test_p384_tells_blank_nodes_apart_by_sha384():
    kept = RdfCanonicalizer(pinned_contexts())
    subjects = [{"name": f"{n}"} for n in range(4)]
    document = BASE | {"credentialSubject": subjects}
    assert kept.canonicalize(document) == oracle(document, pinned_contexts())
    assert kept.canonicalize(document, hash_name="sha384") != kept.canonicalize(document)


def test_what_hostile_documents_cost_is_bounded():
    """The largest and the most symmetric documents that get past the bounds, each within a second or two."""
    many = BASE | {"credentialSubject": [{"id": f"urn:{n}", "name": f"{n}"} for n in range(330)]}
    twins = [{"name": {"name": {"name": f"{n}"}}} for n in range(4)]
    deep = BASE | {"credentialSubject": {"name": twins}}
    for document in (many, deep):
        started = thread_time()
        with contextlib.suppress(MalformedValueError):
            canonical(document)
        assert thread_time() - started < 3
    with pytest.raises(MalformedValueError, match="1024 values"):
        canonical(BASE | {"credentialSubject": [{"id": f"urn:{n}", "name": f"{n}"} for n in range(400)]})


def test_contexts_that_are_kept_processed_say_what_pyld_says_anew(world):
    kind = world.organisation_type
    contexts = {**pinned_contexts(), kind.context_url: kind.context}
    known = {url: {"contextUrl": None, "documentUrl": url, "document": json} for url, json in contexts.items()}
    kept = RdfCanonicalizer(contexts)
    documents = [world.document(index=place) for place in range(3)]
    for term in ("motto", "creed", "motto"):  # contexts of a document's own, one after the other, gone in between
        document = world.document()
        document["credentialSubject"] = {
            **document["credentialSubject"],
            "@context": {"note": f"https://example.org/{term}"},
            "note": "x",
        }
        documents.append(document)
    documents.append({**documents[0], "type": ["VerifiableCredential"]})
    del documents[-1]["credentialStatus"]
    for document in [*documents, *reversed(documents)]:
        anew = jsonld.normalize(
            deepcopy(document),
            {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": lambda url, _: known[url]},
        )
        try:
            ours = kept.canonicalize(document).decode()
        except MalformedValueError:
            assert document is documents[-1]  # its claims are terms of the type that it no longer has
        else:
            assert ours == anew
