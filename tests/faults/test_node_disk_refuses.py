"""The disk refuses the node's writes (EIO, ENOSPC): it says so, serves nothing wrong, and goes on when it can."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.faults.node_world import CALLS, NodeWorld, node_world
from tests.integration.node_support import eventually
from tests.support.chain import Registry
from tests.support.strace import EIO, ENOSPC, injected, require_strace

pytestmark = [pytest.mark.chain, pytest.mark.slow, pytest.mark.timeout(1800)]

SAMPLE = {EIO: {"pwrite64": (1, 5), "fdatasync": (1,)}, ENOSPC: {"pwrite64": (2, 7)}}
SETTLE_S = 120.0
STORAGE = 74
"""Exit code of a command that could not write a file of its home."""


@pytest.fixture
def world(registry: Registry, tmp_path: Path) -> Iterator[NodeWorld]:
    require_strace()
    with node_world(registry, tmp_path) as made:
        yield made


def test_one_refused_call_costs_nothing(world: NodeWorld, tmp_path: Path, *, long_form: bool) -> None:
    """Each call of a commit fails once by each fault, in the one process that takes, relays and indexes."""
    failed: set[str] = set()
    with world.whole() as node:
        for fault, call in [(kind, call) for kind in SAMPLE for call in (CALLS if long_form else SAMPLE[kind])]:
            for number in count(1) if long_form else SAMPLE[fault][call]:
                log = tmp_path / f"{fault}-{call}-{number}.strace"
                with injected(node.pid, fault, calls=[call], when=str(number), paths=world.paths, log=log):
                    world.client.wait([world.submit(world.next_operation())])
                    eventually(world.is_caught_up, what="an idle node", timeout_s=SETTLE_S)
                assert node.poll() is None, world.log.read_text()[-2000:]
                hit = "(INJECTED)" in log.read_text()
                failed |= {fault} if hit else set()
                if long_form and not hit:
                    break
        world.check_all()
    assert failed == set(SAMPLE)


def test_full_disk_is_said_and_left_behind(world: NodeWorld, tmp_path: Path) -> None:
    """Every write fails for a while: reasons, no wrong state, and everything carried when there is room again."""
    with world.whole() as node:
        world.client.wait([world.submit(world.next_operation())])
        before = world.client.get(f"/v1/dids/{world.agency.did}")["version"]
        update = world.next_operation()
        with injected(node.pid, ENOSPC, calls=["pwrite64"], when="1+", paths=world.paths, log=tmp_path / "full.strace"):
            refused = world.client.post(update)
            assert refused.status_code == 503
            assert refused.json()["type"].endswith("/store-unavailable")
            world.agency.registry.submit(update.kind, dict(update.message), world.agency.controller)
            reasons = eventually(lambda: not_ready(world), what="a node that says that it is not ready")
            assert any("free some space" in reason["detail"] for reason in reasons), reasons
            assert world.client.get(f"/v1/dids/{world.agency.did}")["version"] == before
        eventually(world.client.is_ready, what="a node that is ready again", timeout_s=SETTLE_S)
        eventually(
            lambda: world.client.get(f"/v1/dids/{world.agency.did}")["version"] == before + 1, what="the new version"
        )
        world.submit(update)
        world.check_all()


def not_ready(world: NodeWorld) -> list[dict[str, str]]:
    answer = world.client.http.get("/health/ready").json()
    return [reason for reason in answer["reasons"] if reason["code"] == "store_unavailable"]


def test_start_on_a_disk_that_refuses_ends_with_what_to_do(
    world: NodeWorld, tmp_path: Path, *, long_form: bool
) -> None:
    for fault in (ENOSPC, EIO) if long_form else (ENOSPC,):
        require_refusal(world, tmp_path, fault)


def require_refusal(world: NodeWorld, tmp_path: Path, fault: str) -> None:
    command = ["strace", "-f", "-qq", "-o", str(tmp_path / "start.strace"), "-e", "trace=pwrite64"]
    for path in world.paths:
        command += ["-P", str(path.resolve())]
    command += ["-e", f"inject=pwrite64:{fault}:when=1+"]
    began = world.log.stat().st_size if world.log.exists() else 0
    for path in world.paths:
        if "index" in path.name:
            path.unlink(missing_ok=True)
    with world.process("run", "--role", "worker", under=command) as child:
        code = child.wait(180)
    said = world.log.read_text()[began:]
    assert code == STORAGE, said[-2000:]
    assert "Check free space" in said
    assert "Traceback" not in said
