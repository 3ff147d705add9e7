"""The client computes what the documents print."""

from typing import Any

import pytest

from registry_client.core.canonical import canonicalize
from registry_client.core.did import format_did, parse_mapae
from registry_client.core.document import parse_organisation
from registry_client.core.document_builder import holder_document, holder_key
from registry_client.core.history import document_digest, holder_digest, next_history, pack_head
from registry_client.core.operation import operation_id, parse_operation, payload_of, signer_of
from tests.docs import worked


@pytest.fixture(scope="module")
def examples() -> dict[str, Any]:
    return worked.worked()


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@pytest.mark.parametrize("name", ["organisation", "holder"])
def test_the_did_is_the_one_printed(examples: dict[str, Any], name: str) -> None:
    example = examples[name]
    assert format_did(examples["network"], raw(example["id"])) == example["did"]
    assert parse_mapae(example["did"]).did_id == raw(example["id"])


def test_the_history_of_the_organisation_is_the_one_printed(examples: dict[str, Any]) -> None:
    example, digest = examples["organisation"], bytes(32)
    contents = [document_digest(example[f"document_{number}"].encode()) for number in (1, 2)] + [document_digest(b"")]
    for version, content in zip(example["versions"], contents, strict=True):
        head = pack_head(
            controller=raw(example["controller"]),
            version=version["version"],
            kind=worked.ORGANISATION,
            state=worked.DEACTIVATED if version["version"] == 3 else worked.ACTIVE,
            block_number=version["block_number"],
        )
        digest = next_history(digest, content_digest=content, head=head, block_time=version["block_time"])
        assert (head, digest) == (raw(version["record_word"]), raw(version["history_digest"]))


def test_the_documents_printed_pass_the_rules(examples: dict[str, Any]) -> None:
    example = examples["organisation"]
    for number in (1, 2):
        assert parse_organisation(example[f"document_{number}"].encode(), example["did"]).did == example["did"]


def test_the_holder_document_is_the_one_printed(examples: dict[str, Any]) -> None:
    example = examples["holder"]
    document = holder_document(example["did"], holder_key(raw(example["x"]), raw(example["y"])))
    assert canonicalize(document.json).decode() == example["document"]
    content = holder_digest(**{name: raw(example[name]) for name in ("x", "y", "salt", "guardian")})
    assert content == raw(example["content_digest"])


def test_the_operation_printed_has_the_payload_printed(examples: dict[str, Any]) -> None:
    example = examples["status"]
    signed = parse_operation(example["operation"])
    payload = payload_of(signed.domain, signed.kind, signed.message)
    assert payload == raw(example["payload"])
    assert operation_id(payload) == raw(example["operation_id"])
    assert signer_of(signed.signatures[0].signature, payload) == raw(example["signer"])
