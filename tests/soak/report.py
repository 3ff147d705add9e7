"""What a soak came to: as JSON beside its files, as text, and as a page of the documentation."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.bench.report import machine
from tests.soak.run import Soak
from tests.soak.samples import ENGINE_KIB_A_BLOCK, ENGINE_MIB_BASE, GROWTH_MAX, GROWTH_ROOM_MIB, NODE_MIB_MAX

PAGE_HEAD = """# Soak

Written by `make soak`. A real system (embedded ledger, fault proxy, node) under load of every kind of operation by \
ten clients and two readers, with one fault after another for the whole time; then everything is accounted for.
`MINUTES=2 make soak` is a small one. Files: `tests/soak/`.
"""


def violations(done: Soak) -> list[str]:
    """Everything that must not have been, once each."""
    found = [*done.score.violations, *(done.verdict.wrong if done.verdict else ["the checks were not reached"])]
    return list(dict.fromkeys(found))


def write_report(done: Soak, page: Path | None) -> bool:
    """Write report.json and report.txt, and the page if wanted; tells whether anything was wrong."""
    wrong = violations(done)
    (done.plan.folder / "report.json").write_text(json.dumps(_figures(done), indent=2, default=str) + "\n")
    text = summary(done)
    (done.plan.folder / "report.txt").write_text(text + "\n")
    if page is not None:
        page.write_text(_page(done))
    return bool(wrong)


def summary(done: Soak) -> str:
    """The report as lines of text."""
    lines = [f"soak of {done.load_s / 60:.1f} minutes"]
    lines += [f"  {what:<28} {said}" for what, said in _rows(done)]
    wrong = violations(done)
    lines.append(f"VIOLATIONS: {len(wrong)}" if wrong else "nothing lost, doubled, or shown otherwise than it was")
    lines += [f"  - {text}" for text in wrong[:40]]
    return "\n".join(lines)


def _rows(done: Soak) -> list[tuple[str, str]]:
    figures = _figures(done)
    checks = figures["checks"]
    operations = checks.get("operations", {})
    rows = [
        ("operations", _counted(operations.get("states", {}))),
        ("until final, calm", _spread(figures["latency_s"]["calm"])),
        ("until final, all", _spread(figures["latency_s"]["all"])),
        ("reads meanwhile", _counted(figures["reads"])),
        ("answers read again, the same", f"{checks.get('answers read again', 0):,}"),
        ("faults", f"{sum(figures['faults'].values()):,}, healed in {_spread(figures['healing_s'])}"),
        ("blocks, events", f"{figures['blocks']:,}, {operations.get('events', 0):,}"),
        ("the node equals the logs in", _counted(checks.get("node", {}))),
        ("index", _index(checks.get("index", {}))),
    ]
    rows += [(f"memory of the {name}", text) for name, text in figures["memory_mib"].items()]
    rows.append(("files, MiB", _counted(figures["files_mib"])))
    return rows


def _figures(done: Soak) -> dict[str, Any]:
    struck = done.injector.struck if done.injector else []
    samples = done.sampler.samples if done.sampler else []
    return {
        "minutes": round(done.load_s / 60, 2),
        "seed": done.plan.seed,
        "rate": done.plan.rate,
        "violations": violations(done),
        "sent": dict(sorted(done.score.sent.items())),
        "states": dict(done.score.states),
        "errors": dict(done.score.errors.most_common()),
        "reads": dict(done.score.reads),
        "latency_s": {"calm": _calm(done), "all": [seconds for _, seconds in done.score.latencies]},
        "faults": dict(sorted(Counter(item.name for item in struck).items())),
        "healing_s": [item.healed_s for item in struck],
        "healing_by_fault": {
            name: _spread([item.healed_s for item in struck if item.name == name])
            for name in sorted({item.name for item in struck})
        },
        "starts": {"ledger": done.system.ledger.starts, "node": done.system.node.starts} if done.system else {},
        "blocks": max((sample.block for sample in samples), default=0),
        "memory_mib": {name: _memory(done, name) for name in ("node", "supervisor", "engine")},
        "files_mib": {name: round(mib, 1) for name, mib in samples[-1].files.items()} if samples else {},
        "samples": [
            [round(s.at_s), s.block, {n: round(m) for n, m in s.memory.items()}]
            for s in samples[:: max(1, len(samples) // 120)]
        ],
        "checks": done.verdict.figures if done.verdict else {},
        "machine": _machine(),
    }


def _machine() -> list[str]:
    try:
        return machine()
    except OSError:  # tools that it names are not on this PATH
        return []


def _calm(done: Soak) -> list[float]:
    """Latencies of operations that no fault fell upon."""
    struck = done.injector.struck if done.injector else []
    spans = [(item.began_at, item.began_at + item.lasted_s + item.healed_s) for item in struck]
    return [
        seconds
        for at, seconds in done.score.latencies
        if not any(began < at and at - seconds < ended for began, ended in spans)
    ]


def _memory(done: Soak, name: str) -> str:
    values = [mib for _, mib in done.sampler.series(name)] if done.sampler else []
    if not values:
        return "-"
    third = max(1, len(values) // 3)
    first, last = sorted(values[:third])[third // 2], sorted(values[-third:])[third // 2]
    return f"{first:.0f} MiB in the first third, {last:.0f} in the last, at most {max(values):.0f}"


def _spread(values: list[float]) -> str:
    if not values:
        return "-"
    ordered = sorted(values)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"median {ordered[len(ordered) // 2]:.2f} s, p99 {p99:.2f} s, worst {ordered[-1]:.2f} s"


def _counted(counts: dict[str, Any]) -> str:
    return ", ".join(f"{value:,} {name}" for name, value in sorted(counts.items())) or "-"


def _index(figures: dict[str, Any]) -> str:
    if not figures:
        return "-"
    live, rebuilt = figures["live"]["digest"], figures["rebuilt"]["digest"]
    same = "equal to the rebuilt one" if live == rebuilt else f"NOT the rebuilt one ({rebuilt[:18]})"
    return f"{live[:18]} at block {figures['live']['block_number']}, {same}"


def _page(done: Soak) -> str:
    figures, wrong = _figures(done), violations(done)
    verdict = "Nothing was lost, doubled, or shown otherwise than it was." if not wrong else f"{len(wrong)} violations."
    lines = [PAGE_HEAD, f"## The last run: {done.load_s / 60:.0f} minutes", "", verdict, ""]
    lines += [f"- {text}" for text in wrong[:40]]
    lines += ["| what | figure |", "| --- | --- |", *(f"| {what} | {said} |" for what, said in _rows(done)), ""]
    lines += ["## What happened to it", "", "| fault | times | until healthy again |", "| --- | --- | --- |"]
    lines += [f"| {n} | {c} | {figures['healing_by_fault'][n]} |" for n, c in figures["faults"].items()]
    lines += ["", "## What was asked of it", "", "| operation | sent | final |", "| --- | --- | --- |"]
    final = figures["checks"].get("operations", {}).get("final by kind", {})
    lines += [f"| `{kind}` | {sent:,} | {final.get(kind, 0):,} |" for kind, sent in figures["sent"].items()]
    lines += [
        "",
        "Refused as they had to be, by the contract's or the node's error: " + _counted(figures["errors"]) + ".",
        "",
        _BOUNDS,
        "## The machine",
        "",
        *(f"- {line}" for line in figures["machine"]),
        "",
    ]
    return "\n".join(lines)


_BOUNDS = f"""## What is checked

- Each operation in the clients' journal (on the disk before the next step) is final and its event is on the ledger \
exactly once, or it failed with a named error and has no event. Every event has its operation, or its decision.
- What was accepted is known and settles; what is settled stays so. What was final when it was read is told the same \
at the end, byte for byte. A later block never shows an older version.
- The index's digest equals that of an index made anew. The node's answers for every DID, list and batch, and every \
view of the contracts, equal what an independent model makes of the logs. The ledger's journal replays to the same \
hashes.
- Memory: node and supervisor below {NODE_MIB_MAX:.0f} MiB, and in the last third of the run at most {GROWTH_MAX} \
times the first third plus {GROWTH_ROOM_MIB:.0f} MiB; the engine below {ENGINE_MIB_BASE:.0f} MiB and \
{ENGINE_KIB_A_BLOCK:.0f} KiB a block.
- After each fault everything is ready again within three minutes.
"""
