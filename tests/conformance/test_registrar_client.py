"""Our own client at a registrar: it gets through on a real node, and a node that lies gets no signature."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry_client.actions.registrar import register
from registry_client.adapters.registrar import ANSWER_MAX_BYTES, RegistrarHttp
from registry_client.core.operation import SignedOperation
from registry_client.errors import (
    InvalidOperationError,
    InvalidProfileError,
    LedgerInconsistentError,
    LedgerRevertedError,
    LedgerUnavailableError,
    NodeRefusedError,
)
from tests.conformance.registration_support import JSON, Registrar, public
from tests.integration.node_support import Agency, RunningNode, admitted, running_node
from tests.support.anvil import anvil
from tests.support.chain import found, salt_of
from tests.support.keys import P256Key, Secp256k1Key

pytestmark = pytest.mark.chain

Lie = Callable[[JSON], Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningNode, Agency, Path]]:
    with anvil(hardfork="osaka", chain_id=31_352) as ledger:
        registry = found(ledger)
        agency = admitted(registry, "ministry of registrars")
        home = tmp_path_factory.mktemp("node")
        with running_node(registry, home) as node:
            assert node.relay_one(agency.create())["state"] == "final"
            token = home / "token"
            token.write_text(node.token + "\n")
            yield node, agency, token


@pytest.fixture
def node(world: tuple[RunningNode, Agency, Path]) -> RunningNode:
    return world[0]


@pytest.fixture
def agency(world: tuple[RunningNode, Agency, Path]) -> Agency:
    return world[1]


@pytest.fixture
def registrar(world: tuple[RunningNode, Agency, Path]) -> Iterator[RegistrarHttp]:
    with RegistrarHttp(world[0].url + "/", token_file=world[2]) as opened:
        yield opened


def other(agency: Agency, label: str, **changes: Any) -> tuple[Agency, SignedOperation]:
    """Another organisation that the agency endorses, and its creation; `changes`: of the organisation."""
    new = Agency(agency.registry, P256Key(label), agency.endorser, salt_of(label), P256Key(f"{label} issue"))
    for name, value in changes.items():
        setattr(new, name, value)
    message = {
        "controller": new.controller.controller,
        "salt": new.salt,
        "agency": agency.id,
        "document": new.document(),
    }
    return new, agency.registry.sign("CreateOrganisation", message, new.controller, new.endorser)


def test_a_life_through_a_registrar(registrar: RegistrarHttp, node: RunningNode, agency: Agency) -> None:
    new, creation = other(agency, "whole life")
    told: list[tuple[int, int]] = []
    outcome = register(registrar, creation, on_change=lambda done, total: told.append((done, total)))
    assert (outcome.id, outcome.state, told) == ("0x" + creation.id.hex(), "final", [(1, 1)])
    assert node.resolve(new.did)[1]["didDocument"] == json.loads(new.document())
    assert node.outcome(outcome.id)["block_number"] == outcome.block_number
    register(registrar, new.update(1, "issue-1", "issue-2"))
    assert len(node.resolve(new.did)[1]["didDocument"]["verificationMethod"]) == 2
    end = {"id": new.id, "expectedVersion": 2}
    register(registrar, agency.registry.sign("DeactivateDid", end, new.controller))
    assert node.resolve(new.did)[0] == 410


def test_a_holder_and_its_guardian(registrar: RegistrarHttp, node: RunningNode, agency: Agency) -> None:
    phone = P256Key("phone at a registrar")
    register(registrar, agency.holder(phone, "phone at a registrar"))
    did = agency.holder_did(phone, "phone at a registrar")
    status, resolved = node.resolve(did)
    assert (status, resolved["didDocumentMetadata"]["guardian"]) == (200, agency.did)
    record = bytes.fromhex(node.get(f"/v1/dids/{did}")["id"][2:])
    end = agency.registry.sign("DeactivateHolder", {"id": record, "guardian": agency.id}, agency.controller)
    register(registrar, end)
    assert node.resolve(did)[0] == 410


def test_a_secp256k1_controller(registrar: RegistrarHttp, node: RunningNode, agency: Agency) -> None:
    new, creation = other(agency, "ledger key", controller=Secp256k1Key("ledger key"))
    assert register(registrar, creation).state == "final"
    assert node.resolve(new.did)[0] == 200


def test_the_same_operation_again_is_the_same_operation(registrar: RegistrarHttp, agency: Agency) -> None:
    _, creation = other(agency, "twice")
    assert register(registrar, creation) == register(registrar, creation)


def test_what_the_contract_refuses_comes_with_its_name(registrar: RegistrarHttp, agency: Agency) -> None:
    _, creation = other(agency, "not endorsed", endorser=P256Key("nobody's endorser"))
    with pytest.raises(LedgerRevertedError) as caught:
        register(registrar, creation)
    assert caught.value.error_name == "DidRegistryNotEndorser"


def test_other_kinds_have_no_such_door(registrar: RegistrarHttp, agency: Agency) -> None:
    message = {"owner": agency.id, "salt": salt_of("list")}
    with pytest.raises(InvalidOperationError):
        register(registrar, agency.registry.sign("OpenList", message, agency.controller))


def test_refusals_and_absence_are_told_apart(node: RunningNode, agency: Agency, tmp_path: Path) -> None:
    _, creation = other(agency, "told apart")
    with RegistrarHttp(node.url) as without_token, pytest.raises(NodeRefusedError) as caught:
        register(without_token, creation)
    assert caught.value.status == 401
    with (
        RegistrarHttp(node.url, token_file=tmp_path / "none") as unreadable,
        pytest.raises(InvalidProfileError, match="token file"),
    ):
        register(unreadable, creation)
    with RegistrarHttp("http://127.0.0.1:1") as nobody, pytest.raises(LedgerUnavailableError, match="does not answer"):
        register(nobody, creation)


class LyingNode(httpx.BaseTransport):
    """A real node behind a wire that changes what it answers; remembers what it was sent."""

    def __init__(self, lie: Lie, *, at: int = 0) -> None:
        """`lie`: takes an answer and returns another. `at`: which answer it starts with."""
        self._wire, self._lie, self._at = httpx.HTTPTransport(), lie, at
        self.sent: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request.read())
        answer = self._wire.handle_request(request)
        answer.read()
        if len(self.sent) <= self._at:
            return httpx.Response(answer.status_code, content=answer.content)
        told = self._lie(answer.json())
        if isinstance(told, httpx.Response):
            return told
        return httpx.Response(answer.status_code, content=told if isinstance(told, bytes) else json.dumps(told))

    def close(self) -> None:
        self._wire.close()


def through(node: RunningNode, wire: httpx.BaseTransport) -> RegistrarHttp:
    return RegistrarHttp(node.url, token_file=node.config.home / "token", transport=wire)


def request_lie(role: str, **changes: Any) -> Lie:
    def lie(result: JSON) -> JSON:
        result["didState"]["signingRequest"][role].update(changes)
        return result

    return lie


def state_lie(**changes: Any) -> Lie:
    return lambda result: {**result, "didState": {**result["didState"], **changes}}


def _without_endorser(result: JSON) -> JSON:
    del result["didState"]["signingRequest"]["endorser"]
    return result


def _with_a_third(result: JSON) -> JSON:
    requests = result["didState"]["signingRequest"]
    requests["guardian"] = requests["controller"]
    return result


def _text_for_a_request(result: JSON) -> JSON:
    result["didState"]["signingRequest"]["endorser"] = "sign this"
    return result


LIES: dict[str, Lie] = {
    "a bit of the controller's payload": request_lie("controller", serializedPayload="GQE" + "A" * 85),
    "a bit of the endorser's payload": request_lie("endorser", serializedPayload="GQE" + "A" * 85),
    "another algorithm": request_lie("controller", alg="ES256K"),
    "another key": request_lie("endorser", kid="did:key:zDn#zDn"),
    "another DID": state_lie(did="did:mapae:dev-000000:1"),
    "another action": state_lie(action="redirect", redirectUrl="https://evil.example"),
    "no requests": state_lie(signingRequest=[]),
    "a signer less": _without_endorser,
    "a signer more": _with_a_third,
    "no object": _text_for_a_request,
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_lying_node_gets_no_signature(node: RunningNode, agency: Agency, lie: Lie) -> None:
    _, creation = other(agency, "asked of a liar")
    wire = LyingNode(lie)
    with (
        through(node, wire) as liar,
        pytest.raises(LedgerInconsistentError),
    ):
        register(liar, creation)
    assert len(wire.sent) == 1
    assert not any(b"signingResponse" in body for body in wire.sent)


def test_a_node_that_shows_a_real_payload_of_another_operation_gets_no_signature(
    node: RunningNode, agency: Agency
) -> None:
    """Asked to update, it shows the (valid, decoded, well-formed) deactivation of the same DID."""
    new, creation = other(agency, "to be ended by a trick")
    assert node.relay_one(creation)["state"] == "final"
    plain = Registrar(node, node.token)
    secret = {"verificationMethod": [public(new.controller, "controller")]}
    trick = plain.start("deactivate", {"did": new.did, "secret": secret})
    wire = LyingNode(lambda _: trick)
    with (
        through(node, wire) as liar,
        pytest.raises(LedgerInconsistentError, match="serializedPayload") as caught,
    ):
        register(liar, new.update(1, "issue-1", "issue-2"))
    shown = trick["didState"]["signingRequest"]["controller"]["serializedPayload"]
    assert caught.value.evidence["shown"] == shown
    assert len(wire.sent) == 1
    assert node.resolve(new.did)[1]["didDocumentMetadata"]["versionId"] == "1"


def _finished(**state: Any) -> Lie:
    def lie(result: JSON) -> JSON:
        done = {"state": "finished", "did": result["didState"]["did"], "didDocument": None, **state}
        return {**result, "jobId": None, "didState": done}

    return lie


@pytest.mark.parametrize(
    ("lie", "error"),
    [
        (_finished(did="did:mapae:dev-000000:1"), LedgerInconsistentError),
        (
            lambda result: {**_finished()(result), "didRegistrationMetadata": {"operationId": "0x00"}},
            LedgerInconsistentError,
        ),
        (state_lie(state="finished"), LedgerUnavailableError),
        (state_lie(state="odd"), LedgerUnavailableError),
        (lambda result: {**result, "jobId": None}, LedgerUnavailableError),
        (lambda _: [], LedgerUnavailableError),
        (lambda _: {"jobId": None}, LedgerUnavailableError),
        (lambda _: b"<html>", LedgerUnavailableError),
        (lambda _: b"x" * (ANSWER_MAX_BYTES + 1), LedgerUnavailableError),
        (lambda _: httpx.Response(307, headers={"Location": "http://127.0.0.1:1/"}), LedgerUnavailableError),
    ],
)
def test_nonsense_after_signing_is_a_typed_error(
    node: RunningNode, agency: Agency, lie: Lie, error: type[Exception]
) -> None:
    _, creation = other(agency, f"signed, then nonsense {id(lie)}")
    wire = LyingNode(lie, at=1)
    with through(node, wire) as liar, pytest.raises(error):
        register(liar, creation)
    assert len(wire.sent) == 2


def test_a_node_that_never_finishes_is_left_after_a_while(node: RunningNode, agency: Agency) -> None:
    _, creation = other(agency, "never finished")

    def waits(result: JSON) -> JSON:
        return {**result, "jobId": "same", "didState": {"state": "wait", "wait": "later"}}

    with (
        through(node, LyingNode(waits, at=1)) as slow,
        pytest.raises(LedgerUnavailableError, match="nothing is done twice"),
    ):
        register(slow, creation, timeout_s=0)


def test_a_node_that_asks_again_is_refused(node: RunningNode, agency: Agency) -> None:
    _, creation = other(agency, "asked again")
    first: list[JSON] = []

    def again(result: JSON) -> JSON:
        first.append(result)
        return first[0]

    wire = LyingNode(again)
    with (
        through(node, wire) as liar,
        pytest.raises(LedgerInconsistentError, match="that it was given"),
    ):
        register(liar, creation)
