"""Data Integrity, both ways: @digitalbazaar/vc and openvc-core."""

from copy import deepcopy

import pytest

from registry_client.core.curves import Curve
from registry_client.core.formats.data_integrity import issue_data_integrity, present_data_integrity
from registry_client.core.report import Verdict
from registry_client.core.status import StatusReference, bitstring_status
from registry_client.core.times import format_time
from tests.interop.matrix import OURS_TO_THEIRS, THEIRS_TO_OURS
from tests.interop.parties import UNBOUND, private_jwk
from tests.interop.peers import RefusedError
from tests.simulators.world import HOST

VC, OPENVC = "@digitalbazaar/vc", "openvc-core"
PAIRS = [
    ("ecdsa-jcs-2019", Curve.P256),
    ("ecdsa-jcs-2019", Curve.P384),
    ("eddsa-jcs-2022", Curve.ED25519),
    ("ecdsa-rdfc-2019", Curve.P256),
    ("ecdsa-rdfc-2019", Curve.P384),
    ("eddsa-rdfc-2022", Curve.ED25519),
]
CREATE_JCS = {
    "ecdsa-jcs-2019": "Data Integrity ECDSA Cryptosuites v1.0, section 3.3.1, step 2",
    "eddsa-jcs-2022": "Data Integrity EdDSA Cryptosuites v1.0, section 3.3.1, step 2",
}

pairs = pytest.mark.parametrize(("suite", "curve"), PAIRS, ids=[f"{suite}-{curve.value}" for suite, curve in PAIRS])


def label(suite, curve):
    return f"Data Integrity {suite} {curve.value}"


def unsigned(party, office, index=3):
    return party.world.document(
        issuer=office.did, credentialStatus=bitstring_status(StatusReference(office.list_id, index), host=HOST)
    )


def changed(document):
    """The same with another name in it."""
    other = deepcopy(document)
    other["credentialSubject"]["name"] = "다른 기관"
    return other


def issue(party, suite, curve):
    office = party.offices[curve]
    return issue_data_integrity(
        unsigned(party, office), signer=office.signer, method_id=office.method_id, signed_at=party.now,
        suite=suite, contexts=party.contexts,
    )  # fmt: skip


@pairs
def test_digitalbazaar_verifies_ours(party, matrix, suite, curve):
    document = issue(party, suite, curve)
    assert party.node.ask("vc.verify", document=document, suite=suite, documents=party.documents) is True
    with pytest.raises(RefusedError, match="Invalid signature"):
        party.node.ask("vc.verify", document=changed(document), suite=suite, documents=party.documents)
    matrix.add(label(suite, curve), VC, OURS_TO_THEIRS)


@pairs
def test_we_verify_digitalbazaar(party, matrix, suite, curve):
    office = party.offices[curve]
    document = party.node.ask(
        "vc.issue", document=unsigned(party, office), suite=suite, documents=party.documents,
        jwk=office.private_jwk, method=office.method_id, created=format_time(party.now),
    )  # fmt: skip
    assert document["proof"]["cryptosuite"] == suite
    report = party.verify(document, policy=UNBOUND)
    assert report.verdict is Verdict.ACCEPTED, report.reason
    refused = party.verify(changed(document), policy=UNBOUND)
    assert (refused.verdict, refused.steps[3].code) == (Verdict.REJECTED, "proof-invalid")
    matrix.add(label(suite, curve), VC, THEIRS_TO_OURS)


@pairs
def test_openvc_verifies_ours(party, matrix, suite, curve):
    document, office = issue(party, suite, curve), party.offices[curve]
    question = {"suite": suite, "jwk": office.jwk, "contexts": party.contexts}
    assert party.python.ask("openvc.verify", document=document, **question) is True
    with pytest.raises(RefusedError, match="SignatureInvalid"):
        party.python.ask("openvc.verify", document=changed(document), **question)
    matrix.add(label(suite, curve), OPENVC, OURS_TO_THEIRS)


def openvc_issue(party, suite, curve):
    office = party.offices[curve]
    return party.python.ask(
        "openvc.issue", document=unsigned(party, office), suite=suite, jwk=office.private_jwk,
        method=office.method_id, created=format_time(party.now), contexts=party.contexts,
    )  # fmt: skip


@pytest.mark.parametrize(("suite", "curve"), PAIRS[3:], ids=[f"{s}-{c.value}" for s, c in PAIRS[3:]])
def test_we_verify_openvc_rdf(party, matrix, suite, curve):
    document = openvc_issue(party, suite, curve)
    report = party.verify(document, policy=UNBOUND)
    assert report.verdict is Verdict.ACCEPTED, report.reason
    refused = party.verify(changed(document), policy=UNBOUND)
    assert (refused.verdict, refused.steps[3].code) == (Verdict.REJECTED, "proof-invalid")
    matrix.add(label(suite, curve), OPENVC, THEIRS_TO_OURS)


@pytest.mark.parametrize(("suite", "curve"), PAIRS[:3], ids=[f"{s}-{c.value}" for s, c in PAIRS[:3]])
def test_we_refuse_openvc_jcs_only_for_the_missing_proof_context(party, matrix, suite, curve):
    document = openvc_issue(party, suite, curve)
    assert "@context" not in document["proof"]
    report = party.verify(document, policy=UNBOUND)
    assert (report.verdict, report.steps[3].code) == (Verdict.REJECTED, "proof-invalid")
    mended = deepcopy(document)
    mended["proof"]["@context"] = mended["@context"]
    assert party.verify(mended, policy=UNBOUND).verdict is Verdict.ACCEPTED
    with pytest.raises(RefusedError, match="Invalid signature"):
        party.node.ask("vc.verify", document=document, suite=suite, documents=party.documents)
    matrix.add(label(suite, curve), OPENVC, THEIRS_TO_OURS, "refused", "no `proof.@context`; see below")
    matrix.found(
        OPENVC,
        f"signs {suite} over proof options with an `@context` and leaves it out of the proof it returns.",
        standard=f'{CREATE_JCS[suite]}: "If _unsecuredDocument_.@context is present, set _proof_.@context to '
        '_unsecuredDocument_.@context." With the member put in, we accept it; without it, `@digitalbazaar/vc` '
        "refuses it too.",
    )


def test_presentations_with_digitalbazaar(party, matrix):
    world, suite = party.world, "ecdsa-jcs-2019"
    asked = {"challenge": world.challenge.nonce, "domain": world.challenge.audience}
    credential, holder = issue(party, suite, Curve.P256), f"{world.gate}#auth-1"
    ours = present_data_integrity(credential, signer=party.gate, method_id=holder, created=party.now, **asked)
    question = {"suite": suite, "documents": party.documents}
    assert party.node.ask("vc.verifyPresentation", document=ours, **question, **asked) is True
    with pytest.raises(RefusedError, match="challenge"):
        party.node.ask("vc.verifyPresentation", document=ours, **question, **asked | {"challenge": "another nonce"})
    matrix.add(f"VCDM 2.0 presentation {suite} P-256", VC, OURS_TO_THEIRS)

    theirs = party.node.ask(
        "vc.present", document=credential, **question, **asked,
        jwk=private_jwk(party.gate), method=holder, created=format_time(party.now),
    )  # fmt: skip
    report = party.verify(theirs)
    assert report.verdict is Verdict.ACCEPTED, report.reason
    theirs["proof"]["challenge"] = "another nonce"
    assert party.verify(theirs).verdict is Verdict.REJECTED
    matrix.add(f"VCDM 2.0 presentation {suite} P-256", VC, THEIRS_TO_OURS)
