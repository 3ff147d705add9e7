"""API tokens: long, stored as hashes, compared whole, worthless after they are revoked, and never a way to sign."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.node_support import Agency, RunningNode, admitted, make_token, running_node
from tests.support.chain import Registry

pytestmark = pytest.mark.chain


@pytest.fixture
def node(registry: Registry, tmp_path: Path) -> Iterator[RunningNode]:
    with running_node(registry, tmp_path) as running:
        yield running


@pytest.fixture
def agency(registry: Registry) -> Agency:
    return admitted(registry, "ministry of tokens")


def near(token: str) -> list[str]:
    """What a guesser who knows almost all of a token would try."""
    last = "A" if token[-1] != "A" else "B"
    return [token[:-1], token[:-1] + last, token + "A", token.swapcase(), token[1:], token[::-1], "*"]


def test_a_token_holds_more_than_a_guesser_can_try(node: RunningNode) -> None:
    secret = node.token.removeprefix("mapae_")
    assert len(secret) >= 43  # 256 bits in base64url
    others = {make_token(node.config, label=f"token-{number}") for number in range(20)}
    assert len(others | {node.token}) == 21


def test_almost_right_is_wrong(node: RunningNode, agency: Agency) -> None:
    for guess in near(node.token):
        answer = node.http.post("/v1/operations", json={}, headers={"Authorization": f"Bearer {guess}".encode()})
        assert answer.status_code == 401, guess
        assert answer.headers["www-authenticate"] == "Bearer"
    assert node.post(agency.create()).status_code == 202


@pytest.mark.parametrize("scheme", ["Basic", "bearer-", "Token", "Bearer:"])
def test_other_schemes_are_no_way_in(node: RunningNode, scheme: str) -> None:
    answer = node.http.post("/v1/operations", json={}, headers={"Authorization": f"{scheme} {node.token}"})
    assert answer.status_code == 401


@pytest.mark.parametrize("place", ["query", "cookie", "body", "other header"])
def test_a_token_elsewhere_is_no_token(node: RunningNode, place: str) -> None:
    """Addresses and bodies end up in logs of proxies: a token there must not work, or people will put it there."""
    query = f"?token={node.token}" if place == "query" else ""
    headers = {"Cookie": f"token={node.token}"} if place == "cookie" else {}
    headers |= {"X-Api-Key": node.token} if place == "other header" else {}
    body = {"token": node.token} if place == "body" else {}
    answer = node.http.post(f"/v1/operations{query}", json=body, headers=headers)
    assert answer.status_code in {400, 401}
    assert node.token not in answer.text


def test_the_store_holds_no_token(node: RunningNode) -> None:
    with sqlite3.connect(node.config.outbox_path) as store:
        dump = "\n".join(store.iterdump())
    assert "CREATE TABLE" in dump
    assert node.token not in dump
    assert node.token.removeprefix("mapae_") not in dump


def test_a_thief_of_the_token_spends_its_quota_and_changes_nothing(node: RunningNode, agency: Agency) -> None:
    poor = make_token(node.config, label="poor", quota=3)
    thief = admitted(agency.registry, "ministry of nobody")
    message = dict(agency.create().message)
    forged = [
        agency.registry.sign(
            "CreateOrganisation", {**message, "deadline": message["deadline"] + more}, thief.controller, thief.endorser
        )
        for more in range(6)
    ]
    answers = [node.post(operation, token=poor).status_code for operation in forged]
    assert 429 in answers
    assert node.resolve(agency.did)[0] == 404
