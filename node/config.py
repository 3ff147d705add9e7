"""Settings: one frozen tree. config.toml in the home < environment (MAPAE_*) < flags; an unknown key is an error.

- A key `rpc_url` is MAPAE_RPC_URL in the environment and --rpc-url as a flag. Everything has a default but the ledger.
- Relative paths are relative to the home. The home is MAPAE_HOME, ./var by default.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

from node.domain.ledger import CONFIRMATIONS_MAX
from registry_client.core.did import is_network
from registry_client.core.did_self import resolve_did_key
from registry_client.core.encoding import decode_hex
from registry_client.errors import ConfigurationError, MalformedValueError, RegistryError
from registry_client.profile import Profile, profile_from_mapping

HOME_VARIABLE: Final = "MAPAE_HOME"
PREFIX: Final = "MAPAE_"
DEFAULT_HOME: Final = Path("var")
CONFIG_FILE: Final = Path("node/config.toml")
NOT_OURS: Final = frozenset(
    {
        *("HOME", "PROFILE", "NODE", "LANGUAGE", "LANG", "PASSPHRASE_FILE", "CI", "ANVIL"),
        *("DEPLOYER_KEYSTORE", "DEPLOYER_PASSPHRASE_FILE", "COMPLETE"),
    }
)
"""MAPAE_* variables that belong to other programs of this house."""

POSTGRESQL_URLS: Final = ("postgresql://", "postgres://")
SECRETS: Final = frozenset({"database"})
"""Settings that may hold a password: never shown as they are."""

Role = Literal["all", "api", "worker"]
LogProofs = Literal["all", "off"]
LogFormat = Literal["json", "text"]
Metrics = Literal["off", "loopback", "all"]
VcApi = Literal["off", "verify", "test"]
_PASSWORD: Final = re.compile(r"((?:^[a-z]+://[^/?#]*?:|[?&]password=))[^&#]*?(?=@[^@/]*(?:[/?#]|$)|&|#|$)")
_THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that a node can be told."""

    home: Path
    role: Role = "all"
    host: str = "127.0.0.1"
    """Where HTTP is served; only this machine unless told otherwise."""
    port: int = 8700
    rpc_url: str = ""
    network: str = ""
    chain_id: int = 0
    genesis_hash: str = ""
    directory: str = ""
    code_hash: str = ""
    """keccak256 of Directory's runtime code."""
    first_block: int = 0
    """No event of the registry is older."""
    confirmations: int = 0
    """0: every shown block is final (embedded ledger). QBFT 1. Clique: more than half of the signers."""
    base: str = "https://mapae.invalid"
    relayer_keystore: str = "node/relayer.json"
    relayer_passphrase: str = "node/relayer.passphrase"  # noqa: S105 - a file's name
    log_proofs: LogProofs = "all"
    """"all": every block's hash is computed and every log proved from its receipts. "off": the RPC is believed."""
    poll_interval_s: float = 0.2
    heartbeat_s: int = 600
    """`mapae-node dev`: an idle embedded ledger mines an empty block when its newest is this old; 0 for never."""
    queue_max: int = 20_000
    """Operations that may be under way at once."""
    connections_max: int = 2_000
    """HTTP connections at once; over it the one that has waited longest without a whole request is dropped."""
    request_timeout_s: float = 20.0
    """How long a client may take to send one request whole."""
    vc_api: VcApi = "off"
    """"verify": judge credentials for the node's owner. "test": issue with a did:key too, on this machine only."""
    vc_api_issuers: str = ""
    """did:key issuers, separated by blanks, that this node's verifier takes on its owner's own word."""
    database: str = field(default="", repr=False)
    """postgresql:// URL of the database that holds index and outbox; empty: two SQLite files in the home."""
    database_pool: int = 8
    """Connections a part of this process may have: reading, indexing, the outbox."""
    database_timeout_s: float = 5.0
    """Longest statement of a reader before it is cancelled."""
    metrics: Metrics = "loopback"
    """Who may ask for /metrics: nobody, this machine, everybody."""
    otlp_endpoint: str = ""
    """OpenTelemetry collector (OTLP over HTTP) that traces go to; empty: none are made."""
    log_level: str = "info"
    log_format: LogFormat = "json"
    log_file: str = "log/node.log"

    @property
    def index_path(self) -> Path:
        """The index: can be deleted and rebuilt."""
        return self.home / "node" / "index.sqlite"

    @property
    def outbox_path(self) -> Path:
        """The outbox and the tokens: must be kept."""
        return self.home / "node" / "outbox.sqlite"

    def path(self, text: str) -> Path:
        """Return a configured path, relative ones under the home."""
        return self.home / text

    def identity(self) -> dict[str, str]:
        """Return which ledger this is, as stores remember it."""
        return {
            "network": self.network,
            "chain_id": str(self.chain_id),
            "genesis_hash": self.genesis_hash,
            "directory": self.directory,
        }

    def own_ledger(self) -> Profile:
        """Return the client's profile of the ledger behind `rpc_url`, which is this node's own."""
        pins = {name: getattr(self, name) for name in ("network", "chain_id", "genesis_hash", "directory", "code_hash")}
        return profile_from_mapping({**pins, "rpc_url": self.rpc_url, "final_depth": self.confirmations})


_FIELDS: Final = {field.name: field for field in fields(Config)}
_KEYS: Final = tuple(name for name in _FIELDS if name != "home")


def load_config(flags: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Config:
    """Put the settings together; `flags`: those that were given. Raises ConfigurationError naming key and source."""
    env = os.environ if environment is None else environment
    home = Path(flags.get("home") or env.get(HOME_VARIABLE) or DEFAULT_HOME).resolve()
    values: dict[str, Any] = {}
    for source, given in (
        (str(home / CONFIG_FILE), _from_file(home / CONFIG_FILE)),
        ("the environment", _from_environment(env)),
        ("the flags", {name: value for name, value in flags.items() if name != "home" and value is not None}),
    ):
        for name, value in given.items():
            if name not in _KEYS:
                raise ConfigurationError(_unknown(name, source), key=name, source=source)
            values[name] = _typed(name, value, source)
    return _checked(Config(home=home, **values))


def require_ledger(config: Config) -> Config:
    """Raise ConfigurationError unless the config says which ledger this node serves."""
    missing = [
        n
        for n in ("rpc_url", "network", "chain_id", "genesis_hash", "directory", "code_hash")
        if not getattr(config, n)
    ]
    if missing:
        raise ConfigurationError(
            f"the node does not know its ledger: {', '.join(missing)} not set; put them into "
            f"{config.home / CONFIG_FILE}, or let `mapae-node dev` make a ledger of its own",
            missing=missing,
        )
    return config


def without_secrets(config: Config) -> Config:
    """Return the settings as they may be shown: no password in the database's URL."""
    return replace(config, database=_PASSWORD.sub(r"\1***", config.database))


def as_toml(config: Config, *, without: Collection[str] = ()) -> str:
    """Write the settings as a config.toml, in the order of the fields. `without`: those that are not written."""
    lines = []
    for name in _KEYS:
        if name in without:
            continue
        value = getattr(config, name)
        lines.append(f"{name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}", path=str(path)) from error


def _from_environment(env: Mapping[str, str]) -> dict[str, str]:
    given = {name.removeprefix(PREFIX): value for name, value in env.items() if name.startswith(PREFIX)}
    return {name.lower(): value for name, value in given.items() if name not in NOT_OURS}


def _unknown(name: str, source: str) -> str:
    near = difflib.get_close_matches(name, _KEYS, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else f"; known keys: {', '.join(_KEYS)}"
    return f"unknown setting {name} in {source}{hint}"


def _typed(name: str, value: Any, source: str) -> Any:
    kind = type(_FIELDS[name].default)
    try:
        if kind is str and isinstance(value, str):
            return value
        if kind is int and isinstance(value, int | str) and not isinstance(value, bool):
            return int(value)
        if kind is float and isinstance(value, int | float | str) and not isinstance(value, bool):
            return float(value)
    except ValueError:
        pass
    raise ConfigurationError(
        f"{name} in {source} must be of type {kind.__name__}, not {value!r}", key=name, source=source
    )


def _checked(config: Config) -> Config:
    hexes = (("genesis_hash", 32), ("directory", 20), ("code_hash", 32))
    checks: list[tuple[bool, str, str]] = [
        (config.role in get_args(Role), "role", f"one of {', '.join(get_args(Role))}"),
        (0 <= config.port < 65_536, "port", "0 to 65535"),
        (not config.network or is_network(config.network), "network", "1 to 32 of a-z, 0-9 and -"),
        (config.chain_id >= 0, "chain_id", "a positive number"),
        (config.first_block >= 0, "first_block", "0 or more"),
        (0 <= config.confirmations <= CONFIRMATIONS_MAX, "confirmations", f"0 to {CONFIRMATIONS_MAX}"),
        (config.heartbeat_s == 0 or 10 <= config.heartbeat_s <= 86_400, "heartbeat_s", "0, or 10 to 86400 seconds"),
        (0.01 <= config.poll_interval_s <= 60, "poll_interval_s", "0.01 to 60 seconds"),
        (1 <= config.queue_max <= 1_000_000, "queue_max", "1 to 1000000"),
        (8 <= config.connections_max <= 50_000, "connections_max", "8 to 50000"),
        (0.1 <= config.request_timeout_s <= 300, "request_timeout_s", "0.1 to 300 seconds"),
        (config.log_proofs in get_args(LogProofs), "log_proofs", "all or off"),
        (config.vc_api in get_args(VcApi), "vc_api", f"one of {', '.join(get_args(VcApi))}"),
        (config.vc_api != "test" or config.host in _THIS_MACHINE, "host", "a loopback address where vc_api is test"),
        (all(map(_is_did_key, config.vc_api_issuers.split())), "vc_api_issuers", "did:key DIDs, separated by blanks"),
        (
            not config.otlp_endpoint or config.otlp_endpoint.startswith(("http://", "https://")),
            "otlp_endpoint",
            "http://",
        ),
        (config.metrics in get_args(Metrics), "metrics", f"one of {', '.join(get_args(Metrics))}"),
        (config.log_format in get_args(LogFormat), "log_format", f"one of {', '.join(get_args(LogFormat))}"),
        (config.log_level in {"debug", "info", "warning", "error"}, "log_level", "debug, info, warning or error"),
        (
            not config.database or config.database.startswith(POSTGRESQL_URLS),
            "database",
            "a postgresql:// URL",
        ),
        (2 <= config.database_pool <= 100, "database_pool", "2 to 100"),
        (0.1 <= config.database_timeout_s <= 600, "database_timeout_s", "0.1 to 600 seconds"),
        (not config.rpc_url or config.rpc_url.startswith(("http://", "https://")), "rpc_url", "http:// or https://"),
    ]
    checks += [
        (_is_hex(getattr(config, name), length), name, f"0x and {length} bytes of lower-case hex")
        for name, length in hexes
    ]
    for is_right, name, expected in checks:
        if not is_right:
            given = "what was given" if name in SECRETS else repr(getattr(config, name))
            raise ConfigurationError(f"{name} must be {expected}, not {given}", key=name)
    return config


def _is_did_key(text: str) -> bool:
    try:
        resolve_did_key(text)
    except RegistryError:
        return False
    return True


def _is_hex(text: str, length: int) -> bool:
    if not text:
        return True
    try:
        decode_hex(text, length=length)
    except MalformedValueError:
        return False
    return True
