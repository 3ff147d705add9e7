"""What a lying or lagging ledger says, for `fault_proxy.lie`: blocks, logs and heads that are not so."""

from collections.abc import Callable
from typing import Any

from tests.support.fault_proxy import Fault, lie

BLOCK, LOGS = "eth_getBlockByNumber", "eth_getLogs"


def _twisted(text: str) -> str:
    """The same length of hex, and another value."""
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def block_with(label: str, change: Callable[[dict[str, Any]], dict[str, Any]], **more: Any) -> Fault:
    """Headers with something changed."""
    return lie(label, BLOCK, tell=lambda _method, _params, block: block and {**block, **change(block)}, **more)


def other_hash(**more: Any) -> Fault:
    return block_with("other-hash", lambda block: {"hash": _twisted(block["hash"])}, **more)


def other_parent(**more: Any) -> Fault:
    return block_with("other-parent", lambda block: {"parentHash": _twisted(block["parentHash"])}, **more)


def other_time(**more: Any) -> Fault:
    return block_with("other-time", lambda block: {"timestamp": hex(int(block["timestamp"], 16) + 3600)}, **more)


def empty_bloom(**more: Any) -> Fault:
    """Headers that deny that anything was logged."""
    return block_with("empty-bloom", lambda _: {"logsBloom": "0x" + "00" * 256}, **more)


def logs_as(label: str, change: Callable[[list[dict[str, Any]]], Any], **more: Any) -> Fault:
    """Answers to eth_getLogs with something changed."""
    return lie(label, LOGS, tell=lambda _method, _params, logs: change(logs), **more)


def no_logs(**more: Any) -> Fault:
    return logs_as("no-logs", lambda _: [], **more)


def null_logs(**more: Any) -> Fault:
    """What Besu's pruned histories answered: null, as if it were a success."""
    return logs_as("null-logs", lambda _: None, **more)


def last_log_omitted(**more: Any) -> Fault:
    return logs_as("last-log-omitted", lambda logs: logs[:-1], **more)


def log_twice(**more: Any) -> Fault:
    return logs_as("log-twice", lambda logs: [*logs, *logs[-1:]], **more)


def invented_log(**more: Any) -> Fault:
    """One log more than there is: the last again, at the next index."""

    def invent(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [*logs, *({**log, "logIndex": hex(int(log["logIndex"], 16) + 1)} for log in logs[-1:])]

    return logs_as("invented-log", invent, **more)


def altered_data(**more: Any) -> Fault:
    """The last byte of every log's data changed: what no bloom filter shows."""
    return logs_as("altered-data", lambda logs: [{**log, "data": _twisted(log["data"])} for log in logs], **more)


def stale_replica(height: int) -> Fault:
    """A replica that stands still at `height`: honest about everything up to there, ignorant of what came after."""
    tag = hex(height)

    def ask(method: str, params: list[Any]) -> list[Any]:
        known = [tag if param in ("latest", "pending") else param for param in params]
        if method == LOGS:
            known = [{**params[0], "toBlock": hex(min(height, _number(params[0].get("toBlock"), height)))}]
        return known

    def tell(method: str, _params: list[Any], result: Any) -> Any:
        match method:
            case "eth_blockNumber":
                return tag
            case "eth_getBlockByNumber" | "eth_getBlockByHash":
                return None if result and int(result["number"], 16) > height else result
            case "eth_getTransactionReceipt" | "eth_getTransactionByHash":
                mined = result and result.get("blockNumber")
                return None if mined and int(mined, 16) > height else result
            case "eth_getLogs":
                return [log for log in result if int(log["blockNumber"], 16) <= height]
            case "eth_getBlockReceipts":
                return None if result and int(result[0]["blockNumber"], 16) > height else result
            case _:
                return result

    return lie("stale-replica", ask=ask, tell=tell)


def _number(tag: Any, height: int) -> int:
    return int(tag, 16) if isinstance(tag, str) and tag.startswith("0x") else height
