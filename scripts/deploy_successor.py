"""Deploy the next generation of a contract, and print what the council then has to decide.

Usage: python scripts/deploy_successor.py NAME --rpc-url URL --directory ADDRESS --network NETWORK [--gas-price WEI]

- Nothing changes on the registry: the successor waits until the council lists it in Directory (docs/node.md).
- The deployer's key is named as for scripts/deploy.py: MAPAE_DEPLOYER_KEYSTORE and MAPAE_DEPLOYER_PASSPHRASE_FILE.
- Prints the successor as JSON; on stderr the command with which a member proposes it.
- Exit codes: 0 deployed, 1 refused (the cause and the next step are on stderr).
"""

import argparse
import dataclasses
import json
import sys

from deploy import read_key
from node.services.succession import REPLACEABLE, deploy_successor
from registry_client.errors import RegistryError


def main() -> int:
    parser = argparse.ArgumentParser(description="Deploy the next generation of a contract.")
    parser.add_argument("name", choices=REPLACEABLE, help="the contract to be replaced")
    parser.add_argument("--rpc-url", required=True, help="JSON-RPC endpoint of the ledger")
    parser.add_argument("--directory", required=True, help="Directory's address, as profiles pin it")
    parser.add_argument("--network", required=True, help="the network's name, as it stands in DIDs")
    parser.add_argument("--gas-price", type=int, help="wei; default: what the ledger asks, 0 where blocks carry no fee")
    arguments = parser.parse_args()
    try:
        successor = deploy_successor(
            arguments.rpc_url,
            directory=arguments.directory,
            network=arguments.network,
            name=arguments.name,
            key=read_key(),
            gas_price=arguments.gas_price,
            progress=lambda line: print(line, file=sys.stderr, flush=True),
        )
    except RegistryError as error:
        print(f"deploy_successor: {error}", file=sys.stderr)
        return 1
    print(json.dumps(dataclasses.asdict(successor), indent=2))
    print(f"propose it: mapae council propose {successor.proposal()} --key KEY --out p.json", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
