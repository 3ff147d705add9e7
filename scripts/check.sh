#!/bin/bash
# Everything that is checked without running the system. Each line is one gate; the first that fails names itself.
set -u
cd "$(dirname "$0")/.."
failed=()
gate() {
  local name=$1
  shift
  if output=$("$@" 2>&1); then
    printf 'ok      %s\n' "$name"
  else
    printf 'FAILED  %s\n%s\n' "$name" "$output"
    failed+=("$name")
  fi
}
gate "ruff check" ruff check .
gate "ruff format" ruff format --check --quiet .
gate "mypy strict" mypy
gate "import rules" lint-imports --no-cache
gate "style" python scripts/check_style.py
gate "solhint" solhint --quiet --max-warnings 0 'contracts/**/*.sol'
gate "contract artifacts, storage table, opcodes" python scripts/compile.py --check
gate "ABI" python scripts/export_abi.py --check
gate "vectors" python scripts/vectors.py --check
gate "README commands" python scripts/check_readme.py
if ((${#failed[@]})); then
  printf '\n%d failed: %s\n' "${#failed[@]}" "${failed[*]}"
  exit 1
fi
