"""Step 7 at a gate: the code is this gate group's, of this moment or of this challenge, and was not used before."""

from registry_client.core.credential import GATE_CWT, HolderProof
from registry_client.core.formats.gate_cwt import NONCE_LENGTH
from registry_client.core.gate import CHALLENGE_S, WINDOW_S, GateCheck
from registry_client.errors import (
    ChallengeMismatchError,
    DomainMismatchError,
    FormatNotSupportedError,
    OutsideValidityError,
    ReplayedProofError,
    UndeterminedError,
)
from registry_client.plan.case import Case


def check_gate_answer(case: Case, check: GateCheck, proof: HolderProof) -> None:
    """Check group, time and challenge; what is signed covers the credential already."""
    if case.credential.format is not GATE_CWT:
        raise FormatNotSupportedError("a gate takes a gate pass, and no other proof", format=case.credential.format)
    if proof.audience != check.group:
        raise DomainMismatchError("made for another gate group", group=proof.audience, expected=check.group)
    challenge = check.challenge
    if challenge is None:
        if len(proof.nonce) != 2 * NONCE_LENGTH:
            raise ChallengeMismatchError("made for a gate's challenge, and this gate gave none")
    else:
        if challenge.group != check.group or not -WINDOW_S <= case.at - challenge.issued_at <= CHALLENGE_S:
            raise UndeterminedError("the gate's own challenge is out of date: show a new one", group=challenge.group)
        if proof.nonce != challenge.nonce.hex():
            raise ChallengeMismatchError("not an answer to the challenge that the gate shows")
    offset = case.at - proof.created
    if offset > WINDOW_S:
        raise OutsideValidityError("the code is too old: show a fresh one", age_s=offset, limit_s=WINDOW_S)
    if offset < -WINDOW_S:
        raise OutsideValidityError("the code is from the future: set the phone's clock", age_s=offset, limit_s=WINDOW_S)


def require_first_use(case: Case, check: GateCheck, proof: HolderProof) -> None:
    """Note the code as used. Only what the phone really signed gets here, so that nobody else can fill the memory.

    Kept by credential and number, not by text: a signature can be written in two ways. Raises ReplayedProofError.
    """
    key = case.credential.digest + bytes.fromhex(proof.nonce)
    if not check.memory.remember(key, at=case.at):
        raise ReplayedProofError("this code was used already: show a fresh one", group=check.group)
