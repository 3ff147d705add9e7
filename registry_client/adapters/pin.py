"""Where a token's PIN comes from: a descriptor, a private file or the terminal; never an argument.

- MAPAE_PIN_FD: the number of an open descriptor; MAPAE_PIN_FILE: a file that only its owner may read; the URI's
  `pin-source=file:/path` before both. The first line is the PIN.
"""

import os
from pathlib import Path
from typing import Final

from registry_client.adapters.passphrase import read_passphrase
from registry_client.errors import KeyFileError, TokenPinUnreadError, TokenUriError

PIN_FILE_VARIABLE: Final = "MAPAE_PIN_FILE"
PIN_FD_VARIABLE: Final = "MAPAE_PIN_FD"
_FILE: Final = "file:"


def read_pin(prompt: str, *, source: str | None = None) -> str:
    """Return the PIN. `source`: a URI's `pin-source`. Raises TokenPinUnreadError, TokenUriError."""
    descriptor, file = os.environ.get(PIN_FD_VARIABLE), os.environ.get(PIN_FILE_VARIABLE)
    if source is not None:
        if not source.startswith(_FILE):
            raise TokenUriError("pin-source is file:/path")
        descriptor, file = None, source.removeprefix(_FILE).removeprefix("//")
    if descriptor is not None and not descriptor.isdecimal():
        raise TokenPinUnreadError(f"{PIN_FD_VARIABLE} is the number of an open descriptor")
    try:
        return read_passphrase(
            prompt=prompt,
            fd=None if descriptor is None else int(descriptor),
            file=Path(file) if file else None,
            use_variable=False,
        )
    except KeyFileError as error:
        reason = error.detail.replace("passphrase", "PIN").replace("MAPAE_PASSPHRASE_FILE", PIN_FILE_VARIABLE)
        raise TokenPinUnreadError(reason) from None
