"""A LedgerReader in memory that can do what a ledger does and some of what it should not: lag, hide finality, go dark.

- Every change takes a block; `now` is the time of the newest. Changes made inside `with ledger.pending():` are seen but
  not final, until the block ends and `confirm()` is called.
- Reads are flows that ask nothing; `reads` counts them, `dark` makes them fail, `unread` those it names.
"""

from collections import Counter
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256

from registry_client.core.assurance import Assurance
from registry_client.core.credential_types import CredentialType
from registry_client.core.did import Did, compute_did_id, format_did, parse_mapae
from registry_client.core.document_builder import MethodEntry, build_organisation
from registry_client.core.facts import (
    AccreditationPath,
    CompromiseMark,
    DidVersion,
    Grant,
    GrantLink,
    IssuanceAnchor,
    LedgerHead,
    SchemaRecord,
    ServiceRecord,
    StatusList,
)
from registry_client.core.issuance import compute_anchor
from registry_client.core.keys import PublicKey
from registry_client.errors import LedgerUnavailableError

START = 1_790_000_000
COUNCIL = bytes(20)


class State:
    """What one block leaves behind."""

    def __init__(self):
        self.dids = {}
        self.marks = {}
        self.grants = {}
        self.anchors = {}
        self.lists = {}
        self.changes = Counter()
        self.published = {}
        self.schemas = {}
        self.services = {}


class SimulatedLedger:
    """Implements the port `LedgerReader`."""

    def __init__(self, network="test-1", *, assurance=Assurance.OWN_LEDGER, start=START):
        self.network = network
        self.assurance = assurance
        self.now = start
        self.number = 1
        self.final = State()
        self.seen = None
        self.dark = False
        self.unread = set()
        self.reads = Counter()

    # --- time and finality

    def advance(self, seconds):
        self.now += seconds
        self.number += 1
        return self.now

    @contextmanager
    def pending(self):
        """Make changes that are seen and not final."""
        self.seen = self.seen or deepcopy(self.final)
        yield
        self.number += 1

    def confirm(self):
        """What was pending is final now."""
        self.final, self.seen = self.seen or self.final, None
        self.number += 1

    @property
    def _state(self):
        return self.final if self.seen is None else self.seen

    def _head(self):
        return LedgerHead(self.number, sha256(b"%d" % self.number).digest(), self.now, self.number)

    # --- changes

    def _append(self, did_id, version):
        versions = self._state.dids.setdefault(did_id, [])
        if versions:
            versions[-1] = replace(versions[-1], next_version_at=self.now, latest=False)
        versions.append(version)
        self.number += 1

    def _version(self, did_id, kind, number, **values):
        return DidVersion(
            did_id=did_id, kind=kind, version=number, state=values.pop("state", "active"), controller=b"\2" + bytes(20),
            block_number=self.number, block_time=self.now, history_digest=bytes(32), head=self._head(),
            assurance=self.assurance, **values,
        )  # fmt: skip

    def organisation(self, salt, methods) -> Did:
        """`methods`: MethodEntry list."""
        did_id = compute_did_id(kind=1, controller=b"\2" + bytes(20), salt=sha256(salt.encode()).digest())
        did = format_did(self.network, did_id)
        self._append(did_id, self._version(did_id, 1, 1, document=build_organisation(did, methods=methods)))
        return did

    def update(self, did, methods):
        did_id = self.id_of(did)
        number = len(self._state.dids[did_id]) + 1
        self._append(did_id, self._version(did_id, 1, number, document=build_organisation(did, methods=methods)))

    def raw_document(self, did, data):
        did_id = self.id_of(did)
        self._append(did_id, self._version(did_id, 1, len(self._state.dids[did_id]) + 1, document=data))

    def holder(self, key: PublicKey, guardian=bytes(20)) -> Did:
        salt = sha256(key.raw).digest()
        did_id = compute_did_id(kind=2, controller=key.controller(), salt=salt)
        version = self._version(
            did_id, 2, 1, guardian=guardian, holder_x=key.raw[:32], holder_y=key.raw[32:], salt=salt
        )
        self._append(did_id, version)
        return format_did(self.network, did_id)

    def deactivate(self, did):
        did_id = self.id_of(did)
        last = self._state.dids[did_id][-1]
        self._append(did_id, self._version(did_id, last.kind, last.version + 1, state="deactivated"))

    def compromise_key(self, did, key: PublicKey, since):
        marks = self._state.marks
        place = (self.id_of(did), key.thumbprint())
        marks[place] = min(since, marks.get(place, since))
        self.number += 1

    def accredit(self, agency, vct_id, *, grantor=None, until=None, may_issue=True, may_accredit=False, since=None):
        """`grantor`: DID of the parent, None for the council. Returns the sequence."""
        agency_id = self.id_of(agency)
        grants = self._state.grants
        parent = COUNCIL if grantor is None else self.id_of(grantor)
        parents = grants.get((parent, vct_id), [])
        depth = 1 if grantor is None else parents[-1].depth + 1
        grant = Grant(
            parent, len(parents) if grantor else 0, depth, may_issue, may_accredit,
            self.now if since is None else since, until or self.now + 10**8, None,
        )  # fmt: skip
        grants.setdefault((agency_id, vct_id), []).append(grant)
        self.number += 1
        return len(grants[agency_id, vct_id])

    def end_grant(self, agency, vct_id, seq, ended_at):
        grants = self._state.grants[self.id_of(agency), vct_id]
        grants[seq - 1] = replace(grants[seq - 1], ended_at=ended_at)
        self.number += 1

    def anchor(self, agency, root, count):
        """Returns (seq, time)."""
        entries = self._state.anchors.setdefault(self.id_of(agency), [])
        entries.append(compute_anchor(root, count=count, time=self.now))
        self.number += 1
        return len(entries), self.now

    def open_list(self, owner, salt="list"):
        list_id = sha256(f"{owner}{salt}".encode()).digest()
        self._state.lists[list_id] = (self.id_of(owner), bytearray(32_768))
        self.number += 1
        return list_id

    def set_bit(self, list_id, index, *, plane="revocation", value=True):
        words = self._state.lists[list_id][1]
        place = (0 if plane == "revocation" else 16_384) + (index >> 3)
        mask = 0x80 >> (index & 7)
        words[place] = words[place] | mask if value else words[place] & ~mask
        self._state.changes[list_id] += 1
        self.number += 1

    def anchor_snapshot(self, list_id, digest=None):
        """Anchor the digest of a list's words as they are. Returns the sequence."""
        seq = self._state.changes[list_id]
        self._state.published[list_id] = (seq, digest or sha256(self._state.lists[list_id][1]).digest())
        self.number += 1
        return seq

    def register(self, owner, kind: CredentialType):
        self._state.schemas.setdefault(kind.type_id, []).append((self.id_of(owner), kind.to_document()))
        self.number += 1

    def set_service(self, type_id, code, verifier, document, *, until=None):
        end = until or self.now + 10**8
        self._state.services[type_id, code] = (self.id_of(verifier), document, self.now, end, None)
        self.number += 1

    def end_service(self, type_id, code):
        verifier, document, start, until, _ = self._state.services[type_id, code]
        self._state.services[type_id, code] = (verifier, document, start, until, self.now)
        self.number += 1

    @staticmethod
    def id_of(did):
        return parse_mapae(did).did_id

    # --- reads

    def _read(self, name):
        self.reads[name] += 1
        yield from ()
        if self.dark or name in self.unread:
            raise LedgerUnavailableError("the ledger is dark: start it, or ask another")

    def head(self):
        yield from self._read("head")
        return self._head()

    def did_version(self, did_id, *, version=None, time=None, block=None):
        yield from self._read("did_version")
        versions = self.final.dids.get(did_id, [])
        if version is not None:
            versions = [entry for entry in versions if entry.version == version]
        if time is not None:
            versions = [entry for entry in versions if entry.block_time <= time]
        if not versions:
            return None
        found = replace(versions[-1], head=self._head(), assurance=self.assurance)
        if found.latest and self.seen is not None:
            coming = self.seen.dids[did_id][-1]
            if coming.version != found.version:
                found = replace(found, pending="update" if coming.is_active else "deactivation")
        return found

    def compromise(self, did_id, thumbprint, *, block=None):
        yield from self._read("compromise")
        since = self.final.marks.get((did_id, thumbprint))
        seen = self._state.marks.get((did_id, thumbprint))
        return CompromiseMark(
            did_id, thumbprint, since, self._head(), self.assurance, pending_since=None if seen == since else seen
        )

    def accreditation(self, agency, type_id, *, at, block=None):
        yield from self._read("accreditation")
        valid, links = self._path(self.final, agency, type_id, at)
        pending = valid if self.seen is None else self._path(self.seen, agency, type_id, at)[0]
        return AccreditationPath(agency, type_id, at, valid, links, self._head(), self.assurance, pending_valid=pending)

    @staticmethod
    def _path(state, agency, type_id, at):
        newest = ()
        for seq in range(len(state.grants.get((agency, type_id), [])), 0, -1):
            links, holder, place = [], agency, seq
            while holder != COUNCIL:
                grant = state.grants[holder, type_id][place - 1]
                links.append(GrantLink(holder, place, grant))
                holder, place = grant.grantor, grant.grantor_seq
            newest = newest or tuple(links)
            if all(link.grant.covers(at) for link in links):
                return True, tuple(links)
        return False, newest

    def issuance(self, agency, seq, *, block=None):
        yield from self._read("issuance")
        entries = self.final.anchors.get(agency, [])
        digest = entries[seq - 1] if 0 < seq <= len(entries) else None
        return IssuanceAnchor(agency, seq, digest, self._head(), self.assurance)

    def status_list(self, list_id, *, block=None):
        yield from self._read("status_list")
        if list_id not in self.final.lists:
            return None
        owner, words = self.final.lists[list_id]
        seen = self._state.lists[list_id][1]
        seq, digest = self.final.published.get(list_id, (0, bytes(32)))
        return StatusList(
            list_id, owner, self.final.changes[list_id], bytes(32), seq, digest, bytes(words), self._head(),
            self.assurance, pending_words=None if seen == words else bytes(seen),
        )  # fmt: skip

    def schema(self, type_id, *, version=None, block=None):
        yield from self._read("schema")
        entries = self.final.schemas.get(type_id, [])
        number = version or len(entries)
        if not 0 < number <= len(entries):
            return None
        owner, document = entries[number - 1]
        return SchemaRecord(
            type_id, owner, number, len(entries), sha256(document).digest(), document, 1, self._head(), self.assurance
        )

    def service(self, type_id, code, *, block=None):
        yield from self._read("service")
        found = self.final.services.get((type_id, code))
        if found is None:
            return None
        verifier, document, start, until, ended = found
        return ServiceRecord(
            type_id, code, verifier, 1, start, until, ended, sha256(document).digest(), document, 1, self._head(),
            self.assurance, pending_end=self._state.services[type_id, code][4] != ended,
        )  # fmt: skip

    def events(self, filter, *, cursor=None):  # noqa: A002 - the port's name
        raise AssertionError("no verdict reads the story")


def method(fragment, signer, *relationships) -> MethodEntry:
    return MethodEntry(fragment, signer.public_key, relationships or ("assertionMethod",))


class NoTransport:
    """For flows that ask nothing."""

    def send(self, request):
        raise AssertionError(f"nothing should be asked: {request}")
