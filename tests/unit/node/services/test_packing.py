"""Which operations share a transaction."""

from hypothesis import given
from hypothesis import strategies as st

from node.domain.operation import OperationState, Relayed
from node.services.packing import BATCH_GAS_MAX, BATCH_LENGTH_MAX, BATCH_MAX, pack
from registry_client.core import abi_codec

ROOM, TIGHT = b"\x01" * 20, b"\x02" * 20


def operation(number: int, *, length: int = 100, failed_for_gas: bool = False) -> Relayed:
    return Relayed(
        operation_id=number.to_bytes(32),
        kind="Revoke",
        contract="StatusRegistry",
        body=b"",
        calldata=number.to_bytes(4) + bytes(length),
        label="x",
        deadline=0,
        state=OperationState.QUEUED,
        submitted_at=0,
        updated_at=0,
        arrival=number,
        error={"name": "OutOfGas"} if failed_for_gas else None,
    )


def test_one_contract_one_transaction_in_order() -> None:
    ready = [(operation(n), ROOM if n % 2 else TIGHT, 100_000) for n in range(10)]
    parcels = pack(ready)
    assert [parcel.address for parcel in parcels] == [TIGHT, ROOM]
    assert [o.arrival for o in parcels[0].operations] == [0, 2, 4, 6, 8]
    calls = abi_codec.decode(["bytes[]"], parcels[0].calldata()[4:])[0]
    assert list(calls) == [o.calldata for o in parcels[0].operations]


def test_single_operation_travels_as_itself() -> None:
    (parcel,) = pack([(operation(1), ROOM, 50_000)])
    assert parcel.calldata() == parcel.operations[0].calldata
    assert parcel.gas > 50_000


def test_what_ran_out_of_gas_travels_alone_with_more() -> None:
    ready = [(operation(n, failed_for_gas=n == 2), ROOM, 100_000) for n in range(5)]
    parcels = pack(ready)
    alone = next(parcel for parcel in parcels if parcel.operations[0].arrival == 2)
    assert len(alone.operations) == 1
    assert alone.gas >= 200_000
    assert [o.arrival for parcel in parcels for o in parcel.operations] == [0, 1, 2, 3, 4]


@given(
    st.lists(
        st.tuples(
            st.integers(21_000, 14_000_000), st.sampled_from([ROOM, TIGHT]), st.integers(0, 60_000), st.booleans()
        ),
        max_size=150,
    )
)
def test_every_operation_is_packed_once_within_the_limits(items: list[tuple[int, bytes, int, bool]]) -> None:
    ready = [
        (operation(n, length=length, failed_for_gas=failed), address, gas)
        for n, (gas, address, length, failed) in enumerate(items)
    ]
    parcels = pack(ready)
    packed = [o.arrival for parcel in parcels for o in parcel.operations]
    assert sorted(packed) == list(range(len(items)))
    for parcel in parcels:
        assert len(parcel.operations) <= BATCH_MAX
        assert len({o.arrival for o in parcel.operations}) == len(parcel.operations)
        assert [o.arrival for o in parcel.operations] == sorted(o.arrival for o in parcel.operations)
        if len(parcel.operations) > 1:
            assert parcel.gas <= BATCH_GAS_MAX
            assert len(parcel.calldata()) <= BATCH_LENGTH_MAX + 4_096
