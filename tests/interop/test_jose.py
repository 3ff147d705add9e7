"""vc+jwt, both ways: jose, joserfc and openvc-core."""

import pytest

from registry_client.core.curves import Curve
from registry_client.core.formats.vc_jwt import issue_vc_jwt
from registry_client.core.report import Verdict
from tests.interop.matrix import OURS_TO_THEIRS, THEIRS_TO_OURS
from tests.interop.parties import UNBOUND, private_jwk
from tests.interop.peers import RefusedError
from tests.interop.test_data_integrity import unsigned

LIBRARIES = ["jose", "joserfc"]
VC_CLAIM = (
    'Securing Verifiable Credentials using JOSE and COSE, section 3.1.3: "The JWT Claim Names vc and vp MUST NOT be '
    'present." A token with that claim we refuse.'
)
JOSE_CURVES = {"jose": [Curve.P256, Curve.P384, Curve.ED25519], "joserfc": list(Curve)}
PAIRS = [(library, curve) for library in LIBRARIES for curve in JOSE_CURVES[library]]
pairs = pytest.mark.parametrize(("library", "curve"), PAIRS, ids=[f"{name}-{c.algorithm}" for name, c in PAIRS])


def peer(party, library):
    return party.node if library == "jose" else party.python


def issue(party, curve):
    office = party.offices[curve]
    return issue_vc_jwt(unsigned(party, office), signer=office.signer, method_id=office.method_id, signed_at=party.now)


def changed(token):
    """The same with another last character but one in its signature."""
    return token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]


@pairs
def test_theirs_verifies_ours(party, matrix, library, curve):
    token, office = issue(party, curve), party.offices[curve]
    question = {"jwk": office.jwk, "alg": curve.algorithm}
    found = peer(party, library).ask(f"{library}.verify", token=token, **question)
    assert (found["header"]["typ"], found["header"]["kid"]) == ("vc+jwt", office.method_id)
    assert found["payload"]["issuer"] == office.did
    with pytest.raises(RefusedError, match=r"(?i)signature"):
        peer(party, library).ask(f"{library}.verify", token=changed(token), **question)
    matrix.add(f"VC-JOSE-COSE vc+jwt {curve.algorithm}", library, OURS_TO_THEIRS)


@pairs
def test_we_verify_theirs(party, matrix, library, curve):
    office = party.offices[curve]
    token = peer(party, library).ask(
        f"{library}.sign", jwk=office.private_jwk, payload={**unsigned(party, office), "iat": party.now},
        header={"alg": curve.algorithm, "typ": "vc+jwt", "cty": "vc", "kid": office.method_id},
    )  # fmt: skip
    report = party.verify(token, policy=UNBOUND)
    assert report.verdict is Verdict.ACCEPTED, report.reason
    refused = party.verify(changed(token), policy=UNBOUND)
    assert (refused.verdict, refused.steps[3].code) == (Verdict.REJECTED, "proof-invalid")
    matrix.add(f"VC-JOSE-COSE vc+jwt {curve.algorithm}", library, THEIRS_TO_OURS)


@pytest.mark.parametrize("library", LIBRARIES)
def test_presentations(party, matrix, library):
    world, method = party.world, f"{party.world.gate}#auth-1"
    token = issue(party, Curve.P256)
    ours = world.present_jwt(token, created=party.now)
    found = peer(party, library).ask(
        f"{library}.verify", token=ours, jwk=dict(party.gate.public_key.to_jwk()), alg="ES256"
    )
    assert found["payload"]["aud"] == world.challenge.audience
    matrix.add("VC-JOSE-COSE vp+jwt ES256", library, OURS_TO_THEIRS, "signature and members accepted")
    theirs = peer(party, library).ask(
        f"{library}.sign", payload=found["payload"], jwk=private_jwk(party.gate),
        header={"alg": "ES256", "typ": "vp+jwt", "cty": "vp", "kid": method},
    )  # fmt: skip
    assert theirs != ours
    report = party.verify(theirs)
    assert report.verdict is Verdict.ACCEPTED, report.reason
    assert party.verify(changed(theirs)).verdict is Verdict.REJECTED
    matrix.add("VC-JOSE-COSE vp+jwt ES256", library, THEIRS_TO_OURS)


def test_openvc_wants_a_vc_claim_that_the_standard_forbids(party, matrix):
    office, now = party.offices[Curve.P256], party.now
    asked = {"jwk": office.private_jwk, "header": {"alg": "ES256", "typ": "vc+jwt", "kid": office.method_id}}
    document = unsigned(party, office)
    with pytest.raises(RefusedError, match='missing the "iss" claim'):
        party.python.ask("openvc.vcjwt.verify", token=issue(party, Curve.P256), jwk=office.jwk)
    full = party.python.ask("joserfc.sign", payload={**document, "iss": office.did, "iat": now}, **asked)
    assert party.verify(full, policy=UNBOUND).verdict is Verdict.ACCEPTED
    with pytest.raises(RefusedError, match="no embedded `vc` object"):
        party.python.ask("openvc.vcjwt.verify", token=full, jwk=office.jwk)
    older = party.python.ask("joserfc.sign", payload={"iss": office.did, "iat": now, "vc": document}, **asked)
    refused = party.verify(older, policy=UNBOUND)
    assert (refused.verdict, refused.steps[1].outcome.value) == (Verdict.REJECTED, "failed")
    matrix.add("VC-JOSE-COSE vc+jwt ES256", "openvc-core", OURS_TO_THEIRS, "refused", "wants a `vc` claim; see below")
    matrix.found(
        "openvc-core",
        "takes a JWT credential only with `iss` and with the document inside a `vc` claim, and refuses every vc+jwt.",
        standard=VC_CLAIM,
    )
