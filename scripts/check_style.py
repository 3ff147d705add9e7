"""House rules that no ready-made linter knows; prints one line a finding and exits 1 if there is any."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("registry_client/", "node/", "scripts/", "contracts/")
LINES_MAX = 300
"""Hard limit of a module; 200 is the length to aim at."""
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b")
CLOCKS = re.compile(r"\b(datetime\.now|time\.time|random\.|secrets\.|os\.urandom)\b")
PURE = ("registry_client/core/", "node/domain/")


def tracked() -> list[Path]:
    """Every file git tracks, so that build products are never judged."""
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in out.splitlines() if (ROOT / line).is_file()]


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Top-level functions and methods of top-level classes. An overload has its docstring where it is written out."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not any(ast.unparse(decorator) == "overload" for decorator in node.decorator_list):
                yield node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from (n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def python_findings(name: str, text: str) -> Iterator[str]:
    """Judge one Python module."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield f"{name}:{node.lineno} assert used for a check: raise a typed error"
        if isinstance(node, ast.Raise) and node.exc is not None and "NotImplementedError" in ast.unparse(node.exc):
            yield f"{name}:{node.lineno} a stub"
    if name.startswith("registry_client/") and "/cli/" not in name:
        for function in functions(tree):
            if not function.name.startswith("_") and function in tree.body and not ast.get_docstring(function):
                yield f"{name}:{function.lineno} {function.name}: public and without a docstring"
    if name.startswith(PURE):
        for number, line in enumerate(text.splitlines(), 1):
            if CLOCKS.search(line) and not line.lstrip().startswith(("#", '"')):
                yield f"{name}:{number} clock or randomness in a pure module"


def findings() -> Iterator[str]:
    """Judge every tracked source file."""
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(SOURCES) or "/data/" in name or path.suffix not in {".py", ".sol", ".js", ".cjs"}:
            continue
        text = path.read_text()
        lines = text.count("\n")
        if lines > LINES_MAX:
            yield f"{name}: {lines} lines, more than {LINES_MAX}"
        numbered = enumerate(text.splitlines(), 1)
        yield from (f"{name}:{n} {m.group(0)}" for n, line in numbered if (m := UNFINISHED.search(line)))
        if path.suffix == ".py":
            yield from python_findings(name, text)


if __name__ == "__main__":
    found = list(findings())
    print("\n".join(found))
    sys.exit(1 if found else 0)
