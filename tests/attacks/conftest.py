"""What attacks on a registry start from: the standing cast, and a check that nothing moved."""

import contextlib
from collections.abc import Iterator

import pytest

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
