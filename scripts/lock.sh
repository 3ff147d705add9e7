#!/bin/sh
# Rewrites the hash-pinned lock files from requirements/*.in and pyproject.toml. No registry's name is written.
set -eu
cd "$(dirname "$0")/.."
lock() {
  out=$1
  shift
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
    --custom-compile-command scripts/lock.sh --output-file "requirements/$out" "$@"
}
lock uv.txt requirements/uv.in
lock run.txt pyproject.toml --extra cli --extra node --extra fast --extra qr --extra ld requirements/run.in
lock main.txt pyproject.toml --extra cli --extra node --extra fast --extra qr --extra ld --extra postgresql --extra telemetry --extra hsm \
  requirements/run.in requirements/main.in
lock server.txt pyproject.toml --extra cli --extra node --extra fast --extra postgresql --extra telemetry --extra hsm \
  --constraint requirements/main.txt requirements/run.in
lock bench.txt requirements/bench.in
lock interop.txt requirements/interop.in
lock brownie.txt requirements/brownie.in
lock audit.txt requirements/audit.in
