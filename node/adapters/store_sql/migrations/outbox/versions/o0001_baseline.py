"""The outbox as it was before revisions were counted."""

import sqlalchemy as sa
from alembic import op

revision = "o0001"
down_revision = None


def upgrade() -> None:
    """Make what is missing."""
    op.create_table(
        "operations",
        sa.Column("arrival", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("operation_id", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("calldata", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("transaction_hash", sa.LargeBinary()),
        sa.Column("position", sa.BigInteger()),
        sa.Column("block_number", sa.BigInteger()),
        sa.Column("gas", sa.BigInteger()),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("arrival"),
        sa.UniqueConstraint("operation_id"),
        if_not_exists=True,
    )
    op.create_index("operations_open", "operations", ["state", "arrival"], if_not_exists=True)
    op.create_index("operations_transaction", "operations", ["transaction_hash"], if_not_exists=True)
    op.create_table(
        "transactions",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("relayer", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("gas", sa.BigInteger(), nullable=False),
        sa.Column("gas_price", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger()),
        sa.PrimaryKeyConstraint("hash"),
        if_not_exists=True,
    )
    op.create_index("transactions_pending", "transactions", ["state", "nonce"], if_not_exists=True)
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    _make_tokens()
    op.create_table(
        "registrations",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("keys", sa.LargeBinary(), nullable=False),
        sa.Column("operation", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job_id"),
        if_not_exists=True,
    )
    op.create_index("registrations_label", "registrations", ["label", "expires_at"], if_not_exists=True)


def _make_tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("quota_per_day", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("digest"),
        sa.UniqueConstraint("label"),
        if_not_exists=True,
    )
    op.create_table(
        "token_usage",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "day"),
        if_not_exists=True,
    )
