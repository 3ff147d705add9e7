"""Resolve a DID straight from the chain after 1, 10, 100 and 1000 changes, ours beside did:ethr, in one run.

- One anvil, two registries. Each change is in a block of its own.
- Ours: `registry_client` with an `rpc_url` profile: digest checked, nothing cached between two resolutions.
- Theirs: npm ethr-did-resolver 11.1.3 with the provider tuned (see rival/resolve.mjs).
- In turn: a round resolves every DID with both, so that a busy moment of the machine falls on both.
"""

import base64
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from registry_client import Registry as Client
from registry_client.adapters.transport import Endpoints, HttpTransport
from registry_client.core.did import format_did
from registry_client.flows import Request, Response
from registry_client.profile import Profile
from registry_client.resolver import Resolution
from tests.bench import rival
from tests.bench.report import Table, figure, spread
from tests.support.anvil import anvil
from tests.support.chain import Registry, did_id, found, salt_of
from tests.support.keys import P256Key

CHANGES = (1, 10, 100, 1000)
ROUNDS = 5
OURS_PER_ROUND = 40
THEIRS_PER_ROUND = {1: 20, 10: 10, 100: 3, 1000: 1}
ORGANISATION = 1
DOCUMENT_BYTES = 600
"""A usual size: one key and one service are about this long."""


@dataclass(slots=True)
class Series:
    """Milliseconds of both sides after a number of changes, and the HTTP requests of one resolution."""

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    our_requests: int = 0
    their_requests: int = 0


class CountingTransport(HttpTransport):
    """The client's own transport, which also counts."""

    requests = 0

    def send(self, request: Request) -> Response:
        """Send as always."""
        self.requests += 1
        return super().send(request)


def did_after(registry: Registry, changes: int) -> str:
    """Create an organisation and update it until it has had `changes` changes; returns the DID."""
    key, endorser = P256Key(f"controller after {changes}"), P256Key("bench endorser")
    salt = salt_of(f"bench {changes}")
    identifier = did_id(ORGANISATION, key.controller, salt)
    did = format_did(registry.deployment.network, identifier)
    registry.submit(
        "CreateOrganisation",
        {"controller": key.controller, "salt": salt, "agency": sponsor(registry), "document": document(did, 1)},
        key,
        endorser,
    )
    for version in range(2, changes + 1):
        change = {"id": identifier, "expectedVersion": version - 1, "document": document(did, version)}
        registry.submit("UpdateDocument", change, key)
    return did


def sponsor(registry: Registry) -> bytes:
    """Admit, once, an agency whose first endorser is the bench's; its id is all that is needed of it."""
    agency = did_id(ORGANISATION, P256Key("bench agency").controller, salt_of("bench agency"))
    if not registry.view("Roles", "isAdmitted", agency):
        registry.decide("Admit", agency, P256Key("bench endorser").controller, registry.now() + 365 * 86_400)
    return agency


def document(did: str, version: int) -> bytes:
    """A DID document with one key and one service, RFC 8785 bytes, of DOCUMENT_BYTES or a little more."""
    key = P256Key("bench issuing key").public_key
    x, y = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (key[:32], key[32:]))
    endpoint = f"https://agency.invalid/{version:04}"
    value = {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
        "assertionMethod": [f"{did}#issue-1"],
        "id": did,
        "service": [{"id": f"{did}#web", "serviceEndpoint": endpoint, "type": "LinkedDomains"}],
        "verificationMethod": [
            {
                "controller": did,
                "id": f"{did}#issue-1",
                "publicKeyJwk": {"crv": "P-256", "kty": "EC", "x": x, "y": y},
                "type": "JsonWebKey",
            }
        ],
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def profile_of(registry: Registry) -> Profile:
    """A profile that reads the chain itself."""
    deployment = registry.deployment
    return Profile(
        network=deployment.network,
        chain_id=deployment.chain_id,
        genesis_hash=bytes.fromhex(deployment.genesis_hash.removeprefix("0x")),
        directory=bytes.fromhex(deployment.directory.removeprefix("0x")),
        code_hash=bytes.fromhex(deployment.code_hash.removeprefix("0x")),
        rpc_url=registry.ledger.url,
    )


def timed(resolve: Callable[[], object], runs: int) -> list[float]:
    """Milliseconds of each run."""
    figures = []
    for _ in range(runs):
        started = time.perf_counter()
        resolve()
        figures.append((time.perf_counter() - started) * 1000)
    return figures


def measure(*, changes: tuple[int, ...] = CHANGES, rounds: int = ROUNDS) -> Table:
    """Run everything; takes about two minutes, most of it the rival's thousand changes."""
    rival.install()
    with anvil() as ledger, rival.ethr(ledger) as ethr:
        registry = found(ledger)
        print("resolve: making the changes, each in its own block ...", file=sys.stderr, flush=True)
        ours = {count: did_after(registry, count) for count in changes}
        theirs = {count: ethr.did_after(count) for count in changes}
        series = {count: Series() for count in changes}
        with CountingTransport(Endpoints(rpc_url=ledger.url)) as transport:
            client = Client(profile_of(registry), transport=transport)
            client.head()
            for count in changes:
                transport.requests = 0
                check_ours(client.resolve(ours[count]), count)
                series[count].our_requests = transport.requests
                timing = ethr.resolve(theirs[count], runs=1)
                check_theirs(timing, count)
                series[count].their_requests = timing.requests
            for number in range(rounds):
                print(f"resolve: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
                for count in changes:
                    did = ours[count]
                    series[count].ours += timed(lambda did=did: client.resolve(did), OURS_PER_ROUND)
                    series[count].theirs += ethr.resolve(theirs[count], runs=THEIRS_PER_ROUND.get(count, 3)).ms
    return table_of(series)


def check_ours(resolution: Resolution, count: int) -> None:
    """Refuse to time a wrong answer."""
    if resolution.document is None or resolution.metadata["versionId"] != str(count):
        raise RuntimeError(f"ours answered {resolution.metadata} after {count} changes")


def check_theirs(timing: rival.Timing, count: int) -> None:
    """Refuse to time a wrong answer: the key that was set must be in the document, and a last change known."""
    if timing.version is None or timing.methods != 2:
        raise RuntimeError(f"the rival answered {timing} after {count} changes")


def table_of(series: dict[int, Series]) -> Table:
    """Medians and their ratio."""
    first = statistics.median(series[min(series)].ours)
    rows = []
    for count, figures in series.items():
        mine, other = statistics.median(figures.ours), statistics.median(figures.theirs)
        asked = f"{figures.our_requests} / {figures.their_requests:,}"
        ratios = (figure(other / mine), figure(mine / first))
        rows.append((f"{count:,}", spread(figures.ours), spread(figures.theirs), asked, *ratios))
    return Table(
        title="Resolve straight from the chain",
        columns=(
            "changes",
            "ours, ms",
            "ethr-did-resolver, ms",
            "requests, ours / theirs",
            "theirs / ours",
            "ours / ours after 1",
        ),
        rows=tuple(rows),
        notes=(
            "Median, and in brackets the middle half. One resolution after the other, over loopback, one anvil.",
            "Ours makes two JSON-RPC requests, one after the other, and checks the history digest.",
            "Theirs asks once for each block with a change. Its provider is tuned: no 10 ms wait to gather calls.",
            "A change of theirs renews an attribute of 33 bytes; one of ours anchors a document of about 600 bytes.",
        ),
    )


if __name__ == "__main__":
    print(measure().text())
