"""What the ledger says of credentials before the book is believed."""

from types import SimpleNamespace

from registry_client.actions.credential import revoked_meanwhile
from registry_client.core.status import StatusReference
from tests.simulators.ledger import NoTransport
from tests.simulators.world import World


def entry(world, index, standing="valid", list_id=None):
    return SimpleNamespace(standing=standing, status=StatusReference(list_id or world.list_id, index))


def test_only_what_the_book_does_not_know_is_found_and_each_list_is_read_once():
    from registry_client.flows import run

    world = World()
    world.ledger.set_bit(world.list_id, 1)
    world.ledger.set_bit(world.list_id, 2)
    asked = []

    def status(list_id):
        asked.append(list_id)
        return run(world.ledger.status_list(list_id), NoTransport())

    known, unknown, good = entry(world, 1, "revoked"), entry(world, 2, "suspended"), entry(world, 3)
    lost = entry(world, 1, list_id=b"\7" * 32)  # a list that the ledger does not have says nothing
    found = revoked_meanwhile(SimpleNamespace(status=status), [known, unknown, good, lost])
    assert found == [unknown]
    assert len(asked) == 2
