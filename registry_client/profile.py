"""The profile: which ledger is meant, how it is reached, what it must be worth, where keys and book are. One TOML file.

- Chosen as: the name or path given > MAPAE_PROFILE > $MAPAE_HOME/profile.toml (./var without it) >
  ~/.config/mapae/profiles/default.toml.
- MAPAE_NODE overrides `node_url`. Relative paths are relative to the profile's own folder. Unknown keys are errors.
- (chain_id, genesis_hash, directory, code_hash) bind the network's name to one ledger: a reader refuses any other.
"""

import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from registry_client.core.assurance import Assurance
from registry_client.core.did import is_network, parse_mapae
from registry_client.core.document import is_uri
from registry_client.core.encoding import decode_hex, encode_hex
from registry_client.errors import InvalidInputError, InvalidProfileError, MalformedValueError, ProfileMissingError

PROFILE_VARIABLE: Final = "MAPAE_PROFILE"
NODE_VARIABLE: Final = "MAPAE_NODE"
HOME_VARIABLE: Final = "MAPAE_HOME"
"""The node's home, where `mapae-node dev` writes a profile; ./var where it is not set."""
DEFAULT_NAME: Final = "default"
DEFAULT_NODE: Final = "http://127.0.0.1:8700"
DEFAULT_BASE: Final = "https://mapae.invalid"
FILE_MAX_BYTES: Final = 65_536
FILE_MODE: Final = 0o600
"""A profile says where keys, book and token are: that is its owner's business."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_HTTP: Final = re.compile(r"https?://[^/?#@\s]+(?:/[^?#\s]*)?", re.ASCII)

Language = Literal["ko", "en"]
StatusSource = Literal["ledger", "published"]
"""What a status is checked with: the ledger's words, or those and the list that the agency publishes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Everything a client has to be told. Hashes are 32 bytes, `directory` 20; URLs have no trailing slash."""

    network: str
    chain_id: int
    genesis_hash: bytes
    directory: bytes
    code_hash: bytes
    """keccak256 of Directory's runtime code."""
    node_url: str | None = None
    rpc_url: str | None = None
    """A JSON-RPC endpoint that the caller declares its own: where it is set, facts are read there, from no node."""
    minimum_assurance: Assurance = Assurance.NODE
    """Below it every verdict is undetermined."""
    final_depth: int = 0
    """Blocks at the head that are not final yet: 0 where a shown block is final (QBFT, embedded), else k."""
    status: StatusSource = "ledger"
    """With `published`, lists are fetched from `node_url` and held against the ledger (docs/status-lists.md)."""
    status_folder: Path | None = None
    """Where somebody puts published lists, for who reaches no node; they are then read there and nowhere else."""
    keys: Path | None = None
    book: Path | None = None
    pkcs11_module: Path | None = None
    """The PKCS#11 module that reaches the agency's tokens."""
    token_file: Path | None = None
    base: str = DEFAULT_BASE
    agency: str | None = None
    language: Language | None = None
    path: Path | None = None
    """The file it was read from; not written."""

    def __post_init__(self) -> None:
        if not is_network(self.network):
            raise InvalidProfileError("network: 1 to 32 of a-z, 0-9 and -", key="network")
        if self.node_url is None and self.rpc_url is None:
            raise InvalidProfileError("node_url or rpc_url has to say where the ledger is read", key="node_url")
        if self.status == "published" and self.node_url is None and self.status_folder is None:
            raise InvalidProfileError(
                "status published needs node_url or status_folder: the lists are fetched there", key="status"
            )


def local_profile() -> Path:
    """Return the path of the profile that a development node on this machine writes into its home."""
    return Path(os.environ.get(HOME_VARIABLE) or "var") / "profile.toml"


def find_profile(name: str | None = None) -> Path:
    """Return the path of the profile to use (see the module's rules). Raises ProfileMissingError."""
    chosen = name or os.environ.get(PROFILE_VARIABLE)
    if chosen:
        path = profile_path(chosen)
        if path.is_file():
            return path
        raise ProfileMissingError(f"there is no profile {path}; {_how_to_make(chosen)}", looked_at=[str(path)])
    candidates = [local_profile(), profile_path(DEFAULT_NAME)]
    for path in candidates:
        with suppress(PermissionError):  # the home may be a service's own
            if path.is_file():
                return path
    raise ProfileMissingError(
        f"no profile: neither {candidates[0]} nor {candidates[1]} exists; {_how_to_make(None)}",
        looked_at=[str(path) for path in candidates],
    )


def profile_path(name_or_path: str) -> Path:
    """Return the file of a profile: a bare name lives in ~/.config/mapae/profiles, anything else is a path."""
    if _NAME.fullmatch(name_or_path):
        home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
        return Path(home) / "mapae" / "profiles" / f"{name_or_path}.toml"
    return Path(name_or_path)


def load_profile(name: str | None = None) -> Profile:
    """Find and read the profile, then apply MAPAE_NODE. Raises ProfileMissingError, InvalidProfileError."""
    profile = read_profile(find_profile(name))
    node = os.environ.get(NODE_VARIABLE)
    return replace(profile, node_url=_url(node, NODE_VARIABLE)) if node else profile


def read_profile(path: Path) -> Profile:
    """Read one profile file. Raises InvalidProfileError that names the file and the key."""
    try:
        with path.open("rb") as stream:
            data = stream.read(FILE_MAX_BYTES + 1)
        if len(data) > FILE_MAX_BYTES:
            raise InvalidProfileError(f"{path} is larger than {FILE_MAX_BYTES} bytes", path=str(path))
        values = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise InvalidProfileError(f"cannot read {path}: {error.strerror}", path=str(path)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidProfileError(f"{path} is not TOML: {error}", path=str(path)) from None
    try:
        return _profile_from(values, path)
    except InvalidProfileError as error:
        raise InvalidProfileError(f"{path}: {error.detail}", path=str(path), **error.evidence) from None


def profile_from_mapping(values: Mapping[str, Any], *, path: Path | None = None) -> Profile:
    """Build a profile from TOML values; `path` is where its relative paths start. Raises InvalidProfileError."""
    return _profile_from(values, path)


def write_profile(profile: Profile, path: Path) -> None:
    """Write a profile, replacing what was there, at once or not at all. Raises InvalidProfileError."""
    lines = [f"{name} = {_toml(value)}" for name, value in _to_values(profile).items()]
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise InvalidProfileError(f"cannot write {path}: {error.strerror}", path=str(path)) from None


def _profile_from(values: Mapping[str, Any], path: Path | None) -> Profile:
    if unknown := values.keys() - _READERS.keys():
        raise InvalidProfileError(f"unknown key {min(unknown)}; known are {', '.join(_READERS)}", keys=sorted(unknown))
    if missing := {"network", "chain_id", "genesis_hash", "directory", "code_hash"} - values.keys():
        raise InvalidProfileError(f"{min(missing)} is missing", keys=sorted(missing))
    folder = path.parent if path is not None else Path()
    read: dict[str, Any] = {name: _READERS[name](value, name) for name, value in values.items()}
    for name, value in read.items():
        if isinstance(value, Path):
            read[name] = folder / value.expanduser()
    return Profile(path=path, **read)


def _to_values(profile: Profile) -> dict[str, object]:
    values: dict[str, object] = {}
    for entry in fields(profile):
        value = getattr(profile, entry.name)
        if value is None or entry.name == "path":
            continue
        if isinstance(value, Path):
            value = str(value.absolute())
        values[entry.name] = encode_hex(value) if isinstance(value, bytes) else value
    return values


def _toml(value: object) -> str:
    # A JSON string is also a TOML basic string, once DEL is escaped.
    return (
        str(value) if isinstance(value, int) else json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
    )


def _how_to_make(name: str | None) -> str:
    option = f" --name {name}" if name and _NAME.fullmatch(name) else ""
    return (
        f"make one with: mapae profile make{option} --node {os.environ.get(NODE_VARIABLE) or DEFAULT_NODE}"
        " (or start a development system: make run; of one that runs elsewhere, name the home in MAPAE_HOME)"
    )


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidProfileError(f"{name}: expected text in quotes", key=name)
    return value


def _url(value: Any, name: str) -> str:
    text = _text(value, name)
    if not _HTTP.fullmatch(text):
        raise InvalidProfileError(f"{name}: expected http:// or https:// and a host, without user, ? or #", key=name)
    return text.rstrip("/")


def _number(value: Any, name: str) -> int:
    if type(value) is not int or value < 0 or value > 2**53 - 1:
        raise InvalidProfileError(f"{name}: expected a whole number", key=name)
    return value


def _bytes_of(length: int) -> Callable[[Any, str], bytes]:
    def read(value: Any, name: str) -> bytes:
        try:
            return decode_hex(_text(value, name).lower(), length=length)
        except MalformedValueError as error:
            raise InvalidProfileError(f"{name}: {error.detail}", key=name) from None

    return read


def _assurance(value: Any, name: str) -> Assurance:
    try:
        return Assurance(value)
    except ValueError:
        raise InvalidProfileError(f"{name}: one of {', '.join(Assurance)}", key=name) from None


def _base(value: Any, name: str) -> str:
    if not is_uri(value):
        raise InvalidProfileError(f"{name}: expected an absolute URI", key=name)
    return str(value).rstrip("/")


def _agency(value: Any, name: str) -> str:
    try:
        return str(parse_mapae(_text(value, name)))
    except InvalidInputError as error:
        raise InvalidProfileError(f"{name}: {error.detail}", key=name) from None


def _status(value: Any, name: str) -> StatusSource:
    if value not in get_args(StatusSource):
        raise InvalidProfileError(f"{name}: ledger or published", key=name)
    return cast("StatusSource", value)


def _language(value: Any, name: str) -> Language:
    if value not in {"ko", "en"}:
        raise InvalidProfileError(f"{name}: ko or en", key=name)
    return cast("Language", value)


_READERS: Final[dict[str, Callable[[Any, str], Any]]] = {
    "network": _text,
    "chain_id": _number,
    "genesis_hash": _bytes_of(32),
    "directory": _bytes_of(20),
    "code_hash": _bytes_of(32),
    "node_url": _url,
    "rpc_url": _url,
    "minimum_assurance": _assurance,
    "final_depth": _number,
    "status": _status,
    "status_folder": lambda value, name: Path(_text(value, name)),
    "keys": lambda value, name: Path(_text(value, name)),
    "book": lambda value, name: Path(_text(value, name)),
    "pkcs11_module": lambda value, name: Path(_text(value, name)),
    "token_file": lambda value, name: Path(_text(value, name)),
    "base": _base,
    "agency": _agency,
    "language": _language,
}
