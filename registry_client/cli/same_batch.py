"""Whether a batch of the book is what a command asks for: nothing that changes a credential is ignored silently.

A batch that was entered once stays as it is, so that a stopped run can go on. Asked for with other options under the
same name, it is refused instead of handed out as if the options had been heard.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from registry_client.cli import options
from registry_client.cli.claims import with_dates
from registry_client.errors import BookError

if TYPE_CHECKING:
    from registry_client.core.book import BookEntry
    from registry_client.core.credential import Format
    from registry_client.core.credential_types import CredentialType
    from registry_client.core.keys import PublicKey

_SLACK_S: Final = 60
"""How far the ends of lines of one run may lie apart where `--until` counts from now."""


def require_same_batch(
    batch: str,
    known: "Sequence[BookEntry]",
    lines: Sequence[Mapping[str, Any]],
    *,
    kind: "CredentialType",
    form: "Format",
    until: str | None,
    method_id: str,
    key: "PublicKey",
    suite: str | None,
) -> None:
    """Compare what was entered, and signed so far, with what is asked for now. Raises BookError naming the options."""
    found: dict[str, None] = {}
    if any(entry.request.vct != kind.vct for entry in known):
        found["--type"] = None
    if any(entry.request.format is not form for entry in known):
        found["--format"] = None
    if len(lines) != len(known):
        found["--claims"] = None
    elif not found:
        for line, entry in zip(lines, known, strict=True):
            found.update(dict.fromkeys(_other_content(line, entry, kind=kind, until=until)))
    found.update(dict.fromkeys(_other_signature(known, method_id=method_id, key=key, suite=suite)))
    if found:
        named = ", ".join(found)
        raise BookError(f"this batch was issued with other options: {named}; give --batch NAME", batch=batch)


def _other_content(
    line: Mapping[str, Any], entry: "BookEntry", *, kind: "CredentialType", until: str | None
) -> Iterator[str]:
    request = entry.request
    named = line.get("valid_until")
    text = until if named is None else str(named)
    counted = text is not None and text[:1] in {"+", "-"}
    if not (counted and line.get("valid_from") is not None):  # then nothing says from when it was counted
        now = request.valid_from or 0
        end = options.time_of(text, now=now, default=now) if text is not None else None
        if (end is None) != (request.valid_until is None):
            yield "--until"
        elif end is not None and abs(end - (request.valid_until or 0)) > (_SLACK_S if counted else 0):
            yield "--until" if named is None else "--claims"
    start, end = request.valid_from or 0, request.valid_until
    same_claims = with_dates(line.get("claims", {}), kind, valid_from=start, valid_until=end) == dict(request.claims)
    holder = line.get("subject") or line.get("holder")
    other_holder = isinstance(holder, str) and holder.startswith("did:") and holder != request.subject
    if not same_claims or other_holder or line.get("reference") != request.reference:
        yield "--claims"


def _other_signature(
    known: "Sequence[BookEntry]", *, method_id: str, key: "PublicKey", suite: str | None
) -> Iterator[str]:
    from registry_client.core.formats.cryptosuites import suite_for
    from registry_client.core.presentation import parse_presentation, require_bounds

    signed = next((entry for entry in known if entry.credential is not None), None)
    if signed is None or signed.credential is None:
        return
    parsed = parse_presentation(require_bounds(signed.credential), formats={signed.request.format}).credential
    if parsed.method_id != method_id or parsed.algorithm != key.curve.algorithm:
        yield "--key"
    elif isinstance(parsed.source, dict):
        if parsed.source["proof"].get("cryptosuite") != suite_for(key.curve, suite).name:
            yield "--suite"
    elif suite is not None:
        yield "--suite"
