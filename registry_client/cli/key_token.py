"""Keys inside PKCS#11 tokens: made there, and listed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from registry_client.cli import context, token_keys
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit

if TYPE_CHECKING:
    from registry_client.adapters.signer_pkcs11 import TokenKey

Curve = Literal["P-256", "secp256k1"]


def create(
    pkcs11: Annotated[
        str,
        typer.Option("--pkcs11", metavar="URI", help="pkcs11:token=...;object=NAME"),
    ],
    curve: Annotated[
        Curve, typer.Option(help=tr("agencies and officers use P-256", "기관과 공무원은 P-256"))
    ] = "P-256",
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help=tr("its name here; as in the token", "여기서 쓸 이름; 생략하면 같은 이름")
        ),
    ] = None,
    purpose: Annotated[str, typer.Option(metavar="TEXT", help=tr("what it is for", "용도"))] = "",
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="DIR", help=tr("instead of the profile's keys", "프로필의 keys 대신 쓸 폴더")),
    ] = None,
) -> None:
    from registry_client.adapters.pkcs11_uri import parse_token_uri
    from registry_client.adapters.signer_file import require_name, save_pointer
    from registry_client.adapters.signer_pkcs11 import create_token_key
    from registry_client.core.curves import Curve as Curves
    from registry_client.errors import KeyFileError

    uri = parse_token_uri(pkcs11)
    where = folder or context.keys_folder()
    chosen = name or uri.object or ""
    if uri.object:
        require_name(chosen, purpose)
    if context.has_key(where, chosen):
        raise KeyFileError(f"a key named {chosen} is already in {where}; keys are never overwritten")
    made = create_token_key(uri, curve=Curves(curve), module=token_keys.module(), ask_pin=token_keys.ask_pin(uri))
    path = save_pointer(chosen, made.public_key, where, uri=uri.text(), purpose=purpose)
    document = {"name": chosen, "pkcs11": uri.text(), "file": str(path), **_document(made)}

    def page(screen: Screen) -> None:
        screen.title(chosen)
        screen.facts(
            [
                (tr("token", "토큰"), uri.text()),
                (tr("curve", "곡선"), made.public_key.curve.value),
                (tr("controller", "제어자"), document["controller"]),
                (tr("thumbprint", "지문"), document["thumbprint"]),
                (tr("file", "파일"), path),
            ]
        )
        screen.note(
            tr(
                "The private key was made inside the token and cannot leave it. --key takes its name, or the URI.",
                "개인 키는 토큰 안에서 만들어졌고 밖으로 나오지 않습니다. --key에 이름이나 URI를 씁니다.",
            )
        )

    emit(document, page)


def listed(text: str) -> None:
    """List the keys of a token."""
    from registry_client.adapters.pkcs11_uri import parse_token_uri
    from registry_client.adapters.signer_pkcs11 import list_token_keys

    uri = parse_token_uri(text)
    found = list_token_keys(uri, module=token_keys.module(), ask_pin=token_keys.ask_pin(uri))

    def page(screen: Screen) -> None:
        if not found:
            screen.line(tr("the token has no keys that sign here", "이 토큰에는 서명할 수 있는 키가 없습니다"))
            return
        rows = [
            (key.label, key.public_key.curve.value, key.public_key.thumbprint().hex()[:16], "0x" + key.id.hex())
            for key in found
        ]
        screen.table([tr("name", "이름"), tr("curve", "곡선"), tr("thumbprint", "지문"), "id"], rows)

    emit([{"name": key.label, "id": key.id, **_document(key)} for key in found], page)


def _document(key: "TokenKey") -> dict[str, Any]:
    return {
        "curve": key.public_key.curve.value,
        "controller": "0x" + key.public_key.controller().hex(),
        "thumbprint": "0x" + key.public_key.thumbprint().hex(),
        "public_jwk": key.public_key.to_jwk(),
    }
