"""The map in docs/http-api.md names every path that the node serves, and no other."""

import re
from pathlib import Path

from node.api.app import make_api

PAGE = Path(__file__).resolve().parents[2] / "docs" / "http-api.md"
ROW = re.compile(r"^\| (`(?:GET|POST|PUT) .+?) \|", re.MULTILINE)
REQUEST = re.compile(r"`(GET|POST|PUT) (/[^`?]*)`|`(/[^`?]*)`")


def told() -> set[tuple[str, str]]:
    """Method and path of each row; a bare path in a row continues the first one's folder or stands for itself."""
    found = set()
    for row in ROW.findall(PAGE.read_text()):
        method = ""
        for verb, path, further in REQUEST.findall(row):
            method = verb or method
            found.add((method, path or further))
    return found


def served() -> set[tuple[str, str]]:
    paths = make_api(None).openapi()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def test_the_map_and_the_node_name_the_same_requests() -> None:
    pages = {("GET", "/openapi.json"), ("GET", "/docs")}
    assert told() - pages == served()
