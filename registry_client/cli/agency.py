"""`mapae agency`: all that an agency needs before it can issue, in one guided and resumable command; and its roles."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from registry_client.cli import context, options
from registry_client.cli.agency_roles import dismiss, end_role, grant_role, show
from registry_client.cli.app import command, noun
from registry_client.cli.failures import OK, UNDETERMINED
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit
from registry_client.cli.progress import progress
from registry_client.cli.settings import current
from registry_client.cli.typed import as_typed
from registry_client.errors import InvalidProfileError

if TYPE_CHECKING:
    from registry_client.actions.agency import AdmissionRequest, AgencyKeys, Stage
    from registry_client.core.keys import NamedSigner

app = noun("agency", help=tr("Set an agency up in one go", "기관을 한 번에 준비합니다"))


@command(
    app,
    "init",
    help=tr(
        "Keys, DID, operators, status list, book, request: run it again until everything is ok",
        "키, DID, 담당자, 상태 목록, 발급 대장, 신청서: 모두 정상이 될 때까지 다시 실행하세요",
    ),
    examples=(
        "mapae agency init --types civil-servant,gate-pass",
        "mapae agency init --types organisation --request request.json --lang ko",
    ),
)
def init(
    types: Annotated[str, typer.Option("--types", metavar="A,B", help=tr("what it will issue", "발급할 유형"))],
    request: Annotated[
        Path,
        typer.Option(
            "--request", metavar="FILE", help=tr("where the request to a root is written", "상위 기관에 낼 신청서")
        ),
    ] = Path("agency-request.json"),
) -> int:
    from registry_client.actions import agency as agencies
    from registry_client.actions import did as dids
    from registry_client.cli.handed import write_private

    if context.profile().book is None:
        raise InvalidProfileError('the profile names no book: set book = "..." in it')
    vcts = [options.vct_of(name.strip(), base=context.profile().base) for name in types.split(",") if name.strip()]
    desk = context.desk()
    steps: list[tuple[str, str, str]] = []
    with progress() as shown:
        shown.step(tr("keys", "키"))
        made, keys = _keys()
        asked = _request(keys, request, tuple(vcts))
        birth = dids.Birth(asked.did, desk.did_id(asked.did), asked.salt)
        steps.append(
            (
                "ok",
                tr("keys", "키"),
                tr(
                    f"{made} made, {len(agencies.KEY_NAMES)} in all", f"새로 {made}개, 모두 {len(agencies.KEY_NAMES)}개"
                ),
            )
        )
        write_private(request, asked.to_json())
        done = agencies.progress_of(desk, birth, keys)
        if done["admission"]:
            list_id = agencies.establish(desk, birth, keys, done=done, on_stage=lambda stage: shown.step(_stage(stage)))
            _book(asked.did, list_id)
            _remember(asked.did)
            done = agencies.progress_of(desk, birth, keys)
    steps += [("ok" if done[stage] else "waiting", _stage(stage), "") for stage in agencies.STAGES]
    steps.append(
        ("ok" if done["status_list"] else "waiting", tr("book", "발급 대장"), str(context.profile().book or ""))
    )
    rights = _rights(asked.did, vcts) if done["did"] else dict.fromkeys(vcts, False)
    steps += [
        ("ok" if held else "waiting", tr("accreditation", "발급 권한"), options.type_name(vct))
        for vct, held in rights.items()
    ]
    following = [as_typed(line) for line in _following(asked, done["admission"], rights=rights, request=request)]

    def page(screen: Screen) -> None:
        screen.title(asked.did)
        screen.steps(steps)
        if following:
            screen.line(_waiting_for(following))
            for line in following:
                screen.next(line)
            if any(" ROOT " in line for line in following):
                screen.note(
                    tr(
                        "ROOT is the DID of the root agency: `mapae events --type AgencyAdmitted` tells who is one.",
                        "ROOT는 최상위 기관의 DID입니다: `mapae events --type AgencyAdmitted`로 확인합니다.",
                    )
                )
            if not done["admission"]:
                screen.note(
                    tr(
                        "If this is to be a root agency, the council admits it instead:",
                        "최상위 기관이 될 곳은 협의회가 승인합니다:",
                    )
                )
                endorser = "0x" + asked.endorser.hex()
                screen.next(
                    f"mapae council propose admit agency={asked.did} endorser={endorser} --key KEY --out p.json"
                )
            screen.note(tr("Then run this command again.", "그다음 이 명령을 다시 실행하세요."))

    emit(
        {
            "did": asked.did,
            "request": str(request),
            "steps": {**done, "accreditation": rights},
            "complete": not following,
            "next": following,
        },
        page,
    )
    return UNDETERMINED if following else OK


command(
    app,
    "show",
    help=tr("Show an agency's admission and roles", "기관의 가입과 역할을 봅니다"),
    examples=("mapae agency show DID", "mapae agency show --json"),
)(show)

command(
    app,
    "grant-role",
    help=tr("Give a key a role until a stated time", "키에 역할을 기한까지 줍니다"),
    examples=("mapae agency grant-role --role status-operator --to desk-night --key controller --until +180d",),
)(grant_role)

command(
    app,
    "end-role",
    help=tr("End a key's role", "키의 역할을 끝냅니다"),
    examples=("mapae agency end-role --role status-operator --to desk-night --key controller",),
)(end_role)

command(
    app,
    "dismiss",
    help=tr("End the admission of an agency under your root", "승인했던 기관의 가입을 끝냅니다"),
    examples=("mapae agency dismiss DID --key controller",),
)(dismiss)


def _keys() -> "tuple[int, AgencyKeys]":
    """Open the six keys, making those that are missing under one new passphrase; how many were made."""
    from registry_client.actions.agency import KEY_NAMES, AgencyKeys
    from registry_client.adapters.signer_file import save_signer
    from registry_client.adapters.signer_local import generate_signer

    folder = context.keys_folder()
    missing = [name for name in KEY_NAMES if not context.has_key(folder, name)]
    passphrase = context.read_passphrase(tr("the agency's keys", "기관의 키"), confirm=True) if missing else ""
    signers: list[NamedSigner] = []
    for name in KEY_NAMES:
        if name in missing:
            made = generate_signer(key_id=name, purpose=name)
            save_signer(made, folder, passphrase=passphrase)
            signers.append(made)
        else:
            signers.append(context.signer(name))
    return len(missing), AgencyKeys(*signers)


def _request(keys: "AgencyKeys", file: Path, types: tuple[str, ...]) -> "AdmissionRequest":
    """The request written by an earlier run if it is of the same keys, else a new one under a fresh salt."""
    from registry_client.actions.agency import admission_request, parse_request
    from registry_client.errors import InvalidInputError

    if file.is_file():
        earlier = parse_request(context.read_json(file))
        if earlier.controller != keys.controller.public_key.controller():
            raise InvalidInputError(
                f"{file} is the request of another agency: name another file with --request", file=str(file)
            )
        return admission_request(context.desk(), keys, salt=earlier.salt, types=types)
    return admission_request(context.desk(), keys, salt=options.salt_of(None), types=types)


def _book(did: str, list_id: bytes) -> None:
    """Make the book the first time, and enter the status list."""
    from registry_client.adapters.book import IssuerBook

    path = context.profile().book
    if path is None:
        return
    if not path.is_file():
        secret = context.read_passphrase(tr("the book", "발급 대장"), confirm=True)
        IssuerBook.create(path, agency=did, secret=secret).close()
    with context.book() as book:
        book.add_list(list_id, opened_at=context.desk().now())


def _remember(did: str) -> None:
    """Write the agency into the profile, so that later commands need no --agency."""
    from dataclasses import replace

    from registry_client.profile import write_profile

    profile = context.profile()
    if profile.agency != did and profile.path is not None and current().node is None:
        write_profile(replace(profile, agency=did), profile.path)


def _rights(did: str, vcts: list[str]) -> dict[str, bool]:
    now = context.desk().now()
    return {vct: context.registry().accreditation(did, vct, at=now).valid for vct in vcts}


def _following(
    asked: "AdmissionRequest",
    admitted: bool,
    *,
    rights: dict[str, bool],
    request: Path,
) -> list[str]:
    """What others have to run now: the root that admits, or admitted; the council where it sponsors the agency."""
    if not admitted:
        return [f"mapae accreditation admit {shlex.quote(str(request))} --root {_only_root() or 'ROOT'} --key KEY"]
    missing = [options.type_name(vct) for vct, held in rights.items() if not held]
    sponsor = context.node().get(f"/v1/roles/{asked.did}")["admission"]["sponsor"]
    if not str(sponsor).startswith("did:"):
        return [
            f"mapae council propose grant-root agency={asked.did} type={name} issue=yes --key KEY --out {name}.json"
            for name in missing
        ]
    return [f"mapae accreditation give {asked.did} --type {name} --grantor {sponsor} --key KEY" for name in missing]


def _only_root() -> str | None:
    """The root agency, where the council has admitted exactly one."""
    from registry_client.core.facts import EventFilter

    page = context.registry().events(EventFilter(types=("AgencyAdmitted",)))
    roots = {event.fields["agency"] for event in page.events if int(str(event.fields["sponsor"]), 16) == 0}
    return context.did_name(str(roots.pop())) if len(roots) == 1 and page.next_cursor is None else None


def _stage(stage: "Stage") -> str:
    return {
        "admission": tr("admission by a root", "상위 기관의 승인"),
        "did": "DID",
        "status_operator": tr("status operator", "상태 담당자"),
        "issuance_operator": tr("issuance operator", "발급 담당자"),
        "status_list": tr("status list", "상태 목록"),
    }[stage]


def _waiting_for(following: list[str]) -> str:
    if "council propose" in following[0]:
        return tr(
            "Waiting for the council. A member runs, with its own profile and key (KEY):",
            "협의회를 기다립니다. 위원이 자기 프로필과 키(KEY)로 실행할 명령:",
        )
    return tr(
        "Waiting for the root agency. It runs, with its own profile and controller's key (KEY):",
        "상위 기관을 기다립니다. 상위 기관이 자기 프로필과 제어 키(KEY)로 실행할 명령:",
    )
