"""Any bytes at all: `verify` returns a report, and it never says accepted."""

import json
import random
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_client.core.canonical import canonicalize
from registry_client.core.jose import sign_jws
from registry_client.core.report import STEP_COUNT, Report, Verdict
from registry_client.core.request import parse_request
from registry_client.errors import NotAcceptedError, RegistryError, RequestInvalidError
from tests.simulators.world import World

WORLD = World(keep_s=1e9)
SD_JWT = WORLD.present(WORLD.issue())
DOCUMENT = WORLD.present_document(WORLD.issue_document())
DOCUMENT_TEXT = canonicalize(DOCUMENT).decode()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
HARD = settings(max_examples=150, deadline=None)


def test_what_is_attacked_here_is_accepted_when_left_alone():
    for source in (SD_JWT, DOCUMENT, DOCUMENT_TEXT):
        assert WORLD.verify(source).verdict is Verdict.ACCEPTED


def assert_not_accepted(source, **options):
    report = WORLD.verify(source, **options)
    assert isinstance(report, Report)
    assert report.verdict is not Verdict.ACCEPTED
    with pytest.raises(NotAcceptedError):
        report.require_accepted()
    assert len(report.steps) == STEP_COUNT
    json.dumps(report.to_json(), allow_nan=False)
    for step in report.steps:
        assert step.explain("ko")
        assert step.explain("en")


@HARD
@given(st.binary(max_size=400) | st.text(max_size=400))
def test_noise(source):
    assert_not_accepted(source)


@HARD
@given(JSON)
def test_any_json(value):
    assert_not_accepted(json.dumps(value))
    if isinstance(value, dict):
        assert_not_accepted(value)


@HARD
@given(st.integers(0, len(SD_JWT) - 1), st.characters())
def test_any_one_character_of_an_sd_jwt(place, character):
    changed = SD_JWT[:place] + character + SD_JWT[place + 1 :]
    if changed != SD_JWT:
        assert_not_accepted(changed)


@HARD
@given(st.integers(0, len(DOCUMENT_TEXT) - 1), st.characters())
def test_any_one_character_of_a_document(place, character):
    changed = DOCUMENT_TEXT[:place] + character + DOCUMENT_TEXT[place + 1 :]
    if changed != DOCUMENT_TEXT and json_of(changed) != DOCUMENT:
        assert_not_accepted(changed)


def json_of(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


@HARD
@given(st.integers(0, len(SD_JWT)), st.integers(0, len(SD_JWT)))
def test_any_piece_of_an_sd_jwt(start, end):
    if SD_JWT[start:end] != SD_JWT:
        assert_not_accepted(SD_JWT[start:end])


def paths_in(value, path=()):
    if isinstance(value, dict):
        for name, member in value.items():
            yield (*path, name)
            yield from paths_in(member, (*path, name))
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield (*path, place)
            yield from paths_in(member, (*path, place))


PATHS = list(paths_in(DOCUMENT))


@HARD
@given(st.sampled_from(PATHS), JSON, st.booleans())
def test_any_member_replaced_or_removed(path, value, remove):
    document = deepcopy(DOCUMENT)
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    if remove:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    if document != DOCUMENT:
        assert_not_accepted(document)


@HARD
@given(
    st.dictionaries(st.sampled_from(["iss", "iat", "nbf", "exp", "vct", "cnf", "status", "sub", "_sd", "name"]), JSON),
    st.dictionaries(st.sampled_from(["typ", "kid", "crit", "x"]), JSON),
)
def test_anything_that_the_issuer_might_sign(payload, header):
    body = {"iss": WORLD.agency, "iat": WORLD.ledger.now, "vct": WORLD.type.vct} | payload
    head = {"typ": "dc+sd-jwt", "kid": WORLD.method_id} | header
    try:
        token = sign_jws(head, body, WORLD.issue_key)
    except RegistryError:
        return  # no canonical form, so nobody signs it
    assert_not_accepted(token + "~", service="GATE-01")


@HARD
@given(JSON, st.text(max_size=40))
def test_any_receipt_and_any_service(receipt, service):
    report = WORLD.verify(
        SD_JWT, receipts=[receipt] if isinstance(receipt, dict) else [{"agency": receipt}], service=service
    )
    assert report.verdict is Verdict.REJECTED


@HARD
@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda data: data.hex()))
def test_any_request(text):
    with pytest.raises(RequestInvalidError):
        parse_request(text)


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\x00" * 1000,
        "[" * 100_000,
        '{"a":' * 10_000,
        "{" + '"a":1,' * 20_000 + '"b":1}',
        "~" * 100_000,
        "a" * 10**7,
        "\ud800",
        "é~",
        ("eyJhbGciOiJFUzI1NiJ9." + "A" * 60_000 + ".AA~"),
        SD_JWT.split("~")[0] + "~" + "~".join(["WyJhIiwiYiIsImMiXQ"] * 256) + "~",
    ],
    ids=lambda source: repr(source[:12]),
)
def test_large_and_deep_input_is_refused_quickly(source):
    assert_not_accepted(source)


def test_seeded_storms_of_edits():
    """Several edits at once, as a fuzzer does; the same ones in every run."""
    chance = random.Random(20_261_122)
    for _ in range(1_500):
        text = list(chance.choice([SD_JWT, DOCUMENT_TEXT]))
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(text))
            edit = chance.randrange(4)
            if edit == 0:
                text[place] = chance.choice('~.{}[]":,\\é \x00AZ09-_=')
            elif edit == 1:
                del text[place]
            elif edit == 2:
                text.insert(place, chance.choice(text))
            else:
                other = chance.randrange(len(text))
                text[place], text[other] = text[other], text[place]
        changed = "".join(text)
        if changed.strip() not in {SD_JWT, DOCUMENT_TEXT} and json_of(changed) != DOCUMENT:
            assert_not_accepted(changed)
