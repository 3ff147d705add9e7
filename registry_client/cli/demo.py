"""`mapae demo`: what an outside tester needs, made by real operations against a development system."""

from pathlib import Path
from typing import Annotated

import typer

from registry_client.cli import context
from registry_client.cli.app import command, noun
from registry_client.cli.i18n import tr, word
from registry_client.cli.output import Screen, emit
from registry_client.cli.progress import progress

app = noun("demo", help=tr("Make what an outside tester needs", "외부 시험에 필요한 것을 만듭니다"))


@command(
    app,
    "make",
    help=tr(
        "Make DIDs and credentials in every state, by real operations (development system only)",
        "여러 상태의 DID와 자격증명을 실제 작업으로 만듭니다 (개발 시스템 전용)",
    ),
    examples=("mapae demo --json", "mapae demo --out fixtures/"),
)
def make(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help=tr("where the credentials are written", "자격증명을 쓸 폴더")),
    ] = None,
) -> None:
    from registry_client.actions.demo import book_path, make_fixtures
    from registry_client.actions.keyring import open_ring
    from registry_client.cli.handed import write_private
    from registry_client.data import shipped_type, shipped_types

    profile = context.profile()
    ring = open_ring(profile)
    stages = {
        "ministry": tr("the council and a ministry", "협의회와 부처"),
        "agency": tr("an agency", "기관"),
        "dids": "DID",
        "credentials": tr("credentials", "자격증명"),
    }
    with progress() as shown:
        made = make_fixtures(
            context.desk(),
            ring,
            kind=shipped_type("civil-servant", base=profile.base),
            types=shipped_types(base=profile.base),
            host=profile.base,
            on_stage=lambda stage: shown.step(stages[stage]),
        )
    folder = (out or book_path(ring).parent / "credentials").absolute()
    files = {}
    for name, delivery in made.credentials.items():
        files[name] = str(folder / f"{name}.json")
        write_private(Path(files[name]), delivery)
    order = ("valid", "expired", "revoked", "suspended", "tampered")
    document = {
        "dids": made.dids,
        "credentials": {name: files[name] for name in order},
        "token_file": None if profile.token_file is None else str(profile.token_file.absolute()),
    }

    def page(screen: Screen) -> None:
        screen.title("DID")
        screen.facts([(word(name), did) for name, did in made.dids.items()])
        screen.title(tr("credentials", "자격증명"))
        screen.facts([(word(name), files[name]) for name in order])
        screen.facts([(tr("token", "토큰"), document["token_file"])], indent=0)

    emit(document, page)
