"""PKCS#11 URIs (RFC 7512), without any token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_client.adapters.pkcs11_uri import TokenUri, parse_token_uri
from registry_client.errors import TokenError, TokenUriError


def test_a_uri_names_token_key_module_and_pin_source():
    uri = parse_token_uri(
        "pkcs11:token=%EA%B8%B0%EA%B4%80;serial=12;slot-id=7;object=controller;id=%01%ff;type=private"
        "?module-path=/usr/lib/x.so&pin-source=file:/run/pin"
    )
    assert (uri.token, uri.serial, uri.slot_id, uri.object, uri.id) == ("기관", "12", 7, "controller", b"\x01\xff")
    assert (uri.module_path, uri.pin_source) == ("/usr/lib/x.so", "file:/run/pin")
    assert uri.key_name == "controller"
    assert parse_token_uri("pkcs11:id=%0a").key_name == "0x0a"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pkcs12:token=a", "named like"),
        ("pkcs11:token=" + "a" * 2000, "named like"),
        ("pkcs11:token=a;token=b", "twice"),
        ("pkcs11:token", "no value"),
        ("pkcs11:vendor-thing=a", "not known here"),
        ("pkcs11:token=%zz", "badly escaped"),
        ("pkcs11:token=", "empty"),
        ("pkcs11:token=%ff", "not UTF-8"),
        ("pkcs11:slot-id=x", "number"),
        ("pkcs11:type=cert", "private"),
        ("pkcs11:token=a?pin-value=1234", "does not stand in a URI"),
        ("pkcs11:token=a;pin-value=1234", "does not stand in a URI"),
    ],
)
def test_what_is_not_understood_is_refused(text, says):
    with pytest.raises(TokenUriError, match=says):
        parse_token_uri(text)


texts = st.text(min_size=1, max_size=12)


@given(
    st.builds(
        TokenUri,
        token=texts | st.none(),
        serial=texts | st.none(),
        slot_id=st.integers(0, 2**40) | st.none(),
        object=texts,
        id=st.binary(min_size=1, max_size=8) | st.none(),
    )
)
def test_a_uri_that_we_write_is_read_back(uri):
    assert parse_token_uri(uri.text()) == uri


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_by_our_own_errors(text):
    try:
        parse_token_uri("pkcs11:" + text)
    except TokenError:
        return
