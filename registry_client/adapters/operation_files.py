"""Operation files on disk: bounded when read, checked against the contract's ABI, whole or not there when written."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from registry_client.core.operation_abi import payload_by_abi
from registry_client.core.operation_file import FILE_MAX_BYTES, OperationFile, file_to_json, parse_file
from registry_client.core.strict_json import JsonObject
from registry_client.data import contract_abi
from registry_client.errors import InvalidInputError, InvalidOperationError, RegistryError

_SUFFIX_LENGTH: Final = 4  # random bytes in the name of a file that is being written


def read_operation(path: Path) -> OperationFile:
    """Read a file; its hashes are computed anew, by the table of operations and by the contract's ABI.

    Raises OSError, ParsingError, InvalidOperationError, ProofInvalidError.
    """
    with path.open("rb") as stream:
        data = stream.read(FILE_MAX_BYTES + 1)
    if len(data) > FILE_MAX_BYTES:
        raise InvalidInputError(f"{path} is larger than {FILE_MAX_BYTES} bytes, more than any operation has")
    try:
        file = parse_file(data)
        signed = file.signed
        by_abi = payload_by_abi(contract_abi(signed.type.contract), signed.type, signed.domain, signed.message)
    except RegistryError as error:
        error.detail = f"{path}: {error.detail}"
        raise
    if by_abi != signed.payload:
        raise InvalidOperationError(f"{path}: the payload by the contract's ABI differs; do not sign it")
    return file


def write_operation(file: OperationFile, path: Path, *, replace: bool) -> None:
    """Write a file with mode 0600, at once or not at all. Raises OSError; FileExistsError unless `replace`."""
    write_private_json(file_to_json(file), path, replace=replace)


def write_private_json(document: JsonObject, path: Path, *, replace: bool) -> None:
    """Write JSON that its owner alone may read, on disk when this returns; a crash leaves the old file or the new."""
    data = json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"
    temporary = path.with_name(f".{path.name}.{os.urandom(_SUFFIX_LENGTH).hex()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if replace:
            temporary.replace(path)
        else:
            os.link(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
