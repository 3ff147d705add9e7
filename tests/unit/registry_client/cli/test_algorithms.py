"""`--algorithms`: what a verifier's policy allows is the default unless it is said."""

import pytest

from registry_client.cli.options import algorithms_of
from registry_client.cli.settings import UsageError
from registry_client.core.policy import SIGNED_BY_STATE
from registry_client.core.report import ok_step


def test_the_default_is_the_policys_own():
    assert algorithms_of(None) == SIGNED_BY_STATE


def test_what_is_named_is_allowed_and_nothing_else():
    assert algorithms_of("Ed25519, ES256") == {"Ed25519", "ES256"}


@pytest.mark.parametrize("text", ["", "EdDSA", "ES256,none"])
def test_unknown_algorithms_are_refused(text):
    with pytest.raises(UsageError, match="Ed25519"):
        algorithms_of(text)


def test_the_step_of_the_format_does_not_speak_for_that_of_the_signature():
    assert "algorithm" not in ok_step(1).explain("en")
