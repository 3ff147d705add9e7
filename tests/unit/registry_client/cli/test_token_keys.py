"""Names that lead to tokens, the choice of the module, and what is said when a token fails; without any token."""

import pytest

from registry_client.cli import context, i18n, settings, token_keys
from registry_client.cli.failures import USAGE, exit_code, next_step, title
from registry_client.cli.token_refusals import STEPS
from registry_client.errors import TokenError, TokenUriError, all_errors


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    for name in ("MAPAE_PKCS11_MODULE", "MAPAE_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    context.close()
    yield
    context.close()
    settings.use(settings.Settings())
    i18n.set_language("en")


def test_every_error_of_a_token_has_a_title_and_a_step_in_both_languages():
    kinds = list(all_errors(TokenError))
    assert {kind.__name__ for kind in kinds} == set(STEPS)
    for kind in kinds:
        error = kind("why")
        english = (title(error), next_step(error))
        i18n.set_language("ko")
        korean = (title(error), next_step(error))
        i18n.set_language("en")
        assert english[0] != korean[0]
        assert english[1] != korean[1]
        assert exit_code(error) == USAGE
    assert len({title(kind("x")) for kind in kinds}) == len(kinds)


def test_a_name_leads_to_a_token_where_a_pointer_lies(tmp_path):
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "controller.pkcs11").write_text("pkcs11:token=agency;object=controller\n")
    found = token_keys.token_uri("keys/controller")
    assert (found.token, found.object) == ("agency", "controller")
    assert token_keys.token_uri("keys/controller.pkcs11") == found
    assert token_keys.token_uri("keys/controller.p12") is None
    assert token_keys.token_uri("keys/other") is None
    assert token_keys.token_uri("bare-name") is None
    assert token_keys.token_uri("pkcs11:object=x").object == "x"
    (keys / "bad.pkcs11").write_text("nonsense")
    with pytest.raises(TokenUriError):
        token_keys.token_uri("keys/bad")


def test_the_module_is_the_option_then_the_variable_then_the_profile(tmp_path, monkeypatch):
    assert token_keys.module() is None
    hash_ = "0x" + "00" * 32
    (tmp_path / "p.toml").write_text(
        f'network = "city"\nchain_id = 7\ngenesis_hash = "{hash_}"\ndirectory = "0x{"00" * 20}"\n'
        f'code_hash = "{hash_}"\npkcs11_module = "module.so"\nnode_url = "http://127.0.0.1:1"\n'
    )
    monkeypatch.setenv("MAPAE_PROFILE", str(tmp_path / "p.toml"))
    context.close()
    assert token_keys.module() == str(tmp_path / "module.so")
    monkeypatch.setenv("MAPAE_PKCS11_MODULE", "/from/variable.so")
    assert token_keys.module() == "/from/variable.so"
    settings.use(settings.take(["--pkcs11-module", "/from/line.so"])[0])
    assert token_keys.module() == "/from/line.so"
