"""VC-API, spoken by a plain HTTP client to a real node over a real ledger; and what a node must not remember."""

import base64
import copy
import hashlib
import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from node.api.routers.vc_api import BODY_MAX, WAITING_MAX
from node.config import load_config
from node.logs import configure_logs
from node.services.verification import AT_ONCE, Verification
from registry_client.adapters.signer_local import generate_signer
from registry_client.core.curves import Curve
from registry_client.core.formats.data_integrity import issue_data_integrity, present_data_integrity
from registry_client.core.formats.vc_jwt import envelope_of, issue_vc_jwt
from registry_client.data import pinned_context
from registry_client.errors import ConfigurationError
from tests.integration.node_support import NodeClient, eventually, running_node
from tests.integration.test_verify_on_chain import NONCE, Story
from tests.support.chain import Registry

pytestmark = pytest.mark.chain

JSON = dict[str, Any]
KEY_DID = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
V2 = "https://www.w3.org/ns/credentials/v2"
NAME, PHONE = "CANARY-HONG-GILDONG", "010-9753-8642"
VERIFY = {"credentials": "verifiableCredential", "presentations": "verifiablePresentation"}


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Path]:
    """The node's own log at its most talkative, in a file; the process's logging put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    path = tmp_path / "node.log"
    configure_logs(path, level="debug", form="json")
    yield path
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def ask(node: NodeClient, kind: str, document: Any, **options: Any) -> JSON:
    """Verify, and check what holds for every 200."""
    answer = node.http.post(f"/{kind}/verify", json={VERIFY[kind]: document, "options": options})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    result: JSON = answer.json()
    assert {"verified", "mediaType", "warnings", "errors"} <= result.keys()
    assert result["verified"] is (result["errors"] == [])
    assert result["verified"] is (result["report"]["verdict"] == "accepted")
    assert all({"type", "title", "detail"} <= error.keys() for error in result["errors"])
    return result


def enveloped(token: str, kind: str) -> JSON:
    """An SD-JWT as VCDM 2.0 envelopes it."""
    name = "EnvelopedVerifiableCredential" if kind == "credentials" else "EnvelopedVerifiablePresentation"
    return {"@context": V2, "id": f"data:application/dc+sd-jwt,{token}", "type": name}


def credential(issuer: str, /, **changes: Any) -> JSON:
    return {
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "issuer": issuer,
        "credentialSubject": {"id": "did:example:subject", "name": NAME, "description": PHONE},
        **changes,
    }


def test_an_officers_credential_and_presentation(registry: Registry, tmp_path: Path) -> None:
    story = Story(registry, tmp_path)
    [(entry, handed)] = story.issue("first")
    time.sleep(max(0.0, registry.now() - time.time()))
    audience = story.challenge.audience
    try:
        with running_node(registry, tmp_path / "home", vc_api="verify") as node:
            bare = ask(node, "credentials", handed["credential"], checks=["proof"])
            assert bare["verified"] is True, bare
            assert bare["mediaType"] == "application/dc+sd-jwt"
            assert bare["report"]["assurance"] == "own_ledger"
            assert any("who presents it" in warning["detail"] for warning in bare["warnings"])
            shown = story.show(handed["credential"])
            asked = {"challenge": NONCE, "domain": audience}
            good = ask(node, "presentations", shown, **asked, service="GATE-01", extra=1)
            assert good["verified"] is True, good
            assert [warning["detail"] for warning in good["warnings"]] == ["option extra is not spoken here"]
            for options, code in (
                ({**asked, "challenge": "another"}, "challenge-mismatch"),
                ({**asked, "domain": "another"}, "domain-mismatch"),
                ({}, "undetermined"),
            ):
                refused = ask(node, "presentations", shown, **options)
                assert [error["code"] for error in refused["errors"]] == [code]
            unbound = ask(node, "presentations", handed["credential"], **asked)
            assert [error["code"] for error in unbound["errors"]] == ["holder-mismatch"]
            for kind, document in (("credentials", handed["credential"]), ("presentations", shown)):
                envelope = enveloped(document, kind)
                taken = ask(node, kind, envelope, **(asked if kind == "presentations" else {}))
                assert (taken["verified"], taken["mediaType"]) == (True, "application/dc+sd-jwt"), taken
                wrong = {**envelope, "issuer": "did:example:other"}
                refusal = node.http.post(f"/{kind}/verify", json={VERIFY[kind]: wrong})
                assert refusal.status_code == 400
            forged = handed["credential"][:-200] + "A" + handed["credential"][-199:]
            assert ask(node, "credentials", forged)["verified"] is False
            story.set_bits("Revoke", entry)
            time.sleep(1.1)  # facts are kept for a second
            revoked = ask(node, "credentials", handed["credential"])
            assert [error["code"] for error in revoked["errors"]] == ["status-revoked"]
            assert node.http.post("/credentials/issue", json={"credential": {}}).status_code == 404
    finally:
        story.close()


def test_off_unless_asked_for(registry: Registry, tmp_path: Path) -> None:
    with running_node(registry, tmp_path) as node:
        for path in ("/credentials/verify", "/presentations/verify", "/credentials/issue"):
            answer = node.http.post(path, json={})
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
            assert "vc_api" in answer.json()["detail"] or "VC-API is off" in answer.json()["detail"]


def test_the_test_profile_issues_on_this_machine_only(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::", "example.org"):
        with pytest.raises(ConfigurationError, match="loopback"):
            load_config({"home": tmp_path, "vc_api": "test", "host": host}, {})
    assert load_config({"home": tmp_path, "vc_api": "test", "host": "::1"}, {}).vc_api == "test"
    assert load_config({"home": tmp_path, "vc_api": "verify", "host": "0.0.0.0"}, {}).vc_api == "verify"
    assert load_config({"home": tmp_path}, {}).vc_api == "off"
    with pytest.raises(ConfigurationError, match="vc_api"):
        load_config({"home": tmp_path, "vc_api": "on"}, {})


@pytest.fixture(scope="module")
def trial(founded: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NodeClient, str]]:
    """A node in the test profile, and the DID that it says it issues with."""
    with running_node(founded, tmp_path_factory.mktemp("trial"), vc_api="test") as node:
        refusal = node.http.post("/credentials/issue", json={"credential": credential("did:example:other")})
        assert refusal.status_code == 400
        yield node, refusal.json()["issuer"]


def test_issue_then_verify(trial: tuple[NodeClient, str]) -> None:
    node, issuer = trial
    asked = credential(issuer)
    answer = node.http.post("/credentials/issue", json={"credential": asked, "options": {}})
    assert answer.status_code == 201
    issued = answer.json()
    assert {**issued, "proof": None} == {**asked, "proof": None}
    assert issued["proof"]["cryptosuite"] == "ecdsa-jcs-2019"
    assert re.fullmatch(re.escape(issuer) + r"#zDna\w+", issued["proof"]["verificationMethod"])
    result = ask(node, "credentials", issued, checks=["proof"])
    assert result["verified"] is True, result
    assert result["mediaType"] == "application/vc"
    changed = {**issued, "credentialSubject": {"id": "did:example:thief"}}
    refused = ask(node, "credentials", changed)
    assert [error["type"] for error in refused["errors"]] == ["https://w3id.org/security#PROOF_VERIFICATION_ERROR"]


def test_a_strangers_did_key_is_not_trusted(trial: tuple[NodeClient, str]) -> None:
    node, _ = trial
    signer = generate_signer()
    multikey = signer.public_key.to_multikey()
    did, method = f"did:key:{multikey}", f"did:key:{multikey}#{multikey}"
    made = issue_data_integrity(credential(did), signer=signer, method_id=method, signed_at=int(time.time()))
    assert [e["code"] for e in ask(node, "credentials", made)["errors"]] == ["issuer-not-accredited"]
    token = issue_vc_jwt(credential(did), signer=signer, method_id=method, signed_at=int(time.time()))
    enveloped = {"@context": V2, "id": f"data:application/vc+jwt,{token}", "type": "EnvelopedVerifiableCredential"}
    result = ask(node, "credentials", enveloped)
    assert (result["mediaType"], [e["code"] for e in result["errors"]]) == (
        "application/vc+jwt",
        ["issuer-not-accredited"],
    )


@pytest.mark.parametrize("curve", [Curve.P256, Curve.ED25519])
def test_a_did_key_that_the_owner_lists_is_taken_and_no_other(founded: Registry, tmp_path: Path, curve: Curve) -> None:
    """The verifier's own settings decide; what they list is judged without accreditation and status."""
    listed, other = generate_signer(curve), generate_signer(curve)
    dids = {signer: f"did:key:{signer.public_key.to_multikey()}" for signer in (listed, other)}
    with running_node(founded, tmp_path, vc_api="verify", vc_api_issuers=f" {dids[listed]} {KEY_DID}") as node:
        for signer, did in dids.items():
            method = f"{did}#{did.removeprefix('did:key:')}"
            made = issue_data_integrity(credential(did), signer=signer, method_id=method, signed_at=int(time.time()))
            result = ask(node, "credentials", made)
            assert result["verified"] is (signer is listed), result
        codes = [error["code"] for error in result["errors"]]
        assert codes == (["issuer-not-accredited"] if curve is Curve.P256 else ["algorithm-not-allowed"])
        assert node.http.post("/credentials/issue", json={"credential": credential(dids[listed])}).status_code == 404


def test_only_did_key_can_be_listed(tmp_path: Path) -> None:
    for text in ("did:web:example.org", "did:mapae:dev-1a2b3c:4QCBkoE8XC1Ch6WoGfZegEN1aoE3", "did:key:zzz", "all"):
        with pytest.raises(ConfigurationError, match="vc_api_issuers"):
            load_config({"home": tmp_path, "vc_api_issuers": text}, {})


def test_every_issuer_and_suite_of_the_test_profile(trial: tuple[NodeClient, str]) -> None:
    node, _ = trial
    refusal = node.http.post("/credentials/issue", json={"credential": credential("did:example:other")})
    p256, ed25519 = refusal.json()["issuers"]
    for did, suite, expected in (
        (p256, None, "ecdsa-jcs-2019"),
        (p256, "ecdsa-rdfc-2019", "ecdsa-rdfc-2019"),
        (ed25519, None, "eddsa-jcs-2022"),
        (ed25519, "eddsa-rdfc-2022", "eddsa-rdfc-2022"),
    ):
        options = {} if suite is None else {"cryptosuite": suite}
        body = {"credential": credential(did, credentialSubject={"id": "did:example:s"}), "options": options}
        answer = node.http.post("/credentials/issue", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.json()["proof"]["cryptosuite"] == expected
        result = ask(node, "credentials", answer.json())
        assert result["verified"] is True, result
    for options in ({"cryptosuite": "bbs-2023"}, {"cryptosuite": 1}, []):
        body = {"credential": credential(p256), "options": options}
        assert node.http.post("/credentials/issue", json=body).status_code == 400


def test_more_than_can_wait_is_503_and_nobody_is_forgotten(
    trial: tuple[NodeClient, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four are judged at once and 64 wait; the rest are told to come again, and all who waited get their verdict."""
    node, issuer = trial
    issued = node.http.post("/credentials/issue", json={"credential": credential(issuer)}).json()
    gate, judge, at_once = threading.Event(), Verification.judge, []

    def held(self: Verification, question: Any) -> Any:
        at_once.append(1)
        gate.wait(60)
        return judge(self, question)

    monkeypatch.setattr(Verification, "judge", held)
    count = AT_ONCE + WAITING_MAX + 12

    def one(_: int) -> httpx.Response:
        with httpx.Client(base_url=node.url, timeout=90, trust_env=False) as client:
            return client.post("/credentials/verify", json={"verifiableCredential": issued})

    with ThreadPoolExecutor(count) as pool:
        asked = [pool.submit(one, number) for number in range(count)]
        eventually(lambda: sum(future.done() for future in asked) >= 12, what="the refusals")
        eventually(lambda: len(at_once) == AT_ONCE, what="as many as are judged at once")
        assert node.status("/health/live") == 200
        gate.set()
        answers = [future.result() for future in asked]
    refused = [answer for answer in answers if answer.status_code == 503]
    assert len(refused) == 12
    assert all(answer.headers["retry-after"] == "1" for answer in refused)
    judged = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(judged) == AT_ONCE + WAITING_MAX
    assert all(result["verified"] for result in judged)


def test_a_presentation_by_the_subject(trial: tuple[NodeClient, str]) -> None:
    node, issuer = trial
    holder = generate_signer()
    multikey = holder.public_key.to_multikey()
    subject = {"id": f"did:key:{multikey}", "name": NAME}
    issued = node.http.post("/credentials/issue", json={"credential": credential(issuer, credentialSubject=subject)})
    shown = present_data_integrity(
        issued.json(), signer=holder, method_id=f"{subject['id']}#{multikey}", challenge="c-0123456789",
        domain="https://verifier.example", created=int(time.time()),
    )  # fmt: skip
    asked = {"challenge": "c-0123456789", "domain": "https://verifier.example"}
    result = ask(node, "presentations", shown, **asked)
    assert (result["verified"], result["mediaType"]) == (True, "application/vp"), result
    other = ask(node, "presentations", shown, **{**asked, "challenge": "d"})
    assert [e["type"] for e in other["errors"]] == ["https://w3id.org/security#INVALID_CHALLENGE_ERROR"]
    unsigned = {name: value for name, value in shown.items() if name != "proof"}
    assert ask(node, "presentations", unsigned, **asked)["verified"] is False


def issued_to(node: NodeClient, issuer: str, holder: str, name: str = NAME) -> JSON:
    subject = {"id": holder, "name": name}
    answer = node.http.post("/credentials/issue", json={"credential": credential(issuer, credentialSubject=subject)})
    assert answer.status_code == 201, answer.text
    made: JSON = answer.json()
    return made


def test_a_presentation_of_several_says_of_each(trial: tuple[NodeClient, str]) -> None:
    """Each is judged by the whole plan and bound to who signed; the answer says which one it is that fails."""
    node, issuer = trial
    holder = generate_signer()
    multikey = holder.public_key.to_multikey()
    did, asked = f"did:key:{multikey}", {"challenge": "c-0123456789", "domain": "https://verifier.example"}
    good = [issued_to(node, issuer, did, f"name {number}") for number in range(3)]
    stolen = issued_to(node, issuer, f"did:key:{generate_signer().public_key.to_multikey()}")
    changed = {**good[0], "validUntil": "2099-01-01T00:00:00Z"}

    def shown(*documents: JSON | str) -> JSON:
        return present_data_integrity(
            [envelope_of(item) if isinstance(item, str) else item for item in documents], signer=holder,
            method_id=f"{did}#{multikey}", created=int(time.time()), **asked,
        )  # fmt: skip

    every = ask(node, "presentations", shown(*good), **asked)
    assert every["verified"] is True, every
    assert every["credentialResults"] == [{"verified": True, "errors": []}] * 3
    assert [item["verdict"] for item in every["report"]["credentials"]] == ["accepted"] * 3
    token = issue_vc_jwt(
        credential(f"did:key:{multikey}", credentialSubject={"id": did, "name": "self-made"}), signer=holder,
        method_id=f"{did}#{multikey}", signed_at=int(time.time()),
    )  # fmt: skip
    for other, code in (
        (stolen, "holder-mismatch"),
        (changed, "proof-invalid"),
        (token, "issuer-not-accredited"),  # the other form; its issuer is nobody here
    ):
        result = ask(node, "presentations", shown(good[1], other), **asked)
        assert [item["verified"] for item in result["credentialResults"]] == [True, False]
        assert {(error["credential"], error["code"]) for error in result["errors"]} == {(1, code)}
        assert [error["code"] for error in result["credentialResults"][1]["errors"]] == [code]
    for documents in ([good[0], good[0]], [issued_to(node, issuer, did, f"{number}") for number in range(9)]):
        refused = ask(node, "presentations", shown(*documents), **asked)
        assert [error["code"] for error in refused["errors"]] == ["malformed-value"]
    unasked = ask(node, "presentations", shown(*good))
    assert [error["code"] for error in unasked["errors"]] == ["undetermined"] * 3
    assert unasked["report"]["verdict"] == "undetermined"


SHA = hashlib.sha384(pinned_context(V2)).digest()
RIGHT = "sha384-" + base64.b64encode(SHA).decode()
MULTIHASH = b"\x12\x20" + hashlib.sha256(pinned_context(V2)).digest()
RIGHT_MULTIBASE = "u" + base64.urlsafe_b64encode(MULTIHASH).rstrip(b"=").decode()
SCHEMA = "https://example.org/schema"


@pytest.mark.parametrize(
    "changes",
    [
        {"refreshService": {"id": "https://example.org/refresh"}},
        {"credentialSchema": {"id": SCHEMA}},
        {"credentialSchema": {"id": "not a url", "type": "JsonSchema"}},
        {"termsOfUse": {"id": "https://example.org/terms"}},
        {"evidence": {}},
        {"relatedResource": V2},
        {"relatedResource": [{"id": V2}]},
        {"relatedResource": [{"id": V2, "digestSRI": RIGHT}, {"id": V2, "digestSRI": RIGHT}]},
        {"relatedResource": [{"id": V2, "digestSRI": "sha384-" + "A" * 64}]},
        {"relatedResource": [{"id": V2, "digestMultibase": RIGHT_MULTIBASE[:-5] + "AAAAA"}]},
        {"relatedResource": [{"id": V2, "digestSRI": RIGHT, "digestMultibase": "zzzz"}]},
        {"relatedResource": [{"id": V2, "digestSRI": 1}]},
        {"proof": {"type": "DataIntegrityProof", "previousProof": "urn:uuid:1"}},
        {"validFrom": "2026-01-01T00:00:00"},
        {"validFrom": "2026-02-01T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"},
        {"credentialSubject": {}},
        {"@context": ["https://example.org/first", V2]},
        {"type": ["Other"]},
        {"unknownTerm": 1},
        {"issuer": "no url"},
    ],
    ids=lambda changes: json.dumps(changes)[:60],
)
def test_what_must_not_be_issued(trial: tuple[NodeClient, str], changes: JSON) -> None:
    node, issuer = trial
    answer = node.http.post("/credentials/issue", json={"credential": credential(issuer, **changes)})
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("digest", [{"digestSRI": RIGHT}, {"digestMultibase": RIGHT_MULTIBASE}])
def test_a_right_digest_is_issued(trial: tuple[NodeClient, str], digest: JSON) -> None:
    node, issuer = trial
    asked = credential(issuer, relatedResource=[{"id": V2, **digest}])
    assert node.http.post("/credentials/issue", json={"credential": asked}).status_code == 201


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("credentials", {}, 400),
        ("credentials", [], 400),
        ("credentials", {"verifiableCredential": None}, 400),
        ("credentials", {"verifiableCredential": "no token"}, 400),
        ("credentials", {"verifiableCredential": {"type": "VerifiablePresentation"}}, 400),
        ("presentations", {"verifiablePresentation": {"type": "VerifiableCredential"}}, 400),
        ("credentials", {"verifiableCredential": {"type": "VerifiableCredential"}, "more": 1}, 400),
        ("credentials", {"verifiableCredential": {"type": "VerifiableCredential"}, "options": []}, 400),
        ("credentials", {"verifiableCredential": {"type": "VerifiableCredential"}, "options": {"checks": "x"}}, 400),
        ("presentations", {"verifiablePresentation": "a~", "options": {"challenge": "x"}}, 400),
        ("presentations", {"verifiablePresentation": "a~", "options": {"challenge": "", "domain": "x"}}, 400),
        ("credentials", {"verifiableCredential": "~" * (BODY_MAX + 1)}, 413),
    ],
)
def test_what_is_no_request(trial: tuple[NodeClient, str], kind: str, body: Any, status: int) -> None:
    answer = trial[0].http.post(f"/{kind}/verify", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_duplicate_members_and_other_media_types(trial: tuple[NodeClient, str]) -> None:
    node, _ = trial
    twice = '{"verifiableCredential":"a~","verifiableCredential":"b~"}'
    assert node.http.post("/credentials/verify", content=twice).status_code == 400
    typed = {"Content-Type": "text/plain"}
    assert node.http.post("/credentials/verify", content=twice, headers=typed).status_code == 415


def test_nothing_presented_is_kept(
    founded: Registry, tmp_path: Path, logged: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Name and phone go in by every door, also while the node breaks; afterwards they are in no file and no stream."""
    home = tmp_path / "home"
    with running_node(founded, home, vc_api="test") as node:
        asked = credential("did:example:other")
        issuer = node.http.post("/credentials/issue", json={"credential": asked}).json()["issuer"]
        issued = node.http.post("/credentials/issue", json={"credential": credential(issuer)}).json()
        assert NAME in json.dumps(issued)
        broken = copy.deepcopy(issued)
        broken["credentialSubject"]["id"] = PHONE
        for document in (issued, broken, {**issued, NAME: PHONE}, {**issued, "issuer": NAME}):
            ask(node, "credentials", document)
        for body in (b'{"' + NAME.encode(), b'{"' + PHONE.encode() + b'":1}', json.dumps({"options": NAME}).encode()):
            assert node.http.post("/presentations/verify", content=body).status_code == 400

        def break_down(*_: Any, **__: Any) -> None:
            raise RuntimeError(f"{NAME} {PHONE}")

        monkeypatch.setattr(node.node.services.verification.__class__, "judge", break_down)
        answer = node.http.post("/credentials/verify", json={"verifiableCredential": issued})
        assert answer.status_code == 500
        assert NAME not in answer.text
    for handler in logging.getLogger().handlers:
        handler.flush()
    assert "vc-api request failed" in logged.read_text()
    out, err = capfd.readouterr()
    streams = [out.encode(), err.encode()]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name.startswith("index.sqlite") for path in files)
    for data in [*streams, *(path.read_bytes() for path in files)]:
        assert NAME.encode() not in data
        assert PHONE.encode() not in data
