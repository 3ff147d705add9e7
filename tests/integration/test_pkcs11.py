"""Keys in a real PKCS#11 token (SoftHSM): made inside, signing everything, and every way in which that goes wrong."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from registry_client.adapters.operation_files import read_operation, write_operation
from registry_client.core.curves import Curve, has_low_s
from registry_client.core.keys import PublicKey
from registry_client.core.operation import OPERATIONS, SignedOperation, domain_of
from registry_client.core.operation_file import OperationFile
from tests.support.paths import ROOT
from tests.support.softhsm import PIN, Tokens, require_softhsm

pytestmark = pytest.mark.slow

AGENCY = "pkcs11:token=agency"


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    """Two tokens; in the first a P-256 key `controller` and a secp256k1 key `relay`, made inside it."""
    require_softhsm()
    tokens = Tokens(tmp_path_factory.mktemp("hsm"))
    tokens.initialise("agency")
    tokens.initialise("spare")
    made = tokens.done("key", "create", "--pkcs11", f"{AGENCY};object=controller", "--folder", "keys")
    assert (made["curve"], made["controller"][:4]) == ("P-256", "0x02")
    made = tokens.done(
        "key", "create", "--pkcs11", f"{AGENCY};object=relay", "--curve", "secp256k1", "--folder", "keys"
    )
    assert (made["curve"], made["controller"][:4]) == ("secp256k1", "0x01")
    return tokens


def operation(tokens: Tokens, name: str, **message: object) -> Path:
    path = tokens.folder / name
    path.unlink(missing_ok=True)
    values = {"id": bytes(20), "expectedVersion": 1, "deadline": 2_000_000_000, **message}
    kind = OPERATIONS["DeactivateDid"]
    write_operation(
        OperationFile(SignedOperation(kind, domain_of("test", 7, bytes(20)), values), {}, 5), path, replace=False
    )
    return path


def refused(tokens: Tokens, *words: object, **environment: str) -> tuple[int, str, str]:
    """The exit code, the error's type and its detail, of a line that fails."""
    said = tokens.run(*words, "--json", **environment)
    error = json.loads(said.stderr)["error"]
    assert "Traceback" not in said.stderr
    return said.returncode, error["type"].rpartition("/")[2], error["detail"]


def test_keys_are_listed_and_their_public_halves_kept(tokens: Tokens) -> None:
    listed = tokens.done("key", "list", "--pkcs11", AGENCY)
    assert [(key["name"], key["curve"]) for key in listed] == [("controller", "P-256"), ("relay", "secp256k1")]
    kept = tokens.done("key", "list", "--folder", "keys")
    assert {key["name"]: key["controller"] for key in kept} == {key["name"]: key["controller"] for key in listed}
    pointer = tokens.folder / "keys" / "controller.pkcs11"
    assert pointer.read_text() == f"{AGENCY};object=controller\n"
    assert tokens.run("key", "list", "--pkcs11", AGENCY).stdout.splitlines()[0].split() == [
        "name",
        "curve",
        "thumbprint",
        "id",
    ]
    assert tokens.done("key", "list", "--pkcs11", "pkcs11:token=spare") == []


@pytest.mark.parametrize("name", ["controller", "relay"])
def test_a_token_signs_operations_of_both_kinds_of_controller(tokens: Tokens, name: str) -> None:
    file = operation(tokens, f"{name}.json")
    tokens.done("operation", "sign", file, "--key", f"{AGENCY};object={name}", "--yes")
    signed = read_operation(file).signed
    listed = {key["name"]: key["controller"] for key in tokens.done("key", "list", "--pkcs11", AGENCY)}
    assert "0x" + signed.signers()[0].hex() == listed[name]


def test_the_name_in_the_keys_folder_leads_to_the_token(tokens: Tokens) -> None:
    file = operation(tokens, "pointer.json")
    tokens.done("operation", "sign", file, "--key", "keys/controller.pkcs11", "--yes")
    assert read_operation(file).missing == ()


def test_many_signatures_have_low_s_recover_and_verify(tokens: Tokens) -> None:
    printed = tokens.script(
        "import json, os\n"
        "from registry_client.adapters.pkcs11_uri import parse_token_uri\n"
        "from registry_client.adapters.signer_pkcs11 import open_token_key\n"
        "from registry_client.core.operation import make_signature, signer_of\n"
        "asked = []\n"
        f"pin = lambda label: asked.append(label) or {PIN!r}\n"
        "rows = []\n"
        "for name in ('controller', 'relay'):\n"
        f"    uri = parse_token_uri({AGENCY!r} + ';object=' + name)\n"
        "    signer = open_token_key(uri, module=os.environ['MAPAE_PKCS11_MODULE'], ask_pin=pin)\n"
        "    for number in range(16):\n"
        "        payload = bytes([number]) * 66\n"
        "        signature = make_signature(signer, payload, role='controller').signature\n"
        "        assert signer_of(signature, payload) == signer.public_key.controller()\n"
        "        es = signer.sign(payload)\n"
        "        signer.public_key.verify(es, payload, require_low_s=True)\n"
        "        rows.append([signer.public_key.to_jwk(), es.hex(), payload.hex()])\n"
        "print(json.dumps({'rows': rows, 'asked': asked}))\n"
    )
    answer = json.loads(printed)
    assert answer["asked"] == ["agency"], "two keys of one token ask for the PIN once"
    curves = set()
    for jwk, signature, payload in answer["rows"]:
        key = PublicKey.from_jwk(jwk)
        curves.add(key.curve)
        key.verify(bytes.fromhex(signature), bytes.fromhex(payload))
        assert has_low_s(key.curve, bytes.fromhex(signature))
    assert curves == {Curve.P256, Curve.SECP256K1}


def test_private_keys_cannot_be_read_out(tokens: Tokens) -> None:
    printed = tokens.script(
        "import os, pkcs11\n"
        "library = pkcs11.lib(os.environ['MAPAE_PKCS11_MODULE'])\n"
        f"session = library.get_token(token_label='agency').open(user_pin={PIN!r})\n"
        "for key in session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}):\n"
        "    assert key[pkcs11.Attribute.SENSITIVE] and not key[pkcs11.Attribute.EXTRACTABLE]\n"
        "    try:\n"
        "        key[pkcs11.Attribute.VALUE]\n"
        "    except pkcs11.PKCS11Error as error:\n"
        "        print(type(error).__name__)\n"
    )
    assert printed.split() == ["AttributeSensitive", "AttributeSensitive"]


def test_a_wrong_pin_is_told_once_and_with_what_the_token_knows(tokens: Tokens) -> None:
    wrong = tokens.folder / "wrong-pin"
    wrong.write_text("000000\n")
    wrong.chmod(0o600)
    words = ("key", "list", "--pkcs11", AGENCY)
    code, kind, detail = refused(tokens, *words, MAPAE_PIN_FILE=str(wrong))
    assert (code, kind) == (2, "token-pin")
    assert "few may be left" in detail  # SoftHSM sets CKF_USER_PIN_COUNT_LOW
    korean = tokens.run(*words, "--lang", "ko", MAPAE_PIN_FILE=str(wrong)).stderr
    assert "PIN이 틀림" in korean
    assert "다시 시도하지 않았습니다" in korean
    assert "000000" not in korean
    assert tokens.done(*words)


def test_a_locked_pin_and_the_last_try_are_told_apart() -> None:
    require_softhsm()
    import pkcs11

    from registry_client.adapters import pkcs11_session as session
    from registry_client.adapters.pkcs11_uri import TokenUri
    from registry_client.errors import TokenPinError, TokenPinLockedError, TokenRemovedError

    class Token:
        """What a smart card says that SoftHSM, which never locks, does not."""

        label, serial, manufacturer_id, model = "card", b"1", "", ""

        def __init__(self, flags, error):
            self.flags, self.error = flags, error
            self.slot = self
            self.slot_id = 1

        def get_token(self):
            return self

        def get_slots(self, *, token_present):
            return [self]

        def open(self, **_):
            raise self.error

    usual = pkcs11.TokenFlag.TOKEN_INITIALIZED | pkcs11.TokenFlag.LOGIN_REQUIRED
    locked, last = pkcs11.TokenFlag.USER_PIN_LOCKED, pkcs11.TokenFlag.USER_PIN_FINAL_TRY

    def opened(flags, error):
        session.open_session(Token(flags, error), TokenUri(token="card"), module="x", ask_pin=lambda _: "1")

    with pytest.raises(TokenPinLockedError, match="SO PIN"):
        opened(usual | locked, pkcs11.PinLocked())
    with pytest.raises(TokenPinLockedError, match="SO PIN"):
        opened(usual, pkcs11.PinLocked())
    with pytest.raises(TokenPinError, match="one try is left") as refusal:
        opened(usual | last, pkcs11.PinIncorrect())
    assert refusal.value.evidence["tries_left"] == 1
    with pytest.raises(TokenPinError, match="expired"):
        opened(usual, pkcs11.PinExpired())
    with pytest.raises(TokenPinError, match="no PIN yet"):
        opened(usual, pkcs11.UserPinNotInitialized())
    with pytest.raises(TokenRemovedError), session.translated("card"):
        raise pkcs11.DeviceRemoved


@pytest.mark.parametrize(
    ("uri", "environment", "kind", "says"),
    [
        (f"{AGENCY};object=nobody", {}, "token-key-missing", "no key nobody"),
        ("pkcs11:token=absent;object=controller", {}, "token-missing", "agency"),
        ("pkcs11:object=controller", {}, "token-missing", "add serial="),
        (f"{AGENCY};object=controller", {"MAPAE_PKCS11_MODULE": "/nowhere/x.so"}, "token-module", "/nowhere/x.so"),
        (f"{AGENCY};object=controller", {"MAPAE_PKCS11_MODULE": ""}, "token-module", "--pkcs11-module"),
        (f"{AGENCY};object=controller", {"MAPAE_PIN_FILE": "/nowhere/pin"}, "token-pin-unread", "/nowhere/pin"),
        (f"{AGENCY};object=controller", {"MAPAE_PIN_FILE": ""}, "token-pin-unread", "MAPAE_PIN_FILE"),
        (f"{AGENCY};object=controller?pin-value=123456", {}, "token-uri", "does not stand in a URI"),
        (f"{AGENCY};object=controller?pin-source=http://x", {}, "token-uri", "file:/path"),
        (f"{AGENCY};colour=red", {}, "token-uri", "not known here"),
    ],
)
def test_each_missing_thing_has_an_error_of_its_own(
    tokens: Tokens, uri: str, environment: dict[str, str], kind: str, says: str
) -> None:
    file = operation(tokens, "missing.json")
    code, found, detail = refused(tokens, "operation", "sign", file, "--key", uri, "--yes", **environment)
    assert (code, found) == (2, kind)
    assert says in detail
    assert read_operation(file).missing == ("controller",)


def test_a_module_that_is_none_and_one_named_on_the_line(tokens: Tokens) -> None:
    junk = tokens.folder / "junk.so"
    junk.write_bytes(b"not a library")
    words = ("key", "list", "--pkcs11", AGENCY)
    assert refused(tokens, *words, "--pkcs11-module", junk)[1] == "token-module"
    libc = next(
        (
            path
            for path in ("/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6")
            if Path(path).exists()
        ),
        None,
    )
    if libc is not None:
        assert refused(tokens, *words, "--pkcs11-module", libc)[1] == "token-module"
    assert tokens.done(*words, "--pkcs11-module", tokens.module, MAPAE_PKCS11_MODULE="/nowhere.so")
    assert tokens.done("key", "list", "--pkcs11", f"{AGENCY}?module-path={tokens.module}", MAPAE_PKCS11_MODULE="")


def test_the_pin_comes_from_a_descriptor_or_the_uri_s_file(tokens: Tokens) -> None:
    words = [sys.executable, "-m", "registry_client.cli.main", "key", "list", "--pkcs11", AGENCY, "--json"]
    read, write = os.pipe()
    os.write(write, f"{PIN}\n".encode())
    os.close(write)
    environment = {
        **tokens.environment,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(tokens.folder),
    }
    del environment["MAPAE_PIN_FILE"]
    try:
        said = subprocess.run(
            words,
            env={**environment, "MAPAE_PIN_FD": str(read)},
            pass_fds=[read],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(read)
    assert said.returncode == 0, said.stderr
    assert tokens.done("key", "list", "--pkcs11", f"{AGENCY}?pin-source=file:{tokens.pin_file}", MAPAE_PIN_FILE="")
    shared = tokens.folder / "shared-pin"
    shared.write_text(PIN)
    shared.chmod(0o644)
    assert refused(tokens, "key", "list", "--pkcs11", AGENCY, MAPAE_PIN_FILE=str(shared))[1] == "token-pin-unread"


def test_keys_are_never_overwritten(tokens: Tokens) -> None:
    words = ("key", "create", "--pkcs11", f"{AGENCY};object=controller", "--folder")
    assert refused(tokens, *words, "keys")[1] == "key-file"
    assert refused(tokens, *words, "elsewhere")[1] == "token"
    assert refused(tokens, "key", "create", "--pkcs11", AGENCY, "--folder", "keys")[1] == "token-key-missing"


def test_a_token_that_is_removed_in_the_middle_is_told_and_nothing_is_half_signed(tmp_path: Path) -> None:
    require_softhsm()
    own = Tokens(tmp_path / "own")
    own.initialise("agency")
    own.done("key", "create", "--pkcs11", f"{AGENCY};object=controller", "--folder", "keys")
    printed = own.script(
        "import os, shutil\n"
        "from registry_client.adapters.pkcs11_uri import parse_token_uri\n"
        "from registry_client.adapters.signer_pkcs11 import open_token_key\n"
        "from registry_client.errors import TokenError\n"
        f"uri = parse_token_uri({AGENCY!r} + ';object=controller')\n"
        "module = os.environ['MAPAE_PKCS11_MODULE']\n"
        f"signer = open_token_key(uri, module=module, ask_pin=lambda _: {PIN!r})\n"
        "signer.sign(b'before')\n"
        f"shutil.rmtree({str(own.store)!r})\n"
        "for attempt in range(2):\n"
        "    try:\n"
        "        signer.sign(b'after')\n"
        "    except TokenError as error:\n"
        "        print(type(error).__name__)\n"
    )
    assert printed.split() == ["TokenRemovedError", "TokenRemovedError"]
    file = operation(own, "gone.json")
    own.store.mkdir()
    assert (
        refused(own, "operation", "sign", file, "--key", f"{AGENCY};object=controller", "--yes")[1] == "token-missing"
    )
    assert read_operation(file).missing == ("controller",)
    shutil.rmtree(own.folder)
