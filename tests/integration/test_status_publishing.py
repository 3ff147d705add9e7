"""An agency publishes its list on a real system; others read it without a token and hold it against the ledger."""

import contextlib
import json
import re
import sqlite3
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from node.config import CONFIG_FILE
from registry_client.actions.desk import Desk, Party
from registry_client.actions.publication import watch
from registry_client.adapters.signer_file import load_signer
from registry_client.core.did import Did
from registry_client.core.document import parse_organisation
from registry_client.core.status import REVOKED, SUSPENDED, WORDS_LENGTH
from registry_client.core.status_lists.bitstring import parse_bitstring_jwt, parse_bitstring_list
from registry_client.core.status_lists.publication import build_publication
from registry_client.core.status_lists.snapshot import Snapshot, require_words, verify_list, words_of
from registry_client.core.status_lists.token import parse_token_list
from registry_client.profile import read_profile
from registry_client.published import NodePlace, PublishedLists
from registry_client.publisher import ListPublisher, must_anchor
from registry_client.registry import open_registry
from registry_client.submit import NodeClient
from tests.integration.test_cli_system import City, city, demo, ministry, system  # noqa: F401 - fixtures
from tests.simulators.signer import memory_signer

pytestmark = [pytest.mark.chain, pytest.mark.slow]

REVOKED_AT, SUSPENDED_AT = 131_071, 1


class Office:
    """The city's list with two places set, and what reads it."""

    def __init__(self, city: City) -> None:  # noqa: F811 - the fixture's value
        self.city = city
        self.list = city.done("status", "open", "--key", "status-operator")["list"]
        city.done("status", "suspend", self.list, SUSPENDED_AT, "--key", "status-operator")
        city.done("status", "revoke", self.list, REVOKED_AT, "--key", "status-operator")
        self.url = city.system.url
        self.token = (city.system.home / "node" / "token").read_text().strip()
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    @property
    def list_id(self) -> bytes:
        return bytes.fromhex(self.list[2:])

    def publish(self) -> Any:
        return self.city.done("status", "publish", self.list)

    def get(self, path: str = "", **headers: str) -> httpx.Response:
        return self.http.get(f"/status/{self.list}{path}", headers=headers)

    def put(self, body: Any, *, token: str | None = None) -> httpx.Response:
        return self.http.put(
            f"/status/{self.list}", json=body, headers={"Authorization": f"Bearer {token or self.token}"}
        )


@pytest.fixture(scope="module")
def office(city: City) -> Iterator[Office]:  # noqa: F811
    office = Office(city)
    yield office
    office.http.close()


@pytest.fixture(scope="module")
def published(office: Office) -> Any:
    return office.publish()


def test_a_list_that_nobody_published_is_not_there(office: Office) -> None:
    assert office.get().status_code == 404
    assert office.get("/revocation").status_code == 404


def test_publishing_anchors_once_and_hands_over_every_form(office: Office, published: Any) -> None:
    assert published["seq"] == 2
    assert published["anchored"] is True
    assert published["forms"] == ["revocation", "revocation+jwt", "suspension", "suspension+jwt", "token"]
    with open_registry(read_profile(office.city.folder / "city.toml")) as registry:
        known = registry.status(office.list_id)
        assert known is not None
        assert known.published_digest.hex() == published["digest"][2:]
    time.sleep(1.1)
    again = office.publish()
    assert (again["anchored"], again["digest"]) == (False, published["digest"])


def test_every_form_says_what_the_ledger_says(office: Office, published: Any) -> None:
    assert published
    token = parse_token_list(office.get().text)
    assert (token.value(REVOKED_AT), token.value(SUSPENDED_AT), token.value(0)) == (REVOKED, SUSPENDED, 0)
    with open_registry(read_profile(office.city.folder / "city.toml")) as registry:
        known = registry.status(office.list_id)
        version = registry.did_version(office.city.did)
        assert known is not None
        assert version is not None
    document = parse_organisation(version.document or b"", Did(office.city.did))
    revocation, suspension = (
        parse_bitstring_list(office.get(f"/{purpose}").json()) for purpose in ("revocation", "suspension")
    )
    enveloped = parse_bitstring_jwt(office.get("/suspension", Accept="application/vc+jwt").text)
    for item in (token, revocation, suspension, enveloped):
        verify_list(item, owner=office.city.did, document=document, as_of=int(time.time()))
        require_words(item, known.words)
    assert words_of(revocation, suspension) == known.words
    snapshot = office.get(f"/snapshots/{token.seq}")
    assert snapshot.content == known.words
    assert office.get("/snapshots/1").status_code == 404


@pytest.mark.parametrize(
    ("path", "accept", "media"),
    [
        ("", "", "application/statuslist+jwt"),
        ("", "*/*", "application/statuslist+jwt"),
        ("", "application/vc", "application/vc"),
        ("", "application/vc+jwt;q=0.9, application/statuslist+jwt;q=0.1", "application/vc+jwt"),
        ("/suspension", "*/*", "application/vc"),
        ("/suspension", "application/ld+json, application/json", "application/ld+json"),
        ("/suspension", "application/statuslist+jwt, application/json;q=0.5", "application/json"),
    ],
)
def test_the_form_by_accept(office: Office, published: Any, path: str, accept: str, media: str) -> None:
    assert published
    answer = office.get(path, Accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_form_that_is_not_offered(office: Office, published: Any) -> None:
    assert published
    assert office.get(Accept="application/statuslist+cwt").status_code == 406
    assert office.http.get(f"/status/{office.list}?time=1700000000").status_code == 501
    assert office.get("/message").status_code == 400


def test_a_list_is_compressed_cacheable_and_asked_for_again_cheaply(office: Office, published: Any) -> None:
    assert published
    plain = office.get("/revocation", **{"Accept-Encoding": "identity"})
    packed = office.get("/revocation", **{"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content  # httpx has inflated it
    assert "content-encoding" not in office.get(**{"Accept-Encoding": "gzip;q=0"}).headers
    age = plain.headers["cache-control"]
    assert age.startswith("public, max-age=")
    assert 0 < int(age.partition("=")[2]) <= 300
    assert {"Accept", "Accept-Encoding"} == set(plain.headers["vary"].split(", "))
    for answer in (plain, packed):
        headers = {
            "If-None-Match": answer.headers["etag"],
            "Accept-Encoding": answer.headers.get("content-encoding", "identity"),
        }
        unchanged = office.get("/revocation", **headers)
        assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert plain.headers["etag"] != packed.headers["etag"]


def test_the_aggregation_names_the_list(office: Office, published: Any) -> None:
    names = office.http.get("/status").json()["status_lists"]
    assert published["url"] in names


def forms_of(office: Office, **changes: Any) -> dict[str, Any]:
    """What a stranger's key makes of the list as it is."""
    with open_registry(read_profile(office.city.folder / "city.toml")) as registry:
        known = registry.status(office.list_id)
        assert known is not None
    options = {"words": known.words, "seq": known.published_seq} | changes
    snapshot = Snapshot(office.list_id, Did(office.city.did), options["seq"], options["words"])
    return build_publication(
        snapshot,
        host="https://mapae.invalid",
        signer=memory_signer("stranger"),
        method_id=f"{office.city.did}#status-1",
        now=int(time.time()),
    )


def test_what_the_node_refuses(office: Office, published: Any) -> None:
    assert published
    forms = forms_of(office)
    assert office.put(forms, token="mapae_nobody").status_code == 401
    stranger = office.put(forms)
    assert (stranger.status_code, stranger.json()["type"].rpartition("#")[2]) == (400, "PROOF_VERIFICATION_ERROR")
    other_words = office.put(forms_of(office, words=bytes(WORDS_LENGTH)))
    assert other_words.status_code == 409
    assert office.put(forms_of(office, seq=1)).status_code == 409
    assert office.put({**forms, "token": "a.b.c"}).status_code == 400
    assert office.put({name: forms[name] for name in ("token", "revocation")}).status_code == 400
    assert office.put({**forms, "suspension": forms["revocation"]}).status_code == 400
    assert office.put({**forms, "extra": "x"}).status_code == 400
    assert office.put([]).status_code == 400
    assert office.put({**forms, "token": "x" * 600_000}).status_code == 413
    elsewhere = office.http.put(
        "/status/0x" + "ab" * 32, json=forms, headers={"Authorization": f"Bearer {office.token}"}
    )
    assert elsewhere.status_code == 400
    replayed = office.put(
        {
            "token": office.get().text,
            "revocation": office.get("/revocation").json(),
            "suspension": office.get("/suspension").json(),
        }
    )
    assert (replayed.status_code, replayed.json()["type"].rpartition("/")[2]) == (409, "publication-refused")


def test_a_verifier_holds_the_published_list_against_the_ledger(office: Office, published: Any) -> None:
    """The last: after it, what is published lags behind the ledger."""
    assert published
    with open_registry(read_profile(office.city.folder / "city.toml")) as registry:
        lists = PublishedLists(registry.ledger, NodePlace())
        known = registry.run(lists.status_list(office.list_id))
        assert known is not None
        assert known.bit("revocation", REVOKED_AT)
        office.city.done("status", "revoke", office.list, 7, "--key", "status-operator")
        lagging = registry.run(lists.status_list(office.list_id))
        assert lagging is not None
        assert lagging.bit("revocation", 7)  # the ledger's words count at once
        office.publish()
        fresh = registry.run(lists.status_list(office.list_id))
        assert fresh is not None
        assert fresh.published_seq == fresh.seq
    assert parse_token_list(office.get().text).value(7) == REVOKED


def test_the_command_line_checks_with_published_lists(city: City) -> None:  # noqa: F811
    """A token list for an SD-JWT VC, two bitstrings for a document; before anything is published, nobody knows."""
    claims = {
        "name": "김마패", "institutionCode": "6110000", "institutionName": "서울특별시", "staffNumber": "S-9",
        "photoDigest": "sha256-" + "A" * 43,
    }  # fmt: skip
    (city.folder / "both.json").write_text(json.dumps({"claims": claims, "holder": phone_of(city)}))
    files = {}
    for form in ("dc+sd-jwt", "ldp_vc"):
        words = ("--claims", "both.json", "--type", "gate-pass", "--format", form, "--out", form)
        issued = city.done("credential", "issue", *words)["credentials"][0]
        files[form] = issued["file"]
    own = city.done("credential", "show", issued["id"])["list"]
    verify = ("credential", "verify")
    for file in files.values():
        assert city.mapae(*verify, file, "--status", "ledger").code == 0
        unknown = city.mapae(*verify, file, "--status", "published", "--json")
        assert (unknown.code, unknown.json()["reason"]) == (4, "status-unavailable")
    city.done("status", "publish", own)
    for file in files.values():
        good = city.mapae(*verify, file, "--status", "published", "--json")
        assert (good.code, good.json()["reason"]) == (0, None)
        assert good.json()["steps"][6]["evidence"]["source"] == "ledger and published list"
    brought = city.folder / "usb"
    brought.mkdir()
    lists = ("--lists", "usb", "--json")
    missing = city.mapae(*verify, files["ldp_vc"], *lists)
    assert (missing.code, missing.json()["reason"]) == (4, "status-unavailable")
    bring(city, own, brought)
    alone = city.folder / "alone.toml"  # a gate that reaches its own ledger, and no node
    rpc_url = tomllib.loads((city.system.home / CONFIG_FILE).read_text())["rpc_url"]
    alone.write_text(re.sub(r"node_url = .*", f'rpc_url = "{rpc_url}"', (city.folder / "city.toml").read_text()))
    for file in files.values():
        good = city.mapae(*verify, file, *lists, "--profile", alone)
        assert (good.code, good.json()["steps"][6]["evidence"]["source"]) == (0, "ledger and published list")
    assert city.mapae(*verify, files["ldp_vc"], *lists, "--status", "ledger").code == 2
    profile = city.folder / "published.toml"
    profile.write_text((city.folder / "city.toml").read_text().replace('status = "ledger"', 'status = "published"'))
    last = city.done("credential", "revoke", issued["id"], "--yes")
    assert last["credentials"][0]["standing"] == "revoked"
    said = city.mapae(*verify, files["ldp_vc"], "--profile", profile, "--json")
    assert (said.code, said.json()["reason"]) == (3, "status-revoked")  # the ledger's words count at once


def bring(city: City, own: str, folder: Path) -> None:  # noqa: F811
    """Put what is published into a folder, as docs/status-lists.md tells with curl."""
    node = tomllib.loads((city.folder / "city.toml").read_text())["node_url"]
    for path, kind, name in (
        (f"{own}/revocation", "application/vc", f"{own}-revocation.json"),
        (f"{own}/suspension", "application/vc", f"{own}-suspension.json"),
        (own, "application/statuslist+jwt", f"{own}.jwt"),
    ):
        answer = httpx.get(f"{node}/status/{path}", headers={"Accept": kind}, trust_env=False)
        assert answer.status_code == 200, answer.text
        (folder / name).write_bytes(answer.content)


def phone_of(city: City) -> str:  # noqa: F811
    """A holder's DID with a key of its own."""
    city.done("key", "make", "phone-9", "--folder", "phone")
    return str(city.done("did", "create-holder", "--phone", "phone/phone-9.p12", "--endorser", "endorser")["did"])


class StoppedError(Exception):
    """Ends a watch."""


def test_watching_publishes_changes_and_fills_an_emptied_cache(office: Office, published: Any) -> None:
    """Also: a snapshot that the ledger has left behind is still published, for it is the one anchored last."""
    assert published
    profile = read_profile(office.city.folder / "city.toml")
    passphrase = (office.city.folder / "passphrase").read_text().strip()
    assert profile.keys is not None
    # A second key for lists, in a file: this process has no token.
    office.city.done("key", "make", "status-2")
    office.city.done("did", "update", office.city.did, "--key", "controller", "--method", "status-2=status-2")
    signer, operator = (
        load_signer(profile.keys / f"{name}.p12", passphrase=passphrase) for name in ("status-2", "status-operator")
    )
    told: list[tuple[str, int]] = []
    index = office.city.system.home / "node" / "index.sqlite"

    def revoke(place: int) -> None:
        office.city.done("status", "revoke", office.list, place, "--key", "status-operator")

    acted: list[int] = []

    def note(event: str, answer: dict[str, Any]) -> None:
        if event == "published":  # "waiting" is told when the list of this very second is there already
            told.append((event, answer["seq"]))

    def pause(_seconds: float) -> None:
        time.sleep(1.1)  # lists of one second are one list
        acted.append(len(told))
        if acted.count(len(told)) > 1 or not told:
            if len(acted) > 20:
                raise StoppedError
        elif len(told) == 1:
            revoke(11)
        elif len(told) == 2:
            with contextlib.closing(sqlite3.connect(index, timeout=10)) as db, db:
                db.execute("DELETE FROM published_lists")
            assert office.get().status_code == 404
        else:
            raise StoppedError

    with (
        open_registry(profile) as registry,
        NodeClient(office.url, token_file=profile.token_file) as node,
    ):
        desk = Desk(node, node.network(expected=profile.chain_id, name=profile.network))
        publisher = ListPublisher(
            owner=Did(office.city.did), method_id=f"{office.city.did}#status-2", signer=signer, host=profile.base
        )
        with pytest.raises(StoppedError):
            watch(
                desk,
                registry,
                publisher,
                list_id=office.list_id,
                operator=operator,
                every_s=1,
                told=note,
                pause=pause,
            )
        first = told[0][1]
        assert told == [("published", first), ("published", first + 1), ("published", first + 1)]
        revoke(12)
        known = registry.status(office.list_id)
        assert known is not None
        snapshot = publisher.snapshot_of(known)
        assert must_anchor(known, snapshot)
        message = {"list": office.list_id, "seq": snapshot.seq, "digest": snapshot.digest}
        desk.send(desk.sign("AnchorSnapshot", message, Party("operator", operator, office.city.did)))
        revoke(13)
        revoke(70_000)
        answer = node.publish(office.list_id, publisher.sign(snapshot, now=desk.now()))
    assert answer["seq"] == snapshot.seq
    token = parse_token_list(office.get().text)
    assert [token.value(place) for place in (12, 13, 70_000)] == [REVOKED, 0, 0]
