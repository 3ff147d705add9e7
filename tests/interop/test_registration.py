"""DIF DID Registration of a real node, driven by keys and an HTTP client of theirs: create, update, deactivate."""

from collections.abc import Iterator

import pytest

from registry_client.core.registration import key_url
from tests.integration.node_support import Agency, RunningNode, admitted, running_node
from tests.interop.matrix import THEIRS_TO_OURS
from tests.interop.parties import private_jwk
from tests.interop.peers import RefusedError
from tests.simulators.signer import memory_signer
from tests.support.anvil import anvil
from tests.support.chain import found

pytestmark = pytest.mark.chain
KEY = memory_signer("their registrar client's controller")
ISSUING = [memory_signer(f"their registrar client's issuing key {number}") for number in (1, 2)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningNode, Agency]]:
    with anvil(hardfork="osaka", chain_id=31_343) as ledger:
        registry = found(ledger)
        agency = admitted(registry, "ministry of their registrars")
        registry.decide("Admit", agency.id, KEY.public_key.controller(), registry.now() + 86_400)
        with running_node(registry, tmp_path_factory.mktemp("node")) as node:
            assert node.relay_one(agency.create())["state"] == "final"
            yield node, agency


def public(role):
    return {"type": "JsonWebKey", "purpose": [role], "publicKeyJwk": dict(KEY.public_key.to_jwk())}


def document(*keys):
    names = [f"#issue-{number}" for number in range(1, len(keys) + 1)]
    methods = [
        {"id": name, "type": "JsonWebKey", "publicKeyJwk": dict(key.public_key.to_jwk())}
        for name, key in zip(names, keys, strict=True)
    ]
    return {"verificationMethod": methods, "assertionMethod": names}


def test_their_client_creates_updates_and_deactivates(party, matrix, running):
    """One key is controller and endorser, so that both signing requests have the same `kid`."""
    node, agency = running
    keys = {key_url(KEY.public_key): private_jwk(KEY)}

    def register(path, body):
        return party.node.ask("did.register", base=node.url, token=node.token, path=path, body=body, keys=keys)

    options = {"clientSecretMode": True}
    created = register(
        "/1.0/create?method=mapae",
        {
            "options": {**options, "endorsingAgency": agency.did},
            "secret": {"verificationMethod": [public("controller"), public("endorser")]},
            "didDocument": document(ISSUING[0]),
        },
    )
    did = created["didState"]["did"]
    assert created["jobId"] is None
    assert node.resolve(did)[1]["didDocument"] == created["didState"]["didDocument"]
    signers = {"verificationMethod": [public("controller")]}
    register(
        "/1.0/update",
        {"did": did, "options": options, "secret": signers, "didDocumentOperation": ["setDidDocument"],
         "didDocument": [document(*ISSUING)]},
    )  # fmt: skip
    assert len(node.resolve(did)[1]["didDocument"]["assertionMethod"]) == 2
    register("/1.0/deactivate", {"did": did, "options": options, "secret": signers})
    assert node.resolve(did)[0] == 410
    with pytest.raises(RefusedError, match="400"):
        register("/1.0/deactivate", {"did": did, "options": options, "secret": signers})
    matrix.add(
        "DID Registration (DIF)", "@digitalbazaar/http-client", THEIRS_TO_OURS,
        "created, updated, deactivated; again: refused", "signed with `@digitalbazaar/ecdsa-multikey`, ES256",
    )  # fmt: skip
