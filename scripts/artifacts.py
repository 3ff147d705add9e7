"""From the compiler's output to the committed artifact of a contract, the same on every machine.

- The compiler numbers the nodes of its syntax tree over all sources at once; an unrelated edit would change those
  numbers everywhere. They are left out of types and replaced by names in the list of immutables.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NODE_NUMBER = re.compile(r"(?<=\))\d+")
"""In type names such as t_struct(DidRecord)1234_storage."""


def load_settings() -> dict[str, Any]:
    """Read contracts/compiler.json, the one pin of compiler and settings."""
    settings: dict[str, Any] = json.loads((ROOT / "contracts" / "compiler.json").read_text("utf-8"))
    return settings


def contract_names() -> list[str]:
    """Names of the deployed contracts: the sources directly under contracts/."""
    return sorted(path.stem for path in (ROOT / "contracts").glob("*.sol"))


def document(value: Any) -> str:
    """Render a generated JSON file."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def artifact_of(name: str, output: dict[str, Any]) -> dict[str, Any]:
    """Build the artifact of contracts/<name>.sol.

    `sourceDigest`: sha256 of the compiler's metadata, which names every source by hash, the compiler and its settings.
    `layoutId`: sha256 of the storage layout; what Directory lists beside the contract's address.
    `immutableReferences`: name -> places of 32 bytes in `deployedBytecode` that the constructor fills in.
    """
    compiled = output["contracts"][f"contracts/{name}.sol"][name]
    layout = _layout_of(compiled["storageLayout"])
    code = compiled["evm"]["deployedBytecode"]
    return {
        "contractName": name,
        "abi": compiled["abi"],
        "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + code["object"],
        "immutableReferences": _immutables_of(code.get("immutableReferences", {}), output),
        "layoutId": "0x" + hashlib.sha256(_canonical(layout)).hexdigest(),
        "sourceDigest": "0x" + hashlib.sha256(compiled["metadata"].encode()).hexdigest(),
        "storageLayout": layout,
    }


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _layout_of(raw: dict[str, Any]) -> dict[str, Any]:
    return {
        "storage": [_variable_of(item) for item in raw["storage"]],
        "types": {_type_name(key): _type_of(item) for key, item in (raw["types"] or {}).items()},
    }


def _variable_of(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "contract": item["contract"],
        "label": item["label"],
        "offset": item["offset"],
        "slot": item["slot"],
        "type": _type_name(item["type"]),
    }


def _type_of(item: dict[str, Any]) -> dict[str, Any]:
    kept = {key: item[key] for key in ("encoding", "label", "numberOfBytes")}
    kept |= {key: _type_name(item[key]) for key in ("base", "key", "value") if key in item}
    if "members" in item:
        kept["members"] = [{k: v for k, v in _variable_of(m).items() if k != "contract"} for m in item["members"]]
    return kept


def _type_name(name: str) -> str:
    return NODE_NUMBER.sub("", name)


def _immutables_of(references: dict[str, Any], output: dict[str, Any]) -> dict[str, Any]:
    names = {number: _variable_name(int(number), output) for number in references}
    return {names[number]: places for number, places in sorted(references.items(), key=lambda item: names[item[0]])}


def _variable_name(number: int, output: dict[str, Any]) -> str:
    for source in output["sources"].values():
        if name := _find(source["ast"], number):
            return name
    raise LookupError(f"no variable numbered {number} in the syntax trees")


def _find(node: Any, number: int) -> str | None:
    if isinstance(node, dict):
        if node.get("id") == number and node.get("nodeType") == "VariableDeclaration":
            return str(node["name"])
        node = list(node.values())
    if isinstance(node, list):
        return next((name for child in node if (name := _find(child, number))), None)
    return None
