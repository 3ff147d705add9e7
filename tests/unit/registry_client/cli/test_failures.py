"""How errors are told, and the exit code of each."""

import json
from pathlib import Path

import httpx
import pytest

from registry_client import errors
from registry_client.adapters.registrar import RegistrarHttp
from registry_client.cli import failures, i18n, output, refusals, settings
from registry_client.cli.settings import Settings, UsageError


@pytest.fixture(autouse=True)
def _fresh():
    output.console.cache_clear()
    yield
    output.console.cache_clear()
    settings.use(Settings())
    i18n.set_language("en")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InvalidDidError("x"), 2),
        (errors.ProfileMissingError("x"), 2),
        (UsageError("x"), 2),
        (errors.StatusRevokedError("x"), 3),
        (errors.DidNotFoundError("x"), 3),
        (errors.StatusStaleError("x"), 4),
        (errors.PendingChangeError("x"), 4),
        (errors.LedgerRevertedError("x", error_name="DidRegistryStaleVersion"), 5),
        (errors.NodeRefusedError("x", status=403), 5),
        (errors.LedgerUnavailableError("x"), 6),
        (errors.RegistryError("x"), 1),
        (FileNotFoundError(2, "No such file", "x.json"), 2),
        (OSError(28, "No space left on device"), 1),
        (ValueError("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_code_tells_the_families_apart(error, code):
    assert failures.exit_code(error) == code


def test_every_error_of_the_tree_has_a_documented_code_and_a_korean_title():
    i18n.set_language("ko")
    for kind in errors.all_errors():
        extra = {"status": 500} if kind is errors.NodeRefusedError else {}
        error = kind("detail", **extra)
        assert failures.exit_code(error) in {1, 2, 3, 4, 5, 6}
        assert not failures.title(error).isascii()


def test_report_names_cause_and_next_step_and_no_traceback(capsys):
    assert failures.report(errors.LedgerUnavailableError("no answer from http://127.0.0.1:1")) == 6
    told = capsys.readouterr()
    assert told.out == ""
    assert "✖ failed: Ledger unavailable" in told.err
    assert "no answer from http://127.0.0.1:1" in told.err
    assert "next: " in told.err
    assert "Traceback" not in told.err


def test_report_shows_the_traceback_only_with_debug(capsys):
    settings.use(Settings(debug=True))
    failures.report(ValueError("odd"))
    assert "ValueError: odd" in capsys.readouterr().err


def test_report_is_a_problem_document_with_json(capsys):
    settings.use(Settings(json=True))
    error = errors.LedgerRevertedError(
        "stale", error_name="DidRegistryStaleVersion", arguments={"actual": 2}, raw=b"\x01"
    )
    assert failures.report(error) == 5
    told = json.loads(capsys.readouterr().err)
    assert told["exit_code"] == 5
    assert told["error"]["type"].endswith("/ledger-reverted")
    assert told["error"]["error_name"] == "DidRegistryStaleVersion"
    assert told["error"]["arguments"] == {"actual": 2}
    assert told["error"]["evidence"] == {"raw": "0x01"}


def test_an_undetermined_answer_is_not_called_a_failure(capsys):
    failures.report(errors.StatusStaleError("the list is 3 hours old"))
    assert "? undetermined: Status stale" in capsys.readouterr().err


ABI = Path(__file__).parents[4] / "registry_client" / "abi"


def test_every_error_of_every_contract_is_explained_in_both_languages():
    names = {
        entry["name"]
        for path in ABI.glob("*.json")
        for entry in json.loads(path.read_text())
        if entry["type"] == "error"
    }
    assert len(names) >= 80
    assert names == refusals.REASONS.keys()
    for english, korean in refusals.REASONS.values():
        assert english.isascii()
        assert not korean.isascii()


def test_a_refusal_by_a_contract_says_why_and_what_to_do(capsys):
    i18n.set_language("ko")
    failures.report(errors.LedgerRevertedError("UpdateDocument was refused", error_name="DidRegistryNotController"))
    assert "제어 키로 서명하세요" in " ".join(capsys.readouterr().err.split())
    assert refusals.reason("SomethingNew") == ""


@pytest.mark.parametrize(("lang", "wanted"), [("en", "--registrar URL"), ("ko", "등록기")])
def test_a_dead_registrar_is_named_with_its_address_and_what_to_do(lang, wanted, capsys):
    i18n.set_language(lang)
    there = RegistrarHttp("http://127.0.0.1:1", transport=httpx.MockTransport(_refuse))
    with there, pytest.raises(errors.LedgerUnavailableError) as caught:
        there.call("create", {})
    assert failures.report(caught.value) == 6
    told = capsys.readouterr().err
    assert "http://127.0.0.1:1" in told
    assert wanted in told
    assert "Errno" not in told
    assert "make serve" not in told


def _refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("[Errno 111] Connection refused", request=request)


def test_a_missing_file_is_told_in_korean(capsys):
    i18n.set_language("ko")
    assert failures.report(FileNotFoundError(2, "No such file or directory", "x.json")) == 2
    told = capsys.readouterr().err
    assert "파일이 없습니다: x.json" in told
    assert "No such file" not in told
