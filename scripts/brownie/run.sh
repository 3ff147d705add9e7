#!/bin/bash
# Brownie's own part: deploys the nine contracts with its deploy script and runs its smoke suite, on an anvil that Brownie
# starts on a free port. Everything it writes stays under build/; the user's ~/.brownie is not touched.
#   scripts/brownie/run.sh                 deploy and test
#   scripts/brownie/run.sh COMMAND ...     any other brownie command, e.g. `run deploy main plan.toml --network live`
set -eu -o pipefail
cd "$(dirname "$0")/../.."
root=$PWD
export PATH=$root/node_modules/.bin:$root/.venv/bin:$PATH SOLCX_BINARY_PATH=$root/tools/solc/bin
export HOME=$root/build/brownie/home PYTHONDONTWRITEBYTECODE=1
brownie=$root/.venv-brownie/bin/brownie
if [ ! -x "$brownie" ]; then
  echo "Brownie is not installed: run \`make setup-brownie\`" >&2
  exit 1
fi
mkdir -p "$HOME" build/brownie/none build/brownie/reports
if [ $# -gt 0 ]; then
  exec "$brownie" "$@"
fi
port=$("$root/.venv-brownie/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$brownie" networks modify development "port=$port" gas_limit=60000000 evm_version=osaka >/dev/null
"$brownie" run deploy --silent
"$brownie" test
