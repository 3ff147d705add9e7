"""The tables of docs/operations-format.md are the client's own table of operations."""

import re
from pathlib import Path

from registry_client.core.operation import OPERATIONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations-format.md"
HEADING = re.compile(r"^\*\*(.+)\*\*$")
ROW = re.compile(r"^\| (\w+) \| `([^`]+)` \| ([^|]+) \|$")


def told() -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Kind -> contracts of its heading, fields, signers."""
    found, heading = {}, ""
    for line in PAGE.read_text().split("\n## 6.")[1].split("\n## 7.")[0].splitlines():
        if match := HEADING.match(line):
            heading = match[1]
        elif match := ROW.match(line):
            kind, fields, signers = match.groups()
            roles = () if signers == "none" else tuple(signers.split(", "))
            found[kind] = (heading, fields, roles)
    return found


def test_the_page_lists_the_operations_with_their_fields_and_signers() -> None:
    page = told()
    assert page.keys() == OPERATIONS.keys()
    for kind, operation in OPERATIONS.items():
        heading, fields, roles = page[kind]
        assert operation.contract in heading.split(" and ")
        assert fields == ", ".join(f"{type_name} {name}" for type_name, name in operation.fields)
        assert roles == operation.roles
