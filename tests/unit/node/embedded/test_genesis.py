import json
from pathlib import Path

from node.embedded.genesis import chain_id_of, engine_flags, network_name, new_genesis, write_genesis


def test_genesis_documents_differ_and_stay_in_bounds() -> None:
    drawn = [new_genesis(now=1_700_000_000) for _ in range(200)]
    chain_ids = [chain_id_of(genesis) for genesis in drawn]
    assert all(1 << 20 <= chain_id < 1 << 31 for chain_id in chain_ids)
    assert len(set(chain_ids)) > 195
    assert len({genesis["coinbase"] for genesis in drawn}) == 200
    assert {genesis["timestamp"] for genesis in drawn} == {hex(1_700_000_000)}


def test_network_is_named_after_the_genesis_hash() -> None:
    assert network_name(bytes.fromhex("abcdef01" + "00" * 28)) == "dev-abcdef"


def test_flags_pin_what_hashes_depend_on() -> None:
    flags = engine_flags({"config": {"chainId": 77}})
    assert flags[flags.index("--hardfork") + 1] == "osaka"
    assert flags[flags.index("--chain-id") + 1] == "77"
    assert flags[flags.index("--slots-in-an-epoch") + 1] == "0"
    assert "--no-mining" in flags


def test_equal_genesis_file_is_left_alone(tmp_path: Path) -> None:
    genesis = new_genesis(now=5)
    path = write_genesis(tmp_path, genesis)
    before = path.stat().st_ino
    assert write_genesis(tmp_path, genesis).stat().st_ino == before
    write_genesis(tmp_path, new_genesis(now=6))
    assert json.loads(path.read_text())["timestamp"] == "0x6"
