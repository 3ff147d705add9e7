"""Consent: an answer to a request is given only by who was asked, or said --yes beforehand."""

import io
import json
from functools import cache
from types import SimpleNamespace

import pytest

from registry_client.cli import context, main, output
from registry_client.cli.handed import Handed

LINE = ["presentation", "make", "--request", "r.jwt", "--credential", "pass.json", "--key", "phone", "--json"]


@pytest.fixture
def answered(monkeypatch, tmp_path):
    """A wallet whose request is good, without a terminal; returns what it answered."""
    given = []
    opened = SimpleNamespace(
        describe=lambda _: {"verifier": "did:mapae:a:b", "purpose": "the gate"},
        request=SimpleNamespace(claim_names=["name"]),
        type=SimpleNamespace(label=lambda name, _: name),
    )

    def answer(*_, **__):
        given.append("answer")
        return "answer"

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(context, "open_request", lambda _: opened)
    monkeypatch.setattr(context, "signer", cache(lambda _: None))
    monkeypatch.setattr("registry_client.cli.handed.read_handed", lambda _: Handed("a~b~", ()))
    monkeypatch.setattr("registry_client.holder.answer_request", answer)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    yield given
    output.console.cache_clear()


def test_nothing_is_answered_where_nobody_can_be_asked(answered, capsys):
    assert main.main(LINE) == 2
    told = capsys.readouterr()
    assert "--yes" in json.loads(told.err)["error"]["detail"]
    assert (told.out, answered) == ("", [])


def test_yes_was_said_beforehand(answered, capsys):
    assert main.main([*LINE, "--yes"]) == 0
    assert json.loads(capsys.readouterr().out)["presentation"] == "answer"
    assert answered == ["answer"]
