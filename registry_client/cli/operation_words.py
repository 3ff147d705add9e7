"""An operation's message in words: its sentence, its fields, and what stands in the documents that it carries.

Nothing here asks a node or needs a profile: a machine without a network says the same. Types are named where their
vct is one of ours, else by their id.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from registry_client.cli.i18n import language, tr
from registry_client.cli.korean import Word
from registry_client.cli.operation_labels import LABELS
from registry_client.cli.operation_texts import PROPOSAL_FIELDS, PROPOSAL_TEXTS, TEXTS
from registry_client.cli.output import moment
from registry_client.cli.timeline import ascii_of

if TYPE_CHECKING:
    from registry_client.core.operation import SignedOperation

Rows = list[tuple[str, str]]

_DIDS: Final = frozenset({"id", "agency", "guardian", "reporter", "root", "grantor", "owner", "verifier"})
_TIMES: Final = frozenset({"since", "until", "from", "endedAt"})
_SAID_ELSEWHERE: Final = frozenset(
    {"deadline", "document", "kind", "arguments", "startWord", "masks", "expectedVersion"}
)
"""Fields that have a place of their own on the page, or are told in other words."""
_ROLES: Final = {
    1: ("Endorser", "보증자"),
    2: ("StatusOperator", "상태 담당자"),
    3: ("IssuanceOperator", "발급 담당자"),
}
_CHOICES: Final = {1: ("approve", "찬성"), 2: ("cancel", "철회")}
_ID_LENGTH: Final = 20  # bytes; the root of a batch has the name of a root agency and 32
PLACES_SHOWN: Final = 64


def title(signed: "SignedOperation") -> str:
    """What the operation is, in the reader's language."""
    return tr(*TEXTS[signed.kind].title)


def effect(signed: "SignedOperation") -> str:
    """What it will do, one sentence."""
    words = _words(signed)
    return tr(*TEXTS[signed.kind].effect).format_map({name: Word(text) for name, text in words.items()})


def caution(signed: "SignedOperation") -> str:
    """What to think of before signing; empty where there is nothing."""
    return tr(*TEXTS[signed.kind].caution)


def rows(signed: "SignedOperation") -> Rows:
    """Every field, labelled: nothing that is signed is left out, except the deadline, which has a place of its own."""
    words = _words(signed)
    shown: Rows = []
    if "did" in words:
        shown.append((_label("did"), words["did"]))
    for _, name in signed.type.fields:
        if name == "masks":
            shown.append((_label("places"), places_text(signed.message["startWord"], signed.message["masks"])))
        elif name == "arguments":
            shown += _proposal_rows(signed)
        elif name == "document":
            shown += document_rows(signed.message["document"])
        elif name == "expectedVersion" and signed.kind in {"UpdateDocument", "TransferControl", "DeactivateDid"}:
            version = signed.message[name]
            shown.append((_label(name), tr(f"{version}, then {version + 1}", f"지금 {version}, 그 다음 {version + 1}")))
        elif name == "expectedVersion" or name not in _SAID_ELSEWHERE:
            shown.append((_label(name), words[name]))
    return shown


def places_text(start: int, masks: tuple[int, ...]) -> str:
    """The places that masks name, the first PLACES_SHOWN of them and how many more."""
    found = [
        (start + offset) * 256 + bit
        for offset, mask in enumerate(masks)
        for bit in range(256)
        if mask >> (255 - bit) & 1
    ]
    more = len(found) - PLACES_SHOWN
    text = " ".join(map(str, found[:PLACES_SHOWN]))
    return f"{text} {tr(f'and {more} more', f'외 {more}건')}" if more > 0 else text


def document_rows(data: bytes) -> Rows:
    """What a document says, line by line: keys and services of a DID; a type's claims; a service's claims and why."""
    from registry_client.core.encoding import encode_hex
    from registry_client.core.strict_json import parse_object
    from registry_client.errors import RegistryError

    digest = _sha256(data)
    head = (tr("document", "문서"), tr(f"{len(data)} bytes, sha256 {digest}", f"{len(data)}바이트, sha256 {digest}"))
    try:
        value = parse_object(data)
        if "verificationMethod" in value or str(value.get("id", "")).startswith("did:"):
            return [head, *_did_document(value)]
        if "schema" in value:
            return [head, *_type_document(value)]
        if "claims" in value:
            return [head, *_service_document(value)]
    except (RegistryError, KeyError, TypeError, AttributeError, ValueError):
        pass
    return [head, (tr("content", "내용"), tr("not readable: ", "읽을 수 없음: ") + encode_hex(data[:64]))]


def _did_document(value: Mapping[str, Any]) -> Rows:
    from registry_client.core.document import RELATIONSHIPS
    from registry_client.core.keys import PublicKey

    shown: Rows = [("id", str(value["id"]))]
    for method in value.get("verificationMethod", ()):
        uses = [name for name, ids in value.items() if isinstance(ids, list) and method["id"] in ids]
        key = PublicKey.from_jwk(method["publicKeyJwk"])
        text = f"#{method['id'].partition('#')[2]} {key.curve.value} {' '.join(uses)} 0x{key.thumbprint().hex()}"
        shown.append((tr("key", "키"), text))
    shown += [
        (tr("service", "서비스"), f"#{item['id'].partition('#')[2]} {item['type']} {item['serviceEndpoint']}")
        for item in value.get("service", ())
    ]
    known = {"@context", "id", "verificationMethod", "service", *RELATIONSHIPS}
    shown += [(name, str(item)) for name, item in value.items() if name not in known]
    return shown


def _type_document(value: Mapping[str, Any]) -> Rows:
    properties = value["schema"].get("properties", {})
    subject = properties.get("credentialSubject", {}).get("properties", properties)
    return [(tr("type", "유형"), str(value["type"])), (tr("claims", "항목"), ", ".join(sorted(map(str, subject))))]


def _service_document(value: Mapping[str, Any]) -> Rows:
    purpose = value.get("purpose", {})
    shown: Rows = [(tr("claims", "항목"), ", ".join(map(str, value["claims"])))]
    shown.append((tr("purpose", "목적"), str(purpose.get(language()) or purpose)))
    return shown


def _proposal_rows(signed: "SignedOperation") -> Rows:
    kind = int(signed.message["kind"])
    values = _proposal_values(signed)
    if values is None:
        return [(_label("proposal"), f"{kind}: 0x{signed.message['arguments'].hex()}")]
    words = _message_words(signed, values)
    return [(_label(name), words[name]) for name in values] + [("id", _proposal_id(signed))]


def _words(signed: "SignedOperation") -> dict[str, str]:
    words = _message_words(signed, signed.message)
    message = signed.message
    if signed.kind in {"CreateOrganisation", "CreateHolder"}:
        words["did"] = _new_did(signed)
    if "masks" in message:
        words["places"] = str(sum(mask.bit_count() for mask in message["masks"]))
    if "mayIssue" in message:
        words["rights"] = _rights(message)
    if "arguments" in message:
        words["proposal"] = _proposal(signed)
    return words


def _message_words(signed: "SignedOperation", message: Mapping[str, Any]) -> dict[str, str]:
    return {name: _word(signed, name, value) for name, value in message.items()}


def _word(signed: "SignedOperation", name: str, value: Any) -> str:
    if name in _DIDS and isinstance(value, bytes) and len(value) == _ID_LENGTH:
        from registry_client.core.did import format_did

        return str(format_did(signed.domain.network, value))
    if name in _TIMES:
        return moment_of(value)
    if name == "typeId":
        return _type_name(value)
    if name in {"code", "name"} and isinstance(value, bytes):
        return ascii_of("0x" + value.hex())
    if name == "role" and value in _ROLES:
        return tr(*_ROLES[value])
    if name == "choice" and value in _CHOICES:
        return tr(*_CHOICES[value])
    if name == "nonce":
        return f"0x{value:x}"
    if isinstance(value, bool):
        return tr("yes", "예") if value else tr("no", "아니요")
    if isinstance(value, tuple):
        return ", ".join(_word(signed, "", item) for item in value)
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def moment_of(seconds: int) -> str:
    """A time as people read it; one that no calendar holds, as its number."""
    try:
        return moment(seconds)
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def _proposal(signed: "SignedOperation") -> str:
    kind = int(signed.message["kind"])
    values = _proposal_values(signed)
    if values is None:
        return tr(f"a proposal of the unknown kind {kind}", f"알 수 없는 종류({kind})의 안건")
    words = _message_words(signed, values)
    if "mayIssue" in values:
        words["rights"] = _rights(values)
    if kind == 1:
        words["members"] = tr(f"{len(values['members'])} members", f"{len(values['members'])}명")
    return tr(*PROPOSAL_TEXTS[kind]).format_map({name: Word(text) for name, text in words.items()})


def _proposal_values(signed: "SignedOperation") -> dict[str, Any] | None:
    from registry_client.actions.council import KINDS
    from registry_client.core import abi_codec
    from registry_client.errors import AbiError

    types = dict(KINDS.values()).get(int(signed.message["kind"]))
    if types is None:
        return None
    try:
        values = abi_codec.decode(types, signed.message["arguments"])
    except AbiError:
        return None
    return dict(zip(PROPOSAL_FIELDS[int(signed.message["kind"])], values, strict=True))


def _proposal_id(signed: "SignedOperation") -> str:
    from registry_client.actions.council import Proposal

    message = signed.message
    return "0x" + Proposal(message["kind"], message["arguments"], message["salt"]).id.hex()


def _new_did(signed: "SignedOperation") -> str:
    from registry_client.core.curves import Curve
    from registry_client.core.did import KIND_HOLDER, KIND_ORGANISATION, compute_did_id, format_did
    from registry_client.core.keys import PublicKey
    from registry_client.errors import InvalidKeyError

    message = signed.message
    kind, controller = KIND_ORGANISATION, message.get("controller")
    if controller is None:
        try:
            kind, controller = KIND_HOLDER, PublicKey(Curve.P256, message["x"] + message["y"]).controller()
        except InvalidKeyError:
            return tr("(the key is no P-256 key)", "(P-256 키가 아님)")
    return str(
        format_did(signed.domain.network, compute_did_id(kind=kind, controller=controller, salt=message["salt"]))
    )


def _rights(message: Mapping[str, Any]) -> str:
    if message["mayIssue"] and message["mayAccredit"]:
        return tr("issue and accredit others for", "발급·재위임")
    return tr("accredit others for", "재위임") if message["mayAccredit"] else tr("issue", "발급")


def _type_name(type_id: bytes) -> str:
    from registry_client.cli import context
    from registry_client.errors import ConfigurationError

    text = "0x" + type_id.hex()
    if not any(type_id):
        return tr("none", "없음")
    try:
        return context.type_name(text)
    except ConfigurationError:
        return text


def _sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def _label(name: str) -> str:
    pair = LABELS.get(name)
    return name if pair is None else tr(*pair)
