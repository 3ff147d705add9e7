"""An index that began with nothing says so until it has reached the ledger; one that is there already was whole."""

import sqlalchemy as sa
from alembic import op

revision = "i0005"
down_revision = "i0004"


def upgrade() -> None:
    """Add the block that the index has yet to reach, 0 for none."""
    op.add_column("cursor", sa.Column("fills_to", sa.BigInteger(), nullable=False, server_default="0"))
