"""The same registry at the same addresses of another ledger: nothing that was signed for one works on the other."""

import pytest

from registry_client.core.operation import encode_call
from tests.support.abi import RevertedError
from tests.support.anvil import anvil
from tests.support.chain import CANCEL, found, salt_of
from tests.support.keys import Secp256k1Key
from tests.support.story import document_of, tell

pytestmark = pytest.mark.chain


def test_a_twin_with_another_chain_id_takes_nothing_signed_for_the_first() -> None:
    with anvil(chain_id=4_241) as first_ledger, anvil(chain_id=4_242) as second_ledger:
        first, second = (found(ledger, network="dev-twins1") for ledger in (first_ledger, second_ledger))
        assert first.contracts == second.contracts
        story, twin = tell(first), tell(second)
        assert (story.agency_id, story.list_id) == (twin.agency_id, twin.list_id)
        vote = {"kind": 4, "arguments": story.agency_id.ljust(32, b"\0"), "salt": salt_of("v"), "epoch": 1}
        operations = [
            first.sign(
                "UpdateDocument",
                {"id": story.agency_id, "expectedVersion": 1, "document": document_of("second")},
                story.agency,
            ),
            first.sign("DeactivateHolder", {"id": story.holder_id, "guardian": story.agency_id}, story.desk),
            first.sign("Revoke", {"list": story.list_id, "startWord": 0, "masks": (1,)}, story.desk),
            first.sign("Vote", {**vote, "choice": CANCEL}, first.council[0]),
        ]
        for operation in operations:
            address = first.contracts[operation.type.contract]
            with pytest.raises(RevertedError, match="SignatureInvalid"):
                second.send(encode_call(operation), to=address)
            assert first.send(encode_call(operation), to=address).events


def test_a_twin_with_another_name_takes_nothing_signed_for_the_first() -> None:
    with anvil(chain_id=4_243) as first_ledger, anvil(chain_id=4_243) as second_ledger:
        first, second = found(first_ledger, network="dev-twins1"), found(second_ledger, network="dev-twins2")
        assert first.contracts == second.contracts
        key = Secp256k1Key("agency by secp256k1")
        story = tell(first, agency=key)
        tell(second, agency=key)
        message = {"id": story.agency_id, "expectedVersion": 1, "document": document_of("second")}
        operation = first.sign("UpdateDocument", message, key)
        # secp256k1 recovers some key from any signature: it is nobody's here.
        with pytest.raises(RevertedError, match="DidRegistryNotController"):
            second.send(encode_call(operation), to=second.contracts["DidRegistry"])
        assert first.send(encode_call(operation), to=first.contracts["DidRegistry"]).events
