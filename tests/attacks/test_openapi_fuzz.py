"""Requests made from the node's own OpenAPI document, right ones and wrong ones: it keeps to what it says of itself.

For each operation: no status, media type or body that the document does not describe, and no failure of the node.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from node.api.app import make_api
from tests.integration.node_support import Agency, RunningNode, admitted, running_node
from tests.support.anvil import anvil
from tests.support.chain import Registry, found

pytestmark = pytest.mark.chain

ENDLESS = {"/v1/events/stream"}
"""Answers that do not end; tests/integration/test_node_stream.py reads them."""
EXAMPLES = {"right": 7, "wrong": 7, "known": 4}
"""Requests for each operation and sort. MAPAE_SEARCH=1 makes other ones than the run before."""
DOCUMENT = make_api(None).openapi()
DESCRIBED = {
    f"{verb.upper()} {path}": found for path, item in DOCUMENT["paths"].items() for verb, found in item.items()
}
OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    for operation in (result.ok() for result in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations())
    if operation.path not in ENDLESS
}
KNOWN = ("did", "contract", "controller", "seq", "name", "version", "purpose")
"""Path parameters for which there is something real."""
KEPT_TO = CHECKS.get_by_names(["status_code_conformance", "content_type_conformance", "response_schema_conformance"])
CANNOT = {501, 503}
"""Statuses of a node that is well: a feature or a method that it does not have, too much at once."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningNode, Agency]]:
    """A node in the test profile of its VC-API, with an agency, so that every operation does something."""
    with anvil(hardfork="osaka", chain_id=31_361) as ledger:
        registry: Registry = found(ledger)
        agency = admitted(registry, "ministry of fuzz")
        with running_node(registry, tmp_path_factory.mktemp("node"), vc_api="test") as node:
            assert node.relay_one(agency.create())["state"] == "final"
            yield node, agency


def known(agency: Agency, path: str) -> dict[str, Any]:
    """Path parameters that name something real."""
    controller = "0x" + agency.controller.controller.hex()
    values = dict(zip(KNOWN, (agency.did, "Roles", controller, 1, "gate-pass", "v1", "revocation"), strict=True))
    return {name: value for name, value in values.items() if "{" + name + "}" in path}


def sorts_of(name: str) -> list[str]:
    """What can be made for an operation: nothing is wrong where nothing can be said."""
    takes = {"parameters", "requestBody"} & DESCRIBED[name].keys()
    is_known = any("{" + parameter + "}" in name for parameter in KNOWN)
    return ["right", *(["wrong"] if takes else []), *(["known"] if is_known else [])]


@pytest.mark.parametrize(("name", "sort"), [(name, sort) for name in OPERATIONS for sort in sorts_of(name)])
def test_node_keeps_to_its_own_description(world: tuple[RunningNode, Agency], name: str, sort: str) -> None:
    node, agency = world
    operation = OPERATIONS[name]
    options: dict[str, Any] = {}
    if sort == "known":
        options["path_parameters"] = known(agency, operation.path)
    mode = GenerationMode.NEGATIVE if sort == "wrong" else GenerationMode.POSITIVE
    token = {"Authorization": f"Bearer {node.token}"}

    @settings(
        max_examples=EXAMPLES[sort], deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode, **options))
    def ask(case: Any) -> None:
        answer = case.call(base_url=node.url, headers=token, allow_redirects=False, timeout=30)
        assert answer.status_code < 500 or answer.status_code in CANNOT or is_told(answer), answer.text
        case.validate_response(answer, checks=KEPT_TO)

    ask()


def is_told(answer: Any) -> bool:
    """Tell whether a 500 under /1.0/identifiers is one that DID Resolution has for a client's mistake."""
    body = answer.json()
    metadata = body.get("didResolutionMetadata") or body.get("dereferencingMetadata") or {}
    return str(metadata.get("error", {}).get("type", "")).startswith("https://w3id.org/security#INVALID_")


def test_every_operation_is_asked() -> None:
    assert DESCRIBED.keys() - OPERATIONS.keys() == {f"GET {path}" for path in ENDLESS}
