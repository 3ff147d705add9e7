import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from registry_client.adapters.pkcs12_mac import derive_mac_key, mac_rounds, with_mac_rounds
from registry_client.adapters.signer_file import KDF_ROUNDS, list_keys, load_signer, save_signer
from registry_client.adapters.signer_local import generate_signer
from registry_client.core.keys import Curve
from registry_client.errors import KeyFileError

PASSPHRASE = "긴 암호문 passphrase 😀"


def stored(folder, curve=Curve.P256, **options):
    signer = generate_signer(curve, key_id="issue-1", purpose="issue")
    return signer, save_signer(signer, folder, passphrase=PASSPHRASE, kdf_rounds=1_000, **options)


@pytest.mark.parametrize("curve", Curve)
def test_a_key_comes_back_with_its_name_and_purpose(tmp_path, curve):
    signer, path = stored(tmp_path, curve)
    found = load_signer(path, passphrase=PASSPHRASE)
    assert (found.public_key, found.key_id, found.purpose) == (signer.public_key, "issue-1", "issue")
    signer.public_key.verify(found.sign(b"m"), b"m")


def test_the_folder_tells_its_keys_without_a_passphrase(tmp_path):
    signer, path = stored(tmp_path)
    (key,) = list_keys(tmp_path)
    assert (key.key_id, key.purpose, key.public_key, key.path) == ("issue-1", "issue", signer.public_key, path)


def test_files_are_private_and_never_overwritten(tmp_path):
    _, path = stored(tmp_path / "keys")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="never overwritten"):
        stored(tmp_path / "keys")
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["issue-1.p12", "issue-1.pub.json"]


def test_new_files_have_600_000_rounds_in_encryption_and_mac(tmp_path):
    signer = generate_signer(key_id="k", purpose="p")
    path = save_signer(signer, tmp_path, passphrase=PASSPHRASE)
    data = path.read_bytes()
    assert KDF_ROUNDS == 600_000
    assert mac_rounds(data) == 600_000
    assert data.count((600_000).to_bytes(3, "big")) == 3  # key, certificate, MAC
    assert load_signer(path, passphrase=PASSPHRASE).public_key == signer.public_key


def test_openssl_agrees_with_the_mac(tmp_path):
    _, path = stored(tmp_path)
    assert mac_rounds(path.read_bytes()) == 1_000
    if shutil.which("openssl") is None:
        return  # a machine without the command: `cryptography` has read the same file in the tests above
    done = subprocess.run(
        ["openssl", "pkcs12", "-info", "-noout", "-in", str(path), "-passin", "stdin"],
        input=PASSPHRASE + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "MAC: sha256, Iteration 1000" in done.stderr


def test_the_derivation_is_the_one_of_rfc_7292():
    # The MAC that `cryptography` itself wrote must come out again, at its own salt and rounds.
    signer = generate_signer(key_id="k")
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

    data = pkcs12.serialize_key_and_certificates(b"k", signer.private_key, None, None, BestAvailableEncryption(b"pw"))
    again = with_mac_rounds(data, passphrase="pw", salt=b"\1" * 8, rounds=2_048)
    assert pkcs12.load_pkcs12(again, b"pw").key.private_numbers() == signer.private_key.private_numbers()
    with pytest.raises(ValueError, match=r"(?i)password|mac|invalid"):
        pkcs12.load_pkcs12(with_mac_rounds(data, passphrase="other", salt=b"\1" * 8, rounds=2_048), b"pw")
    assert len(derive_mac_key("pw", b"\1" * 8, 1)) == 32


@pytest.mark.parametrize("wrong", ["", "긴 암호문", PASSPHRASE + " "])
def test_a_wrong_passphrase_is_told(tmp_path, wrong):
    _, path = stored(tmp_path)
    with pytest.raises(KeyFileError, match="wrong passphrase"):
        load_signer(path, passphrase=wrong)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602, 0o660])
def test_a_file_that_others_may_read_is_refused(tmp_path, mode):
    _, path = stored(tmp_path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_signer(path, passphrase=PASSPHRASE)


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-1], lambda data: b"", lambda data: data[:40] + b"\0" + data[41:], lambda data: b"x" * 70_000],
)
def test_a_damaged_file_is_refused(tmp_path, damage):
    _, path = stored(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(KeyFileError):
        load_signer(path, passphrase=PASSPHRASE)


def test_files_without_a_certificate_or_a_key_of_ours_are_refused(tmp_path):
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

    for key in (generate_signer().private_key, rsa.generate_private_key(65_537, 2_048)):
        path = tmp_path / "foreign.p12"
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"k", key, None, None, BestAvailableEncryption(b"pw")))
        path.chmod(0o600)
        with pytest.raises(KeyFileError, match="certificate"):
            load_signer(path, passphrase="pw")


@pytest.mark.parametrize("key_id", ["", "../evil", "a/b", "-a", "한글", "a" * 65, ".hidden"])
def test_a_key_id_is_a_plain_file_name(tmp_path, key_id):
    with pytest.raises(KeyFileError, match="key id"):
        save_signer(generate_signer(key_id=key_id), tmp_path, passphrase=PASSPHRASE, kdf_rounds=1_000)
    assert not list(tmp_path.iterdir())


def test_missing_and_unwritable_places_are_told(tmp_path):
    with pytest.raises(KeyFileError, match="cannot read"):
        load_signer(tmp_path / "none.p12", passphrase=PASSPHRASE)
    with pytest.raises(KeyFileError, match=r"not a regular file|cannot read"):
        load_signer(tmp_path, passphrase=PASSPHRASE)
    (tmp_path / "file").write_text("x")
    with pytest.raises(KeyFileError):
        stored(tmp_path / "file")


def test_a_folder_with_a_broken_public_half_is_told(tmp_path):
    stored(tmp_path)
    (tmp_path / "issue-1.pub.json").write_text('{"key_id":"issue-1"}')
    with pytest.raises(KeyFileError, match="public half"):
        list_keys(tmp_path)


def test_the_secret_is_not_in_what_is_shown(tmp_path):
    signer, _ = stored(tmp_path)
    secret = signer.private_key.private_numbers().private_value
    assert f"{secret:x}" not in repr(signer).lower()
    assert str(secret) not in repr(signer)
    assert (tmp_path / "issue-1.pub.json").stat().st_mode & 0o777 == 0o600
