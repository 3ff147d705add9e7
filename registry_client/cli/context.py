"""What a command works with, opened only when it asks: profile, node, desk, keys.

A passphrase comes from `--passphrase-file`, MAPAE_PASSPHRASE_FILE or the terminal, is asked for once a key, and is
never an argument.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from registry_client.cli.i18n import tr
from registry_client.cli.settings import UsageError, current
from registry_client.cli.token_keys import close_tokens, is_uri, open_token_key, token_uri
from registry_client.errors import BookError, InvalidProfileError, KeyFileError

if TYPE_CHECKING:
    from registry_client.actions.desk import Desk
    from registry_client.adapters.book import IssuerBook
    from registry_client.core.credential_types import CredentialType
    from registry_client.core.document import DidDocument
    from registry_client.core.facts import DidVersion
    from registry_client.core.keys import NamedSigner, PublicKey
    from registry_client.holder import OpenedRequest
    from registry_client.issuer import CredentialIssuer
    from registry_client.profile import Profile, StatusSource
    from registry_client.registry import Registry
    from registry_client.submit import NodeClient
    from registry_client.verifier import Verifier

_open = ExitStack()
_books: "list[IssuerBook]" = []
_extra_types: "dict[str, CredentialType]" = {}


def close() -> None:
    """Close every connection of this run and forget what it opened: the next run in this process starts anew."""
    _open.close()
    close_tokens()
    _extra_types.clear()
    for remembered in (profile, node, desk, signer, registry, _type_names):
        remembered.cache_clear()


@cache
def profile() -> "Profile":
    """The profile of this run, with `--node` put in. Raises ProfileMissingError, InvalidProfileError."""
    from registry_client.profile import load_profile

    found = load_profile(current().profile)
    node = current().node
    return replace(found, node_url=node.rstrip("/"), rpc_url=None) if node else found


@cache
def node() -> "NodeClient":
    """The profile's node. Raises InvalidProfileError when it names none."""
    from registry_client.submit import NodeClient

    chosen = profile()
    if chosen.node_url is None:
        raise InvalidProfileError(
            "this needs a node, and the profile names none: set node_url in it, or give --node http://127.0.0.1:8700"
        )
    return _open.enter_context(NodeClient(chosen.node_url, token_file=chosen.token_file))


@cache
def desk() -> "Desk":
    """The desk that signs for the profile's ledger; the node's answer is checked against the profile."""
    from registry_client.actions.desk import Desk

    chosen = profile()
    return Desk(node(), node().network(expected=chosen.chain_id, name=chosen.network))


def keys_folder() -> Path:
    """The folder of the profile's keys. Raises InvalidProfileError when the profile names none."""
    folder = profile().keys
    if folder is None:
        raise InvalidProfileError('the profile names no keys folder: set keys = "..." in it, or use --folder')
    return folder


def key_path(name: str) -> Path:
    """The file of a key given by its name in the keys folder, or by its path."""
    if name.endswith(".p12") or "/" in name:
        return Path(name)
    return keys_folder() / f"{name}.p12"


def read_passphrase(key: str, *, confirm: bool = False) -> str:
    """The passphrase of a key, from the first place that has one."""
    from registry_client.adapters.passphrase import read_passphrase as ask

    file = current().passphrase_file
    prompt = tr(f"Passphrase of {key}", f"{key}의 암호")
    return ask(prompt=prompt, file=Path(file) if file else None, confirm=confirm)


def has_key(folder: Path, name: str) -> bool:
    """Whether a folder has a key of this name: a file, or what leads to a token."""
    return (folder / f"{name}.p12").is_file() or (folder / f"{name}.pkcs11").is_file()


@cache
def signer(name: str) -> "NamedSigner":
    """Open a key by name, path or PKCS#11 URI; a name may lead to a token."""
    from registry_client.adapters.signer_file import load_signer

    uri = token_uri(name)
    if uri is not None:
        return open_token_key(uri)
    path = key_path(name)
    if not path.is_file():
        raise KeyFileError(f"there is no key {path}; `mapae key list` shows what there is, `mapae key make` makes one")
    return load_signer(path, passphrase=read_passphrase(path.stem))


def public_key(name: str) -> "PublicKey":
    """The public half of a key by name or path: from its public file, without a passphrase, where there is one."""
    from registry_client.adapters.signer_file import list_keys

    uri = token_uri(name)
    if uri is not None and is_uri(name):
        return open_token_key(uri).public_key
    path = key_path(name)
    for key in list_keys(path.parent):
        if key.path.stem == path.stem:
            return key.public_key
    return signer(name).public_key


@cache
def registry() -> "Registry":
    """Reads the profile's ledger: through its node, or straight from the chain."""
    from registry_client.registry import open_registry

    return _open.enter_context(open_registry(profile()))


def verifier(status: "StatusSource | None" = None, lists: Path | None = None) -> "Verifier":
    """A verifier of the profile's ledger; see `checking` for what statuses are checked with."""
    from registry_client.registry import open_registry

    chosen = checking(status, lists)
    return (registry() if chosen == profile() else _open.enter_context(open_registry(chosen))).verifier()


def checking(status: "StatusSource | None", lists: Path | None) -> "Profile":
    """The profile with what statuses are checked with instead: `status`, or published lists in the folder `lists`."""
    chosen = profile()
    if lists is None:
        return replace(chosen, status=status) if status else chosen
    if status == "ledger":
        raise UsageError(
            tr("--lists checks with published lists", "--lists는 게시 목록으로 확인합니다. --status ledger를 빼세요")
        )
    if not lists.is_dir():
        raise UsageError(tr(f"{lists} is no folder", f"{lists}은(는) 폴더가 아닙니다"))
    return replace(chosen, status="published", status_folder=lists)


def standing(did: str) -> "DidVersion":
    """The version of a DID that stands now. Raises DidNotFoundError."""
    from registry_client.errors import DidNotFoundError

    found = registry().did_version(did)
    if found is None:
        raise DidNotFoundError(f"the ledger has no {did}", did=did)
    return found


def document_of(did: str) -> "DidDocument":
    """The document of a DID as it stands now."""
    from registry_client.core.did import Did
    from registry_client.core.document import parse_organisation

    return parse_organisation(standing(did).document or b"", Did(did))


def did_name(party: str | None) -> str:
    """How a party is shown: a 20-byte id (0x-hex) as a DID of this network, the council by name, a DID as it is."""
    from registry_client.core.did import format_did

    if party is None or party in {"council", "0x" + "00" * 20}:
        return tr("the council", "협의회")
    if party.startswith("0x") and len(party) == 42:
        return str(format_did(profile().network, bytes.fromhex(party[2:])))
    return party


def type_name(type_id: str) -> str:
    """The short name of one of our own types by its id (0x-hex), any other id as it is."""
    return _type_names().get(type_id, type_id)


@cache
def _type_names() -> dict[str, str]:
    from registry_client.core.credential_types import SLUGS, type_id_of, vct_of_slug

    return {"0x" + type_id_of(vct_of_slug(slug, base=profile().base)).hex(): slug for slug in SLUGS}


@contextmanager
def book() -> "Iterator[IssuerBook]":
    """Open the agency's book; a second opening in the same run shares the first. Raises BookError."""
    from registry_client.adapters.book import IssuerBook

    if _books:
        yield _books[-1]
        return
    path = profile().book
    if path is None:
        raise InvalidProfileError('the profile names no book: set book = "..." in it')
    if not path.is_file():
        raise BookError(f"there is no book at {path}; `mapae agency init` makes one", path=str(path))
    with IssuerBook.open(path, secret=read_passphrase(tr("the book", "발급 대장"))) as opened:
        _books.append(opened)
        try:
            yield opened
        finally:
            _books.pop()


def issuer(opened: "IssuerBook", *, method: str, signer: "NamedSigner", suite: str | None = None) -> "CredentialIssuer":
    """The agency's issuing desk, with the types that it may have been accredited for."""
    from registry_client.data import shipped_types
    from registry_client.issuer import CredentialIssuer

    return CredentialIssuer(
        opened,
        method_id=f"{opened.agency}#{method}",
        signer=signer,
        status_host=profile().base,
        types={kind.vct: kind for kind in shipped_types(base=profile().base)} | _extra_types,
        suite=suite,
    )


def issued_type(name: str) -> "CredentialType":
    """A type to issue: one of ours, or any other as the ledger has it. Raises SchemaMismatchError."""
    from registry_client.cli.options import vct_of
    from registry_client.core.credential_types import SLUGS, CredentialType
    from registry_client.errors import SchemaMismatchError

    if name in SLUGS:
        return shipped_type(name)
    record = registry().schema(vct_of(name, base=profile().base))
    if record is None:
        raise SchemaMismatchError("the ledger has no such credential type", type=name)
    kind = CredentialType.from_document(record.document)
    _extra_types[kind.vct] = kind
    return kind


def shipped_type(name: str) -> "CredentialType":
    """One of our own types under the profile's base."""
    from registry_client.data import shipped_type as shipped

    return shipped(name, base=profile().base)


def open_request(file: Path) -> "OpenedRequest":
    """Check a signed request against the ledger, as a wallet does. Raises RequestInvalidError, PurposeExceededError."""
    from datetime import UTC, datetime

    from registry_client.core.policy import Policy
    from registry_client.holder import Wallet

    opened = registry()
    wallet = Wallet(opened.ledger, opened.transport)
    policy = Policy(minimum_assurance=profile().minimum_assurance)
    return wallet.open_request(file.read_text(encoding="utf-8"), policy=policy, as_of=datetime.now(UTC))


def agency(given: str | None, *, option: str = "--agency") -> str:
    """The agency's DID: the one given, else the profile's. `option`: how the command calls it, for the error."""
    chosen = given or profile().agency
    if chosen is None:
        raise UsageError(
            tr(
                f'the profile names no agency: give {option} DID, or set agency = "DID" in the profile',
                f'프로필에 기관이 없습니다: {option} DID를 주거나 프로필에 agency = "DID"를 적으세요',
            )
        )
    return chosen


def read_json(path: Path) -> object:
    """Read a JSON file strictly. Raises ParsingError, OSError."""
    from registry_client.core.strict_json import parse_json

    return parse_json(path.read_bytes())
