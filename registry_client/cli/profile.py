"""`mapae profile`: which ledger is meant, through which node, with which keys."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from registry_client.cli.app import command, noun
from registry_client.cli.i18n import tr
from registry_client.cli.output import Screen, emit, outcome
from registry_client.cli.settings import UsageError, current

if TYPE_CHECKING:
    from registry_client.profile import Profile

app = noun("profile", help=tr("Choose the ledger, the node and the keys", "원장, 노드, 키를 고릅니다"))

NAME_HELP = tr("a name, or the path of a file", "이름 또는 파일 경로")


@command(
    app,
    "make",
    help=tr("Make a profile from what a node says about its ledger", "노드가 알려 주는 원장 정보로 프로필을 만듭니다"),
    examples=(
        "mapae profile make --node http://127.0.0.1:8700",
        "mapae profile make --name gate --node https://node.example",
    ),
)
def make(
    name: Annotated[str, typer.Option("--name", metavar="NAME|FILE", help=NAME_HELP)] = "default",
    agency: Annotated[
        str | None, typer.Option(metavar="DID", help=tr("the agency that you act for", "소속 기관"))
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=tr("API token for sending operations", "변경을 보낼 때 쓰는 API 토큰")),
    ] = None,
    language: Annotated[
        Literal["ko", "en"] | None, typer.Option(help=tr("language of the output", "출력 언어"))
    ] = None,
    minimum: Annotated[
        Literal["node", "own_ledger", "proven"],
        typer.Option("--minimum-assurance", help=tr("below it a verdict is undetermined", "이보다 낮으면 판단 불가")),
    ] = "node",
    status: Annotated[
        Literal["ledger", "published"],
        typer.Option(
            "--status", help=tr("check statuses with the ledger's words, or published lists too", "상태 확인 방법")
        ),
    ] = "ledger",
    force: Annotated[
        bool, typer.Option("--force", help=tr("replace an existing profile", "있던 프로필을 바꿈"))
    ] = False,
) -> None:
    from registry_client.core.assurance import Assurance
    from registry_client.core.encoding import decode_hex
    from registry_client.profile import Profile, profile_path, write_profile
    from registry_client.submit import NodeClient

    url = current().node or os.environ.get("MAPAE_NODE")
    if not url:
        raise UsageError(
            tr("say which node: --node http://127.0.0.1:8700", "노드를 지정하세요: --node http://127.0.0.1:8700")
        )
    path = profile_path(name)
    if path.exists() and not force:
        raise UsageError(tr(f"{path} exists; --force replaces it", f"{path}이(가) 이미 있습니다; --force로 바꿉니다"))
    with NodeClient(url) as node:
        ledger = node.get("/v1/ledger")
    home = path.parent / path.stem
    made = Profile(
        network=ledger["network"],
        chain_id=ledger["chain_id"],
        genesis_hash=decode_hex(ledger["genesis_hash"], length=32),
        directory=decode_hex(ledger["directory"].lower(), length=20),
        code_hash=decode_hex(ledger["code_hash"], length=32),
        node_url=url.rstrip("/"),
        minimum_assurance=Assurance(minimum),
        status=status,
        keys=home / "keys",
        book=home / "book.sqlite",
        token_file=token_file,
        agency=agency,
        language=language,
    )
    write_profile(made, path)

    def page(screen: Screen) -> None:
        _page(screen, made, path)
        screen.note(
            tr(
                "Taken from the node itself: compare genesis, directory and code hash with what your operator says.",
                "노드가 알려 준 값입니다: 운영 기관이 공표한 genesis, directory, code hash와 비교하세요.",
            )
        )

    emit(_document(made, path), page)


@command(app, "list", help=tr("List the profiles", "프로필 목록"), examples=("mapae profile list",))
def list_() -> None:
    from registry_client.errors import RegistryError
    from registry_client.profile import find_profile, local_profile, profile_path, read_profile

    paths = sorted(profile_path("default").parent.glob("*.toml"))
    if local_profile().is_file():
        paths.insert(0, local_profile())
    try:
        chosen = find_profile(current().profile).absolute()
    except RegistryError:
        chosen = None
    rows: list[dict[str, object]] = []
    for path in paths:
        row: dict[str, object] = {"path": str(path), "used": path.absolute() == chosen}
        try:
            found = read_profile(path)
            row |= {"network": found.network, "reads": found.rpc_url or found.node_url, "error": None}
        except RegistryError as error:
            row |= {"network": None, "reads": None, "error": error.detail}
        rows.append(row)

    def page(screen: Screen) -> None:
        if not rows:
            screen.line(tr("no profiles yet", "프로필이 없습니다"))
            screen.next("mapae profile make --node http://127.0.0.1:8700")
        for row in rows:
            mark = tr("used", "사용 중") if row["used"] else ""
            screen.line(f"{row['path']}  {mark}", style="bold" if row["used"] else None)
            if row["error"]:
                screen.line(f"{outcome('failed')}: {row['error']}", indent=2)
            else:
                screen.facts([(tr("network", "네트워크"), row["network"]), (tr("reads", "읽는 곳"), row["reads"])])

    emit(rows, page)


@command(
    app,
    "show",
    help=tr("Show the profile in use and where it was found", "사용 중인 프로필과 그 위치를 봅니다"),
    examples=("mapae profile show", "mapae profile show --profile gate --json"),
)
def show() -> None:
    from registry_client.cli import context
    from registry_client.profile import find_profile

    found = context.profile()
    path = found.path or find_profile(current().profile)
    emit(_document(found, path), lambda screen: _page(screen, found, path))


@command(
    app,
    "use",
    help=tr("Make a named profile the default one", "이름 있는 프로필을 기본으로 정합니다"),
    examples=("mapae profile use gate",),
)
def use(name: Annotated[str, typer.Argument(metavar="NAME", help=tr("the profile's name", "프로필 이름"))]) -> None:
    from registry_client.profile import local_profile, profile_path, read_profile

    path, default = profile_path(name), profile_path("default")
    read_profile(path)
    if path != default:
        temporary = default.with_name(f".default.{os.getpid()}")
        temporary.symlink_to(path.absolute())
        temporary.replace(default)

    def page(screen: Screen) -> None:
        screen.line(f"{outcome('ok')}  default -> {path}")
        if local_profile().is_file():
            screen.note(
                tr(
                    f"Here {local_profile()} comes first; elsewhere the default counts.",
                    f"여기서는 {local_profile()}이 먼저입니다.",
                )
            )

    emit({"default": str(path)}, page)


def _document(found: "Profile", path: Path) -> dict[str, object]:
    from registry_client.core.encoding import encode_hex

    return {
        "path": str(path),
        "network": found.network,
        "chain_id": found.chain_id,
        "genesis_hash": encode_hex(found.genesis_hash),
        "directory": encode_hex(found.directory),
        "code_hash": encode_hex(found.code_hash),
        "node_url": found.node_url,
        "rpc_url": found.rpc_url,
        "minimum_assurance": str(found.minimum_assurance),
        "status": found.status,
        "status_folder": None if found.status_folder is None else str(found.status_folder),
        "keys": None if found.keys is None else str(found.keys),
        "book": None if found.book is None else str(found.book),
        "token_file": None if found.token_file is None else str(found.token_file),
        "base": found.base,
        "agency": found.agency,
        "language": found.language,
    }


def _page(screen: Screen, found: "Profile", path: Path) -> None:
    screen.title(str(path))
    screen.facts([(name, value) for name, value in _document(found, path).items() if name != "path"])
