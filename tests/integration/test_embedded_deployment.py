"""What a person reads when the embedded ledger does not let the deployer in."""

from pathlib import Path

import pytest

from node.embedded.launcher import start_ledger
from node.services.deployment import deploy
from registry_client.errors import LedgerUnavailableError

pytestmark = pytest.mark.chain


def test_refused_deployment_repeats_the_ledgers_sentence_and_nothing_of_its_form(tmp_path: Path) -> None:
    with start_ledger(tmp_path) as ledger, pytest.raises(LedgerUnavailableError) as refused:
        deploy(
            ledger.url,
            network=ledger.network,
            members=[b"\x01" + bytes([number]) * 20 for number in (1, 2, 3)],
            threshold=2,
            delay_s=1,
            development=True,
            key=bytes(31) + b"\x01",
        )
    assert refused.value.detail == (
        f"the ledger at {ledger.url} did not take the deployment: "
        "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf is not a known relayer of this ledger; "
        "run the same command again to go on"
    )
