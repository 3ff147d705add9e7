"""What may be asked of the engine, and within which bounds: methods by name, and the parameters that cost it time.

The engine runs a call for as long as its `gas` lasts, and mining waits for it: a read with boundless gas would stop the
ledger. So gas is capped at one block's, overrides of state and block are not passed on, and lists are bounded.
"""

from typing import Any, Final

from node.embedded.genesis import GAS_LIMIT

READS: Final = frozenset(
    {
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_estimateGas",
        "eth_feeHistory",
        "eth_gasPrice",
        "eth_getBalance",
        "eth_getBlockByHash",
        "eth_getBlockByNumber",
        "eth_getBlockReceipts",
        "eth_getCode",
        "eth_getLogs",
        "eth_getProof",
        "eth_getRawTransactionByHash",
        "eth_getStorageAt",
        "eth_getTransactionByHash",
        "eth_getTransactionCount",
        "eth_getTransactionReceipt",
        "eth_maxPriorityFeePerGas",
        "eth_syncing",
        "net_version",
        "web3_clientVersion",
    }
)
"""Methods that go to the engine as they are. None of them changes anything."""
SEND: Final = "eth_sendRawTransaction"
STATUS: Final = "ledger_status"
"""Answered by the gate."""

PROOF_KEYS_MAX: Final = 1_024
"""Storage keys in one eth_getProof: a whole status list."""
FEE_BLOCKS_MAX: Final = 1_024
PARAMS_MAX: Final = 4
_CALL_FIELDS: Final = frozenset(
    [
        "from",
        "to",
        "gas",
        "gasPrice",
        "maxFeePerGas",
        "maxPriorityFeePerGas",
        "value",
        "data",
        "input",
        "nonce",
        "chainId",
        "accessList",
        "type",
    ]
)


class ParamsRefusedError(ValueError):
    """Parameters outside their bounds."""


def bound_params(method: str, params: list[Any]) -> list[Any]:
    """Return the parameters within their bounds: gas capped, everything else as it was. Raises ParamsRefusedError.

    Shapes that cost nothing are left for the engine to judge.
    """
    if len(params) > PARAMS_MAX:
        raise ParamsRefusedError(f"at most {PARAMS_MAX} parameters")
    if method in ("eth_call", "eth_estimateGas"):
        return _bound_call(params)
    if method == "eth_getProof" and len(params) > 1 and isinstance(params[1], list) and len(params[1]) > PROOF_KEYS_MAX:
        raise ParamsRefusedError(f"at most {PROOF_KEYS_MAX} storage keys in one proof")
    if method == "eth_feeHistory" and params and _quantity(params[0]) > FEE_BLOCKS_MAX:
        raise ParamsRefusedError(f"at most {FEE_BLOCKS_MAX} blocks of fee history")
    return params


def _bound_call(params: list[Any]) -> list[Any]:
    if len(params) > 2:
        raise ParamsRefusedError("state and block cannot be overridden here")
    if not params or not isinstance(params[0], dict):
        raise ParamsRefusedError("the first parameter is the call")
    unknown = params[0].keys() - _CALL_FIELDS
    if unknown:
        raise ParamsRefusedError(f"unknown field {min(unknown)[:32]!r} of a call")
    if params[0].get("gas") is None:
        return params  # the engine takes one block's gas by itself
    return [{**params[0], "gas": hex(min(_quantity(params[0]["gas"]), GAS_LIMIT))}, *params[1:]]


def _quantity(value: object) -> int:
    """Read a number as JSON-RPC clients write it: 0x-hex, or a JSON integer."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    try:
        if isinstance(value, str) and value[:2] == "0x":
            return int(value, 16)
    except ValueError:
        pass
    raise ParamsRefusedError(f"not a quantity: {str(value)[:32]!r}")
