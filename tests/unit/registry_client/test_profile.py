from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_client.core.assurance import Assurance
from registry_client.errors import ConfigurationError, InvalidProfileError, ProfileMissingError
from registry_client.profile import Profile, find_profile, load_profile, profile_path, read_profile, write_profile

PROFILE = Profile(
    network="dev-1a2b3c",
    chain_id=31_337,
    genesis_hash=b"\1" * 32,
    directory=b"\2" * 20,
    code_hash=b"\3" * 32,
    node_url="http://127.0.0.1:8700",
)
GOOD = f"""
network = "dev-1a2b3c"
chain_id = 31337
genesis_hash = "0x{"01" * 32}"
directory = "0x{"02" * 20}"
code_hash = "0x{"03" * 32}"
node_url = "http://127.0.0.1:8700/"
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty working folder and an empty configuration folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("MAPAE_PROFILE", "MAPAE_NODE", "MAPAE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def put(path, text=GOOD):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_profile_reads_as_written(home):
    full = replace(
        PROFILE,
        rpc_url="https://rpc.example/eth",
        minimum_assurance=Assurance.OWN_LEDGER,
        final_depth=3,
        status="published",
        status_folder=home / "usb",
        keys=home / "열쇠 😀",
        book=home / 'a"b\\c',
        token_file=home / "token",
        base="https://registry.example",
        agency="did:mapae:dev-1a2b3c:32KPmJ7A6RhRVizuB4EqFUfVsC2a",
        language="ko",
    )
    write_profile(full, home / "p.toml")
    assert read_profile(home / "p.toml") == replace(full, path=home / "p.toml")
    assert sorted(path.name for path in home.iterdir()) == ["p.toml"]


def test_defaults(home):
    found = read_profile(put(home / "p.toml"))
    assert found.node_url == "http://127.0.0.1:8700"
    assert (found.minimum_assurance, found.final_depth, found.base) == (Assurance.NODE, 0, "https://mapae.invalid")
    assert (found.keys, found.book, found.agency, found.language) == (None, None, None, None)


def test_relative_paths_start_at_the_profile(home):
    found = read_profile(put(home / "sub" / "p.toml", GOOD + 'keys = "keys"\nbook = "/abs/book"\n'))
    assert (found.keys, found.book) == (home / "sub" / "keys", Path("/abs/book"))


def test_the_order_of_choice(home, monkeypatch):
    default = put(home / "config" / "mapae" / "profiles" / "default.toml")
    assert find_profile() == default
    local = put(home / "var" / "profile.toml")
    assert find_profile() == local.relative_to(home)
    gate = put(home / "config" / "mapae" / "profiles" / "gate.toml")
    monkeypatch.setenv("MAPAE_HOME", str(home / "system"))
    assert find_profile() == default
    assert find_profile() != put(home / "system" / "profile.toml") == find_profile()
    monkeypatch.setenv("MAPAE_PROFILE", "gate")
    assert find_profile() == gate
    other = put(home / "other.toml")
    assert find_profile(str(other)) == other
    assert profile_path("gate") == gate


def test_no_profile_says_how_to_make_one(home):
    with pytest.raises(ProfileMissingError, match="mapae profile make --node"):
        load_profile()
    with pytest.raises(ProfileMissingError, match="mapae profile make --name gate --node"):
        load_profile("gate")


def test_the_node_can_be_overridden(home, monkeypatch):
    path = put(home / "p.toml")
    monkeypatch.setenv("MAPAE_NODE", "http://127.0.0.1:9999/")
    assert load_profile(str(path)).node_url == "http://127.0.0.1:9999"
    monkeypatch.setenv("MAPAE_NODE", "ftp://x")
    with pytest.raises(InvalidProfileError, match="MAPAE_NODE"):
        load_profile(str(path))


def lines(**changes):
    values = dict(line.split(" = ", 1) for line in GOOD.strip().splitlines())
    values.update(changes)
    return "\n".join(f"{name} = {value}" for name, value in values.items() if value is not None)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"network": '"Dev"'}, "network"),
        ({"network": "1"}, "network"),
        ({"network": None}, "network"),
        ({"chain_id": '"1"'}, "chain_id"),
        ({"chain_id": "-1"}, "chain_id"),
        ({"chain_id": "true"}, "chain_id"),
        ({"genesis_hash": '"0x00"'}, "genesis_hash"),
        ({"directory": '"x"'}, "directory"),
        ({"code_hash": None}, "code_hash"),
        ({"node_url": '"127.0.0.1:8700"'}, "node_url"),
        ({"node_url": '"http://u:p@h/"'}, "node_url"),
        ({"node_url": '"http://h/?q"'}, "node_url"),
        ({"node_url": None}, "node_url"),
        ({"rpc_url": '"ws://h"'}, "rpc_url"),
        ({"minimum_assurance": '"sure"'}, "minimum_assurance"),
        ({"final_depth": "1.5"}, "final_depth"),
        ({"keys": '""'}, "keys"),
        ({"base": '"x"'}, "base"),
        ({"agency": '"did:web:a"'}, "agency"),
        ({"language": '"de"'}, "language"),
        ({"lanuage": '"ko"'}, "unknown key lanuage"),
    ],
)
def test_a_wrong_value_names_its_key_and_the_file(home, changes, named):
    path = put(home / "p.toml", lines(**changes))
    with pytest.raises(InvalidProfileError, match=named) as caught:
        read_profile(path)
    assert str(path) in caught.value.detail


@pytest.mark.parametrize("data", [b"x", b"\xff", b"a = 1\na = 2", b"#" * 70_000, b"a = " + b"[" * 5_000])
def test_what_is_no_toml_is_told(home, data):
    (home / "p.toml").write_bytes(data)
    with pytest.raises(InvalidProfileError):
        read_profile(home / "p.toml")


def test_an_unreadable_or_unwritable_place_is_told(home):
    with pytest.raises(InvalidProfileError, match="cannot read"):
        read_profile(home)
    (home / "file").write_text("x")
    with pytest.raises(InvalidProfileError, match="cannot write"):
        write_profile(PROFILE, home / "file" / "p.toml")


@given(
    st.dictionaries(
        st.sampled_from(["network", "chain_id", "node_url", "keys", "x"]), st.text() | st.integers(), max_size=4
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_only_configuration_errors_escape(tmp_path, values):
    path = tmp_path / "p.toml"
    text = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    path.write_text(text.encode("utf-8", "replace").decode(), encoding="utf-8")
    with pytest.raises(ConfigurationError):
        read_profile(path)


def test_the_home_folder_is_used_without_xdg(monkeypatch):
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert profile_path("default") == Path("~").expanduser() / ".config" / "mapae" / "profiles" / "default.toml"


def test_a_profile_is_its_owners_business(home):
    path = put(home / "p.toml")
    path.chmod(0o644)
    write_profile(PROFILE, path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_published_lists_need_a_place_to_be_fetched(home):
    with pytest.raises(InvalidProfileError, match="node_url"):
        replace(PROFILE, node_url=None, rpc_url="http://127.0.0.1:8545", status="published")
    found = read_profile(put(home / "f.toml", GOOD + 'status = "published"\nstatus_folder = "usb"\n'))
    assert replace(found, node_url=None, rpc_url="http://127.0.0.1:8545").status_folder == home / "usb"
    with pytest.raises(InvalidProfileError, match="ledger or published"):
        read_profile(put(home / "p.toml", GOOD + 'status = "both"\n'))
