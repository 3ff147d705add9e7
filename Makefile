# Mapae: `make help` lists what there is. The first two commands of a new working copy are `make run` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The first Python from 3.11 to 3.13 that really starts; PYTHON=... names another.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
  $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
PORT ?= 8700
MAPAE_HOME ?= ./var
ONCE ?=
MINUTES ?= 60
BIN := .venv/bin
# What the reader's own shell has: commands printed for them must work there.
SHELL_PATH := $(PATH)
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export SOLCX_BINARY_PATH := $(CURDIR)/tools/solc/bin
export HARDHAT_DISABLE_TELEMETRY_PROMPT := true
export MAPAE_HOME

.PHONY: help run serve test check lint unit contracts integration brownie interop audit sbom bench soak abi vectors gas lock clean setup-run setup-dev setup-brownie setup-bench setup-interop setup-audit python

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: setup-run ## set everything up, start ledger and node on PORT, walk through the whole story, stay up
	@PATH="$(SHELL_PATH)" $(BIN)/python scripts/run.py --port $(PORT) $(if $(ONCE),--once)

serve: setup-run ## the same system without the walk-through
	@PATH="$(SHELL_PATH)" $(BIN)/mapae-node dev --port $(PORT)

test: setup-dev setup-brownie ## set everything up and run every suite
	@scripts/test.sh

check: setup-dev ## style, types, import rules, solhint, drift of generated files and README commands
	@scripts/check.sh

unit: setup-dev ## fast Python tests only
	@$(BIN)/python -m pytest -q -m "not chain" tests/unit

contracts: setup-dev ## Solidity suites under Hardhat 3
	@hardhat test

brownie: setup-brownie ## Brownie deploy script and smoke suite in their own environment
	@scripts/brownie/run.sh

interop: setup-interop ## issue to and verify from other people's software; UPDATE=1 rewrites docs/interop-matrix.md
	@MAPAE_INTEROP=1 $(BIN)/python -m pytest -q -p no:xdist tests/interop $(if $(UPDATE),--update-matrix)

audit: setup-audit ## analyse contracts, locks and licences; ADVISORIES=folder for OSV's files; docs/security-review.md answers
	@.venv-audit/bin/python scripts/analyse_contracts.py
	@PYTHONPATH=scripts .venv-audit/bin/python -m supply.audit $(if $(ADVISORIES),--advisories "$(ADVISORIES)")

sbom: setup-audit ## write the bill of materials: build/sbom.cdx.json
	@PYTHONPATH=scripts .venv-audit/bin/python -m supply.sbom

bench: setup-bench ## ratios within one run, rivals beside; FULL=1 with a million DIDs; writes docs/benchmarks.md
	@.venv-bench/bin/python -m tests.bench.run

soak: setup-dev ## MINUTES (60) of load on a real system with faults all the time, then a full account; an hour writes docs/soak.md
	@$(BIN)/python -m tests.soak --minutes $(MINUTES) $(if $(filter 60,$(MINUTES)),--report docs/soak.md)

abi: setup-dev ## recompile the contracts and regenerate artifacts and ABI
	@$(BIN)/python scripts/compile.py && $(BIN)/python scripts/export_abi.py

vectors: setup-dev ## regenerate the frozen test vectors
	@$(BIN)/python scripts/vectors.py

gas: setup-dev ## measure what operations cost; rewrites the snapshot and docs/gas.md
	@$(BIN)/python -m tests.contracts.gas --update

lock: setup-dev ## rewrite the hash-pinned requirement files
	@scripts/lock.sh

clean: ## remove environments and build products; MAPAE_HOME stays
	rm -rf .venv .venv-brownie .venv-bench .venv-interop .venv-audit node_modules tests/interop/js/node_modules build .cache .mypy_cache .ruff_cache .hypothesis

setup-run setup-dev setup-brownie setup-bench setup-interop setup-audit: python
	@$(PYTHON) scripts/setup.py $(@:setup-%=%)

python:
	@test -n "$(PYTHON)" || { echo "make: no Python from 3.11 to 3.13 was found; install one, or name it: make PYTHON=/path/to/python3.12 run" >&2; exit 1; }
