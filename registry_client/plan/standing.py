"""What was found about an issuer, kept for its next credential: two of three ledger steps then cost one look-up.

- Kept with the facts that it rests on, so it is forgotten with them.
- Kept only where nothing was wrong and nothing pending, and used only inside the time windows in which the ledger's
  answers would be the same: the key's version, every link of the path, the age of the head.
"""

from collections.abc import Sequence

from registry_client.core.accreditation import end_of_path
from registry_client.core.credential import Credential
from registry_client.core.report import Step
from registry_client.plan.case import Case, Description, Standing

_ISSUER, _TYPE, _ACCREDITATION = 2, 4, 5


def describe(credential: Credential) -> Description:
    """Return what a credential says about its type."""
    return credential.type_names, credential.contexts, credential.integrity


def recall_standing(case: Case) -> Standing | None:
    """Return what is known of this credential's issuer, if it covers this credential and this time."""
    credential = case.credential
    found: Standing | None = case.facts.standings.get((credential.issuer, credential.method_id, credential.vct))
    if (
        found is None
        or found.policy is not case.policy
        or credential.certificates  # their chain is judged each time
        or credential.signed_at is None
        or not found.signed_from <= credential.signed_at < found.signed_until
        or credential.signed_at > case.at + case.policy.clock_skew_s
        or not found.at_from <= case.at < found.at_until
    ):
        return None
    case.standing = found
    case.agency, case.version, case.key, case.head = found.agency, found.version, found.key, found.head
    return found


def remember_standing(case: Case, steps: Sequence[Step]) -> None:
    """Keep what the steps found, if it is all good and rests on no receipt."""
    version, path, head, credential = case.version, case.path, case.head, case.credential
    if version is None or path is None or head is None or case.agency is None or case.key is None or case.kind is None:
        return
    if not version.latest or version.pending != "none" or not path.pending_valid or case.receipt_time is not None:
        return
    if any(steps[number].code != "ok" for number in (_ISSUER, _TYPE, _ACCREDITATION)):
        return
    start, end = max(link.grant.valid_from for link in path.links), end_of_path(path)
    case.facts.standings[credential.issuer, credential.method_id, credential.vct] = Standing(
        policy=case.policy,
        agency=case.agency,
        version=version,
        key=case.key,
        kind=case.kind,
        description=describe(credential),
        head=head,
        signed_from=max(version.block_time, start),
        signed_until=end,
        at_from=start,
        at_until=min(end, head.time + case.policy.max_head_age_s + 1),
        issuer=steps[_ISSUER],
        type=steps[_TYPE],
        accreditation=steps[_ACCREDITATION],
    )
