"""Many credentials judged in one run: one line each, in order, with the exit code of the worst."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial

import pytest

from registry_client.cli import context, credential_many, i18n, output, settings
from registry_client.cli.main import main
from registry_client.cli.settings import UsageError
from registry_client.core.assurance import Assurance
from registry_client.profile import Profile
from registry_client.verifier import Verifier
from tests.simulators.ledger import NoTransport
from tests.simulators.world import World

PROFILE = Profile(
    network="sim",
    chain_id=1,
    genesis_hash=bytes(32),
    directory=bytes(20),
    code_hash=bytes(32),
    node_url="http://127.0.0.1:1",
    minimum_assurance=Assurance.OWN_LEDGER,
)


def simulated(profile, *, revoked=()):
    """The verifier of one process: the same simulated ledger everywhere."""
    assert profile in {PROFILE, replace(PROFILE, status="published")}
    world = World()
    for index in revoked:
        world.ledger.set_bit(world.list_id, index)
    return Verifier(world.ledger, NoTransport(), keep_s=1e9)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A folder with credentials of every kind, and a ledger that has revoked one of them."""
    monkeypatch.setattr(context, "profile", cache(lambda: PROFILE))
    monkeypatch.setattr(credential_many, "make_verifier", partial(simulated, revoked=(40,)))
    world = World()
    receipted = world.issue_document(index=41)
    receipt = {"agency": "x"}
    for name, content in {
        "a.jwt": world.issue_jwt(index=39),
        "b.json": json.dumps({"credential": world.issue_document(index=40), "receipts": []}),
        "c.sdjwt": world.issue(index=42),
        "d.json": json.dumps({"credential": receipted, "receipts": "none"}),
        "e.json": json.dumps({"credential": receipted, "receipt": receipt}),
        "f.txt": "nonsense",
        ".hidden": "not looked at",
    }.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "folder").mkdir()
    yield tmp_path, world
    output.console.cache_clear()
    settings.use(settings.Settings())
    i18n.set_language("en")


def run(archive, *words, capsys):
    _, world = archive
    at = datetime.fromtimestamp(world.ledger.now, UTC).isoformat()
    code = main(["credential", "verify", *map(str, words), "--at", at])
    return code, capsys.readouterr()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_folder_is_judged_line_by_line(archive, processes, capsys):
    code, said = run(archive, "--from-dir", archive[0], "--processes", processes, "--json", capsys=capsys)
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [(line["file"].rsplit("/")[-1], line["verdict"], line["reason"]) for line in lines] == [
        ("a.jwt", "accepted", None),
        ("b.json", "rejected", "status-revoked"),
        ("c.sdjwt", "accepted", None),
        ("d.json", "rejected", "malformed-value"),
        ("e.json", "rejected", "malformed-value"),
        ("f.txt", "rejected", "parsing"),
    ]
    assert code == 3
    assert len(lines[0]["steps"]) == 9


def test_the_page_counts_and_says_why(archive, capsys):
    folder = archive[0]
    code, said = run(archive, folder / "a.jwt", folder / "b.json", folder / "c.sdjwt", capsys=capsys)
    assert code == 3
    page = "".join(said.out.split())  # lines are folded anywhere
    assert "b.json:thecredentialisrevoked" in page
    assert "accepted:2" in page
    assert "rejected:1" in page
    assert "verifying" in said.err
    assert run(archive, folder / "a.jwt", folder / "c.sdjwt", "--lang", "ko", capsys=capsys)[0] == 0


def test_undetermined_is_the_exit_code_where_nothing_is_rejected(archive, capsys, monkeypatch):
    folder = archive[0]

    def unreachable(profile):
        verifier = simulated(profile)
        world = World()
        world.ledger.unread = {"status_list"}
        assert verifier
        return Verifier(world.ledger, NoTransport())

    monkeypatch.setattr(credential_many, "make_verifier", unreachable)
    code, said = run(archive, folder / "a.jwt", folder / "c.sdjwt", "--processes", "1", "--json", capsys=capsys)
    assert code == 4
    assert {json.loads(line)["verdict"] for line in said.out.splitlines()} == {"undetermined"}


def test_a_file_that_is_not_there_is_told_before_anything_is_judged(archive, capsys):
    code, said = run(archive, archive[0] / "a.jwt", archive[0] / "missing", capsys=capsys)
    assert (code, said.out) == (2, "")
    assert "missing" in "".join(said.err.split())  # a long path is folded where the line ends


def test_what_the_line_may_say(archive, tmp_path):
    folder = archive[0]
    assert len(credential_many.files_of((), folder)) == 6
    with pytest.raises(UsageError, match="FILE"):
        credential_many.files_of((), None)
    with pytest.raises(UsageError, match="both"):
        credential_many.files_of((folder / "a.jwt",), folder)
    with pytest.raises(UsageError, match="no files"):
        credential_many.files_of((), folder / "folder")
    assert main(["credential", "verify", "--from-dir", str(folder), "--show-claims"]) == 2


def test_a_step_that_nobody_asked_for_has_a_neutral_mark(archive, capsys, monkeypatch):
    monkeypatch.setattr(context, "verifier", lambda _status, _lists: simulated(PROFILE))
    code, said = run(archive, archive[0] / "a.jwt", capsys=capsys)
    assert code == 0
    marks = {line.split(":")[0].split()[-1]: line for line in said.out.splitlines() if ": " in line}
    assert "not asked" in marks["holder"]
    assert "not asked" in marks["purpose"]
    assert "ok" in marks["status"].split()
    assert not any(mark in marks["holder"] for mark in ("✔", "+ "))


def test_a_presentation_of_several_is_shown_with_the_verdict_of_each(archive, capsys, monkeypatch):
    folder, world = archive
    now = int(datetime.now(UTC).timestamp())
    world.ledger.advance(now - world.ledger.now)  # the line has no --at: a presentation is judged now
    monkeypatch.setattr(context, "verifier", lambda _status, _lists: world.verifier)
    shown = world.present_document([world.issue_document(index=1), world.issue_document(index=2)])
    (folder / "several.json").write_text(json.dumps({"presentation": shown}))
    line = ["presentation", "verify", str(folder / "several.json")]
    asked = ["--nonce", world.challenge.nonce, "--audience", world.challenge.audience]
    assert main([*line, *asked]) == 0
    page = capsys.readouterr().out
    assert all(text in page for text in ("the whole presentation, 2", "1/2", "2/2"))
    world.ledger.set_bit(world.list_id, 2)
    assert main([*line, *asked, "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert [item["verdict"] for item in told["credentials"]] == ["accepted", "rejected"]
    assert (told["verdict"], told["reason"], "claims" in told) == ("rejected", "status-revoked", False)
    assert main([*line, "--nonce", "x"]) == 2
    assert main([*line, *asked, "--request", "r"]) == 2
