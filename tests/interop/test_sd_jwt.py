"""SD-JWT VC with key binding, both ways: @sd-jwt/sd-jwt-vc, sd-jwt and openvc-core as issuers, wallets, verifiers."""

import pytest

from registry_client.core.curves import Curve
from registry_client.core.report import Verdict
from registry_client.core.status import StatusReference, token_status
from registry_client.core.status_lists.token import build_token_list
from tests.interop.matrix import OURS_TO_THEIRS, THEIRS_TO_OURS
from tests.interop.parties import SHOWN, private_jwk
from tests.interop.peers import RefusedError
from tests.simulators.world import CLAIMS, HOST

NPM, PYPI, OPENVC = "@sd-jwt/sd-jwt-vc", "sd-jwt", "openvc-core"
WHAT = "SD-JWT VC with key binding"
CURVES = pytest.mark.parametrize("curve", [Curve.P256, Curve.P384], ids=lambda curve: curve.algorithm)


def ours(party, curve=Curve.P256, index=3, **changes):
    """Issued by an office of ours, presented by the officer's phone."""
    office = party.offices[curve]
    status = token_status(StatusReference(office.list_id, index), host=HOST)
    text = party.world.issue(
        signer=office.signer, method_id=office.method_id, status=status, signed_at=party.now, **changes
    )
    return party.world.present(text, show=SHOWN, created=party.now)


def payload(party, office, index=3):
    """What we ask theirs to sign: the same claims, in the clear until they hide them."""
    world = party.world
    return {
        "iss": office.did, "iat": party.now, "nbf": party.now - 60, "exp": party.now + 86_400,
        "vct": world.type.vct, "vct#integrity": world.type.metadata_integrity, "sub": world.officer,
        "status": token_status(StatusReference(office.list_id, index), host=HOST), **CLAIMS,
    }  # fmt: skip


def binding(party):
    return {"nonce": party.world.challenge.nonce, "audience": party.world.challenge.audience}


def token_list(party, office):
    return build_token_list(
        party.snapshot(office), host=HOST, signer=party.world.status_key, method_id=office.status_method, now=party.now
    )


def swapped(text):
    """The same with another disclosure in the place of the first: nothing signed names it."""
    parts = text.split("~")
    return "~".join([parts[0], "WyJzYWx0IiwibmFtZSIsIuuLpOuluCDsgqzrnowiXQ", *parts[2:]])


def check_theirs_is_ours(party, text):
    """Our verdict on what theirs issued and presented; and on the same for another verifier's nonce."""
    report = party.verify(text)
    assert report.verdict is Verdict.ACCEPTED, report.reason
    disclosed = report.require_accepted().claims
    assert set(SHOWN) <= disclosed.keys()
    assert disclosed["name"] == CLAIMS["name"]
    other = party.world.challenge._replace(nonce="somebody-elses-nonce")
    refused = party.verify(text, challenge=other)
    assert (refused.verdict, refused.steps[7].code) == (Verdict.REJECTED, "challenge-mismatch")
    assert party.verify(swapped(text)).verdict is Verdict.REJECTED


@CURVES
def test_npm_verifies_ours(party, matrix, curve):
    office = party.offices[curve]
    question = {
        "jwk": office.jwk, "alg": curve.algorithm, "nonce": party.world.challenge.nonce,
        "list": token_list(party, office), "listJwk": dict(party.world.status_key.public_key.to_jwk()),
    }  # fmt: skip
    text = ours(party, curve)
    found = party.node.ask("sdjwt.verify", text=text, **question)
    assert found["payload"]["name"] == CLAIMS["name"]
    assert "staffNumber" not in found["payload"]
    assert found["kb"]["payload"]["aud"] == party.world.challenge.audience
    for other, reason in ((swapped(text), "hash"), (text, "[Nn]once")):
        asked = question | ({"nonce": "another"} if other == text else {})
        with pytest.raises(RefusedError, match=reason):
            party.node.ask("sdjwt.verify", text=other, **asked)
    matrix.add(f"{WHAT} {curve.algorithm}", NPM, OURS_TO_THEIRS)


@CURVES
def test_we_verify_npm(party, matrix, curve):
    office = party.offices[curve]
    holder = {"cnf": {"jwk": dict(party.world.phone.public_key.to_jwk())}}
    issued = party.node.ask(
        "sdjwt.issue", payload=payload(party, office) | holder, frame={"_sd": list(CLAIMS), "_sd_decoy": 2},
        header={"kid": office.method_id}, jwk=office.private_jwk, alg=curve.algorithm,
    )  # fmt: skip
    text = party.node.ask(
        "sdjwt.present", text=issued, frame=dict.fromkeys(SHOWN, True), jwk=private_jwk(party.world.phone), alg="ES256",
        binding={"iat": party.now, "aud": party.world.challenge.audience, "nonce": party.world.challenge.nonce},
    )  # fmt: skip
    check_theirs_is_ours(party, text)
    matrix.add(f"{WHAT} {curve.algorithm}", NPM, THEIRS_TO_OURS)


def test_openvc_verifies_ours(party, matrix):
    text, question = ours(party), {"jwk": party.offices[Curve.P256].jwk}
    claims = party.python.ask("openvc.sd.verify", text=text, **question, **binding(party))
    assert claims["name"] == CLAIMS["name"]
    with pytest.raises(RefusedError, match="nonce"):
        party.python.ask("openvc.sd.verify", text=text, **question, **binding(party) | {"nonce": "another"})
    with pytest.raises(RefusedError):
        party.python.ask("openvc.sd.verify", text=swapped(text), **question, **binding(party))
    matrix.add(f"{WHAT} ES256", OPENVC, OURS_TO_THEIRS)


def test_we_verify_openvc(party, matrix):
    office = party.offices[Curve.P256]
    issued = party.python.ask(
        "openvc.sd.issue", claims=payload(party, office), disclosable=list(CLAIMS), jwk=office.private_jwk,
        holder=dict(party.world.phone.public_key.to_jwk()), kid=office.method_id,
    )  # fmt: skip
    text = party.python.ask("openvc.sd.present", text=issued, jwk=private_jwk(party.world.phone), **binding(party))
    check_theirs_is_ours(party, text)
    matrix.add(f"{WHAT} ES256", OPENVC, THEIRS_TO_OURS)


def test_pypi_verifies_ours(party, matrix):
    text, question = ours(party), {"jwk": party.offices[Curve.P256].jwk}
    claims = party.python.ask("sdjwt.verify", text=text, **question, **binding(party))
    assert claims["name"] == CLAIMS["name"]
    with pytest.raises(RefusedError, match=r"[Nn]once"):
        party.python.ask("sdjwt.verify", text=text, **question, **binding(party) | {"nonce": "another"})
    with pytest.raises(RefusedError):
        party.python.ask("sdjwt.verify", text=swapped(text), **question, **binding(party))
    matrix.add(f"{WHAT} ES256", PYPI, OURS_TO_THEIRS)


def by_pypi(party, *, decoys):
    office = party.offices[Curve.P256]
    issued = party.python.ask(
        "sdjwt.issue", claims=payload(party, office), disclosable=list(CLAIMS), jwk=office.private_jwk,
        holder=dict(party.world.phone.public_key.to_jwk()), kid=office.method_id, decoys=decoys,
    )  # fmt: skip
    return party.python.ask(
        "sdjwt.present", text=issued, show=list(SHOWN), jwk=private_jwk(party.world.phone), **binding(party)
    )


def test_we_verify_pypi(party, matrix):
    check_theirs_is_ours(party, by_pypi(party, decoys=False))
    refused = party.verify(by_pypi(party, decoys=True))
    assert (refused.verdict, refused.steps[1].code) == (Verdict.REJECTED, "malformed-value")
    assert refused.steps[1].evidence == {"claim": "status"}
    note = "`typ` set by its caller; with its decoys it puts `_sd` inside `status`, which we refuse"
    matrix.add(f"{WHAT} ES256", PYPI, THEIRS_TO_OURS, "accepted; changed: refused", note)


def test_pypi_accepts_an_expired_credential_that_we_refuse(party, matrix):
    text = ours(party, valid_until=party.now - 86_400)
    assert party.python.ask("sdjwt.verify", text=text, jwk=party.offices[Curve.P256].jwk, **binding(party))
    refused = party.verify(text)
    assert (refused.verdict, refused.steps[4].code) == (Verdict.REJECTED, "outside-validity")
    with pytest.raises(RefusedError, match="expired"):
        party.python.ask("openvc.sd.verify", text=text, jwk=party.offices[Curve.P256].jwk, **binding(party))
    matrix.found(
        PYPI,
        "accepts an SD-JWT whose `exp` has passed.",
        standard='RFC 7519, section 4.1.4: "The "exp" (expiration time) claim identifies the expiration time on or '
        'after which the JWT MUST NOT be accepted for processing." We refuse at step 4 (`outside-validity`).',
    )


def test_pypi_accepts_a_stale_key_binding_that_we_refuse(party, matrix):
    world, office = party.world, party.offices[Curve.P256]
    status = token_status(StatusReference(office.list_id, 3), host=HOST)
    issued = world.issue(signer=office.signer, method_id=office.method_id, status=status, signed_at=party.now)
    text = world.present(issued, show=SHOWN, created=party.now - 86_400)
    assert party.python.ask("sdjwt.verify", text=text, jwk=office.jwk, **binding(party))
    refused = party.verify(text)
    assert (refused.verdict, refused.steps[7].outcome.value) == (Verdict.REJECTED, "failed")
    matrix.found(
        PYPI,
        "accepts a key binding that is a day old.",
        standard='RFC 9901, section 7.3: "Check that the creation time of the Key Binding JWT, as determined by the '
        'iat claim, is within an acceptable window." We refuse at step 7.',
    )
