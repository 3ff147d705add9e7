"""Bitstring Status List 1.0 and the Token Status List: what is written, what is read, what is refused."""

import gzip
import json
import random
import zlib
from dataclasses import replace

import pytest

from registry_client.core.curves import Curve
from registry_client.core.document_builder import document_of
from registry_client.core.encoding import decode_base64url, encode_base64url
from registry_client.core.formats.data_integrity import issue_data_integrity
from registry_client.core.jose import parse_jws, sign_jws
from registry_client.core.status import LIST_SIZE, REVOKED, SUSPENDED, VALID, WORDS_LENGTH
from registry_client.core.status_lists.bitstring import (
    bit_of,
    build_bitstring_jwt,
    build_bitstring_list,
    decode_bits,
    encode_bits,
    parse_bitstring_jwt,
    parse_bitstring_list,
)
from registry_client.core.status_lists.snapshot import (
    PURPOSES,
    Snapshot,
    is_status_method,
    require_words,
    verify_list,
    words_of,
)
from registry_client.core.status_lists.token import build_token_list, decode_values, parse_token_list, value_of
from registry_client.errors import (
    AlgorithmNotAllowedError,
    InvalidVerificationMethodError,
    ProofInvalidError,
    RegistryError,
    StatusListLengthError,
    StatusListMalformedError,
    StatusStaleError,
    WrongRelationshipError,
)
from tests.simulators.signer import memory_signer
from tests.simulators.world import HOST, World
from tests.support.paths import VECTORS

FIRST, LAST, BOTH = 0, LIST_SIZE - 1, 70_000
OFFICIAL = json.loads((VECTORS / "token-status-list" / "vectors.json").read_text())


class Desk:
    """The world's agency, its list with a few places set, and the lists signed of it."""

    def __init__(self):
        self.world = World()
        words = bytearray(WORDS_LENGTH)
        for plane, index in ((0, FIRST), (0, BOTH), (1, LAST), (1, BOTH)):
            words[plane * 16_384 + index // 8] |= 0x80 >> index % 8
        self.words = bytes(words)
        self.now = self.world.ledger.now

    def snapshot(self, **changes):
        return replace(Snapshot(self.world.list_id, self.world.agency, 5, self.words), **changes)

    def options(self, **changes):
        method_id = f"{self.world.agency}#status-1"
        return {"host": HOST, "signer": self.world.status_key, "method_id": method_id, "now": self.now} | changes

    def bitstring(self, purpose="revocation", *, of=None, **changes):
        return build_bitstring_list(of or self.snapshot(), purpose, **self.options(**changes))

    def token(self, *, of=None, **changes):
        return build_token_list(of or self.snapshot(), **self.options(**changes))

    def resigned(self, **members):
        """A token list whose claims were changed, signed again with the right key."""
        jws = parse_jws(self.token())
        payload = {name: value for name, value in (jws.payload | members).items() if value is not None}
        return sign_jws({name: jws.header[name] for name in ("typ", "kid")}, payload, self.world.status_key)

    def reissued(self, *, subject=None, **members):
        """A list credential that was changed, signed again with the right key."""
        document = {name: value for name, value in (self.bitstring() | members).items() if value is not None}
        del document["proof"]
        document["credentialSubject"] = document["credentialSubject"] | (subject or {})
        method_id = f"{self.world.agency}#status-1"
        return issue_data_integrity(document, signer=self.world.status_key, method_id=method_id, signed_at=self.now)

    def document(self):
        return document_of(
            self.world.ledger.final.dids[self.world.ledger.id_of(self.world.agency)][-1], self.world.agency
        )

    def verify(self, published, *, at=None):
        return verify_list(
            published, owner=self.world.agency, document=self.document(), as_of=self.now if at is None else at
        )


@pytest.fixture
def desk():
    return Desk()


# --- vectors of others


@pytest.mark.parametrize("vector", OFFICIAL, ids=lambda vector: f"{vector['bits']} bits")
def test_the_drafts_own_lists(vector):
    bits, values = decode_values({"bits": vector["bits"], "lst": vector["lst"]})
    assert len(values) * 8 == vector["size"] * bits
    assert {int(index): value_of(values, int(index), bits=bits) for index in vector["status"]} == {
        int(index): value for index, value in vector["status"].items()
    }
    neighbours = {int(index) + 1 for index in vector["status"]} - {int(index) for index in vector["status"]}
    assert not any(value_of(values, index, bits=bits) for index in neighbours)


@pytest.mark.parametrize("vector", OFFICIAL, ids=lambda vector: f"{vector['bits']} bits")
def test_the_drafts_lists_end_where_they_say(vector):
    bits, values = decode_values({"bits": vector["bits"], "lst": vector["lst"]})
    with pytest.raises(StatusListMalformedError):
        value_of(values, vector["size"], bits=bits)


# --- what is written


def test_a_bitstring_is_multibase_gzip_with_index_zero_leftmost(desk):
    encoded = desk.bitstring()["credentialSubject"]["encodedList"]
    assert encoded[0] == "u"
    bits = gzip.decompress(decode_base64url(encoded[1:]))
    assert len(bits) * 8 == 131_072
    assert bits[0] == 0x80
    assert bits[BOTH // 8] == 0x80 >> BOTH % 8
    assert sum(byte.bit_count() for byte in bits) == 2
    suspended = desk.bitstring("suspension")["credentialSubject"]["encodedList"]
    assert gzip.decompress(decode_base64url(suspended[1:]))[-1] == 0x01


def test_a_token_list_is_zlib_with_index_zero_in_the_lowest_bits(desk):
    claim = parse_jws(desk.token()).payload["status_list"]
    values = zlib.decompress(decode_base64url(claim["lst"]))
    assert claim["bits"] == 2
    assert len(values) * 4 == LIST_SIZE
    assert values[0] == 0b01  # place 0: revoked
    assert values[-1] == 0b10_00_00_00  # the last place: suspended
    assert values[BOTH // 4] >> 2 * (BOTH % 4) & 3 == REVOKED  # revoked and suspended: revoked
    assert sum(1 for byte in values if byte) == 3


def test_the_members_of_a_token_list(desk):
    jws = parse_jws(desk.token(ttl_s=60, valid_s=3_600))
    assert jws.header == {"typ": "statuslist+jwt", "alg": "ES256", "kid": f"{desk.world.agency}#status-1"}
    payload = jws.payload
    assert payload["sub"] == f"{HOST}/status/0x{desk.world.list_id.hex()}"
    assert (payload["iat"], payload["exp"], payload["ttl"]) == (desk.now, desk.now + 3_600, 60)
    assert payload["status_list"]["aggregation_uri"] == f"{HOST}/status"


def test_the_members_of_a_list_credential(desk):
    document = desk.bitstring("suspension", ttl_s=60)
    subject = document["credentialSubject"]
    assert document["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert document["id"] == f"{HOST}/status/0x{desk.world.list_id.hex()}/suspension"
    assert (subject["type"], subject["statusPurpose"]) == ("BitstringStatusList", "suspension")
    assert subject["ttl"] == 60_000  # milliseconds, unlike the other standard
    assert document["proof"]["cryptosuite"] == "ecdsa-jcs-2019"
    assert {"validFrom", "validUntil"} <= document.keys()


def test_a_list_is_named_by_what_entries_point_at(desk):
    entries = desk.world.document()["credentialStatus"]
    assert [entry["statusListCredential"] for entry in entries] == [desk.bitstring(name)["id"] for name in PURPOSES]
    assert all(isinstance(entry["statusListIndex"], str) for entry in entries)
    assert all(entry["id"] != entry["statusListCredential"] for entry in entries)


# --- and read again


def test_all_three_lists_of_a_snapshot_say_the_same(desk):
    revocation, suspension = (parse_bitstring_list(desk.bitstring(name)) for name in PURPOSES)
    token = parse_token_list(desk.token())
    assert words_of(revocation, suspension) == desk.words
    for published in (revocation, suspension, token):
        desk.verify(published)
        require_words(published, desk.words)
        assert (published.seq, published.digest) == (5, desk.snapshot().digest)
    for index, value in ((FIRST, REVOKED), (BOTH, REVOKED), (LAST, SUSPENDED), (1, VALID), (LAST - 1, VALID)):
        assert token.value(index) == value
        assert revocation.value(index) == (value == REVOKED)
    assert (suspension.value(BOTH), suspension.value(LAST), suspension.value(FIRST)) == (1, 1, 0)


def test_a_list_in_an_envelope_says_the_same(desk):
    token = build_bitstring_jwt(desk.snapshot(), "suspension", **desk.options())
    jws = parse_jws(token)
    assert (jws.header["typ"], jws.header["cty"]) == ("vc+jwt", "vc")
    enveloped, proved = parse_bitstring_jwt(token), parse_bitstring_list(desk.bitstring("suspension"))
    desk.verify(enveloped)
    assert (enveloped.values, enveloped.seq, enveloped.expires_at) == (proved.values, proved.seq, proved.expires_at)
    head, body, tail = token.split(".")
    with pytest.raises(ProofInvalidError):
        desk.verify(parse_bitstring_jwt(f"{head}.{body}.{tail[:-8]}AAAAAAAA"))
    with pytest.raises(StatusStaleError):
        desk.verify(enveloped, at=enveloped.expires_at)


@pytest.mark.parametrize("index", [-1, LIST_SIZE, 1 << 40])
def test_an_index_out_of_range(desk, index):
    for published in (parse_token_list(desk.token()), parse_bitstring_list(desk.bitstring())):
        with pytest.raises(StatusListMalformedError):
            published.value(index)
    with pytest.raises(StatusListMalformedError):
        bit_of(bytes(16_384), index)


def test_a_list_for_another_purpose(desk):
    published = parse_bitstring_list(desk.bitstring("suspension"))
    published.require_purpose("suspension")
    with pytest.raises(StatusListMalformedError):
        published.require_purpose("revocation")
    parse_token_list(desk.token()).require_purpose("revocation")  # a token list answers both
    with pytest.raises(StatusListMalformedError):
        parse_bitstring_list(desk.reissued(subject={"statusPurpose": "message"}))
    with pytest.raises(StatusListMalformedError):  # the URL says revocation
        parse_bitstring_list(desk.reissued(subject={"statusPurpose": "suspension"}))


def test_a_list_that_lies_about_its_bits(desk):
    other = desk.snapshot(words=bytes(WORDS_LENGTH))
    lying = parse_bitstring_list(
        desk.reissued(subject={"encodedList": desk.bitstring(of=other)["credentialSubject"]["encodedList"]})
    )
    desk.verify(lying)  # the agency signed it
    with pytest.raises(StatusListMalformedError):
        require_words(lying, desk.words)
    with pytest.raises(StatusListMalformedError):
        words_of(lying, parse_bitstring_list(desk.bitstring("suspension")))


def test_two_lists_of_different_snapshots_are_no_snapshot(desk):
    older = parse_bitstring_list(desk.bitstring("suspension", of=desk.snapshot(seq=4)))
    with pytest.raises(StatusListMalformedError):
        words_of(parse_bitstring_list(desk.bitstring()), older)
    with pytest.raises(StatusListMalformedError):
        words_of(older, parse_bitstring_list(desk.bitstring()))


# --- who signed


def test_an_unsigned_list(desk):
    document = desk.bitstring()
    del document["proof"]
    head, body, _ = desk.token().split(".")
    with pytest.raises(StatusListMalformedError):
        parse_bitstring_list(document)
    with pytest.raises(StatusListMalformedError):
        parse_token_list(f"{head}.{body}.")
    none = encode_base64url(json.dumps({"typ": "statuslist+jwt", "alg": "none", "kid": "x"}).encode())
    with pytest.raises(RegistryError):
        desk.verify(parse_token_list(f"{none}.{body}.AAAA"))


@pytest.mark.parametrize("form", ["token", "bitstring"])
def test_a_list_signed_by_somebody_else(desk, form):
    options = {"signer": desk.world.thief}
    published = (
        parse_token_list(desk.token(**options)) if form == "token" else parse_bitstring_list(desk.bitstring(**options))
    )
    with pytest.raises(ProofInvalidError):
        desk.verify(published)


def test_a_list_that_was_touched(desk):
    document = desk.bitstring()
    document["credentialSubject"]["encodedList"] = encode_bits(bytes(16_384))
    with pytest.raises(ProofInvalidError):
        desk.verify(parse_bitstring_list(document))


def test_a_list_of_another_issuer(desk):
    other = desk.snapshot(owner=desk.world.ministry)
    published = parse_token_list(desk.token(of=other, method_id=f"{desk.world.ministry}#status-1"))
    with pytest.raises(StatusListMalformedError):
        desk.verify(published)
    with pytest.raises(StatusListMalformedError):  # its claims name the agency, its key does not
        desk.verify(replace(published, issuer=str(desk.world.agency)))


def test_a_list_signed_with_the_key_for_credentials(desk):
    for fragment in ("issue-1", "status", "status-0", "status-01", "status-1x"):
        assert not is_status_method(f"{desk.world.agency}#{fragment}")
    with pytest.raises(StatusListMalformedError):
        desk.token(method_id=desk.world.method_id, signer=desk.world.issue_key)
    document = desk.bitstring()
    del document["proof"]
    signed = issue_data_integrity(
        document, signer=desk.world.issue_key, method_id=desk.world.method_id, signed_at=desk.now
    )
    with pytest.raises(StatusListMalformedError):
        desk.verify(parse_bitstring_list(signed))


def test_a_status_key_that_the_document_does_not_have(desk):
    published = parse_token_list(desk.token(method_id=f"{desk.world.agency}#status-2"))
    with pytest.raises(InvalidVerificationMethodError):
        desk.verify(published)


def test_a_status_key_under_another_relationship(desk):
    methods = desk.world.methods(desk.world.issue_key)
    methods[1] = replace(methods[1], relationships=("authentication",))
    desk.world.ledger.update(desk.world.agency, methods)
    with pytest.raises(WrongRelationshipError):
        desk.verify(parse_token_list(desk.token()))


def test_a_list_signed_with_a_curve_that_the_state_does_not_use(desk):
    key = memory_signer("edwards", Curve.ED25519)
    methods = desk.world.methods(desk.world.issue_key)
    methods[1] = replace(methods[1], public_key=key.public_key)
    desk.world.ledger.update(desk.world.agency, methods)
    with pytest.raises(AlgorithmNotAllowedError):
        desk.verify(parse_token_list(desk.token(signer=key)))


# --- when


def test_a_list_past_its_time_is_stale_with_its_age(desk):
    for published in (
        parse_token_list(desk.token(valid_s=100)),
        parse_bitstring_list(desk.bitstring(valid_s=100)),
    ):
        desk.verify(published, at=desk.now + 99)
        with pytest.raises(StatusStaleError) as caught:
            desk.verify(published, at=desk.now + 100)
        assert caught.value.evidence["age_s"] == 100


def test_a_list_from_the_future(desk):
    published = parse_token_list(desk.token(now=desk.now + 301))
    with pytest.raises(StatusListMalformedError):
        desk.verify(published)
    desk.verify(published, at=desk.now + 1)
    with pytest.raises(StatusListMalformedError):
        desk.verify(parse_token_list(desk.resigned(nbf=desk.now + 301)))


# --- shape, size, bombs


@pytest.mark.parametrize(
    "members",
    [
        {"sub": None}, {"iat": None}, {"exp": None}, {"ttl": None}, {"iss": None}, {"status_list": None},
        {"snapshot": None}, {"snapshot": {"seq": -1, "digest": "A" * 43}}, {"snapshot": {"seq": 1, "digest": "AA"}},
        {"sub": "https://agency.invalid/lists/1"}, {"ttl": 0}, {"ttl": "60"}, {"iat": "now"}, {"exp": True},
        {"status_list": {"bits": 3, "lst": "eNpjAAAAAQAB"}}, {"status_list": {"bits": "2", "lst": "eNpjAAAAAQAB"}},
        {"status_list": {"bits": 2, "lst": 7}}, {"status_list": {"bits": 2, "lst": "!"}},
        {"status_list": {"bits": 2, "lst": "eNpjAAAAAQAB="}},
    ],
    ids=str,
)  # fmt: skip
def test_token_lists_of_another_shape(desk, members):
    with pytest.raises(RegistryError):
        parse_token_list(desk.resigned(**members))


@pytest.mark.parametrize("typ", ["JWT", "dc+sd-jwt", "vc+jwt", None, 7])
def test_a_token_that_is_no_status_list(desk, typ):
    payload = parse_jws(desk.token()).payload
    token = sign_jws({"typ": typ, "kid": f"{desk.world.agency}#status-1"}, payload, desk.world.status_key)
    with pytest.raises(StatusListMalformedError):
        parse_token_list(token)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": {"encodedList": None}}, {"subject": {"encodedList": "H4sI"}}, {"subject": {"encodedList": "zAAAA"}},
        {"subject": {"encodedList": "uAAAA"}}, {"subject": {"ttl": -1}}, {"subject": {"ttl": "300000"}},
        {"subject": {"type": "StatusList2021"}}, {"subject": {"statusPurpose": ["revocation", "suspension"]}},
        {"type": ["VerifiableCredential"]}, {"validUntil": None}, {"relatedResource": None},
        {"relatedResource": {"id": "https://agency.invalid/x", "digestSRI": "sha256-" + "A" * 43 + "="}},
        {"id": "https://agency.invalid/status/1"},
    ],
    ids=str,
)  # fmt: skip
def test_list_credentials_of_another_shape(desk, change):
    with pytest.raises(RegistryError):
        parse_bitstring_list(desk.reissued(**change))


def test_a_list_that_is_too_short_for_a_herd(desk):
    with pytest.raises(StatusListLengthError):
        decode_bits("u" + encode_base64url(gzip.compress(bytes(16_383))))
    with pytest.raises(StatusListLengthError):
        parse_token_list(desk.resigned(status_list={"bits": 2, "lst": encode_base64url(zlib.compress(bytes(32_767)))}))


def test_a_bitstring_in_zlib_and_a_token_list_in_gzip_are_mixed_up():
    with pytest.raises(StatusListMalformedError):
        decode_bits("u" + encode_base64url(zlib.compress(bytes(16_384))))
    with pytest.raises(StatusListMalformedError):
        decode_values({"bits": 1, "lst": encode_base64url(gzip.compress(bytes(16_384)))})


@pytest.mark.parametrize("size", [1 << 20 | 1, 1 << 26])
def test_a_decompression_bomb_is_put_out(size):
    with pytest.raises(StatusListMalformedError):
        decode_bits("u" + encode_base64url(gzip.compress(bytes(size))))
    with pytest.raises(StatusListMalformedError):
        decode_values({"bits": 8, "lst": encode_base64url(zlib.compress(bytes(size)))})


def test_a_stream_cut_short_or_with_something_behind():
    packed = zlib.compress(bytes(16_384))
    for data in (packed[:-1], packed[:5], packed + b"\0", packed + packed):
        with pytest.raises(StatusListMalformedError):
            decode_values({"bits": 1, "lst": encode_base64url(data)})


def test_the_largest_list_is_taken(desk):
    """Nothing compresses random words: the longest token that can be."""
    words = random.Random(7).randbytes(WORDS_LENGTH)
    full = desk.snapshot(words=words)
    require_words(parse_token_list(desk.token(of=full)), words)
    assert words_of(*(parse_bitstring_list(desk.bitstring(name, of=full)) for name in PURPOSES)) == words
