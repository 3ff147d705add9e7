"""Published lists as a verifier uses them: where they are fetched, and how they are held against the ledger."""

from registry_client.published.places import FolderPlace, ListPlace, NodePlace
from registry_client.published.reader import RETRY_S, PublishedLists

__all__ = ["RETRY_S", "FolderPlace", "ListPlace", "NodePlace", "PublishedLists"]
