"""VC-API, spoken by a plain HTTP client to a real node over a real ledger; and what a node must not remember."""

import base64
import copy
import hashlib
import json
import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.api.routers.vc_api import BODY_MAX
from node.config import load_config
from node.logs import configure_logs
from registry_client.adapters.signer_local import generate_signer
from registry_client.core.formats.data_integrity import issue_data_integrity, present_data_integrity
from registry_client.core.formats.vc_jwt import issue_vc_jwt
from registry_client.data import pinned_context
from registry_client.errors import ConfigurationError
from tests.integration.node_support import NodeClient, running_node
from tests.integration.test_verify_on_chain import NONCE, Story
from tests.support.chain import Registry

pytestmark = pytest.mark.chain

JSON = dict[str, Any]
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
