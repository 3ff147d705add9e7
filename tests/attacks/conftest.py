"""What attacks on a registry start from: the standing cast, a check that nothing moved, a node of its own process."""

import contextlib
import json
from collections.abc import Iterator

import pytest

from node.config import Config
from tests.integration.node_support import NodeClient, child_node, eventually
from tests.support.abi import RevertedError
from tests.support.chain import Registry
from tests.support.story import Story, tell


@pytest.fixture
def story(registry: Registry) -> Story:
    """Council, ministry, agency, its desks, a status list and a phone, on a ledger that is put back afterwards."""
    return tell(registry)


class Refused:
    """Collects that every attempt inside was refused, by the named error, and left no event behind."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    @contextlib.contextmanager
    def by(self, error: str) -> Iterator[None]:
        before = len(self.registry.logs())
        with pytest.raises(RevertedError) as refusal:
            yield
        assert refusal.value.name == error
        assert len(self.registry.logs()) == before


@pytest.fixture
def refused(registry: Registry) -> Refused:
    return Refused(registry)


@contextlib.contextmanager
def separate_node(config: Config, token: str) -> Iterator[NodeClient]:
    """Run `mapae-node run` as an operator would, with its log in the home; wait until it is ready."""
    log = config.path(config.log_file)

    def port() -> int | None:
        records = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return next((record["port"] for record in records if record["event"] == "serving"), None)

    with child_node(config.home, config.home / "child.out", "run", "--port", "0"):
        client = NodeClient(f"http://127.0.0.1:{eventually(port, what='a node that serves')}", token)
        eventually(client.is_ready, what="a node that is ready")
        yield client
        client.http.close()
