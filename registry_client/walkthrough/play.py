"""What every scene works with: the desk, the keys, the verifier, and what has come about so far."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from registry_client.actions.agency import AgencyKeys
from registry_client.actions.desk import Desk
from registry_client.actions.keyring import KeyRing
from registry_client.adapters.book import IssuerBook
from registry_client.adapters.signer_local import LocalSigner
from registry_client.core.book import BookEntry
from registry_client.core.credential_types import CredentialType
from registry_client.core.encoding import encode_hex
from registry_client.core.facts import EventFilter, LedgerEvent
from registry_client.core.formats.sd_jwt import bind_key, select_disclosures
from registry_client.core.keys import Signer
from registry_client.core.outcome import Outcome
from registry_client.core.policy import Policy
from registry_client.core.presentation import Challenge, audience_of
from registry_client.core.report import Report
from registry_client.core.request import PresentationRequest, sign_request
from registry_client.data import shipped_type
from registry_client.holder import Wallet, answer_request
from registry_client.issuer import CredentialIssuer
from registry_client.profile import Profile
from registry_client.registry import Registry
from registry_client.verifier import Verifier
from registry_client.walkthrough.stage import Line, Stage

GATE_CLAIMS: Final = ("name", "institutionName", "photoDigest")
"""What the gate may ask for under its service code: not the staff number."""
REQUEST_S: Final = 120


@dataclass(frozen=True, slots=True)
class Phone:
    """An officer's phone: its key, its holder DID, and the gate pass with its receipt."""

    signer: LocalSigner
    did: str
    gate_pass: BookEntry | None = None


@dataclass(slots=True)
class Play:
    """The story so far. Names of DIDs are for the auditor's timeline."""

    stage: Stage
    desk: Desk
    ring: KeyRing
    profile: Profile
    registry: Registry
    wallet: Wallet
    verifier: Verifier
    book: IssuerBook | None = None
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    """DID -> (English, Korean)."""
    key_names: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Controller as 0x-hex -> (English, Korean)."""
    ministry: str = ""
    agency: str = ""
    gate: str = ""
    service: str = ""
    list_id: bytes = b""
    keys: AgencyKeys | None = None
    first_block: int = 0
    phones: dict[str, Phone] = field(default_factory=dict)
    """The officer's phones: `first`, then `second`."""

    @property
    def civil_servant(self) -> CredentialType:
        """The officer's credential."""
        return shipped_type("civil-servant", base=self.profile.base)

    @property
    def gate_pass(self) -> CredentialType:
        """The small one that gates ask for."""
        return shipped_type("gate-pass", base=self.profile.base)

    @property
    def agency_keys(self) -> AgencyKeys:
        """The agency's keys, once the scene that makes them is over."""
        if self.keys is None:
            raise RuntimeError("the agency is not there yet")
        return self.keys

    @property
    def issuer_book(self) -> IssuerBook:
        """The agency's book, once it is made."""
        if self.book is None:
            raise RuntimeError("the book is not there yet")
        return self.book

    def issuer(self, number: int, signer: LocalSigner) -> CredentialIssuer:
        """Return the agency's issuing desk that signs with `#issue-<number>`."""
        types = {kind.vct: kind for kind in (self.civil_servant, self.gate_pass)}
        return CredentialIssuer(
            self.issuer_book,
            method_id=f"{self.agency}#issue-{number}",
            signer=signer,
            status_host=self.profile.base,
            types=types,
        )

    def policy(self) -> Policy:
        """Return what the gate demands. One machine has one clock: no skew is allowed, the story is told in seconds."""
        return Policy(
            minimum_assurance=self.profile.minimum_assurance, clock_skew_s=0, types=frozenset({self.gate_pass.vct})
        )

    def name(self, did: str, en: str, ko: str) -> None:
        """Give a DID the names under which the timeline tells of it."""
        self.names[did] = (en, ko)

    def name_key(self, signer: Signer, en: str, ko: str) -> None:
        """Give a key the names under which the timeline tells of it."""
        self.key_names[encode_hex(signer.public_key.controller())] = (en, ko)

    def request(self, claims: Sequence[str] = GATE_CLAIMS) -> PresentationRequest:
        """Return a fresh request of the gate."""
        now = self.desk.now()
        return PresentationRequest(
            verifier=self.gate,
            service=self.service,
            vct=self.gate_pass.vct,
            claims=tuple((name,) for name in claims),
            nonce=secrets.token_urlsafe(24),
            issued_at=now,
            expires_at=now + REQUEST_S,
        )

    def sign_request(self, request: PresentationRequest) -> str:
        """Sign a request as the gate."""
        return sign_request(request, method_id=f"{self.gate}#auth-1", signer=self.ring.fresh("gate"))

    def at_gate(self, phone: Phone, *, credential: str | None = None, receipts: Sequence[Any] = ()) -> Report:
        """Ask at the gate, answer with a phone's gate pass (or another credential), and judge the answer."""
        request = self.request()
        now = datetime.now(UTC)
        opened = self.wallet.open_request(self.sign_request(request), policy=self.policy(), as_of=now)
        text = credential if credential is not None else _credential_of(phone)
        answer = answer_request(opened, text, signer=phone.signer, method_id=None, created=now)
        return self.judge(answer, request, receipts=receipts)

    def by_stranger(self, credential: str, stranger: LocalSigner) -> Report:
        """Let another phone present somebody's credential, bound with its own key."""
        request = self.request()
        shown = select_disclosures(credential, request.claims)
        answer = bind_key(
            shown, signer=stranger, nonce=request.nonce, audience=audience_of(self.gate), created=self.desk.now()
        )
        return self.judge(answer, request)

    def judge(self, answer: str, request: PresentationRequest, *, receipts: Sequence[Any] = ()) -> Report:
        """Verify an answer as the gate, now."""
        return self.verifier.verify(
            answer,
            policy=self.policy(),
            as_of=datetime.now(UTC),
            challenge=Challenge(request.nonce, request.audience),
            service=self.service,
            receipts=receipts,
        )

    def expect(self, report: Report, expected: str, what: Line, *, every_step: bool = False) -> None:
        """Show a report and compare its verdict with the expected one."""
        self.stage.report(report, expected, what=what, every_step=every_step)

    def show(self, outcomes: Sequence[Outcome], line: Line | None = None) -> None:
        """Show what the ledger took."""
        self.stage.ledger(outcomes, line)

    def story(self) -> list[LedgerEvent]:
        """Return every event of this run, in order."""
        found: list[LedgerEvent] = []
        cursor: str | None = None
        while True:
            page = self.registry.events(EventFilter(from_block=self.first_block, limit=500), cursor=cursor)
            found += page.events
            cursor = page.next_cursor
            if cursor is None:
                return found

    def let_time_pass(self) -> int:
        """Wait for the next whole second, so that before and after can be told apart; return it."""
        start = self.desk.now()
        while self.desk.now() <= start:
            time.sleep(0.02)
        return self.desk.now()


def _credential_of(phone: Phone) -> str:
    if phone.gate_pass is None or phone.gate_pass.credential is None:
        raise RuntimeError("the phone has no gate pass yet")
    return phone.gate_pass.credential
