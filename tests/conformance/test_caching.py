"""HTTP caching of a real node: what may be kept, for how long, and when a kept answer is still good (RFC 9111)."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from registry_client.core.hashing import keccak256
from tests.integration.node_support import Agency, RunningNode, admitted, eventually, running_node
from tests.support.chain import Registry, salt_of

pytestmark = pytest.mark.chain

FOR_EVER = "public, max-age=31536000, immutable"
DEPTH = 2
KEY_DID = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"


@pytest.fixture
def agency(registry: Registry) -> Agency:
    found = admitted(registry, "ministry")
    mine(registry, DEPTH + 1)
    return found


@pytest.fixture
def node(registry: Registry, agency: Agency, tmp_path: Path) -> Iterator[RunningNode]:
    """A node with an agency in its second version; blocks are final under two others."""
    with running_node(registry, tmp_path, confirmations=DEPTH) as running:
        for operation in (agency.create(), agency.update(1, "issue-1", "issue-2")):
            ids = running.submit(operation)
            running.wait(ids, states={"mined", "final"})
            mine(registry)
            assert running.wait(ids)[0]["state"] == "final"
            registry.ledger.advance(10)
        mine(registry)
        running.wait_for_head(registry.ledger)
        yield running


def mine(registry: Registry, count: int = DEPTH) -> None:
    registry.ledger.rpc("anvil_mine", hex(count))


def ask(node: RunningNode, what: str, query: str = "", *, verb: str = "GET", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return node.http.request(verb, f"/1.0/identifiers/{quote(what, safe=':')}{query}", headers=named)


def kept(answer: httpx.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.headers["etag"], answer.headers["cache-control"]


class TestResolution:
    def test_latest_is_asked_for_again_and_known_until_it_changes(self, node: RunningNode, agency: Agency) -> None:
        first = ask(node, agency.did)
        status, tag, cache = kept(first)
        assert (status, cache, first.headers["vary"]) == (200, "no-cache", "accept")
        assert tag.startswith('W/"')
        mine(agency.registry, 1)
        node.wait_for_head(agency.registry.ledger)
        again = ask(node, agency.did, If_None_Match=tag)
        assert kept(again) == (304, tag, "no-cache")
        assert again.content == b""
        assert not {"content-type", "content-length"} & again.headers.keys()
        assert int(again.headers["mapae-block"]) > int(first.headers["mapae-block"])

        (operation,) = node.submit(agency.update(2, "issue-3"))
        node.wait([operation], states={"mined"})
        pending = ask(node, agency.did, If_None_Match=tag)
        assert pending.status_code == 200
        assert pending.json()["didDocumentMetadata"]["pending"]
        assert ask(node, agency.did, If_None_Match=pending.headers["etag"]).status_code == 304
        mine(agency.registry)
        assert node.wait([operation])[0]["state"] == "final"
        final = ask(node, agency.did, If_None_Match=f"{tag}, {pending.headers['etag']}")
        assert final.status_code == 200
        assert final.json()["didDocumentMetadata"]["versionId"] == "3"

    def test_condition_lists_weak_tags_and_any(self, node: RunningNode, agency: Agency) -> None:
        tag = ask(node, agency.did).headers["etag"]
        opaque = tag.removeprefix("W/")
        for condition in (tag, opaque, f'"x", {tag}', f'"a,b",{opaque}', "*"):
            for verb in ("GET", "HEAD"):
                assert ask(node, agency.did, verb=verb, If_None_Match=condition).status_code == 304, condition
        for condition in ("", "x", '"*"', opaque.strip('"'), opaque.upper()):
            assert ask(node, agency.did, If_None_Match=condition).status_code == 200, condition
        lines = node.http.get(
            f"/1.0/identifiers/{agency.did}", headers=[("If-None-Match", '"x"'), ("If-None-Match", tag)]
        )
        assert lines.status_code == 304

    def test_only_a_200_is_conditional(self, node: RunningNode, agency: Agency) -> None:
        for what, query, status in (
            (agency.did, "?versionId=9", 404),
            ("nothing", "", 400),
            (agency.did, "?colour=red", 501),
        ):
            answer = ask(node, what, query, If_None_Match="*")
            assert answer.status_code == status
            assert "etag" not in answer.headers
        posted = node.http.post(f"/1.0/identifiers/{agency.did}", json={}, headers={"If-None-Match": "*"})
        assert posted.status_code == 200

    def test_each_representation_has_its_own_tag_and_bytes_as_anchored_a_strong_one(
        self, node: RunningNode, agency: Agency
    ) -> None:
        media = ("application/did-resolution", "application/did", "application/did+json", "application/did+ld+json")
        tags = {name: ask(node, agency.did, Accept=name).headers["etag"] for name in media}
        assert len(set(tags.values())) == len(media)
        assert [name for name in media if tags[name].startswith("W/")] == ["application/did-resolution"]
        for name in media:
            assert ask(node, agency.did, Accept=name, If_None_Match=tags[name]).status_code == 304
            other = tags[media[0] if name != media[0] else media[1]]
            assert ask(node, agency.did, Accept=name, If_None_Match=other).status_code == 200

    def test_superseded_version_is_kept_for_ever(self, node: RunningNode, agency: Agency) -> None:
        created = ask(node, agency.did).json()["didDocumentMetadata"]["created"]
        for query in ("?versionId=1", f"?versionTime={created}"):
            status, tag, cache = kept(ask(node, agency.did, query))
            assert (status, cache) == (200, FOR_EVER)
            mine(agency.registry, 1)
            node.wait_for_head(agency.registry.ledger)
            assert kept(ask(node, agency.did, query, If_None_Match=tag)) == (304, tag, FOR_EVER)
            assert ask(node, f"{agency.did}{query}#issue-1").headers["cache-control"] == FOR_EVER

    def test_fixed_version_that_is_still_the_latest_may_yet_gain_a_next_one(
        self, node: RunningNode, agency: Agency
    ) -> None:
        updated = ask(node, agency.did).json()["didDocumentMetadata"]["updated"]
        before = {query: ask(node, agency.did, query) for query in ("?versionId=2", f"?versionTime={updated}")}
        for query, answer in before.items():
            assert answer.headers["cache-control"] == "no-cache", query
            document = ask(node, agency.did, query, Accept="application/did")
            assert document.headers["cache-control"] == FOR_EVER, query
        (operation,) = node.submit(agency.update(2, "issue-3"))
        node.wait([operation], states={"mined", "final"})
        mine(agency.registry)
        assert node.wait([operation])[0]["state"] == "final"
        for query, answer in before.items():
            after = ask(node, agency.did, query, If_None_Match=answer.headers["etag"])
            assert after.status_code == 200
            assert after.headers["cache-control"] == FOR_EVER
            assert after.json()["didDocument"] == answer.json()["didDocument"]
            assert after.json()["didDocumentMetadata"]["nextVersionId"] == "3"

    def test_what_must_not_be_kept(self, node: RunningNode, agency: Agency) -> None:
        for query in ("?noCache=true", "?versionTime=2999-01-01T00:00:00Z"):
            answer = ask(node, agency.did, query)
            assert answer.headers["cache-control"] == "no-store"
            assert "etag" not in answer.headers or query != "?noCache=true"

    def test_key_in_the_did_is_kept_for_a_day(self, node: RunningNode) -> None:
        status, tag, cache = kept(ask(node, KEY_DID))
        assert (status, cache) == (200, "public, max-age=86400")
        assert ask(node, KEY_DID, If_None_Match=tag).status_code == 304

    def test_fragment_is_conditional(self, node: RunningNode, agency: Agency) -> None:
        url = f"{agency.did}#issue-1"
        for accept in ("*/*", "application/did"):
            status, tag, cache = kept(ask(node, url, Accept=accept))
            assert (status, cache) == (200, "no-cache")
            assert ask(node, url, Accept=accept, If_None_Match=tag).status_code == 304

    def test_deactivated_is_never_304(self, node: RunningNode, agency: Agency) -> None:
        tag = ask(node, agency.did).headers["etag"]
        end = agency.registry.sign("DeactivateDid", {"id": agency.id, "expectedVersion": 2}, agency.controller)
        (operation,) = node.submit(end)
        node.wait([operation], states={"mined", "final"})
        mine(agency.registry)
        node.wait([operation])
        for condition in (tag, "*"):
            answer = ask(node, agency.did, If_None_Match=condition)
            assert (answer.status_code, answer.headers["cache-control"]) == (410, "no-cache")


class TestFacts:
    def test_read_is_known_until_what_it_says_changes(self, node: RunningNode, agency: Agency) -> None:
        registry = agency.registry
        address = bytes.fromhex(registry.contracts["StatusRegistry"][2:])
        list_id = keccak256(address.rjust(32, b"\0") + agency.id.ljust(32, b"\0") + salt_of("list"))
        opened = registry.sign("OpenList", {"owner": agency.id, "salt": salt_of("list")}, agency.controller)
        ids = node.submit(opened)
        node.wait(ids, states={"mined", "final"})
        mine(registry)
        node.wait(ids)
        paths = (f"/v1/dids/{agency.did}", "/v1/council", f"/v1/status-lists/0x{list_id.hex()}")
        before = {path: node.http.get(path) for path in paths}
        assert all(kept(answer)[::2] == (200, "no-cache") for answer in before.values())
        mine(registry, 1)
        node.wait_for_head(registry.ledger)
        for path, answer in before.items():
            again = node.http.get(path, headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            assert int(again.headers["mapae-block"]) > int(answer.headers["mapae-block"])
        (revoked,) = node.submit(
            registry.sign("Revoke", {"list": list_id, "startWord": 0, "masks": (1,)}, agency.controller)
        )
        node.wait([revoked], states={"mined"})
        changed = {
            path: node.http.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code
            for path, answer in before.items()
        }
        assert changed == {paths[0]: 200, paths[1]: 304, paths[2]: 200}, "pending news changes an answer, others not"

    def test_closed_facts_are_kept_for_ever_and_refusals_never(self, node: RunningNode, agency: Agency) -> None:
        registry = agency.registry
        first = node.http.get(f"/v1/dids/{agency.did}", params={"version": 1})
        assert first.headers["cache-control"] == FOR_EVER
        assert first.json()["pending"] == []
        path = f"/v1/issuances/{agency.did}/1"
        missing = node.http.get(path, headers={"If-None-Match": "*"})
        assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-store")
        message = {"agency": agency.id, "expectedSeq": 1, "root": b"\7" * 32, "count": 3}
        ids = node.submit(registry.sign("AnchorIssuance", message, agency.controller))
        node.wait(ids, states={"mined", "final"})
        mine(registry)
        assert node.wait(ids)[0]["state"] == "final"
        anchored = eventually(lambda: (a := node.http.get(path)).status_code == 200 and a, what="the batch")
        assert anchored.headers["cache-control"] == FOR_EVER
