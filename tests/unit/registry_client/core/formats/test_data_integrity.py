"""Data Integrity with JCS: the W3C's own vectors step by step, then everything that must not pass."""

import json
from copy import deepcopy
from hashlib import sha256, sha384
from pathlib import Path

import pytest

from registry_client.core.canonical import canonicalize
from registry_client.core.credential import Format
from registry_client.core.curves import Curve
from registry_client.core.encoding import decode_base58
from registry_client.core.formats.data_integrity import (
    ASSERTION,
    parse_data_integrity,
    parse_proof,
    sign_document,
)
from registry_client.core.jose import verify_signature
from registry_client.core.keys import PublicKey
from registry_client.core.presentation import parse_presentation, require_bounds
from registry_client.errors import (
    AlgorithmNotAllowedError,
    FormatNotSupportedError,
    InvalidInputError,
    MalformedValueError,
    ProofInvalidError,
    VerificationError,
    WrongRelationshipError,
)
from tests.simulators.signer import memory_signer
from tests.simulators.world import World

VECTORS = Path(__file__).parents[4] / "vectors"
ALL = frozenset({"ES256", "ES384", "Ed25519"})
CASES = {
    "p256": (VECTORS / "vc-di-ecdsa/ecdsa-jcs-2019-p256", "JCSECDSAP256", sha256, "ES256"),
    "p384": (VECTORS / "vc-di-ecdsa/ecdsa-jcs-2019-p384", "JCSECDSAP384", sha384, "ES384"),
    "ed25519": (VECTORS / "vc-di-eddsa/eddsa-jcs-2022", "JCS", sha256, "Ed25519"),
}


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture(params=CASES)
def vector(request):
    folder, suffix, hasher, algorithm = CASES[request.param]

    def text(name):
        return (folder / f"{name}{suffix}.txt").read_text().strip()

    document = json.loads((folder / f"signed{suffix}.json").read_text())
    return document, text, hasher, algorithm


def test_every_step_of_the_w3c_vectors(vector):
    document, text, hasher, algorithm = vector
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in document["proof"].items() if name != "proofValue"}
    assert canonicalize(unsecured).decode() == text("canonDoc")
    assert canonicalize(options).decode() == text("proofCanon")
    assert hasher(canonicalize(unsecured)).hexdigest() == text("docHash")
    assert hasher(canonicalize(options)).hexdigest() == text("proofHash")
    proof = parse_proof(document, purpose=ASSERTION)
    assert proof.signed.hex() == text("combinedHash")
    assert proof.signature.hex() == text("sigHex")
    assert decode_base58(text("sigBTC58").removeprefix("z")) == proof.signature
    assert proof.algorithm == algorithm


def test_the_w3c_vectors_verify_and_changed_ones_do_not(vector):
    document, _, _, algorithm = vector
    key = PublicKey.from_multikey(document["proof"]["verificationMethod"].partition("#")[2])

    def check(changed):
        proof = parse_proof(changed, purpose=ASSERTION)
        verify_signature(
            key, algorithm=proof.algorithm, signature=proof.signature, signed=proof.signed, allowed={algorithm}
        )

    check(document)
    for change in (
        {"credentialSubject": document["credentialSubject"] | {"alumniOf": "Another School"}},
        {"name": "Alumni credential"},
        {"proof": document["proof"] | {"created": "2023-02-24T23:36:39Z"}},
        {"proof": document["proof"] | {"challenge": "added"}},
    ):
        with pytest.raises(ProofInvalidError):
            check(document | change)


@pytest.mark.parametrize("curve", [Curve.P256, Curve.P384, Curve.ED25519], ids=lambda curve: curve.value)
def test_what_is_signed_verifies(world, curve):
    signer = memory_signer("any", curve)
    signed = sign_document(
        world.document(), signer=signer, method_id=world.method_id, purpose=ASSERTION, created=1_790_000_000
    )
    proof = parse_proof(json.loads(canonicalize(signed)), purpose=ASSERTION)
    verify_signature(
        signer.public_key, algorithm=proof.algorithm, signature=proof.signature, signed=proof.signed, allowed=ALL
    )
    assert proof.created == 1_790_000_000


def test_a_curve_without_a_cryptosuite_signs_nothing(world):
    with pytest.raises(AlgorithmNotAllowedError):
        sign_document(
            world.document(), signer=memory_signer("k", Curve.SECP256K1), method_id="m", purpose=ASSERTION, created=1
        )


def test_a_credential_reads_back(world):
    document = world.issue_document(index=12)
    credential = parse_data_integrity(document).credential
    assert credential.issuer == world.agency
    assert credential.subject == world.gate
    assert credential.vct == world.organisation_type.vct
    assert credential.claims == {"name": "정부세종청사관리본부", "institutionCode": "1741100"}
    assert credential.status.index == 12
    assert credential.digest == sha256(canonicalize(document)).digest()
    assert credential.signed_at == world.ledger.now


def test_contexts_added_after_signing_are_not_taken_over(world):
    document = world.issue_document()
    signed = parse_data_integrity(document).credential
    document["@context"] = [*document["@context"], "https://evil.invalid/contexts/redefine/v1"]
    widened = parse_data_integrity(document).credential
    assert widened.contexts == signed.contexts
    assert widened.signed == signed.signed


@pytest.mark.parametrize("change", ["dropped", "reordered", "replaced", "empty", "text"])
def test_the_signed_context_is_a_prefix(world, change):
    document = world.issue_document()
    contexts = document["@context"]
    document["proof"]["@context"] = {
        "dropped": contexts[1:],
        "reordered": contexts[::-1],
        "replaced": [contexts[0], "https://evil.invalid/v1"],
        "empty": [],
        "text": contexts[0],
    }[change]
    with pytest.raises(ProofInvalidError, match="prefix"):
        parse_data_integrity(document)


PROOF_CHANGES = [
    ({"type": "JsonWebSignature2020"}, FormatNotSupportedError),
    ({"type": ["DataIntegrityProof"]}, FormatNotSupportedError),
    ({"cryptosuite": "eddsa-rdfc-2023"}, AlgorithmNotAllowedError),
    ({"cryptosuite": "eddsa-jcs-2022x"}, AlgorithmNotAllowedError),
    ({"cryptosuite": None}, AlgorithmNotAllowedError),
    ({"cryptosuite": ["ecdsa-jcs-2019"]}, AlgorithmNotAllowedError),
    ({"proofPurpose": "authentication"}, WrongRelationshipError),
    ({"proofPurpose": None}, WrongRelationshipError),
    ({"verificationMethod": "did:mapae:test-1:other#issue-1"}, MalformedValueError),
    ({"verificationMethod": {"id": "x"}}, MalformedValueError),
    ({"created": "2026-01-01T00:00:00"}, MalformedValueError),
    ({"created": "yesterday"}, MalformedValueError),
    ({"created": 1_790_000_000}, MalformedValueError),
    ({"expires": "2026-13-01T00:00:00Z"}, MalformedValueError),
    ({"proofValue": "u" + "A" * 86}, ProofInvalidError),
    ({"proofValue": "z0OIl"}, MalformedValueError),
    ({"proofValue": "z" + "2" * 600}, MalformedValueError),
    ({"proofValue": None}, ProofInvalidError),
    ({"proofValue": "z"}, AlgorithmNotAllowedError),
    ({"previousProof": "urn:uuid:1"}, MalformedValueError),
    ({"jws": "x"}, MalformedValueError),
]


@pytest.mark.parametrize(("change", "error"), PROOF_CHANGES, ids=lambda value: str(value)[:40])
def test_malformed_proofs_are_refused(world, change, error):
    document = world.issue_document()
    document["proof"] |= change
    with pytest.raises(error):
        parse_data_integrity(document)


@pytest.mark.parametrize("proof", [None, [], "z", [{}] * 5])
def test_one_proof_or_a_small_set(world, proof):
    document = world.issue_document()
    document["proof"] = proof
    with pytest.raises(MalformedValueError, match="one proof, or a set of at most 4"):
        parse_data_integrity(document)


@pytest.mark.parametrize("proof", [{}, [{}], "z", [{"type": "x"}] * 4])
def test_what_is_no_proof_set_is_not_signed(world, proof):
    with pytest.raises(MalformedValueError, match="already"):
        world.issue_document(proof=proof)


def test_an_expiring_proof_ends_the_credential(world):
    document = world.document()
    options_end = "2026-12-31T00:00:00Z"
    signed = sign_document(document, signer=world.issue_key, method_id=world.method_id, purpose=ASSERTION, created=1)
    signed["proof"]["expires"] = options_end
    assert parse_data_integrity(signed).credential.valid_until == 1_798_675_200


def test_presentations_read_back(world):
    presentation = world.present_document(world.issue_document())
    parsed = parse_presentation(require_bounds(presentation), formats=frozenset(Format))
    assert parsed.proof.nonce == world.challenge.nonce
    assert parsed.proof.audience == world.challenge.audience
    assert parsed.proof.covers
    assert parsed.proof.method_id == f"{world.gate}#auth-1"


def changed_presentation(world, **members):
    presentation = deepcopy(world.present_document(world.issue_document()))
    proof = members.pop("proof", {})
    presentation |= members
    presentation["proof"] |= proof
    return {name: value for name, value in presentation.items() if value is not None}


@pytest.mark.parametrize(
    "members",
    [
        {"verifiableCredential": []},
        {"verifiableCredential": None},
        {"verifiableCredential": ["eyJ"]},
        {"verifiableCredential": [{}, {}]},
        {"holder": 5},
        {"holder": "not a url"},
        {"note": "x"},
        {"@context": ["https://www.w3.org/2018/credentials/v1"]},
        {"id": "no url"},
        {"proof": {"challenge": None}},
        {"proof": {"domain": None}},
        {"proof": {"domain": ["a", "b"]}},
        {"proof": {"proofPurpose": "assertionMethod"}},
    ],
    ids=lambda members: str(members)[:50],
)
def test_malformed_presentations_are_refused(world, members):
    with pytest.raises((InvalidInputError, VerificationError)):
        parse_data_integrity(changed_presentation(world, **members))


def test_a_presentation_says_when(world):
    presentation = changed_presentation(world)
    del presentation["proof"]["created"]
    with pytest.raises(MalformedValueError, match="when"):
        parse_data_integrity(presentation)


def test_a_presentation_signed_for_another_holder_does_not_cover(world):
    presentation = changed_presentation(world, holder=world.agency)
    assert not parse_data_integrity(presentation).proof.covers


@pytest.mark.parametrize(
    ("file", "curve"),
    [
        ("vc-di-ecdsa/p256KeyPair.json", Curve.P256),
        ("vc-di-ecdsa/p384KeyPair.json", Curve.P384),
        ("vc-di-eddsa/keyPair.json", Curve.ED25519),
    ],
)
def test_multibase_of_the_vectors_keys_is_read(file, curve):
    text = json.loads((VECTORS / file).read_text())["publicKeyMultibase"]
    key = PublicKey.from_multikey(text)
    assert (key.curve, key.to_multikey()) == (curve, text)


@pytest.mark.parametrize("name", CASES)
def test_the_w3c_documents_are_what_was_signed(name):
    folder, suffix, _, _ = CASES[name]
    signed = json.loads((folder / f"signed{suffix}.json").read_text())
    del signed["proof"]
    assert signed == json.loads((folder.parent / "unsigned.json").read_text())
