import os
from pathlib import Path

import pytest

from registry_client.adapters import passphrase
from registry_client.adapters.passphrase import PASSPHRASE_MIN_LENGTH, read_passphrase
from registry_client.errors import KeyFileError


@pytest.fixture
def no_terminal(monkeypatch):
    monkeypatch.delenv("MAPAE_PASSPHRASE_FILE", raising=False)
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        yield


class Terminal:
    """A standard input that is a terminal and types these lines."""

    def __init__(self, monkeypatch, *typed):
        monkeypatch.delenv("MAPAE_PASSPHRASE_FILE", raising=False)
        monkeypatch.setattr("sys.stdin", self)
        waiting = iter(typed)
        monkeypatch.setattr(passphrase.getpass, "getpass", lambda prompt: next(waiting))

    def isatty(self):
        return True


def secret(tmp_path, data, mode=0o600):
    path = tmp_path / "secret"
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_a_file_gives_its_first_line(tmp_path, no_terminal):
    assert read_passphrase(prompt="x", file=secret(tmp_path, "첫 줄\r\nsecond".encode())) == "첫 줄"


def test_the_variable_names_a_file(tmp_path, no_terminal, monkeypatch):
    monkeypatch.setenv("MAPAE_PASSPHRASE_FILE", str(secret(tmp_path, b"from the file\n")))
    assert read_passphrase(prompt="x") == "from the file"


def test_a_descriptor_goes_first_and_stays_open(tmp_path, no_terminal):
    reader, writer = os.pipe()
    os.write(writer, b"from the pipe\n")
    os.close(writer)
    try:
        assert read_passphrase(prompt="x", fd=reader, file=secret(tmp_path, b"other")) == "from the pipe"
        assert os.fstat(reader)
    finally:
        os.close(reader)
    with pytest.raises(KeyFileError, match="descriptor"):
        read_passphrase(prompt="x", fd=10_000)


def test_composed_and_decomposed_text_are_one_passphrase(tmp_path, no_terminal):
    decomposed = "\u1112\u1161\u11ab\u1100\u1173\u11af"
    assert read_passphrase(prompt="x", file=secret(tmp_path, decomposed.encode())) == "한글"


@pytest.mark.parametrize(
    ("data", "mode"), [(b"x", 0o644), (b"", 0o600), (b"\n", 0o600), (b"\xff", 0o600), (b"a" * 2_000, 0o600)]
)
def test_other_files_are_refused(tmp_path, no_terminal, data, mode):
    with pytest.raises(KeyFileError):
        read_passphrase(prompt="x", file=secret(tmp_path, data, mode))


def test_without_a_terminal_the_error_says_what_to_do(no_terminal):
    with pytest.raises(KeyFileError, match="MAPAE_PASSPHRASE_FILE"):
        read_passphrase(prompt="x")


def test_a_new_passphrase_is_typed_twice_and_long_enough(monkeypatch):
    long = "k" * PASSPHRASE_MIN_LENGTH
    Terminal(monkeypatch, long, long)
    assert read_passphrase(prompt="x", confirm=True) == long
    Terminal(monkeypatch, long, long + "x")
    with pytest.raises(KeyFileError, match="differ"):
        read_passphrase(prompt="x", confirm=True)
    Terminal(monkeypatch, long[1:], long[1:])
    with pytest.raises(KeyFileError, match="at least"):
        read_passphrase(prompt="x", confirm=True)
    Terminal(monkeypatch, "short")
    assert read_passphrase(prompt="x") == "short"
