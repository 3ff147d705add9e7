"""Files of the command line: claims to issue, what is handed over; times and types as people write them."""

import contextlib
import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_client.actions.demo import tamper
from registry_client.adapters.signer_local import generate_signer
from registry_client.cli import claims, context, options
from registry_client.cli.handed import FILE_MAX_BYTES, Handed, read_handed, write_private
from registry_client.cli.settings import UsageError
from registry_client.core.credential import Format
from registry_client.core.encoding import decode_base64url
from registry_client.core.formats.sd_jwt import issue_sd_jwt
from registry_client.data import shipped_type
from registry_client.errors import InvalidInputError, ParsingError, RegistryError

NOW = 1_800_000_000
PHONE = generate_signer()
ISSUER = generate_signer()
KIND = shipped_type("gate-pass")


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr(context, "desk", lambda: SimpleNamespace(now=lambda: NOW))


def sd_jwt(**claims_):
    return issue_sd_jwt(
        claims_ or {"name": "김마패"},
        method_id="did:example:issuer#issue-1",
        signer=ISSUER,
        vct=KIND.vct,
        signed_at=NOW,
        disclosable=[("name",)],
        salt=lambda: "c2FsdHNhbHRzYWx0c2FsdA",
        valid_until=NOW + 5,
    )


# Times and types


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, 7),
        ("now", NOW),
        ("+30d", NOW + 30 * 86_400),
        ("-12h", NOW - 12 * 3_600),
        ("+5m", NOW + 300),
        ("+9s", NOW + 9),
        ("1970-01-02", 86_400),
        ("1970-01-01T09:00:00+09:00", 0),
        ("1970-01-01T00:00:01Z", 1),
    ],
)
def test_times_are_read_as_people_write_them(text, seconds):
    assert options.time_of(text, now=NOW, default=7) == seconds


@pytest.mark.parametrize("text", ["", "tomorrow", "+3", "+xd", "2026-13-01", "31.1.2026"])
def test_a_time_that_cannot_be_read_says_how_to_write_one(text):
    with pytest.raises(UsageError, match="2027-01-31"):
        options.time_of(text, now=NOW, default=0)


def test_types_are_named_shortly_or_by_their_vct():
    vct = options.vct_of("gate-pass", base="https://base.example")
    assert vct == "https://base.example/vct/gate-pass/v1"
    assert options.vct_of(vct, base="https://other.example") == vct
    assert options.type_name(vct) == "gate-pass"
    with pytest.raises(UsageError, match="civil-servant"):
        options.vct_of("badge", base="https://base.example")


# Claims


def test_csv_columns_are_claims_or_what_is_said_beside_them(tmp_path):
    file = tmp_path / "officers.csv"
    jwk = json.dumps(PHONE.public_key.to_jwk()).replace('"', '""')
    file.write_text(f'name,staffNumber,holder,reference,valid_until\n김마패,,"{jwk}",HR-1,+1d\n', encoding="utf-8-sig")
    (line,), name = claims.read_lines(file)
    request = claims.request_of(line, 1, kind=KIND, until=None, form=Format.SD_JWT_VC)
    assert request.claims == {"name": "김마패"}
    assert request.holder_key == PHONE.public_key
    assert (request.reference, request.valid_until, request.valid_from) == ("HR-1", NOW + 86_400, NOW)
    assert request.format is Format.SD_JWT_VC
    assert name.startswith("officers-")


def test_the_batch_name_follows_from_the_content(tmp_path):
    file = tmp_path / "a.json"
    file.write_text('{"claims":{}}')
    first = claims.read_lines(file)
    assert claims.read_lines(file) == first
    file.write_text('[{"claims":{}}]')
    second = claims.read_lines(file)
    assert second[0] == first[0]
    assert second[1] != first[1]


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("a.json", "[]", "no lines"),
        ("a.json", '["x"]', "no lines"),
        ("a.json", '{"a":1,"a":2}', "twice"),
        ("a.csv", "name,holder\n김마패\n", "line 2: another number of cells"),
        ("a.csv", "name\n김마패,more\n", "another number of cells"),
        ("a.csv", "", "no lines"),
    ],
)
def test_a_claims_file_that_is_not_one_is_refused_by_its_line(tmp_path, name, text, error):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises((InvalidInputError, ParsingError), match=error):
        claims.read_lines(file)


def test_a_csv_that_is_not_utf_8_is_refused(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes("이름\n김마패\n".encode("euc-kr"))
    with pytest.raises(InvalidInputError, match="UTF-8"):
        claims.read_lines(file)


@pytest.mark.parametrize(
    "line",
    [{}, {"claims": []}, {"claims": {}, "extra": 1}, {"claims": {}, "holder": 5}, {"claims": {}, "holder": "{}"}],
)
def test_a_line_of_another_shape_is_refused(line):
    with pytest.raises(RegistryError):
        claims.request_of(line, 3, kind=KIND, until=None, form=Format.SD_JWT_VC)


def test_dates_that_the_type_has_and_a_line_leaves_out_come_from_its_validity():
    kind = shipped_type("civil-servant")

    def dates(line, kind=kind):
        request = claims.request_of(line, 1, kind=kind, until=NOW + 86_400, form=Format.SD_JWT_VC)
        return request.claims.get("validFrom"), request.claims.get("validUntil")

    assert dates({"claims": {}}) == ("2027-01-15", "2027-01-16")
    assert dates({"claims": {}, "valid_from": "2027-02-01", "valid_until": "2027-03-01"}) == (
        "2027-02-01",
        "2027-03-01",
    )
    assert dates({"claims": {"validUntil": "2029-12-31"}}) == ("2027-01-15", "2029-12-31")
    assert dates({"claims": {}}, KIND) == (None, None)


# Handed over


def test_a_delivery_brings_its_receipt_and_a_bare_credential_none(tmp_path):
    text = sd_jwt()
    delivery, bare = tmp_path / "d.json", tmp_path / "b.sdjwt"
    write_private(delivery, {"format": "dc+sd-jwt", "credential": text, "receipt": {"seq": 1}})
    write_private(bare, text)
    assert read_handed(delivery).content == text
    assert read_handed(delivery).receipts == ({"seq": 1},)
    assert read_handed(bare) == read_handed(bare)
    assert read_handed(bare).receipts == ()
    assert delivery.stat().st_mode & 0o077 == 0


def test_an_answer_brings_its_receipts_and_a_document_stands_for_itself(tmp_path):
    answer, document = tmp_path / "a.json", tmp_path / "vc.json"
    write_private(answer, {"presentation": sd_jwt(), "receipts": [{"seq": 1}, {"seq": 2}]})
    write_private(document, {"@context": [], "issuer": "did:example:1"})
    assert len(read_handed(answer).receipts) == 2
    assert read_handed(document).content == {"@context": [], "issuer": "did:example:1"}


@given(st.binary(max_size=200))
def test_any_bytes_are_handed_or_refused_by_our_own_errors(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("handed") / "x"
    file.write_bytes(data)
    with contextlib.suppress(RegistryError):
        read_handed(file)


def test_a_file_without_end_is_not_read_to_its_end(tmp_path):
    file = tmp_path / "large"
    file.write_bytes(b" " * (2 * 1024 * 1024))
    assert read_handed(file).content == ""
    file.write_bytes(b"x" * (2 * 1024 * 1024))
    assert len(read_handed(file).content) == FILE_MAX_BYTES + 1


def test_tampering_changes_the_signed_part_and_nothing_else():
    text = sd_jwt()
    changed = tamper(text)
    before, after = (part.split("~")[0].split(".") for part in (text, changed))
    assert (before[0], before[2]) == (after[0], after[2])
    assert json.loads(decode_base64url(after[1]))["exp"] == NOW + 5 + 1_000_000_000
    assert text.split("~")[1:] == changed.split("~")[1:]
    with pytest.raises(ValueError, match="exp"):
        tamper(changed.replace(after[1], "e30"))


@pytest.mark.parametrize(
    ("name", "describes_document", "expected"),
    [
        (None, True, Format.DATA_INTEGRITY),
        (None, False, Format.SD_JWT_VC),
        ("vc+jwt", True, Format.VC_JWT),
        ("ldp_vc", False, Format.DATA_INTEGRITY),
        ("gate-cwt", False, Format.GATE_CWT),
    ],
)
def test_a_format_is_named_or_follows_from_the_type(name, describes_document, expected):
    from registry_client.cli.options import format_of

    assert format_of(name, SimpleNamespace(describes_document=describes_document)) is expected


def test_a_jwt_credential_is_read_bare_and_delivered(tmp_path):
    token = "eyJhbGciOiJFUzI1NiJ9.e30.AAAA"
    bare, delivery = tmp_path / "c.jwt", tmp_path / "d.json"
    bare.write_text(token + "\n")
    delivery.write_text(json.dumps({"format": "vc+jwt", "credential": token, "receipt": {"seq": 1}}))
    assert read_handed(bare) == Handed(token)
    assert read_handed(delivery) == Handed(token, ({"seq": 1},))


@pytest.mark.parametrize("form", [Format.DATA_INTEGRITY, Format.VC_JWT, Format.SD_JWT_VC])
def test_who_has_a_did_is_bound_by_it_where_the_format_can(form):
    line = {"claims": {}, "holder": PHONE.public_key.to_jwk(), "subject": "did:mapae:dev-1:x"}
    request = claims.request_of(line, 1, kind=KIND, until=None, form=form)
    assert request.format is form
    assert (request.holder_key is None) is (form is not Format.SD_JWT_VC)


def test_a_person_without_a_holder_is_told_by_line_and_column(tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("name,reference\nA,1\n")
    (line,), _ = claims.read_lines(file)
    assert (claims.first_line(file), claims.first_line(tmp_path / "people.json")) == (2, 1)
    for form in (Format.SD_JWT_VC, Format.GATE_CWT):
        with pytest.raises(InvalidInputError, match="line 2: the column or member `holder` is missing"):
            claims.require_holder(line, claims.first_line(file), form=form)
    claims.require_holder({**line, "holder": "did:mapae:x:1"}, 2, form=Format.SD_JWT_VC)
    claims.require_holder({**line, "holder": {"kty": "EC"}}, 2, form=Format.SD_JWT_VC)
    claims.require_holder(line, 2, form=Format.DATA_INTEGRITY)
