"""Errors in Korean: every text that a user of issue, verify, status and qr can meet, with its variable parts."""

import ast
import re

import pytest

from registry_client import errors
from registry_client.cli.error_texts import TABLES, korean
from registry_client.core.report_texts import code_of
from tests.support.paths import ROOT

CLIENT = ROOT / "registry_client"
FLOWS = [
    "issuer",
    "profile",
    "holder",
    "submit",
    "gate",
    "publisher",
    "registry",
    "adapters/book",
    "adapters/book_file",
    "adapters/book_seal",
    "adapters/passphrase",
    "adapters/signer_file",
    "adapters/signer_local",
    "adapters/gate_memory",
    "adapters/transport",
    "adapters/ledger_node",
    "adapters/node_answers",
    "actions/credential",
    "actions/status",
    "actions/publication",
    "actions/desk",
    "cli/context",
    "cli/claims",
    "cli/handed",
    "cli/qr",
    "cli/qr_image",
    "cli/credential",
    "cli/credential_many",
    "cli/presentation",
    "cli/status",
    "cli/status_publish",
    "core/schema",
    "core/gate",
    "core/outcome",
]
CLASSES = {kind.__name__: kind for kind in errors.all_errors()}
HANGUL = re.compile(r"[가-힣]")
PAIRS = [(code, english, told) for code, pairs in TABLES.items() for english, told in pairs]


def text_of(node):
    """The text of an error with {} for what varies; None where it is put together elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def raised():
    """(code, text) of every error that the flows raise."""
    for name in FLOWS:
        for node in ast.walk(ast.parse((CLIENT / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CLASSES and node.args:
                text = text_of(node.args[0])
                if text is not None:
                    yield code_of(CLASSES[node.func.id]), text


@pytest.mark.parametrize(("code", "text"), sorted(set(raised())), ids=lambda value: value[:60])
def test_every_error_of_the_flows_has_its_korean(code, text):
    detail = text.replace("{}", "7")
    error = next(kind for kind in CLASSES.values() if code_of(kind) == code)
    options = {"status": 400} if error is errors.NodeRefusedError else {}
    told = korean(error(detail, **options))
    assert "원문" not in told, told
    assert HANGUL.search(told) or not re.search(r"[a-z]{3}", re.sub(r"\{\}", "", text)), told
    assert text.count("{}") <= told.count("7") + text.count("7") + 1


@pytest.mark.parametrize(("code", "english", "told"), PAIRS, ids=lambda value: value[:50])
def test_variable_parts_are_kept(code, english, told):
    places = english.count("{}")
    assert {int(place) for place in re.findall(r"\{(\d)\}", told)} == set(range(places)), told
    assert code in {code_of(kind) for kind in CLASSES.values()}


def test_quoted_errors_are_said_in_korean_too():
    inner = "/x/p.toml: status: ledger or published"
    assert korean(errors.InvalidProfileError(inner)) == "/x/p.toml: status: ledger 또는 published"
    missing = errors.BookError("there is no book at /b; `mapae agency init` makes one")
    assert korean(missing) == "/b에 발급 대장이 없습니다; `mapae agency init`으로 만듭니다"
    line = errors.SchemaMismatchError("line 3: the claim name is longer than 9 characters")
    assert korean(line) == "3번째 줄: 항목 name이(가) 9자보다 깁니다"


def test_what_no_table_has_is_never_dropped():
    told = korean(errors.CheckpointInvalidError("signed by nobody 42"))
    assert told == "원장 확인점이 맞지 않다. (원문: signed by nobody 42)"
