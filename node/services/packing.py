"""Operations into transactions: several of one contract share a batch where that pays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from node.domain.operation import Relayed
from registry_client.core import abi_codec

BATCH_MAX: Final = 100
"""Operations in one batch."""
BATCH_GAS_MAX: Final = 15_000_000
"""Below the 16.7 million gas that a transaction may have anywhere (EIP-7825)."""
BATCH_LENGTH_MAX: Final = 96 * 1024  # bytes of calldata; clients' pools refuse transactions above 128 KiB
GAS_SLACK: Final = 40_000
_BATCH: Final = "batch(bytes[])"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One transaction to be: operations of one contract, in order, and the gas for all of them."""

    address: bytes
    contract: str
    operations: tuple[Relayed, ...]
    gas: int

    def calldata(self) -> bytes:
        """Return the operation's own call, or a batch of several."""
        if len(self.operations) == 1:
            return self.operations[0].calldata
        calls = [operation.calldata for operation in self.operations]
        return abi_codec.selector(_BATCH) + abi_codec.encode(["bytes[]"], [calls])


def with_margin(estimates: Sequence[int]) -> int:
    """Return gas for these estimates: a tenth more, and some for the batch itself.

    A batch hands each item 63/64 of what is left, and an item that runs out of gas is skipped: short is never enough.
    """
    return sum(estimates) * 11 // 10 + GAS_SLACK


def pack(ready: Sequence[tuple[Relayed, bytes, int]], *, gas_max: int = BATCH_GAS_MAX) -> list[Parcel]:
    """Pack (operation, contract's address, estimated gas) into transactions, first come first.

    `gas_max`: what the ledger's blocks take; a transaction stays below it and below BATCH_GAS_MAX.

    An operation that failed for want of gas in a batch before (it carries an error) travels alone, with twice the gas.
    """
    gas_max = min(BATCH_GAS_MAX, gas_max)
    parcels: list[Parcel] = []
    open_groups: dict[bytes, list[tuple[Relayed, int]]] = {}
    order: list[bytes] = []

    def close(address: bytes) -> None:
        group = open_groups.pop(address)
        operations = tuple(operation for operation, _ in group)
        gas = min(gas_max, with_margin([estimate for _, estimate in group]))
        parcels.append(Parcel(address, operations[0].contract, operations, gas))
        order.remove(address)

    for operation, address, estimate in ready:
        if operation.error is not None:
            if address in open_groups:
                close(address)
            parcels.append(Parcel(address, operation.contract, (operation,), min(gas_max, 2 * with_margin([estimate]))))
            continue
        group = open_groups.get(address, [])
        length = sum(len(o.calldata) + 96 for o, _ in group) + len(operation.calldata)
        full = len(group) >= BATCH_MAX or length > BATCH_LENGTH_MAX
        if group and (full or with_margin([*(gas for _, gas in group), estimate]) > gas_max):
            close(address)
        if address not in open_groups:
            open_groups[address] = []
            order.append(address)
        open_groups[address].append((operation, estimate))
    while order:
        close(order[0])
    return parcels
