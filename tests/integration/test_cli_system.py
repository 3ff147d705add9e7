"""The command line against a whole system: every noun, by its exit codes and its documents."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.system_support import Said, System, development_system
from tests.support.softhsm import find_softhsm, tokens_of_this_process

pytestmark = [pytest.mark.chain, pytest.mark.slow]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with development_system(tmp_path_factory.mktemp("cli") / "var") as running:
        yield running


@pytest.fixture(scope="module")
def demo(system: System) -> dict[str, Any]:
    said = system.mapae("demo", "--json")
    assert said.code == 0, said.err
    return said.json()


@pytest.fixture(scope="module")
def ministry(system: System, demo: dict[str, Any]) -> str:
    assert demo
    return system.mapae("schema", "show", "gate-pass", "--json").json()["owner"]


class City:
    """An agency with a profile, keys and a book of its own, set up by the command line alone.

    Where SoftHSM is installed (always in CI), most of its keys live in a token and sign everything from there.
    """

    def __init__(self, system: System, folder: Path) -> None:
        self.system, self.folder = system, folder
        secret = folder / "passphrase"
        secret.write_text("마패 기관 암호 2026\n")
        secret.chmod(0o600)
        self.environment = {"MAPAE_PROFILE": str(folder / "city.toml"), "MAPAE_PASSPHRASE_FILE": str(secret)}
        self.in_token: tuple[str, ...] = ()
        if os.environ.get("MAPAE_CI") or find_softhsm() is not None:
            tokens, labels = tokens_of_this_process()
            self.token = next(labels)
            self.environment |= tokens.environment
            self.in_token = ("controller", "issue-1", "status-1", "issuance-operator")

    def mapae(self, *words: object) -> Said:
        return self.system.mapae(*words, cwd=self.folder, environment=self.environment)

    def done(self, *words: object) -> Any:
        said = self.mapae(*words, "--json")
        assert said.code == 0, (words, said.err)
        return said.json()


@pytest.fixture(scope="module")
def city(system: System, ministry: str, tmp_path_factory: pytest.TempPathFactory) -> City:
    """The guided set-up, resumed after each thing that only the root can do."""
    city = City(system, tmp_path_factory.mktemp("city"))
    token = system.home / "node" / "token"
    city.done("profile", "make", "--name", "./city.toml", "--node", system.url, "--token-file", token)
    for name in city.in_token:
        city.done("key", "create", "--pkcs11", f"pkcs11:token={city.token};object={name}")
    init = ("agency", "init", "--types", "civil-servant,gate-pass", "--json")
    first = city.mapae(*init)
    assert first.code == 4
    assert first.json()["next"][0].endswith(
        f"mapae accreditation admit agency-request.json --root {ministry} --key KEY"
    )
    did = first.json()["did"]
    root = ("--key", "ministry", "--json")
    request = city.folder / "agency-request.json"
    assert system.mapae("accreditation", "admit", request, "--root", ministry, *root).code == 0
    second = city.mapae(*init)
    assert second.code == 4
    assert second.json()["steps"]["status_list"] is True
    assert [line.split("mapae ")[1] for line in second.json()["next"]] == [
        f"accreditation give {did} --type {kind} --grantor {ministry} --key KEY"
        for kind in ("civil-servant", "gate-pass")
    ]
    nobody = system.mapae("accreditation", "admit", request, "--key", "ministry")
    assert (nobody.code, "--root DID" in " ".join(nobody.err.split())) == (2, True)
    for kind in ("civil-servant", "gate-pass"):
        said = system.mapae("accreditation", "give", did, "--type", kind, "--grantor", ministry, *root)
        assert said.code == 0, said.err
    third = city.mapae(*init)
    assert (third.code, third.json()["complete"]) == (0, True)
    assert third.json()["did"] == did
    city.did = did
    return city


def test_demo_prints_exactly_what_a_tester_needs(demo: dict[str, Any], system: System) -> None:
    assert demo.keys() == {"dids", "credentials", "token_file"}
    assert list(demo["dids"]) == ["active", "updated", "deactivated", "with_service", "missing"]
    assert list(demo["credentials"]) == ["valid", "expired", "revoked", "suspended", "tampered"]
    assert Path(demo["token_file"]).read_text() == (system.home / "node" / "token").read_text()


@pytest.mark.parametrize(
    ("name", "status"),
    [("active", 200), ("updated", 200), ("deactivated", 410), ("with_service", 200), ("missing", 404)],
)
def test_demo_dids_resolve_as_they_are_named(demo: dict[str, Any], system: System, name: str, status: int) -> None:
    assert httpx.get(f"{system.url}/1.0/identifiers/{demo['dids'][name]}", trust_env=False).status_code == status


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("valid", 0, None),
        ("expired", 3, "outside-validity"),
        ("revoked", 3, "status-revoked"),
        ("suspended", 3, "status-suspended"),
        ("tampered", 3, "proof-invalid"),
    ],
)
def test_demo_credentials_verify_as_they_are_named(
    demo: dict[str, Any], system: System, name: str, code: int, reason: str | None
) -> None:
    said = system.mapae("credential", "verify", demo["credentials"][name], "--json")
    assert (said.code, said.json()["reason"]) == (code, reason)


def test_resolve_reads_versions_times_and_services(demo: dict[str, Any], system: System) -> None:
    updated = system.mapae("did", "resolve", demo["dids"]["updated"], "--json").json()
    assert updated["didDocumentMetadata"]["versionId"] == "11"
    created = updated["didDocumentMetadata"]["created"]
    first = system.mapae("did", "resolve", demo["dids"]["updated"], "--version", "1", "--json").json()
    assert first["didDocumentMetadata"]["versionId"] == "1"
    then = system.mapae("did", "resolve", demo["dids"]["updated"], "--time", created, "--json").json()
    assert then["didDocumentMetadata"].get("updated", created) <= created
    page = system.mapae("did", "resolve", demo["dids"]["with_service"])
    assert "LinkedDomains" in page.out
    ended = system.mapae("did", "resolve", demo["dids"]["deactivated"], "--lang", "ko")
    assert (ended.code, "비활성" in ended.out, "되돌릴 수 없습니다" in ended.out) == (3, True, True)
    before = system.mapae("did", "resolve", demo["dids"]["deactivated"], "--version", "1", "--json")
    assert before.json()["didDocument"]["id"] == demo["dids"]["deactivated"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("did", "resolve", "{missing}"), 3, "DID not found"),
        (("did", "resolve", "nonsense"), 2, "Invalid DID"),
        (("did", "resolve", "{active}", "--node", "http://127.0.0.1:1"), 6, "make serve"),
        (("did", "resolv", "{active}"), 2, "Did you mean 'resolve'"),
        (("credential", "verify", "/nowhere.json"), 2, "/nowhere.json"),
        (("did", "deactivate", "{active}", "--key", "no-such-key", "--yes"), 2, "mapae key list"),
    ],
)
def test_failures_tell_cause_and_next_step_with_their_own_exit_code(
    demo: dict[str, Any], system: System, words: tuple[str, ...], code: int, says: str
) -> None:
    said = system.mapae(*(word.format(**demo["dids"]) for word in words))
    assert said.code == code
    assert says in " ".join(said.err.split())
    assert said.out == ""
    assert "Traceback" not in said.err


def test_a_change_by_the_wrong_key_is_refused_by_the_contract_by_name(demo: dict[str, Any], system: System) -> None:
    words = (
        "did",
        "update",
        demo["dids"]["active"],
        "--key",
        "ministry",
        "--service",
        "web=LinkedDomains,https://x.example",
    )
    said = system.mapae(*words, "--json")
    assert said.code == 5
    assert json.loads(said.err)["error"]["error_name"] == "DidRegistryNotController"


def test_update_transfer_and_deactivate_by_the_controller(demo: dict[str, Any], system: System) -> None:
    did = demo["dids"]["active"]
    added = system.mapae(
        "did",
        "update",
        did,
        "--key",
        "run-1-controller",
        "--method",
        "issue-9=run-1-issue-1",
        "--service",
        "web=LinkedDomains,https://x.example",
        "--json",
    )
    assert added.code == 0, added.err
    assert added.json()["version"] == 2
    document = system.mapae("did", "resolve", did, "--json").json()["didDocument"]
    assert [service["id"] for service in document["service"]] == [f"{did}#web"]
    reused = system.mapae(
        "did", "update", did, "--key", "run-1-controller", "--remove", "auth-1", "--method", "issue-9=ministry"
    )
    assert reused.code in {2, 3}
    moved = system.mapae("did", "transfer", did, "--key", "run-1-controller", "--new-key", "ministry", "--json")
    assert (moved.code, moved.json()["version"]) == (0, 3)
    assert system.mapae("did", "deactivate", did, "--key", "run-1-controller", "--yes").code == 5
    assert system.mapae("did", "deactivate", did, "--key", "ministry", "--yes").code == 0
    assert httpx.get(f"{system.url}/1.0/identifiers/{did}", trust_env=False).status_code == 410


def test_an_agency_shows_its_admission_and_roles(city: City, ministry: str) -> None:
    shown = city.done("agency", "show")
    assert shown["admission"]["sponsor"] == ministry
    assert [term["role_name"] for term in shown["terms"]] == ["endorser", "status_operator", "issuance_operator"]


def test_roles_are_given_and_ended(city: City) -> None:
    city.done("key", "make", "night-desk")
    given = city.done(
        "agency",
        "grant-role",
        "--role",
        "status-operator",
        "--to",
        "night-desk",
        "--key",
        "controller",
        "--until",
        "+1d",
    )
    ended = city.done(
        "agency", "end-role", "--role", "status-operator", "--to", given["grantee"], "--key", "controller"
    )
    assert ended["grantee"] == given["grantee"]
    assert (
        city.mapae("agency", "end-role", "--role", "status-operator", "--to", "night-desk", "--key", "controller").code
        == 5
    )


@pytest.fixture(scope="module")
def holder(city: City) -> str:
    city.done("key", "make", "phone", "--folder", "phone")
    return city.done("did", "create-holder", "--phone", "phone/phone.p12", "--endorser", "endorser")["did"]


@pytest.fixture(scope="module")
def issued(city: City, holder: str) -> dict[str, Any]:
    rows = [
        "name,nameLatin,institutionCode,institutionName,department,position,staffNumber,validFrom,validUntil,holder,reference",
        f"김마패,KIM MAPAE,6110000,서울특별시,디지털정책과,행정사무관,S-1,2026-01-01,2027-12-31,{holder},HR-1",
        f"이순신,,6110000,서울특별시,총무과,주무관,S-2,2026-01-01,2027-12-31,{holder},HR-2",
    ]
    (city.folder / "officers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8-sig")
    return city.done("credential", "issue", "--claims", "officers.csv", "--type", "civil-servant", "--out", "issued")


@pytest.fixture(scope="module")
def gate_pass(city: City, holder: str) -> dict[str, Any]:
    claims = {
        "name": "김마패",
        "institutionCode": "6110000",
        "institutionName": "서울특별시",
        "staffNumber": "S-1",
        "photoDigest": "sha256-" + "A" * 43,
    }
    (city.folder / "pass.json").write_text(json.dumps({"claims": claims, "holder": holder, "reference": "HR-1"}))
    done = city.done("credential", "issue", "--claims", "pass.json", "--type", "gate-pass", "--out", "passes")
    return done["credentials"][0]


def test_a_batch_is_issued_once_however_often_it_is_run(city: City, issued: dict[str, Any]) -> None:
    again = city.done("credential", "issue", "--claims", "officers.csv", "--type", "civil-servant", "--out", "issued")
    assert again == {**issued, "new": 0}
    assert issued["new"] == 2
    words = ("credential", "issue", "--claims", "officers.csv", "--type", "civil-servant", "--out", "issued")
    assert "Nothing new: these 2 were issued before" in city.mapae(*words).out
    for other in (("--until", "+30d"), ("--key", "status-1"), ("--batch", issued["batch"], "--format", "vc+jwt")):
        said = city.mapae(*words, *other)
        assert (said.code, "this batch was issued with other options" in " ".join(said.err.split())) == (2, True), said
    assert [line["reference"] for line in issued["credentials"]] == ["HR-1", "HR-2"]
    for line in issued["credentials"]:
        file = city.folder / line["file"]
        assert file.stat().st_mode & 0o077 == 0
        delivery = json.loads(file.read_text())
        assert delivery["receipt"]["seq"] == issued["seq"]
        assert city.mapae("credential", "verify", file).code == 0


def test_a_line_that_the_schema_refuses_stops_the_batch_before_anything_is_signed(city: City, holder: str) -> None:
    claims = {
        "name": "900101-1234567",
        "institutionCode": "6110000",
        "institutionName": "서울특별시",
        "staffNumber": "S-3",
    }
    (city.folder / "bad.json").write_text(json.dumps([{"claims": claims, "holder": holder}]))
    said = city.mapae("credential", "issue", "--claims", "bad.json", "--type", "gate-pass", "--batch", "bad")
    assert said.code == 3
    assert "line 1: CivilServantGatePass: name: must not contain" in " ".join(said.err.split())
    assert city.done("credential", "list", "--batch", "bad")["credentials"] == []


def test_the_book_finds_credentials_by_reference_and_holder(city: City, issued: dict[str, Any], holder: str) -> None:
    found = city.done("credential", "list", "--reference", "HR-2")["credentials"]
    assert [line["id"] for line in found] == [issued["credentials"][1]["id"]]
    words = ("credential", "list", "--subject", holder, "--type", "civil-servant")
    first = city.done(*words, "--limit", "1")
    assert (len(first["credentials"]), first["more"]) == (1, 1)
    second = city.done(*words, "--limit", "1", "--cursor", first["next_cursor"])
    assert (len(second["credentials"]), second["next_cursor"]) == (1, None)
    page = city.mapae(*words, "--limit", "1").out
    assert "1 more" in page
    assert f"--limit 1 --cursor {first['next_cursor']}" in page.splitlines()[-1]
    shown = city.done("credential", "show", issued["credentials"][1]["id"])
    assert shown["claims"]["name"] == "이순신"


def test_suspend_lift_revoke_and_reissue_follow_the_ledger(city: City, issued: dict[str, Any]) -> None:
    line = issued["credentials"][1]
    verify = ("credential", "verify", line["file"])
    city.done("credential", "suspend", line["id"], "--reason", "휴직")
    assert city.mapae(*verify).code == 3
    city.done("credential", "lift", line["id"])
    assert city.mapae(*verify).code == 0
    renewed = city.done("credential", "reissue", line["id"], "--out", "renewed", "--reason", "분실")
    assert city.mapae(*verify).code == 3
    assert city.mapae("credential", "verify", renewed["file"]).code == 0
    shown = city.done("credential", "show", line["id"])
    assert shown["replaced_by"] == renewed["issued"]
    assert [change["standing"] for change in shown["changes"]] == ["suspended", "valid", "revoked"]
    for verb in ("lift", "suspend"):
        refused = city.mapae("credential", verb, line["id"], "--json")
        assert (refused.code, refused.json()["refused"]) == (5, [line["id"]])
        assert refused.json()["credentials"] == [{"id": line["id"], "standing": "revoked"}]
    page = city.mapae("credential", "lift", line["id"], renewed["issued"])
    assert (page.code, "stays revoked" in page.out, f"active   {renewed['issued']}" in page.out) == (5, True, True)
    assert city.done("credential", "show", line["id"])["standing"] == "revoked"


def test_what_the_ledger_revoked_without_the_book_is_not_suspended(city: City, holder: str) -> None:
    claims = {"name": "강감찬", "institutionCode": "6110000", "institutionName": "서울특별시", "staffNumber": "S-7"}
    (city.folder / "lone.json").write_text(json.dumps({"claims": claims, "holder": holder}))
    issue = ("credential", "issue", "--claims", "lone.json", "--type", "gate-pass", "--out", "lone")
    line = city.done(*issue)["credentials"][0]
    place = city.done("credential", "show", line["id"])
    city.done("status", "revoke", place["list"], place["index"], "--key", "status-operator")
    assert city.done("credential", "show", line["id"])["standing"] == "valid"  # nobody told the book
    said = city.mapae("credential", "suspend", line["id"], "--json")
    assert (said.code, said.json()["refused"]) == (5, [line["id"]])
    assert said.json()["credentials"] == [{"id": line["id"], "standing": "revoked"}]
    assert city.done("credential", "show", line["id"])["standing"] == "revoked"


@pytest.fixture(scope="module")
def gate(city: City, ministry: str, system: System) -> str:
    """The city's own DID as a verifier: its key under authentication, a service code from the type's owner."""
    city.done("key", "make", "gate")
    city.done("did", "update", city.did, "--key", "controller", "--method", "auth-1=gate:authentication")
    purpose = ("--purpose", "Entry", "--purpose-ko", "출입", "--claims", "name,institutionName")
    words = ("service", "set", "GATE-TEST", "--type", "gate-pass", "--verifier", city.did, *purpose)
    said = system.mapae(*words, "--key", "ministry", "--agency", ministry)
    assert said.code == 0, said.err
    return "GATE-TEST"


def _ask(city: City, service: str, claims: str, file: str) -> dict[str, Any]:
    return city.done(
        "request",
        "make",
        "--service",
        service,
        "--type",
        "gate-pass",
        "--claims",
        claims,
        "--key",
        "gate",
        "--out",
        file,
    )


def test_a_request_is_shown_answered_and_verified(city: City, gate: str, gate_pass: dict[str, Any]) -> None:
    _ask(city, gate, "name,institutionName", "request.jwt")
    shown = city.mapae("request", "show", "request.jwt", "--lang", "ko")
    assert (shown.code, "출입" in shown.out) == (0, True)
    make = ("presentation", "make", "--request", "request.jwt", "--credential", gate_pass["file"], "--yes")
    city.done(*make, "--key", "phone/phone.p12", "--out", "answer.json")
    report = city.done("presentation", "verify", "answer.json", "--request", "request.jwt")
    assert report["claims"] == {"name": "김마패", "institutionName": "서울특별시"}
    assert [step["outcome"] for step in report["steps"]] == ["ok"] * 9
    _ask(city, gate, "name,institutionName", "another.jwt")
    assert city.mapae("presentation", "verify", "answer.json", "--request", "another.jwt").code == 3
    assert city.mapae(*make, "--key", "gate").code == 3


def test_a_gate_pass_is_shown_scanned_and_used_up(city: City, gate: str, holder: str) -> None:
    claims = {"name": "김마패", "institutionCode": "6110000", "institutionName": "서울특별시"}
    (city.folder / "gate.json").write_text(json.dumps({"claims": claims, "holder": holder}))
    issue = ("credential", "issue", "--claims", "gate.json", "--type", "gate-pass", "--format", "gate-cwt")
    line = city.done(*issue, "--out", "gate-passes")["credentials"][0]
    assert city.mapae("credential", "verify", line["file"]).code == 0
    group = ("--group", "SEOUL-1")
    make = ("qr", "make", line["file"], "--key", "phone/phone.p12", *group)
    scan = ("qr", "scan", "code.png", *group, "--service", gate, "--verifier", city.did)
    made = city.done(*make, "--out", "code.png")
    assert made["version"] <= 17
    assert (city.folder / "code.png").stat().st_mode & 0o077 == 0
    report = city.done(*scan)
    assert report["claims"] == {"name": "김마패", "institutionName": "서울특별시"}
    assert [step["code"] for step in report["steps"]] == ["ok"] * 8 + ["surplus-dropped"]
    again = city.mapae(*scan, "--lang", "ko")
    assert (again.code, "이미 사용된 코드" in again.out) == (3, True)
    assert city.mapae(*make, "--key", "gate").code == 3
    other = city.done(*make)["code"]
    assert city.mapae("qr", "scan", other, "--group", "SEOUL-2", "--json").json()["reason"] == "domain-mismatch"

    city.done("qr", "challenge", *group, "--out", "challenge.svg")
    asked = city.done("qr", "challenge", *group, "--out", "challenge.png")["code"]
    city.done(*make, "--challenge", "challenge.png", "--out", "answer.txt")
    assert city.mapae("qr", "scan", "answer.txt", *group, "--json").json()["reason"] == "challenge-mismatch"
    assert city.done("qr", "scan", "answer.txt", *group, "--challenge", asked)["verdict"] == "accepted"

    city.done("credential", "revoke", line["id"], "--reason", "분실", "--yes")
    lost = city.done(*make)["code"]
    assert city.mapae("qr", "scan", lost, *group, "--json").json()["reason"] == "status-revoked"


def test_a_request_beyond_the_service_code_is_refused_by_the_wallet(
    city: City, gate: str, gate_pass: dict[str, Any]
) -> None:
    _ask(city, gate, "name,staffNumber", "greedy.jwt")
    make = (
        "presentation",
        "make",
        "--request",
        "greedy.jwt",
        "--credential",
        gate_pass["file"],
        "--key",
        "phone/phone.p12",
    )
    said = city.mapae(*make, "--yes")
    assert said.code == 3
    assert "staffNumber" in said.err


def test_the_council_decides_by_votes_delay_and_execution(system: System, demo: dict[str, Any], ministry: str) -> None:
    file = system.home / "proposal.json"
    endorser = next(key for key in system.mapae("key", "list", "--json").json() if key["name"] == "ministry")[
        "controller"
    ]
    admit = ("council", "propose", "admit", f"agency={demo['dids']['missing']}", f"endorser={endorser}", "until=+30d")
    stranger = system.mapae(*admit, "--key", "ministry", "--out", file, "--json")
    assert stranger.code == 5
    assert json.loads(stranger.err)["error"]["error_name"] == "CouncilNotMember"
    assert system.mapae(*admit, "--key", "council-1", "--out", file).code == 0
    assert system.mapae("council", "execute", file).code == 5
    again = system.mapae("council", "approve", file, "--key", "council-1")
    assert (again.code, system.mapae("council", "execute", file).code) == (0, 5)  # the same vote is the same vote
    assert system.mapae("council", "approve", file, "--key", "council-2").code == 0
    time.sleep(1.2)
    executed = system.mapae("council", "execute", file, "--json")
    assert executed.code == 0, executed.err
    status = system.mapae("council", "status", "--json").json()
    states = {item["proposal"]: item["state"] for item in status["proposals"]}
    assert states[executed.json()["proposal"]] == "executed"
    assert "집행됨" in system.mapae("council", "status", "--lang", "ko").out
    shown = system.mapae("agency", "show", demo["dids"]["missing"])
    assert "the council" in shown.out
    assert "the council" in system.mapae("accreditation", "show", ministry).out


def test_a_directory_proposal_names_a_contract_and_is_voted_for(system: System, demo: dict[str, Any]) -> None:
    assert demo
    file = system.home / "directory.json"
    ledger = httpx.get(f"{system.url}/v1/ledger", trust_env=False).json()
    entry = ledger["contracts"]["IssuanceLog"]
    values = (f"target={entry['address']}", f"code={entry['code_hash']}", f"layout={entry['layout_id']}")
    propose = ("council", "propose", "directory")
    unknown = system.mapae(*propose, "name=Registry", *values, "--key", "council-1", "--out", file)
    assert (unknown.code, "DidRegistry" in unknown.err) == (2, True)
    made = system.mapae(*propose, "name=IssuanceLog", *values, "--key", "council-1", "--out", file, "--json")
    assert made.code == 0, made.err
    status = system.mapae("council", "status", "--json").json()
    assert {item["proposal"]: item["kind"] for item in status["proposals"]}[made.json()["proposal"]] == 2
    assert system.mapae("council", "approve", file, "--key", "council-2").code == 0
    time.sleep(1.2)
    assert system.mapae("council", "execute", file).code == 5  # the present contract is no successor of itself


def test_one_member_pauses_once_and_not_for_ever(system: System, demo: dict[str, Any], city: City) -> None:
    assert demo
    pause = ("council", "pause", "--key", "council-1", "--yes", "--json")
    assert system.mapae(*pause, "--until", "+4d").code == 2
    asked = system.mapae("council", "pause", "--key", "council-1", "--until", "+5s")
    assert (asked.code, "--yes" in asked.err) == (2, True)
    stranger = system.mapae("council", "pause", "--key", "ministry", "--until", "+3s", "--yes", "--json")
    assert json.loads(stranger.err)["error"]["error_name"] == "CouncilNotMember"
    paused = system.mapae(*pause, "--until", "+20s")  # longer than the next three commands take anywhere
    assert paused.code == 0, paused.err
    status = system.mapae("council", "status", "--json").json()
    assert status["paused_until"] == paused.json()["paused_until"]
    city.done("key", "make", "gate-2")
    opened = city.mapae("agency", "grant-role", "--role", "endorser", "--to", "gate-2", "--key", "controller")
    assert (opened.code, "council status" in opened.err) == (5, True)
    again = system.mapae(*pause, "--until", "+5s")
    assert json.loads(again.err)["error"]["error_name"] == "CouncilCoolingDown"
    while system.mapae("council", "status", "--json").json()["paused_until"] > time.time() - 1:
        time.sleep(0.2)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"{", b"[]", b"\xff\xfe\x00", b'{"a":1,"a":2}', b"[" * 5000, b"x" * 3_000_000, b"a.b.c", b"~~~"],
    ids=range(10),
)
def test_whatever_is_handed_over_is_judged_and_rejected(system: System, content: bytes) -> None:
    file = system.home / "hostile"
    file.write_bytes(content)
    said = system.mapae("credential", "verify", file, "--json")
    assert (said.code, said.json()["verdict"]) == (3, "rejected"), said.err
    assert system.mapae("credential", "verify", file).code == 3


def test_m_votes_cancel_a_proposal(system: System, demo: dict[str, Any]) -> None:
    file = system.home / "cancelled.json"
    propose = ("council", "propose", "grant-root", f"agency={demo['dids']['with_service']}", "type=organisation")
    assert system.mapae(*propose, "--key", "council-1", "--out", file).code == 0
    for member in ("council-2", "council-3"):
        assert system.mapae("council", "cancel", file, "--key", member).code == 0
    assert system.mapae("council", "approve", file, "--key", "council-2").code == 5


def test_lists_are_opened_changed_and_counted(city: City) -> None:
    opened = city.done("status", "open", "--key", "status-operator")
    city.done("status", "suspend", opened["list"], "1", "2", "70000", "--key", "status-operator")
    city.done("status", "lift", opened["list"], "2", "--key", "status-operator")
    city.done("status", "revoke", opened["list"], "131071", "--key", "status-operator")
    shown = city.done("status", "show", opened["list"], "--index", "70000")
    assert (shown["revoked"], shown["suspended"], shown["state"], shown["owner"]) == (1, 2, "suspended", city.did)
    assert city.mapae("status", "show", opened["list"], "--index", "131072").code == 2
    assert city.mapae("status", "revoke", opened["list"], "5", "--key", "issuance-operator").code == 5


def test_an_accreditation_path_leads_to_the_council_and_ends(city: City, system: System, ministry: str) -> None:
    path = city.done("accreditation", "show", city.did, "--type", "civil-servant")
    assert (path["valid"], [link["agency"] for link in path["path"]]) == (True, [city.did, ministry])
    end = ("accreditation", "end", city.did, "--type", "civil-servant", "--grant", "1", "--grantor", ministry)
    assert city.mapae(*end, "--key", "controller").code == 5
    assert system.mapae(*end, "--key", "ministry").code == 0
    assert city.done("accreditation", "show", city.did, "--type", "civil-servant")["valid"] is False


def test_events_tell_one_agencys_story_in_pages(city: City) -> None:
    first = city.done("events", "--did", city.did, "--limit", "3")
    assert len(first["events"]) == 3
    assert first["events"][0]["type"] == "AgencyAdmitted"
    second = city.done("events", "--did", city.did, "--limit", "3", "--cursor", first["next_cursor"])
    assert second["events"][0]["position"] > first["events"][-1]["position"] or second["events"]
    anchored = city.done("events", "--did", city.did, "--type", "IssuanceAnchored")
    assert {event["type"] for event in anchored["events"]} == {"IssuanceAnchored"}
    korean = city.mapae("events", "--did", city.did, "--limit", "1", "--lang", "ko")
    assert "가입을" in korean.out


def test_a_service_asks_only_for_claims_that_the_type_has(city: City, system: System, ministry: str) -> None:
    rest = ("--type", "gate-pass", "--verifier", city.did, "--purpose", "Entry", "--purpose-ko", "출입")
    owner = ("--key", "ministry", "--agency", ministry)
    unknown = system.mapae("service", "set", "GATE-NEW", *rest, "--claims", "name,salary", *owner)
    assert (unknown.code, "salary" in unknown.err, "photoDigest" in unknown.err) == (2, True, True)
    none = system.mapae("service", "set", "GATE-NEW", *rest, "--claims", " ,", *owner)
    assert (none.code, "--claims" in none.err) == (2, True)
    for verb in (("set", "gate 1", *rest, "--claims", "name", *owner), ("show", "gate 1", "--type", "gate-pass")):
        misnamed = system.mapae("service", *verb)
        assert (misnamed.code, "A-Z" in misnamed.err) == (2, True)
    assert system.mapae("service", "show", "GATE-NEW", "--type", "gate-pass").code == 3


def test_a_service_is_ended_by_the_owner_of_the_type(city: City, gate: str, system: System, ministry: str) -> None:
    shown = city.done("service", "show", gate, "--type", "gate-pass")
    assert shown["document"]["claims"] == ["institutionName", "name"]
    end = ("service", "end", gate, "--type", "gate-pass", "--agency", ministry)
    assert city.mapae(*end, "--key", "controller").code == 5
    assert system.mapae(*end, "--key", "ministry").code == 0
    assert city.done("service", "show", gate, "--type", "gate-pass")["ended_at"] is not None


def test_a_profile_reads_the_ledger_itself_without_any_node(city: City, system: System) -> None:
    rpc_url = next(
        line.split('"')[1]
        for line in (system.home / "node" / "config.toml").read_text().splitlines()
        if line.startswith("rpc_url")
    )
    text = (city.folder / "city.toml").read_text()
    lines = [line for line in text.splitlines() if not line.startswith(("node_url", "minimum_assurance"))]
    own = city.folder / "own.toml"
    own.write_text("\n".join([*lines, f'rpc_url = "{rpc_url}"', 'minimum_assurance = "own_ledger"']) + "\n")
    said = city.mapae("did", "resolve", city.did, "--profile", own)
    assert (said.code, "own_ledger" in said.out or "own ledger" in said.out) == (0, True), said.err
    assert city.mapae("events", "--profile", own, "--limit", "1").code == 0
    needs_node = city.mapae("council", "status", "--profile", own)
    assert (needs_node.code, "node_url" in needs_node.err) == (2, True)


def test_an_hr_feed_changes_book_and_ledger_and_is_held_against_both(city: City, issued: dict[str, Any]) -> None:
    assert issued["credentials"]
    live = [line["id"] for line in city.done("credential", "list", "--standing", "valid")["credentials"]]
    assert live, "something of this book still stands"
    rows = ["자격증명,발령,발령일,비고", *(f"{name},휴직,2026-01-05,비공개" for name in live)]
    (city.folder / "feed.csv").write_bytes("\n".join(rows).encode("cp949"))
    ahead = city.done("hr", "apply", "feed.csv", "--dry-run")
    assert (ahead["entered"], len(ahead["epoch"])) == (len(live), len(live))
    missing = city.mapae("hr", "reconcile", "feed.csv", "--json")
    assert (missing.code, len(missing.json()["not_entered"])) == (3, len(live))
    done = city.done("hr", "apply", "feed.csv")
    assert len(done["operations"]) == 1, "one operation a list and kind"
    again = city.done("hr", "apply", "feed.csv")
    assert (again["entered"], again["epoch"], again["operations"]) == (0, [], [])
    for name in live:
        assert city.done("credential", "show", name)["standing"] == "suspended"
    assert city.done("hr", "reconcile", "feed.csv")["differences"] == []
    lost = "credential,event,effective\n" + "".join(f"{name},loss,2026-01-06\n" for name in live)
    (city.folder / "lost.csv").write_text(lost)
    asked = city.mapae("hr", "apply", "lost.csv")
    assert (asked.code, "long past" in asked.err) == (2, True), "revoking asks first, and names odd dates"
    city.done("hr", "apply", "lost.csv", "--yes")
    agreed = city.mapae("hr", "reconcile", "--lang", "ko")
    assert (agreed.code, "일치" in agreed.out) == (0, True)
    (city.folder / "bad.csv").write_text("reference,event,effective\nHR-404,leave,2026-01-06\nHR-1,leave,soon\n")
    refused = city.mapae("hr", "apply", "bad.csv", "--json")
    assert refused.code == 2
    assert [item["line"] for item in json.loads(refused.err)["error"]["evidence"]["lines"]] == [2, 3]
