"""Commands as they can be typed in this very shell: `mapae`, or `.venv/bin/mapae` where it is not on the PATH.

Texts write plain `mapae did resolve ...`; whatever is shown as a hint or as the next step goes through here once.
"""

import os
import re
import shlex
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import Final

from registry_client.cli.settings import current

_COMMAND: Final = re.compile(r"(?<![\w./:-])(mapae(?:-node)?)(?= (?:-|[a-z]+\b))")
"""A program's name at the head of a command: not inside a path, a DID or another word."""


def as_typed(text: str) -> str:
    """Return a text in which every command of ours begins with a name that this shell finds."""
    return _COMMAND.sub(lambda match: program(match[1]), text)


def again(*words: str) -> str:
    """Return a line for the profile that this line named: `mapae events --last 5 --profile city`."""
    profile = current().profile
    return shlex.join(["mapae", *words, *(["--profile", profile] if profile else [])])


def program(name: str) -> str:
    """Return `name` if the PATH leads to the one that belongs to this Python, else its path, short if it lies below."""
    return _program(name, os.environ.get("PATH", ""), Path.cwd())


@cache
def _program(name: str, path: str, folder: Path) -> str:
    ours = Path(sys.prefix) / "bin" / name
    if not ours.is_file():
        return name
    found = shutil.which(name, path=path)
    if found is not None and Path(found).resolve() == ours.resolve():
        return name
    return shlex.quote(str(ours.relative_to(folder) if ours.is_relative_to(folder) else ours))
