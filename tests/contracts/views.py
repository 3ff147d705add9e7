"""The model beside the contracts' views: what a client is told has to be what the logs say."""

from tests.simulators.items import Proposal, ProposalState
from tests.simulators.model import Model
from tests.support.chain import Registry

VOID, EXPIRED = 5, 6
EXECUTION_WINDOW_S = 14 * 86_400
UNKNOWN = b"\x77" * 20


def compare(model: Model, registry: Registry) -> None:
    """Ask every view about everything that the model knows. Raises AssertionError naming the first difference."""
    _dids(model, registry)
    _roles(model, registry)
    _accreditations(model, registry)
    _issuances(model, registry)
    _lists(model, registry)
    _types(model, registry)
    _council(model, registry)
    _directory(model, registry)


def _same(what: object, told: object, known: object) -> None:
    if told != known:
        raise AssertionError(f"{what}: the view says {told!r}, the logs say {known!r}")


def _dids(model: Model, registry: Registry) -> None:
    for did, record in model.records.items():
        known = {
            "historyDigest": record.history,
            "controller": record.controller,
            "version": record.version,
            "status": record.status,
            "blockNumber": record.block_number,
            "guardian": record.guardian,
        }
        _same(did, registry.view("DidRegistry", "recordOf", did), known)
        _same(did, registry.view("DidRegistry", "authorize", did, record.controller), record.state == 1)
    _same("unknown", registry.view("DidRegistry", "recordOf", UNKNOWN)["version"], 0)
    for did, thumbprint in {key[1:] for key in model.compromises}:
        known = model.compromised_since(did, thumbprint)
        _same((did, thumbprint), registry.view("DidRegistry", "compromisedSince", did, thumbprint), known)


def _roles(model: Model, registry: Registry) -> None:
    for agency, admission in model.admissions.items():
        told = registry.view("Roles", "admissionOf", agency)
        known = {"from": admission.start, "until": admission.until, "sponsor": admission.sponsor}
        _same(agency, told, known)
    for key, term in model.terms.items():
        _same(key, registry.view("Roles", "termOf", *key), {"from": term.start, "until": term.until})
    for (home, owner, lane), sequence in model.nonces.items():
        told = registry.view(registry.generations[home], "nonces", "0x" + owner.hex(), lane, at=home)
        _same((home, owner), told, lane << 64 | sequence)


def _accreditations(model: Model, registry: Registry) -> None:
    times = sorted({time for g in model.grants.values() for time in (g.start, g.until - 1, g.until, g.ended_at)})
    for (agency, type_id), (_, count) in model.counts.items():
        _same((agency, type_id), registry.view("AccreditationRegistry", "countOf", agency, type_id), count)
        for time in times[:: max(1, len(times) // 6)]:
            valid, path, _ = registry.view("AccreditationRegistry", "pathAt", agency, type_id, time).values()
            _same((agency, type_id, time), (valid, list(path)), model.path_at(agency, type_id, time))
    for key, g in model.grants.items():
        known = (g.grantor, g.grantor_seq, g.depth, g.may_issue, g.may_accredit, g.start, g.until, g.ended_at)
        _same(key, registry.view("AccreditationRegistry", "grantOf", *key), known)


def _issuances(model: Model, registry: Registry) -> None:
    for key, (_, digest) in model.issuances.items():
        _same(key, registry.view("IssuanceLog", "digestOf", *key), digest)
    for agency in {agency for agency, _ in model.issuances} | {UNKNOWN}:
        known = sum(1 for key in model.issuances if key[0] == agency)
        _same(agency, registry.view("IssuanceLog", "countOf", agency), known)


def _lists(model: Model, registry: Registry) -> None:
    for list_id, found in model.lists.items():
        known = {
            "owner": found.owner,
            "seq": found.seq,
            "publishedSeq": found.published_seq,
            "opsHead": found.ops_head,
            "publishedDigest": found.published_digest,
        }
        _same(list_id, registry.view("StatusRegistry", "listOf", list_id), known)
        _same(list_id, list(registry.view("StatusRegistry", "words", list_id, 0, 1024)), found.words)
        _same(list_id, registry.view("StatusRegistry", "registryOf", list_id), found.home)


def _types(model: Model, registry: Registry) -> None:
    for type_id, (_, owner, count) in model.types.items():
        _same(type_id, registry.view("SchemaRegistry", "typeOf", type_id), {"owner": owner, "count": count})
    for key, (_, digest, block) in model.schemas.items():
        _same(key, registry.view("SchemaRegistry", "digestOf", *key), {"digest": digest, "blockNumber": block})
    for key, s in model.services.items():
        known = (s.verifier, s.version, s.start, s.until, s.ended_at, s.digest, s.block_number)
        _same(key, tuple(registry.view("ServiceRegistry", "serviceOf", *key).values()), known)


def _council(model: Model, registry: Registry) -> None:
    home = registry.contracts["Council"]
    epoch = max(epoch for where, epoch in model.councils if where == home)
    members, threshold = model.councils[home, epoch]
    _same("epoch", registry.view("Council", "epoch"), epoch)
    _same("threshold", registry.view("Council", "threshold"), threshold)
    told = tuple(registry.view("Council", "memberAt", place) for place in range(len(members)))
    _same("members", told, members)
    _same("pause", registry.view("Council", "pausedUntil"), model.paused_until)
    _same("pause", registry.view("Directory", "pausedUntil"), model.paused_until)
    for (where, proposal_id), proposal in model.proposals.items():
        if where == home:
            known = {
                "state": _state(proposal, epoch, registry.now()),
                "voteEpoch": proposal.epoch,
                "approvals": len(proposal.approvals),
                "cancellations": len(proposal.cancellations),
                "readyAt": proposal.ready_at,
            }
            _same(proposal_id, registry.view("Council", "proposalOf", proposal_id), known)


def _state(proposal: Proposal, epoch: int, now: int) -> int:
    if proposal.state not in {ProposalState.OPEN, ProposalState.READY}:
        return proposal.state
    if proposal.epoch != epoch:
        return VOID
    if proposal.state is ProposalState.READY and now > proposal.ready_at + EXECUTION_WINDOW_S:
        return EXPIRED
    return proposal.state


def _directory(model: Model, registry: Registry) -> None:
    for name, entries in model.directory.items():
        _same(name, registry.view("Directory", "generationOf", name), len(entries))
        _same(name, registry.view("Directory", "addressOf", name), entries[-1].target)
        for generation, entry in enumerate(entries, 1):
            known = (entry.target, entry.code_hash, entry.layout_id, entry.from_block)
            _same(name, tuple(registry.view("Directory", "entryOf", name, generation).values()), known)
