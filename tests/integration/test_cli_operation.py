"""Operations of every kind made here, signed without a network, submitted later, against a whole system."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry_client.core.operation import OPERATIONS
from tests.integration.system_support import Said, System, development_system

pytestmark = [pytest.mark.chain, pytest.mark.slow]

DONE: set[str] = set()
"""Kinds that have gone the whole way."""


class Desk:
    """The line, run in a folder of its own; and the machine that only signs: no profile, no node, a key file."""

    def __init__(self, system: System, folder: Path) -> None:
        self.system, self.folder, self.count = system, folder, 0
        self.ministry = self.agency = ""
        self.keys = system.home / "demo" / "keys"

    def mapae(self, *words: object) -> Said:
        return self.system.mapae(*words, cwd=self.folder)

    def done(self, *words: object) -> Any:
        said = self.mapae(*words, "--json")
        assert said.code == 0, (words, said.err)
        return said.json()

    def offline(self, *words: object) -> Said:
        nowhere = {
            "MAPAE_PROFILE": "",
            "XDG_CONFIG_HOME": str(self.folder / "none"),
            "MAPAE_NODE": "http://127.0.0.1:1",
        }
        return self.system.mapae(*words, cwd=self.folder, environment=nowhere)

    def key(self, name: str) -> Path:
        return self.keys / f"{name}.p12"

    def controller(self, name: str) -> str:
        return str(self.done("key", "show", name)["controller"])

    def make(self, kind: str, *values: str, options: tuple[str, ...] = ()) -> Path:
        self.count += 1
        out = self.folder / f"{self.count:02}-{kind}.json"
        self.done("operation", "make", kind, *values, *options, "--out", out)
        return out

    def sign(self, file: Path, *names: str) -> None:
        for name in names:
            key, _, role = name.partition(" as ")
            words = ("operation", "sign", file, "--key", self.key(key), "--yes", *(("--as", role) if role else ()))
            said = self.offline(*words)
            assert said.code == 0, said.err

    def whole(self, kind: str, *values: str, by: tuple[str, ...]) -> Any:
        """Make, show, sign without a network, submit twice: the second time changes nothing."""
        file = self.make(kind, *values)
        shown = self.offline("operation", "show", file, "--json").json()
        assert shown["own_network"] is None
        self.sign(file, *by)
        first = self.done("operation", "submit", file)
        assert self.done("operation", "submit", file) == first
        assert first["operations"][0]["state"] == "final"
        DONE.add(shown["kind"])
        return shown


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with development_system(tmp_path_factory.mktemp("operation") / "var") as running:
        yield running


@pytest.fixture(scope="module")
def desk(system: System, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    from registry_client.actions import founding
    from registry_client.actions.desk import Desk as Signing
    from registry_client.actions.keyring import open_ring
    from registry_client.data import shipped_type, shipped_types
    from registry_client.submit import NodeClient

    desk = Desk(system, tmp_path_factory.mktemp("desk"))
    profile = system.profile
    types = shipped_types(base=profile.base)
    with NodeClient(profile.node_url or "", token_file=profile.token_file) as node:
        signing = Signing(node, node.network(expected=profile.chain_id, name=profile.network))
        ring = open_ring(profile)
        desk.ministry = founding.found_ministry(signing, ring, types=types, on_done=lambda *_: None)
        founding.register_types(signing, ring, ministry=desk.ministry, types=types)
        kind = shipped_type("civil-servant", base=profile.base)
        founded = founding.found_agency(signing, ring, ministry=desk.ministry, types=[kind], on_done=lambda *_: None)
        desk.agency = founded.did
    return desk


def test_dids_from_creation_to_their_end(desk: Any) -> None:
    controller = desk.controller("run-1-controller")
    made = desk.whole(
        "create-organisation",
        f"controller={controller}",
        f"endorsing-agency={desk.ministry}",
        "method=issue-1=run-1-issue-1",
        by=("ministry-endorser as endorser", "run-1-controller"),
    )
    did = next(field["value"] for field in made["fields"] if field["name"] == "new DID")
    assert desk.done("did", "resolve", did)["didDocument"]["id"] == did
    desk.whole("update-document", f"did={did}", "service=web=LinkedDomains,https://x.example", by=("run-1-controller",))
    desk.whole("mark-compromised", f"did={did}", "method=issue-1", by=("run-1-controller",))
    desk.whole("transfer-control", f"did={did}", "new-controller=ministry", by=("ministry", "run-1-controller"))
    desk.whole("deactivate-did", f"did={did}", by=("ministry",))
    assert desk.mapae("did", "resolve", did).code == 3


def test_a_phone_from_creation_to_its_end(desk: Any) -> None:
    desk.done("key", "make", "phone", "--folder", desk.keys)
    made = desk.whole(
        "create-holder", "phone=phone", f"guardian={desk.agency}", by=("phone", "run-1-endorser as endorser")
    )
    did = next(field["value"] for field in made["fields"] if field["name"] == "new DID")
    desk.whole("deactivate-holder", f"did={did}", f"guardian={desk.agency}", by=("run-1-status-operator",))


def test_roles_and_rights(desk: Any) -> None:
    root = f"root={desk.ministry}"
    grantee = desk.controller("run-1-issue-1")
    network = desk.ministry.rpartition(":")[0]
    unborn = f"{network}:{'1' * 19}2"
    desk.whole("grant-role", "role=endorser", f"to={grantee}", f"agency={desk.agency}", by=("run-1-controller",))
    desk.whole("end-role", "role=endorser", f"to={grantee}", f"agency={desk.agency}", by=("run-1-controller",))
    desk.whole("admit-agency", f"agency={unborn}", f"endorser={grantee}", root, by=("ministry",))
    desk.whole("dismiss-agency", f"agency={unborn}", root, by=("ministry",))
    shown = desk.whole(
        "accredit",
        f"agency={desk.agency}",
        "type=civil-servant",
        f"grantor={desk.ministry}",
        "until=+30d",
        by=("ministry",),
    )
    number = next(field["value"] for field in shown["fields"] if field["name"] == "number")
    desk.whole(
        "end-grant",
        f"agency={desk.agency}",
        "type=civil-servant",
        f"grant={number}",
        f"grantor={desk.ministry}",
        by=("ministry",),
    )


def test_lists_and_batches(desk: Any) -> None:
    own = f"agency={desk.agency}"
    by = ("run-1-status-operator",)
    desk.whole("anchor-issuance", f"root=0x{'ab' * 32}", "count=3", own, by=("run-1-issuance-operator",))
    desk.whole("open-list", own, f"salt=0x{'77' * 32}", by=by)
    opened = desk.done("events", "--type", "ListOpened")["events"][-1]["fields"]
    named = f"list={opened['list']}"
    desk.whole("suspend", named, "places=4711,4712,9000", by=by)
    desk.whole("lift", named, "places=4712", by=by)
    desk.whole("revoke", named, "places=9000", by=by)
    desk.whole("anchor-snapshot", named, by=by)
    states = {
        index: desk.done("status", "show", opened["list"], "--index", index)["state"] for index in (4711, 4712, 9000)
    }
    assert states == {4711: "suspended", 4712: "active", 9000: "revoked"}


def test_types_and_services(desk: Any) -> None:
    by = ("ministry",)
    desk.whole("register-schema", "type=gate-pass", f"agency={desk.ministry}", by=by)
    desk.whole(
        "set-service",
        "code=GATE-OFFLINE",
        "type=gate-pass",
        f"verifier={desk.ministry}",
        "claims=name",
        "purpose=Entry",
        "purpose-ko=출입",
        by=by,
    )
    desk.whole("end-service", "code=GATE-OFFLINE", "type=gate-pass", by=by)


def test_the_council(desk: Any) -> None:
    proposal = desk.folder / "proposal.json"
    values = (f"agency={desk.ministry}", "type=organisation", "until=+30d", "accredit=yes")
    written = desk.done("council", "propose", "grant-root", *values, "--out", proposal)
    assert written["operations"] == []
    votes = []
    for number in (1, 2):
        file = desk.make("vote", f"proposal={proposal}")
        desk.sign(file, f"council-{number}")
        votes.append(file)
    outcomes = desk.done("operation", "submit", *votes)["operations"]
    assert [outcome["state"] for outcome in outcomes] == ["final", "final"]
    DONE.add("Vote")
    file = desk.make("execute-proposal", f"proposal={proposal}")
    for _ in range(300):  # the delay of a development council is a second of the ledger's time
        said = desk.mapae("council", "status", "--json").json()
        head = desk.done("status", "show", desk.done("events", "--type", "ListOpened")["events"][-1]["fields"]["list"])
        row = next(row for row in said["proposals"] if row["proposal"] == written["proposal"])
        if row["ready_at"] is not None and head["block_time"] >= row["ready_at"]:
            break
    assert desk.done("operation", "submit", file)["operations"][0]["state"] == "final"
    DONE.add("ExecuteProposal")
    desk.whole("pause", "until=+1h", by=("council-3",))


def test_every_kind_has_gone_the_whole_way() -> None:
    assert set(OPERATIONS) == DONE


def test_what_is_not_ready_is_refused_before_it_is_sent(desk: Any) -> None:
    file = desk.make("end-role", "role=endorser", f"to=0x02{'11' * 20}", f"agency={desk.agency}")
    unsigned = desk.mapae("operation", "submit", file)
    assert (unsigned.code, "still to be signed: controller" in " ".join(unsigned.err.split())) == (2, True)
    wrong = desk.offline("operation", "sign", file, "--key", desk.key("ministry"), "--yes")
    assert (wrong.code, "sign with the other key" in " ".join(wrong.err.split())) == (2, True)
    asked = desk.offline("operation", "sign", file, "--key", desk.key("run-1-controller"))
    assert (asked.code, "--yes" in asked.err) == (2, True)
    # Somebody takes the hint out of the file: the ledger still knows who may.
    value = json.loads(file.read_text())
    value["signers"]["controller"] = None
    file.write_text(json.dumps(value))
    assert desk.offline("operation", "sign", file, "--key", desk.key("ministry"), "--yes").code == 0
    refused = desk.mapae("operation", "submit", file)
    assert (refused.code, "may not sign EndRole as controller" in " ".join(refused.err.split())) == (2, True)
    node = desk.system.url
    known = desk.done("events", "--last", "1")
    assert known["events"], node


def test_expired_files_foreign_networks_and_replaced_contracts_are_refused(desk: Any) -> None:
    file = desk.make("deactivate-did", f"did={desk.agency}", options=("--deadline", "+10s"))
    desk.sign(file, "run-1-controller")
    late = desk.make("deactivate-did", f"did={desk.agency}", options=("--deadline", "+29d"))
    assert (
        desk.mapae("operation", "make", "deactivate-did", f"did={desk.agency}", "--deadline", "+31d", "--out", "x").code
        == 2
    )
    from registry_client.actions import offline
    from registry_client.actions.desk import Desk as Signing
    from registry_client.adapters.operation_files import read_operation
    from registry_client.errors import InvalidOperationError, WrongLedgerError
    from registry_client.submit import NodeClient

    profile = desk.system.profile
    with NodeClient(profile.node_url, token_file=profile.token_file) as node:
        ledger = node.network(expected=profile.chain_id, name=profile.network)
        with pytest.raises(InvalidOperationError, match="deadline is over"):
            offline.require_ready(Signing(node, ledger, clock=lambda: 2**40), read_operation(file))
        value = json.loads(late.read_text())["operation"]
        value["domain"]["verifyingContract"] = "0x" + "11" * 20
        late.write_text(json.dumps(value))
        with pytest.raises(InvalidOperationError, match="make it again"):
            offline.require_ready(Signing(node, ledger), read_operation(late))
        value["domain"]["chainId"] += 1
        late.write_text(json.dumps(value))
        with pytest.raises(WrongLedgerError):
            offline.require_ready(Signing(node, ledger), read_operation(late))
    said = desk.mapae("operation", "sign", late, "--key", desk.key("run-1-controller"), "--yes")
    assert (said.code, "not signed" in " ".join(said.err.split())) == (5, True)
    assert "Do not sign it" in " ".join(desk.mapae("operation", "show", late).out.split())


def test_two_copies_signed_apart_are_put_together(desk: Any) -> None:
    desk.done("key", "make", "next", "--folder", desk.keys)
    created = desk.make(
        "create-organisation",
        f"controller={desk.controller('next')}",
        f"endorsing-agency={desk.ministry}",
        "method=issue-1=run-1-issue-1",
    )
    other = desk.folder / "copy.json"
    other.write_bytes(created.read_bytes())
    desk.sign(created, "next")
    desk.sign(other, "ministry-endorser as endorser")
    alone = desk.mapae("operation", "submit", created)
    assert (alone.code, "still to be signed: endorser" in " ".join(alone.err.split())) == (2, True)
    paused = desk.mapae("operation", "submit", created, other, "--json")
    assert json.loads(paused.err)["error"]["error_name"] == "SuccessionPaused"


def test_a_message_from_json_is_completed_and_checked(desk: Any) -> None:
    message = desk.folder / "message.json"
    listed = desk.done("events", "--type", "ListOpened")["events"][-1]["fields"]["list"]
    message.write_text(json.dumps({"list": listed, "startWord": 0, "masks": ["0x1"]}))
    out = desk.folder / "suspend.json"
    desk.done("operation", "make", "Suspend", "--from-json", message, "--out", out)
    held = json.loads(out.read_text())["operation"]["message"]
    assert held["startWord"] == 0
    assert int(held["nonce"], 16) >> 64
    again = desk.mapae("operation", "make", "Suspend", "--from-json", message, "--out", out)
    assert (again.code, "exists already" in " ".join(again.err.split())) == (2, True)
    message.write_text(json.dumps({"list": listed}))
    said = desk.mapae("operation", "make", "Suspend", "--from-json", message, "--out", "never.json")
    assert (said.code, (desk.folder / "never.json").exists()) == (2, False)


def test_several_files_are_signed_at_once_and_an_expired_one_never(desk: Any) -> None:
    grantee = desk.controller("run-1-issue-1")
    words = ("role=endorser", f"to={grantee}", f"agency={desk.agency}")
    first, second = desk.make("grant-role", *words), desk.make("end-role", *words)
    key = ("--key", desk.key("run-1-controller"), "--yes")
    said = desk.offline("operation", "sign", first, second, *key, "--json")
    assert [item["missing"] for item in said.json()] == [[], []], said.err
    document = json.loads(desk.make("grant-role", *words).read_text())["operation"]
    document["message"]["deadline"] = 1_700_000_000
    old = desk.folder / "old.json"
    old.write_text(json.dumps(document))
    before = first.read_bytes()
    refused = desk.offline("operation", "sign", first, old, *key)
    assert (refused.code, "is over" in " ".join(refused.err.split())) == (2, True), refused.err
    assert first.read_bytes() == before


def test_a_watch_tells_what_others_do_and_nothing_twice(desk: Any) -> None:
    state = desk.folder / "watch.json"

    def told(*words: object) -> tuple[int, list[str]]:
        line = ("watch", "--once", "--did", desk.agency, "--state", state, *words)
        said = desk.mapae(*line)
        assert "Traceback" not in said.err
        return said.code, [json.loads(line)["alert"] for line in said.out.splitlines()]

    code, alerts = told("--from", "1", "--own", "ministry")
    assert code == 3
    assert alerts[0] == "heartbeat"
    assert {"agency-admitted", "role-granted", "foreign-operation", "council-changed"} <= set(alerts)
    assert told("--own", "ministry") == (0, ["heartbeat"])
    update = ("did", "update", desk.agency, "--key", "run-1-controller")
    desk.done(*update, "--service", "web=LinkedDomains,https://a.example")
    assert told("--own", "ministry") == (3, ["heartbeat", "foreign-operation"])
    desk.done(*update, "--remove", "web")
    assert told("--own", "run-1-controller") == (0, ["heartbeat"])
    assert told("--own", "ministry", "--node", "http://127.0.0.1:1") == (6, ["node-unreachable"])
    assert told("--own", "ministry") == (0, ["heartbeat"])
    assert desk.mapae("watch", "--once", "--webhook", "http://desk.example/").code == 2
    again = desk.mapae("watch", "--once", "--did", desk.agency, "--state", state, "--from", "1")
    assert (again.code, "another --state" in " ".join(again.err.split())) == (2, True), "--from is for a new watch"
    secret = desk.folder / "hook"
    secret.write_text("a secret of sixteen bytes or more")
    secret.chmod(0o600)
    dead = ("--webhook", "http://127.0.0.1:1/", "--webhook-secret", secret, "--from", "1")
    fresh = ("--did", desk.agency, "--state", desk.folder / "fresh.json", "--own", "ministry")
    said = desk.mapae("watch", "--once", *fresh, *dead)
    assert (said.code, "ConnectError" in said.err) == (3, True)
    assert {"heartbeat", "agency-admitted"} <= {json.loads(line)["alert"] for line in said.out.splitlines()}
