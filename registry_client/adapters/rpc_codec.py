"""JSON-RPC calls of an EVM ledger and what their answers must look like; everything else is refused.

- Quantities and bytes are checked strictly; an answer of another shape is a LedgerUnavailableError, never a crash.
- A call that the contract reverted is a LedgerRevertedError with the raw data as evidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from registry_client.core import abi_codec
from registry_client.core.encoding import decode_hex, decode_quantity, encode_hex, encode_quantity
from registry_client.core.events import EventType
from registry_client.core.facts import BlockRef
from registry_client.errors import AbiError, LedgerRevertedError, LedgerUnavailableError, MalformedValueError
from registry_client.flows import RpcCall, RpcError

BlockTag = BlockRef | None
"""A block to read at; None is the newest."""


@dataclass(frozen=True, slots=True)
class View:
    """One view function of one contract: its canonical signature and the types that it returns."""

    contract: str
    signature: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def call(self, address: bytes, arguments: Sequence[Any], block: BlockTag) -> RpcCall:
        """Return the eth_call."""
        data = abi_codec.selector(self.signature) + abi_codec.encode(self.inputs, arguments)
        request = {"to": encode_hex(address), "data": encode_hex(data)}
        return RpcCall("eth_call", (request, block_param(block)))

    def result(self, answer: Any) -> tuple[Any, ...]:
        """Decode the answer. Raises LedgerRevertedError, LedgerUnavailableError."""
        if isinstance(answer, RpcError) and answer.data is not None:
            raise LedgerRevertedError(
                f"{self.contract} refused to answer {self.signature}", data=answer.data[:2_000], view=self.signature
            )
        try:
            return abi_codec.decode(self.outputs, bytes_of(answer))
        except AbiError as error:
            raise LedgerUnavailableError(
                f"{self.signature}: the answer is not what the contract returns: {error.detail}", contract=self.contract
            ) from None


def view(contract: str, text: str, outputs: str) -> View:
    """Describe a view: `name(type,...)` and the comma-separated types that it returns."""
    inputs = text[text.index("(") + 1 : -1]
    return View(contract, text, tuple(inputs.split(",")) if inputs else (), tuple(abi_codec.split_types(outputs)))


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """What we read of a block."""

    number: int
    hash: bytes
    time: int

    @property
    def ref(self) -> BlockRef:
        """The block, named by number and hash."""
        return BlockRef(self.number, self.hash)


@dataclass(frozen=True, slots=True)
class RpcLog:
    """One log, its words decoded from hex. `block_time`: where the ledger puts it into logs."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    log_index: int
    block_time: int | None


CHAIN_ID: Final = RpcCall("eth_chainId")
NEWEST_BLOCK: Final = RpcCall("eth_getBlockByNumber", ("latest", False))


def block_param(block: BlockTag) -> Any:
    """Return how JSON-RPC names a block: by hash where it is known (EIP-1898), so that no reorg goes unseen."""
    if block is None:
        return "latest"
    return encode_quantity(block.number) if block.hash is None else {"blockHash": encode_hex(block.hash)}


def get_block(number: int) -> RpcCall:
    """Return the call for the header of a block by number."""
    return RpcCall("eth_getBlockByNumber", (encode_quantity(number), False))


def get_code(address: bytes) -> RpcCall:
    """Return the call for the newest runtime code of a contract."""
    return RpcCall("eth_getCode", (encode_hex(address), "latest"))


def get_logs(
    addresses: Sequence[bytes], topics: Sequence[bytes | Sequence[bytes] | None], *, first: int, last: int
) -> RpcCall:
    """Return the call for logs of blocks [first, last]; a topic is 32 bytes, several alternatives, or None for any."""
    filter_: dict[str, Any] = {
        "fromBlock": encode_quantity(first),
        "toBlock": encode_quantity(last),
        "address": [encode_hex(address) for address in addresses],
        "topics": [_topic(topic) for topic in topics],
    }
    return RpcCall("eth_getLogs", (filter_,))


def _topic(topic: bytes | Sequence[bytes] | None) -> Any:
    if topic is None or isinstance(topic, bytes):
        return None if topic is None else encode_hex(topic)
    return [encode_hex(item) for item in topic]


def bytes_of(answer: Any) -> bytes:
    """Read 0x-hex bytes. Raises LedgerUnavailableError."""
    if isinstance(answer, RpcError):
        raise LedgerUnavailableError(f"the ledger could not answer: {answer.message}", code=answer.code)
    try:
        return decode_hex(answer.lower() if isinstance(answer, str) else "")
    except MalformedValueError as error:
        raise _nonsense(f"expected bytes: {error.detail}") from None


def quantity_of(answer: Any) -> int:
    """Read a 0x-hex number. Raises LedgerUnavailableError."""
    if isinstance(answer, RpcError):
        raise LedgerUnavailableError(f"the ledger could not answer: {answer.message}", code=answer.code)
    try:
        return decode_quantity(answer.lower() if isinstance(answer, str) else "")
    except MalformedValueError as error:
        raise _nonsense(f"expected a quantity: {error.detail}") from None


def block_of(answer: Any) -> BlockHeader:
    """Read a block's header. Raises LedgerUnavailableError, also when there is no such block."""
    if answer is None:
        raise LedgerUnavailableError("the ledger does not have the block that was asked for")
    value = _mapping(answer)
    digest = bytes_of(value.get("hash"))
    if len(digest) != 32:
        raise _nonsense("a block hash has 32 bytes")
    return BlockHeader(quantity_of(value.get("number")), digest, quantity_of(value.get("timestamp")))


def logs_of(answer: Any) -> list[RpcLog]:
    """Read the logs of an answer, removed ones left out. Raises LedgerUnavailableError."""
    if isinstance(answer, RpcError):
        raise LedgerUnavailableError(f"the ledger could not list logs: {answer.message}", code=answer.code)
    if not isinstance(answer, list):
        raise _nonsense("expected an array of logs")
    return [_log(_mapping(item)) for item in answer if not (isinstance(item, Mapping) and item.get("removed") is True)]


def decode_log(event: EventType, log: RpcLog) -> dict[str, Any]:
    """Return the values of one log. Raises LedgerUnavailableError: logs of our contracts always decode."""
    try:
        return event.decode(log.topics, log.data)
    except AbiError as error:
        raise _nonsense(f"a log is not a {event.name}: {error.detail}") from None


def _log(value: Mapping[str, Any]) -> RpcLog:
    topics = value.get("topics")
    if not isinstance(topics, list) or len(topics) > 4:
        raise _nonsense("a log has at most four topics")
    words = tuple(bytes_of(topic) for topic in topics)
    time = value.get("blockTimestamp")
    log = RpcLog(
        address=bytes_of(value.get("address")),
        topics=words,
        data=bytes_of(value.get("data")),
        block_number=quantity_of(value.get("blockNumber")),
        block_hash=bytes_of(value.get("blockHash")),
        transaction_hash=bytes_of(value.get("transactionHash")),
        log_index=quantity_of(value.get("logIndex")),
        block_time=None if time is None else quantity_of(time),
    )
    sizes = [len(log.address), len(log.block_hash), len(log.transaction_hash), *map(len, words)]
    if sizes != [20, 32, 32, *(32 for _ in words)]:
        raise _nonsense("a log's address, hashes or topics have the wrong size")
    return log


def _mapping(answer: Any) -> Mapping[str, Any]:
    if isinstance(answer, RpcError):
        raise LedgerUnavailableError(f"the ledger could not answer: {answer.message}", code=answer.code)
    if not isinstance(answer, Mapping):
        raise _nonsense("expected an object")
    return answer


def _nonsense(reason: str) -> LedgerUnavailableError:
    return LedgerUnavailableError(f"the ledger's answer is not the protocol: {reason}")
