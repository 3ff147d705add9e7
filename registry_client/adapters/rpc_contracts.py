"""Which contracts there are, read from the one address that a profile pins, and reading their views at a block.

- Once per reader: chain id, genesis hash, the Directory's code hash, then every generation of every contract.
- A later generation is noticed on every read (the number of generations is asked along) and the list is read again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from registry_client.adapters import rpc_codec
from registry_client.adapters.rpc_codec import BlockTag, View, view
from registry_client.core.encoding import encode_hex
from registry_client.core.events import CONTRACTS
from registry_client.core.hashing import keccak256
from registry_client.errors import LedgerUnavailableError, WrongLedgerError
from registry_client.flows import Flow, RpcCall, rpc
from registry_client.profile import Profile

DIRECTORY: Final = "Directory"
GENERATIONS_MAX: Final = 64
"""Replacements of one contract that a reader follows."""
BIRTH_BLOCKS: Final = 5_000
"""Room for the deployment: from the first contract's block to Directory's."""
_GENERATION_OF: Final = view(DIRECTORY, "generationOf(bytes32)", "uint32")
_ENTRY_OF: Final = view(DIRECTORY, "entryOf(bytes32,uint32)", "address,bytes32,bytes32,uint48")
_NAMES: Final = tuple(name for name in CONTRACTS if name != DIRECTORY)


@dataclass(frozen=True, slots=True)
class Generation:
    """One contract that has held a name; `layout_id` names its storage layout."""

    address: bytes
    layout_id: bytes
    from_block: int


@dataclass(frozen=True, slots=True)
class ContractMap:
    """name -> its generations, oldest first."""

    directory: bytes
    generations: Mapping[str, tuple[Generation, ...]]

    def addresses(self, name: str) -> tuple[bytes, ...]:
        """Every address that has held the name: logs of old generations still count."""
        return tuple(generation.address for generation in self.generations[name])

    def name_of(self, address: bytes) -> str | None:
        """Return the name that an address holds or has held."""
        if address == self.directory:
            return DIRECTORY
        return next((name for name in self.generations if address in self.addresses(name)), None)

    def every_address(self) -> list[bytes]:
        """Every contract of the registry, Directory included."""
        return [self.directory, *(address for name in self.generations for address in self.addresses(name))]

    def first_block(self) -> int:
        """Return a block before which nothing is ours: contracts are made shortly before Directory lists them."""
        listed = min(generation.from_block for every in self.generations.values() for generation in every)
        return max(0, listed - BIRTH_BLOCKS)


class Contracts:
    """Knows the contracts of one ledger; refuses any other than the profile pins."""

    def __init__(self, profile: Profile) -> None:
        """`profile`: the pins (chain_id, genesis_hash, directory, code_hash)."""
        self._profile = profile
        self._known: ContractMap | None = None

    def connect(self) -> Flow[ContractMap]:
        """Return the contracts, read and checked at the first call. Raises WrongLedgerError."""
        if self._known is None:
            yield from self._check()
            self._known = yield from self._read()
        return self._known

    def read(
        self, name: str, calls: Sequence[tuple[View, Sequence[Any]]], block: BlockTag
    ) -> Flow[list[tuple[Any, ...]]]:
        """Call views of one contract at a block, on the generation that was current there. One request, rarely more."""
        known = yield from self.connect()
        generation = len(known.generations[name])
        for _ in range(3):
            current, results = yield from self._read_once(known, name, generation, calls, block)
            if current == generation:
                return [view_.result(answer) for (view_, _), answer in zip(calls, results, strict=True)]
            if current == 0:
                raise LedgerUnavailableError(f"{name} is not listed in Directory at the block that was asked for")
            if current > len(known.generations[name]):
                known = self._known = yield from self._read()
            generation = min(current, len(known.generations[name]))
        raise LedgerUnavailableError("contracts are being replaced right now; try again")

    def calls_at(
        self,
        known: ContractMap,
        name: str,
        calls: Sequence[tuple[View, Sequence[Any]]],
        block: BlockTag,
        generation: int,
    ) -> list[RpcCall]:
        """Return generationOf(name) and the calls on one generation, all at one block."""
        address = known.generations[name][generation - 1].address
        asked = _GENERATION_OF.call(self._profile.directory, [padded(name)], block)
        return [asked, *(view_.call(address, arguments, block) for view_, arguments in calls)]

    def generation_in(self, answer: Any) -> int:
        """Decode the answer to the first of `calls_at`."""
        (generation,) = _GENERATION_OF.result(answer)
        return int(generation)

    def _read_once(
        self,
        known: ContractMap,
        name: str,
        generation: int,
        calls: Sequence[tuple[View, Sequence[Any]]],
        block: BlockTag,
    ) -> Flow[tuple[int, Sequence[Any]]]:
        answers = yield from rpc(*self.calls_at(known, name, calls, block, generation))
        return self.generation_in(answers[0]), answers[1:]

    def _check(self) -> Flow[None]:
        profile = self._profile
        chain, genesis, code = yield from rpc(
            rpc_codec.CHAIN_ID, rpc_codec.get_block(0), rpc_codec.get_code(profile.directory)
        )
        found = {
            "chain_id": rpc_codec.quantity_of(chain),
            "genesis_hash": encode_hex(rpc_codec.block_of(genesis).hash),
            "code_hash": encode_hex(keccak256(rpc_codec.bytes_of(code))),
        }
        expected = {
            "chain_id": profile.chain_id,
            "genesis_hash": encode_hex(profile.genesis_hash),
            "code_hash": encode_hex(profile.code_hash),
        }
        for name, value in expected.items():
            if found[name] != value:
                raise WrongLedgerError(
                    f"this ledger's {name} is {found[name]}, the profile pins {value}: it is not {profile.network}",
                    field=name,
                    expected=value,
                    found=found[name],
                )

    def _read(self) -> Flow[ContractMap]:
        directory = self._profile.directory
        counts = yield from rpc(*(_GENERATION_OF.call(directory, [padded(name)], None) for name in _NAMES))
        wanted: list[tuple[str, int]] = []
        for name, answer in zip(_NAMES, counts, strict=True):
            count = self.generation_in(answer)
            if not 0 < count <= GENERATIONS_MAX:
                raise WrongLedgerError(f"Directory lists {count} generations of {name}", name=name, count=count)
            wanted += [(name, number) for number in range(1, count + 1)]
        entries = yield from rpc(*(_ENTRY_OF.call(directory, [padded(name), number], None) for name, number in wanted))
        found: dict[str, list[Generation]] = {name: [] for name in _NAMES}
        for (name, _), answer in zip(wanted, entries, strict=True):
            target, _, layout_id, from_block = _ENTRY_OF.result(answer)
            found[name].append(Generation(target, layout_id, from_block))
        return ContractMap(directory, {name: tuple(every) for name, every in found.items()})


def padded(text: str) -> bytes:
    """Return ASCII text as bytes32, padded with zeros on the right."""
    return text.encode("ascii").ljust(32, b"\0")
