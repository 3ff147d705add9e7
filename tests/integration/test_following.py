"""Those who follow a node's stream: a verifier's facts, and `mapae events --follow` as a process."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registry_client.core.changes import Change
from registry_client.errors import FeatureNotSupportedError
from registry_client.following import following
from registry_client.profile import Profile, write_profile
from registry_client.registry import AsyncRegistry, open_registry
from tests.integration.node_support import WAIT_S, Agency, RunningNode, admitted, eventually, running_node
from tests.support.chain import Registry
from tests.support.rpc_world import profile_of

pytestmark = pytest.mark.chain
START = "from registry_client.cli.main import main; main()"


@pytest.fixture
def agency(registry: Registry) -> Agency:
    return admitted(registry, "ministry")


@pytest.fixture
def node(registry: Registry, agency: Agency, tmp_path: Path) -> Iterator[RunningNode]:
    with running_node(registry, tmp_path / "home") as running:
        assert running.relay_one(agency.create())["state"] == "final"
        yield running


@pytest.fixture
def profile(registry: Registry, node: RunningNode) -> Profile:
    return replace(profile_of(registry), rpc_url=None, node_url=node.url)


async def until(check: Callable[[], Any], what: str) -> None:
    async with asyncio.timeout(WAIT_S):
        while not check():  # noqa: ASYNC110 - the state is polled, nothing announces it
            await asyncio.sleep(0.02)
    assert check(), what


async def test_verifier_drops_what_changed_and_keeps_the_rest(
    node: RunningNode, agency: Agency, profile: Profile
) -> None:
    registry = AsyncRegistry(profile)
    verifier, told = registry.verifier(), []
    facts = verifier.facts

    def latest() -> Awaitable[Any]:
        facts.begin()
        return registry.run(facts.did_version(agency.id))

    try:
        async with following(verifier, profile, keep_s=10_000, tell=told.append):
            await until(lambda: told and told[-1] is not None, "the first message")
            assert (await latest()).version == 1
            assert facts.holds_any
            other = admitted(agency.registry, "another ministry")
            await asyncio.to_thread(node.relay_one, other.create())
            await until(lambda: any(other.id in change.dids for change in told if change), "the other's creation")
            assert ("did", agency.id, None, None) in facts._facts
            await asyncio.to_thread(node.relay_one, agency.update(1, "issue-2"))
            await until(lambda: any(agency.id in change.dids for change in told if change), "the update")
            await until(lambda: ("did", agency.id, None, None) not in facts._facts, "the old version is dropped")
            assert (await latest()).version == 2
        assert not facts.holds_any
        assert facts._keep_s == 1.0
    finally:
        await registry.aclose()


async def test_verifier_falls_back_when_the_node_is_gone_and_returns_with_it(
    registry: Registry, agency: Agency, tmp_path: Path
) -> None:
    told: list[Change | None] = []
    with running_node(registry, tmp_path / "one") as node:
        profile = replace(profile_of(registry), rpc_url=None, node_url=node.url)
        client = AsyncRegistry(profile)
        verifier = client.verifier()
        follower = contextlib.AsyncExitStack()
        await follower.enter_async_context(following(verifier, profile, keep_s=10_000, tell=told.append))
        await until(lambda: told and told[-1] is not None, "the first message")
        assert verifier.facts._keep_s == 10_000
    try:
        await until(lambda: told[-1] is None, "the end of the stream is noticed")
        assert verifier.facts._keep_s == 1.0
        assert not verifier.facts.holds_any
    finally:
        await follower.aclose()
        await client.aclose()


def test_verifier_in_this_thread_drops_what_changed(node: RunningNode, agency: Agency, profile: Profile) -> None:
    """The same for the synchronous verifier: what its follower heard is heeded before the next verdict."""
    told: list[Change | None] = []
    with open_registry(profile) as registry:
        verifier = registry.verifier()
        facts = verifier.facts

        def latest() -> Any:
            facts.begin()
            return registry.run(facts.did_version(agency.id))

        with following(verifier, profile, keep_s=10_000, tell=told.append):
            eventually(lambda: told and told[-1] is not None, what="the first message")
            assert latest().version == 1
            assert facts._keep_s == 10_000
            other = admitted(agency.registry, "another ministry")
            node.relay_one(other.create())
            eventually(lambda: any(other.id in change.dids for change in told if change), what="the other's creation")
            facts.begin()
            assert ("did", agency.id, None, None) in facts._facts
            node.relay_one(agency.update(1, "issue-2"))
            eventually(lambda: any(agency.id in change.dids for change in told if change), what="the update")
            facts.begin()
            assert ("did", agency.id, None, None) not in facts._facts
            assert latest().version == 2
        facts.begin()
        assert not facts.holds_any
        assert facts._keep_s == 1.0
        assert not any(thread.name == "following" for thread in threading.enumerate())


def test_verifier_in_this_thread_falls_back_when_the_node_is_gone(
    registry: Registry, agency: Agency, tmp_path: Path
) -> None:
    told: list[Change | None] = []
    with contextlib.ExitStack() as follower:
        with running_node(registry, tmp_path / "one") as node:
            profile = replace(profile_of(registry), rpc_url=None, node_url=node.url)
            facts = (verifier := follower.enter_context(open_registry(profile)).verifier()).facts
            follower.enter_context(following(verifier, profile, keep_s=10_000, tell=told.append))
            eventually(lambda: told and told[-1] is not None, what="the first message")
            facts.begin()
            assert facts._keep_s == 10_000
        eventually(lambda: told[-1] is None, what="the end of the stream is noticed")
        facts.begin()
        assert facts._keep_s == 1.0


def test_a_follower_that_breaks_leaves_nothing_kept_for_long(node: RunningNode, profile: Profile) -> None:
    def broken(change: Change | None) -> None:
        raise ValueError("tell is broken")

    with open_registry(profile) as registry:
        verifier = registry.verifier()
        with (
            pytest.raises(ValueError, match="tell is broken"),
            following(verifier, profile, keep_s=10_000, tell=broken),
        ):
            eventually(lambda: not any(item.name == "following" for item in threading.enumerate()), what="its end")
        verifier.facts.begin()
        assert verifier.facts._keep_s == 1.0


def test_who_reads_the_ledger_has_nothing_to_follow_in_a_thread_either(registry: Registry) -> None:
    with open_registry(profile := profile_of(registry)) as client, pytest.raises(FeatureNotSupportedError):
        following(client.verifier(), profile)


async def test_who_reads_the_ledger_has_nothing_to_follow(registry: Registry) -> None:
    profile = profile_of(registry)
    client = AsyncRegistry(profile)
    with pytest.raises(FeatureNotSupportedError):
        async with following(client.verifier(), profile):
            pass
    await client.aclose()


def test_events_are_told_as_they_come(node: RunningNode, agency: Agency, profile: Profile, tmp_path: Path) -> None:
    path, out = tmp_path / "profile.toml", tmp_path / "out"
    write_profile(profile, path)
    command = [sys.executable, "-c", START, "--profile", str(path), "events", "--last", "1", "--follow"]
    with out.open("wb") as sink:
        child = subprocess.Popen(
            [*command, "--json"], stdout=sink, stderr=subprocess.DEVNULL, start_new_session=True, env=os.environ
        )

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in out.read_bytes().splitlines()]

    try:
        eventually(lambda: len(lines()) == 1 or child.poll() is not None, what="the newest event")
        assert lines()[0]["type"] == "OrganisationCreated"
        node.relay_one(agency.update(1, "issue-2"))
        eventually(lambda: len(lines()) == 2 or child.poll() is not None, what="the update")
        node.relay_one(agency.update(2, "issue-3"))
        eventually(lambda: len(lines()) == 3 or child.poll() is not None, what="the second update")
        assert [line["type"] for line in lines()][1:] == ["DocumentUpdated"] * 2
        assert len({line["position"] for line in lines()}) == 3
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
