"""Reads of the ledger over JSON-RPC, typed and checked.

- Unreachable, slow, oversized or malformed answers raise LedgerUnavailableError; a null is None: "not here".
- A header whose content does not hash to the hash it is shown under raises LedgerUnfaithfulError.
- A range of logs that the ledger refuses or that breaks our bounds raises RangeTooLargeError: the caller splits it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from node.adapters.rpc import TIMEOUT_S, RpcClient, RpcFailureError
from node.domain.event import RawLog
from node.domain.header import Header, fits_its_hash
from node.domain.ledger import Block, LedgerUnfaithfulError
from node.domain.receipts import BlockReceipt
from node.ports import RangeTooLargeError, Receipt, RevertedError
from registry_client.errors import LedgerUnavailableError

RECEIPTS_BATCH: Final = 20
"""Blocks whose receipts are asked for at once."""
_TOO_LARGE_WORDS = ("range", "limit", "too many", "too large", "exceed", "more than")
_TOO_LARGE_CODES = {-32005, -32602}


def _unhex(text: Any) -> bytes:
    if not isinstance(text, str) or text[:2] != "0x":
        raise LedgerUnavailableError(
            "the ledger's answer is not 0x-hex where the protocol wants it", found=str(text)[:64]
        )
    try:
        return bytes.fromhex(text[2:])
    except ValueError as error:
        raise LedgerUnavailableError("the ledger's answer is not hex", found=text[:64]) from error


def _number(text: Any) -> int:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise LedgerUnavailableError(
            "the ledger's answer is no quantity where the protocol wants one", found=str(text)[:64]
        )
    try:
        return int(text, 16)
    except ValueError as error:
        raise LedgerUnavailableError("the ledger's answer is no number", found=text[:64]) from error


_common_bytes = lru_cache(maxsize=2_048)(_unhex)
_common_number = lru_cache(maxsize=2_048)(_number)
"""What many logs share (contract, event, block, transaction) is read once. Errors are not kept."""


def _header(value: Any, *, checks_hash: bool) -> Header | None:
    """Read a header and check its hash. Raises LedgerUnfaithfulError, LedgerUnavailableError."""
    if value is None:
        return None
    try:
        block = Block(
            _number(value["number"]), _unhex(value["hash"]), _unhex(value["parentHash"]), _number(value["timestamp"])
        )
        header = Header(block, _unhex(value["logsBloom"]), _unhex(value["receiptsRoot"]))
        is_whole = not checks_hash or (fits_its_hash(value, block.hash) and len(header.bloom) == 256)
    except (KeyError, TypeError, ValueError) as error:
        raise LedgerUnavailableError("the ledger's answer is no block header") from error
    if not is_whole:
        raise LedgerUnfaithfulError(
            f"the ledger shows block {block.number} under a hash that its content does not have: it is wrong, or of an "
            'engine that hashes in a way of its own (log_proofs = "off" then)',
            block_number=block.number,
            shown_hash="0x" + block.hash.hex(),
        )
    return header


def _log(value: Any) -> RawLog:
    time = value.get("blockTimestamp")
    topics = value["topics"]
    return RawLog(
        _common_bytes(value["address"]),
        (_common_bytes(topics[0]), *[_unhex(topic) for topic in topics[1:]]) if topics else (),
        _unhex(value["data"]),
        _common_number(value["blockNumber"]),
        _common_bytes(value["blockHash"]),
        _common_number(time) if isinstance(time, str) else None,
        _common_bytes(value["transactionHash"]),
        _common_number(value["logIndex"]),
    )


def _block_receipt(value: Any) -> BlockReceipt:
    status = value.get("status")
    return BlockReceipt(
        _unhex(value["transactionHash"]),
        _number(value.get("type") or "0x0"),
        _unhex(value["root"]) if status is None else b"\x01" if _number(status) else b"",
        _number(value["cumulativeGasUsed"]),
        _unhex(value["logsBloom"]),
        tuple([_log(log) for log in value["logs"]]),
    )


def _receipt(value: Any, asked: bytes) -> Receipt | None:
    if value is None:
        return None
    try:
        receipt = Receipt(
            _unhex(value["transactionHash"]),
            _number(value["blockNumber"]),
            _unhex(value["blockHash"]),
            value["status"] == "0x1",
            _number(value["gasUsed"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise LedgerUnavailableError("the ledger's answer is no receipt") from error
    if receipt.transaction_hash != asked:
        raise LedgerUnfaithfulError("the ledger answers with another transaction's receipt", asked="0x" + asked.hex())
    return receipt


class RpcChain:
    """Implements node.ports.ChainReader. Safe to share between threads."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S, checks_hashes: bool = True) -> None:
        """`checks_hashes`: False for an engine whose block hashes follow a rule of its own."""
        self.rpc = RpcClient(url, timeout_s=timeout_s)
        self._checks_hashes = checks_hashes

    def close(self) -> None:
        """Close the connections."""
        self.rpc.close()

    def _required(self, method: str, *params: Any) -> Any:
        try:
            return self.rpc.request(method, *params)
        except RpcFailureError as failure:
            raise LedgerUnavailableError(f"{method}: the ledger says {failure}", method=method) from failure

    def chain_id(self) -> int:
        """Return the chain id."""
        return _number(self._required("eth_chainId"))

    def head(self) -> Block:
        """Return the newest block."""
        header = self._header(self._required("eth_getBlockByNumber", "latest", False))
        if header is None:
            raise LedgerUnavailableError("the ledger has no newest block")
        return header.block

    def block(self, number: int) -> Block | None:
        """Return a block, None where the ledger does not have it."""
        return self.blocks([number])[0]

    def blocks(self, numbers: Sequence[int]) -> list[Block | None]:
        """Return many blocks; one that failed raises LedgerUnavailableError."""
        return [header.block if header else None for header in self.headers(numbers)]

    def headers(self, numbers: Sequence[int]) -> list[Header | None]:
        """Return many headers; one that failed raises LedgerUnavailableError."""
        results = self._all("eth_getBlockByNumber", [(hex(number), False) for number in numbers])
        headers = [self._header(result) for result in results]
        for number, header in zip(numbers, headers, strict=True):
            if header is not None and header.block.number != number:
                raise LedgerUnfaithfulError(
                    f"the ledger was asked for block {number} and shows block {header.block.number}", block=number
                )
        return headers

    def block_receipts(self, numbers: Sequence[int]) -> list[list[BlockReceipt]]:
        """Return all receipts of each block, in the order of its transactions. They prove themselves to the caller."""
        found: list[list[BlockReceipt]] = []
        for start in range(0, len(numbers), RECEIPTS_BATCH):
            asked = numbers[start : start + RECEIPTS_BATCH]
            for number, result in zip(
                asked, self._all("eth_getBlockReceipts", [(hex(n),) for n in asked]), strict=True
            ):
                try:
                    found.append([_block_receipt(value) for value in result])
                except (KeyError, TypeError, ValueError, AttributeError) as error:
                    raise LedgerUnavailableError(f"the ledger gives no receipts of block {number}") from error
        return found

    def _header(self, value: Any) -> Header | None:
        return _header(value, checks_hash=self._checks_hashes)

    def _all(self, method: str, params: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Run one call for each of `params`; a failed one raises LedgerUnavailableError."""
        results = self.rpc.batch([(method, item) for item in params])
        for result in results:
            if isinstance(result, RpcFailureError):
                raise LedgerUnavailableError(f"{method}: the ledger says {result}", method=method) from result
        return results

    def logs(self, addresses: Sequence[bytes], *, first: int, last: int) -> list[RawLog]:
        """Return all logs of the addresses in [first, last], in order."""
        query = {
            "address": ["0x" + address.hex() for address in addresses],
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        try:
            found = self.rpc.request("eth_getLogs", query)
        except RpcFailureError as failure:
            text = failure.message.lower()
            if failure.code in _TOO_LARGE_CODES or any(word in text for word in _TOO_LARGE_WORDS):
                raise RangeTooLargeError(str(failure)) from failure
            raise LedgerUnavailableError(f"eth_getLogs: the ledger says {failure}") from failure
        if not isinstance(found, list):
            raise LedgerUnavailableError("eth_getLogs: null, where an empty list would mean no logs")
        try:
            logs = [_log(item) for item in found if not item.get("removed")]
        except (KeyError, TypeError, ValueError) as error:
            raise LedgerUnavailableError("eth_getLogs: a log of unknown shape") from error
        logs.sort(key=lambda log: (log.block_number, log.log_index))
        return logs

    def code(self, address: bytes) -> bytes:
        """Return the runtime code at an address, empty if there is none."""
        return _unhex(self._required("eth_getCode", "0x" + address.hex(), "latest"))

    def call(self, address: bytes, data: bytes, *, block: str | int = "latest") -> bytes:
        """Run a call at a block. Raises RevertedError with what the contract gave."""
        tag = hex(block) if isinstance(block, int) else block
        try:
            return _unhex(self.rpc.request("eth_call", {"to": "0x" + address.hex(), "data": "0x" + data.hex()}, tag))
        except RpcFailureError as failure:
            raise self._refused("eth_call", failure) from failure

    def estimate(self, address: bytes, calls: Sequence[bytes], *, sender: bytes) -> list[int | bytes]:
        """Return for each call the gas it takes, or the bytes it reverts with; judged on the pending block."""
        common = {"from": "0x" + sender.hex(), "to": "0x" + address.hex()}
        requests = [("eth_estimateGas", ({**common, "data": "0x" + data.hex()}, "pending")) for data in calls]
        outcomes: list[int | bytes] = []
        for result in self.rpc.batch(requests):
            if isinstance(result, RpcFailureError):
                refused = self._refused("eth_estimateGas", result)
                if not isinstance(refused, RevertedError):
                    raise refused from result
                outcomes.append(refused.data)
            else:
                outcomes.append(_number(result))
        return outcomes

    def receipts(self, hashes: Sequence[bytes]) -> list[Receipt | None]:
        """Return the receipts of transactions, None for those not in a block."""
        values = self._all("eth_getTransactionReceipt", [("0x" + item.hex(),) for item in hashes])
        return [_receipt(value, asked) for value, asked in zip(values, hashes, strict=True)]

    @staticmethod
    def _refused(method: str, failure: RpcFailureError) -> RevertedError | LedgerUnavailableError:
        data = failure.revert_data
        if data is not None:
            return RevertedError(data)
        return LedgerUnavailableError(f"{method}: the ledger says {failure}", method=method)
