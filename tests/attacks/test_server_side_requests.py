"""SSRF: addresses that a document names are never asked. A server waits behind every address here; nobody comes."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry_client.core.did import Did
from registry_client.core.document_builder import MethodEntry, build_organisation
from registry_client.core.encoding import encode_base64url
from registry_client.core.keys import Curve, PublicKey
from tests.integration.node_support import Agency, RunningNode, admitted, eventually, running_node
from tests.support.chain import Registry
from tests.support.keys import P256Key

pytestmark = pytest.mark.chain


class Trap:
    """Listens on loopback and counts who connects."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.visits: list[bytes] = []
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                with connection:
                    self.visits.append(connection.recv(200))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self._thread.join(10)


@pytest.fixture
def trap() -> Iterator[Trap]:
    waiting = Trap()
    yield waiting
    waiting.close()


@pytest.fixture
def agency(registry: Registry) -> Agency:
    return admitted(registry, "ministry of traps")


@pytest.fixture
def node(registry: Registry, tmp_path: Path) -> Iterator[RunningNode]:
    with running_node(registry, tmp_path, vc_api="verify") as running:
        yield running


def document(agency: Agency, url: str) -> bytes:
    """A document whose services point at the trap."""
    key = MethodEntry("issue-1", PublicKey(Curve.P256, P256Key("trap issue").public_key))
    built = json.loads(build_organisation(Did(agency.did), methods=[key]))
    built["service"] = [
        {"id": f"{agency.did}#{name}", "type": kind, "serviceEndpoint": f"{url}/{name}"}
        for name, kind in (("site", "LinkedDomains"), ("files", "FileService"))
    ]
    return json.dumps(built, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def test_the_trap_catches(trap: Trap) -> None:
    """Otherwise the tests below could not fail."""
    with socket.create_connection(("127.0.0.1", int(trap.url.rpartition(":")[2]))) as visitor:
        visitor.sendall(b"here")
        assert eventually(lambda: trap.visits, what="a visit") == [b"here"]


def test_resolving_and_dereferencing_a_service_asks_nobody(node: RunningNode, agency: Agency, trap: Trap) -> None:
    creation = dict(agency.create().message) | {"document": document(agency, trap.url)}
    signed = agency.registry.sign("CreateOrganisation", creation, agency.controller, agency.endorser)
    assert node.relay_one(signed)["state"] == "final"
    assert node.resolve(agency.did)[0] == 200
    for query in ("?service=site", "?service=files&relativeRef=%2Fpass.json", "?serviceType=LinkedDomains", "#site"):
        answer = node.http.get(f"/1.0/identifiers/{agency.did}{query}", follow_redirects=False)
        assert answer.status_code < 500
    redirect = node.http.get(f"/1.0/identifiers/{agency.did}?service=site", follow_redirects=False)
    assert redirect.headers.get("location", trap.url).startswith(trap.url)
    trap.close()
    assert trap.visits == []


@pytest.mark.parametrize(
    "member",
    [
        "@context",
        "credentialSchema",
        "credentialStatus",
        "termsOfUse",
        "evidence",
        "relatedResource",
        "issuer",
        "refreshService",
    ],
)
def test_judging_a_credential_asks_nobody_it_names(node: RunningNode, trap: Trap, member: str) -> None:
    credential = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": "did:web:" + trap.url.removeprefix("http://").replace(":", "%3A"),
        "credentialSubject": {"id": "did:example:1"},
        "proof": {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-rdfc-2019", "proofPurpose": "assertionMethod"},
    }
    named = {"id": f"{trap.url}/{member}", "type": "JsonSchema", "statusListCredential": f"{trap.url}/list"}
    credential[member] = (
        [*credential["@context"], named["id"]] if member == "@context" else named["id"] if member == "issuer" else named
    )
    credential["proof"]["verificationMethod"] = f"{trap.url}/key#1"
    answer = node.http.post("/credentials/verify", json={"verifiableCredential": credential, "options": {}})
    assert answer.status_code < 500
    assert answer.json().get("verified") is not True
    trap.close()
    assert trap.visits == []


@pytest.mark.parametrize("header", ["jku", "x5u", "kid", "iss"])
def test_judging_a_token_asks_nobody_its_header_names(node: RunningNode, trap: Trap, header: str) -> None:
    head = {"alg": "ES256", "typ": "vc+jwt", header: f"{trap.url}/keys"}
    token = ".".join(
        [encode_base64url(json.dumps(head).encode()), encode_base64url(b"{}"), encode_base64url(bytes(64))]
    )
    enveloped = {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "type": "EnvelopedVerifiableCredential",
        "id": f"data:application/vc+jwt,{token}",
    }
    answer = node.http.post("/credentials/verify", json={"verifiableCredential": enveloped})
    assert answer.status_code < 500
    trap.close()
    assert trap.visits == []
