"""The issuer's book: nothing personal in the clear, no index twice, nothing lost, nothing moved."""

import os
import sqlite3
import subprocess
import sys
import textwrap
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from registry_client.adapters import book_file
from registry_client.adapters.book import BATCH_MAX, IssuerBook
from registry_client.adapters.book_seal import new_seal, open_seal
from registry_client.core.book import AnchorPlan, IssuanceRequest, SignedLine
from registry_client.core.credential import Format
from registry_client.core.issuance import Receipt
from registry_client.errors import BookError
from tests.simulators.signer import memory_signer

AGENCY = "did:mapae:test-1:3VU965kGpMZS9MChY3wmbf1RA6WB"
SECRET = "correct horse battery staple"
LIST = b"L" * 32
ROUNDS = 1_000  # of PBKDF2; real books have 600,000
PERSONAL = ("김하늘", "HR-2026-0317", "did:mapae:test-1:officer", "분실 신고", "eyJhbGciOi")


def request_of(**changes):
    values = {
        "vct": "https://mapae.invalid/vct/civil-servant/v1",
        "claims": {"name": "김하늘", "staffNumber": "MOIS-1"},
        "holder_key": memory_signer("phone").public_key,
        "subject": "did:mapae:test-1:officer",
        "valid_from": 1,
        "valid_until": 2,
        "reference": "HR-2026-0317",
    }
    return IssuanceRequest(**(values | changes))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "agency" / "book.sqlite"


@pytest.fixture
def book(path):
    with IssuerBook.create(path, agency=AGENCY, secret=SECRET, kdf_rounds=ROUNDS) as made:
        made.add_list(LIST, opened_at=1)
        yield made


def signed(book, batch="b", **changes):
    entry = book.reserve(batch, [request_of(**changes)])[0]
    book.record_signed([SignedLine(entry.id, "eyJhbGciOi.text", b"d" * 32, 100)])
    return book.entry(entry.id)


def test_what_is_entered_reads_back(book, path):
    request = request_of(format=Format.DATA_INTEGRITY, holder_key=None)
    entry = book.reserve("b", [request, request_of()])[0]
    assert entry.request == request
    assert entry.progress == "reserved"
    assert entry.standing == "valid"
    assert entry.status.list_id == LIST
    book.close()
    with IssuerBook.open(path, secret=SECRET) as again:
        assert again.agency == AGENCY
        assert again.entries("b")[0] == entry
        assert again.entries("b")[1].request == request_of()


def test_nothing_personal_is_in_the_file(book, path):
    entry = signed(book)
    book.set_standing(entry.id, "suspended", at=5, reason="분실 신고")
    book.record_anchored("b", [(entry.id, Receipt(AGENCY, 1, 0, 1, b"r" * 32, 9, ()))])
    book.close()
    data = path.read_bytes()
    for text in (*PERSONAL, SECRET, "staffNumber", memory_signer("phone").public_key.to_jwk()["x"]):
        assert text.encode() not in data


def test_the_file_is_its_owners(book, path):
    assert path.stat().st_mode & 0o777 == 0o600
    book.close()
    path.chmod(0o640)
    with pytest.raises(BookError, match="chmod 600"):
        IssuerBook.open(path, secret=SECRET)


def test_a_wrong_secret_opens_nothing(book, path):
    book.close()
    for secret in ("another passphrase", b"k" * 32):
        with pytest.raises(BookError, match="open"):
            IssuerBook.open(path, secret=secret)


def test_a_keystores_key_opens_too(tmp_path):
    path = tmp_path / "book"
    with IssuerBook.create(path, agency=AGENCY, secret=b"k" * 32) as book:
        book.add_list(LIST, opened_at=1)
        book.reserve("b", [request_of()])
    with IssuerBook.open(path, secret=b"k" * 32) as book:
        assert book.entries("b")[0].request == request_of()
    for secret in (b"x" * 32, b"k" * 31, SECRET):
        with pytest.raises(BookError):
            IssuerBook.open(path, secret=secret)


def test_files_that_are_no_book(tmp_path, book, path):
    with pytest.raises(BookError, match="already"):
        IssuerBook.create(path, agency=AGENCY, secret=SECRET)
    with pytest.raises(BookError, match="cannot open"):
        IssuerBook.open(tmp_path / "none", secret=SECRET)
    other = tmp_path / "other"
    other.write_bytes(b"not a database, but long enough to look like one" * 40)
    other.chmod(0o600)
    with pytest.raises(BookError, match="not an issuer's book"):
        IssuerBook.open(other, secret=SECRET)
    empty = tmp_path / "empty"
    empty.touch(mode=0o600)
    with pytest.raises(BookError, match="not an issuer's book"):
        IssuerBook.open(empty, secret=SECRET)
    with pytest.raises(BookError, match="cannot make"):
        IssuerBook.create(other / "below", agency=AGENCY, secret=SECRET)


def tamper(path, statement, *values):
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, values)
    connection.close()


def test_another_version_is_refused(book, path):
    book.close()
    tamper(path, "UPDATE meta SET value = ? WHERE name = 'version'", b"2")
    with pytest.raises(BookError, match="version"):
        IssuerBook.open(path, secret=SECRET)


def test_a_sealed_field_cannot_be_moved_or_changed(book, path):
    first, second = book.reserve("b", [request_of(), request_of(reference="HR-2")])
    tamper(
        path,
        "UPDATE credentials SET claims = (SELECT claims FROM credentials WHERE id = ?) WHERE id = ?",
        second.id,
        first.id,
    )
    with pytest.raises(BookError, match="altered"):
        book.entry(first.id)
    tamper(path, "UPDATE credentials SET reference = X'00' WHERE id = ?", second.id)
    with pytest.raises(BookError, match="altered"):
        book.entry(second.id)


def test_a_seal_opens_only_at_its_place():
    seal, envelope = new_seal(SECRET, rounds=ROUNDS)
    sealed = seal.seal("a|1|x", {"name": "김"})
    assert open_seal(SECRET, envelope).open("a|1|x", sealed) == {"name": "김"}
    assert seal.seal("a|1|x", {"name": "김"}) != sealed
    for place, data in (("a|1|y", sealed), ("a|1|x", sealed[:-1]), ("a|1|x", b"")):
        with pytest.raises(BookError):
            seal.open(place, data)
    assert seal.tag("reference", "HR") != seal.tag("subject", "HR")


def test_the_same_batch_again_is_the_same_batch(book):
    requests = [request_of(reference=f"HR-{number}") for number in range(5)]
    first = book.reserve("b", requests)
    assert book.reserve("b", requests) == first
    for others in (requests[:-1], [*requests, request_of()], requests[::-1], [request_of(claims={"name": "b"})] * 5):
        with pytest.raises(BookError, match="other lines"):
            book.reserve("b", others)
    assert [entry.line for entry in book.entries("b")] == [0, 1, 2, 3, 4]


def test_places_are_never_given_twice_and_look_random(book):
    entries = book.reserve("b", [request_of() for _ in range(2_000)])
    places = [entry.status.index for entry in entries]
    assert len(set(places)) == 2_000
    assert places != sorted(places)
    quarters = Counter(place * 4 // 131_072 for place in places)
    assert min(quarters.values()) > 380  # 500 expected, six deviations away
    other = book.reserve("c", [request_of() for _ in range(200)])
    assert not {entry.status.index for entry in other} & set(places)


def test_a_full_list_gives_its_last_places_and_no_more(book, monkeypatch):
    monkeypatch.setattr(book_file, "LIST_SIZE", 8)
    monkeypatch.setattr(book_file, "_CROWDED", 6)
    places = {entry.status.index for entry in book.reserve("b", [request_of() for _ in range(8)])}
    assert places == set(range(8))
    with pytest.raises(BookError, match="full"):
        book.reserve("c", [request_of()])
    book.add_list(b"M" * 32, opened_at=2)
    assert book.reserve("c", [request_of()])[0].status.list_id == b"M" * 32


def test_closed_lists_give_nothing(book):
    book.close_list(LIST, closed_at=9)
    with pytest.raises(BookError, match="no open status list"):
        book.reserve("b", [request_of()])
    assert book.entries("b") == []
    assert book.lists() == [(LIST, False, 0)]


def test_a_failed_batch_leaves_nothing_behind(book):
    with pytest.raises(BookError, match="no such credential"):
        book.reserve("b", [request_of(), request_of(replaces="nobody")])
    assert book.entries("b") == []
    assert book.lists() == [(LIST, True, 0)]


@pytest.mark.parametrize("count", [0, BATCH_MAX + 1])
def test_batches_are_bounded(book, count):
    with pytest.raises(BookError, match="batch"):
        book.reserve("b", [request_of()] * count)


def test_a_line_is_signed_once(book):
    entry = signed(book)
    assert (entry.progress, entry.signed_at, entry.digest) == ("signed", 100, b"d" * 32)
    for entry_id in (entry.id, "nobody"):
        with pytest.raises(BookError, match="signed already"):
            book.record_signed([SignedLine(entry_id, "x", b"e" * 32, 101)])
    assert book.entry(entry.id).credential == "eyJhbGciOi.text"


def test_anchor_plans_are_kept(book):
    assert book.anchor_plan("b") is None
    plan = AnchorPlan(batch="b", seq=3, root=b"r" * 32, count=1)
    book.plan_anchor(plan)
    assert book.anchor_plan("b") == plan
    entry = signed(book)
    receipt = Receipt(AGENCY, 3, 0, 1, b"r" * 32, 9, ())
    book.record_anchored("b", [(entry.id, receipt)])
    assert book.entry(entry.id).receipt == receipt
    assert book.entry(entry.id).progress == "anchored"


def test_lines_are_found_by_what_the_agency_knows(book):
    one = signed(book, "b1", reference="HR-1", subject="did:mapae:test-1:a")
    two = signed(book, "b2", reference="HR-2", subject="did:mapae:test-1:b")
    book.set_standing(two.id, "revoked", at=1)

    def found(**wanted):
        return {entry.id for entry in book.find(**wanted)[0]}

    assert found() == {one.id, two.id}
    assert found(reference="HR-1") == {one.id}
    assert found(subject="did:mapae:test-1:b") == {two.id}
    assert found(standing="revoked") == {two.id}
    assert found(reference="HR-1", standing="revoked") == set()
    assert found(batch="b1", vct=one.request.vct) == {one.id}
    assert [len(book.find(limit=1)[0]), book.find(limit=1)[1] > 0] == [1, True]
    assert found(reference="' OR 1=1 --") == set()


def test_a_credentials_life_is_written_down(book):
    entry = signed(book)
    book.set_standing(entry.id, "suspended", at=5, reason="휴직")
    book.set_standing(entry.id, "valid", at=6, reason="복직")
    assert book.set_standing(entry.id, "revoked", at=7).standing == "revoked"
    assert book.changes(entry.id) == [(5, "suspended", "휴직"), (6, "valid", "복직"), (7, "revoked", None)]
    for standing in ("valid", "suspended"):
        with pytest.raises(BookError, match="stays so"):
            book.set_standing(entry.id, standing, at=8)
    with pytest.raises(BookError, match="no such"):
        book.set_standing("nobody", "revoked", at=1)


def test_a_reissue_is_linked_both_ways(book):
    old = signed(book, "b1")
    new = signed(book, "b2", replaces=old.id)
    assert book.entry(old.id).replaced_by == new.id
    assert new.request.replaces == old.id


def test_two_processes_take_turns(book, path, tmp_path):
    """Another process reserves in the same file at the same time; nobody gets a place twice."""
    script = tmp_path / "other.py"
    script.write_text(
        textwrap.dedent("""
        import sys
        from pathlib import Path
        from registry_client.adapters.book import IssuerBook
        from registry_client.core.book import IssuanceRequest
        with IssuerBook.open(Path(sys.argv[1]), secret=sys.argv[2].encode().ljust(32, b"k")) as book:
            for number in range(40):
                request = IssuanceRequest(vct="https://mapae.invalid/vct/x/v1", claims={"n": number})
                book.reserve(f"{sys.argv[3]}-{number}", [request] * 3)
        """)
    )
    shared = tmp_path / "shared"
    with IssuerBook.create(shared, agency=AGENCY, secret=b"s".ljust(32, b"k")) as made:
        made.add_list(LIST, opened_at=1)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    children = [
        subprocess.Popen([sys.executable, str(script), str(shared), "s", name], env=environment) for name in ("a", "b")
    ]
    try:
        assert [child.wait(timeout=120) for child in children] == [0, 0]
    finally:
        for child in children:
            child.kill()
    with IssuerBook.open(shared, secret=b"s".ljust(32, b"k")) as made:
        entries, _ = made.find()
        assert len(entries) == 240
        assert len({entry.status.index for entry in entries}) == 240


def test_a_killed_writer_loses_nothing_that_was_said_to_be_kept(tmp_path):
    """SIGKILL in the middle of a batch: every batch that was reported is whole, and the other one is absent."""
    shared, script = tmp_path / "shared", tmp_path / "killed.py"
    with IssuerBook.create(shared, agency=AGENCY, secret=b"k" * 32) as made:
        made.add_list(LIST, opened_at=1)
    script.write_text(
        textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from registry_client.adapters import book as module
        from registry_client.core.book import IssuanceRequest
        book = module.IssuerBook.open(Path(sys.argv[1]), secret=b"k" * 32)
        request = IssuanceRequest(vct="https://mapae.invalid/vct/x/v1", claims={"n": 1})
        insert, count = book._insert, 0
        def dying(*arguments):
            global count
            count += 1
            if count == 25:
                os.kill(os.getpid(), signal.SIGKILL)
            return insert(*arguments)
        book._insert = dying
        for number in range(10):
            book.reserve(str(number), [request] * 4)
            print(number, flush=True)
        """)
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    child = subprocess.run(
        [sys.executable, str(script), str(shared)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert child.returncode == -9
    reported = child.stdout.split()
    assert reported == [str(number) for number in range(6)]
    with IssuerBook.open(shared, secret=b"k" * 32) as book:
        assert [len(book.entries(number)) for number in reported] == [4] * 6
        assert book.entries("6") == []
        request = IssuanceRequest(vct="https://mapae.invalid/vct/x/v1", claims={"n": 1})
        assert len(book.reserve("6", [request] * 4)) == 4


class BookMachine(RuleBasedStateMachine):
    """Random histories against a model: progress only forward, revoked for ever, places for ever."""

    @initialize()
    def start(self):
        import tempfile
        from pathlib import Path

        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "book"
        self.book = IssuerBook.create(self.path, agency=AGENCY, secret=b"k" * 32)
        self.book.add_list(LIST, opened_at=1)
        self.model = {}
        self.batches = 0

    @rule(count=st.integers(1, 4))
    def reserve(self, count):
        self.batches += 1
        for entry in self.book.reserve(str(self.batches), [request_of() for _ in range(count)]):
            self.model[entry.id] = ["reserved", "valid", entry.status]

    @rule(pick=st.integers(0, 100))
    def sign(self, pick):
        if not self.model:
            return
        entry_id = sorted(self.model)[pick % len(self.model)]
        known = self.model[entry_id]
        if known[0] == "reserved":
            self.book.record_signed([SignedLine(entry_id, "c", b"d" * 32, 1)])
            known[0] = "signed"
        else:
            with pytest.raises(BookError):
                self.book.record_signed([SignedLine(entry_id, "c", b"d" * 32, 1)])

    @rule(pick=st.integers(0, 100), standing=st.sampled_from(["valid", "suspended", "revoked"]))
    def change(self, pick, standing):
        if not self.model:
            return
        entry_id = sorted(self.model)[pick % len(self.model)]
        known = self.model[entry_id]
        if known[1] == "revoked" and standing != "revoked":
            with pytest.raises(BookError):
                self.book.set_standing(entry_id, standing, at=1)
        else:
            self.book.set_standing(entry_id, standing, at=1)
            known[1] = standing

    @rule()
    def reopen(self):
        self.book.close()
        self.book = IssuerBook.open(self.path, secret=b"k" * 32)

    @invariant()
    def agrees(self):
        if not hasattr(self, "model"):
            return
        entries = {entry.id: [entry.progress, entry.standing, entry.status] for entry in self.book.find()[0]}
        assert entries == self.model
        places = [known[2].index for known in self.model.values()]
        assert len(set(places)) == len(places)

    def teardown(self):
        if hasattr(self, "book"):
            self.book.close()
            self.folder.cleanup()


TestBookMachine = BookMachine.TestCase
TestBookMachine.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)


def test_a_damaged_or_held_book_says_so(book, path, monkeypatch):
    entry = signed(book)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    book._sql.execute("PRAGMA busy_timeout = 50")
    with pytest.raises(BookError, match="cannot be written"):
        book.add_list(b"M" * 32, opened_at=2)
    holder.execute("DROP TABLE credentials")
    holder.execute("COMMIT")
    holder.close()
    for broken in (lambda: book.entry(entry.id), book.find):
        with pytest.raises(BookError, match="cannot be read"):
            broken()
    with pytest.raises(BookError, match="refused the change"):
        book.record_anchored("b", [(entry.id, Receipt(AGENCY, 1, 0, 1, b"r" * 32, 9, ()))])


def test_a_full_disk_changes_nothing(book, path):
    entry = book.reserve("b", [request_of()])[0]
    pages = book._sql.execute("PRAGMA page_count").fetchone()[0]
    book._sql.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(BookError, match="full"):
        book.reserve("c", [request_of() for _ in range(500)])
    book._sql.execute("PRAGMA max_page_count = 1000000")
    assert book.entries("c") == []
    assert book.entry(entry.id) == entry
    assert len(book.reserve("c", [request_of() for _ in range(500)])) == 500


def test_pages_hold_every_line_once_whatever_is_issued_between(book):
    for batch, count in (("old", 3), ("new", 4), ("open", 2)):
        for entry in book.reserve(batch, [request_of() for _ in range(count)]):
            if batch != "open":
                book.record_signed([SignedLine(entry.id, "c", b"d" * 32, {"old": 100, "new": 200}[batch])])
    whole, more = book.find()
    assert ([entry.batch for entry in whole], more) == (["open"] * 2 + ["new"] * 4 + ["old"] * 3, 0)
    seen, after, left = [], None, 1
    while left:
        page, left = book.find(limit=4, after=after)
        seen += page
        after = page[-1].id
        signed(book, batch=f"between-{len(seen)}")
    assert [entry.id for entry in seen] == [entry.id for entry in whole] or {entry.id for entry in whole} <= {
        entry.id for entry in seen
    }
    with pytest.raises(BookError, match="no such credential"):
        book.find(after="nothing")


def test_a_group_of_signed_lines_is_kept_whole_or_not_at_all(book):
    first, second, third = book.reserve("b", [request_of() for _ in range(3)])
    lines = [SignedLine(entry.id, "c", b"d" * 32, 1) for entry in (first, second, third)]
    book.record_signed(lines[1:2])
    with pytest.raises(BookError, match="signed already"):
        book.record_signed(lines)
    assert [entry.progress for entry in book.entries("b")] == ["reserved", "signed", "reserved"]
    book.record_signed([lines[0], lines[2]])
    assert {entry.progress for entry in book.entries("b")} == {"signed"}
