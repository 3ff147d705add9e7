"""Rows to facts and back: a fact's fields are its table's columns."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final, TypeVar

from node.adapters.store_sql.tables import TABLE_OF
from node.domain.fact import Fact

F = TypeVar("F", bound=Fact)

ID_LENGTH: Final = 20
FIELD_NAMES: Final = {kind: tuple(field.name for field in fields(kind)) for kind in TABLE_OF}
"""The columns of each fact's table, in the order of its fields."""


def fact_of(kind: type[F], row: Any) -> F:
    """Make a fact of a row of its table."""
    return kind(**{name: getattr(row, name) for name in FIELD_NAMES[kind]})


def split_ids(joined: bytes) -> Iterator[bytes]:
    """Take 20-byte ids that were stored end to end apart."""
    return (joined[at : at + ID_LENGTH] for at in range(0, len(joined), ID_LENGTH))
