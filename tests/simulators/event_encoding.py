"""Events as logs: values in the order of an event's parameters -> topics and data, by the contracts' ABIs."""

from collections.abc import Mapping, Sequence
from typing import Any

from node.services.catalogue import load_abis
from registry_client.core.hashing import keccak256
from tests.simulators.recording import NewLog

DYNAMIC = ("bytes", "string", "uint256[]", "bytes21[]")


class EventEncoder:
    """Encodes the events of every contract. `addresses`: {contract name: address}."""

    def __init__(self, addresses: Mapping[str, bytes]) -> None:
        self._shapes: dict[str, tuple[bytes, bytes, list[tuple[str, bool]]]] = {}
        for contract, abi in load_abis().items():
            for item in abi:
                if item["type"] == "event":
                    parts = [(p["type"], bool(p["indexed"])) for p in item["inputs"]]
                    topic = keccak256(f"{item['name']}({','.join(kind for kind, _ in parts)})".encode())
                    self._shapes[item["name"]] = (addresses[contract], topic, parts)

    def log(self, event: str, values: Sequence[Any]) -> NewLog:
        """Encode one event."""
        address, topic, parts = self._shapes[event]
        topics, plain = [topic], []
        for (kind, indexed), value in zip(parts, values, strict=True):
            if indexed:
                topics.append(_word(kind, value))
            else:
                plain.append((kind, value))
        head, tail = b"", b""
        for kind, value in plain:
            if kind in DYNAMIC:
                head += (32 * len(plain) + len(tail)).to_bytes(32)
                tail += _tail(kind, value)
            else:
                head += _word(kind, value)
        return NewLog(address, tuple(topics), head + tail)


def _word(kind: str, value: Any) -> bytes:
    if isinstance(value, int):
        return int(value).to_bytes(32)
    return value.rjust(32, b"\0") if kind == "address" else value.ljust(32, b"\0")


def _tail(kind: str, value: Any) -> bytes:
    if kind.endswith("[]"):
        return len(value).to_bytes(32) + b"".join([_word(kind[:-2], item) for item in value])
    raw = value.encode() if isinstance(value, str) else value
    return len(raw).to_bytes(32) + raw + bytes(-len(raw) % 32)
