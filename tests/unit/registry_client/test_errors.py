import pickle

import pytest

from registry_client import errors
from registry_client.errors import LedgerRevertedError, NodeRefusedError, RegistryError, all_errors

EVERY = [kind for kind in all_errors() if kind.__module__.startswith("registry_client.")]


def test_the_tree_is_drawn_whole():
    for kind in EVERY:
        if kind.__module__.startswith("registry_client.errors"):
            assert kind.__name__ in errors.__doc__
            assert getattr(errors, kind.__name__) is kind
            assert kind.__name__ in errors.__all__


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_every_error_has_a_code_a_title_and_a_docstring(kind):
    assert kind.__name__.endswith("Error")
    assert kind.type_uri.startswith("https://")
    assert kind.title
    assert kind.__doc__


def test_a_problem_has_its_three_members_and_no_evidence():
    error = errors.DidNotFoundError("no such DID", did="did:ex:1")
    assert error.as_problem() == {
        "type": "https://www.w3.org/ns/did#NOT_FOUND",
        "title": "DID not found",
        "detail": "no such DID",
    }
    assert error.evidence == {"did": "did:ex:1"}
    assert str(error) == "no such DID"


def test_errors_of_others_carry_what_they_said():
    reverted = LedgerRevertedError("refused", error_name="DidRegistryStaleVersion", arguments={"expected": 1})
    assert (reverted.error_name, reverted.arguments) == ("DidRegistryStaleVersion", {"expected": 1})
    refused = NodeRefusedError("no", status=429, problem_type="https://mapae.invalid/problems/quota")
    assert (refused.status, refused.problem_type) == (429, "https://mapae.invalid/problems/quota")


def test_errors_survive_a_process_boundary():
    copied = pickle.loads(pickle.dumps(errors.InvalidDidError("bad", did="x")))
    assert (type(copied), copied.detail, copied.evidence) == (errors.InvalidDidError, "bad", {"did": "x"})


def test_undetermined_is_not_a_no():
    assert issubclass(errors.StatusUnavailableError, errors.UndeterminedError)
    assert not issubclass(errors.StatusRevokedError, errors.UndeterminedError)
    assert issubclass(errors.UndeterminedError, RegistryError)
