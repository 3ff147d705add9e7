#!/bin/bash
# All suites, in the order in which a mistake is cheapest to find. Stops at the first suite that fails.
set -eu -o pipefail
cd "$(dirname "$0")/.."
step() {
  local name=$1 started=$SECONDS
  shift
  printf '\n== %s\n' "$name"
  "$@"
  printf '== %s: %d s\n' "$name" $((SECONDS - started))
}
step "contracts (Hardhat 3: mocha, fuzz, invariants)" hardhat test
step "Brownie smoke suite" scripts/brownie/run.sh
step "Python" python -m pytest -q -n 2 --dist loadfile
