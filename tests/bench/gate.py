"""A gate: from the text that the camera decoded to a verdict, in raw signature checks.

- Every code is another phone's and is used once, so that no cache of holder keys or codes helps.
- `envelope`: text, base45, CBOR, two signatures. `whole` adds time window, gate group, memory of used codes, issuer,
  accreditation, status, schema, service and a report with nine steps, the ledger's facts being known already.
- Rounds and slices as in verify.py: a ratio is taken within its round. Time is this thread's CPU time.
"""

import gc
import statistics
from datetime import UTC, datetime
from itertools import cycle
from time import thread_time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from registry_client.core.base45 import decode_base45
from registry_client.core.curves import to_der
from registry_client.core.formats.gate_cwt import parse_gate_code
from registry_client.core.jose import verify_signature
from registry_client.core.report import Verdict
from tests.bench.report import Table, figure, spread
from tests.simulators.gate_world import GateWorld
from tests.simulators.signer import memory_signer

ROUNDS, SLICE = 15, 150
CODES = 2 * (ROUNDS + 1) * SLICE
"""Each code is read twice at most: once without our caches, once with them."""
ES256 = frozenset({"ES256"})


class Bench:
    """A building, and a queue of phones."""

    def __init__(self) -> None:
        self.world = GateWorld(keep_s=1e9)
        self.when = datetime.fromtimestamp(self.world.ledger.now, UTC)
        self.codes = [self._code(number) for number in range(CODES)]
        self.key = self.world.issue_key.public_key
        credential = parse_gate_code(self.codes[0]).credential
        self._raw = self.world.issue_key.private_key.public_key()
        self._der, self._signed = to_der(credential.signature), credential.signed
        self._algorithm = ec.ECDSA(hashes.SHA256())
        keys = [memory_signer(f"phone-{number}").public_key.raw for number in range(CODES)]
        self._points = cycle([bytes((2 + (raw[-1] & 1),)) + raw[:32] for raw in keys])

    def _code(self, number: int) -> str:
        phone = memory_signer(f"phone-{number}")
        text = self.world.issue_pass(index=number, holder=phone.public_key, subject=None)
        return self.world.code(text, signer=phone, nonce=number.to_bytes(8, "big"))

    def raw(self, _: str) -> None:
        self._raw.verify(self._der, self._signed, self._algorithm)  # type: ignore[union-attr, call-arg]

    def floor(self, text: str) -> None:
        """What no reader of a code can leave out: base45, a compressed key that nobody saw before, two checks."""
        decode_base45(text[4:])
        point = next(self._points)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        self.raw(text)
        self.raw(text)

    def envelope(self, text: str) -> None:
        credential, proof = parse_gate_code(text)
        if proof is None or credential.holder_key is None:
            raise AssertionError
        for key, part in ((self.key, credential), (credential.holder_key, proof)):
            verify_signature(key, algorithm=part.algorithm, signature=part.signature, signed=part.signed, allowed=ES256)

    def whole(self, text: str) -> None:
        report = self.world.lane.scan(text, as_of=self.when)
        if report.verdict is not Verdict.ACCEPTED:
            raise AssertionError(report.reason)


def measure() -> Table:
    """Time everybody in turn, on the same codes."""
    bench = Bench()
    contenders = (
        ("one ES256 check (cryptography)", bench.raw),
        ("floor: base45, a compressed key, two checks", bench.floor),
        ("gate QR, text to two good signatures", bench.envelope),
        ("gate QR, text to verdict", bench.whole),
    )
    times: list[list[float]] = [[] for _ in contenders]
    gc.collect()
    gc.freeze()
    for turn in range(ROUNDS + 1):
        for place, (_, verify) in enumerate(contenders):
            # the two that keep keys have codes of their own, so that neither finds those of the other warm
            start = turn * SLICE + (CODES // 2 if place == len(contenders) - 1 else 0)
            batch = [
                code.encode().decode() for code in bench.codes[start : start + SLICE]
            ]  # just read, so near at hand
            started = thread_time()
            for text in batch:
                verify(text)
            if turn:  # the first round only warms up
                times[place].append((thread_time() - started) / SLICE * 1e6)
    gc.unfreeze()
    rows = []
    for (name, _), own in zip(contenders, times, strict=True):
        ratios = [mine / base for mine, base in zip(own, times[0], strict=True)]
        rows.append((name, spread(ratios), figure(statistics.median(own)), f"{1e6 / statistics.median(own):,.0f}"))
    return Table(
        title="A code at a gate",
        columns=("what", "x one ES256 check (middle half)", "µs", "a second"),
        rows=tuple(rows),
        notes=(
            f"{ROUNDS} rounds of {SLICE} codes each, in turn, CPU time; each code another phone's, used once.",
            f"A code has {len(bench.codes[0])} characters: two signatures, one compressed key, no library for CBOR.",
        ),
    )


if __name__ == "__main__":
    print(measure().text())
