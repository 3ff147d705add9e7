"""Does the index say what the ledger says? Every fact, or a sample of them, is held against the contracts' state.

- The state is read at the indexed final block. Where that state is gone, the newest block serves as well, as long as
  no contract of the registry has said anything in between.
- Only what is final is judged. An index that passes may still lack things that nothing in the state counts (a DID
  nobody names): `index digest`, compared with another node's or with a rebuild's, shows that too.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Protocol

from node.domain import fact
from node.domain.claim import Claim, Difference, as_text
from node.domain.ledger import require_same_final
from node.ports import ChainReader, IndexView, RangeTooLargeError
from node.services.index_claims import Chosen, IndexClaims
from registry_client.core.hashing import sha256
from registry_client.errors import AbiError, LedgerUnavailableError

BATCH: Final = 100
"""Questions asked at once."""
DIFFERENCES_MAX: Final = 100
"""So many differences are kept; the rest is counted."""
_KEYED: Final = (
    fact.DidVersion,
    fact.Compromise,
    fact.Admission,
    fact.RoleTerm,
    fact.Grant,
    fact.Issuance,
    fact.StatusList,
    fact.Schema,
    fact.Service,
    fact.SpentNonce,
)
_ANSWER_TEXT_MAX: Final = 400


class StateReader(Protocol):
    """Views of contracts at one block, many at once."""

    def answers(self, questions: Sequence[tuple[bytes, bytes]], *, block_number: int) -> list[bytes | None]:
        """Return what each (address, call data) answers; None where it reverts. Raises LedgerUnavailableError."""
        ...


@dataclass(slots=True)
class IndexReport:
    """What a check found. `read_at`: the block whose state was read; `sampled`: not everything was checked."""

    block_number: int
    block_hash: bytes
    read_at: int
    sampled: bool
    claims: int = 0
    wrong: int = 0
    differences: list[Difference] = field(default_factory=list)

    def note(self, difference: Difference) -> None:
        """Count a difference, and keep it if there is room."""
        self.wrong += 1
        if len(self.differences) < DIFFERENCES_MAX:
            self.differences.append(difference)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "block_number": self.block_number,
            "block_hash": "0x" + self.block_hash.hex(),
            "read_at": self.read_at,
            "sampled": self.sampled,
            "claims": self.claims,
            "wrong": self.wrong,
            "differences": [
                {"subject": item.subject, "question": item.question, "index": item.index, "ledger": item.ledger}
                for item in self.differences
            ],
        }


def check_index(
    view: IndexView,
    chain: ChainReader,
    state: StateReader,
    *,
    directory: bytes,
    sample: int | None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> IndexReport:
    """Hold an index against its ledger. `sample`: about so many things of the index; None for all.

    `on_progress`: called with the number of claims judged so far. Cost: one view a claim, a hundred in a request.
    Raises LedgerInconsistentError if the indexed block is not the ledger's, LedgerUnavailableError.
    """
    final = view.head.final
    require_same_final(final, chain.block(final.number))
    report = IndexReport(final.number, final.hash, _readable_block(view, chain, directory), sample is not None)
    claims = IndexClaims(view, directory=directory, chosen=_chooser(view, sample)).all()
    for batch in _batches(claims):
        questions = [item for item in batch if isinstance(item, Claim)]
        for item in batch:
            if isinstance(item, Difference):
                report.note(item)
        answers = state.answers([(q.address, q.call_data()) for q in questions], block_number=report.read_at)
        for claim, answer in zip(questions, answers, strict=True):
            difference = _judge(claim, answer)
            if difference is not None:
                report.note(difference)
        report.claims += len(questions)
        on_progress(report.claims)
    return report


def _readable_block(view: IndexView, chain: ChainReader, directory: bytes) -> int:
    """Choose the newest block with the state that the final block had, as far as the registry goes."""
    final, head = view.head.final.number, chain.head().number
    if head <= final:
        return final
    addresses = [directory, *(entry.address for entry in view.facts(fact.DirectoryEntry))]
    try:
        said = chain.logs(addresses, first=final + 1, last=head)
    except RangeTooLargeError:
        return final
    return final if said else head


def _chooser(view: IndexView, sample: int | None) -> Chosen:
    if sample is None:
        return lambda _key: True
    total = sum(view.count(kind) for kind in _KEYED)
    salt, share = secrets.token_bytes(16), min(1.0, sample / max(total, 1))
    return lambda key: int.from_bytes(sha256(salt + key)[:8]) < share * 2**64


def _batches(items: Iterable[Claim | Difference]) -> Iterator[list[Claim | Difference]]:
    running = iter(items)
    while batch := list(islice(running, BATCH)):
        yield batch


def _judge(claim: Claim, answer: bytes | None) -> Difference | None:
    if answer is None:
        return Difference(claim.subject, claim.function, as_text(claim.expected), "the contract refuses to answer")
    try:
        found = claim.answer_of(answer)
    except AbiError as error:
        raise LedgerUnavailableError(f"{claim.function}: the ledger's answer does not decode: {error}") from error
    if found == claim.expected:
        return None
    return Difference(
        claim.subject,
        claim.function,
        as_text(claim.expected)[:_ANSWER_TEXT_MAX],
        as_text(found)[:_ANSWER_TEXT_MAX],
    )
