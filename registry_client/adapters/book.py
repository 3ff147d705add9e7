"""The issuer's book as one encrypted SQLite file in the agency's custody.

- Made and opened with a passphrase or a 256-bit key; the file is readable by its owner only, or refused.
- Every change is one durable transaction; another process may have the file open and waits its turn.
- Lose the book and its lists are closed: a new book opens another list, so no index is ever given twice.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from registry_client.adapters.book_file import (
    change,
    connect,
    create_private,
    draw_places,
    new_id,
    query,
    require_private,
)
from registry_client.adapters.book_schema import (
    NOT_SIGNED,
    ORDER,
    SCHEMA_VERSION,
    SELECT,
    TABLES,
    entry_of,
    holder_json,
    place_of,
    request_json,
)
from registry_client.adapters.book_seal import KDF_ROUNDS, BookSeal, KeyEnvelope, new_seal, open_seal
from registry_client.core.book import AnchorPlan, BookEntry, IssuanceRequest, SignedLine, Standing
from registry_client.core.issuance import Receipt
from registry_client.errors import BookError

BATCH_MAX: Final = 10_000
"""Lines of one batch: one anchored root, and minutes rather than hours to sign."""
FIND_MAX: Final = 1_000


class IssuerBook:
    """One agency's book; implements `core.book.Book`."""

    def __init__(self, connection: sqlite3.Connection, seal: BookSeal) -> None:
        """Use `create` or `open`."""
        self._sql = connection
        self._seal = seal

    @classmethod
    def create(cls, path: Path, *, agency: str, secret: str | bytes, kdf_rounds: int = KDF_ROUNDS) -> Self:
        """Make a new book. `agency`: the issuing DID. `secret`: passphrase, or 32 bytes. Raises BookError."""
        create_private(path)
        seal, envelope = new_seal(secret, rounds=kdf_rounds)
        book = cls(connect(path), seal)
        meta = {
            "version": b"%d" % SCHEMA_VERSION,
            "agency": agency.encode("utf-8"),
            "salt": envelope.salt,
            "rounds": b"%d" % envelope.rounds,
            "sealed_key": envelope.sealed_key,
        }
        book._sql.executescript(TABLES)
        with change(book._sql):
            book._sql.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        return book

    @classmethod
    def open(cls, path: Path, *, secret: str | bytes) -> Self:
        """Open a book. Raises BookError: missing, readable by others, another version, wrong secret."""
        require_private(path)
        connection = connect(path)
        try:
            meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
            if int(meta["version"]) != SCHEMA_VERSION:
                raise BookError("the book is of another version", version=int(meta["version"]))
            seal = open_seal(secret, KeyEnvelope(meta["salt"], int(meta["rounds"]), meta["sealed_key"]))
        except (sqlite3.DatabaseError, KeyError, ValueError):
            connection.close()
            raise BookError(f"{path} is not an issuer's book", path=str(path)) from None
        except BookError:
            connection.close()
            raise
        return cls(connection, seal)

    def close(self) -> None:
        """Close the file."""
        self._sql.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def agency(self) -> str:
        """The DID whose book this is."""
        value: bytes = query(self._sql, "SELECT value FROM meta WHERE name = 'agency'")[0][0]
        return value.decode("utf-8")

    @property
    def parts(self) -> tuple[sqlite3.Connection, BookSeal]:
        """The open file and its seal, for what else the book keeps (book_hr.py)."""
        return self._sql, self._seal

    # Lists

    def add_list(self, list_id: bytes, *, opened_at: int) -> None:
        """Enter a status list that the ledger has opened; new credentials go to the newest open list."""
        with change(self._sql):
            self._sql.execute("INSERT OR IGNORE INTO lists VALUES (?, ?, NULL)", (list_id, opened_at))

    def close_list(self, list_id: bytes, *, closed_at: int) -> None:
        """Give no more places of a list."""
        with change(self._sql):
            self._sql.execute(
                "UPDATE lists SET closed_at = ? WHERE list_id = ? AND closed_at IS NULL", (closed_at, list_id)
            )

    def lists(self) -> list[tuple[bytes, bool, int]]:
        """Return (list id, open, places given), newest first."""
        rows = query(
            self._sql,
            "SELECT l.list_id, l.closed_at IS NULL, (SELECT count(*) FROM credentials c WHERE c.list_id = l.list_id) "
            "FROM lists l ORDER BY l.opened_at DESC, l.list_id",
        )
        return [(row[0], bool(row[1]), row[2]) for row in rows]

    # Issuing

    def reserve(self, batch: str, requests: Sequence[IssuanceRequest]) -> list[BookEntry]:
        """Enter a batch, each line with a fresh place; the same batch again returns what is there. Raises BookError."""
        if not 0 < len(requests) <= BATCH_MAX:
            raise BookError(f"a batch has 1 to {BATCH_MAX} credentials", count=len(requests))
        tags = [self._seal.tag("request", request_json(request)) for request in requests]
        with change(self._sql):
            known = query(self._sql, "SELECT request_tag FROM credentials WHERE batch = ? ORDER BY line", (batch,))
            before = [row[0] for row in known]
            if before and before != tags:
                raise BookError("this batch was entered with other lines: give the new one another name", batch=batch)
            if not before:
                places = draw_places(self._sql, len(requests))
                for line, (request, tag, place) in enumerate(zip(requests, tags, places, strict=True)):
                    self._insert(batch, line, request, tag, place)
        return self.entries(batch)

    def record_signed(self, lines: Sequence[SignedLine]) -> None:
        """Keep signed credentials in one transaction, all or none; a line is signed once. Raises BookError."""
        rows = [(self._seal.seal(place_of(line.entry_id, "credential"), line.credential), line) for line in lines]
        with change(self._sql):
            for sealed, line in rows:
                done = self._sql.execute(
                    "UPDATE credentials SET progress = 'signed', credential = ?, digest = ?, signed_at = ? "
                    "WHERE id = ? AND progress = 'reserved'",
                    (sealed, line.digest, line.signed_at, line.entry_id),
                )
                if done.rowcount != 1:
                    raise BookError("this line is signed already, or not in the book", id=line.entry_id)

    def plan_anchor(self, plan: AnchorPlan) -> None:
        """Write down what is about to be anchored; replaces a plan whose number somebody else took."""
        with change(self._sql):
            self._sql.execute(
                "INSERT OR REPLACE INTO anchors VALUES (?, ?, ?, ?)", (plan.batch, plan.seq, plan.root, plan.count)
            )

    def anchor_plan(self, batch: str) -> AnchorPlan | None:
        """Return what was planned for a batch, None if nothing was."""
        rows = query(self._sql, "SELECT seq, root, count FROM anchors WHERE batch = ?", (batch,))
        return AnchorPlan(batch=batch, seq=rows[0][0], root=rows[0][1], count=rows[0][2]) if rows else None

    def record_anchored(self, batch: str, receipts: Iterable[tuple[str, Receipt]]) -> None:
        """Keep the receipts of a batch, by entry id."""
        with change(self._sql):
            self._sql.executemany(
                "UPDATE credentials SET progress = 'anchored', receipt = ? WHERE id = ? AND batch = ?",
                [(json.dumps(receipt.to_json()), entry_id, batch) for entry_id, receipt in receipts],
            )

    # Looking up and the life after

    def entries(self, batch: str) -> list[BookEntry]:
        """Return a batch in order; empty if there is none."""
        return self._select("WHERE c.batch = ? ORDER BY c.line", (batch,))

    def entry(self, entry_id: str) -> BookEntry:
        """Return one line. Raises BookError if there is none."""
        found = self._select("WHERE c.id = ?", (entry_id,))
        if not found:
            raise BookError("the book has no such credential", id=entry_id[:64])
        return found[0]

    def find(
        self,
        *,
        reference: str | None = None,
        subject: str | None = None,
        vct: str | None = None,
        standing: Standing | None = None,
        batch: str | None = None,
        limit: int = FIND_MAX,
        after: str | None = None,
    ) -> tuple[list[BookEntry], int]:
        """Return the lines that match everything given, newest first, at most `limit`, and how many more there are.

        `after`: the id of the last line of the page before. Raises BookError if the book has no such line.
        """
        wanted: dict[str, Any] = {"vct": vct, "standing": standing, "batch": batch}
        wanted["reference_tag"] = None if reference is None else self._seal.tag("reference", reference)
        wanted["subject_tag"] = None if subject is None else self._seal.tag("subject", subject)
        given = {column: value for column, value in wanted.items() if value is not None}
        where = " AND ".join(["1", *(f"c.{column} = ?" for column in given)])
        values = list(given.values())
        if after is not None:
            last = self.entry(after)
            where += f" AND ({ORDER}) > (?, ?, ?)"
            values += [NOT_SIGNED if last.signed_at is None else -last.signed_at, last.batch, last.line]
        found = self._select(f"WHERE {where} ORDER BY {ORDER} LIMIT ?", (*values, min(limit, FIND_MAX)))
        count = query(self._sql, f"SELECT count(*) FROM credentials c WHERE {where}", values)[0][0]  # noqa: S608
        return found, count - len(found)

    def set_standing(self, entry_id: str, standing: Standing, *, at: int, reason: str | None = None) -> BookEntry:
        """Note what the ledger now says of a credential, and why. Revoked is for ever: BookError."""
        before = self.entry(entry_id)
        if before.standing == "revoked" and standing != "revoked":
            raise BookError("the credential is revoked, and stays so", id=entry_id)
        sealed = None if reason is None else self._seal.seal(place_of(entry_id, "reason"), reason)
        with change(self._sql):
            self._sql.execute(
                "UPDATE credentials SET standing = ?, reason = ? WHERE id = ?", (standing, sealed, entry_id)
            )
            self._sql.execute(
                "INSERT INTO changes (credential, at, standing, reason) VALUES (?, ?, ?, ?)",
                (entry_id, at, standing, sealed),
            )
        return self.entry(entry_id)

    def changes(self, entry_id: str) -> list[tuple[int, Standing, str | None]]:
        """Return the life of a credential after its issue: (time, standing, reason), oldest first."""
        statement = "SELECT at, standing, reason FROM changes WHERE credential = ? ORDER BY number"
        rows = query(self._sql, statement, (entry_id,))
        place = place_of(entry_id, "reason")
        return [(row[0], row[1], None if row[2] is None else self._seal.open(place, row[2])) for row in rows]

    def _select(self, rest: str, values: Sequence[Any]) -> list[BookEntry]:
        return [entry_of(row, self._seal) for row in query(self._sql, SELECT + rest, values)]

    def _insert(self, batch: str, line: int, request: IssuanceRequest, tag: bytes, place: tuple[bytes, int]) -> None:
        entry_id = new_id()
        seal, tag_of = self._seal.seal, self._seal.tag
        if request.replaces is not None:
            self.entry(request.replaces)
        values = {
            "id": entry_id,
            "batch": batch,
            "line": line,
            "vct": request.vct,
            "format": request.format.value,
            "list_id": place[0],
            "position": place[1],
            "progress": "reserved",
            "standing": "valid",
            "valid_from": request.valid_from,
            "valid_until": request.valid_until,
            "replaces": request.replaces,
            "request_tag": tag,
            "reference_tag": None if request.reference is None else tag_of("reference", request.reference),
            "subject_tag": None if request.subject is None else tag_of("subject", request.subject),
            "claims": seal(place_of(entry_id, "claims"), dict(request.claims)),
            "holder": seal(place_of(entry_id, "holder"), holder_json(request)),
            "reference": None
            if request.reference is None
            else seal(place_of(entry_id, "reference"), request.reference),
        }
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        self._sql.execute(f"INSERT INTO credentials ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
