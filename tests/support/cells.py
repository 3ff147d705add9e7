"""Every storage cell that a model implies, and every one that the ledger really has: the two must be the same set."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.simulators.model import Model
from tests.support.anvil import Anvil
from tests.support.chain import Registry
from tests.support.keys import keccak256
from tests.support.storage_table import pack, slot_of

Cell = tuple[str, int]
"""(address, slot)."""


def stored(ledger: Anvil, addresses: Mapping[str, str]) -> dict[Cell, int]:
    """All non-zero cells of these accounts (address -> contract name), from a dump of the ledger's state."""
    dump = ledger.rpc("anvil_dumpState")
    accounts = json.loads(gzip.decompress(bytes.fromhex(dump[2:])))["accounts"]
    cells = {}
    for address, account in accounts.items():
        if address.lower() in addresses:
            for slot, value in account["storage"].items():
                if int(value, 16):
                    cells[address.lower(), int(slot, 16)] = int(value, 16)
    return cells


@dataclass(slots=True)
class Replay:
    """A history of logs: the model as it stands, and what contracts that were replaced kept from their time."""

    registry: Registry
    model: Model = field(default_factory=Model)
    frozen: dict[Cell, int] = field(default_factory=dict)
    read_to: int = -1

    def advance(self) -> None:
        """Take in what the ledger has logged since the last call."""
        head = int(self.registry.ledger.rpc("eth_blockNumber"), 16)
        for event in self.registry.logs(from_block=self.read_to + 1) if head > self.read_to else ():
            if event.name == "EntryRegistered" and event["generation"] > 1:
                self._freeze(event["name"])
            self.model.apply(event, time=self.registry.ledger.time_of(event.block_number))
            self.read_to = max(self.read_to, event.block_number)

    def cells(self) -> dict[Cell, int]:
        """All non-zero cells that the history implies, in every generation."""
        return self.frozen | implied(self.model, self.registry.deployment.directory)

    def _freeze(self, name: bytes) -> None:
        """A replaced contract keeps its storage for ever; only the lists of a status registry live on."""
        if name.rstrip(b"\0") != b"StatusRegistry":
            old = self.model.directory[name][-1].target
            now = implied(self.model, self.registry.deployment.directory)
            self.frozen |= {cell: word for cell, word in now.items() if cell[0] == old}


def require_same_cells(registry: Registry, replay: Replay) -> None:
    """Compare the ledger's storage with what its logs imply, cell by cell. Raises AssertionError naming the first."""
    found, told = stored(registry.ledger, registry.generations), replay.cells()
    for address, slot in sorted(found.keys() | told.keys()):
        cell = address, slot
        if found.get(cell, 0) != told.get(cell, 0):
            where = f"{registry.generations[address]} at {address}, slot {slot:#x}"
            raise AssertionError(f"{where}: stored {found.get(cell, 0):#x}, the logs imply {told.get(cell, 0):#x}")


def implied(model: Model, directory: str) -> dict[Cell, int]:
    """All non-zero cells that the model implies. `directory`: Directory's address."""
    cells: dict[Cell, int] = {}
    for home, slot, words in _items(model, directory):
        for offset, word in words.items():
            cell = home, slot + offset
            if cell in cells:
                raise ValueError(f"two items share the cell {cell}")
            cells[cell] = word
    return cells


def _items(model: Model, directory: str) -> Iterator[tuple[str, int, dict[int, int]]]:
    yield from _dids(model)
    yield from _authority(model)
    yield from _lists(model)
    yield from _types(model)
    yield from _council(model)
    yield from _directory(model, directory)


def _dids(model: Model) -> Iterator[tuple[str, int, dict[int, int]]]:
    for did_id, r in model.records.items():
        words = pack("DidRegistry", "_records", historyDigest=r.history, head=r.head, guardian=r.guardian)
        yield r.home, slot_of("DidRegistry", "_records", did_id), words
    for (home, did_id, thumbprint), since in model.compromises.items():
        slot = slot_of("DidRegistry", "_compromises", did_id, thumbprint)
        yield home, slot, pack("DidRegistry", "_compromises", value=since)


def _authority(model: Model) -> Iterator[tuple[str, int, dict[int, int]]]:
    names = {entry.target: name.rstrip(b"\0").decode() for name, es in model.directory.items() for entry in es}
    for (home, owner, lane), sequence in model.nonces.items():
        contract = names[home]
        slot = slot_of(contract, "_nonces", "0x" + owner.hex(), lane)
        yield home, slot, pack(contract, "_nonces", value=sequence)
    for agency, a in model.admissions.items():
        words = pack("Roles", "_admissions", from_=a.start, until=a.until, sponsor=a.sponsor)
        yield a.home, slot_of("Roles", "_admissions", agency), words
    for key, t in model.terms.items():
        yield t.home, slot_of("Roles", "_terms", *key), pack("Roles", "_terms", from_=t.start, until=t.until)
    for key, (home, count) in model.counts.items():
        slot = slot_of("AccreditationRegistry", "_counts", *key)
        yield home, slot, pack("AccreditationRegistry", "_counts", value=count)
    for (agency, type_id, seq), g in model.grants.items():
        grant_id = keccak256(agency.ljust(32, b"\0") + type_id + seq.to_bytes(32, "big"))
        words = pack(
            "AccreditationRegistry",
            "_grants",
            grantor=g.grantor,
            grantorSeq=g.grantor_seq,
            depth=g.depth,
            mayIssue=int(g.may_issue),
            mayAccredit=int(g.may_accredit),
            from_=g.start,
            until=g.until,
            endedAt=g.ended_at,
        )
        yield g.home, slot_of("AccreditationRegistry", "_grants", grant_id), words
    for key, (home, digest) in model.issuances.items():
        yield home, slot_of("IssuanceLog", "_digests", *key), pack("IssuanceLog", "_digests", value=digest)


def _lists(model: Model) -> Iterator[tuple[str, int, dict[int, int]]]:
    for list_id, found in model.lists.items():
        words = pack(
            "StatusRegistry",
            "_lists",
            owner=found.owner,
            seq=found.seq,
            publishedSeq=found.published_seq,
            opsHead=found.ops_head,
            publishedDigest=found.published_digest,
        )
        bits = {3 + place: word for place, word in enumerate(found.words) if word}
        yield found.home, slot_of("StatusRegistry", "_lists", list_id), words | bits


def _types(model: Model) -> Iterator[tuple[str, int, dict[int, int]]]:
    for type_id, (home, owner, count) in model.types.items():
        slot = slot_of("SchemaRegistry", "_types", type_id)
        yield home, slot, pack("SchemaRegistry", "_types", owner=owner, count=count)
    for key, (home, digest, block) in model.schemas.items():
        slot = slot_of("SchemaRegistry", "_versions", *key)
        yield home, slot, pack("SchemaRegistry", "_versions", digest=digest, blockNumber=block)
    for (type_id, code), s in model.services.items():
        words = pack(
            "ServiceRegistry",
            "_services",
            verifier=s.verifier,
            version=s.version,
            from_=s.start,
            until=s.until,
            endedAt=s.ended_at,
            blockNumber=s.block_number,
            digest=s.digest,
        )
        yield s.home, slot_of("ServiceRegistry", "_services", keccak256(type_id + code)), words


def _council(model: Model) -> Iterator[tuple[str, int, dict[int, int]]]:
    latest: dict[str, int] = {}
    for home, epoch in model.councils:
        latest[home] = max(epoch, latest.get(home, 0))
    for (home, epoch), (members, threshold) in model.councils.items():
        for place, member in enumerate(members, 1):
            yield home, slot_of("Council", "_places", epoch, member), pack("Council", "_places", value=place)
        if epoch == latest[home]:
            words = pack("Council", "epoch", value=epoch) | {}
            words[0] |= pack("Council", "threshold", value=threshold)[0]
            yield home, slot_of("Council", "epoch"), words
            length = slot_of("Council", "_members")
            yield home, length, {0: len(members)}
            first = int.from_bytes(keccak256(length.to_bytes(32, "big")), "big")
            for place, member in enumerate(members):
                yield home, first + place, {0: int.from_bytes(member, "big")}
    for (home, proposal_id), p in model.proposals.items():
        members = model.councils[home, p.epoch][0]
        words = pack(
            "Council",
            "_proposals",
            epoch=p.epoch,
            state=int(p.state),
            readyAt=p.ready_at,
            approvals=sum(1 << members.index(member) for member in p.approvals),
            cancellations=sum(1 << members.index(member) for member in p.cancellations),
        )
        yield home, slot_of("Council", "_proposals", proposal_id), words


def _directory(model: Model, directory: str) -> Iterator[tuple[str, int, dict[int, int]]]:
    names = slot_of("Directory", "_names")
    yield directory, names, {0: len(model.directory)}
    first = int.from_bytes(keccak256(names.to_bytes(32, "big")), "big")
    for place, (name, entries) in enumerate(model.directory.items()):
        yield directory, first + place, {0: int.from_bytes(name, "big")}
        words = pack(
            "Directory",
            "_current",
            target=entries[-1].target,
            generation=len(entries),
            pausedUntil=model.paused_until,
        )
        yield directory, slot_of("Directory", "_current", name), words
        for generation, entry in enumerate(entries, 1):
            words = pack(
                "Directory",
                "_entries",
                target=entry.target,
                fromBlock=entry.from_block,
                codeHash=entry.code_hash,
                layoutId=entry.layout_id,
            )
            yield directory, slot_of("Directory", "_entries", name, generation), words
