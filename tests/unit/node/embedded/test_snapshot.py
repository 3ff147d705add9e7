import gzip
import json
from pathlib import Path

import pytest

from node.embedded.snapshot import SnapshotDamagedError, count_slots, read_snapshot


def test_slots_are_counted_across_windows() -> None:
    storage_of = [{f"0x{slot:064x}": f"0x{slot + 1:064x}" for slot in range(count)} for count in (0, 1, 40_000)]
    accounts = {f"0x{n:040x}": {"code": "0x", "storage": found} for n, found in enumerate(storage_of)}
    document = {
        "block": {"prevrandao": "0x" + "11" * 32},
        "accounts": accounts,
        "transactions": [{"hash": "0x" + "22" * 32}],
    }
    for separators in ((",", ":"), (", ", ": ")):
        assert count_slots(gzip.compress(json.dumps(document, separators=separators).encode())) == 40_001


def test_short_or_foreign_snapshot_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "snapshot-000000000005.bin"
    for content in (b"", b"MPS1", b"x" * 500):
        path.write_bytes(content)
        with pytest.raises(SnapshotDamagedError):
            read_snapshot(path)
