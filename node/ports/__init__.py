"""What the node's services need from outside, as Protocols, and the values that cross."""

from node.ports.index import Chunk, DidHead, EventQuery, HotReads, IndexReads, IndexStore, IndexView, NotIndexedError
from node.ports.ledger import ChainReader, RangeTooLargeError, Receipt, RevertedError
from node.ports.outbox import NewOperation, Outbox, PublishedStore, RegistrationStore, TokenStore
from node.ports.store import Lease, LeaseLostError, StoreUnavailableError

__all__ = [
    "ChainReader",
    "Chunk",
    "DidHead",
    "EventQuery",
    "HotReads",
    "IndexReads",
    "IndexStore",
    "IndexView",
    "Lease",
    "LeaseLostError",
    "NewOperation",
    "NotIndexedError",
    "Outbox",
    "PublishedStore",
    "RangeTooLargeError",
    "Receipt",
    "RegistrationStore",
    "RevertedError",
    "StoreUnavailableError",
    "TokenStore",
]
