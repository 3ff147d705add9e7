"""A desk: one node, one ledger, and the routine of signing for it.

- `sign` fills in what every operation needs and nobody wants to type: the domain, the deadline, the nonce.
- Nonces are asked for once a key and counted on from there: several operations can be signed before the first is sent.
- `send` waits until the effect is final and raises for the first operation that had none.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from registry_client.core.did import format_did, parse_mapae
from registry_client.core.eip712 import domain_of
from registry_client.core.encoding import decode_hex, encode_hex
from registry_client.core.keys import Signer
from registry_client.core.operation import OperationSignature, SignedOperation, make_signature, type_of
from registry_client.core.outcome import Outcome
from registry_client.errors import InvalidDidError
from registry_client.submit import FINAL_TIMEOUT_S, Network, NodeClient

DEADLINE_S: Final = 24 * 3600
"""How long a signed operation may be relayed, unless its message says otherwise."""

OnChange = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Party:
    """Who signs, and as what. `agency`: the DID for which an endorser or operator acts."""

    role: str
    signer: Signer
    agency: str | None = None


class Desk:
    """Signs operations for one ledger and hands them to one node."""

    def __init__(self, node: NodeClient, network: Network, *, clock: Callable[[], float] = time.time) -> None:
        self.node = node
        self.network = network
        self._clock = clock
        self._nonces: dict[tuple[bytes, bytes], int] = {}
        self._homes: dict[bytes, bytes] = {}

    def now(self) -> int:
        """Return the present moment in whole seconds: what windows and deadlines are counted from."""
        return int(self._clock())

    def did(self, did_id: bytes) -> str:
        """Return the DID of a 20-byte id on this network."""
        return str(format_did(self.network.name, did_id))

    def did_id(self, did: str) -> bytes:
        """Return the 20-byte id of a DID of this network. Raises InvalidDidError for any other."""
        parsed = parse_mapae(did)
        if parsed.network != self.network.name:
            raise InvalidDidError(
                f"{did} belongs to the network {parsed.network}, this node serves {self.network.name}", did=did
            )
        return parsed.did_id

    def sign(self, kind: str, message: Mapping[str, Any], *parties: Party) -> SignedOperation:
        """Build and sign one operation; `deadline` and `nonce` are filled in where `message` leaves them out."""
        type_ = type_of(kind)
        values = dict(message)
        names = type_.field_names
        if "deadline" in names:
            values.setdefault("deadline", self.now() + DEADLINE_S)
        address = self.address(type_.contract, values)
        if "nonce" in names and "nonce" not in values:
            values["nonce"] = self._next_nonce(type_.contract, address, parties[0].signer)
        domain = domain_of(self.network.name, self.network.chain_id, address)
        unsigned = SignedOperation(type_, domain, values)
        payload = unsigned.payload
        signatures: list[OperationSignature] = []
        for role in type_.roles:
            party = next(party for party in parties if party.role == role)
            signatures.append(make_signature(party.signer, payload, role=role, agency=party.agency))
        return SignedOperation(type_, domain, values, tuple(signatures))

    def send(
        self, *operations: SignedOperation, timeout_s: float = FINAL_TIMEOUT_S, on_change: OnChange | None = None
    ) -> list[Outcome]:
        """Send and wait until every effect is final. Raises LedgerRevertedError for the first operation refused."""
        return self.node.run(operations, timeout_s=timeout_s, on_change=on_change)

    def address(self, contract: str, message: Mapping[str, Any]) -> bytes:
        """Return the address (20 bytes) to sign for: the present contract's, or that in which a list was opened."""
        newest = decode_hex(self.network.address(contract), length=20)
        list_id = message.get("list")
        if not isinstance(list_id, bytes) or not self.network.is_replaced(contract):
            return newest
        if list_id not in self._homes:
            answer = self.node.get(f"/v1/status-lists/{encode_hex(list_id)}")
            self._homes[list_id] = decode_hex(str(answer["registry"]), length=20)
        return self._homes[list_id]

    def _next_nonce(self, contract: str, address: bytes, signer: Signer) -> int:
        controller = signer.public_key.controller()
        known = self._nonces.get((address, controller))
        if known is None:
            if encode_hex(address) == self.network.address(contract):
                known = self.node.nonce(contract, controller)
            else:
                known = self.node.nonce(contract, controller, registry=address)
        self._nonces[address, controller] = known + 1
        return known
