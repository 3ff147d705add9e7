"""What a command works with, opened only when it asks: profile, node, desk, keys.

A passphrase comes from `--passphrase-file`, MAPAE_PASSPHRASE_FILE or the terminal, is asked for once a key, and is
never an argument.
"""

from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from registry_client.cli.i18n import tr
from registry_client.cli.settings import UsageError, current
from registry_client.errors import InvalidProfileError, KeyFileError

if TYPE_CHECKING:
    from registry_client.actions.desk import Desk
    from registry_client.adapters.signer_local import LocalSigner
    from registry_client.profile import Profile
    from registry_client.submit import NodeClient

_open = ExitStack()


def close() -> None:
    """Close every connection of this run."""
    _open.close()


@cache
def profile() -> "Profile":
    """The profile of this run, with `--node` put in. Raises ProfileMissingError, InvalidProfileError."""
    from registry_client.profile import load_profile

    found = load_profile(current().profile)
    node = current().node
    return replace(found, node_url=node.rstrip("/"), rpc_url=None) if node else found


@cache
def node() -> "NodeClient":
    """The profile's node. Raises InvalidProfileError when it names none."""
    from registry_client.submit import NodeClient

    chosen = profile()
    if chosen.node_url is None:
        raise InvalidProfileError(
            "this needs a node, and the profile names none: set node_url in it, or give --node http://127.0.0.1:8700"
        )
    return _open.enter_context(NodeClient(chosen.node_url, token_file=chosen.token_file))


@cache
def desk() -> "Desk":
    """The desk that signs for the profile's ledger; the node's answer is checked against the profile."""
    from registry_client.actions.desk import Desk

    chosen = profile()
    return Desk(node(), node().network(expected=chosen.chain_id, name=chosen.network))


def keys_folder() -> Path:
    """The folder of the profile's keys. Raises InvalidProfileError when the profile names none."""
    folder = profile().keys
    if folder is None:
        raise InvalidProfileError('the profile names no keys folder: set keys = "..." in it, or use --folder')
    return folder


def key_path(name: str) -> Path:
    """The file of a key given by its name in the keys folder, or by its path."""
    if name.endswith(".p12") or "/" in name:
        return Path(name)
    return keys_folder() / f"{name}.p12"


def read_passphrase(key: str, *, confirm: bool = False) -> str:
    """The passphrase of a key, from the first place that has one."""
    from registry_client.adapters.passphrase import read_passphrase as ask

    file = current().passphrase_file
    prompt = tr(f"Passphrase of {key}", f"{key}의 암호")
    return ask(prompt=prompt, file=Path(file) if file else None, confirm=confirm)


@cache
def signer(name: str) -> "LocalSigner":
    """Open a key by name or path."""
    from registry_client.adapters.signer_file import load_signer

    path = key_path(name)
    if not path.is_file():
        raise KeyFileError(f"there is no key {path}; `mapae key list` shows what there is, `mapae key make` makes one")
    return load_signer(path, passphrase=read_passphrase(path.stem))


def agency(given: str | None) -> str:
    """The agency's DID: the one given, else the profile's."""
    chosen = given or profile().agency
    if chosen is None:
        raise UsageError(
            tr(
                "say whose: --agency DID, or set agency in the profile",
                "기관을 지정하세요: --agency DID 또는 프로필의 agency",
            )
        )
    return chosen


def read_json(path: Path) -> object:
    """Read a JSON file strictly. Raises ParsingError, OSError."""
    from registry_client.core.strict_json import parse_json

    return parse_json(path.read_bytes())
