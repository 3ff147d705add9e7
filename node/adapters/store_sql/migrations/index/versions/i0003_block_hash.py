"""A DID's version names the block that it is in. What is there already cannot say it: the index fills itself anew."""

import sqlalchemy as sa
from alembic import op

revision = "i0003"
down_revision = "i0002"

_BYTES = ("did_id", "controller", "guardian", "salt", "key", "history_digest", "block_hash", "transaction_hash")
_NUMBERS = ("version", "kind", "state", "block_time", "created_at", "block_number", "log_index", "seen_block")


def upgrade() -> None:
    """Make the table anew; INDEX_VERSION was raised with it, so everything else is emptied at the start."""
    op.drop_index("did_versions_seen", "did_versions")
    op.drop_table("did_versions")
    op.create_table(
        "did_versions",
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in _BYTES),
        *(sa.Column(name, sa.BigInteger(), nullable=False, autoincrement=False) for name in _NUMBERS),
        sa.Column("document", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("did_id", "version"),
    )
    op.create_index("did_versions_seen", "did_versions", ["seen_block"])
