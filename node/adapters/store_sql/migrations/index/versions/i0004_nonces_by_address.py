"""Nonces are counted by a contract's address: its successor counts its own. The index fills itself anew."""

import sqlalchemy as sa
from alembic import op

revision = "i0004"
down_revision = "i0003"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBERS = ("nonce_seq", "block_number", "log_index", "seen_block")


def upgrade() -> None:
    """Make the table anew; INDEX_VERSION was raised with it, so everything else is emptied at the start."""
    op.drop_index("spent_nonces_seen", "spent_nonces")
    op.drop_table("spent_nonces")
    op.create_table(
        "spent_nonces",
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("registry", "owner", "nonce_key")),
        *(sa.Column(name, sa.BigInteger(), nullable=False, autoincrement=False) for name in _NUMBERS),
        sa.Column("event_type", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("registry", "owner", "nonce_key", "nonce_seq"),
    )
    op.create_index("spent_nonces_seen", "spent_nonces", ["seen_block"])
