"""DIF DID Registration in client-managed secret mode, spoken by a plain client to a real node on a real ledger."""

import base64
import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_client.core.did import format_did
from registry_client.core.operation import message_from_json, payload_of, type_of
from tests.conformance.registration_support import JSON, Registrar, b64, check_shape, jose_signature, public, signed
from tests.integration.node_support import Agency, RunningNode, admitted, make_token, running_node
from tests.support.anvil import anvil
from tests.support.chain import did_id, found, salt_of
from tests.support.keys import P256_ORDER, Key, P256Key, Secp256k1Key, keccak256

pytestmark = pytest.mark.chain

KEY = {"kty": "EC", "crv": "P-256"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningNode, Agency]]:
    with anvil(hardfork="osaka", chain_id=31_351) as ledger:
        registry = found(ledger)
        agency = admitted(registry, "ministry of registration")
        with running_node(registry, tmp_path_factory.mktemp("node")) as node:
            assert node.relay_one(agency.create())["state"] == "final"
            yield node, agency


@pytest.fixture
def agency(world: tuple[RunningNode, Agency]) -> Agency:
    return world[1]


@pytest.fixture
def registrar(world: tuple[RunningNode, Agency]) -> Registrar:
    return Registrar(world[0], world[0].token)


def organisation(agency: Agency, controller: Key, *fragments: str, **options: Any) -> JSON:
    """A first request as somebody writes it who does not know the DID yet."""
    names = fragments or ("issue-1",)
    methods = [{"id": f"#{name}", **_method(f"{controller.label} {name}")} for name in names]
    return {
        "options": {"clientSecretMode": True, "endorsingAgency": agency.did, **options},
        "secret": {"verificationMethod": [public(controller, "controller"), public(agency.endorser, "endorser")]},
        "didDocument": {"verificationMethod": methods, "assertionMethod": [f"#{name}" for name in names]},
    }


def holder(agency: Agency, phone: Key, **options: Any) -> JSON:
    return {
        "options": {"kind": "holder", "guardian": agency.did, **options},
        "secret": {"verificationMethod": [public(phone, "controller"), public(agency.endorser, "endorser")]},
    }


def _method(label: str) -> JSON:
    return {"type": "JsonWebKey", "publicKeyJwk": public(P256Key(label), "controller")["publicKeyJwk"]}


def created(registrar: Registrar, agency: Agency, label: str, **options: Any) -> tuple[str, P256Key]:
    key = P256Key(label)
    keys = {"controller": key, "endorser": agency.endorser}
    answer = registrar.run("create", organisation(agency, key, **options), keys)
    assert answer.status_code == 201, answer.text
    return answer.json()["didState"]["did"], key


def test_an_organisation_is_created_and_resolves_as_answered(registrar: Registrar, agency: Agency) -> None:
    key = P256Key("new organisation")
    result = registrar.start("create", organisation(agency, key))
    requests = result["didState"]["signingRequest"]
    assert requests.keys() == {"controller", "endorser"}
    for role, request in requests.items():
        assert (request["alg"], request["digest"], request["purpose"]) == ("ES256", "SHA-256", role)
        assert request["kid"].startswith("did:key:z")
    assert requests["controller"]["serializedPayload"] == requests["endorser"]["serializedPayload"]
    waiting = registrar.sign("create", result, {"controller": key, "endorser": agency.endorser})
    assert waiting.json()["jobId"] == result["jobId"]
    answer = registrar.finish("create", result["jobId"])
    assert answer.status_code == 201
    state = answer.json()["didState"]
    status, resolved = registrar.node.resolve(state["did"])
    assert (status, resolved["didDocument"]) == (200, state["didDocument"])
    assert state["didDocument"] == result["didState"]["didDocument"]
    assert state["didDocument"]["assertionMethod"] == [f"{state['did']}#issue-1"]
    assert answer.json()["didDocumentMetadata"]["versionId"] == "1"


def test_the_payload_is_the_66_bytes_that_the_decoded_operation_hashes_to(registrar: Registrar, agency: Agency) -> None:
    result = registrar.start("create", organisation(agency, P256Key("payload"), salt="0x" + salt_of("payload").hex()))
    for request in result["didState"]["signingRequest"].values():
        shown = request["payload"]
        raw = base64.b64decode(request["serializedPayload"], validate=True)
        message = message_from_json(type_of(shown["kind"]), shown["message"])
        assert len(raw) == 66
        assert raw == payload_of(agency.registry.domain("DidRegistry"), shown["kind"], message)
        assert message["salt"] == salt_of("payload")


def test_a_holder_is_created_updated_never_and_ended_by_its_guardian(registrar: Registrar, agency: Agency) -> None:
    phone = P256Key("phone of registration")
    keys = {"controller": phone, "endorser": agency.endorser}
    answer = registrar.run("create", holder(agency, phone), keys)
    assert answer.status_code == 201
    did = answer.json()["didState"]["did"]
    assert answer.json()["didDocumentMetadata"]["guardian"] == agency.did
    update = {
        "did": did,
        "secret": {"verificationMethod": [public(phone, "controller")]},
        "didDocument": [{"verificationMethod": []}],
    }
    assert registrar.post("update", update).status_code == 400
    ending = {
        "did": did,
        "options": {"guardian": agency.did},
        "secret": {"verificationMethod": [public(agency.controller, "guardian")]},
    }
    ended = registrar.run("deactivate", ending, {"guardian": agency.controller})
    assert (ended.status_code, ended.json()["didState"]["didDocument"]) == (200, None)
    assert registrar.node.resolve(did)[0] == 410


def test_an_update_and_a_deactivation_by_the_controller(registrar: Registrar, agency: Agency) -> None:
    did, key = created(registrar, agency, "organisation with a life")
    controller = {"verificationMethod": [public(key, "controller")]}
    following = {"verificationMethod": [{"id": "#issue-2", **_method("second")}], "assertionMethod": ["#issue-2"]}
    body = {"did": did, "secret": controller, "didDocumentOperation": ["setDidDocument"], "didDocument": [following]}
    answer = registrar.run("update", body, {"controller": key})
    assert (answer.status_code, answer.json()["didDocumentMetadata"]["versionId"]) == (200, "2")
    assert registrar.node.resolve(did)[1]["didDocument"]["assertionMethod"] == [f"{did}#issue-2"]
    stale = registrar.post("update", {**body, "options": {"expectedVersion": 1}})
    assert (stale.status_code, "version 2" in stale.json()["didState"]["reason"]) == (400, True)
    ended = registrar.run("deactivate", {"did": did, "secret": controller}, {"controller": key})
    assert (ended.status_code, ended.json()["didDocumentMetadata"]["deactivated"]) == (200, True)
    assert registrar.post("deactivate", {"did": did, "secret": controller}).status_code == 400


def test_a_secp256k1_controller_signs_keccak_and_is_told_when_it_did_not(registrar: Registrar, agency: Agency) -> None:
    key = Secp256k1Key("ledger key of an organisation")
    result = registrar.start("create", organisation(agency, key))
    request = result["didState"]["signingRequest"]["controller"]
    assert (request["alg"], request["digest"]) == ("ES256K", "Keccak-256")
    payload = base64.b64decode(request["serializedPayload"])
    wrong = {"signature": b64(jose_signature(key, payload, digest="SHA-256")), "alg": "ES256K"}
    body = {"jobId": result["jobId"], "secret": {"signingResponse": {"controller": wrong}}}
    refused = registrar.post("create", body)
    error = refused.json()["didRegistrationMetadata"]["error"]
    assert (refused.status_code, error["status"], error["id"]) == (400, 400, "controller")
    assert "JOSE" in refused.json()["didState"]["reason"]
    assert (error["algorithm"], error["signed_digest"], error["digest"]) == ("ES256K", "SHA-256", "Keccak-256")
    noise = {"signature": b64(bytes(range(1, 65))), "alg": "ES256K"}
    other = registrar.post("create", {**body, "secret": {"signingResponse": {"controller": noise}}})
    assert (other.status_code, "SHA-256" in other.text) == (400, False), "only what is one is called one"
    assert registrar.sign("create", result, {"controller": key, "endorser": agency.endorser}).status_code == 200
    assert registrar.finish("create", result["jobId"]).status_code == 201


def test_controller_and_endorser_may_sign_in_two_actions(registrar: Registrar, agency: Agency) -> None:
    key = P256Key("two desks")
    keys = {"controller": key, "endorser": agency.endorser}
    result = registrar.start("create", organisation(agency, key))
    half = registrar.sign("create", result, keys, only=["endorser"]).json()
    assert (half["didState"]["state"], half["jobId"]) == ("action", result["jobId"])
    assert half["didState"]["signingRequest"].keys() == {"controller"}
    assert registrar.sign("create", half, keys).json()["didState"]["state"] in {"wait", "finished"}
    assert registrar.finish("create", result["jobId"]).status_code == 201


def test_a_high_s_signature_is_taken_because_jose_libraries_make_them(registrar: Registrar, agency: Agency) -> None:
    key = P256Key("high s")
    result = registrar.start("create", organisation(agency, key))
    requests = result["didState"]["signingRequest"]
    payload = base64.b64decode(requests["controller"]["serializedPayload"])
    high = key.sign(payload, high_s=True)[64:]
    assert int.from_bytes(high[32:]) > P256_ORDER // 2
    responses = {"controller": {"signature": b64(high)}, "endorser": signed(requests["endorser"], agency.endorser)}
    body = {"jobId": result["jobId"], "secret": {"signingResponse": responses}}
    assert registrar.post("create", body).status_code == 200
    assert registrar.finish("create", result["jobId"]).status_code == 201


def test_a_replayed_job_is_the_same_operation_and_answers_the_same(registrar: Registrar, agency: Agency) -> None:
    key = P256Key("replayed")
    keys = {"controller": key, "endorser": agency.endorser}
    result = registrar.start("create", organisation(agency, key))
    first = registrar.sign("create", result, keys).json()
    for _ in range(3):
        again = registrar.sign("create", result, keys)
        assert again.json()["didRegistrationMetadata"]["operationId"] == first["didRegistrationMetadata"]["operationId"]
    done = registrar.finish("create", result["jobId"]).json()
    assert registrar.sign("create", result, keys).json() == done
    events = registrar.node.events(did=done["didState"]["did"])
    assert [event["type"] for event in events] == ["OrganisationCreated"]


def test_a_job_survives_a_restart_between_every_step(agency: Agency, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("restarted")
    key = P256Key("patient organisation")
    keys = {"controller": key, "endorser": agency.endorser}
    with running_node(agency.registry, home) as node:
        token = node.token
        result = Registrar(node, token).start("create", organisation(agency, key))
    with running_node(agency.registry, home) as node:
        half = Registrar(node, token).sign("create", result, keys, only=["controller"]).json()
        assert half["didState"]["signingRequest"].keys() == {"endorser"}
    with running_node(agency.registry, home) as node:
        assert Registrar(node, token).sign("create", half, keys).json()["didState"]["state"] in {"wait", "finished"}
    with running_node(agency.registry, home) as node:
        done = Registrar(node, token).finish("create", result["jobId"])
        assert (done.status_code, done.json()["didState"]["did"]) == (201, result["didState"]["did"])


def test_signatures_that_were_kept_and_not_relayed_are_relayed_when_somebody_asks(
    agency: Agency, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The node dies between keeping the last signature and handing the operation to its outbox."""
    home = tmp_path_factory.mktemp("died")
    key = P256Key("survivor")
    keys = {"controller": key, "endorser": agency.endorser}
    with running_node(agency.registry, home) as node:
        token = node.token
        result = Registrar(node, token).start("create", organisation(agency, key))
        requests = result["didState"]["signingRequest"]
        responses = {role: signed(request, keys[role]) for role, request in requests.items()}
        body = {"jobId": result["jobId"], "secret": {"signingResponse": responses}}
        (label,) = {entry.label for entry in node.node.services.tokens.list()}
        with node.node.services.reads.view() as view:
            node.node.services.registrations.take("create", body, view, label=label)
        payload = base64.b64decode(requests["controller"]["serializedPayload"])
        assert node.node.services.operations.get(keccak256(payload)) is None
    with running_node(agency.registry, home) as node:
        asked = Registrar(node, token).post("create", {"jobId": result["jobId"]})
        assert asked.json()["didState"]["state"] in {"wait", "finished"}
        assert Registrar(node, token).finish("create", result["jobId"]).status_code == 201


def test_two_parties_that_sign_at_the_same_moment_both_count(registrar: Registrar, agency: Agency) -> None:
    for number in range(5):
        key = P256Key(f"at once {number}")
        keys = {"controller": key, "endorser": agency.endorser}
        result = registrar.start("create", organisation(agency, key))
        with ThreadPoolExecutor(2) as pool:
            halves = [pool.submit(registrar.sign, "create", result, keys, [role]) for role in keys]
            assert {half.result().status_code for half in halves} <= {200, 201}
        assert registrar.finish("create", result["jobId"]).status_code == 201


def test_an_expired_job_fails_and_takes_no_signature(registrar: Registrar, agency: Agency) -> None:
    key = P256Key("too late")
    body = organisation(agency, key, deadline=int(time.time()) + 1)
    result = registrar.start("create", body)
    time.sleep(2.1)
    for answer in (
        registrar.post("create", {"jobId": result["jobId"]}),
        registrar.sign("create", result, {"controller": key, "endorser": agency.endorser}),
    ):
        assert (answer.status_code, "deadline" in answer.json()["didState"]["reason"]) == (400, True)
    assert registrar.node.resolve(result["didState"]["did"])[0] == 404


def test_a_did_is_created_once(registrar: Registrar, agency: Agency) -> None:
    salt = "0x" + salt_of("once").hex()
    created(registrar, agency, "once only", salt=salt)
    again = registrar.post("create", organisation(agency, P256Key("once only"), salt=salt, deadline=_soon()))
    assert (again.status_code, "already" in again.json()["didState"]["reason"]) == (400, True)


def _soon() -> int:
    return int(time.time()) + 600


def test_somebody_elses_job_is_unknown_and_changes_nothing(registrar: Registrar, agency: Agency) -> None:
    key = P256Key("first come")
    keys = {"controller": key, "endorser": agency.endorser}
    result = registrar.start("create", organisation(agency, key))
    node = registrar.node
    assert isinstance(node, RunningNode)
    stranger = Registrar(node, make_token(node.config, label="stranger"))
    for function, body in (
        ("create", {"jobId": result["jobId"]}),
        ("create", {**organisation(agency, P256Key("mallory")), "jobId": result["jobId"]}),
        ("update", {"jobId": result["jobId"]}),
    ):
        answer = stranger.post(function, body)
        assert answer.json()["didRegistrationMetadata"]["error"]["title"] == "Unknown job"
        assert answer.status_code == 400
    assert registrar.post("update", {"jobId": result["jobId"]}).status_code == 400
    other = registrar.post("create", {**organisation(agency, P256Key("mallory")), "jobId": result["jobId"]})
    assert (other.status_code, "start another" in other.json()["didState"]["reason"]) == (400, True)
    foreign = registrar.start("create", organisation(agency, P256Key("mallory")))
    stolen = {"jobId": result["jobId"], "didState": foreign["didState"]}
    crossed = registrar.sign("create", stolen, {"controller": P256Key("mallory"), "endorser": agency.endorser})
    assert crossed.status_code == 400
    assert registrar.sign("create", result, keys).status_code == 200
    assert registrar.finish("create", result["jobId"]).status_code == 201


def test_what_the_contract_refuses_is_failed_with_its_own_error(registrar: Registrar, agency: Agency) -> None:
    key, impostor = P256Key("unendorsed"), P256Key("no endorser at all")
    body = organisation(agency, key)
    body["secret"]["verificationMethod"][1] = public(impostor, "endorser")
    answer = registrar.run("create", body, {"controller": key, "endorser": impostor})
    assert answer.status_code == 400
    metadata = answer.json()["didRegistrationMetadata"]
    assert (metadata["operationState"], metadata["error"]["name"]) == ("failed", "DidRegistryNotEndorser")
    assert "DidRegistryNotEndorser" in answer.json()["didState"]["reason"]


def test_what_failed_may_be_asked_again_with_the_right_endorser(registrar: Registrar, agency: Agency) -> None:
    """Same salt and deadline, so the same operation; who signs is not part of its id."""
    key, impostor = P256Key("second attempt"), P256Key("no endorser at all")
    body = organisation(agency, key, salt="0x" + salt_of("second attempt").hex(), deadline=_soon())
    wrong = {**body, "secret": {"verificationMethod": [public(key, "controller"), public(impostor, "endorser")]}}
    result = registrar.start("create", wrong)
    registrar.sign("create", result, {"controller": key, "endorser": impostor})
    assert registrar.finish("create", result["jobId"]).status_code == 400
    time.sleep(1.1)
    assert registrar.run("create", body, {"controller": key, "endorser": agency.endorser}).status_code == 201


def test_relaying_needs_a_token_as_for_operations(registrar: Registrar, agency: Agency) -> None:
    for token in ("nonsense", "mapae_" + "x" * 43):
        answer = Registrar(registrar.node, token).post("create", organisation(agency, P256Key("nobody")))
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


CANARY = "wv9l1cqnqPNQZ1tBzLbqP8Y3QkX0mYJm2v4N1r7sT5o"


@pytest.mark.parametrize(
    "secret",
    [
        {"verificationMethod": [{"purpose": ["controller"], "privateKeyJwk": {**KEY, "d": CANARY}}]},
        {"verificationMethod": [{"purpose": ["controller"], "publicKeyJwk": {**KEY, "d": CANARY}}]},
        {"verificationMethod": [{"purpose": ["controller"], "privateKeyMultibase": CANARY}]},
        {"privateKeyHex": CANARY},
        {"seed": CANARY},
        {"secretKey": CANARY},
        {"controllerKey": {"crv": "secp256k1", "d": CANARY}},
        {"verificationMethod": [public(P256Key("canary"), "recovery") | {"id": CANARY}]},
        {"verificationMethod": [{"purpose": ["controller"], "publicKeyJwk": {**KEY, "hidden": CANARY}}]},
    ],
)
def test_no_private_key_is_taken_stored_or_repeated(registrar: Registrar, agency: Agency, secret: JSON) -> None:
    key = P256Key("canary")
    body = organisation(agency, key)
    public_keys = body["secret"]["verificationMethod"]
    more = {**secret, "verificationMethod": public_keys + secret.get("verificationMethod", [])}
    for given_ in ({**body["secret"], **secret}, more):
        answer = registrar.post("create", {**body, "secret": given_})
        assert answer.status_code == 400
        assert CANARY not in answer.text
    result = registrar.start("create", body)
    late = {"jobId": result["jobId"], "secret": {"signingResponse": {"controller": {"signature": "AA=="}}, **secret}}
    assert registrar.post("create", late).status_code == 400
    node = registrar.node
    assert isinstance(node, RunningNode)
    for file in sorted(node.config.home.rglob("*")):
        assert not file.is_file() or CANARY.encode() not in file.read_bytes(), file


HOSTILE: list[tuple[str, Any]] = [
    ("create", []),
    ("create", {"didDocument": {}, "unknown": 1}),
    ("create", {"options": {"kind": "robot"}}),
    ("create", {"options": {"clientSecretMode": False}}),
    ("create", {"options": {"storeSecrets": True}}),
    ("create", {"options": {"network": "another"}}),
    ("create", {"options": {"salt": "0x00"}}),
    ("create", {"options": {"deadline": "soon"}}),
    ("create", {"options": {"deadline": 1}}),
    ("create", {"options": {"deadline": 4_000_000_000}}),
    ("create", {"options": {"endorsingAgency": "did:example:1"}}),
    ("create", {"options": {"guardian": "did:mapae:x:1"}}),
    ("create", {"options": 7}),
    ("create", {"secret": "x"}),
    ("create", {"secret": {"verificationMethod": {}}}),
    ("create", {"secret": {"verificationMethod": [1]}}),
    ("create", {"secret": {"signingResponse": {"controller": {"signature": "AA=="}}}}),
    ("create", {"jobId": 5}),
    ("create", {"jobId": "x" * 10_000}),
    ("create", {"jobId": "\x00"}),
    ("create", {"method": "key"}),
    ("create", {"didDocument": {"id": "did:mapae:other:1"}}),
    ("create", {"didDocument": {"verificationMethod": "none"}}),
    ("create", {"didDocument": {"verificationMethod": [{"id": 5}], "service": [None], "authentication": [[]]}}),
    ("create", {"didDocument": [1]}),
    ("update", {"did": 5}),
    ("update", {"did": "did:mapae:nowhere:1"}),
    ("update", {"didDocumentOperation": ["addToDidDocument"]}),
    ("update", {"didDocument": {}}),
    ("update", {"didDocument": [{"verificationMethod": []}]}),
    ("update", {"options": {"salt": "0x" + "00" * 32}}),
    ("deactivate", {"didDocument": [{}]}),
    ("deactivate", {"options": {"guardian": "did:mapae:x:1"}}),
    ("deactivate", {"options": {"expectedVersion": True}}),
]


@pytest.mark.parametrize(("function", "body"), HOSTILE, ids=lambda value: json.dumps(value)[:60])
def test_hostile_bodies_are_400_and_start_nothing(
    registrar: Registrar, agency: Agency, function: str, body: Any
) -> None:
    good = _good(agency, function)
    assert registrar.start(function, good)["jobId"]  # whatever is refused below is refused for what is odd about it
    before = _jobs(registrar)
    whole = body
    if isinstance(body, dict):
        whole = {**good, **body, "options": _merged(good, body, "options"), "secret": _merged(good, body, "secret")}
    answer = registrar.post(function, whole)
    assert answer.status_code == 400, answer.text
    assert answer.json()["didRegistrationMetadata"]["error"]["detail"]
    assert _jobs(registrar) == before


def _good(agency: Agency, function: str) -> JSON:
    if function == "create":
        return organisation(agency, P256Key("hostile"))
    secret = {"verificationMethod": [public(agency.controller, "controller")]}
    document = {"didDocument": [json.loads(agency.document())]} if function == "update" else {}
    return {"did": agency.did, "secret": secret, **document}


def _merged(good: JSON, body: JSON, name: str) -> Any:
    value = body.get(name, {})
    return {**good.get(name, {}), **value} if isinstance(value, dict) else value


def _jobs(registrar: Registrar) -> int:
    assert isinstance(registrar.node, RunningNode)
    with sqlite3.connect(registrar.node.config.outbox_path) as db:
        return int(db.execute("select count(*) from registrations").fetchone()[0])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, item in inner for place in _places(item, (*path, name)))]


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), function=st.sampled_from(["create", "update", "deactivate"]))
def test_a_good_request_with_anything_in_one_place_is_answered_or_refused(
    registrar: Registrar, agency: Agency, data: st.DataObject, function: str
) -> None:
    good = _good(agency, function)
    place = data.draw(st.sampled_from(_places(good)))
    raw = json.dumps(_replaced(good, place, data.draw(ANYTHING)))
    answer = registrar.node.http.post(
        f"/1.0/{function}",
        params={"method": "mapae"},
        content=raw,
        headers={"Authorization": f"Bearer {registrar.token}", "Content-Type": "application/json"},
    )
    check_shape(function, answer)
    assert answer.status_code in {200, 400}, (raw, answer.text)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"jobId": "a", "jobId": "b"}', 400),
        (b'{"options": {"deadline": NaN}}', 400),
        (b'{"jobId": "\\ud800"}', 400),
        (b'{"a":' * 500 + b"1" + b"}" * 500, 400),
        (b"\xff\xfe{\x00}\x00", 400),
        (b'{"jobId": "' + b"x" * 70_000 + b'"}', 413),
    ],
)
def test_bytes_that_are_no_json_of_ours_are_refused_as_results(registrar: Registrar, raw: bytes, status: int) -> None:
    headers = {"Authorization": f"Bearer {registrar.token}", "Content-Type": "application/json"}
    for path in ("/1.0/create?method=mapae", "/1.0/update", "/1.0/deactivate"):
        answer = registrar.node.http.post(path, content=raw, headers=headers)
        assert (answer.status_code, answer.json()["didState"]["state"]) == (status, "failed")
    other = registrar.node.http.post(
        "/1.0/create?method=mapae", content=b"{}", headers={**headers, "Content-Type": "text/xml"}
    )
    assert other.status_code == 415


@pytest.mark.parametrize("query", ["", "?method=key", "?method=mapae&network=x"])
def test_another_method_or_query_is_400(registrar: Registrar, query: str) -> None:
    headers = {"Authorization": f"Bearer {registrar.token}"}
    answer = registrar.node.http.post(f"/1.0/create{query}", json={}, headers=headers)
    assert (answer.status_code, answer.json()["didState"]["state"]) == (400, "failed")


@pytest.mark.parametrize(
    "response",
    [
        {"signature": "A" * 86 + "=="},
        {"signature": "not base64!"},
        {"signature": b64(bytes(64))},
        {"signature": b64(b"\xff" * 64)},
        {"signature": b64(bytes(200))},
        {"signature": 5},
        {"alg": "ES256"},
        {"signature": "", "extra": 1},
        "text",
        None,
    ],
)
def test_a_bad_signature_is_refused_and_the_job_stays(registrar: Registrar, agency: Agency, response: Any) -> None:
    result = registrar.start("create", organisation(agency, P256Key("bad signatures")))
    body = {"jobId": result["jobId"], "secret": {"signingResponse": {"controller": response}}}
    assert registrar.post("create", body).status_code == 400
    assert registrar.post("create", {"jobId": result["jobId"]}).json()["didState"] == result["didState"]


@pytest.mark.parametrize(("name", "value"), [("alg", "ES384"), ("alg", "none"), ("kid", "did:key:z1#z1")])
def test_another_algorithm_or_key_than_asked_is_refused(
    registrar: Registrar, agency: Agency, name: str, value: str
) -> None:
    key = P256Key("algorithms")
    result = registrar.start("create", organisation(agency, key))
    response = {**signed(result["didState"]["signingRequest"]["controller"], key), name: value}
    body = {"jobId": result["jobId"], "secret": {"signingResponse": {"controller": response}}}
    assert registrar.post("create", body).status_code == 400
    body["secret"]["signingResponse"] = {"guardian": signed(result["didState"]["signingRequest"]["endorser"], key)}
    assert registrar.post("create", body).status_code == 400


def test_a_missing_or_unfit_key_is_named(registrar: Registrar, agency: Agency) -> None:
    body = organisation(agency, P256Key("keys"))
    body["secret"]["verificationMethod"].pop()
    assert "endorser" in registrar.post("create", body).json()["didState"]["reason"]
    ledger_key = Secp256k1Key("a phone cannot have this")
    assert "P-256" in registrar.post("create", holder(agency, ledger_key)).json()["didState"]["reason"]
    stranger = {"did": agency.did, "secret": {"verificationMethod": [public(P256Key("stranger"), "controller")]}}
    assert "does not control" in registrar.post("deactivate", stranger).json()["didState"]["reason"]


def test_a_did_that_is_known_before_it_exists_may_be_named(registrar: Registrar, agency: Agency) -> None:
    key, salt = P256Key("named"), salt_of("named")
    did = str(format_did(agency.registry.deployment.network, did_id(1, key.controller, salt)))
    body = organisation(agency, key, salt="0x" + salt.hex())
    assert registrar.start("create", {**body, "did": did})["didState"]["did"] == did
    assert registrar.post("create", {**body, "did": agency.did}).status_code == 400
