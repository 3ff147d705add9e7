"""Compile the contracts and keep what is generated from them: artifacts, ABI and the table of storage.

Usage: python scripts/compile.py [--check]

- Writes contracts/artifacts/<Name>.json, registry_client/abi/<Name>.json and the generated part of docs/storage.md.
- `--check` writes nothing: it compiles anew and names every file that differs.
- Both refuse code that one of our ledgers could not run (opcodes, EIP-170), and constructors beyond EIP-3860.
- The compiler is the npm package behind tools/solc, by way of py-solc-x: nothing is fetched.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import solcx
from artifacts import ROOT, artifact_of, contract_names, document, load_settings
from export_abi import abi_files
from storage_table import render_document

RUNTIME_MAX = 24_576
"""Bytes of runtime code (EIP-170)."""

CREATION_MAX = 49_152
"""Bytes of creation code (EIP-3860)."""

FORBIDDEN = {
    0x40: "BLOCKHASH",
    0x48: "BASEFEE",
    0x49: "BLOBHASH",
    0x4A: "BLOBBASEFEE",
    0x5C: "TLOAD",
    0x5D: "TSTORE",
    0x5E: "MCOPY",
    0x5F: "PUSH0",
}
"""Opcodes that are newer than the oldest ledger we run on, or that a replayed block could answer otherwise."""

HARMLESS = ('"error" will be promoted to keyword',)
"""Warnings about the pinned OpenZeppelin release; every other warning stops the compilation."""

PUSH1, PUSH32 = 0x60, 0x7F


class CompilationError(Exception):
    """The contracts do not compile, or not to code that our ledgers run."""


def compile_contracts() -> dict[str, Any]:
    """Compile everything under contracts/ and return the compiler's standard JSON output."""
    settings = load_settings()
    os.environ.setdefault("SOLCX_BINARY_PATH", str(ROOT / "tools" / "solc" / "bin"))
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    if shutil.which("node") is None:
        raise CompilationError("Node.js is not on PATH: run `make setup-dev`")
    sources = sorted((ROOT / settings["sources"]).rglob("*.sol"))
    request = {
        "language": "Solidity",
        "sources": {path.relative_to(ROOT).as_posix(): {"content": path.read_text("utf-8")} for path in sources},
        "settings": {
            **settings["settings"],
            "remappings": settings["remappings"],
            "outputSelection": {
                "*": {"": ["ast"], "*": ["abi", "evm.bytecode", "evm.deployedBytecode", "metadata", "storageLayout"]}
            },
        },
    }
    try:
        output: dict[str, Any] = solcx.compile_standard(
            request, solc_version=settings["solc"], base_path=ROOT, allow_paths=str(ROOT)
        )
    except solcx.exceptions.SolcError as error:
        raise CompilationError(str(error).partition("\n> command:")[0]) from None
    complaints = [item["formattedMessage"] for item in output.get("errors", [])]
    serious = [text for text in complaints if not any(harmless in text for harmless in HARMLESS)]
    if serious:
        raise CompilationError("\n".join(serious))
    return output


def forbidden_opcodes(code: bytes) -> list[str]:
    """Name the forbidden opcodes of a piece of code, each with its offset; push data is skipped."""
    found, at = [], 0
    while at < len(code):
        opcode = code[at]
        if opcode in FORBIDDEN:
            found.append(f"{FORBIDDEN[opcode]} at byte {at}")
        at += opcode - PUSH1 + 2 if PUSH1 <= opcode <= PUSH32 else 1
    return found


def require_runnable(name: str, artifact: dict[str, Any]) -> None:
    """Refuse code that is too long or uses a forbidden opcode. Raises CompilationError."""
    runtime = bytes.fromhex(artifact["deployedBytecode"][2:])
    creation = bytes.fromhex(artifact["bytecode"][2:])
    if len(runtime) > RUNTIME_MAX:
        raise CompilationError(f"{name}: {len(runtime)} bytes of runtime code, more than {RUNTIME_MAX} (EIP-170)")
    if len(creation) > CREATION_MAX:
        raise CompilationError(f"{name}: {len(creation)} bytes of creation code, more than {CREATION_MAX} (EIP-3860)")
    # The creation code ends with the runtime code: both are read from their own beginning.
    constructor = creation[: creation.find(runtime[:64])] if runtime[:64] in creation else creation
    for part, code in (("runtime", runtime), ("constructor", constructor)):
        if found := forbidden_opcodes(code):
            raise CompilationError(f"{name}: forbidden in its {part}: {', '.join(found)}")


def generated_files() -> dict[Path, str]:
    """Compile and return every generated file with its text."""
    output = compile_contracts()
    artifacts = {name: artifact_of(name, output) for name in contract_names()}
    for name, artifact in artifacts.items():
        require_runnable(name, artifact)
    files = {ROOT / "contracts" / "artifacts" / f"{name}.json": document(a) for name, a in artifacts.items()}
    files |= abi_files(artifacts)
    table = ROOT / "docs" / "storage.md"
    files[table] = render_document(table.read_text("utf-8"), artifacts)
    return files


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a generated file is stale")
    check = parser.parse_args().check
    try:
        files = generated_files()
    except CompilationError as error:
        print(error, file=sys.stderr)
        return 1
    stale = [path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
    if check:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: run `python scripts/compile.py`", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
