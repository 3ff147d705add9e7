"""A ledger's history on disk: hash-linked blocks whose logs, blooms, receipts and hashes all prove each other.

- What a JSON-RPC client will be told stands there as bytes, so that serving it costs next to nothing (see
  recording_server).
- One folder: `headers`, `logs` and `receipts` with one piece a block, `places` with where each piece begins.
"""

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from node.domain.event import RawLog
from node.domain.header import header_rlp
from node.domain.receipts import BlockReceipt, receipts_root
from registry_client.core.hashing import keccak256, sha256

START = 1_790_000_000
KINDS = ("headers", "logs", "receipts")
EMPTY_UNCLES = keccak256(b"\xc0")
DIFFERENT_CODE = b"\x60\x00"
"""Runtime code of every contract of the recording: only its hash is ever looked at."""


@dataclass(frozen=True, slots=True)
class NewLog:
    """What a contract says in a transaction."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@lru_cache(maxsize=4096)
def _common_bits(item: bytes) -> int:
    return bloom_bits(item)


def bloom_bits(item: bytes) -> int:
    """The three bits of an address or topic (Yellow Paper, 4.4.3)."""
    digest, bits = keccak256(item), 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[at : at + 2]) & 2047)
    return bits


class Recorder:
    """Writes a recording, block after block."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.number, self.parent, self.time = -1, bytes(32), START
        self.genesis = b""
        self.logs = 0
        self._files = {kind: (folder / kind).open("wb", buffering=1 << 20) for kind in KINDS}
        self._places = {kind: array("Q", [0]) for kind in KINDS}
        self.block([])
        self.genesis = self.parent

    def block(self, transactions: Sequence[Sequence[NewLog]], *, seconds: int = 1) -> None:
        """Seal one block with these logs; `seconds` after the one before."""
        self.number += 1
        self.time += seconds
        sealed: list[BlockReceipt] = []
        block_bloom, index = 0, 0
        for position, logs in enumerate(transactions):
            bloom = 0
            raw = []
            hashed = sha256(b"%d/%d" % (self.number, position))
            for log in logs:
                bloom |= _common_bits(log.address) | _common_bits(log.topics[0])
                for topic in log.topics[1:]:
                    bloom |= _common_bits(topic) if topic.endswith(bytes(31)) else bloom_bits(topic)
                raw.append(RawLog(log.address, log.topics, log.data, self.number, b"", self.time, hashed, index))
                index += 1
            block_bloom |= bloom
            gas = 90_000 * index + 21_000 * (position + 1)
            sealed.append(BlockReceipt(hashed, 2, b"\x01", gas, bloom.to_bytes(256), tuple(raw)))
        self.logs += index
        self._write(sealed, block_bloom.to_bytes(256))

    def _write(self, sealed: Sequence[BlockReceipt], bloom: bytes) -> None:
        root = "0x" + sha256(b"state %d" % self.number).hex()
        header = {
            "number": hex(self.number),
            "parentHash": "0x" + self.parent.hex(),
            "sha3Uncles": "0x" + EMPTY_UNCLES.hex(),
            "miner": "0x" + bytes(20).hex(),
            "stateRoot": root,
            "transactionsRoot": root,
            "receiptsRoot": "0x" + receipts_root(sealed).hex(),
            "logsBloom": "0x" + bloom.hex(),
            "difficulty": "0x0",
            "gasLimit": hex(300_000_000),
            "gasUsed": hex(sealed[-1].cumulative_gas if sealed else 0),
            "timestamp": hex(self.time),
            "extraData": "0x",
            "mixHash": "0x" + bytes(32).hex(),
            "nonce": "0x" + bytes(8).hex(),
            "baseFeePerGas": "0x0",
        }
        self.parent = keccak256(header_rlp(header))
        place = f'"blockNumber":"{self.number:#x}","blockHash":"0x{self.parent.hex()}"'
        receipts, logs = [], []
        for position, receipt in enumerate(sealed):
            own = [self._log(log, position, place) for log in receipt.logs]
            logs += own
            receipts.append(
                f'{{"type":"{receipt.kind:#x}","status":"0x1","cumulativeGasUsed":"{receipt.cumulative_gas:#x}",'
                f'"logsBloom":"0x{receipt.bloom.hex()}","transactionHash":"0x{receipt.transaction_hash.hex()}",'
                f'"transactionIndex":"{position:#x}",{place},"contractAddress":null,"logs":[{",".join(own)}]}}'
            )
        hashes = [f"0x{receipt.transaction_hash.hex()}" for receipt in sealed]
        shown = header | {"hash": "0x" + self.parent.hex(), "transactions": hashes, "uncles": [], "size": "0x400"}
        self._append("headers", json.dumps(shown, separators=(",", ":")))
        self._append("receipts", f"[{','.join(receipts)}]")
        self._append("logs", ",".join(logs))

    def _log(self, log: RawLog, position: int, place: str) -> str:
        topics = ",".join([f'"0x{topic.hex()}"' for topic in log.topics])
        return (
            f'{{"address":"0x{log.address.hex()}","topics":[{topics}],"data":"0x{log.data.hex()}",{place},'
            f'"blockTimestamp":"{self.time:#x}","transactionHash":"0x{log.transaction_hash.hex()}",'
            f'"transactionIndex":"{position:#x}","logIndex":"{log.log_index:#x}","removed":false}}'
        )

    def _append(self, kind: str, text: str) -> None:
        written = self._files[kind].write(text.encode())
        self._places[kind].append(self._places[kind][-1] + written)

    def close(self, **more: object) -> None:
        """Write what is left, and `about.json` with `more`: its presence says that the recording is whole."""
        for file in self._files.values():
            file.close()
        for kind, places in self._places.items():
            with (self.folder / f"{kind}.places").open("wb") as file:
                places.tofile(file)
        about = {"blocks": self.number, "logs": self.logs, "genesis": "0x" + self.genesis.hex(), **more}
        (self.folder / "about.json").write_text(json.dumps(about))


def about(folder: Path) -> dict:
    """What a whole recording says of itself."""
    return json.loads((folder / "about.json").read_text())
