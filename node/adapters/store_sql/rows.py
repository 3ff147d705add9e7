"""Rows to facts and back: a fact's fields are its table's columns."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from operator import attrgetter, itemgetter
from typing import Any, Final, TypeVar

from node.adapters.store_sql.tables import TABLE_OF, events
from node.domain.fact import Fact

F = TypeVar("F", bound=Fact)

ID_LENGTH: Final = 20
FIELD_NAMES: Final = {kind: tuple(field.name for field in fields(kind)) for kind in TABLE_OF}
"""The columns of each fact's table, in the order of its fields."""

ROW_OF: Final[Mapping[type[Fact], Callable[[Fact], tuple[Any, ...]]]] = {
    kind: attrgetter(*table.columns.keys()) for kind, table in TABLE_OF.items()
}
"""A fact as a row: its values in the order of its table's columns."""
EVENT_ROW: Final[Callable[[Mapping[str, Any]], tuple[Any, ...]]] = itemgetter(*events.columns.keys())
"""An event's values in the order of its table's columns."""


def fact_of(kind: type[F], row: Any) -> F:
    """Make a fact of a row of its table."""
    return kind(**{name: getattr(row, name) for name in FIELD_NAMES[kind]})


def split_ids(joined: bytes) -> Iterator[bytes]:
    """Take 20-byte ids that were stored end to end apart."""
    return (joined[at : at + ID_LENGTH] for at in range(0, len(joined), ID_LENGTH))
