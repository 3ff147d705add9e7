"""Where a PIN comes from: what cannot be read is no wrong PIN, and costs no try."""

import pytest

from registry_client.adapters.pin import read_pin
from registry_client.cli.failures import title
from registry_client.cli.token_refusals import token_step
from registry_client.errors import TokenPinError, TokenPinUnreadError


def test_a_pin_file_that_others_may_read_is_no_wrong_pin(tmp_path, monkeypatch):
    monkeypatch.delenv("MAPAE_PIN_FD", raising=False)
    file = tmp_path / "pin"
    file.write_text("1234\n")
    file.chmod(0o644)
    with pytest.raises(TokenPinUnreadError, match="chmod 600") as refused:
        read_pin("PIN", source=f"file:{file}")
    assert not isinstance(refused.value, TokenPinError)
    assert title(refused.value) in {"PIN not read", "PIN을 읽지 못함"}
    assert "no try" in token_step(refused.value) or "시도 횟수" in token_step(refused.value)
    file.chmod(0o600)
    assert read_pin("PIN", source=f"file:{file}") == "1234"


@pytest.mark.parametrize("error", [IsADirectoryError(21, "x", "."), FileNotFoundError(2, "x", "nofile")])
def test_a_file_that_was_named_wrongly_is_told_as_a_file(error):
    assert title(error) in {"File", "파일"}
    assert title(ConnectionResetError(104, "x")) not in {"File", "파일"}
