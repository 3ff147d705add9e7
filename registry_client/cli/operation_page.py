"""`mapae operation show`: what a signature will do, who still has to sign, until when, and what exactly is signed."""

import hashlib
import time
from typing import TYPE_CHECKING, Any, Final

from registry_client.cli import operation_words as words
from registry_client.cli.i18n import tr
from registry_client.cli.operation_labels import ROLE_NAMES
from registry_client.cli.output import outcome
from registry_client.cli.panel import columns, panel

if TYPE_CHECKING:
    from registry_client.core.operation_file import OperationFile

_UNITS: Final = ((86_400, "d", "일"), (3_600, "h", "시간"), (60, "min", "분"), (1, "s", "초"))


def page_of(file: "OperationFile", *, now: int | None = None) -> list[str]:
    """The page, at most 80 columns wide. `now`: unix seconds; this machine's clock if None."""
    signed = file.signed
    moment = int(time.time()) if now is None else now
    what = [words.effect(signed), *([f"! {words.caution(signed)}"] if words.caution(signed) else [])]
    return [
        *panel(words.title(signed), what),
        *panel(tr("What is signed", "서명하는 내용"), columns(words.rows(signed))),
        *panel(tr("Who signs", "서명하는 사람"), _signers(file)),
        *panel(tr("Until when", "기한"), [_deadline(file, moment)]),
        *panel(tr("Where it counts", "효력이 있는 곳"), columns(_place(file))),
    ]


def document_of(file: "OperationFile", *, now: int | None = None) -> dict[str, Any]:
    """The same for programs."""
    signed = file.signed
    moment = int(time.time()) if now is None else now
    return {
        "kind": signed.kind,
        "title": words.title(signed),
        "effect": words.effect(signed),
        "caution": words.caution(signed),
        "fields": [{"name": name, "value": value} for name, value in words.rows(signed)],
        "signers": [
            {"as": role, "controller": key, "signed": role not in file.missing}
            for role, key in ((role, _controller(file, role)) for role in signed.type.roles)
        ],
        "missing": list(file.missing),
        "deadline": signed.deadline,
        "expired": file.is_expired(moment),
        "network": signed.domain.network,
        "chain_id": signed.domain.chain_id,
        "contract": signed.type.contract,
        "address": signed.domain.verifying_contract,
        "id": signed.id,
        "payload": signed.payload,
    }


def role_name(role: str) -> str:
    """A signer's role in the reader's language."""
    return tr(*ROLE_NAMES[role])


def _signers(file: "OperationFile") -> list[str]:
    if not file.signed.type.roles:
        return [tr("nobody: it can be submitted as it is", "필요 없음: 그대로 제출할 수 있습니다")]
    shown = []
    for role in file.signed.type.roles:
        state = outcome("waiting" if role in file.missing else "ok")
        key = _controller(file, role)
        by = "0x" + key.hex() if key else tr("a key that the ledger knows in this role", "원장에 이 역할로 등록된 키")
        shown.append((f"{state}  {role_name(role)}", by))
    return columns(shown)


def _controller(file: "OperationFile", role: str) -> bytes | None:
    """Who has signed as a role, else who is expected to."""
    for signature, by in zip(file.signed.signatures, file.signed.signers(), strict=True):
        if signature.role == role:
            return by
    return file.signer_of_role(role)


def _deadline(file: "OperationFile", now: int) -> str:
    deadline = file.signed.deadline
    if deadline is None:
        return tr(
            "no deadline: it counts as long as the council of its epoch does",
            "기한 없음: 해당 기수의 협의회가 유지되는 동안 유효합니다",
        )
    stamp = words.moment_of(deadline)
    if file.is_expired(now):
        gone = tr("over by this machine's clock: make it again", "이 컴퓨터의 시계로는 지났습니다: 다시 만드세요")
        return f"{outcome('expired')}  {stamp}  {gone}"
    left = _span(deadline - now)
    return f"{stamp}  ({tr(f'{left} left', f'{left} 남음')})"


def _span(seconds: int) -> str:
    for size, en, ko in _UNITS:
        if seconds >= size:
            return tr(f"{seconds // size} {en}", f"{seconds // size}{ko}")
    return tr("0 s", "0초")


def _place(file: "OperationFile") -> list[tuple[str, str]]:
    signed = file.signed
    payload = signed.payload
    return [
        (tr("network", "네트워크"), f"{signed.domain.network} ({tr('chain', '체인')} {signed.domain.chain_id})"),
        (tr("contract", "계약"), f"{signed.type.contract} 0x{signed.domain.verifying_contract.hex()}"),
        (tr("operation", "작업 번호"), "0x" + signed.id.hex()),
        (tr("payload", "서명 대상"), "0x" + payload.hex()),
        (tr("P-256 signs", "P-256 서명값"), "0x" + hashlib.sha256(payload).hexdigest()),
    ]
