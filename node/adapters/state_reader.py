"""Many views of contracts at one block, in batches."""

from collections.abc import Sequence

from node.adapters.rpc import RpcClient, RpcFailureError
from registry_client.core.encoding import decode_hex
from registry_client.errors import LedgerUnavailableError, MalformedValueError


class RpcState:
    """Implements node.services.index_check.StateReader over a ledger's JSON-RPC."""

    def __init__(self, rpc: RpcClient) -> None:
        self._rpc = rpc

    def answers(self, questions: Sequence[tuple[bytes, bytes]], *, block_number: int) -> list[bytes | None]:
        """Return what each (address, call data) answers at a block; None where the call reverts.

        Raises LedgerUnavailableError, also where the ledger does not hold the state of that block any more.
        """
        calls = [
            ("eth_call", ({"to": "0x" + address.hex(), "data": "0x" + data.hex()}, hex(block_number)))
            for address, data in questions
        ]
        found: list[bytes | None] = []
        for result in self._rpc.batch(calls):
            if isinstance(result, RpcFailureError):
                if result.revert_data is None:
                    raise LedgerUnavailableError(
                        f"the ledger does not give its state at block {block_number} ({result}): let the node catch "
                        "up, then try again at once",
                        block=block_number,
                    ) from result
                found.append(None)
                continue
            try:
                found.append(decode_hex(result))
            except (MalformedValueError, TypeError) as error:
                raise LedgerUnavailableError("eth_call: the ledger's answer is no 0x-hex") from error
        return found
