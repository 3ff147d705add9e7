"""The 66 bytes of an operation computed anew from a contract's ABI, without the client's own table of operations.

What is shown to somebody who is about to sign must not rest on one table alone: the struct's fields are read from the
ABI that the compiler wrote, and the two answers have to be the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from registry_client.core import eip712
from registry_client.core.eip712 import Domain, Fields
from registry_client.core.operation_types import OperationType
from registry_client.errors import InvalidOperationError


def fields_by_abi(abi: Sequence[Mapping[str, Any]], kind: str) -> Fields:
    """Return ((type, name), ...) of the struct that the contract's function for `kind` takes.

    `abi`: the contract's, as parsed JSON. Raises InvalidOperationError when the contract has no such function.
    """
    name = kind[0].lower() + kind[1:]
    for entry in abi:
        if entry.get("type") == "function" and entry.get("name") == name:
            struct = entry["inputs"][0]
            if struct.get("internalType") == f"struct {kind}":
                return tuple((str(part["type"]), str(part["name"])) for part in struct["components"])
    raise InvalidOperationError("the contract's ABI has no function for this kind", kind=kind[:64])


def payload_by_abi(
    abi: Sequence[Mapping[str, Any]], operation: OperationType, domain: Domain, message: Mapping[str, Any]
) -> bytes:
    """Return the 66 bytes to sign. Raises InvalidOperationError if the ABI's struct is not the table's."""
    fields = fields_by_abi(abi, operation.kind)
    if fields != operation.fields:
        raise InvalidOperationError("the table of operations and the contract's ABI differ", kind=operation.kind)
    return eip712.payload(domain, eip712.hash_struct(operation.kind, fields, message))
