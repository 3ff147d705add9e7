"""An RPC endpoint that lies about a DID: every lie that touches a version is found by its history digest."""

import copy
from contextlib import closing

import pytest

from registry_client.adapters.ledger_rpc import LedgerRpc
from registry_client.adapters.transport import Endpoints, HttpTransport
from registry_client.core.abi_codec import encode
from registry_client.core.events import event_named
from registry_client.core.history import EMPTY_HISTORY
from registry_client.errors import LedgerError, LedgerInconsistentError, LedgerUnavailableError
from registry_client.flows import RpcError, run
from tests.support.chain import YEAR_S
from tests.support.keys import P256Key
from tests.support.rpc_world import TYPE_ID, VCT, make_ministry, profile_of

pytestmark = pytest.mark.chain


class Liar:
    """Passes everything through, after `twist(call, result)` has had its way with each answer."""

    def __init__(self, registry):
        profile = profile_of(registry)
        self.ledger = LedgerRpc(profile)
        self.http = HttpTransport(Endpoints(rpc_url=profile.rpc_url))
        self.twist = lambda call, result: result

    def send(self, request):
        answers = self.http.send(request)
        return [self.twist(call, copy.deepcopy(answer)) for call, answer in zip(request.calls, answers, strict=True)]

    def read(self, did_id, **options):
        return run(self.ledger.did_version(did_id, **options), self)


@pytest.fixture
def liar(registry):
    found = Liar(registry)
    yield found
    found.http.close()


@pytest.fixture
def ministry(registry):
    """Three versions: created, updated, transferred."""
    found = make_ministry(registry)
    registry.ledger.advance(10)
    found.update()
    registry.ledger.advance(10)
    found.transfer(P256Key("successor"))
    return found


def in_logs(change):
    """Twist the logs of eth_getLogs."""

    def twist(call, result):
        if call.method == "eth_getLogs":
            for log in result:
                change(log)
        return result

    return twist


def flipped(text, place):
    """The hex text with one digit at `place` (from the start of the data) changed."""
    position = 2 + place
    return text[:position] + ("0" if text[position] != "0" else "1") + text[position + 1 :]


def data_at(place):
    return lambda log: log.update(data=flipped(log["data"], place))


def topic_at(number, place):
    return lambda log: log["topics"].__setitem__(number, flipped(log["topics"][number], place))


@pytest.mark.parametrize(
    "change",
    [
        data_at(10), data_at(5 * 64 + 40), data_at(800), topic_at(3, 5), topic_at(3, 41),
    ],
    ids=["previous digest", "document length or text", "document", "controller kind", "controller"],
)  # fmt: skip
@pytest.mark.parametrize("options", [{}, {"version": 2}, {"version": 1}], ids=str)
def test_a_twisted_log_is_never_believed(liar, ministry, change, options):
    liar.read(ministry.id)
    liar.twist = in_logs(change)
    with pytest.raises((LedgerInconsistentError, LedgerUnavailableError)):
        liar.read(ministry.id, **options)


def test_a_twisted_pointer_to_the_version_before_leads_nowhere(liar, ministry):
    true = liar.read(ministry.id)
    liar.twist = in_logs(data_at(64 + 63))
    assert liar.read(ministry.id) == true  # nothing of the latest version depends on it
    with pytest.raises(LedgerInconsistentError):
        liar.read(ministry.id, version=2)


def test_a_creation_whose_salt_does_not_make_the_id_is_found(liar, ministry):
    liar.twist = in_logs(lambda log: data_at(2 * 64 + 3)(log) if int(log["topics"][2], 16) == 1 else None)
    assert liar.read(ministry.id).version == 3
    with pytest.raises(LedgerInconsistentError, match="salt"):
        liar.read(ministry.id, version=1)


def test_another_time_of_the_block_is_found(liar, ministry):
    def twist(call, result):
        if call.method == "eth_getBlockByNumber" and call.params[0] not in {"latest", "0x0"}:
            result["timestamp"] = hex(int(result["timestamp"], 16) - 1)
        return result

    liar.twist = twist
    with pytest.raises(LedgerInconsistentError) as caught:
        liar.read(ministry.id)
    assert caught.value.evidence["computed"] != caught.value.evidence["kept"]


def test_an_older_version_served_as_the_latest_is_found(registry, liar, ministry):
    """The record is real and names version 3; the log served is that of version 2."""
    logs = registry.ledger.rpc(
        "eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest", "address": registry.contracts["DidRegistry"]}
    )
    old = next(log for log in logs if int(log["topics"][2], 16) == 2)
    liar.twist = lambda call, result: [old] if call.method == "eth_getLogs" else result
    with pytest.raises(LedgerInconsistentError):
        liar.read(ministry.id)


def test_a_creation_told_as_an_update_is_found(liar, ministry):
    """The digest does not name the sort of event: an update with the same bytes would give the same digest."""
    update, creation = event_named("DidRegistry", "DocumentUpdated"), event_named("DidRegistry", "OrganisationCreated")

    def retold(log):
        if log["topics"][0] == "0x" + creation.topic.hex():
            topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
            values = creation.decode(topics, bytes.fromhex(log["data"][2:]))
            data = encode(["bytes32", "uint48", "bytes"], [bytes(32), 0, values["document"]])
            log["topics"][0], log["data"] = "0x" + update.topic.hex(), "0x" + data.hex()

    liar.twist = in_logs(retold)
    with pytest.raises(LedgerInconsistentError, match="DocumentUpdated"):
        liar.read(ministry.id, version=1)


@pytest.mark.parametrize("logs", [0, 2])
def test_a_missing_or_doubled_log_is_found(liar, ministry, logs):
    liar.twist = lambda call, result: result * logs if call.method == "eth_getLogs" else result
    with pytest.raises(LedgerInconsistentError) as caught:
        liar.read(ministry.id)
    assert caught.value.evidence["logs"] == logs


def test_a_log_of_another_contract_is_not_read(liar, ministry):
    liar.twist = in_logs(lambda log: log.update(address="0x" + "66" * 20))
    with pytest.raises(LedgerInconsistentError):
        liar.read(ministry.id)


def test_a_log_of_another_block_is_not_read(liar, ministry):
    liar.twist = in_logs(lambda log: log.update(blockHash="0x" + "66" * 32))
    with pytest.raises(LedgerInconsistentError):
        liar.read(ministry.id)


def in_record(change):
    """Twist the answer of recordOf: words of 32 bytes, as hex."""

    def twist(call, result):
        if call.method == "eth_call" and len(result) == 2 + 6 * 64:
            words = [result[2 + n * 64 : 66 + n * 64] for n in range(6)]
            change(words)
            return "0x" + "".join(words)
        return result

    return twist


@pytest.mark.parametrize(
    "change",
    [
        lambda words: words.__setitem__(0, EMPTY_HISTORY.hex()),
        lambda words: words.__setitem__(1, ("01" + "22" * 20).ljust(64, "0")),
        lambda words: words.__setitem__(3, f"{0x12:064x}"),
        lambda words: words.__setitem__(3, f"{0x21:064x}"),
        lambda words: words.__setitem__(3, f"{0x77:064x}"),
        lambda words: words.__setitem__(2, f"{2:064x}"),
        lambda words: words.__setitem__(4, f"{1:064x}"),
    ],
    ids=["digest", "controller", "deactivated", "kind", "no such status", "version", "block"],
)
def test_a_twisted_record_is_never_believed(liar, ministry, change):
    liar.twist = in_record(change)
    with pytest.raises(LedgerInconsistentError):
        liar.read(ministry.id)


NONSENSE = [
    None,
    5,
    "x",
    "0x",
    "0x0",
    [],
    {},
    [{}],
    [{"topics": "x"}],
    {"number": "0x1"},
    True,
    RpcError(-32000, "no"),
    RpcError(3, "r", "0x00"),
]


@pytest.mark.parametrize("answer", NONSENSE, ids=repr)
@pytest.mark.parametrize("method", ["eth_chainId", "eth_getBlockByNumber", "eth_getCode", "eth_call", "eth_getLogs"])
def test_nonsense_is_a_ledger_error(registry, ministry, method, answer):
    liar = Liar(registry)
    liar.twist = lambda call, result: answer if call.method == method else result
    with closing(liar.http), pytest.raises(LedgerError):
        liar.read(ministry.id)


def test_a_schema_with_another_document_is_found(registry, liar, ministry):
    registry.decide("GrantRoot", ministry.id, TYPE_ID, registry.now(), registry.now() + YEAR_S, True, True)
    message = {"owner": ministry.id, "vct": VCT, "expectedVersion": 1, "document": b'{"v":1}'}
    registry.submit("RegisterSchema", message, ministry.controller)
    assert run(liar.ledger.schema(TYPE_ID), liar).document == b'{"v":1}'
    twisted = b'{"v":1}'.hex()
    liar.twist = in_logs(lambda log: log.update(data=log["data"].replace(twisted, b'{"v":2}'.hex())))
    with pytest.raises(LedgerInconsistentError):
        run(liar.ledger.schema(TYPE_ID), liar)


def test_a_block_that_is_not_the_one_asked_for_is_found(registry, liar, ministry):
    head = run(liar.ledger.head(), liar).ref
    liar.twist = lambda call, result: (
        {**result, "hash": "0x" + "66" * 32} if call.method == "eth_getBlockByNumber" else result
    )
    with pytest.raises((LedgerInconsistentError, LedgerUnavailableError)):
        liar.read(ministry.id, block=head)
