"""Match locked components with advisories in OSV's format, from a folder: nothing is asked over the network.

The folder holds what an operator brought from elsewhere: the JSON files of OSV's dumps for PyPI and npm, one advisory
each (https://ossf.github.io/osv-schema/, 1.7).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.version import InvalidVersion, Version

from supply.components import Component

ECOSYSTEMS: Final = {"pypi": "PyPI", "npm": "npm"}
FILE_MAX_BYTES: Final = 4 * 1024 * 1024


class AdvisoryError(Exception):
    """A file of the folder is not an advisory."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A component that an advisory names. `fixed`: the first release that is not affected, where it says."""

    advisory: str
    component: Component
    summary: str
    fixed: str | None


def read_folder(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Yield every advisory below a folder. Raises AdvisoryError for a file that is none."""
    for path in sorted(folder.rglob("*.json")):
        if path.stat().st_size > FILE_MAX_BYTES:
            raise AdvisoryError(f"{path}: over {FILE_MAX_BYTES} bytes")
        try:
            found = json.loads(path.read_bytes())
        except ValueError as error:
            raise AdvisoryError(f"{path}: {error}") from error
        if not isinstance(found, dict) or "id" not in found:
            raise AdvisoryError(f"{path}: no advisory of OSV's format: it has no id")
        yield found


def hits(components: Iterable[Component], advisories: Iterable[Mapping[str, Any]]) -> Iterator[Hit]:
    """Yield which components are affected; a withdrawn advisory affects nothing."""
    by_name: dict[tuple[str, str], list[Component]] = {}
    for component in components:
        by_name.setdefault((ECOSYSTEMS[component.ecosystem], component.name), []).append(component)
    for advisory in advisories:
        if advisory.get("withdrawn"):
            continue
        for affected in advisory.get("affected", ()):
            package = affected.get("package", {})
            for component in by_name.get((package.get("ecosystem", ""), package.get("name", "")), ()):
                is_hit, fixed = _is_affected(component.version, affected)
                if is_hit:
                    summary = str(advisory.get("summary") or advisory.get("details") or "")[:200]
                    yield Hit(str(advisory["id"]), component, summary, fixed)


def _is_affected(version: str, affected: Mapping[str, Any]) -> tuple[bool, str | None]:
    """Judge one version by the list of versions and by the ranges; both count."""
    is_hit, fixed = version in affected.get("versions", ()), None
    try:
        ours = Version(version)
    except InvalidVersion:
        return is_hit, None
    for span in affected.get("ranges", ()):
        if span.get("type") not in {"ECOSYSTEM", "SEMVER"}:
            continue
        is_in, ends = _in_range(ours, span.get("events", ()))
        is_hit, fixed = is_hit or is_in, fixed or ends
    return is_hit, fixed


def _in_range(ours: Version, events: Iterable[Mapping[str, str]]) -> tuple[bool, str | None]:
    """Walk the events in the order of their versions; return (inside, version that ends it)."""
    ordered = sorted(
        (
            (Version("0") if text == "0" else Version(text), kind, text)
            for event in events
            for kind, text in event.items()
        ),
        key=lambda found: found[0],
    )
    inside, fixed = False, None
    for at, kind, text in ordered:
        if kind == "introduced" and ours >= at:
            inside, fixed = True, None
        elif kind == "fixed":
            inside = inside and ours < at
            fixed = fixed or (text if inside else None)
        elif kind == "last_affected":
            inside = inside and ours <= at
    return inside, fixed
