"""Accept lists with quality values (RFC 9110 section 12.5.1), as resolvers send them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.api.media import FULL, negotiate
from registry_client.errors import RepresentationNotSupportedError

DOCUMENT = b"application/did;charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", FULL),
        ("*/*", FULL),
        ("application/*", FULL),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", FULL),
        ("application/did", DOCUMENT),
        ("APPLICATION/DID", DOCUMENT),
        ("application/did;q=0.4, application/did-resolution;q=0.5", FULL),
        ("application/did;q=0.5, application/did-resolution;q=0.4", DOCUMENT),
        ("application/did, application/did-resolution", DOCUMENT),
        ("text/html;q=1, application/did ; q=0.1", DOCUMENT),
        ('application/ld+json;profile="https://w3id.org/did-resolution"', FULL),
        ('application/ld+json;profile="a,b", application/did', DOCUMENT),
        ("application/did;q=nonsense, application/did+json", b"application/did+json;charset=utf-8"),
    ],
)
def test_best_representation_is_chosen(accept: str, media: bytes) -> None:
    assert negotiate(accept) == media


@pytest.mark.parametrize("accept", ["text/html", "application/did;q=0", "application/did;q=7", ",", ";;;", "a" * 5000])
def test_nothing_offered_is_refused(accept: str) -> None:
    with pytest.raises(RepresentationNotSupportedError):
        negotiate(accept)


@given(st.text(max_size=200))
def test_any_text_is_answered_or_refused(accept: str) -> None:
    try:
        assert negotiate(accept).startswith(b"application/did")
    except RepresentationNotSupportedError:
        assert accept.strip() != "*/*"
