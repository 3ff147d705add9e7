"""Settings: file < environment < flags, unknown keys refused by name, values checked with what would be right."""

from pathlib import Path

import pytest

from node.config import CONFIG_FILE, as_toml, load_config, require_ledger
from registry_client.errors import ConfigurationError


def write(home: Path, text: str) -> None:
    (home / CONFIG_FILE).parent.mkdir(parents=True, exist_ok=True)
    (home / CONFIG_FILE).write_text(text)


def test_flags_win_over_environment_and_environment_over_file(tmp_path: Path) -> None:
    write(tmp_path, 'port = 1001\nhost = "0.0.0.0"\nnetwork = "file-net"\n')
    env = {"MAPAE_PORT": "1002", "MAPAE_HOST": "127.0.0.2", "MAPAE_HOME": str(tmp_path)}
    config = load_config({"port": 1003}, env)
    assert (config.port, config.host, config.network) == (1003, "127.0.0.2", "file-net")


def test_home_decides_where_everything_is(tmp_path: Path) -> None:
    config = load_config({"home": tmp_path}, {"MAPAE_HOME": "/elsewhere"})
    assert config.index_path == tmp_path / "node" / "index.sqlite"
    assert config.path("log/x.log") == tmp_path / "log" / "x.log"
    assert config.path("/abs/x.log") == Path("/abs/x.log")
    assert config.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("flags", "env", "text", "said"),
    [
        ({}, {"MAPAE_PROT": "1"}, "", "unknown setting prot in the environment; did you mean port?"),
        ({}, {}, "confirmation = 1\n", "did you mean confirmations?"),
        ({}, {}, "[node]\nport = 1\n", "unknown setting node"),
        ({"prt": 1}, {}, "", "unknown setting prt in the flags"),
    ],
)
def test_unknown_key_is_refused_with_the_nearest_one(
    tmp_path: Path, flags: dict, env: dict, text: str, said: str
) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigurationError) as refused:
        load_config({"home": tmp_path, **flags}, env)
    assert said in refused.value.detail


@pytest.mark.parametrize(
    "text",
    [
        "port = 70000\n",
        'port = "x"\n',
        "port = true\n",
        'role = "boss"\n',
        'network = "Big Net"\n',
        'genesis_hash = "0x12"\n',
        'directory = "0xZZ"\n',
        "confirmations = 1000\n",
        "poll_interval_s = 0\n",
        "heartbeat_s = 9\n",
        "heartbeat_s = 90000\n",
        'rpc_url = "ftp://x"\n',
        'log_level = "loud"\n',
        "port = \n",
    ],
)
def test_value_out_of_bounds_is_refused_by_key(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigurationError) as refused:
        load_config({"home": tmp_path}, {})
    assert text.split(" ")[0] in refused.value.detail or str(tmp_path) in refused.value.detail


def test_other_programs_variables_are_left_alone(tmp_path: Path) -> None:
    env = {"MAPAE_PROFILE": "x", "MAPAE_NODE": "http://x", "PATH": "/bin"}
    assert load_config({"home": tmp_path}, env).port == 8700


def test_settings_survive_being_written_and_read(tmp_path: Path) -> None:
    config = load_config({"home": tmp_path, "network": "kr-gov", "log_file": 'a"b\\c', "poll_interval_s": 0.25}, {})
    write(tmp_path, as_toml(config))
    assert load_config({"home": tmp_path}, {}) == config


def test_node_without_a_ledger_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        require_ledger(load_config({"home": tmp_path, "network": "kr-gov"}, {}))
    assert "rpc_url" in refused.value.detail
    assert "network" not in refused.value.evidence["missing"]
    assert "mapae-node dev" in refused.value.detail
