"""Tables of the index: a fact's columns are its fields (node.domain.fact), its key what makes it unique.

- `seen_block` is indexed everywhere: undoing a block is deleting what came with it.
- `status_words` is the only folded state. Masks hold just the bits that really changed, so XOR both applies and undoes.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Dialect, Index, LargeBinary, MetaData, Table, Text

from node.adapters.store_sql.leases import leases_table
from node.domain import fact

INDEX_VERSION: Final = 3
"""Raised where old rows would be wrong under new code: such an index is rebuilt. Else migrations change the tables."""

index_metadata = MetaData()
ByteOrder: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Texts ordered by their bytes, as SQLite orders them: one index digest for both databases."""


class Bytes(LargeBinary):
    """Bytes as they are: drivers take and give them, so wrapping each value would only cost time."""

    def bind_processor(self, _dialect: Dialect) -> None:
        """Leave values alone on their way in."""

    def result_processor(self, _dialect: Dialect, _coltype: object) -> None:
        """Leave values alone on their way out."""


def _bytes(name: str, *, key: bool = False, null: bool = False) -> Column[bytes]:
    return Column(name, Bytes, primary_key=key, nullable=null)


def _int(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=False, autoincrement=False)


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, ByteOrder, primary_key=key, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _columns(
    specs: Sequence[str], keys: Sequence[str]
) -> list[Column[bytes] | Column[int] | Column[str] | Column[bool]]:
    """Columns from specs `name:b|i|t|f` (bytes, integer, text, flag; `b?` may be null)."""
    columns: list[Column[bytes] | Column[int] | Column[str] | Column[bool]] = []
    for spec in specs:
        name, kind = spec.split(":")
        key = name in keys
        match kind:
            case "i":
                columns.append(_int(name, key=key))
            case "t":
                columns.append(_text(name, key=key))
            case "f":
                columns.append(_flag(name))
            case _:
                columns.append(_bytes(name, key=key, null=kind == "b?"))
    return columns


def _fact_table(name: str, specs: str, *, key: str) -> Table:
    keys = key.split()
    table = Table(
        name,
        index_metadata,
        *_columns([*specs.split(), "block_number:i", "log_index:i", "seen_block:i"], keys),
    )
    Index(f"{name}_seen", table.c.seen_block)
    return table


did_versions = _fact_table(
    "did_versions",
    "did_id:b version:i kind:i state:i controller:b guardian:b salt:b key:b document:b? history_digest:b block_time:i "
    "block_hash:b transaction_hash:b created_at:i",
    key="did_id version",
)
compromises = _fact_table(
    "compromises", "did_id:b thumbprint:b since:i reporter:b by:b", key="did_id thumbprint block_number log_index"
)
admissions = _fact_table(
    "admissions", "agency:b sponsor:b valid_from:i valid_until:i by:b", key="agency block_number log_index"
)
role_terms = _fact_table(
    "role_terms",
    "agency:b role:i grantee:b valid_from:i valid_until:i by:b",
    key="agency role grantee block_number log_index",
)
grants = _fact_table(
    "grants",
    "agency:b type_id:b seq:i grantor:b grantor_seq:i depth:i may_issue:f may_accredit:f valid_from:i valid_until:i "
    "by:b",
    key="agency type_id seq",
)
grant_ends = _fact_table(
    "grant_ends", "agency:b type_id:b seq:i ended_at:i by:b", key="agency type_id seq block_number log_index"
)
issuances = _fact_table("issuances", "agency:b seq:i root:b count:i digest:b by:b block_time:i", key="agency seq")
status_lists = _fact_table("status_lists", "list_id:b owner:b registry:b by:b", key="list_id")
status_changes = _fact_table(
    "status_changes", "list_id:b seq:i op:i first_word:i masks:b ops_head:b by:b block_time:i", key="list_id seq"
)
snapshots = _fact_table("snapshots", "list_id:b seq:i digest:b by:b", key="list_id seq")
schemas = _fact_table(
    "schemas", "type_id:b version:i owner:b vct:t digest:b document:b block_time:i by:b", key="type_id version"
)
services = _fact_table(
    "services",
    "type_id:b code:b version:i verifier:b valid_from:i valid_until:i ended_at:i digest:b document:b by:b",
    key="type_id code version block_number log_index",
)
council_terms = _fact_table("council_terms", "epoch:i members:b threshold:i", key="block_number log_index")
proposals = _fact_table(
    "proposals", "proposal:b epoch:i kind:i arguments:b salt:b", key="proposal epoch block_number log_index"
)
proposal_steps = _fact_table(
    "proposal_steps",
    "proposal:b epoch:i step:t member:b choice:i ready_at:i",
    key="proposal block_number log_index",
)
council_pauses = _fact_table("council_pauses", "member:b until:i", key="block_number log_index")
directory_entries = _fact_table(
    "directory_entries", "name:t generation:i address:b code_hash:b layout_id:b", key="name generation"
)
spent_nonces = _fact_table(
    "spent_nonces",
    "registry:b owner:b nonce_key:b nonce_seq:i event_type:t",
    key="registry owner nonce_key nonce_seq",
)
schema_vct = Index("schemas_vct", schemas.c.vct)

TABLE_OF: Final[Mapping[type[fact.Fact], Table]] = {
    fact.DidVersion: did_versions,
    fact.Compromise: compromises,
    fact.Admission: admissions,
    fact.RoleTerm: role_terms,
    fact.Grant: grants,
    fact.GrantEnd: grant_ends,
    fact.Issuance: issuances,
    fact.StatusList: status_lists,
    fact.StatusChange: status_changes,
    fact.Snapshot: snapshots,
    fact.Schema: schemas,
    fact.Service: services,
    fact.CouncilTerm: council_terms,
    fact.Proposal: proposals,
    fact.ProposalStep: proposal_steps,
    fact.CouncilPause: council_pauses,
    fact.DirectoryEntry: directory_entries,
    fact.SpentNonce: spent_nonces,
}

events = _fact_table(
    "events",
    "block_time:i transaction_hash:b contract:t type:t fields:t subjects:b",
    key="block_number log_index",
)
Index("events_type", events.c.type, events.c.block_number, events.c.log_index)
Index("events_transaction", events.c.transaction_hash)

event_subjects = _fact_table("event_subjects", "did_id:b", key="did_id block_number log_index")

status_words = Table(
    "status_words", index_metadata, _bytes("list_id", key=True), _int("word", key=True), _bytes("value")
)

blocks = Table("blocks", index_metadata, *_columns(["number:i", "hash:b", "parent_hash:b", "time:i"], ["number"]))
"""Headers of blocks with events, of every block that is not final, and of the newest final one."""

cursor = Table(
    "cursor",
    index_metadata,
    *_columns(
        [
            "id:i",
            "head_number:i",
            "head_hash:b",
            "head_parent:b",
            "head_time:i",
            "final_number:i",
            "final_hash:b",
            "final_parent:b",
            "final_time:i",
            "fills_to:i",
        ],
        ["id"],
    ),
)
"""One row: how far the index is; written in the transaction of the rows it speaks for.

`fills_to`: the block that an index that began with nothing has yet to reach before it answers anybody, then 0.
"""

meta = Table("meta", index_metadata, _text("name", key=True), _text("value"))
"""Which ledger this index is of, and the version of these tables."""

leases = leases_table(index_metadata)
"""Who writes the index, where several nodes share it."""

FACT_TABLES: Final = (*TABLE_OF.values(), events, event_subjects)
