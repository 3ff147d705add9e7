"""Issuer keys by x5c: only under the policy's anchors, only in force, only the DID's own key where a DID signs."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from registry_client.core.formats.sd_jwt import bind_key, issue_sd_jwt
from registry_client.core.policy import Policy
from registry_client.core.report import Verdict
from tests.simulators.world import CLAIMS, NONCE, World, outcome_of

ISSUER = "https://issuer.example/officers"
DAY = timedelta(days=1)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """A root, an authority below it, and leaves."""

    def __init__(self, now, label="root"):
        self.now = datetime.fromtimestamp(now, UTC)
        self.root_key, self.middle_key = (
            ec.generate_private_key(ec.SECP256R1()),
            ec.generate_private_key(ec.SECP256R1()),
        )
        self.label = label
        self.root = self.certify(label, self.root_key.public_key(), issuer=label, key=self.root_key, ca=True)
        self.middle = self.certify("middle", self.middle_key.public_key(), issuer=label, key=self.root_key, ca=True)

    def certify(self, subject, public, *, issuer, key, ca, start=None, end=None, path=None, san=(), usage=True):
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name(issuer))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start or self.now - 400 * DAY)
            .not_valid_after(end or self.now + 400 * DAY)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=path if ca else None), critical=True)
            .add_extension(
                x509.KeyUsage(not ca and usage, False, False, False, False, ca, ca, False, False), critical=True
            )
        )
        if san:
            builder = builder.add_extension(x509.SubjectAlternativeName(san), critical=False)
        return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)

    def leaf(self, signer, **changes):
        options = {"issuer": "middle", "key": self.middle_key, "ca": False,
                   "san": [x509.UniformResourceIdentifier(ISSUER)]}  # fmt: skip
        return self.certify("leaf", signer.private_key.public_key(), **(options | changes))

    def chain(self, signer, **changes):
        return [self.leaf(signer, **changes), self.middle]


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture(scope="module")
def authority(world):
    return Authority(world.ledger.now)


def policy_for(authority):
    return Policy(trust_anchors=frozenset({authority.root}))


def by_certificate(world, chain, *, signer=None, issuer=ISSUER, **changes):
    options = {
        "method_id": "",
        "issuer": issuer,
        "signer": signer or world.issue_key,
        "vct": world.type.vct,
        "signed_at": world.ledger.now,
        "disclosable": [("name",)],
        "salt": world.salt,
        "holder": world.phone.public_key,
        "valid_until": world.ledger.now + 10**6,
        "certificates": chain,
    }
    text = issue_sd_jwt({"name": CLAIMS["name"]}, **(options | changes))
    return bind_key(text, signer=world.phone, nonce=NONCE, audience=world.challenge.audience, created=world.ledger.now)


def test_a_chain_to_an_anchor_is_accepted_and_says_so(world, authority):
    for san in ([x509.UniformResourceIdentifier(ISSUER)], [x509.DNSName("issuer.example")]):
        report = world.verify(
            by_certificate(world, authority.chain(world.issue_key, san=san)), policy=policy_for(authority)
        )
        assert report.verdict is Verdict.ACCEPTED, report.reason
        assert outcome_of(report, 2) == ("ok", "policy-trusts-anchor")
        assert outcome_of(report, 5) == ("ok", "policy-trusts-anchor")


def test_without_anchors_no_certificate_counts(world, authority):
    report = world.verify(by_certificate(world, authority.chain(world.issue_key)))
    assert outcome_of(report, 1) == ("failed", "algorithm-not-allowed")


def test_a_did_may_bring_its_certificate_beside_its_kid(world, authority):
    text = world.issue(certificates=authority.chain(world.issue_key))
    for _ in range(2):
        report = world.verify(world.present(text), policy=policy_for(authority))
        assert report.verdict is Verdict.ACCEPTED, report.reason
        assert outcome_of(report, 5) == ("ok", "ok")
    assert outcome_of(world.verify(world.present(text)), 1) == ("failed", "algorithm-not-allowed")


def test_a_certificate_for_another_key_than_the_dids(authority):
    """Known good standing of the issuer must not spare the comparison."""
    world = World(keep_s=1e9)
    policy = policy_for(authority)
    assert world.verify(world.present(world.issue()), policy=policy).verdict is Verdict.ACCEPTED
    text = world.issue(certificates=authority.chain(world.thief))
    assert outcome_of(world.verify(world.present(text), policy=policy), 2) == (
        "failed", "invalid-verification-method")  # fmt: skip


def test_another_authority_of_the_same_name(world, authority):
    other = Authority(world.ledger.now)
    report = world.verify(by_certificate(world, other.chain(world.issue_key)), policy=policy_for(authority))
    assert outcome_of(report, 2) == ("failed", "issuer-not-accredited")


def test_chains_that_are_none(world, authority):
    leaf, middle = authority.chain(world.issue_key)
    thief = world.thief
    middle_key, now = authority.middle_key, authority.now
    short = authority.certify("short", middle_key.public_key(), issuer="root", key=authority.root_key, ca=True, path=0)
    below = authority.certify("middle", middle_key.public_key(), issuer="short", key=middle_key, ca=True)
    for chain, code in (
        ([leaf], "issuer-not-accredited"),
        ([middle, leaf], "issuer-not-accredited"),
        ([leaf, middle, authority.root], "issuer-not-accredited"),
        ([authority.leaf(world.issue_key, key=thief.private_key), middle], "issuer-not-accredited"),
        ([authority.leaf(world.issue_key, ca=True), middle], "issuer-not-accredited"),
        ([authority.leaf(world.issue_key, usage=False), middle], "issuer-not-accredited"),
        ([authority.leaf(world.issue_key, san=[x509.DNSName("evil.example")]), middle], "issuer-not-accredited"),
        ([authority.leaf(world.issue_key, san=()), middle], "issuer-not-accredited"),
        ([authority.leaf(world.issue_key, end=now - DAY), middle], "outside-validity"),
        ([authority.leaf(world.issue_key, start=now + DAY), middle], "outside-validity"),
        ([authority.leaf(world.issue_key, issuer="leaf", key=world.issue_key.private_key), leaf, middle],
         "issuer-not-accredited"),
        ([leaf, below, short], "issuer-not-accredited"),
        ([b"\x30\x03abc"], "malformed-value"),
    ):  # fmt: skip
        report = world.verify(by_certificate(world, chain), policy=policy_for(authority))
        assert report.verdict is Verdict.REJECTED
        assert outcome_of(report, 2) == ("failed", code), chain


def test_a_thief_with_somebody_elses_certificate(world, authority):
    text = by_certificate(world, authority.chain(world.issue_key), signer=world.thief)
    assert outcome_of(world.verify(text, policy=policy_for(authority)), 3) == ("failed", "proof-invalid")


def test_a_certificate_alone_never_speaks_for_a_did(world, authority):
    san = [x509.UniformResourceIdentifier(world.agency)]
    text = by_certificate(world, authority.chain(world.thief, san=san), signer=world.thief, issuer=world.agency)
    assert outcome_of(world.verify(text, policy=policy_for(authority)), 2) == ("failed", "issuer-not-accredited")


def test_too_many_certificates(world, authority):
    leaf, middle = authority.chain(world.issue_key)
    report = world.verify(by_certificate(world, [leaf, *[middle] * 4]), policy=policy_for(authority))
    assert outcome_of(report, 1) == ("failed", "malformed-value")
