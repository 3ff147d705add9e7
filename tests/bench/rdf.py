"""RDF suites: our whole signature check of a credential, beside pyld that only normalises the same document.

- Ours parses, checks that nothing is lost, canonicalises document and proof, and verifies the signature. pyld alone is
  handed the parsed document without its proof, and its contexts from memory.
- Proofs are of sixty seconds, as of a batch being issued: what belongs to one second is canonicalised once.
"""

import gc
import json
import statistics
from collections.abc import Callable
from time import thread_time
from typing import Any

from pyld import jsonld

from registry_client.core.canonical import canonicalize
from registry_client.core.credential import Format
from registry_client.core.curves import Curve
from registry_client.core.formats.data_integrity import issue_data_integrity
from registry_client.core.keys import PublicKey
from registry_client.core.presentation import parse_presentation, require_bounds
from registry_client.plan.rdf import pinned_contexts
from tests.bench.report import Table, figure, spread
from tests.simulators.signer import memory_signer
from tests.simulators.world import World

CREDENTIALS, SECONDS = 240, 60
ROUNDS, SLICE = 15, 16
FORMATS = frozenset(Format)
SUITES = {"ecdsa-rdfc-2019": Curve.P256, "eddsa-rdfc-2022": Curve.ED25519}


class Bench:
    """Credentials by each suite, and the contexts that they use."""

    def __init__(self) -> None:
        self.world = World()
        kind = self.world.organisation_type
        self.contexts = {**pinned_contexts(), kind.context_url: kind.context or {}}
        self.known = {
            url: {"contextUrl": None, "documentUrl": url, "document": content} for url, content in self.contexts.items()
        }

    def credentials(self, suite: str) -> tuple[list[str], PublicKey]:
        signer = memory_signer("rdf", SUITES[suite])
        texts = []
        for number in range(CREDENTIALS):
            credential = issue_data_integrity(
                self.world.document(index=number),
                signer=signer,
                method_id=self.world.method_id,
                signed_at=self.world.ledger.now + number * SECONDS // CREDENTIALS,
                suite=suite,
                contexts=self.contexts,
            )
            texts.append(canonicalize(credential).decode())
        return texts, signer.public_key

    def ours(self, key: PublicKey) -> Callable[[str], object]:
        def verify(text: str) -> None:
            credential, _ = parse_presentation(require_bounds(text), formats=FORMATS)
            if credential.rdf is None:
                raise AssertionError
            key.verify(credential.signature, credential.rdf.signed_bytes(self.contexts))

        return verify

    def pyld(self, document: dict[str, Any]) -> None:
        jsonld.normalize(
            document,
            {
                "algorithm": "URDNA2015",
                "format": "application/n-quads",
                "documentLoader": lambda url, _: self.known[url],
            },
        )


def measure() -> Table:
    """Time everybody in turn."""
    bench = Bench()
    texts, key = bench.credentials("ecdsa-rdfc-2019")
    edwards, edwards_key = bench.credentials("eddsa-rdfc-2022")
    parsed = [json.loads(text) for text in texts]
    plain = [{name: value for name, value in document.items() if name != "proof"} for document in parsed]
    contenders: list[tuple[str, list[Any], Callable[[Any], object]]] = [
        ("pyld 3 alone, normalising the document", plain, bench.pyld),
        ("ours, Data Integrity ecdsa-rdfc-2019", texts, bench.ours(key)),
        ("ours, Data Integrity eddsa-rdfc-2022", edwards, bench.ours(edwards_key)),
    ]
    times: list[list[float]] = [[] for _ in contenders]
    gc.collect()
    gc.freeze()
    for turn in range(ROUNDS + 1):
        for place, (_, sources, verify) in enumerate(contenders):
            start = turn * SLICE % CREDENTIALS
            started = thread_time()
            for source in sources[start : start + SLICE]:
                verify(source)
            if turn:  # the first round only warms up
                times[place].append((thread_time() - started) / SLICE * 1e6)
    gc.unfreeze()
    rows = []
    for (name, _, _), own in zip(contenders, times, strict=True):
        ratios = [mine / base for mine, base in zip(own, times[0], strict=True)]
        rows.append((name, spread(ratios), figure(statistics.median(own)), f"{1e6 / statistics.median(own):,.0f}"))
    return Table(
        title="RDF suites",
        columns=("who and what", "x pyld alone (middle half)", "µs", "a second"),
        rows=tuple(rows),
        notes=(
            f"{ROUNDS} rounds of {SLICE} credentials each, in turn, CPU time; proofs of {SECONDS} seconds.",
            "Ours: parsing, refusal of what RDF would lose, document and proof, and the signature.",
        ),
    )


if __name__ == "__main__":
    print(measure().text())
