"""What every answer needs: the ledger's name, and the place at which it was read."""

from dataclasses import dataclass
from typing import Any, Final

from node.ports import IndexReads, IndexView
from registry_client.core.did import format_did, parse_mapae
from registry_client.errors import DidNotFoundError, InvalidInputError

COUNCIL: Final = bytes(20)


class NotFoundError(InvalidInputError):
    """The ledger holds no such thing, as far as it is final."""

    type_uri = "https://mapae.invalid/problems/not-found"
    title = "Not found"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger that this node serves. Hashes and addresses are 0x-hex."""

    network: str
    chain_id: int
    genesis_hash: str
    directory: str
    code_hash: str
    base: str
    reads: IndexReads

    def did(self, did_id: bytes) -> str:
        """Return the DID of a 20-byte id."""
        return str(format_did(self.network, did_id))

    def party(self, did_id: bytes) -> str | None:
        """Return the DID of a 20-byte id, None for the council."""
        return None if did_id == COUNCIL else self.did(did_id)

    def did_id(self, did: str) -> bytes:
        """Return the 20-byte id of a DID of this network. Raises InvalidDidError, DidNotFoundError."""
        parsed = parse_mapae(did)
        if parsed.network != self.network:
            raise DidNotFoundError(f"this node serves the network {self.network}, not {parsed.network}", did=did)
        return parsed.did_id


def place_json(view: IndexView) -> dict[str, Any]:
    """Return the `ledger` member of an answer: the newest indexed block, and the number of the newest final one."""
    head = view.head
    return {
        "block_number": head.block.number,
        "block_hash": "0x" + head.block.hash.hex(),
        "block_time": head.block.time,
        "final": head.final.number,
    }


def hexed(data: bytes) -> str:
    """Return 0x-hex."""
    return "0x" + data.hex()
