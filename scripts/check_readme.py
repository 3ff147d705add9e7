"""Compare what the READMEs tell a reader to type with what exists: make targets, commands, linked files."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.ko.md", "CONTRIBUTING.md")
BLOCK = re.compile(r"^```(?:sh|console|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command line in the shell blocks, without prompts, variables and comments."""
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            words = line.removeprefix("$ ").split("#")[0].split()
            while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                words.pop(0)
            if words and (words[0] in {"make", "mapae", "mapae-node"} or words[0].endswith(("/mapae", "/mapae-node"))):
                yield words


def is_known(words: list[str], targets: set[str]) -> bool:
    """Tell whether the command exists, by asking make or the command's own --help."""
    if words[0] == "make":
        return all(word in targets for word in words[1:] if "=" not in word)
    path = []
    for word in words[1:]:
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        path.append(word)
    tool = Path(words[0]).name
    for depth in range(min(len(path), 2), -1, -1):
        done = subprocess.run([tool, *path[:depth], "--help"], capture_output=True, check=False, timeout=60)
        if done.returncode == 0:
            return depth == min(len(path), 2) or depth == len(path)
        if depth < 2:
            return False
    return False


def findings() -> Iterator[str]:
    """Yield one line for each command or link that leads nowhere."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for name in READMES:
        text = (ROOT / name).read_text()
        for words in commands(text):
            if not is_known(words, targets):
                yield f"{name}: unknown command: {' '.join(words)}"
        for target in LINK.findall(text):
            if not (ROOT / target).exists():
                yield f"{name}: broken link: {target}"
    for name in READMES[:2]:
        first = list(commands((ROOT / name).read_text()))[:2]
        if [words[:2] for words in first] != [["make", "run"], ["make", "test"]]:
            yield f"{name}: the first two commands must be `make run` and `make test`"


if __name__ == "__main__":
    found = list(findings())
    print("\n".join(found))
    sys.exit(1 if found else 0)
