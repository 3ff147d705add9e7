"""A batch is anybody's list of other people's operations: a bad item costs its sender gas and nobody anything else."""

import pytest

from registry_client.core.operation import encode_call
from tests.support.abi import RevertedError
from tests.support.anvil import RpcError
from tests.support.chain import Registry
from tests.support.keys import P256Key
from tests.support.story import Story, document_of

pytestmark = pytest.mark.chain


def batch(registry: Registry, calls: list[bytes]):
    return registry.send(registry.abi("DidRegistry").call_data("batch", calls), to=registry.contracts["DidRegistry"])


def update(story: Story, version: int, key: P256Key | None = None) -> bytes:
    message = {"id": story.agency_id, "expectedVersion": version, "document": document_of(f"v{version}")}
    return encode_call(story.registry.sign("UpdateDocument", message, key or story.agency))


def names(receipt) -> list[str]:
    return [event.name for event in receipt.events]


def test_bad_items_around_a_good_one_do_not_stop_it(story: Story) -> None:
    stranger = P256Key("stranger")
    calls = [
        b"",
        b"\0",
        b"\xde\xad\xbe\xef",
        b"\xff" * 512,
        update(story, 1, stranger),
        update(story, 1),
        update(story, 1),
    ]
    receipt = batch(story.registry, calls)
    assert names(receipt) == [*["OperationSkipped"] * 5, "DocumentUpdated", "OperationSkipped"]


def test_a_batch_in_a_batch_wins_no_authority(story: Story) -> None:
    registry = story.registry
    mark = registry.abi("DidRegistry").call_data("councilCompromise", story.agency_id, b"\1" * 32, 1)
    inner = registry.abi("DidRegistry").call_data("batch", [mark, update(story, 1)])
    assert names(batch(registry, [inner, mark])) == ["OperationSkipped", "DocumentUpdated", "OperationSkipped"]
    assert registry.view("DidRegistry", "compromisedSince", story.agency_id, b"\1" * 32) == 0


def test_a_sender_cannot_starve_one_item_of_gas_and_let_the_rest_through(story: Story) -> None:
    """Each item may take all but one 64th of what is left: where the first fails for want of gas, so does the rest."""
    registry = story.registry
    first = {"id": story.agency_id, "expectedVersion": 1, "document": document_of("first")}
    second = story.holder_message(P256Key("second"))
    calls = [
        encode_call(registry.sign("UpdateDocument", first, story.agency)),
        encode_call(registry.sign("CreateHolder", second, P256Key("second"), story.endorser)),
    ]
    data = registry.abi("DidRegistry").call_data("batch", calls)
    floor = 21_000 + sum(10 if byte == 0 else 40 for byte in data)  # EIP-7623: below it nothing is mined
    outcomes = set()
    for gas in range(floor + 1_000, floor + 200_000, 8_000):
        snapshot = registry.ledger.snapshot()
        try:
            outcomes.add(tuple(names(registry.send(data, to=registry.contracts["DidRegistry"], gas=gas))))
            version = registry.view("DidRegistry", "recordOf", story.agency_id)["version"]
            assert version == 2  # what the batch says of an item is what happened to it
        except (RpcError, RevertedError, RuntimeError):  # a transaction that failed whole moved nothing
            outcomes.add(())
        registry.ledger.revert(snapshot)
    assert len(outcomes) > 1, outcomes
    assert ("DocumentUpdated", "HolderCreated") in outcomes
    assert ("OperationSkipped", "HolderCreated") not in outcomes
