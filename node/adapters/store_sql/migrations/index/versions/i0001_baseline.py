"""The index as it was before revisions were counted."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "i0001"
down_revision = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_PLACE = "block_number:i log_index:i seen_block:i"
_AT = "block_number log_index"

_FACTS = {
    "did_versions": (
        (
            "did_id:b version:i kind:i state:i controller:b guardian:b salt:b key:b document:n history_digest:b "
            "block_time:i transaction_hash:b created_at:i"
        ),
        "did_id version",
    ),
    "compromises": ("did_id:b thumbprint:b since:i reporter:b by:b", f"did_id thumbprint {_AT}"),
    "admissions": ("agency:b sponsor:b valid_from:i valid_until:i by:b", f"agency {_AT}"),
    "role_terms": ("agency:b role:i grantee:b valid_from:i valid_until:i by:b", f"agency role grantee {_AT}"),
    "grants": (
        (
            "agency:b type_id:b seq:i grantor:b grantor_seq:i depth:i may_issue:f may_accredit:f valid_from:i "
            "valid_until:i by:b"
        ),
        "agency type_id seq",
    ),
    "grant_ends": ("agency:b type_id:b seq:i ended_at:i by:b", f"agency type_id seq {_AT}"),
    "issuances": ("agency:b seq:i root:b count:i digest:b by:b block_time:i", "agency seq"),
    "status_lists": ("list_id:b owner:b registry:b by:b", "list_id"),
    "status_changes": (
        "list_id:b seq:i op:i first_word:i masks:b ops_head:b by:b block_time:i",
        "list_id seq",
    ),
    "snapshots": ("list_id:b seq:i digest:b by:b", "list_id seq"),
    "schemas": ("type_id:b version:i owner:b vct:t digest:b document:b block_time:i by:b", "type_id version"),
    "services": (
        "type_id:b code:b version:i verifier:b valid_from:i valid_until:i ended_at:i digest:b document:b by:b",
        f"type_id code version {_AT}",
    ),
    "council_terms": ("epoch:i members:b threshold:i", _AT),
    "proposals": ("proposal:b epoch:i kind:i arguments:b salt:b", f"proposal epoch {_AT}"),
    "proposal_steps": ("proposal:b epoch:i step:t member:b choice:i ready_at:i", f"proposal {_AT}"),
    "council_pauses": ("member:b until:i", _AT),
    "directory_entries": ("name:t generation:i address:b code_hash:b layout_id:b", "name generation"),
    "spent_nonces": ("contract:t owner:b nonce_key:b nonce_seq:i event_type:t", "contract owner nonce_key nonce_seq"),
    "events": ("block_time:i transaction_hash:b contract:t type:t fields:t subjects:b", _AT),
    "event_subjects": ("did_id:b", f"did_id {_AT}"),
}
_OTHERS = {
    "status_words": ("list_id:b word:i value:b", "list_id word"),
    "blocks": ("number:i hash:b parent_hash:b time:i", "number"),
    "cursor": (
        (
            "id:i head_number:i head_hash:b head_parent:b head_time:i final_number:i final_hash:b final_parent:b "
            "final_time:i"
        ),
        "id",
    ),
    "meta": ("name:t value:t", "name"),
}


def upgrade() -> None:
    """Make what is missing."""
    for name, (specs, key) in _FACTS.items():
        _make(name, f"{specs} {_PLACE}", key)
        op.create_index(f"{name}_seen", name, ["seen_block"], if_not_exists=True)
    for name, (specs, key) in _OTHERS.items():
        _make(name, specs, key)
    _make_published_lists()
    op.create_index("schemas_vct", "schemas", ["vct"], if_not_exists=True)
    op.create_index("events_type", "events", ["type", "block_number", "log_index"], if_not_exists=True)
    op.create_index("events_transaction", "events", ["transaction_hash"], if_not_exists=True)


def _make(name: str, specs: str, key: str) -> None:
    """Make a table from specs `name:b|n|i|t|f` (bytes, bytes or null, integer, text, flag)."""
    kinds: dict[str, Any] = {
        "b": sa.LargeBinary(),
        "n": sa.LargeBinary(),
        "i": sa.BigInteger(),
        "t": _TEXT,
        "f": sa.Boolean(),
    }
    columns = []
    for spec in specs.split():
        column, kind = spec.split(":")
        columns.append(sa.Column(column, kinds[kind], nullable=kind == "n", autoincrement=False))
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key.split()), if_not_exists=True)


def _make_published_lists() -> None:
    op.create_table(
        "published_lists",
        sa.Column("list_id", sa.LargeBinary(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ttl_s", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "form"),
        if_not_exists=True,
    )
