"""Where nobody can be asked for a passphrase, the error says where one can be put, and where a development one is."""

import io

import pytest

from registry_client.adapters.passphrase import read_passphrase
from registry_client.cli.error_texts import korean
from registry_client.errors import KeyFileError


def test_without_a_terminal_the_options_and_the_development_file_are_named(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.delenv("MAPAE_PASSPHRASE_FILE", raising=False)
    with pytest.raises(KeyFileError) as caught:
        read_passphrase(prompt="key")
    assert all(word in str(caught.value) for word in ("--passphrase-file", "MAPAE_PASSPHRASE_FILE", "demo/passphrase"))
    assert "demo/passphrase" in korean(caught.value)
