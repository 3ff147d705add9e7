import stat
from pathlib import Path

import pytest

from node.embedded.errors import (
    RelayerFileError,
)
from node.embedded.relayers import COUNT_MAX, KnownRelayers, parse_address


def test_relayers_are_kept_and_addresses_have_no_case(tmp_path: Path) -> None:
    relayers = KnownRelayers(tmp_path)
    relayers.add(parse_address("0x" + "aB" * 20))
    relayers.add(parse_address("0x" + "Ab" * 20))
    assert len(relayers) == 1
    again = KnownRelayers(tmp_path)
    assert b"\xab" * 20 in again
    assert b"\xac" * 20 not in again
    assert stat.S_IMODE((tmp_path / "relayers.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["{}", "[1]", '["0x12"]', "[", '["' + "0x" + "zz" * 20 + '"]', "\xff", "null"])
def test_unreadable_list_of_relayers_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "relayers.json").write_text(text, "latin-1")
    with pytest.raises(RelayerFileError):
        KnownRelayers(tmp_path)


def test_number_of_relayers_is_bounded(tmp_path: Path) -> None:
    relayers = KnownRelayers(tmp_path)
    with pytest.raises(RelayerFileError, match="more than"):
        relayers.add(*(number.to_bytes(20, "big") for number in range(COUNT_MAX + 1)))
    assert len(relayers) == 0


def test_what_another_process_lets_in_is_heard_without_a_restart(tmp_path: Path) -> None:
    running, elsewhere = KnownRelayers(tmp_path), KnownRelayers(tmp_path)
    first, second, third = (bytes([number]) * 20 for number in (1, 2, 3))
    running.add(first)
    elsewhere.add(second)
    assert second in running
    running.add(third)
    assert all(address in KnownRelayers(tmp_path) for address in (first, second, third))
    (tmp_path / "relayers.json").write_text("[broken")
    assert first in running
    assert b"\x09" * 20 not in running
