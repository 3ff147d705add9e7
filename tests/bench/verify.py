"""Verification in raw signature checks: how many plain ES256 verifications one credential costs, ours and the rivals'.

- Everybody verifies the same presentations, each bound to another phone, so that no cache of holder keys helps anybody.
- Contenders take turns within one round, and a ratio is taken within its round: the machine's mood cancels out.
- `envelope` is what the rivals do: parse, verify, check the binding. `whole` adds accreditation, status, schema,
  service and a report with nine steps, the ledger's facts being known already. Time is this thread's CPU time.
"""

import gc
import json
import statistics
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import cycle
from time import thread_time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from registry_client.core.canonical import canonicalize
from registry_client.core.credential import Format
from registry_client.core.curves import to_der
from registry_client.core.jose import verify_signature
from registry_client.core.keys import PublicKey
from registry_client.core.policy import Policy
from registry_client.core.presentation import parse_presentation, require_bounds
from registry_client.core.report import Verdict
from registry_client.verifier import Verifier
from tests.bench.report import Table, figure, spread
from tests.simulators.ledger import NoTransport
from tests.simulators.signer import memory_signer
from tests.simulators.world import World

PRESENTATIONS = 4_500
"""More than the 4,096 keys that our own cache holds."""
ROUNDS, SLICE = 15, 150
SHOWN = ("name", "institutionCode", "institutionName", "department", "photoDigest")
FORMATS = frozenset(Format)
ES256 = frozenset({"ES256"})

Contender = Callable[[str], object]


class Bench:
    """The presentations, and everybody who verifies them."""

    def __init__(self) -> None:
        self.world = World()
        now = self.world.ledger.now
        self.when = datetime.fromtimestamp(now, UTC)
        self.policy, self.document_policy = Policy(), Policy(possession="never")
        self.verifier = Verifier(self.world.ledger, NoTransport(), keep_s=1e9)
        self.key = self.world.issue_key.public_key
        self.sd_jwts = [self._sd_jwt(number) for number in range(PRESENTATIONS)]
        self.documents = [
            canonicalize(self.world.issue_document(index=number)).decode() for number in range(PRESENTATIONS)
        ]

        self.jwts = [self.world.issue_jwt(index=number) for number in range(PRESENTATIONS)]

    def _sd_jwt(self, number: int) -> str:
        phone = memory_signer(f"phone-{number}")
        text = self.world.issue(index=number, holder=phone.public_key, subject=None)
        return self.world.present(text, show=SHOWN, signer=phone)

    def raw(self) -> Contender:
        credential = parse_presentation(require_bounds(self.sd_jwts[0]), formats=FORMATS).credential
        key = self.world.issue_key.private_key.public_key()
        der, signed, algorithm = to_der(credential.signature), credential.signed, ec.ECDSA(hashes.SHA256())
        return lambda _: key.verify(der, signed, algorithm)  # type: ignore[union-attr, call-arg]

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

    def document_whole(self, text: str) -> None:
        report = self.verifier.verify(text, policy=self.document_policy, as_of=self.when)
        if report.verdict is not Verdict.ACCEPTED:
            raise AssertionError(report.reason)

    def rival_jose(self) -> Iterator[tuple[str, list[str], Contender]]:
        """Verify a vc+jwt as a plain JWS with joserfc, where it is installed."""
        try:
            from joserfc import jws
            from joserfc.jwk import ECKey
        except ImportError:
            return
        key = ECKey.import_key(dict(self.key.to_jwk()))
        yield (
            "joserfc, vc+jwt ES256 (signature only)",
            self.jwts,
            lambda text: json.loads(jws.deserialize_compact(text, key, ["ES256"]).payload),
        )

    def rivals(self) -> Iterator[tuple[str, list[str], Contender]]:
        """Those that are installed: (name, what they verify, how)."""
        jwk = self.key.to_jwk()
        challenge = self.world.challenge
        try:
            from jwcrypto.jwk import JWK  # type: ignore[import-not-found]
            from sd_jwt.verifier import SDJWTVerifier  # type: ignore[import-not-found]
        except ImportError:
            pass
        else:
            issuer = JWK(**jwk)

            def by_sd_jwt(text: str) -> object:
                return SDJWTVerifier(
                    text, lambda *_: issuer, challenge.audience, challenge.nonce
                ).get_verified_payload()

            yield "sd-jwt 0.10.4, SD-JWT VC + KB", self.sd_jwts, by_sd_jwt
        try:
            from openvc.proof.di_jcs import EcdsaJcsProofSuite  # type: ignore[import-not-found]
            from openvc.proof.sd_jwt import SdJwtVcProofSuite  # type: ignore[import-not-found]
        except ImportError:
            return
        selective, document = SdJwtVcProofSuite(), EcdsaJcsProofSuite()

        def by_openvc(text: str) -> object:
            return selective.verify(
                text,
                public_key_jwk=jwk,
                audience=challenge.audience,
                nonce=challenge.nonce,
                require_key_binding=True,
                check_temporal=False,
                now=self.when,
            )

        yield "openvc-core, SD-JWT VC + KB", self.sd_jwts, by_openvc
        yield (
            "openvc-core, Data Integrity ecdsa-jcs-2019",
            self.documents,
            lambda text: document.verify(json.loads(text), public_key_jwk=jwk, now=self.when, check_temporal=False),
        )


def measure() -> Table:
    """Time everybody in turn."""
    bench = Bench()
    contenders: list[tuple[str, list[str], Contender]] = [
        ("one ES256 check (cryptography)", bench.sd_jwts, bench.raw()),
        ("ours, SD-JWT VC + KB, envelope", bench.sd_jwts, bench.sd_jwt_envelope),
        ("ours, SD-JWT VC + KB, whole", bench.sd_jwts, bench.sd_jwt_whole),
        ("ours, Data Integrity ecdsa-jcs-2019, envelope", bench.documents, bench.document_envelope),
        ("ours, Data Integrity ecdsa-jcs-2019, whole", bench.documents, bench.document_whole),
        ("ours, vc+jwt ES256, envelope", bench.jwts, bench.document_envelope),
        ("ours, vc+jwt ES256, whole", bench.jwts, bench.document_whole),
        *bench.rival_jose(),
        *bench.rivals(),
    ]
    supplies = [cycle(sources) for _, sources, _ in contenders]
    times: list[list[float]] = [[] for _ in contenders]
    gc.collect()
    gc.freeze()
    for turn in range(ROUNDS + 1):
        for place, (_, _, verify) in enumerate(contenders):
            batch = [next(supplies[place]) for _ in range(SLICE)]
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
        for place in (1, 3, 5)
    ]
    return Table(
        title="Verifying a credential",
        columns=("who and what", "x one ES256 check (middle half)", "µs", "a second"),
        rows=tuple(rows),
        notes=(
            f"{ROUNDS} rounds of {SLICE} each, in turn, CPU time; {len(SHOWN)} of 10 claims shown.",
            f"{PRESENTATIONS:,} presentations, each bound to another key; garbage collector on.",
            f"Ledger facts and the report add {' / '.join(figure(one) for one in added)} µs (SD-JWT / DI / vc+jwt).",
        ),
    )


if __name__ == "__main__":
    print(measure().text())
