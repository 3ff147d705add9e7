"""The one table from errors to HTTP statuses is total, and evidence never breaks an answer."""

import json

from node.api.problems import STATUS_OF, of_error, status_of
from node.services.context import NotFoundError
from registry_client import errors as e
from registry_client.errors import InvalidInputError, RegistryError, all_errors

SPECIFIED = {
    e.InvalidDidError: 400,
    e.InvalidDidUrlError: 400,
    e.InvalidOptionsError: 400,
    e.DidNotFoundError: 404,
    e.RepresentationNotSupportedError: 406,
    e.InvalidDidDocumentError: 500,
    e.MethodNotSupportedError: 501,
    e.FeatureNotSupportedError: 501,
    RegistryError: 500,
}
"""What DID Resolution v1 demands."""


def test_every_error_has_a_status() -> None:
    for kind in all_errors():
        assert 400 <= status_of(kind) < 600, kind
    assert all(status_of(kind) == status for kind, status in SPECIFIED.items())


def test_every_branch_of_the_tree_is_named() -> None:
    for branch in RegistryError.__subclasses__():
        assert branch in STATUS_OF or branch.__module__.startswith(("node.", "tests.")), branch


def test_evidence_of_any_kind_is_printable() -> None:
    evidence = {"raw": b"\xff", "many": list(range(1000)), "odd": "\ud800", "deep": {"a": {b"k": {1, 2}}}, "type": "x"}
    answer = of_error(InvalidInputError("wrong", **evidence))
    body = json.loads(bytes(answer.body))
    assert answer.status_code == 400
    assert body["raw"] == "0xff"
    assert len(body["many"]) == 100
    assert body["type"] == InvalidInputError.type_uri


def test_not_found_is_404_and_a_callers_document_is_the_callers_fault() -> None:
    assert of_error(NotFoundError("x")).status_code == 404
    assert of_error(e.InvalidDidDocumentError("x")).status_code == 400
    assert of_error(e.LedgerUnavailableError("x")).headers["retry-after"] == "2"
