"""What `mapae operation show` says: every kind in both languages, framed, and nothing that steers a terminal."""

import json
import string

import pytest

from registry_client.cli import i18n
from registry_client.cli.drafts.arguments import RECIPES, dashed, kind_of, read_values
from registry_client.cli.operation_labels import LABELS, ROLE_NAMES
from registry_client.cli.operation_page import document_of, page_of
from registry_client.cli.operation_texts import PROPOSAL_FIELDS, PROPOSAL_TEXTS, TEXTS
from registry_client.cli.operation_words import places_text
from registry_client.cli.panel import columns, panel, printable
from registry_client.cli.settings import UsageError
from registry_client.cli.text import cells
from registry_client.core.operation import OPERATIONS, SignedOperation, domain_of, parse_operation
from registry_client.core.operation_file import OperationFile
from registry_client.core.operation_types import ROLES_OF_SIGNERS
from tests.support.paths import VECTORS

CASES = json.loads((VECTORS / "operations.json").read_text("utf-8"))["operations"]
DERIVED = {"did", "places", "rights", "proposal"}


@pytest.fixture(params=["en", "ko"])
def language(request):
    i18n.set_language(request.param)
    yield request.param
    i18n.set_language("en")


def has_korean(text):
    return any("가" <= letter <= "힣" for letter in text)


def test_every_kind_has_a_recipe_and_texts_in_both_languages():
    assert set(TEXTS) == set(RECIPES) == set(OPERATIONS)
    for kind, text in TEXTS.items():
        for en, ko in (text.title, text.effect, text.caution):
            assert (not en) == (not ko), kind
            assert not has_korean(en), kind
            assert not ko or has_korean(ko), kind


def test_sentences_use_the_fields_of_their_kind_and_the_same_ones_in_both_languages():
    for kind, text in TEXTS.items():
        en, ko = ({name for _, name, _, _ in string.Formatter().parse(said) if name} for said in text.effect)
        assert en == ko or kind == "EndGrant", kind
        assert en <= set(OPERATIONS[kind].field_names) | DERIVED, kind


def test_every_field_and_every_role_has_a_name_in_both_languages():
    fields = {name for operation in OPERATIONS.values() for name in operation.field_names}
    fields |= {name for names in PROPOSAL_FIELDS.values() for name in names}
    assert fields - set(LABELS) == {"deadline", "document", "kind", "arguments", "startWord", "masks"}
    assert set(ROLE_NAMES) == set(ROLES_OF_SIGNERS)
    assert set(PROPOSAL_TEXTS) == set(PROPOSAL_FIELDS) == set(range(1, 8))
    for en, ko in PROPOSAL_TEXTS.values():
        assert has_korean(ko)
        assert not has_korean(en)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['operation']['kind']}-{case['key']}" for case in CASES])
def test_every_kind_is_a_picture_of_80_columns_that_leaves_nothing_out(case, language):
    file = OperationFile(parse_operation(case["operation"]))
    page = page_of(file, now=1_800_000_000)
    assert {cells(line) for line in page} == {80}
    text = "".join(line.strip("│┌┐└┘─ ") for line in page).replace(" ", "")
    assert case["id"] in text
    assert case["payload"] in text
    assert ("서명하는" in text) is (language == "ko")
    document = document_of(file, now=1_800_000_000)
    assert document["missing"] == []
    assert document["kind"] == case["operation"]["kind"]


def organisation_update(document):
    message = {"id": bytes(20), "expectedVersion": 3, "document": document, "deadline": 1_800_000_000}
    return SignedOperation(OPERATIONS["UpdateDocument"], domain_of("city", 7, bytes(20)), message)


def test_a_document_is_told_key_by_key_and_unknown_members_are_not_hidden():
    from registry_client.adapters.signer_local import generate_signer

    key = generate_signer().public_key
    did = "did:mapae:city:1"
    document = {
        "id": did,
        "verificationMethod": [{"id": f"{did}#issue-1", "type": "JsonWebKey", "publicKeyJwk": key.to_jwk()}],
        "assertionMethod": [f"{did}#issue-1"],
        "service": [{"id": f"{did}#web", "type": "LinkedDomains", "serviceEndpoint": "https://x.example"}],
        "alsoKnownAs": ["did:web:x.example"],
    }
    fields = document_of(OperationFile(organisation_update(json.dumps(document).encode())), now=1)["fields"]
    values = [field["value"] for field in fields]
    assert f"#issue-1 P-256 assertionMethod 0x{key.thumbprint().hex()}" in values
    assert "#web LinkedDomains https://x.example" in values
    assert "['did:web:x.example']" in values
    assert "3, then 4" in values


@pytest.mark.parametrize(
    "document", [b"", b"\xff", b"[1]", b'{"id":"did:x"}', b'{"id":"did:x","verificationMethod":5}']
)
def test_a_document_that_is_none_is_shown_as_bytes_or_as_it_is(document):
    page = page_of(OperationFile(organisation_update(document)), now=1)
    assert {cells(line) for line in page} == {80}


def test_escape_codes_and_reversed_text_are_shown_as_codes():
    document = b'{"id":"did:x","verificationMethod":[],"note":"\\u001b[2Jok\\u202eko"}'
    page = "\n".join(page_of(OperationFile(organisation_update(document)), now=1))
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "<001B>[2Jok<202E>ko" in page
    assert printable("마패 ok") == "마패 ok"


def test_the_deadline_says_how_long_or_that_it_is_over(language):
    file = OperationFile(organisation_update(b"{}"))
    left = " ".join(page_of(file, now=1_800_000_000 - 2 * 86_400 - 5))
    assert ("2 d left" in left) or ("2일 남음" in left)
    over = "".join(line.strip("│ ") for line in page_of(file, now=1_800_000_001)).replace(" ", "")
    assert ("makeitagain" in over) or ("다시만드세요" in over)


def test_a_vote_tells_what_the_proposal_does(language):
    from registry_client.actions.council import proposal

    item = proposal("grant-root", (bytes(20), bytes(31) + b"\1", 5, 6, False, True), salt=bytes(32))
    message = {"kind": item.kind, "arguments": item.arguments, "salt": item.salt, "epoch": 2, "choice": 1}
    signed = SignedOperation(OPERATIONS["Vote"], domain_of("city", 7, bytes(20)), message)
    document = document_of(OperationFile(signed), now=1)
    assert ("재위임" if language == "ko" else "accredit others for") in document["effect"]
    assert "0x" + item.id.hex() in [field["value"] for field in document["fields"]]


def test_places_are_listed_and_counted():
    assert places_text(18, (1 << (255 - 103),)) == "4711"
    assert places_text(0, ((1 << 256) - 1,)).endswith(" 63 and 192 more")


def test_panels_fold_and_columns_stand_under_each_other():
    lines = panel("t", columns([("name", "x" * 100), ("n", "y")]))
    assert {cells(line) for line in lines} == {80}
    assert lines[2].startswith("│       x")
    assert columns([]) == []


def test_kinds_are_found_in_both_spellings_and_near_misses_are_told():
    assert kind_of("update-document") == kind_of("UpdateDocument") == "UpdateDocument"
    assert {kind_of(dashed(kind)) for kind in OPERATIONS} == set(OPERATIONS)
    with pytest.raises(UsageError, match="update-document"):
        kind_of("update-documnt")


def test_names_are_checked_before_anything_is_asked_of_a_node():
    assert read_values("UpdateDocument", ["did=x", "method=a=b", "method=c=d"])["method"] == ["a=b", "c=d"]
    with pytest.raises(UsageError, match="takes did, document"):
        read_values("UpdateDocument", ["didd=x"])
    with pytest.raises(UsageError, match="needs did"):
        read_values("UpdateDocument", [])
    with pytest.raises(UsageError, match="NAME=VALUE"):
        read_values("UpdateDocument", ["did"])
