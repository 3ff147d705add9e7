"""RFC 9901: whatever is folded unfolds, whatever is withheld vanishes, and every rule of section 7.1 is held."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_client.core.encoding import decode_base64url, encode_base64url
from registry_client.core.formats.disclosures import (
    DISCLOSURES_MAX,
    fold,
    make_disclosure,
    parse_disclosure,
    parse_disclosures,
    path_covers,
    placements,
    unfold,
)
from registry_client.errors import InvalidInputError, MalformedValueError, ParsingError

CLAIMS = {
    "name": "김하늘",
    "address": {"city": "세종", "street": "다솜로 261", "codes": ["a", "b"]},
    "languages": ["ko", "en", {"code": "fr", "level": 2}],
    "grade": 5,
}


def salts():
    counter = itertools.count()
    return lambda: f"salt-{next(counter):017d}"


def folded(*paths, decoys=0, claims=None):
    payload, made = fold(claims or CLAIMS, paths, salt=salts(), decoys=decoys)
    return payload, {entry.digest: entry for entry in made}


def shown(payload, disclosures):
    return unfold(payload, parse_disclosures([entry.text for entry in disclosures]), plain=frozenset({"iss"}))


ALL_PATHS = [
    ("name",),
    ("address",),
    ("address", "city"),
    ("address", "codes", None),
    ("languages", None),
    ("languages", 2, "level"),
    ("grade",),
]


@given(st.sets(st.sampled_from(ALL_PATHS)), st.integers(0, 5))
def test_everything_disclosed_is_everything_said(paths, decoys):
    payload, made = folded(*paths, decoys=decoys)
    assert shown(payload, made.values()) == CLAIMS


@given(st.sets(st.sampled_from(ALL_PATHS), min_size=1))
def test_nothing_disclosed_shows_none_of_it(paths):
    payload, _ = folded(*paths)
    claims = unfold(payload, {}, plain=frozenset())
    text = json.dumps(claims, ensure_ascii=False)
    for path in paths:
        if path[0] in {"name", "grade"}:
            assert path[0] not in claims
    if ("address", "city") in paths or ("address",) in paths:
        assert "세종" not in text
    assert "_sd" not in text
    assert "..." not in text


def test_a_withheld_element_leaves_no_gap():
    payload, made = folded(("languages", None))
    second = [entry for entry in made.values() if entry.value == "en"]
    assert shown(payload, second)["languages"] == ["en"]


def test_an_inner_disclosure_needs_its_outer_one():
    payload, made = folded(("address",), ("address", "city"))
    inner = [entry for entry in made.values() if entry.name == "city"]
    with pytest.raises(MalformedValueError, match="belongs to no digest"):
        shown(payload, inner)


def test_digests_are_sorted_and_decoys_look_like_them():
    payload, made = folded(("name",), ("grade",), decoys=3)
    assert payload["_sd"] == sorted(payload["_sd"])
    assert len(payload["_sd"]) == len(made) + 3
    assert {len(digest) for digest in payload["_sd"]} == {43}
    assert payload["_sd_alg"] == "sha-256"


def test_placements_name_what_each_disclosure_needs():
    payload, made = folded(("address",), ("address", "city"), ("languages", None))
    found = {path: [entry.name for entry in chain] for path, chain in placements(payload, made)}
    assert found[("address", "city")] == ["address", "city"]
    assert found[("languages", 2)] == [None]


@pytest.mark.parametrize(
    ("wanted", "path", "covered"),
    [
        (("address",), ("address", "city"), True),
        (("address", "city"), ("address",), True),
        (("address", "city"), ("address", "street"), False),
        (("languages", None), ("languages", 1), True),
        (("languages", 0), ("languages", 1), False),
        ((None,), ("name",), False),
    ],
)
def test_paths_cover_like_dcql(wanted, path, covered):
    assert path_covers(wanted, path) is covered


# --- what must be refused


def refused(payload, disclosures=(), match=None, plain=frozenset({"iss", "cnf"})):
    with pytest.raises(InvalidInputError, match=match):
        unfold(payload, parse_disclosures([entry.text for entry in disclosures]), plain=plain)


NAME = make_disclosure("name", "a", salt="s")
ELEMENT = make_disclosure(None, "a", salt="s")
ISSUER = make_disclosure("iss", "did:evil", salt="s")


def test_a_disclosure_nobody_refers_to():
    refused({"a": 1}, [NAME], "belongs to no digest")
    refused({"_sd": [ELEMENT.digest[:-1] + "A"]}, [NAME], "belongs to no digest")


def test_a_disclosure_given_twice():
    with pytest.raises(MalformedValueError, match="twice"):
        parse_disclosures([NAME.text, NAME.text])


def test_a_digest_that_appears_twice():
    refused({"_sd": [NAME.digest, NAME.digest]}, [NAME], "twice")
    refused({"_sd": [NAME.digest], "inner": {"_sd": [NAME.digest]}}, [NAME], "twice")
    refused({"_sd": [NAME.digest, NAME.digest]}, [], "twice")
    refused({"list": [{"...": ELEMENT.digest}, {"...": ELEMENT.digest}]}, [ELEMENT], "twice")


def test_a_claim_that_is_there_already():
    refused({"name": "b", "_sd": [NAME.digest]}, [NAME], "already there")
    other = make_disclosure("name", "b", salt="t")
    refused({"_sd": [NAME.digest, other.digest]}, [NAME, other], "already there")


def test_a_disclosure_of_the_other_kind():
    refused({"_sd": [ELEMENT.digest]}, [ELEMENT], "element's disclosure")
    refused({"list": [{"...": NAME.digest}]}, [NAME], "member's disclosure")


def test_a_reserved_claim_is_never_hidden():
    refused({"_sd": [ISSUER.digest]}, [ISSUER], "must not be selectively")


@pytest.mark.parametrize("inside", [{"_sd": []}, {"jwk": {"_sd": []}}, [{"...": "x"}], {"a": [{"...": "x"}]}])
def test_nothing_inside_a_reserved_claim_is_hidden(inside):
    refused({"cnf": inside}, match="nothing inside cnf")


@pytest.mark.parametrize(
    "payload",
    [
        {"_sd": "x"},
        {"_sd": [1]},
        {"_sd": {}},
        {"a": {"_sd": "x"}},
        {"...": "x"},
        {"a": {"...": "x"}},
        {"a": {"_sd_alg": "sha-256"}},
        {"a": [{"...": 1}]},
        {"a": [{"...": "x", "b": 1}]},
        {"_sd_alg": "sha-512"},
        {"_sd_alg": None},
        {"_sd_alg": ["sha-256"]},
    ],
)
def test_structure_in_the_wrong_place(payload):
    refused(payload)


def encoded(value):
    return encode_base64url(json.dumps(value).encode())


@pytest.mark.parametrize(
    "text",
    [
        encoded([]),
        encoded(["s"]),
        encoded(["s", "n", "v", "x"]),
        encoded({"salt": "s"}),
        encoded("s"),
        encoded([1, "n", "v"]),
        encoded(["s", 1, "v"]),
        encoded(["s", "_sd", []]),
        encoded(["s", "...", "v"]),
        encoded(["s", "_sd_alg", "v"]),
        encode_base64url(b'["s","n",{"a":1,"a":2}]'),
        encode_base64url(b'["s","n",NaN]'),
        encode_base64url(b"\xff\xfe"),
        encoded(["s", "n", "v"]) + "=",
        "not base64!",
    ],
)
def test_malformed_disclosures_are_refused(text):
    with pytest.raises(InvalidInputError):
        parse_disclosure(text)


def test_a_disclosure_with_white_space_counts_by_its_own_bytes():
    text = encode_base64url(b'["s", "n", "v"]')
    entry = parse_disclosure(text)
    assert (entry.name, entry.value) == ("n", "v")
    assert unfold({"_sd": [entry.digest]}, {entry.digest: entry}, plain=()) == {"n": "v"}
    assert decode_base64url(text) == b'["s", "n", "v"]'


def test_nesting_through_disclosures_is_bounded():
    value, chain = "deep", []
    for place in range(40):
        inner = make_disclosure("n", value, salt=str(place))
        chain.append(inner)
        value = {"_sd": [inner.digest]}
    refused(value, chain, "nested deeper")


def test_the_number_of_disclosures_is_bounded():
    with pytest.raises(ParsingError, match="more than"):
        parse_disclosures([NAME.text] * (DISCLOSURES_MAX + 1))


@pytest.mark.parametrize(
    ("claims", "path"),
    [({"_sd": 1}, ("a",)), ({"a": {"...": 1}}, ("a",)), ({"a": 1}, ("b",)), ({"a": 1}, ("a", "b"))],
)
def test_claims_that_cannot_be_folded(claims, path):
    with pytest.raises(MalformedValueError):
        fold(claims, [path], salt=salts())
