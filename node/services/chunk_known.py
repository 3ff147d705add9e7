"""What an event of a chunk may rest on: the index as it is, and the chunk's facts before it."""

from node.domain import fact
from node.domain.projection import first_ops_head
from node.ports import IndexStore


class ChunkKnown:
    """Implements node.domain.projection.Known for the events of one chunk, in their order."""

    def __init__(self, store: IndexStore) -> None:
        self._store = store
        self._versions: dict[bytes, fact.DidVersion] = {}
        self._heads: dict[bytes, bytes] = {}
        self._services: dict[tuple[bytes, bytes], fact.Service] = {}
        self._admissions: dict[bytes, fact.Admission] = {}
        self._terms: dict[tuple[bytes, int, bytes], fact.RoleTerm] = {}
        self._owners: dict[tuple[str, bytes], bytes] = {}

    def add(self, item: fact.Fact) -> None:
        """Take a fact of this chunk into account for the events after it."""
        if isinstance(item, fact.DidVersion):
            self._versions[item.did_id] = item
        elif isinstance(item, fact.StatusChange):
            self._heads[item.list_id] = item.ops_head
        elif isinstance(item, fact.StatusList):
            self._owners["list", item.list_id] = item.owner
        elif isinstance(item, fact.Schema):
            self._owners["type", item.type_id] = item.owner
        elif isinstance(item, fact.Service):
            self._services[item.type_id, item.code] = item
        elif isinstance(item, fact.Admission):
            self._admissions[item.agency] = item
        elif isinstance(item, fact.RoleTerm):
            self._terms[item.agency, item.role, item.grantee] = item

    def last_version(self, did_id: bytes) -> fact.DidVersion | None:
        return self._versions.get(did_id) or self._store.last_version(did_id)

    def ops_head(self, list_id: bytes) -> bytes | None:
        if ("list", list_id) in self._owners and list_id not in self._heads:
            return first_ops_head(list_id)
        return self._heads.get(list_id) or self._store.ops_head(list_id)

    def last_service(self, type_id: bytes, code: bytes) -> fact.Service | None:
        return self._services.get((type_id, code)) or self._store.last_service(type_id, code)

    def last_admission(self, agency: bytes) -> fact.Admission | None:
        return self._admissions.get(agency) or self._store.last_admission(agency)

    def last_term(self, agency: bytes, role: int, grantee: bytes) -> fact.RoleTerm | None:
        return self._terms.get((agency, role, grantee)) or self._store.last_term(agency, role, grantee)

    def owner_of(self, kind: str, key: bytes) -> bytes | None:
        return self._owners.get((kind, key)) or self._store.owner_of(kind, key)
