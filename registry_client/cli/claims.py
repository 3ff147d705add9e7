"""Read what is to be issued from a file: one JSON object, a JSON array of them, or CSV with a header line.

A line is {"claims": {...}, "holder": DID or JWK, "subject": DID, "reference": text, "valid_until": time}. In CSV,
the columns holder, subject, reference, valid_from, valid_until mean the same, every other one is a claim, and an empty
cell is a claim that is left out. The claims validFrom and validUntil, if the type has them and the line does not, are
the dates of valid_from (else now) and valid_until (else --until).
"""

import csv
import io
import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from registry_client.cli import context, options
from registry_client.cli.output import moment
from registry_client.errors import InvalidInputError

if TYPE_CHECKING:
    from registry_client.core.book import IssuanceRequest
    from registry_client.core.credential import Format
    from registry_client.core.credential_types import CredentialType
    from registry_client.core.keys import PublicKey

FILE_MAX_BYTES: Final = 64 * 1024 * 1024
_MEMBERS: Final = frozenset({"claims", "holder", "subject", "reference", "valid_from", "valid_until"})


def read_lines(path: Path) -> tuple[list[dict[str, Any]], str]:
    """Read the lines of a claims file, and a batch name that follows from its name and content.

    Raises InvalidInputError, ParsingError, OSError.
    """
    from registry_client.core.strict_json import parse_json

    data = path.read_bytes()
    if len(data) > FILE_MAX_BYTES:
        raise InvalidInputError(f"{path} is larger than {FILE_MAX_BYTES} bytes; split it", path=str(path))
    if path.suffix.lower() == ".csv":
        lines = _from_csv(data, path)
    else:
        value = parse_json(data, max_bytes=FILE_MAX_BYTES)
        lines = value if isinstance(value, list) else [value]
    if not lines or not all(isinstance(line, dict) for line in lines):
        raise InvalidInputError(f"{path} holds no lines to issue", path=str(path))
    return lines, f"{path.stem[:40]}-{sha256(data).hexdigest()[:12]}"


def request_of(
    line: Mapping[str, Any],
    number: int,
    *,
    kind: "CredentialType",
    until: int | None,
    form: "Format",
    now: int | None = None,
) -> "IssuanceRequest":
    """Turn one line into a request. `until`: end of validity where the line names none. Raises InvalidInputError.

    `now`: from when `+30d` counts; the same for all lines of a run.
    """
    from registry_client.core.book import IssuanceRequest
    from registry_client.core.credential import VCDM_FORMATS

    if not line.keys() <= _MEMBERS or not isinstance(line.get("claims"), dict):
        known = ", ".join(sorted(_MEMBERS))
        raise InvalidInputError(f"line {number}: a line has claims, and may have {known}", line=number)
    now = context.desk().now() if now is None else now
    key, subject = holder_of(line.get("holder"), number)
    subject = line.get("subject") or subject
    valid_from = options.time_of(line.get("valid_from"), now=now, default=now)
    valid_until = (
        until if line.get("valid_until") is None else options.time_of(line["valid_until"], now=now, default=now)
    )
    by_did = form in VCDM_FORMATS and subject is not None
    return IssuanceRequest(
        vct=kind.vct,
        format=form,
        claims=with_dates(line["claims"], kind, valid_from=valid_from, valid_until=valid_until),
        holder_key=None if by_did else key,
        subject=subject,
        valid_from=valid_from,
        valid_until=valid_until,
        reference=line.get("reference"),
    )


def first_line(path: Path) -> int:
    """Return the number of a file's first line to issue: in CSV the header is line 1, as an editor counts."""
    return 2 if path.suffix.lower() == ".csv" else 1


def require_holder(line: Mapping[str, Any], number: int, *, form: "Format") -> None:
    """Raise InvalidInputError where a form that is bound to the holder's key gets no holder."""
    from registry_client.core.credential import Format

    if form in {Format.SD_JWT_VC, Format.GATE_CWT} and not line.get("holder"):
        raise InvalidInputError(
            f"line {number}: the column or member `holder` is missing or empty: put the DID or the JWK of the person's "
            "phone in it, a person's credential is bound to that key",
            line=number,
            member="holder",
        )


def with_dates(
    claims: Mapping[str, Any], kind: "CredentialType", *, valid_from: int, valid_until: int | None
) -> dict[str, Any]:
    """Return the claims with `validFrom` and `validUntil`, where the type has them and the line leaves them out."""
    filled = dict(claims)
    for name, time in (("validFrom", valid_from), ("validUntil", valid_until)):
        if name in kind.claim_names and name not in filled and time is not None:
            filled[name] = moment(time)[:10]
    return filled


def holder_of(value: object, number: int) -> "tuple[PublicKey | None, str | None]":
    """The key to bind to, and the DID that has it: from a JWK, or from a DID with one authentication key."""
    from registry_client.core.keys import PublicKey

    if value is None or value == "":
        return None, None
    if isinstance(value, str) and value.startswith("{"):
        value = json.loads(value)
    if isinstance(value, Mapping):
        return PublicKey.from_jwk(value), None
    if not isinstance(value, str):
        raise InvalidInputError(f"line {number}: holder is a DID or a JWK", line=number)
    document = context.registry().resolve(value).checked
    ids = () if document is None else document.relationships["authentication"]
    keys = [method.public_key for method in (document.methods if document else ()) if method.id in ids]
    if len(keys) != 1:
        raise InvalidInputError(
            f"line {number}: the holder's DID has {len(keys)} authentication keys, one is needed",
            line=number,
            holder=value,
        )
    return keys[0], value if value.startswith("did:mapae:") else None


def _from_csv(data: bytes, path: Path) -> list[dict[str, Any]]:
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInputError(f"{path} is not CSV in UTF-8: {error}", path=str(path)) from None
    lines = []
    for number, row in enumerate(rows, 1):
        if None in row or any(cell is None for cell in row.values()):
            raise InvalidInputError(f"{path}, line {number + 1}: another number of cells than the header", line=number)
        filled = {name.strip(): cell for name, cell in row.items() if cell != ""}
        special = {name: filled.pop(name) for name in list(filled) if name in _MEMBERS - {"claims"}}
        lines.append({"claims": filled, **special})
    return lines
