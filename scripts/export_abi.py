"""Export the ABI of the contracts to the client.

Usage: python scripts/export_abi.py [--check]

- Reads contracts/artifacts and writes registry_client/abi/<Name>.json: functions, events and errors, those of the
  libraries included. `--check` writes nothing and names every file that differs.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifacts import ROOT, contract_names, document

ABI = ROOT / "registry_client" / "abi"
EXPORTED = ("function", "event", "error")


def abi_files(artifacts: Mapping[str, Mapping[str, Any]]) -> dict[Path, str]:
    """Return each file of the client's ABI with its text; constructors are the deployment's business."""
    return {
        ABI / f"{name}.json": document([entry for entry in artifact["abi"] if entry["type"] in EXPORTED])
        for name, artifact in artifacts.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a generated file is stale")
    check = parser.parse_args().check
    folder = ROOT / "contracts" / "artifacts"
    artifacts = {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in contract_names()}
    files = abi_files(artifacts)
    surplus = sorted(set(ABI.glob("*.json")) - set(files))
    stale = [path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in [*stale, *surplus]:
        if check:
            print(f"{path.relative_to(ROOT)} is stale: run `python scripts/export_abi.py`", file=sys.stderr)
        elif path in surplus:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
    return 1 if check and (stale or surplus) else 0


if __name__ == "__main__":
    sys.exit(main())
