"""The two databases of a node for tests of stores: the same test runs on both."""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

from node.adapters.store_sql.engine import open_engine
from tests.support.postgresql import Cluster


@dataclass
class Database:
    """Where one test keeps its stores. `url`: empty for SQLite."""

    folder: Path
    cluster: Cluster | None = None
    url: str = ""
    _opened: list[Engine] = field(default_factory=list)
    _others: dict[str, str] = field(default_factory=dict)

    @property
    def is_postgresql(self) -> bool:
        return self.cluster is not None

    @property
    def settings(self) -> dict[str, str]:
        """What a node's settings say about it."""
        return {"database": self.url} if self.url else {}

    def index(self, name: str = "index") -> Engine:
        """An engine on an index of that name; the same name is the same index."""
        return self._engine(name, "mapae_index", durable=False)

    def outbox(self, name: str = "outbox") -> Engine:
        """An engine on an outbox."""
        return self._engine(name, "mapae_outbox", durable=True)

    def _engine(self, name: str, schema: str, *, durable: bool) -> Engine:
        if self.cluster is None:
            path = self.folder / "node" / f"{name}.sqlite"
            engine = open_engine(path, synchronous="FULL" if durable else "NORMAL")
        else:
            from node.adapters.store_sql.postgresql import Access, open_postgresql

            url = self.url if name in {"index", "outbox"} else self._others.setdefault(name, "") or self._new(name)
            engine = open_postgresql(url, Access(schema=schema, pool_size=4, is_durable=durable))
        self._opened.append(engine)
        return engine

    def _new(self, name: str) -> str:
        assert self.cluster is not None
        self._others[name] = self.cluster.create()
        return self._others[name]

    def close(self) -> None:
        """Close what was opened; leave empty databases to the next test."""
        for engine in self._opened:
            engine.dispose()
        if self.cluster is not None and self.cluster.process is not None:
            for url in (self.url, *filter(None, self._others.values())):
                self.cluster.give_back(url)
