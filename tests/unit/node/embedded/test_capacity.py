import json
from pathlib import Path

import pytest

from node.embedded.capacity import CREATION_EVENTS, DIDS_MAX, SLOTS_MAX, Capacity

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize(
    ("dids", "slots", "warns"),
    [(0, 0, False), (DIDS_MAX * 7 // 10 - 1, 0, False), (DIDS_MAX * 7 // 10, 0, True), (0, SLOTS_MAX * 7 // 10, True)],
)
def test_capacity_warns_from_seventy_percent_on(dids: int, slots: int, warns: bool) -> None:
    capacity = Capacity(dids, slots)
    assert (capacity.warning is not None) is warns
    assert capacity.as_dict()["did_limit"] == 8_000


def test_creation_events_are_those_of_the_contract() -> None:
    abi = json.loads((ROOT / "registry_client/abi/DidRegistry.json").read_text())
    events = {entry["name"]: entry for entry in abi if entry["type"] == "event"}
    for signature in CREATION_EVENTS:
        name, _, types = signature.rstrip(")").partition("(")
        assert [field["type"] for field in events[name]["inputs"]] == types.split(",")
