"""Bring the tables to what this program expects: alembic revisions, one line for the index, one for the outbox.

- At every start, and by `mapae-node database upgrade`. One process at a time; all steps of a part in one transaction.
- The first revision makes tables that are missing and leaves those that are there: a database from before revisions
  were counted is taken over as it is.
- A database with a revision that this program does not know belongs to a newer one and is refused.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.schema import CreateSchema

from node.adapters.store_sql.engine import is_postgresql, one_at_a_time, writing
from registry_client.errors import ConfigurationError

_FOLDER: Final = Path(__file__).with_name("migrations")
INDEX: Final = "index"
OUTBOX: Final = "outbox"


class NewerDatabaseError(ConfigurationError):
    """The database was used by a newer program."""


@dataclass(frozen=True, slots=True)
class Revision:
    """Where a database stands, and where this program wants it; `found` is None where there are no tables yet."""

    found: str | None
    wanted: str

    @property
    def is_current(self) -> bool:
        """Whether nothing is to be done."""
        return self.found == self.wanted


def revision(engine: Engine, part: str) -> Revision:
    """Return where a database stands. Raises StoreUnavailableError."""
    with engine.begin() as db:
        return Revision(_found(db), _wanted(part))


def upgrade(engine: Engine, part: str) -> Revision:
    """Make or change the tables of one part; return where they stood before.

    Raises NewerDatabaseError, StoreUnavailableError; then nothing was changed.
    """
    before = revision(engine, part)
    if before.is_current:
        return before
    with writing(engine).begin() as db:
        one_at_a_time(db, f"migrate {part}")
        if is_postgresql(db) and (schema := db.get_execution_options().get("mapae_schema")):
            db.execute(CreateSchema(schema, if_not_exists=True))
        before = Revision(_found(db), _wanted(part))
        _require_known(before, part)
        if not before.is_current:
            _run(db, part)
    return before


def _run(db: Connection, part: str) -> None:
    from alembic.runtime.environment import EnvironmentContext

    config, script = _script(part)
    steps = EnvironmentContext(config, script, fn=lambda found, _context: script._upgrade_revs("head", found))  # noqa: SLF001 - what alembic's own `upgrade` command gives
    with steps:
        steps.configure(connection=db)
        steps.run_migrations()


def _found(db: Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(db).get_current_revision()


def _wanted(part: str) -> str:
    head = _script(part)[1].get_current_head()
    if head is None:
        raise RuntimeError(f"the program has no revisions of the {part}")
    return str(head)


def _require_known(found: Revision, part: str) -> None:
    known = {step.revision for step in _script(part)[1].walk_revisions()}
    if found.found is None or found.found in known:
        return
    remedy = (
        "or rebuild the index with this one (`mapae-node index rebuild`)"
        if part == INDEX
        else "or go back to the backup of the outbox that was made before the newer one ran"
    )
    raise NewerDatabaseError(
        f"the {part}'s tables are at revision {found.found} and this program knows them up to {found.wanted}: "
        f"run the newer program that changed them, {remedy}",
        part=part,
        found=found.found,
        known=found.wanted,
    )


@lru_cache(maxsize=2)
def _script(part: str) -> tuple[Any, Any]:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_FOLDER / part).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config, ScriptDirectory.from_config(config)
