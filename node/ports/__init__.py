"""What the node's services need from outside, as Protocols, and the values that cross."""

from node.ports.index import (
    Chunk,
    DidHead,
    EventQuery,
    HotReads,
    IndexFillingError,
    IndexReads,
    IndexStore,
    IndexView,
    NotIndexedError,
)
from node.ports.ledger import ChainReader, RangeTooLargeError, Receipt, RevertedError
from node.ports.outbox import Freshness, NewOperation, Outbox, PublishedStore, Queue, RegistrationStore, TokenStore
from node.ports.store import Lease, LeaseLostError, StoreUnavailableError

__all__ = [
    "ChainReader",
    "Chunk",
    "DidHead",
    "EventQuery",
    "Freshness",
    "HotReads",
    "IndexFillingError",
    "IndexReads",
    "IndexStore",
    "IndexView",
    "Lease",
    "LeaseLostError",
    "NewOperation",
    "NotIndexedError",
    "Outbox",
    "PublishedStore",
    "Queue",
    "RangeTooLargeError",
    "Receipt",
    "RegistrationStore",
    "RevertedError",
    "StoreUnavailableError",
    "TokenStore",
]
