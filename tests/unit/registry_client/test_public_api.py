"""What a library user may rely on: these names, typed, documented, and a light import."""

import subprocess
import sys

import pytest

import registry_client
from registry_client.registry import AsyncRegistry, Registry
from tests.support.paths import ROOT

PUBLIC = [
    "AsyncGate",
    "AsyncRegistry",
    "AsyncVerifier",
    "EventFilter",
    "Gate",
    "GateMemory",
    "Policy",
    "Profile",
    "Registry",
    "RegistryError",
    "Report",
    "Resolution",
    "Verifier",
    "aopen_registry",
    "following",
    "load_profile",
    "open_registry",
]


def test_the_public_names_are_these():
    assert sorted(registry_client.__all__) == PUBLIC
    assert (ROOT / "registry_client" / "py.typed").exists()


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there_and_documented(name):
    assert getattr(registry_client, name).__doc__
    assert name in dir(registry_client)


def test_other_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        registry_client.nothing_of_this_name  # noqa: B018


def test_both_registries_answer_the_same_questions():
    def questions(kind):
        return {name for name in vars(kind) if not name.startswith("_")} - {"close", "aclose"}

    assert questions(Registry) == questions(AsyncRegistry)


def loaded(code):
    """The modules that are loaded after `code` ran in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(' '.join(sys.modules))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


def test_the_client_needs_nothing_heavy():
    heavy = {"web3", "eth_abi", "eth_account", "fastapi", "sqlalchemy", "pydantic", "typer"}
    assert not heavy & loaded("import registry_client; registry_client.open_registry; registry_client.Verifier")


def test_the_core_opens_no_network():
    assert not {"httpx", "socket", "asyncio"} & loaded(
        "import registry_client.core.operation, registry_client.core.document"
    )


BLOCKED = """
import sys
for name in ("orjson", "coincurve", "pybase64"):
    sys.modules[name] = None
from registry_client.core.keys import Curve
from registry_client.adapters.signer_local import generate_signer
from registry_client.core.canonical import canonicalize
from registry_client.core.strict_json import parse_json
from registry_client.core.operation import domain_of, make_signature, payload_of, signer_of
import registry_client
registry_client.open_registry
assert canonicalize(parse_json(b'{"b":1,"a":[2.5]}')) == b'{"a":[2.5],"b":1}'
payload = payload_of(domain_of("x", 1, bytes(20)), "Pause", {"epoch": 1, "until": 2, "deadline": 3})
for curve in (Curve.P256, Curve.SECP256K1):
    signer = generate_signer(curve)
    signature = make_signature(signer, payload, role="member").signature
    assert signer_of(signature, payload) == signer.public_key.controller()
    signer.public_key.verify(signer.sign(b"m"), b"m")
"""


def test_the_base_install_works_without_accelerators():
    assert "registry_client.core.operation" in loaded(BLOCKED)
