"""VC-API bodies: a request taken apart strictly, a report as the answer that VCDM 2.0 describes."""

from collections.abc import Mapping
from typing import Any, Final, cast

from node.services.verification import Question
from registry_client.core.contexts import CREDENTIALS_V2
from registry_client.core.formats.cryptosuites import ECDSA_JCS, ECDSA_RDFC, EDDSA_JCS, EDDSA_RDFC
from registry_client.core.formats.vc_jwt import ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION
from registry_client.core.formats.vcdm import CREDENTIAL_TYPE, PRESENTATION_TYPE
from registry_client.core.presentation import Challenge
from registry_client.core.presentation_report import PresentationReport
from registry_client.core.report import Outcome, Report, Step, Verdict
from registry_client.core.strict_json import JsonObject
from registry_client.errors import InvalidOptionsError, MalformedValueError

TEXT_MAX: Final = 2_048  # characters of a challenge or domain
CODE_MAX: Final = 32  # characters of a service code
ITEMS_MAX: Final = 16
_SPOKEN: Final = frozenset({"checks", "challenge", "domain", "service", "receipts"})
_TITLES: Final = {Outcome.FAILED: "Refused", Outcome.UNDETERMINED: "Cannot be decided"}
_MEDIA_TYPES: Final = {
    ENVELOPED_CREDENTIAL: "application/vc+jwt",
    ENVELOPED_PRESENTATION: "application/vp+jwt",
    CREDENTIAL_TYPE: "application/vc",
    PRESENTATION_TYPE: "application/vp",
}
_SD_JWT: Final = "application/dc+sd-jwt"
_SD_JWT_URL: Final = f"data:{_SD_JWT},"
_ENVELOPES: Final = tuple(form for name in (ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION) for form in (name, [name]))
SUITES: Final = (ECDSA_JCS, ECDSA_RDFC, EDDSA_JCS, EDDSA_RDFC)


def question_of(body: Mapping[str, Any], *, member: str, is_presentation: bool) -> tuple[Question, str, list[str]]:
    """Take a request apart: what is asked, the document's media type, warnings.

    `member`: where the document stands. Raises MalformedValueError, InvalidOptionsError.
    """
    if unknown := sorted(body.keys() - {member, "options"}):
        raise MalformedValueError(f"a request has {member} and options", members=unknown[:8])
    source = _opened(body.get(member))
    media_type = _media_type_of(source, member, is_presentation=is_presentation)
    options = body.get("options", {})
    if type(options) is not dict:
        raise InvalidOptionsError("options is an object")
    checks = options.get("checks", [])
    if type(checks) is not list or len(checks) > ITEMS_MAX or not all(type(item) is str for item in checks):
        raise InvalidOptionsError(f"checks lists at most {ITEMS_MAX} names", option="checks")
    receipts = options.get("receipts", [])
    if type(receipts) is not list or len(receipts) > ITEMS_MAX or not all(type(item) is dict for item in receipts):
        raise InvalidOptionsError(f"receipts lists at most {ITEMS_MAX} objects", option="receipts")
    question = Question(
        source=source,  # type: ignore[arg-type]  # its type was checked with its media type
        challenge=_challenge_of(options) if is_presentation else None,
        is_presentation=is_presentation,
        service=_text(options, "service", CODE_MAX),
        receipts=receipts,
    )
    warnings = [f"option {name[:64]} is not spoken here" for name in sorted(options.keys() - _SPOKEN)[:ITEMS_MAX]]
    if not is_presentation:
        warnings.append("a credential alone does not say who presents it; verify a presentation for that")
    return question, media_type, warnings


def suite_of(options: object) -> str | None:
    """Return the cryptosuite that an issue request names; None for the key's own. Raises InvalidOptionsError."""
    if type(options) is not dict:
        raise InvalidOptionsError("options is an object")
    suite = options.get("cryptosuite")
    if suite is not None and suite not in SUITES:
        raise InvalidOptionsError(f"cryptosuite is one of {', '.join(SUITES)}", option="cryptosuite")
    return cast("str | None", suite)


def result_of(report: Report | PresentationReport, *, media_type: str, warnings: list[str]) -> JsonObject:
    """Return VCDM's verification result; `verified` only for accepted, `errors` empty exactly then.

    Of a presentation `credentialResults` has the same for each credential, in their order.
    """
    result: JsonObject = {
        "verified": report.verdict is Verdict.ACCEPTED,
        "mediaType": media_type,
        "warnings": [{"type": "about:blank", "title": "Warning", "detail": text} for text in warnings],
        "report": report.to_json(),
    }
    if isinstance(report, Report):
        result["errors"] = _errors_of(report)
    else:
        result["errors"] = [
            {**error, "credential": place} for place, item in enumerate(report.reports) for error in _errors_of(item)
        ]
        result["credentialResults"] = [
            {"verified": item.verdict is Verdict.ACCEPTED, "errors": _errors_of(item)} for item in report.reports
        ]
    return result


def _errors_of(report: Report) -> list[JsonObject]:
    return [_problem(step) for step in report.steps if step.outcome is not Outcome.OK and step.type_uri]


def _problem(step: Step) -> JsonObject:
    return {
        "type": step.type_uri,
        "title": _TITLES[step.outcome],
        "detail": step.explain("en"),
        "code": step.code,
        "step": step.number,
    }


def _opened(source: object) -> object:
    """Take an SD-JWT out of its envelope (VC-JOSE-COSE section 3.2); anything else stays as it is."""
    if type(source) is not dict or source.get("type") not in _ENVELOPES:
        return source  # an envelope of something else is opened by its format
    url = source.get("id")
    if type(url) is not str or not url.startswith(_SD_JWT_URL):
        return source
    if source.keys() != {"@context", "id", "type"} or source["@context"] not in (CREDENTIALS_V2, [CREDENTIALS_V2]):
        raise MalformedValueError("an envelope has @context, id and type, and nothing beside the token")
    return url.removeprefix(_SD_JWT_URL)


def _media_type_of(source: object, member: str, *, is_presentation: bool) -> str:
    """Tell what was handed over, and that it is of the kind that this path is for."""
    if type(source) is str and "~" in source:
        return _SD_JWT
    if type(source) is not dict:
        raise MalformedValueError(f"{member} is an object, or an SD-JWT as text", member=member)
    types = source.get("type")
    names = types if type(types) is list else [types]
    wanted, other = (
        ((PRESENTATION_TYPE, ENVELOPED_PRESENTATION), (CREDENTIAL_TYPE, ENVELOPED_CREDENTIAL))
        if is_presentation
        else ((CREDENTIAL_TYPE, ENVELOPED_CREDENTIAL), (PRESENTATION_TYPE, ENVELOPED_PRESENTATION))
    )
    found = [name for name in wanted if name in names]
    if not found or any(name in names for name in other):
        raise MalformedValueError(f"{member} has the type {wanted[0]} or {wanted[1]}", member=member)
    return _MEDIA_TYPES[found[0]]


def _challenge_of(options: Mapping[str, Any]) -> Challenge | None:
    challenge, domain = _text(options, "challenge", TEXT_MAX), _text(options, "domain", TEXT_MAX)
    if (challenge is None) != (domain is None):
        raise InvalidOptionsError("challenge and domain come together: the one is fresh, the other is you")
    return None if challenge is None or domain is None else Challenge(challenge, domain)


def _text(options: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = options.get(name)
    if value is not None and (type(value) is not str or not 0 < len(value) <= longest):
        raise InvalidOptionsError(f"{name} is text of 1 to {longest} characters", option=name)
    return value
