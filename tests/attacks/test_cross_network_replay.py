"""A signature is for one network, one chain and one contract: replayed anywhere else it is nobody's."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from registry_client.core.operation import encode_call
from tests.attacks.conftest import Refused
from tests.support.abi import RevertedError
from tests.support.anvil import anvil
from tests.support.chain import Registry, found
from tests.support.story import Story, document_of, tell

pytestmark = pytest.mark.chain


@pytest.fixture(scope="module")
def twin(founded: Registry) -> Iterator[Registry]:
    """Another registry: same addresses, same cast, another chain id and another name."""
    with anvil(chain_id=31_999) as ledger:
        other = found(ledger)
        assert other.contracts == founded.contracts  # the worst case: nothing but the domain tells them apart
        tell(other)
        yield other


def update(story: Story, version: int = 1) -> dict:
    return {"id": story.agency_id, "expectedVersion": version, "document": document_of("replayed")}


def test_what_one_registry_took_another_refuses(story: Story, twin: Registry) -> None:
    signed = story.registry.sign("UpdateDocument", update(story), story.agency)
    story.registry.send(encode_call(signed), to=story.registry.contracts["DidRegistry"])
    before = twin.view("DidRegistry", "recordOf", story.agency_id)
    assert before["version"] == 1
    with pytest.raises(RevertedError) as refusal:
        twin.send(encode_call(signed), to=twin.contracts["DidRegistry"])
    assert refusal.value.name == "SignatureInvalid"
    assert twin.view("DidRegistry", "recordOf", story.agency_id) == before


@pytest.mark.parametrize(
    "changed",
    [{"name": "did:mapae:elsewhere"}, {"chain_id": 1}, {"verifying_contract": b"\x11" * 20}],
    ids=lambda changed: next(iter(changed)),
)
def test_every_part_of_the_domain_counts(story: Story, refused: Refused, changed: dict) -> None:
    registry = story.registry
    domain = replace(registry.domain("DidRegistry"), **changed)
    signed = registry.sign("UpdateDocument", update(story), story.agency, domain=domain)
    with refused.by("SignatureInvalid"):
        registry.send(encode_call(signed), to=registry.contracts["DidRegistry"])


def test_a_signature_for_one_contract_opens_no_other(story: Story, refused: Refused) -> None:
    """Suspend and Lift have the same fields: only the type and the contract tell their signatures apart."""
    registry = story.registry
    message = {"list": story.list_id, "startWord": 0, "masks": [1], "nonce": 0}
    suspend = registry.sign("Suspend", message, story.desk)
    as_lift = replace(suspend, type=registry.sign("Lift", message, story.desk).type)
    with refused.by("SignatureInvalid"):
        registry.send(encode_call(as_lift), to=registry.contracts["StatusRegistry"])


def test_an_earlier_generation_is_another_contract(story: Story, refused: Refused) -> None:
    registry = story.registry
    old = registry.contracts["DidRegistry"]
    signed_for_old = registry.sign("UpdateDocument", update(story), story.agency)
    registry.succeed("DidRegistry")
    with refused.by("SuccessionNotCurrent"):
        registry.send(encode_call(signed_for_old), to=old)
    with refused.by("SignatureInvalid"):
        registry.send(encode_call(signed_for_old), to=registry.contracts["DidRegistry"])
    registry.submit("UpdateDocument", update(story), story.agency)
