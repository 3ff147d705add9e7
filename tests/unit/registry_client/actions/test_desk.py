"""Signing routine: domain, deadline and nonces are filled in; keys of development systems are told apart by run."""

from types import SimpleNamespace

import pytest

from registry_client.actions import agency, roles
from registry_client.actions import did as dids
from registry_client.actions.desk import DEADLINE_S, Desk, Party
from registry_client.actions.keyring import open_ring
from registry_client.adapters.signer_file import save_signer
from registry_client.adapters.signer_local import generate_signer
from registry_client.core.curves import Curve
from registry_client.core.did import Did
from registry_client.core.document import parse_organisation
from registry_client.core.operation import operation_from_json, operation_to_json
from registry_client.core.status_lists.snapshot import is_status_method
from registry_client.errors import InvalidDidError, InvalidProfileError, KeyFileError, MalformedValueError
from registry_client.profile import Profile
from registry_client.submit import Network

NOW = 1_800_000_000
ADDRESS = "0x" + "11" * 20
KEY = generate_signer()


class NodeStub:
    """Counts how often it is asked for a nonce; sends nothing."""

    def __init__(self):
        self.asked = []

    def nonce(self, contract, controller):
        self.asked.append((contract, controller))
        return 41


@pytest.fixture
def desk():
    contracts = dict.fromkeys(("DidRegistry", "Roles", "StatusRegistry", "Council"), ADDRESS)
    return Desk(NodeStub(), Network("dev-1a2b3c", 7, contracts, 1, NOW, 1), clock=lambda: NOW + 0.9)


@pytest.fixture
def did(desk):
    return dids.organisation_birth(desk, controller=KEY, salt=bytes(32)).did


def test_what_nobody_types_is_filled_in_and_verifies(desk, did):
    signed = dids.deactivate(desk, did, version=3, controller=KEY)
    assert signed.domain.name == "did:mapae:dev-1a2b3c"
    assert signed.domain.chain_id == 7
    assert signed.domain.verifying_contract.hex() == "11" * 20
    assert signed.message["deadline"] == NOW + DEADLINE_S
    assert signed.signers() == (KEY.public_key.controller(),)
    assert operation_from_json(operation_to_json(signed)) == signed


def test_nonces_are_asked_for_once_and_counted_on(desk, did):
    grant = {"agency": did, "role": 2, "grantee": KEY.public_key.controller(), "controller": KEY}
    nonces = [roles.grant_role(desk, **grant).message["nonce"] for _ in range(3)]
    assert nonces == [41, 42, 43]
    assert desk.node.asked == [("Roles", KEY.public_key.controller())]


def test_two_signatures_stand_in_the_order_of_the_type(desk, did):
    other = generate_signer()
    signed = dids.transfer_control(desk, did, document=b"{}", version=1, controller=KEY, new_controller=other)
    assert signed.signers() == (KEY.public_key.controller(), other.public_key.controller())


def test_secp256k1_controllers_sign_as_well(desk):
    key = generate_signer(Curve.SECP256K1)
    did = dids.organisation_birth(desk, controller=key, salt=bytes(32)).did
    assert dids.deactivate(desk, did, version=1, controller=key).signers() == (key.public_key.controller(),)


def test_a_did_of_another_network_is_refused(desk, did):
    with pytest.raises(InvalidDidError, match="dev-ffffff"):
        desk.did_id(did.replace("dev-1a2b3c", "dev-ffffff"))


def test_votes_have_no_deadline(desk):
    message = {"kind": 4, "arguments": b"\x01", "salt": bytes(32), "epoch": 1, "choice": 1}
    assert desk.sign("Vote", message, Party("member", KEY)).deadline is None


def test_an_admission_request_comes_back_from_its_file(desk):
    keys = agency.AgencyKeys(*(generate_signer() for _ in agency.KEY_NAMES))
    asked = agency.admission_request(desk, keys, salt=bytes(32), types=["https://b.example/vct/gate-pass/v1"])
    assert agency.parse_request(asked.to_json()) == asked
    assert asked.did == dids.organisation_birth(desk, controller=keys.controller, salt=bytes(32)).did


@pytest.mark.parametrize(
    "change", [{"did": 5}, {"extra": 1}, {"types": "x"}, {"types": ["x"] * 17}, {"salt": "0x00"}, {"endorser": "0x02"}]
)
def test_a_request_of_another_shape_is_refused(desk, change):
    keys = agency.AgencyKeys(*(generate_signer() for _ in agency.KEY_NAMES))
    value = agency.admission_request(desk, keys, salt=bytes(32), types=[]).to_json()
    with pytest.raises(MalformedValueError):
        agency.parse_request({**value, **change})


def test_an_agencys_status_key_signs_lists_as_everybody_reads_them(did):
    """A published list is a credential to everybody's software; that it is no more is a rule of our verifier."""
    data = agency.agency_document(did, issue={1: KEY.public_key}, status=generate_signer().public_key)
    document = parse_organisation(data, Did(did))
    assert document.relationships["assertionMethod"] == {f"{did}#issue-1", f"{did}#status-1"}
    assert is_status_method(f"{did}#status-1")
    assert not is_status_method(f"{did}#issue-1")


def test_each_run_has_keys_of_its_own_and_the_ministrys_stay(tmp_path):
    folder = tmp_path / "keys"
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    passphrase.chmod(0o600)
    profile = Profile(
        network="n",
        chain_id=1,
        genesis_hash=bytes(32),
        directory=bytes(20),
        code_hash=bytes(32),
        node_url="http://h",
        keys=folder,
    )
    first = open_ring(profile)
    assert first.run == 1
    made, ministry = first.fresh("phone"), first.standing("ministry")
    assert first.fresh("phone") is made
    second = open_ring(profile)
    assert second.run == 2
    assert second.standing("ministry").public_key == ministry.public_key
    assert second.fresh("phone").public_key != made.public_key
    with pytest.raises(KeyFileError, match="mapae-node dev"):
        second.existing("council-1")


def test_a_profile_of_a_real_system_has_no_development_keys(tmp_path):
    keys = tmp_path / "keys"
    save_signer(generate_signer(key_id="controller"), keys, passphrase="x" * 12, kdf_rounds=1)
    with pytest.raises(InvalidProfileError, match="development"):
        open_ring(SimpleNamespace(keys=keys))
