import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_client.core.did import (
    DID_MAX_LENGTH,
    compute_did_id,
    format_did,
    method_of,
    parse_did,
    parse_did_url,
    parse_mapae,
)
from registry_client.core.encoding import encode_base58
from registry_client.errors import InvalidDidError, InvalidDidUrlError, MalformedValueError

OWN = "did:mapae:dev-1a2b3c:32KPmJ7A6RhRVizuB4EqFUfVsC2a"


@pytest.mark.parametrize(
    "did", [OWN, "did:key:z6Mk", "did:web:a.example", "did:ex:a:b:c", "did:ex:%20", "did:ex::a", "did:1:x"]
)
def test_parse_did_accepts_the_grammar(did):
    assert parse_did(did) == did


@pytest.mark.parametrize(
    "text",
    [
        "",
        "did",
        "did:",
        "did:ex",
        "did:ex:",
        "did:EX:a",
        "DID:ex:a",
        "did:e-x:a",
        "did:ex:a#f",
        "did:ex:a/p",
        "did:ex:a?q",
        "did:ex:한글",
        "did:ex:a b",
        "did:ex:a\n",
        "did:ex:%2",
        "did:ex:%zz",
        "did:ex:a:",
        " did:ex:a",
        "did:ex:a\0",
        "did:ex:" + "a" * DID_MAX_LENGTH,
    ],
)
def test_parse_did_refuses_what_is_none(text):
    with pytest.raises(InvalidDidError):
        parse_did(text)


def test_parse_did_is_quick_on_64_kib():
    with pytest.raises(InvalidDidError):
        parse_did("did:ex:" + ":" * 65_536)


@given(st.binary(min_size=20, max_size=20), st.from_regex(r"\A[a-z0-9-]{1,32}\Z"))
def test_own_dids_round_trip(did_id, network):
    did = format_did(network, did_id)
    parsed = parse_mapae(did)
    assert (parsed.network, parsed.did_id, str(parsed)) == (network, did_id, did)


@pytest.mark.parametrize(
    "did",
    [
        "did:mapae:32KPmJ7A6RhRVizuB4EqFUfVsC2a",
        "did:mapae:Dev:32KPmJ7A6RhRVizuB4EqFUfVsC2a",
        "did:mapae:" + "a" * 33 + ":32KPmJ7A6RhRVizuB4EqFUfVsC2a",
        "did:mapae:dev-1a2b3c:32KPmJ7A6RhRVizuB4EqFUfVsC2a:x",
        "did:mapae:dev-1a2b3c:1" + encode_base58(b"\1" * 20),
        "did:mapae:dev-1a2b3c:" + encode_base58(b"\1" * 19),
        "did:mapae:dev-1a2b3c:" + encode_base58(b"\1" * 21),
        "did:mapae:dev-1a2b3c:0OIl",
        "did:mapae:dev-1a2b3c:%31",
        "did:key:z6Mk",
    ],
)
def test_parse_mapae_takes_only_the_canonical_text(did):
    with pytest.raises(InvalidDidError):
        parse_mapae(did)


def test_format_did_refuses_other_lengths_and_names():
    with pytest.raises(InvalidDidError):
        format_did("dev", b"\1" * 19)
    with pytest.raises(InvalidDidError):
        format_did("Dev", b"\1" * 20)


def test_method_of():
    assert method_of(OWN) == "mapae"


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (OWN, ("", None, None)),
        (f"{OWN}#issue-1", ("", None, "issue-1")),
        (f"{OWN}?versionId=2#k", ("", "versionId=2", "k")),
        (f"{OWN}/a/b?x=1", ("/a/b", "x=1", None)),
        (f"{OWN}#", ("", None, "")),
        (f"{OWN}?", ("", "", None)),
    ],
)
def test_did_urls_come_apart_and_together(url, parts):
    parsed = parse_did_url(url)
    assert (parsed.did, parsed.path, parsed.query, parsed.fragment) == (OWN, *parts)
    assert str(parsed) == url
    assert parsed.without_fragment.fragment is None


@pytest.mark.parametrize(
    "url", ["", "#a", "did:ex:a#b#c", "did:ex:a? ", "did:ex:a/\\", "did:ex:a" + "/a" * 2_000, "did:ex:a#한"]
)
def test_bad_did_urls_are_refused(url):
    with pytest.raises(InvalidDidUrlError):
        parse_did_url(url)


def test_ids_differ_in_every_input():
    base = {"kind": 1, "controller": b"\2" + b"\1" * 20, "salt": b"\0" * 32}
    ids = {
        compute_did_id(**base),
        compute_did_id(**{**base, "kind": 2}),
        compute_did_id(**{**base, "controller": b"\1" * 21}),
        compute_did_id(**{**base, "salt": b"\1" * 32}),
    }
    assert len(ids) == 4
    assert {len(did_id) for did_id in ids} == {20}


@pytest.mark.parametrize("wrong", [{"kind": 3}, {"controller": b"\2" * 20}, {"salt": b""}])
def test_ids_need_well_formed_inputs(wrong):
    with pytest.raises(MalformedValueError):
        compute_did_id(**{"kind": 1, "controller": b"\2" * 21, "salt": b"\0" * 32, **wrong})
