"""A credential that rests on something else: its digests are checked, and what is not held is never called good."""

import base64
import hashlib

import pytest

from registry_client.core.canonical import canonicalize
from registry_client.core.contexts import PINNED, PINNED_DIGESTS
from registry_client.core.encoding import encode_base64url, encode_multibase
from registry_client.core.formats.related import RESOURCES_MAX, digests_of
from registry_client.core.report import Verdict
from registry_client.data import pinned_context
from registry_client.errors import MalformedValueError
from tests.simulators.world import World, outcome_of

V2 = "https://www.w3.org/ns/credentials/v2"
BYTES = pinned_context(V2)
FOREIGN = "https://elsewhere.invalid/terms.json"


def sri(data, name="sha384"):
    return f"{name}-" + base64.b64encode(hashlib.new(name, data).digest()).decode()


def multihash(data, name="sha256", *, base="z"):
    code = {"sha256": b"\x12\x20", "sha384": b"\x20\x30", "sha512": b"\x13\x40"}[name]
    value = code + hashlib.new(name, data).digest()
    return encode_multibase(value) if base == "z" else "u" + encode_base64url(value)


RIGHT = [
    {"digestSRI": sri(BYTES, "sha256")},
    {"digestSRI": sri(BYTES)},
    {"digestSRI": f"{sri(b'', 'sha256')} {sri(BYTES, 'sha512')}"},  # the strongest counts
    {"digestSRI": f"{sri(b'')} {sri(BYTES)} md5-abc"},  # any of the strongest
    {"digestMultibase": multihash(BYTES)},
    {"digestMultibase": multihash(BYTES, "sha512", base="u")},
    {"digestMultibase": "u" + encode_base64url(hashlib.sha256(BYTES).digest())},
    {"digestSRI": sri(BYTES), "digestMultibase": multihash(BYTES, "sha384")},
]
WRONG = [
    {"digestSRI": sri(BYTES + b" ")},
    {"digestSRI": f"{sri(BYTES, 'sha256')} {sri(b'', 'sha512')}"},  # right in the weaker one only
    {"digestSRI": "md5-abc"},
    {"digestSRI": "sha256-AAAA"},
    {"digestSRI": "sha256-&&&&"},
    {"digestSRI": ""},
    {"digestSRI": 1},
    {"digestSRI": "sha256-" + "A" * 2_000},
    {"digestMultibase": multihash(b"")},
    {"digestMultibase": "m" + base64.b64encode(BYTES[:32]).decode()},
    {"digestMultibase": "zzzz"},
    {"digestMultibase": None},
    {"digestSRI": sri(BYTES), "digestMultibase": multihash(b"")},
    {"digestSRI": sri(b""), "digestMultibase": multihash(BYTES)},
]


@pytest.fixture(scope="module")
def world():
    return World()


def entry(url, **digests):
    return {"id": url, **digests}


@pytest.mark.parametrize("form", ["issue_document", "issue_jwt"])
@pytest.mark.parametrize("digests", RIGHT, ids=str)
def test_the_digest_of_a_pinned_context_is_right(world, form, digests):
    source = getattr(world, form)(relatedResource=[entry(V2, **digests)])
    assert world.verify(source, challenge=None).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("form", ["issue_document", "issue_jwt"])
@pytest.mark.parametrize("digests", WRONG, ids=lambda digests: str(digests)[:60])
def test_a_wrong_digest_of_a_pinned_context_is_not_issued(world, form, digests):
    with pytest.raises(MalformedValueError):
        getattr(world, form)(relatedResource=entry(V2, **digests))


@pytest.mark.parametrize("digests", WRONG, ids=lambda digests: str(digests)[:60])
def test_a_wrong_digest_of_a_pinned_context_is_rejected(world, digests):
    document = world.issue_document() | {"relatedResource": entry(V2, **digests)}
    assert outcome_of(world.verify(document, challenge=None), 1) == ("failed", "malformed-value")


def test_a_resource_listed_twice_is_refused(world):
    twice = [entry(V2, digestSRI=sri(BYTES)), entry(V2, digestSRI=sri(BYTES, "sha256"))]
    with pytest.raises(MalformedValueError, match="twice"):
        world.issue_document(relatedResource=twice)
    document = world.issue_document() | {"relatedResource": twice}
    assert outcome_of(world.verify(document, challenge=None), 1) == ("failed", "malformed-value")


def test_too_many_resources_are_refused(world):
    many = [entry(f"https://a.invalid/{place}", digestSRI=sri(b"")) for place in range(RESOURCES_MAX + 1)]
    with pytest.raises(MalformedValueError, match="entries"):
        world.issue_document(relatedResource=many)


@pytest.mark.parametrize("digests", [{"digestSRI": sri(b"x")}, {"digestMultibase": multihash(b"x")}], ids=str)
def test_a_resource_that_nobody_holds_is_undetermined_and_not_fetched(world, digests):
    report = world.verify(world.issue_document(relatedResource=entry(FOREIGN, **digests)), challenge=None)
    assert outcome_of(report, 4) == ("undetermined", "resource-unavailable")
    assert report.verdict is Verdict.UNDETERMINED
    assert report.steps[4].evidence["id"] == FOREIGN


@pytest.mark.parametrize("keep_s", [0.0, 60.0])
def test_what_is_anchored_with_the_type_is_held(keep_s):
    """Also where the issuer's standing is remembered from the credential before."""
    world = World(keep_s=keep_s)
    kind = world.organisation_type
    held = {kind.context_url: kind.context, kind.schema_url: kind.schema}
    right = [entry(url, digestSRI=sri(canonicalize(content))) for url, content in held.items()]
    for _ in range(2):
        assert world.verify(world.issue_document(relatedResource=right), challenge=None).verdict is Verdict.ACCEPTED
        wrong = [right[0], entry(kind.schema_url, digestSRI=sri(b""))]
        report = world.verify(world.issue_document(relatedResource=wrong), challenge=None)
        assert outcome_of(report, 4) == ("failed", "malformed-value")
        report = world.verify(world.issue_document(relatedResource=entry(FOREIGN, digestSRI=sri(b""))), challenge=None)
        assert outcome_of(report, 4) == ("undetermined", "resource-unavailable")


@pytest.mark.parametrize("url", PINNED)
def test_the_pinned_digests_are_those_of_the_shipped_bytes(url):
    assert PINNED_DIGESTS[url] == digests_of(pinned_context(url))
