"""Keys in PKCS#11 tokens on the command line: the module, the PIN, and names in the keys folder that lead to a token.

- `--key pkcs11:token=agency;object=controller` names a key directly. `NAME.pkcs11` in the keys folder holds such a URI
  (`mapae key create` writes it), so that `--key NAME` means the key in the token.
- The module: the URI's `module-path`, else `--pkcs11-module`, MAPAE_PKCS11_MODULE, the profile's `pkcs11_module`.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from registry_client.cli.i18n import tr
from registry_client.cli.settings import current
from registry_client.errors import ConfigurationError, ProfileMissingError

if TYPE_CHECKING:
    from registry_client.adapters.pkcs11_session import AskPin
    from registry_client.adapters.pkcs11_uri import TokenUri
    from registry_client.adapters.signer_pkcs11 import Pkcs11Signer

MODULE_VARIABLE: Final = "MAPAE_PKCS11_MODULE"
SUFFIX: Final = ".pkcs11"
_SCHEME: Final = "pkcs11:"
_POINTER_MAX: Final = 1_100  # characters; a URI has at most 1,024


def is_uri(name: str) -> bool:
    """Whether a key is named by a PKCS#11 URI."""
    return name.startswith(_SCHEME)


def token_uri(name: str) -> "TokenUri | None":
    """The URI of a key that lives in a token, None for a key file. Raises TokenUriError."""
    from registry_client.adapters.pkcs11_uri import parse_token_uri
    from registry_client.cli import context

    if is_uri(name):
        return parse_token_uri(name)
    if name.endswith(".p12"):
        return None
    try:
        pointer = Path(name) if name.endswith(SUFFIX) else context.key_path(name).with_suffix(SUFFIX)
    except ConfigurationError:
        return None
    if not pointer.is_file():
        return None
    with pointer.open(encoding="ascii", errors="replace") as stream:
        return parse_token_uri(stream.read(_POINTER_MAX).strip())


def module() -> str | None:
    """The module that this run uses, where the URI does not say."""
    from registry_client.cli import context

    chosen = current().pkcs11_module or os.environ.get(MODULE_VARIABLE)
    if chosen:
        return chosen
    try:
        path = context.profile().pkcs11_module
    except ProfileMissingError:
        return None
    return None if path is None else str(path)


def ask_pin(uri: "TokenUri") -> "AskPin":
    """How the PIN of a token is got: a function of the token's label."""
    from registry_client.adapters.pin import read_pin

    def ask(label: str) -> str:
        return read_pin(tr(f"PIN of {label}", f"{label}의 PIN"), source=uri.pin_source)

    return ask


def open_token_key(uri: "TokenUri") -> "Pkcs11Signer":
    """Open a key in a token. Raises TokenError's family."""
    from registry_client.adapters.signer_pkcs11 import open_token_key as open_key

    return open_key(uri, module=module(), ask_pin=ask_pin(uri))


def close_tokens() -> None:
    """Log out of the tokens that this run used; a run that used none pays nothing."""
    session = sys.modules.get("registry_client.adapters.pkcs11_session")
    if session is not None:
        session.close_sessions()
