"""What a country's registry says in its first months, made up: N DIDs and all that happens to them, always the same.

- For each 100 DIDs about 45 further events: issuances, status changes, grants, roles, updates, deactivations.
- An operation's events come in batches of BATCH operations to a transaction, TRANSACTIONS to a block, a block a second.
- Holders share KEYS keys: what a key is matters to nobody here, and making a million would take minutes.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node.services.catalogue import CONTRACTS
from registry_client.core.did import compute_did_id, format_did
from registry_client.core.document_builder import MethodEntry, build_organisation
from registry_client.core.hashing import keccak256, sha256
from registry_client.core.keys import Curve, PublicKey
from tests.simulators.event_encoding import EventEncoder
from tests.simulators.recording import DIFFERENT_CODE, START, NewLog, Recorder, about
from tests.support.keys import P256Key

VERSION = 1
"""Raised whenever the same N would give another recording."""
NETWORK = "bench-1"
BATCH, TRANSACTIONS, KEYS = 25, 4, 256
DIRECTORY = keccak256(b"Directory")[:20]
ADDRESSES = {name: keccak256(name.encode())[:20] for name in CONTRACTS if name != "Directory"}
SAMPLE = 20_000
"""DIDs that are remembered, over the whole history: to be deactivated, marked, resolved."""
YEAR_S = 31_536_000
COUNCIL, NOBODY = bytes(20), bytes(21)
PER_THOUSAND = {  # events for every thousand DIDs
    "issue": 120,
    "status": 200,
    "snapshot": 10,
    "grant": 20,
    "end_grant": 5,
    "role": 15,
    "update": 30,
    "deactivate": 30,
    "compromise": 10,
    "organisation": 5,
}


@dataclass
class Agency:
    """An organisation that issues."""

    id: bytes
    controller: bytes
    version: int
    digest: bytes
    block: int
    issued: int = 0
    grants: int = 0
    ended: int = 0
    changes: dict[bytes, int] = field(default_factory=dict)
    """Its status lists, and how often each has changed."""
    snapshots: dict[bytes, int] = field(default_factory=dict)


class History:
    """Makes the events up and has them recorded."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder, self._dice = recorder, random.Random(VERSION)
        self._encoder = EventEncoder({**ADDRESSES, "Directory": DIRECTORY})
        self._waiting: list[NewLog] = []
        self._agencies: list[Agency] = []
        self._sample: list[tuple[bytes, bytes, bytes, int]] = []
        self._keys = [PublicKey(Curve.P256, P256Key(f"holder {n}").public_key) for n in range(KEYS)]
        self._made, self._nonces = 0, 0
        self._types: list[bytes] = []

    @property
    def _block(self) -> int:
        """The number of the block that what is said now will be in."""
        return self._recorder.number + 1

    def _say(self, event: str, *values: Any) -> None:
        """Log an event with its values in the order of its parameters."""
        self._waiting.append(self._encoder.log(event, values))
        if len(self._waiting) == BATCH * TRANSACTIONS:
            self._seal()

    def _seal(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._recorder.block([waiting[at : at + BATCH] for at in range(0, len(waiting), BATCH)])

    @property
    def _now(self) -> int:
        """The time of the block that what is said now will be in."""
        return self._recorder.time + 1

    def _nonce(self) -> int:
        """A keyed nonce that nobody has used."""
        self._nonces += 1
        return self._nonces << 64

    def _digest(self, previous: bytes, content: bytes, controller: bytes, version: int, flags: int) -> bytes:
        """DESIGN section 3, for the block that is being filled."""
        slot = controller + version.to_bytes(4) + bytes((flags,)) + self._block.to_bytes(6)
        return sha256(previous + sha256(content) + slot + self._now.to_bytes(8))

    def found(self) -> None:
        """Name the contracts, seat a council, admit agencies, register types."""
        code = keccak256(DIFFERENT_CODE)
        for name, address in ADDRESSES.items():
            self._say("EntryRegistered", name.encode(), 1, address, code, sha256(name.encode()))
        self._seal()
        members = [P256Key(f"member {n}").controller for n in range(5)]
        self._say("CouncilSet", 1, members, 3)
        self._types = [keccak256(f"https://mapae.invalid/vct/{number}".encode()) for number in range(8)]

    def _agency(self) -> Agency:
        return self._dice.choice(self._agencies)

    def organisation(self) -> None:
        """Admit and create an agency with a status list and a grant."""
        number = len(self._agencies)
        key = self._keys[number % KEYS]
        salt, controller = sha256(b"organisation %d" % number), key.controller()
        did_id = compute_did_id(kind=1, controller=controller, salt=salt)
        document = self._document(did_id, 1)
        if len(self._waiting) + 8 > BATCH * TRANSACTIONS:
            self._seal()
        self._say("AgencyAdmitted", did_id, COUNCIL, controller, self._now + YEAR_S, NOBODY, 0)
        digest = self._digest(bytes(32), document, controller, 1, 1 << 4 | 1)
        block = self._block
        self._say("OrganisationCreated", did_id, 1, controller, bytes(32), 0, salt, did_id, controller, document)
        agency = Agency(did_id, controller, 1, digest, block)
        self._agencies.append(agency)
        list_id = sha256(did_id)
        agency.changes[list_id] = 0
        self._say("ListOpened", list_id, did_id, controller, salt)
        self.grant(agency)
        if number < len(self._types):
            vct, schema = f"https://mapae.invalid/vct/{number}", b'{"properties":{},"type":"object"}'
            self._say("SchemaRegistered", self._types[number], 1, did_id, sha256(schema), vct, schema, controller)

    def _document(self, did_id: bytes, version: int) -> bytes:
        key = self._keys[(did_id[0] + version) % KEYS]
        return build_organisation(format_did(NETWORK, did_id), methods=[MethodEntry(f"issue-{version}", key)])

    def holder(self) -> None:
        """Create one holder under an agency."""
        number = self._made
        self._made += 1
        key, guardian = self._keys[number % KEYS], self._agency()
        salt, controller = sha256(b"holder %d" % number), key.controller()
        did_id = compute_did_id(kind=2, controller=controller, salt=salt)
        content = key.raw + salt + guardian.id
        digest = self._digest(bytes(32), content, controller, 1, 2 << 4 | 1)
        known = (did_id, controller, digest, self._block)
        if len(self._sample) < SAMPLE:
            self._sample.append(known)
        elif (place := self._dice.randrange(number + 1)) < SAMPLE:
            self._sample[place] = known
        self._say(
            "HolderCreated",
            did_id,
            1,
            controller,
            bytes(32),
            0,
            key.raw[:32],
            key.raw[32:],
            salt,
            guardian.id,
            guardian.controller,
        )

    def update(self) -> None:
        """Give an agency a new document."""
        agency = self._agency()
        document = self._document(agency.id, agency.version + 1)
        previous, block = agency.digest, agency.block
        agency.version += 1
        agency.digest = self._digest(previous, document, agency.controller, agency.version, 1 << 4 | 1)
        agency.block = self._block
        self._say("DocumentUpdated", agency.id, agency.version, agency.controller, previous, block, document)

    def deactivate(self) -> None:
        """End one of the remembered holders, wherever in the history it was made."""
        did_id, controller, digest, block = self._sample.pop(self._dice.randrange(len(self._sample)))
        self._say("DidDeactivated", did_id, 2, controller, digest, block, COUNCIL)

    def compromise(self) -> None:
        """Mark the key of one of the remembered holders."""
        did_id, controller, _, _ = self._dice.choice(self._sample)
        self._say(
            "KeyCompromised",
            did_id,
            sha256(controller + self._nonce().to_bytes(24)),
            self._now - 60,
            COUNCIL,
            controller,
        )

    def grant(self, agency: Agency | None = None) -> None:
        """Accredit an agency by the council."""
        agency = agency or self._agency()
        agency.grants += 1
        self._say(
            "Accredited",
            agency.id,
            self._types[0],
            agency.grants,
            COUNCIL,
            0,
            1,
            True,
            False,
            self._now,
            self._now + YEAR_S,
            NOBODY,
        )

    def end_grant(self) -> None:
        """End an agency's oldest grant that has not ended, but never its last."""
        agency = self._agency()
        if agency.ended + 1 < agency.grants:
            agency.ended += 1
            self._say("GrantEnded", agency.id, self._types[0], agency.ended, self._now, NOBODY, 0)

    def role(self) -> None:
        """Make a key an endorser of an agency."""
        agency, key = self._agency(), self._dice.choice(self._keys)
        self._say("RoleGranted", agency.id, 1, key.controller(), self._now + YEAR_S, agency.controller, self._nonce())

    def issue(self) -> None:
        """Anchor a batch of credentials."""
        agency = self._agency()
        agency.issued += 1
        root = sha256(agency.id + agency.issued.to_bytes(8))
        self._say("IssuanceAnchored", agency.id, agency.issued, root, 1000, agency.controller)

    def status(self) -> None:
        """Suspend, lift or revoke some entries of an agency's list."""
        agency = self._agency()
        (list_id,) = agency.changes
        agency.changes[list_id] += 1
        op = self._dice.choice((1, 2, 3))
        self._say(
            "StatusChanged",
            list_id,
            op,
            agency.controller,
            agency.changes[list_id],
            self._dice.randrange(500),
            [1 << self._dice.randrange(256) for _ in range(self._dice.choice((1, 1, 1, 4)))],
            0 if op == 1 else self._nonce(),
        )

    def snapshot(self) -> None:
        """Anchor the digest of a list, where it changed since the last."""
        agency = self._agency()
        (list_id,) = agency.changes
        if agency.changes[list_id] > agency.snapshots.get(list_id, 0):
            agency.snapshots[list_id] = agency.changes[list_id]
            self._say("SnapshotAnchored", list_id, agency.changes[list_id], sha256(list_id), agency.controller)

    def live(self, dids: int) -> None:
        """Let `dids` holders come, and everything else happen among them."""
        happenings: list[tuple[int, Callable[[], None]]] = [
            (often, getattr(self, name)) for name, often in PER_THOUSAND.items()
        ]
        for _ in range(12):
            self.organisation()
        owed = dict.fromkeys(range(len(happenings)), 0)
        for number in range(dids):
            self.holder()
            for place, (often, happen) in enumerate(happenings):
                owed[place] += often
                if owed[place] >= 1000 and number > 20:
                    owed[place] -= 1000
                    happen()
        self._seal()

    def resolvable(self) -> list[str]:
        """Hex ids of remembered DIDs that are active."""
        return [did_id.hex() for did_id, _, _, _ in self._sample]


def record(folder: Path, dids: int) -> dict[str, Any]:
    """Return what is known of the recording with so many holders, making it where it is not there."""
    if not (folder / "about.json").exists() or about(folder).get("version") != VERSION:
        (folder / "about.json").unlink(missing_ok=True)
        recorder = Recorder(folder)
        history = History(recorder)
        history.found()
        history.live(dids)
        (folder / "dids").write_text("\n".join(history.resolvable()))
        recorder.close(version=VERSION, dids=dids, network=NETWORK, directory="0x" + DIRECTORY.hex(), start=START)
    return about(folder)
