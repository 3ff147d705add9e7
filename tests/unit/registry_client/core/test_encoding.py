import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_client.core import encoding
from registry_client.errors import MalformedValueError


@given(st.binary(max_size=120))
def test_every_encoding_round_trips(data):
    assert encoding.decode_base58(encoding.encode_base58(data)) == data
    assert encoding.decode_base64url(encoding.encode_base64url(data)) == data
    assert encoding.decode_hex(encoding.encode_hex(data)) == data
    assert encoding.decode_multibase(encoding.encode_multibase(data)) == data
    assert encoding.decode_multibase("u" + encoding.encode_base64url(data)) == data


@given(st.integers(min_value=0, max_value=2**256 - 1))
def test_quantities_round_trip(value):
    assert encoding.decode_quantity(encoding.encode_quantity(value)) == value


@pytest.mark.parametrize(
    ("data", "text"),
    [  # draft-msporny-base58-03, section 5
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (
            b"The quick brown fox jumps over the lazy dog.",
            "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
        ),
        (bytes.fromhex("0000287fb4cd"), "11233QC4"),
        (b"", ""),
        (b"\0\0", "11"),
    ],
)
def test_base58_vectors(data, text):
    assert encoding.encode_base58(data) == text
    assert encoding.decode_base58(text) == data


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "a b", "é", "1" * 513])
def test_base58_refuses_other_characters_and_lengths(text):
    with pytest.raises(MalformedValueError):
        encoding.decode_base58(text)


@pytest.fixture(params=["pybase64", "standard library"])
def base64_by(request, monkeypatch):
    if request.param != "pybase64":
        monkeypatch.setattr(encoding, "pybase64", None)


LONG = "A" * 256
"""Long enough for the decoder's wide registers, with what is wrong before, within and behind them."""


@pytest.mark.usefixtures("base64_by")
@pytest.mark.parametrize(
    "text",
    [
        *("A", "AA==", "AB", "A+/A", "AA\n", "AAB", "한글", "AAAA "),
        *("=", "==", "AAA=", "AA=", "YQ==", "\u212aAAA", "\ud800AAA"),
        *(LONG[:place] + wrong + LONG[place + 1 :] for place in (0, 99, 255) for wrong in "+/= \n.é\0\x7f"),
        *(LONG + wrong for wrong in ("A", "AB", "AAB", "AA==", "====", "\n", "AA=")),
    ],
)  # fmt: skip
def test_base64url_refuses_padding_spare_bits_and_other_alphabets(text):
    with pytest.raises(MalformedValueError):
        encoding.decode_base64url(text)


def base64_answer(text):
    try:
        return encoding.decode_base64url(text)
    except MalformedValueError as error:
        return error.detail


@given(st.text(alphabet="AQgwEIabz019-_+/= \n", max_size=90))
def test_base64url_is_the_same_with_and_without_pybase64(text):
    fast = base64_answer(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "pybase64", None)
        assert type(base64_answer(text)) is type(fast)
        if isinstance(fast, bytes):
            assert base64_answer(text) == fast
            assert encoding.encode_base64url(fast) == text
    if isinstance(fast, bytes):
        assert encoding.encode_base64url(fast) == text


@pytest.mark.parametrize("text", ["", "0X00", "0xA0", "0x0", "00", "0x0g", "0x00\n"])
def test_hex_is_lower_case_and_whole_bytes(text):
    with pytest.raises(MalformedValueError):
        encoding.decode_hex(text)


def test_hex_length_is_demanded():
    with pytest.raises(MalformedValueError, match="expected 20 bytes"):
        encoding.decode_hex("0x00", length=20)


@pytest.mark.parametrize("text", ["", "0x", "0x00", "0x01", "1", "0xG", "0x1" + "0" * 64, "0x1\n"])
def test_quantities_have_one_text(text):
    with pytest.raises(MalformedValueError):
        encoding.decode_quantity(text)


@pytest.mark.parametrize("text", ["", "fffff", "mAAAA", "Z1"])
def test_multibase_knows_z_and_u(text):
    with pytest.raises(MalformedValueError):
        encoding.decode_multibase(text)
