"""Board and alert rules ask only for metrics, labels and values that exist; every alert has its page."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.support.paths import ROOT
from tests.support.promql import PromqlError, Query, Selector, parse

PROMETHEUS_OWN = {"up": {"job", "instance"}, "ALERTS": {"alertname", "alertstate"}}
"""Metrics that Prometheus makes itself."""
TARGET_LABELS = {"instance", "job"}
ROW = re.compile(r"^\| ((?:`[a-z0-9_]+`(?:, )?)+) \| ?(\w*) ?\|(.*?)\|", re.MULTILINE)
RUNBOOKS = {"runbook_url": "docs/runbook.md", "runbook_url_ko": "docs/runbook.ko.md"}

RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
BOARD: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana" / "mapae.json").read_text())


def documented() -> dict[str, dict[str, set[str]]]:
    """Metrics of docs/metrics.md: name -> label -> values (none listed: any)."""
    page = (ROOT / "docs" / "metrics.md").read_text()
    classes = set(re.findall(r"`(\w+)`", re.search(r"^Label `class`: (.*)$", page, re.MULTILINE)[1]))
    found: dict[str, dict[str, set[str]]] = {}
    for names, kind, labels in ROW.findall(page):
        known: dict[str, set[str]] = {}
        for label, values in re.findall(r"`(\w+)`(?: \(([^)]*)\))?", labels):
            known[label] = set(re.findall(r"`(\w+)`", values)) or (classes if label == "class" else set())
        for name in re.findall(r"`(\w+)`", names):
            for full in [name] + ([f"{name}_bucket", f"{name}_sum", f"{name}_count"] if kind == "histogram" else []):
                found[full] = {**known, **({"le": set()} if full.endswith("_bucket") else {})}
    found["mapae_not_ready"]["reason"] = reasons()
    return found


def reasons() -> set[str]:
    source = (ROOT / "node" / "services" / "health.py").read_text()
    return set(re.findall(r'"([a-z]+(?:_[a-z]+)+|stopped)"', source)) - {"not_ready", "blocks_behind"}


METRICS = documented()


def expressions() -> Iterator[tuple[str, str]]:
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in BOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
    for variable in BOARD["templating"]["list"]:
        yield variable["name"], variable["definition"].replace(", instance)", ")")
    for annotation in BOARD["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


def unknown_in(query: Query) -> list[str]:
    wrong = [what for selector in query.selectors for what in unknown_of(selector)]
    used = [METRICS.get(selector.metric, {}).keys() | TARGET_LABELS for selector in query.selectors]
    return wrong + [f"by ({label})" for label in query.groups if not any(label in labels for labels in used)]


def unknown_of(selector: Selector) -> Iterator[str]:
    if selector.metric in PROMETHEUS_OWN:
        yield from (label for label, _, _ in selector.labels if label not in PROMETHEUS_OWN[selector.metric])
        return
    if selector.metric not in METRICS:
        yield selector.metric
        return
    for label, operator, value in selector.labels:
        if label in TARGET_LABELS:
            continue
        known = METRICS[selector.metric].get(label)
        if known is None:
            yield f"{selector.metric}{{{label}}}"
        elif known and not set(value.split("|") if operator in {"=~", "!~"} else [value]) <= known:
            yield f"{selector.metric}{{{label}={value}}}"


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_every_expression_parses_and_asks_for_what_exists(where: str, expression: str) -> None:
    assert unknown_in(parse(expression)) == [], where


@pytest.mark.parametrize(
    "expression",
    ["sum by (instance (up)", "rate(mapae_ready[5m]", "up ==", "up{job=mapae}", "nothing(up)", "up up", "up{job~1}"],
)
def test_the_parser_refuses_what_is_none(expression: str) -> None:
    with pytest.raises(PromqlError):
        parse(expression)


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("mapae_nothing > 0", "mapae_nothing"),
        ('mapae_lease_held{lease="other"}', "mapae_lease_held{lease=other}"),
        ('mapae_not_ready{reason="bad_mood"} == 1', "mapae_not_ready{reason=bad_mood}"),
        ("sum by (colour) (mapae_ready)", "by (colour)"),
        ('mapae_ready{state="x"}', "mapae_ready{state}"),
    ],
)
def test_the_check_finds_what_does_not_exist(expression: str, wrong: str) -> None:
    assert unknown_in(parse(expression)) == [wrong]


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_every_alert_is_whole_and_has_its_page_in_both_languages(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Mapae[A-Z]\w+", rule["alert"])
    assert re.fullmatch(r"\d+[smh]", rule["for"])
    assert rule["labels"]["severity"] in {"critical", "warning"}
    notes = rule["annotations"]
    assert notes["summary"].endswith(".")
    assert re.search(r"[가-힣]", notes["summary_ko"])
    anchors = set()
    for name, page in RUNBOOKS.items():
        path, anchor = notes[name].split("#")
        assert path == page
        text = (ROOT / page).read_text()
        section = re.search(rf'<a id="{anchor}"></a>\n\n## (.*?)(?=\n<a id=|\Z)', text, re.DOTALL)
        assert section is not None, f"{page} has no section {anchor}"
        assert f"`{rule['alert']}`" in section[1], f"{page}#{anchor} does not name {rule['alert']}"
        anchors.add(anchor)
    assert len(anchors) == 1


def test_no_alert_is_named_twice_or_unknown_to_the_rules() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(names) == len(set(names))
    for page in RUNBOOKS.values():
        assert set(re.findall(r"`(Mapae[A-Z]\w+)`", (ROOT / page).read_text())) == set(names)


def test_the_board_is_in_both_languages_and_does_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        assert re.search(r"[가-힣]", panel["title"]) or panel["title"] == "HTTP"
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


def test_promtool_agrees_where_there_is_one() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is absent (Debian package prometheus): the rules were parsed by tests/support/promql.py")
    rules = ROOT / "deploy" / "prometheus" / "alerts.yaml"
    done = subprocess.run([promtool, "check", "rules", rules], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
