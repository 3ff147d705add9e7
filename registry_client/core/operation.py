"""Signed operations, in one place: the table of kinds, payloads and signatures, JSON.

- operation_types.py: OPERATIONS, what each kind holds and who signs it.
- operation_payload.py: the 66 bytes to sign, the id, who signed, the calldata.
- operation_json.py: reading and writing operations as JSON.
"""

from registry_client.core.eip712 import Domain, domain_of
from registry_client.core.operation_json import (
    message_from_json,
    message_to_json,
    operation_from_json,
    operation_to_json,
    parse_operation,
)
from registry_client.core.operation_payload import (
    OperationSignature,
    SignedOperation,
    encode_call,
    make_signature,
    operation_id,
    payload_of,
    relay_id,
    signer_of,
    type_of,
)
from registry_client.core.operation_types import OPERATIONS, OperationType

__all__ = [
    "OPERATIONS",
    "Domain",
    "OperationSignature",
    "OperationType",
    "SignedOperation",
    "domain_of",
    "encode_call",
    "make_signature",
    "message_from_json",
    "message_to_json",
    "operation_from_json",
    "operation_id",
    "operation_to_json",
    "parse_operation",
    "payload_of",
    "relay_id",
    "signer_of",
    "type_of",
]
