"""Both sides of the table: our small state on a simulated ledger, and the processes that speak for other people's.

- An office is an issuer of ours with one key; there is one for each curve, accredited for every type used here.
- "We verify" is the whole plan with that ledger, at the present moment. "They verify" gets our DID documents and
  contexts handed in: nobody fetches anything.
"""

import base64
import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from registry_client.core.contexts import PINNED
from registry_client.core.curves import Curve
from registry_client.core.policy import Policy
from registry_client.core.report import Report
from registry_client.core.status_lists.bitstring import build_bitstring_list
from registry_client.core.status_lists.snapshot import PURPOSES, Snapshot
from registry_client.data import pinned_context
from tests.interop.peers import ROOT, Peer, started
from tests.simulators.signer import memory_signer
from tests.simulators.world import HOST, World

ALGORITHMS = frozenset({"ES256", "ES384", "ES256K", "Ed25519"})
PRESENTED = Policy(algorithms=ALGORITHMS)
UNBOUND = Policy(algorithms=ALGORITHMS, possession="never")
SHOWN = ("name", "institutionCode", "institutionName", "department", "photoDigest")


def private_jwk(signer: Any) -> dict[str, str]:
    """A test key, whole: for the other side to sign with."""
    jwk, key = dict(signer.public_key.to_jwk()), signer.private_key
    if signer.public_key.curve is Curve.ED25519:
        secret = key.private_bytes_raw()
    else:
        secret = key.private_numbers().private_value.to_bytes(signer.public_key.curve.coordinate_bytes, "big")
    return {**jwk, "d": base64.urlsafe_b64encode(secret).rstrip(b"=").decode()}


@dataclass(frozen=True, slots=True)
class Office:
    """An issuer of ours with one key."""

    did: str
    signer: Any
    list_id: bytes

    @property
    def method_id(self) -> str:
        return f"{self.did}#issue-1"

    @property
    def status_method(self) -> str:
        return f"{self.did}#status-1"

    @property
    def jwk(self) -> dict[str, str]:
        return dict(self.signer.public_key.to_jwk())

    @property
    def private_jwk(self) -> dict[str, str]:
        return private_jwk(self.signer)


@dataclass(slots=True)
class Parties:
    """Everybody."""

    node: Peer
    python: Peer
    world: World
    offices: dict[Curve, Office] = field(default_factory=dict)

    def __post_init__(self) -> None:
        world = self.world
        for curve in Curve:
            signer = memory_signer(f"office {curve.value}", curve)
            did = world.ledger.organisation(f"office {curve.value}", world.methods(signer))
            for kind in (world.type, world.organisation_type):
                world.ledger.accredit(did, kind.type_id, grantor=world.ministry)
            self.offices[curve] = Office(did, signer, world.ledger.open_list(did))

    @property
    def gate(self) -> Any:
        """The gate's key, under its `#auth-1`."""
        return memory_signer("gate")

    @property
    def now(self) -> int:
        """Unix seconds: theirs look at the clock, so ours does."""
        return int(time.time())

    @property
    def contexts(self) -> dict[str, Any]:
        """Every context of ours and every one that is pinned, by URL."""
        kind = self.world.organisation_type
        return {kind.context_url: kind.context, **{url: json.loads(pinned_context(url)) for url in PINNED}}

    @property
    def documents(self) -> dict[str, Any]:
        """What a loader of theirs may load: contexts, our DID documents, and their keys by DID URL."""
        found = self.contexts
        for did in (*(office.did for office in self.offices.values()), self.world.gate):
            document = self.did_document(did)
            found[did] = document
            for entry in document["verificationMethod"]:
                found[entry["id"]] = {"@context": document["@context"], **entry}
        for office in self.offices.values():
            found |= self.bitstrings(office)
        return found

    def bitstrings(self, office: Office) -> dict[str, Any]:
        """The office's two published bitstrings, by URL."""
        options = {"host": HOST, "signer": self.world.status_key, "method_id": office.status_method, "now": self.now}
        lists = [build_bitstring_list(self.snapshot(office), purpose, **options) for purpose in PURPOSES]
        return {entry["id"]: entry for entry in lists}

    def did_document(self, did: str) -> dict[str, Any]:
        """The DID document as it stands on the ledger."""
        return dict(json.loads(self.world.ledger.final.dids[self.world.ledger.id_of(did)][-1].document))

    def snapshot(self, office: Office) -> Snapshot:
        """The office's list as the ledger has it now."""
        words = bytes(self.world.ledger.final.lists[office.list_id][1])
        return Snapshot(office.list_id, office.did, 1, words)

    def verify(self, source: Any, *, policy: Policy = PRESENTED, **options: Any) -> Report:
        """Judge now what somebody presented to our gate."""
        if policy.possession != "never":
            options.setdefault("challenge", self.world.challenge)
        return self.world.verifier.verify(source, policy=policy, as_of=datetime.fromtimestamp(self.now, UTC), **options)


@contextlib.contextmanager
def parties(logs: Path) -> Iterator[Parties]:
    """Start theirs, make ours."""
    javascript = ["node", str(ROOT / "tests/interop/js/worker.mjs")]
    python = [str(ROOT / ".venv-interop/bin/python"), "-I", str(ROOT / "tests/interop/py/worker.py")]
    with started(javascript, logs / "node.log") as node, started(python, logs / "python.log") as other:
        yield Parties(node, other, World(start=int(time.time()) - 60))
