"""Selecting parts of documents: no text of a reference leads out of its endpoint, and nothing else escapes."""

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry_client.core.dereference import (
    HOPS_MAX,
    Selection,
    follow,
    join_reference,
    parse_parameters,
    require_web,
)
from registry_client.errors import DereferencingError, InvalidDidUrlError, InvalidOptionsError

BASE = "https://files.example/base/index"


@given(st.text(st.sampled_from("./\\%2eEfF5cC:?#;a@\t\n"), max_size=30) | st.text(max_size=20))
@example("%2e%2e%2f")
@example("..")
@example("/\\evil.example")
def test_reference_stays_on_its_host_or_is_refused(reference: str) -> None:
    try:
        joined = urlsplit(join_reference(BASE, reference))
    except InvalidDidUrlError:
        return
    assert (joined.scheme, joined.netloc) == ("https", "files.example")
    assert ".." not in joined.path.split("/")


@pytest.mark.parametrize("base", ["mailto:desk@example.org", "urn:uuid:1", "ipfs:Qm"])
def test_endpoint_without_a_hierarchy_takes_no_reference(base: str) -> None:
    with pytest.raises(InvalidDidUrlError, match="cannot take"):
        join_reference(base, "a")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "mailto:a@b.example", "urn:a:b", "https:x"])
def test_nobody_is_sent_where_no_web_is(url: str) -> None:
    with pytest.raises(DereferencingError, match=r"no http\(s\) endpoint"):
        require_web([url])
    assert require_web([url, "HTTPS://a.example/x"]) == "HTTPS://a.example/x"


def test_parameters_are_decoded_once_and_plus_is_plus() -> None:
    assert parse_parameters("a=1%2B1&b=x+y&c=%EA%B0%80&d") == {"a": "1+1", "b": "x+y", "c": "가", "d": ""}
    assert parse_parameters(None) == {}
    for query in ("a=1&a=1", "a=1&%61=2", "a=%ff", "&".join(f"p{number}=" for number in range(21))):
        with pytest.raises(InvalidDidUrlError):
            parse_parameters(query)


def test_did_urls_are_followed_a_few_times_and_never_in_a_circle() -> None:
    seen = ["did:a:0"]
    assert follow("https://example.org/", seen) is None
    for number in range(1, HOPS_MAX):
        assert follow(f"did:a:{number}", seen) is not None
    with pytest.raises(DereferencingError, match="more than"):
        follow("did:a:9", seen)
    with pytest.raises(DereferencingError, match="circle"):
        follow("did:a:0", seen)


def test_selection_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(InvalidOptionsError):
        Selection.of("key", {"service": "files"}, relationship="authentication")
    with pytest.raises(InvalidDidUrlError):
        Selection.of(None, {"relativeRef": "a"})
    assert Selection.of(None, {"versionId": "1"}).names_document
