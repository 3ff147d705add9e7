"""Random histories on a real ledger: the logs alone, replayed into the plain model, give every state that is stored.

- The machine tries operations of every kind, by those who may and those who may not, over several generations.
- Afterwards the model has to agree with the contracts' views, and with every storage cell of all their accounts: cells
  are computed by the formulas of docs/storage.md, and neither side may have one more.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from node.services.artifacts import PEERS
from tests.contracts.history_authority import Authorities, Identities
from tests.contracts.history_records import Governance, Records
from tests.simulators.model import ORGANISATION
from tests.support.abi import contract_abi
from tests.support.cells import Replay, require_same_cells
from tests.support.chain import Registry, did_id, salt_of
from tests.support.story import tell

pytestmark = [pytest.mark.chain, pytest.mark.slow]

EXAMPLES = int(os.environ.get("MAPAE_MODEL_EXAMPLES", "12"))
STEPS = 60


class History(Identities, Authorities, Records, Governance):
    """Everything at once; what the contracts refuse simply does not happen."""


def event_names(contract: str) -> set[str]:
    """Events that a contract can emit; the network's name never changes, so EIP-712's own is never seen."""
    return {item["name"] for item in contract_abi(contract).events.values()} - {"EIP712DomainChanged"}


def test_logs_alone_rebuild_every_state(founded: Registry) -> None:
    History.origin = founded
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="MAPAE_MODEL_EXAMPLES" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
            # A history takes seconds: a failing one is shown as it is, unless somebody asks for a shorter one.
            phases=[Phase.generate, *([Phase.shrink] if "MAPAE_MODEL_SHRINK" in os.environ else [])],
            print_blob=False,
        ),
    )

    silent = {name for contract in PEERS for name in event_names(contract)} - set(History.seen)
    assert silent == set(), f"no history had {silent}; the machine does not reach what it is for"


def test_a_told_story_is_rebuilt_from_its_logs(registry: Registry) -> None:
    story = tell(registry)
    replay = Replay(registry)
    replay.advance()
    assert replay.model.records[story.agency_id].version == 1
    assert did_id(ORGANISATION, story.agency.controller, salt_of("agency")) == story.agency_id
    require_same_cells(registry, replay)
