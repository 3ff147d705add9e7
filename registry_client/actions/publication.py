"""Publish a status list: read the words, sign them, anchor their digest, hand them to the node; once or for ever."""

import time
from collections.abc import Callable
from typing import Any, Final

from registry_client.actions.desk import Desk, Party
from registry_client.core.encoding import encode_hex
from registry_client.core.keys import Signer
from registry_client.core.status import list_url
from registry_client.errors import LedgerUnavailableError, NodeRefusedError, StatusListMalformedError
from registry_client.publisher import ListPublisher, must_anchor
from registry_client.registry import Registry

CONFLICT: Final = 409


def publish(
    desk: Desk, registry: Registry, publisher: ListPublisher, *, list_id: bytes, operator: Signer
) -> dict[str, Any]:
    """Publish a list as it is now. `operator`: the controller's or a StatusOperator's key, which anchors.

    Raises StatusListMalformedError, LedgerRevertedError, NodeRefusedError, LedgerUnavailableError.
    """
    known = registry.status(list_id)
    if known is None:
        raise StatusListMalformedError(
            "the ledger has no such status list: open one with `mapae status open`", list=encode_hex(list_id)
        )
    snapshot = publisher.snapshot_of(known)
    anchored = must_anchor(known, snapshot)
    if anchored:
        message = {"list": list_id, "seq": snapshot.seq, "digest": snapshot.digest}
        desk.send(desk.sign("AnchorSnapshot", message, Party("operator", operator, publisher.owner)))
    answer = desk.node.publish(list_id, publisher.sign(snapshot, now=desk.now()))
    return {**answer, "anchored": anchored, "url": list_url(list_id, host=publisher.host)}


def watch(
    desk: Desk,
    registry: Registry,
    publisher: ListPublisher,
    *,
    list_id: bytes,
    operator: Signer,
    every_s: float,
    told: Callable[[str, dict[str, Any]], None],
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Publish whenever it is due, until interrupted. An outage is told and waited out; a refusal is raised.

    `told`: called with ("published", answer) or ("waiting", {reason}). `pause`: waits the given seconds.
    """
    published_seq: int | None = None
    signed_at = 0
    while True:
        try:
            known = registry.status(list_id)
            is_there = _is_published(desk, list_id)
            if known is None or publisher.is_due(
                known, published_seq=published_seq if is_there else None, signed_at=signed_at, now=desk.now()
            ):
                answer = publish(desk, registry, publisher, list_id=list_id, operator=operator)
                published_seq, signed_at = int(answer["seq"]), int(answer["signed_at"])
                told("published", answer)
        except LedgerUnavailableError as error:
            told("waiting", {"reason": error.detail})
        except NodeRefusedError as error:
            if error.status != CONFLICT:  # a change came between reading and handing over: read again
                raise
            told("waiting", {"reason": error.detail})
        pause(every_s)


def _is_published(desk: Desk, list_id: bytes) -> bool:
    """Ask whether the node still has the list: its store is a cache that may have been emptied."""
    ending = list_url(list_id, host="")
    return any(str(url).endswith(ending) for url in desk.node.get("/status").get("status_lists", ()))
