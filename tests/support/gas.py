"""What the registry's operations cost, signed with either kind of key and relayed by a stranger.

- Blocks have given times, keys and signatures are deterministic: the same contracts give the same figures to the unit.
- A figure is the gas used by the whole transaction, calldata and intrinsic gas included.
- DESIGN.md section 4 sets ceilings for signed operations, and what a P-256 signature may add to them; the two P-256
  signatures of a creation are within its ceiling. The snapshot lies in tests/contracts/gas.json.
"""

from collections.abc import Iterator, Mapping

from registry_client.core.operation import SignedOperation
from tests.support.anvil import anvil
from tests.support.chain import found
from tests.support.keys import Key, P256Key, Secp256k1Key, keccak256
from tests.support.story import Story, document_of, tell

GENESIS_TIME = 1_800_000_000
BATCH = 100
BATCH_WITHOUT_PRECOMPILE = 25
TRANSACTION_CAP = 16_777_216
"""EIP-7825: 2^24 gas for one transaction."""

SECP256K1, WITH, WITHOUT = "secp256k1", "P-256 with precompile", "P-256 without precompile"
LEDGERS: dict[str, tuple[str, type[Key]]] = {
    SECP256K1: ("osaka", Secp256k1Key),
    WITH: ("osaka", P256Key),
    WITHOUT: ("cancun", P256Key),
}

CEILINGS = {
    "organisation create": 135_000,
    "holder create": 150_000,
    "update": 85_000,
    "deactivate": 60_000,
    "batch of 100 organisation creates": 9_500_000,
    "accreditation": 140_000,
    "revoke, first in its word": 85_000,
    "revoke, word in use": 65_000,
    "revoke 256 of one word": 90_000,
    "revoke 10,000 contiguous": 1_400_000,
    "issuance anchor, first": 100_000,
    "issuance anchor, later": 80_000,
    "snapshot, first": 80_000,
    "snapshot, later": 60_000,
}
"""For signed operations (section 4)."""

P256_INCLUDED = ("organisation create", "holder create")
"""Their ceiling holds with both signatures made with P-256, by precompile."""

P256_ADDS = {WITH: 10_000, WITHOUT: 270_000}
"""What one P-256 signature may cost more than one of secp256k1."""

SIGNATURES = {
    "organisation create": 2,
    "holder create": 2,
    "batch of 100 organisation creates": 2 * BATCH,
    "batch of 25 organisation creates": 2 * BATCH_WITHOUT_PRECOMPILE,
    "batch of 100 holder creates": 2 * BATCH,
}
"""How many signatures an operation carries, if not one."""

Figures = Mapping[str, Mapping[str, int]]
"""Kind of signature and ledger -> operation -> gas."""


def measure() -> dict[str, dict[str, int]]:
    """Measure everything on every kind of ledger."""
    return {ledger: _on(ledger) for ledger in LEDGERS}


def complaints(figures: Figures) -> Iterator[str]:
    """Name every figure that is above what it may be, and every ceiling without a figure."""
    for what, ceiling in CEILINGS.items():
        for ledger in (SECP256K1, WITH) if what in P256_INCLUDED else (SECP256K1,):
            gas = figures[ledger].get(what)
            if gas is None or gas > ceiling:
                yield f"{what} ({ledger}): {gas} gas, ceiling {ceiling}"
    for ledger, most in P256_ADDS.items():
        for what, added in added_by_p256(figures, ledger).items():
            if added > most:
                yield f"{what} ({ledger}): a signature adds {added} gas, at most {most}"
    for ledger, row in figures.items():
        for what, gas in row.items():
            if gas > TRANSACTION_CAP:
                yield f"{what} ({ledger}): {gas} gas, one transaction may use {TRANSACTION_CAP}"


def added_by_p256(figures: Figures, ledger: str) -> dict[str, int]:
    """Gas that one P-256 signature costs more than one of secp256k1, by operation."""
    return {
        what: (gas - figures[SECP256K1][what]) // _compared(what, ledger)
        for what, gas in figures[ledger].items()
        if what in figures[SECP256K1]
    }


def _compared(what: str, ledger: str) -> int:
    """How many signatures differ from the first column's: a phone's is P-256 there, too, but by precompile."""
    count = SIGNATURES.get(what, 1)
    return count // 2 if "holder create" in what and ledger == WITH else count


def _on(ledger: str) -> dict[str, int]:
    hardfork, kind = LEDGERS[ledger]
    with anvil(hardfork=hardfork, timestamp=GENESIS_TIME) as running:
        # Every block is one second after the one before, whatever the wall clock says.
        running.rpc("anvil_setBlockTimestampInterval", 1)
        cast = {name: kind(name) for name in ("ministry", "agency", "endorser", "desk", "issuer")}
        story = tell(found(running), **cast)
        return {**_dids(story, kind), **_accreditation(story, kind), **_status(story), **_issuance(story)} | (
            _small_batch(story, kind) if ledger == WITHOUT else _batches(story, kind)
        )


def _dids(story: Story, kind: type[Key]) -> dict[str, int]:
    registry, new = story.registry, kind("new")
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


def _accreditation(story: Story, kind: type[Key]) -> dict[str, int]:
    third = story.create_organisation("third", kind("third")).event("OrganisationCreated")["id"]
    message = story.accreditation(agency=third)
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


def _batches(story: Story, kind: type[Key]) -> dict[str, int]:
    phones = [P256Key(f"phone {number}") for number in range(BATCH)]
    sign = story.registry.sign
    holders = [sign("CreateHolder", story.holder_message(phone), phone, story.endorser) for phone in phones]
    return {
        "batch of 25 organisation creates": _batch(story, _organisations(story, kind, 0, BATCH_WITHOUT_PRECOMPILE)),
        "batch of 100 organisation creates": _batch(story, _organisations(story, kind, 100, BATCH)),
        "batch of 100 holder creates": _batch(story, holders),
    }


def _small_batch(story: Story, kind: type[Key]) -> dict[str, int]:
    creates = _organisations(story, kind, 0, BATCH_WITHOUT_PRECOMPILE)
    return {"batch of 25 organisation creates": _batch(story, creates)}


def _organisations(story: Story, kind: type[Key], first: int, count: int) -> list[SignedOperation]:
    keys = [kind(f"organisation {number}") for number in range(first, first + count)]
    messages = [story.organisation_message(key.label, key) for key in keys]
    sign = story.registry.sign
    return [sign("CreateOrganisation", m, key, story.endorser) for m, key in zip(messages, keys, strict=True)]


def _batch(story: Story, operations: list[SignedOperation]) -> int:
    receipt = story.registry.batch("DidRegistry", operations)
    if len(receipt.events) != len(operations) or any(event.name == "OperationSkipped" for event in receipt.events):
        raise AssertionError("not every item of the batch was carried out")
    return receipt.gas_used
