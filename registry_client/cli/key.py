"""`mapae key`: make, list, show and import the keys that sign. The private half never leaves its file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from registry_client.cli import context, key_token
from registry_client.cli.app import command, noun
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit

if TYPE_CHECKING:
    from registry_client.adapters.signer_file import StoredKey
    from registry_client.core.keys import PublicKey

app = noun("key", help=tr("Make and list the keys that sign", "서명 키를 만들고 봅니다"))

Curve = Literal["P-256", "secp256k1", "Ed25519"]
Name = Annotated[str, typer.Argument(metavar="NAME", help=tr("the key's name in the keys folder", "키 폴더 안의 이름"))]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", metavar="DIR", help=tr("instead of the profile's keys", "프로필의 keys 대신 쓸 폴더")),
]


@command(
    app,
    "make",
    help=tr("Make a new key (P-256) in an encrypted PKCS#12 file", "새 키(P-256)를 암호화된 PKCS#12 파일로 만듭니다"),
    examples=("mapae key make controller", "mapae key make issue-2 --purpose 'signs credentials'"),
)
def make(
    name: Name,
    purpose: Annotated[str, typer.Option(metavar="TEXT", help=tr("what it is for", "용도"))] = "",
    curve: Annotated[
        Curve, typer.Option(help=tr("agencies and officers use P-256", "기관과 공무원은 P-256"))
    ] = "P-256",
    folder: Folder = None,
) -> None:
    from registry_client.adapters.signer_file import save_signer
    from registry_client.adapters.signer_local import generate_signer
    from registry_client.core.curves import Curve as Curves

    signer = generate_signer(Curves(curve), key_id=name, purpose=purpose)
    path = save_signer(signer, folder or context.keys_folder(), passphrase=context.read_passphrase(name, confirm=True))
    _show(name, purpose, signer.public_key, path)


command(
    app,
    "create",
    help=tr("Make a new key inside a PKCS#11 token (HSM)", "PKCS#11 토큰(HSM) 안에 새 키를 만듭니다"),
    examples=("mapae key create --pkcs11 'pkcs11:token=agency;object=controller'",),
)(key_token.create)


@command(
    app,
    "list",
    help=tr("List the keys; needs no passphrase", "키 목록 (암호가 필요 없음)"),
    examples=(
        "mapae key list",
        "mapae key list --folder var/demo/keys --json",
        "mapae key list --pkcs11 pkcs11:token=agency",
    ),
)
def list_(
    folder: Folder = None,
    pkcs11: Annotated[
        str | None,
        typer.Option(
            "--pkcs11", metavar="URI", help=tr("of a token instead: pkcs11:token=...", "토큰의 키: pkcs11:token=...")
        ),
    ] = None,
) -> None:
    if pkcs11 is not None:
        key_token.listed(pkcs11)
        return
    from registry_client.adapters.signer_file import list_keys

    where = folder or context.keys_folder()
    found = list_keys(where)

    def page(screen: Screen) -> None:
        if not found:
            screen.line(tr(f"no keys in {where}", f"{where}에 키가 없습니다"))
            screen.next("mapae key make controller")
            return
        rows = [
            (key.key_id, key.public_key.curve.value, key.public_key.thumbprint().hex()[:16], key.purpose)
            for key in found
        ]
        screen.table([tr("name", "이름"), tr("curve", "곡선"), tr("thumbprint", "지문"), tr("purpose", "용도")], rows)

    emit([_document(key) for key in found], page)


@command(
    app,
    "show",
    help=tr("Show a key's public half, controller and thumbprint", "키의 공개 부분, 제어자, 지문을 봅니다"),
    examples=("mapae key show controller", "mapae key show issue-1 --json"),
)
def show(name: Name, folder: Folder = None) -> None:
    from registry_client.adapters.signer_file import list_keys
    from registry_client.errors import KeyFileError

    where = folder or context.keys_folder()
    for key in list_keys(where):
        if key.key_id == name:
            _show(key.key_id, key.purpose, key.public_key, key.path)
            return
    raise KeyFileError(f"there is no key named {name} in {where}; `mapae key list` shows what there is")


@command(
    app,
    "import",
    help=tr("Take over a key from a PKCS#12 file made elsewhere", "다른 곳에서 만든 PKCS#12 파일의 키를 가져옵니다"),
    examples=("mapae key import hsm-backup.p12 --name controller",),
)
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.p12", exists=True, dir_okay=False, help=tr("the file", "파일"))],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help=tr("its name here", "여기서 쓸 이름"))],
    purpose: Annotated[str, typer.Option(metavar="TEXT", help=tr("what it is for", "용도"))] = "",
    folder: Folder = None,
) -> None:
    from registry_client.adapters.signer_file import load_signer, save_signer
    from registry_client.adapters.signer_local import signer_from

    passphrase = context.read_passphrase(file.name)
    found = load_signer(file, passphrase=passphrase)
    signer = signer_from(found.private_key, key_id=name, purpose=purpose or found.purpose)
    path = save_signer(signer, folder or context.keys_folder(), passphrase=passphrase)
    _show(name, signer.purpose, signer.public_key, path)


def _show(name: str, purpose: str, key: "PublicKey", path: Path) -> None:
    document = _public(name, purpose, key, path)

    def page(screen: Screen) -> None:
        screen.title(name)
        screen.facts(
            [
                (tr("purpose", "용도"), purpose),
                (tr("curve", "곡선"), key.curve.value),
                (tr("controller", "제어자"), document.get("controller")),
                (tr("thumbprint", "지문"), document["thumbprint"]),
                ("did:key", document["did_key"]),
                (tr("file", "파일"), path),
            ]
        )

    emit(document, page)


def _document(key: "StoredKey") -> dict[str, object]:
    return _public(key.key_id, key.purpose, key.public_key, key.path)


def _public(name: str, purpose: str, key: "PublicKey", path: Path) -> dict[str, object]:
    from registry_client.core.encoding import encode_hex
    from registry_client.errors import InvalidKeyError

    document: dict[str, object] = {"name": name, "purpose": purpose, "curve": key.curve.value, "file": str(path)}
    try:
        document["controller"] = encode_hex(key.controller())
    except InvalidKeyError:
        document["controller"] = None
    return {
        **document,
        "thumbprint": encode_hex(key.thumbprint()),
        "public_jwk": key.to_jwk(),
        "did_key": f"did:key:{key.to_multikey()}",
    }
