"""Deploy a registry to a ledger, or find the one that the same account deployed before.

Usage: python scripts/deploy.py PLAN.toml --rpc-url URL [--gas-price WEI] [--output FILE]

- The plan names what a registry is born with:
      network = "korea-test"
      threshold = 2
      delay_s = 86400
      development = false
      members = ["0x02...", "0x02...", "0x02..."]     # controllers: kind and 20 bytes
- The deployer's key pays and keeps no right. It is a keystore (version 3) file named by MAPAE_DEPLOYER_KEYSTORE, its
  passphrase the content of the file named by MAPAE_DEPLOYER_PASSPHRASE_FILE: never an argument, never in the plan.
- Prints the deployment as JSON: what a profile pins.
- Exit codes: 0 deployed or found, 1 refused (the cause and the next step are on stderr).
"""

import argparse
import dataclasses
import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

from eth_account import Account

from node.services.deployment import deploy
from registry_client.errors import InvalidInputError, RegistryError

KEYSTORE = "MAPAE_DEPLOYER_KEYSTORE"
PASSPHRASE_FILE = "MAPAE_DEPLOYER_PASSPHRASE_FILE"  # noqa: S105 -- names a variable
PLAN_FIELDS = {"network": str, "threshold": int, "delay_s": int, "development": bool, "members": list}


def read_plan(path: Path) -> dict[str, Any]:
    """Read and check a plan. Raises InvalidInputError naming the field."""
    try:
        plan = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"the plan {path} cannot be read: {error}", path=str(path)) from error
    if set(plan) != set(PLAN_FIELDS):
        wrong = ", ".join(sorted(set(plan) ^ set(PLAN_FIELDS)))
        raise InvalidInputError(f"the plan {path} has unknown or missing fields: {wrong}", path=str(path))
    for field, kind in PLAN_FIELDS.items():
        if type(plan[field]) is not kind:
            raise InvalidInputError(f"the plan {path}: {field} is not of type {kind.__name__}", field=field)
    try:
        plan["members"] = [bytes.fromhex(member.removeprefix("0x")) for member in plan["members"]]
    except (AttributeError, ValueError) as error:
        raise InvalidInputError(f"the plan {path}: a member is not 0x-hex", field="members") from error
    return plan


def read_key() -> bytes:
    """Open the deployer's keystore. Raises InvalidInputError naming the variable or file."""
    try:
        keystore = Path(os.environ[KEYSTORE]).read_text(encoding="utf-8")
        passphrase = Path(os.environ[PASSPHRASE_FILE]).read_text(encoding="utf-8").rstrip("\n")
        return bytes(Account.decrypt(keystore, passphrase))
    except KeyError as error:
        raise InvalidInputError(f"the environment variable {error} is not set: it names the file to use") from error
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"the deployer's key cannot be opened: {error}") from error


def main() -> int:
    parser = argparse.ArgumentParser(description="Deploy a registry, or find the one deployed before.")
    parser.add_argument("plan", type=Path, help="TOML file: network, threshold, delay_s, development, members")
    parser.add_argument("--rpc-url", required=True, help="JSON-RPC endpoint of the ledger")
    parser.add_argument("--gas-price", type=int, help="wei; default: what the ledger asks, 0 where blocks carry no fee")
    parser.add_argument("--output", type=Path, help="also write the JSON here")
    arguments = parser.parse_args()
    try:
        deployment = deploy(
            arguments.rpc_url,
            key=read_key(),
            gas_price=arguments.gas_price,
            progress=lambda line: print(line, file=sys.stderr, flush=True),
            **read_plan(arguments.plan),
        )
    except RegistryError as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 1
    text = json.dumps(dataclasses.asdict(deployment), indent=2)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
