"""Sending operations to a node and waiting: bounded, idempotent, every refusal by name."""

import json

import httpx
import pytest

from registry_client import submit
from registry_client.core.operation import OPERATIONS, Domain, SignedOperation
from registry_client.errors import (
    InvalidProfileError,
    LedgerRevertedError,
    LedgerUnavailableError,
    NodeRefusedError,
    WrongLedgerError,
)

ID = "0x" + "ab" * 32
LEDGER = {
    "network": "dev-1a2b3c",
    "chain_id": 7,
    "contracts": {"Council": {"address": "0x" + "11" * 20, "generation": 1}},
    "head": {"number": 5, "hash": "0x" + "00" * 32, "time": 100},
    "final": {"number": 5, "hash": "0x" + "00" * 32, "time": 100},
}


class Node:
    """A node as seen through HTTP: answers are scripted, requests are remembered."""

    def __init__(self, answers):
        self.answers = {path: list(values) for path, values in answers.items()}
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        values = self.answers[request.url.path]
        answer = values.pop(0) if len(values) > 1 else values[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


@pytest.fixture
def token_file(tmp_path):
    path = tmp_path / "token"
    path.write_text("secret\n")
    return path


def client(node, token_file=None):
    return submit.NodeClient("http://node.test/", token_file=token_file, transport=httpx.MockTransport(node))


def operation(epoch=1):
    domain = Domain("did:mapae:dev-1a2b3c", "1", 7, bytes(20))
    message = {"kind": 4, "arguments": b"\x01", "salt": bytes(32), "epoch": epoch}
    return SignedOperation(OPERATIONS["ExecuteProposal"], domain, message)


def state(name, **more):
    return {"id": ID, "kind": "ExecuteProposal", "state": name, **more}


def test_run_submits_with_the_token_and_waits_until_final(token_file):
    node = Node(
        {
            "/v1/operations": [{"operations": [state("queued")]}],
            f"/v1/operations/{ID}": [state("sent"), state("mined"), state("final", block_number=6)],
        }
    )
    seen = []
    with client(node, token_file) as there:
        (outcome,) = there.run([operation()], on_change=lambda done, total: seen.append((done, total)))
    assert (outcome.state, outcome.block_number) == ("final", 6)
    assert node.requests[0].headers["authorization"] == "Bearer secret"
    assert json.loads(node.requests[0].content)["kind"] == "ExecuteProposal"
    assert seen[0] == (0, 1)
    assert seen[-1] == (1, 1)


def test_submit_splits_into_requests_of_a_hundred(token_file):
    node = Node({"/v1/operations": [{"operations": [state("queued")] * 100}, {"operations": [state("queued")] * 5}]})
    outcomes = client(node, token_file).submit([operation(n) for n in range(105)])
    assert len(outcomes) == 105
    assert [len(json.loads(request.content)) for request in node.requests] == [100, 5]


def test_wait_until_mined_does_not_wait_for_finality(token_file):
    node = Node({"/v1/operations": [{"operations": [state("mined")]}]})
    there = client(node, token_file)
    assert there.wait(there.submit([operation()]), until="mined")[0].state == "mined"
    assert len(node.requests) == 1


def test_a_refusal_by_the_contract_carries_its_name_and_arguments(token_file):
    error = {"name": "CouncilTooEarly", "arguments": {"readyAt": 5}}
    node = Node({"/v1/operations": [{"operations": [state("failed", error=error)]}]})
    with pytest.raises(
        LedgerRevertedError, match=r"ExecuteProposal was refused: CouncilTooEarly \(readyAt 5\)"
    ) as caught:
        client(node, token_file).run([operation()])
    assert caught.value.error_name == "CouncilTooEarly"
    assert caught.value.arguments == {"readyAt": 5}


@pytest.mark.parametrize(("name", "says"), [("expired", "deadline"), ("superseded", "another change came first")])
def test_an_operation_that_lost_its_chance_says_why(token_file, name, says):
    node = Node({"/v1/operations": [{"operations": [state(name)]}]})
    with pytest.raises(LedgerRevertedError, match=says):
        client(node, token_file).run([operation()])


def test_waiting_ends_at_its_bound(token_file):
    node = Node({"/v1/operations": [{"operations": [state("queued")]}], f"/v1/operations/{ID}": [state("sent")]})
    with pytest.raises(LedgerUnavailableError, match="1 of 1 operations are not final") as caught:
        client(node, token_file).run([operation()], timeout_s=0.1)
    assert caught.value.evidence["ids"] == [ID]


def test_network_is_checked_against_the_profile():
    node = Node({"/v1/ledger": [LEDGER]})
    assert client(node).network(expected=7, name="dev-1a2b3c").address("Council") == "0x" + "11" * 20
    with pytest.raises(WrongLedgerError, match="chain 7"):
        client(node).network(expected=8, name="dev-1a2b3c")
    with pytest.raises(WrongLedgerError, match="dev-ffffff"):
        client(node).network(expected=7, name="dev-ffffff")


def test_an_unknown_contract_is_named():
    with pytest.raises(LedgerUnavailableError, match="Roles"):
        client(Node({"/v1/ledger": [LEDGER]})).network().address("Roles")


@pytest.mark.parametrize(("answer", "nonce"), [({"nonce": "0x10"}, 16), ({"nonce": 3}, 3)])
def test_nonces_come_as_numbers_or_hex(answer, nonce):
    controller = b"\x02" + bytes(20)
    node = Node({f"/v1/nonces/Roles/0x{controller.hex()}": [answer]})
    assert client(node).nonce("Roles", controller) == nonce


def test_without_a_token_file_the_error_says_how_to_get_one():
    with pytest.raises(InvalidProfileError, match="mapae-node tokens create"):
        client(Node({})).submit([operation()])


def test_a_token_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InvalidProfileError, match="nowhere"):
        client(Node({}), tmp_path / "nowhere").submit([operation()])


def test_a_problem_document_is_told_in_the_nodes_words(token_file):
    problem = {
        "type": "https://mapae.invalid/problems/quota",
        "title": "Quota",
        "detail": "spent",
        "status": 429,
        "limit": 5,
    }
    node = Node({"/v1/operations": [httpx.Response(429, json=problem)]})
    with pytest.raises(NodeRefusedError, match="spent") as caught:
        client(node, token_file).submit([operation()])
    assert (caught.value.status, caught.value.problem_type) == (429, problem["type"])
    assert caught.value.evidence["problem"] == {"limit": 5}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, text="<html>bad gateway</html>"),
        httpx.Response(200, text="<html>hello</html>"),
        httpx.Response(503, json={"detail": "the ledger is starting"}),
        httpx.Response(200, content=b"x" * (submit.BODY_MAX_BYTES + 1)),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ],
)
def test_everything_that_is_no_answer_is_unavailable(answer):
    with pytest.raises(LedgerUnavailableError):
        client(Node({"/v1/ledger": [answer]})).network()


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {**LEDGER, "contracts": []},
        {**LEDGER, "contracts": {"Roles": "0x"}},
        {**LEDGER, "head": None},
        {**LEDGER, "chain_id": "x"},
    ],
)
def test_an_answer_of_another_shape_is_no_node(answer):
    with pytest.raises(LedgerUnavailableError, match="not a node"):
        client(Node({"/v1/ledger": [answer]})).network()


@pytest.mark.parametrize(
    "answer", [{}, {"operations": 1}, {"operations": [1]}, {"operations": [{"state": "final"}]}, {"operations": []}]
)
def test_an_answer_that_is_not_about_the_operations_is_no_success(token_file, answer):
    with pytest.raises(LedgerUnavailableError):
        client(Node({"/v1/operations": [answer]}), token_file).run([operation()])


def test_find_tells_absence_from_failure():
    missing = httpx.Response(404, json={"type": "about:blank", "detail": "none such"})
    node = Node({"/there": [{"x": 1}], "/missing": [missing], "/broken": [httpx.Response(500, json={"detail": "x"})]})
    with client(node) as there:
        assert there.find("/there") == {"x": 1}
        assert there.find("/missing") is None
        with pytest.raises(NodeRefusedError):
            there.find("/broken")


def test_an_unknown_state_is_not_taken_for_a_good_one(token_file):
    node = Node({"/v1/operations": [{"operations": [state("splendid")]}]})
    with pytest.raises(LedgerUnavailableError, match="not known"):
        client(node, token_file).run([operation()])
