"""What the registry's operations cost: measured on a ledger of our own, signed with P-256 and relayed by a stranger.

- Blocks have given times, keys and signatures are deterministic: the same contracts give the same figures to the unit.
- A figure is the gas used by the whole transaction, calldata and intrinsic gas included.
- DESIGN.md section 4 sets the ceilings; the snapshot lies in tests/contracts/gas.json, so that a change shows its cost.
"""

from collections.abc import Callable

from registry_client.core.operation import SignedOperation
from tests.support.anvil import Anvil, anvil
from tests.support.chain import Registry, found
from tests.support.keys import P256Key, Secp256k1Key, keccak256
from tests.support.story import Story, document_of, tell

GENESIS_TIME = 1_800_000_000
BATCH = 100
BATCH_WITHOUT_PRECOMPILE = 25
TRANSACTION_CAP = 16_777_216
"""EIP-7825: 2^24 gas for one transaction."""

WITH, WITHOUT = "with precompile", "without precompile"

CEILINGS = {
    "organisation create": 135_000,
    "holder create": 150_000,
    "update": 85_000,
    "deactivate": 60_000,
    "deactivate holder": 60_000,
    "batch of 100 organisation creates": 9_500_000,
    "batch of 100 holder creates": TRANSACTION_CAP,
    "accreditation": 140_000,
    "revoke, first in its word": 85_000,
    "revoke, word in use": 65_000,
    "revoke 256 of one word": 90_000,
    "revoke 10,000 contiguous": 1_400_000,
    "issuance anchor, first": 100_000,
    "issuance anchor, later": 80_000,
    "snapshot, first": 80_000,
    "snapshot, later": 60_000,
    "P-256 signature over secp256k1": 10_000,
}
CEILINGS_WITHOUT_PRECOMPILE = {
    "P-256 signature over secp256k1": 270_000,
    "batch of 25 holder creates": TRANSACTION_CAP,
}


def measure() -> dict[str, dict[str, int]]:
    """Measure everything that has a ceiling: {with precompile | without precompile: {what: gas}}."""
    return {WITH: _on("osaka", _with_precompile), WITHOUT: _on("cancun", _without_precompile)}


def _on(hardfork: str, measured: Callable[[Registry], dict[str, int]]) -> dict[str, int]:
    with anvil(hardfork=hardfork, timestamp=GENESIS_TIME) as ledger:
        _tick(ledger)
        return measured(found(ledger))


def _tick(ledger: Anvil) -> None:
    """Let every block be one second after the one before, whatever the wall clock says."""
    ledger.rpc("anvil_setBlockTimestampInterval", 1)


def _with_precompile(registry: Registry) -> dict[str, int]:
    story = tell(registry)
    return {
        **_dids(story),
        **_accreditation(story),
        **_status(story),
        **_issuance(story),
        "batch of 100 organisation creates": _batch_of_organisations(story, BATCH),
        "batch of 100 holder creates": _batch_of_holders(story, BATCH),
        "P-256 signature over secp256k1": _signature(story),
    }


def _without_precompile(registry: Registry) -> dict[str, int]:
    story = tell(registry)
    return {
        "organisation create": story.create_organisation("new", P256Key("new")).gas_used,
        "holder create": story.create_holder(P256Key("new phone")).gas_used,
        "batch of 25 holder creates": _batch_of_holders(story, BATCH_WITHOUT_PRECOMPILE),
        "P-256 signature over secp256k1": _signature(story),
    }


def _dids(story: Story) -> dict[str, int]:
    registry, new = story.registry, P256Key("new")
    created = story.create_organisation("new", new)
    new_id = created.event("OrganisationCreated")["id"]
    update = {"id": new_id, "expectedVersion": 1, "document": document_of("second")}
    holder = {"id": story.holder_id, "guardian": story.agency_id}
    return {
        "organisation create": created.gas_used,
        "holder create": story.create_holder(P256Key("new phone")).gas_used,
        "update": registry.submit("UpdateDocument", update, new).gas_used,
        "deactivate": registry.submit("DeactivateDid", {"id": new_id, "expectedVersion": 2}, new).gas_used,
        "deactivate holder": registry.submit("DeactivateHolder", holder, story.desk).gas_used,
    }


def _accreditation(story: Story) -> dict[str, int]:
    third = P256Key("third")
    third_id = story.create_organisation("third", third).event("OrganisationCreated")["id"]
    message = story.accreditation(agency=third_id)
    return {"accreditation": story.registry.submit("Accredit", message, story.ministry).gas_used}


def _status(story: Story) -> dict[str, int]:
    registry = story.registry

    def revoke(start_word: int, *masks: int) -> int:
        message = {"list": story.list_id, "startWord": start_word, "masks": masks}
        return registry.submit("Revoke", message, story.desk).gas_used

    def snapshot(seq: int) -> int:
        message = {"list": story.list_id, "seq": seq, "digest": keccak256(bytes([seq]))}
        return registry.submit("AnchorSnapshot", message, story.desk).gas_used

    full = (1 << 256) - 1
    revoke(100, 1)  # the list's own slots are in use
    return {
        "revoke, first in its word": revoke(0, 1 << 255),
        "revoke, word in use": revoke(0, 1 << 254),
        "revoke 256 of one word": revoke(1, full),
        "revoke 10,000 contiguous": revoke(200, *([full] * 39), full << 240 & full),
        "snapshot, first": snapshot(4),
        "snapshot, later": snapshot(5),
    }


def _issuance(story: Story) -> dict[str, int]:
    def anchor(seq: int) -> int:
        message = {"agency": story.agency_id, "expectedSeq": seq, "root": keccak256(bytes([seq])), "count": 40}
        return story.registry.submit("AnchorIssuance", message, story.issuer).gas_used

    return {"issuance anchor, first": anchor(1), "issuance anchor, later": anchor(2)}


def _batch_of_holders(story: Story, count: int) -> int:
    phones = [P256Key(f"phone {number} of {count}") for number in range(count)]
    sign = story.registry.sign
    return _batch(story, [sign("CreateHolder", story.holder_message(phone), phone, story.endorser) for phone in phones])


def _batch_of_organisations(story: Story, count: int) -> int:
    keys = [P256Key(f"organisation {number} of {count}") for number in range(count)]
    sign = story.registry.sign
    messages = [story.organisation_message(key.label, key) for key in keys]
    creates = [
        sign("CreateOrganisation", message, key, story.endorser) for message, key in zip(messages, keys, strict=True)
    ]
    return _batch(story, creates)


def _batch(story: Story, operations: list[SignedOperation]) -> int:
    receipt = story.registry.batch("DidRegistry", operations)
    if len(receipt.events) != len(operations) or any(event.name == "OperationSkipped" for event in receipt.events):
        raise AssertionError("not every item of the batch was carried out")
    return receipt.gas_used


def _signature(story: Story) -> int:
    """The same update of the same kind of DID, signed by a key of either kind; the difference."""
    costs = []
    for key in (P256Key("signer"), Secp256k1Key("signer")):
        new_id = story.create_organisation("signer", key).event("OrganisationCreated")["id"]
        message = {"id": new_id, "expectedVersion": 1, "document": document_of("second")}
        costs.append(story.registry.submit("UpdateDocument", message, key).gas_used)
    return costs[0] - costs[1]
