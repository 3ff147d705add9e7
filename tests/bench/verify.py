"""Verification in raw signature checks: how many plain ES256 verifications one credential costs, ours and the rivals'.

- Everybody verifies the same presentations, each bound to another phone, so that no cache of holder keys helps anybody.
- Contenders take turns within one round, and a ratio is taken within its round: the machine's mood cancels out.
- `envelope` is what the rivals do: parse, verify, check the binding. `whole` adds accreditation, status, schema,
  service and a report with nine steps, the ledger's facts being known already. Time is this thread's CPU time.
"""

import base64
import gc
import hashlib
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle
from time import thread_time

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from registry_client.adapters.signer_local import LocalSigner
from registry_client.core.canonical import canonicalize
from registry_client.core.credential import Format
from registry_client.core.curves import Curve, to_der
from registry_client.core.jose import verify_signature
from registry_client.core.keys import PublicKey
from registry_client.core.policy import Policy
from registry_client.core.presentation import parse_presentation, require_bounds
from registry_client.core.report import Verdict
from registry_client.verifier import Verifier
from tests.bench.report import Table, figure, spread
from tests.bench.rivals import rivals
from tests.simulators.ledger import NoTransport, method
from tests.simulators.signer import memory_signer
from tests.simulators.world import World

PRESENTATIONS = 4_500
"""More than the 4,096 keys that our own cache holds."""
ROUNDS, SLICE = 15, 150
SHOWN = ("name", "institutionCode", "institutionName", "department", "photoDigest")
DECOYS = 3
"""With the ten claims thirteen digests."""
FORMATS = frozenset(Format)
ES256 = frozenset({"ES256"})
ED25519 = frozenset({"Ed25519"})
SHA256 = ec.ECDSA(hashes.SHA256())

Contender = Callable[[str], object]


def urlsafe(text: str) -> bytes:
    """The standard library's base64, lenient."""
    return base64.urlsafe_b64decode(text + "==")


class TwoKeys(World):
    """A World whose agency signs with Ed25519 as well."""

    def methods(self, issue_key: LocalSigner, fragment: str = "issue-1") -> list[dict[str, object]]:
        """The agency's methods, and one more."""
        self.edwards_key = memory_signer("issue-ed", Curve.ED25519)
        return [*super().methods(issue_key, fragment), method("issue-ed", self.edwards_key)]


class Bench:
    """The presentations, and all of our ways to verify them."""

    def __init__(self) -> None:
        self.world = TwoKeys()
        now = self.world.ledger.now
        self.when = datetime.fromtimestamp(now, UTC)
        self.policy, self.document_policy = Policy(), Policy(possession="never")
        self.edwards_policy = Policy(possession="never", algorithms=ED25519)
        self.verifier = Verifier(self.world.ledger, NoTransport(), keep_s=1e9)
        self.key = self.world.issue_key.public_key
        self.sd_jwts = [self._sd_jwt(number) for number in range(PRESENTATIONS)]
        self.documents = [
            canonicalize(self.world.issue_document(index=number)).decode() for number in range(PRESENTATIONS)
        ]
        self.edwards = [
            canonicalize(
                self.world.issue_document(
                    index=number, signer=self.world.edwards_key, method_id=f"{self.world.agency}#issue-ed"
                )
            ).decode()
            for number in range(PRESENTATIONS)
        ]
        self.jwts = [self.world.issue_jwt(index=number) for number in range(PRESENTATIONS)]

    def _sd_jwt(self, number: int) -> str:
        phone = memory_signer(f"phone-{number}")
        text = self.world.issue(index=number, holder=phone.public_key, subject=None, decoys=DECOYS)
        return self.world.present(text, show=SHOWN, signer=phone)

    def raw(self) -> Contender:
        credential = parse_presentation(require_bounds(self.sd_jwts[0]), formats=FORMATS).credential
        key = self.world.issue_key.private_key.public_key()
        der, signed, algorithm = to_der(credential.signature), credential.signed, ec.ECDSA(hashes.SHA256())
        return lambda _: key.verify(der, signed, algorithm)  # type: ignore[union-attr, call-arg]

    def floor_jwt(self) -> Contender:
        """What no strict reader of a vc+jwt can leave out: base64, JSON read and written once, one check; all C."""
        check = self.raw()

        def verify(text: str) -> None:
            _, body, tail = text.split(".")
            read = urlsafe(body)
            if orjson.dumps(orjson.loads(read)) != read or len(urlsafe(tail)) != 64:
                raise AssertionError
            check(text)

        return verify

    def floor_sd_jwt(self) -> Contender:
        """The same of an SD-JWT with key binding: seven parts, their digests, a key nobody saw before, two checks."""
        check = self.raw()

        def verify(text: str) -> None:
            token, *disclosures, binding = text.split("~")
            payload = orjson.loads(urlsafe(token.split(".")[1]))
            for part in disclosures:
                orjson.loads(urlsafe(part))
                hashlib.sha256(part.encode()).digest()
            orjson.loads(urlsafe(binding.split(".")[1]))
            jwk = payload["cnf"]["jwk"]
            point = b"\x04" + urlsafe(jwk["x"]) + urlsafe(jwk["y"])
            phone = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
            signed, _, signature = binding.rpartition(".")
            phone.verify(to_der(urlsafe(signature)), signed.encode(), SHA256)
            check(text)

        return verify

    def sd_jwt_envelope(self, text: str) -> None:
        credential, proof = parse_presentation(require_bounds(text), formats=FORMATS)
        verify_signature(
            self.key,
            algorithm=credential.algorithm,
            signature=credential.signature,
            signed=credential.signed,
            allowed=ES256,
        )
        if (
            proof is None
            or credential.holder_jwk is None
            or not proof.covers
            or proof.nonce != self.world.challenge.nonce
        ):
            raise AssertionError
        holder = PublicKey.from_jwk(credential.holder_jwk)
        verify_signature(
            holder, algorithm=proof.algorithm, signature=proof.signature, signed=proof.signed, allowed=ES256
        )

    def sd_jwt_whole(self, text: str) -> None:
        report = self.verifier.verify(
            text, policy=self.policy, as_of=self.when, challenge=self.world.challenge, service="GATE-01"
        )
        if report.verdict is not Verdict.ACCEPTED:
            raise AssertionError(report.reason)

    def document_envelope(self, text: str) -> None:
        credential, _ = parse_presentation(require_bounds(text), formats=FORMATS)
        verify_signature(
            self.key,
            algorithm=credential.algorithm,
            signature=credential.signature,
            signed=credential.signed,
            allowed=ES256,
        )

    def edwards_envelope(self, text: str) -> None:
        credential, _ = parse_presentation(require_bounds(text), formats=FORMATS)
        verify_signature(
            self.world.edwards_key.public_key,
            algorithm=credential.algorithm,
            signature=credential.signature,
            signed=credential.signed,
            allowed=ED25519,
        )

    def edwards_whole(self, text: str) -> None:
        report = self.verifier.verify(text, policy=self.edwards_policy, as_of=self.when)
        if report.verdict is not Verdict.ACCEPTED:
            raise AssertionError(report.reason)

    def document_whole(self, text: str) -> None:
        report = self.verifier.verify(text, policy=self.document_policy, as_of=self.when)
        if report.verdict is not Verdict.ACCEPTED:
            raise AssertionError(report.reason)


def measure() -> Table:
    """Time everybody in turn."""
    bench = Bench()
    contenders: list[tuple[str, list[str], Contender]] = [
        ("one ES256 check (cryptography)", bench.sd_jwts, bench.raw()),
        ("floor in C alone, SD-JWT VC + KB", bench.sd_jwts, bench.floor_sd_jwt()),
        ("floor in C alone, vc+jwt ES256", bench.jwts, bench.floor_jwt()),
        ("ours, SD-JWT VC + KB, envelope", bench.sd_jwts, bench.sd_jwt_envelope),
        ("ours, SD-JWT VC + KB, whole", bench.sd_jwts, bench.sd_jwt_whole),
        ("ours, Data Integrity ecdsa-jcs-2019, envelope", bench.documents, bench.document_envelope),
        ("ours, Data Integrity ecdsa-jcs-2019, whole", bench.documents, bench.document_whole),
        ("ours, Data Integrity eddsa-jcs-2022, envelope", bench.edwards, bench.edwards_envelope),
        ("ours, Data Integrity eddsa-jcs-2022, whole", bench.edwards, bench.edwards_whole),
        ("ours, vc+jwt ES256, envelope", bench.jwts, bench.document_envelope),
        ("ours, vc+jwt ES256, whole", bench.jwts, bench.document_whole),
        *rivals(
            key=bench.key,
            edwards_key=bench.world.edwards_key.public_key,
            challenge=bench.world.challenge,
            when=bench.when,
            jwts=bench.jwts,
            sd_jwts=bench.sd_jwts,
            documents=bench.documents,
            edwards=bench.edwards,
        ),
    ]
    supplies = [cycle(sources) for _, sources, _ in contenders]
    times: list[list[float]] = [[] for _ in contenders]
    gc.collect()
    gc.freeze()
    for turn in range(ROUNDS + 1):
        for place, (_, _, verify) in enumerate(contenders):
            batch = [next(supplies[place]).encode().decode() for _ in range(SLICE)]  # just received, so near at hand
            started = thread_time()
            for text in batch:
                verify(text)
            if turn:  # the first round only warms up
                times[place].append((thread_time() - started) / SLICE * 1e6)
    gc.unfreeze()
    return _table([name for name, _, _ in contenders], times)


def _table(names: list[str], times: list[list[float]]) -> Table:
    raw = times[0]
    rows = []
    for name, own in zip(names, times, strict=True):
        ratios = [mine / base for mine, base in zip(own, raw, strict=True)]
        rows.append((name, spread(ratios), figure(statistics.median(own)), f"{1e6 / statistics.median(own):,.0f}"))
    added = [
        statistics.median(whole - envelope for whole, envelope in zip(times[place + 1], times[place], strict=True))
        for place in (3, 5, 7, 9)
    ]
    return Table(
        title="Verifying a credential",
        columns=("who and what", "x one ES256 check (middle half)", "µs", "a second"),
        rows=tuple(rows),
        notes=(
            f"{ROUNDS} rounds of {SLICE} each, in turn, CPU time; {len(SHOWN)} of 10 claims shown, 13 digests.",
            f"{PRESENTATIONS:,} presentations, each bound to another key; garbage collector on.",
            "A floor is what C does for a strict reader (base64, JSON, digests, keys, checks), with no rule checked.",
            f"Ledger facts and the report add {' / '.join(map(figure, added))} µs (SD-JWT / DI / DI Ed25519 / vc+jwt).",
        ),
    )


if __name__ == "__main__":
    print(measure().text())
