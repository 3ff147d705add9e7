"""Run slither over the contracts and hold its findings against the answers in docs/security-review.md.

Usage: .venv-audit/bin/python scripts/analyse_contracts.py [--list]

- A finding is known by its detector and the function it is about; lines move, these do not.
- Exit 1 for a finding without an answer, and for an answer whose finding is gone.
- Findings inside OpenZeppelin's files are counted, not listed: that release has its own audits.
- Needs slither, which needs an older web3 than ours: `make audit` runs it in an environment of its own.
"""

import argparse
import inspect
import json
import logging
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from crytic_compile import CryticCompile
from crytic_compile.platform.solc_standard_json import SolcStandardJson
from slither import Slither
from slither.detectors import all_detectors
from slither.detectors.abstract_detector import AbstractDetector

ROOT: Final = Path(__file__).resolve().parent.parent
REVIEW: Final = ROOT / "docs" / "security-review.md"
SOLC: Final = ROOT / "tools" / "solc" / "bin" / "solc-v0.8.37"
OURS: Final = "contracts/"
ANSWER: Final = re.compile(r"^\| `([a-z0-9-]+)` \| `([^`]+)` \|", re.MULTILINE)


def compiled() -> CryticCompile:
    """Compile every contract of ours at once, with the settings of contracts/compiler.json."""
    settings = json.loads((ROOT / "contracts" / "compiler.json").read_text())
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "contracts").rglob("*.sol"))
    outputs = ["abi", "metadata", "devdoc", "userdoc", "evm.bytecode", "evm.deployedBytecode"]
    wanted = {
        "language": "Solidity",
        "sources": {name: {"urls": [name]} for name in files if not name.startswith("contracts/testing/")},
        "settings": {
            **settings["settings"],
            "remappings": settings["remappings"],
            "outputSelection": {"*": {"*": outputs, "": ["ast"]}},
        },
    }
    logging.getLogger("CryticCompile").setLevel(logging.ERROR)
    return CryticCompile(SolcStandardJson(wanted), solc=str(SOLC), working_dir=str(ROOT))


def findings() -> Iterator[Mapping[str, Any]]:
    """Yield what every detector of this release reports."""
    analysis = Slither(compiled())
    for _, detector in sorted(inspect.getmembers(all_detectors, inspect.isclass)):
        if issubclass(detector, AbstractDetector) and detector is not AbstractDetector:
            analysis.register_detector(detector)
    for reported in analysis.run_detectors():
        yield from reported


def place(finding: Mapping[str, Any]) -> tuple[str, str]:
    """Return (file, what in it) of the first thing that a finding is about."""
    element = next(iter(finding["elements"]), None)
    if element is None:
        return OURS, "whole project"
    parent = element.get("type_specific_fields", {}).get("parent", {})
    name = element["name"] if element["type"] in {"function", "contract"} else parent.get("name", element["name"])
    scope = parent if element["type"] == "function" else parent.get("type_specific_fields", {}).get("parent", {})
    owner = scope.get("name")
    return element["source_mapping"]["filename_relative"], f"{owner}.{name}" if owner and owner != name else name


def main() -> int:
    """Compare; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="print every finding of ours, then compare")
    options = parser.parse_args()
    ours: set[tuple[str, str]] = set()
    elsewhere: Counter[str] = Counter()
    for finding in findings():
        file, where = place(finding)
        if not file.startswith(OURS):
            elsewhere[finding["check"]] += 1
            continue
        ours.add((finding["check"], where))
        if options.list:
            print(f"{finding['impact']:13} {finding['check']:22} {where}\n    {finding['description'].strip()}")
    answered = set(ANSWER.findall(REVIEW.read_text()))
    open_, stale = sorted(ours - answered), sorted(answered - ours)
    for check, where in open_:
        print(f"no answer in docs/security-review.md: {check} at {where}", file=sys.stderr)
    for check, where in stale:
        print(f"answered in docs/security-review.md, found no more: {check} at {where}", file=sys.stderr)
    told = ", ".join(f"{check} {count}" for check, count in sorted(elsewhere.items()))
    print(f"slither: {len(ours)} findings in contracts/, {len(open_)} without an answer, {len(stale)} answers too many")
    print(f"in OpenZeppelin's files: {told or 'none'}")
    return 1 if open_ or stale else 0


if __name__ == "__main__":
    sys.exit(main())
