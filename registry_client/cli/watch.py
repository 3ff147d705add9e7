"""`mapae watch`: tell what an agency's desk has to know, as JSON lines and to a webhook."""

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry_client.cli import context
from registry_client.cli.app import command, noun
from registry_client.cli.failures import OK, REJECTED, UNREACHABLE
from registry_client.cli.i18n import tr
from registry_client.cli.settings import UsageError

if TYPE_CHECKING:
    from registry_client.actions.watch import Tell
    from registry_client.adapters.webhook import Webhook

SECRET_MAX_BYTES = 1_024

app = noun("watch", help=tr("Alerts for the desk, as they happen", "담당자에게 알릴 일을 그때그때 알립니다"))


@command(
    app,
    "run",
    help=tr("Tell what has to be known, one JSON line each", "알릴 일을 한 줄에 하나씩 JSON으로 알립니다"),
    examples=(
        "mapae watch --did DID",
        "mapae watch --once",
        "mapae watch --webhook https://desk.example/alerts --webhook-secret secret.txt",
    ),
)
def run(
    did: Annotated[
        list[str] | None,
        typer.Option(
            "--did", metavar="DID", help=tr("watched; the profile's agency if left out", "대상; 생략하면 프로필의 기관")
        ),
    ] = None,
    own: Annotated[
        list[str] | None,
        typer.Option(
            "--own",
            metavar="KEY|0x..",
            help=tr("whose operations are expected; else the keys folder's", "내 키; 생략하면 키 폴더"),
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="FILE", help=tr("what was told; beside the profile", "알린 기록; 프로필 옆")),
    ] = None,
    webhook: Annotated[
        str | None, typer.Option("--webhook", metavar="URL", help=tr("https, or this machine", "https 또는 이 컴퓨터"))
    ] = None,
    secret: Annotated[
        Path | None,
        typer.Option("--webhook-secret", metavar="FILE", help=tr("signs by HMAC-SHA-256", "HMAC-SHA-256 서명 비밀")),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--webhook-key", metavar="KEY", help=tr("signs instead", "대신 서명하는 키"))
    ] = None,
    once: Annotated[
        bool,
        typer.Option(
            "--once", help=tr("one look; exit code 3 if anything was told", "한 번만; 알린 것이 있으면 종료 코드 3")
        ),
    ] = False,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", min=1, help=tr("how often to look", "살피는 간격"))
    ] = 15.0,
    first: Annotated[
        int | None,
        typer.Option("--from", metavar="BLOCK", help=tr("begin there; else now", "시작 블록; 생략하면 지금")),
    ] = None,
) -> int:
    from registry_client.actions import watch
    from registry_client.adapters.watch_state import load_state
    from registry_client.errors import LedgerUnavailableError

    profile = context.profile()
    dids = tuple(did or ([profile.agency] if profile.agency else []))
    watched = watch.Watched(dids=dids, own_keys=_own_keys(own))
    hook = _webhook(webhook, secret, key)
    kept = load_state(state or _beside_profile(), network=f"{profile.network}:{profile.chain_id}")
    node, registry = context.node(), context.registry()
    if first is not None and not kept.is_new:
        raise UsageError(
            tr(
                f"--from is for a new watch, and {kept.path} goes on from block {kept.block}: leave --from out, or "
                "give another --state FILE to begin anew",
                f"--from은 새 감시에만 씁니다. {kept.path}은(는) 블록 {kept.block}부터 이어집니다: --from을 빼거나, "
                "새로 시작하려면 다른 --state FILE을 주세요",
            )
        )
    told: set[str] = set()

    def show(document: dict[str, Any]) -> None:
        _write(document)
        told.add(str(document["alert"]))

    def send(document: dict[str, Any]) -> None:
        if hook is not None:
            hook.deliver(document)

    begun, beat = False, None
    while True:
        if not begun:
            with suppress(LedgerUnavailableError):  # told as an alert by the look
                beat = watch.heartbeat(registry, kept, first_block=first).to_json()
                begun = True
                _write(beat)
        why = watch.look(node, registry, watched, kept, show=show, send=send)
        if beat is not None and not why:  # after the look: a receiver that hangs delays no alert on the screen
            _send_beat(send, beat)
            beat = None
        if why:
            count = len(kept.pending)
            said = tr(f"{count} alert(s) wait for the webhook", f"웹훅을 기다리는 알림 {count}건")
            sys.stderr.write(f"{said}: {why}\n")
        if once:
            return UNREACHABLE if "node-unreachable" in told else REJECTED if told or kept.pending else OK
        time.sleep(every)


def _send_beat(send: "Tell", beat: dict[str, Any]) -> None:
    """Let the receiver know that the watch is up; a heartbeat that it does not take is told here, and not kept."""
    from registry_client.errors import LedgerUnavailableError

    try:
        send(beat)
    except LedgerUnavailableError as error:
        sys.stderr.write(f"heartbeat: {error.detail}\n")


def _write(document: dict[str, Any]) -> None:
    """One JSON line, with its sentence in the reader's language."""
    import json

    from registry_client.cli.alert_texts import sentence

    sys.stdout.write(json.dumps({**document, "text": sentence(document)}, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def _own_keys(given: list[str] | None) -> frozenset[str]:
    from registry_client.adapters.signer_file import list_keys
    from registry_client.cli.drafts.given import controller_of
    from registry_client.errors import InvalidKeyError

    if given:
        return frozenset("0x" + controller_of(name).hex() for name in given)
    folder = context.profile().keys
    found = set()
    for stored in list_keys(folder) if folder is not None and folder.is_dir() else ():
        try:
            found.add("0x" + stored.public_key.controller().hex())
        except InvalidKeyError:
            continue  # a key that signs no operations
    return frozenset(found)


def _webhook(url: str | None, secret: Path | None, key: str | None) -> "Webhook | None":
    from registry_client.adapters.passphrase import read_private
    from registry_client.adapters.webhook import Webhook, sign_by_key, sign_by_secret

    if url is None:
        if secret is not None or key is not None:
            raise UsageError(tr("--webhook is missing", "--webhook이 없습니다"))
        return None
    if (secret is None) == (key is None):
        raise UsageError(
            tr(
                "a webhook is signed: give --webhook-secret or --webhook-key",
                "--webhook-secret 또는 --webhook-key로 서명합니다",
            )
        )
    if secret is not None:
        return Webhook(url, sign=sign_by_secret(read_private(secret, limit=SECRET_MAX_BYTES).strip()))
    return Webhook(url, sign=sign_by_key(context.signer(str(key))))


def _beside_profile() -> Path:
    path = context.profile().path
    return (path.parent if path is not None else Path()) / "watch" / "state.json"
