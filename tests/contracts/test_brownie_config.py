"""Brownie compiles with the settings of contracts/compiler.json, which is the one pin."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def setting(name: str) -> str:
    """Value of a setting of brownie-config.yaml; its name occurs once."""
    (found,) = re.findall(rf"^ *{name}: *(\S+)$", (ROOT / "brownie-config.yaml").read_text("utf-8"), re.MULTILINE)
    return found


def test_brownie_compiles_as_everybody_else_does() -> None:
    pin = json.loads((ROOT / "contracts" / "compiler.json").read_text("utf-8"))
    assert setting("version") == pin["solc"]
    assert setting("evm_version") == pin["settings"]["evmVersion"]
    assert setting("enabled") == str(pin["settings"]["optimizer"]["enabled"]).lower()
    assert int(setting("runs")) == pin["settings"]["optimizer"]["runs"]
    assert setting("contracts") == pin["sources"]


def test_brownie_writes_nothing_outside_build() -> None:
    script = (ROOT / "scripts" / "brownie" / "run.sh").read_text("utf-8")
    assert "export HOME=$root/build/brownie/home" in script
    for name in ("build", "interfaces", "reports"):
        assert setting(name).startswith("build/brownie")
