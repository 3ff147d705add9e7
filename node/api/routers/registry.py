"""Reads of the registry: the ledger, DIDs, accreditations, issuance, roles, the council, nonces."""

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response

from node.api import schemas
from node.api import shapes_registry as shapes
from node.api.caching import IMMUTABLE
from node.api.deps import UNIX_MAX, DidPath, Node, UnixTime, View, hash_query
from node.api.fact_route import FactRoute
from node.services import accreditations, council, dids, issuances, roles
from registry_client.core.encoding import decode_hex
from registry_client.core.hashing import keccak_text
from registry_client.errors import InvalidOptionsError

router = APIRouter(prefix="/v1", tags=["registry"], route_class=FactRoute)

_PROBLEM = {"model": schemas.Problem, "content": {"application/problem+json": {}}}
_READ: dict[int | str, dict[str, Any]] = dict.fromkeys((400, 404, 503), _PROBLEM)
_VERSION_MAX = (1 << 32) - 1
KeyedContract = Literal["Roles", "AccreditationRegistry", "StatusRegistry"]


@router.get("/ledger", response_model=schemas.LedgerInfo, summary="Which ledger this is", responses=_READ)
async def ledger(node: Node, view: View) -> dict[str, Any]:
    """Say what a profile pins (network, chain id, genesis, Directory, code), the contracts, where the ledger stands."""
    return council.ledger_json(node.ledger, view)


@router.get("/dids/{did}", response_model=schemas.DidRecord, summary="A DID's record", responses=_READ)
async def did_record(
    node: Node,
    view: View,
    response: Response,
    *,
    did: DidPath,
    version: Annotated[int | None, Query(ge=1, le=_VERSION_MAX)] = None,
    moment: Annotated[int | None, Query(alias="time", ge=0, le=UNIX_MAX, description="Unix seconds")] = None,
) -> dict[str, Any]:
    """Give the latest final version, version `version`, or the one in force at `time`; with what is pending."""
    if version is not None and moment is not None:
        raise InvalidOptionsError("version and time exclude each other")
    record = dids.record(node.ledger, view, node.ledger.did_id(did), version=version, time=moment)
    if not record["latest"]:  # asked for by number or time, and closed by the version after it
        response.headers["Cache-Control"] = IMMUTABLE.decode()
    return record


@router.get("/dids/{did}/compromises", response_model=schemas.Compromises, summary="Marked keys", responses=_READ)
async def did_compromises(node: Node, view: View, did: DidPath) -> dict[str, Any]:
    """List every key of the DID that is marked compromised, and since when."""
    return dids.compromises(node.ledger, view, node.ledger.did_id(did))


@router.get(
    "/accreditations/{did}",
    response_model=shapes.Path | shapes.Grants,
    summary="Grants, or the path in force",
    responses=_READ,
)
async def accreditation(
    node: Node,
    view: View,
    *,
    did: DidPath,
    vct: Annotated[str | None, Query(max_length=1_024)] = None,
    type_id: Annotated[str | None, Query(max_length=66)] = None,
    at: UnixTime = None,
) -> dict[str, Any]:
    """Without a type: every grant. With `vct` or `type_id`: the path that lets the agency act at time `at` (now)."""
    agency = node.ledger.did_id(did)
    if vct is not None and type_id is not None:
        raise InvalidOptionsError("vct and type_id exclude each other")
    if vct is None and type_id is None:
        if at is not None:
            raise InvalidOptionsError("at goes with vct or type_id")
        return accreditations.all_grants(node.ledger, view, agency)
    type_hash = keccak_text(vct) if vct is not None else hash_query("type_id", type_id or "")
    moment = at if at is not None else int(time.time())
    return accreditations.path_at(node.ledger, view, agency, type_hash, time=moment)


@router.get("/issuances/{did}", response_model=shapes.Batches, summary="Anchored batches", responses=_READ)
async def all_issuances(node: Node, view: View, did: DidPath) -> dict[str, Any]:
    """List an agency's newest batches and how many there are."""
    return issuances.issuances(node.ledger, view, node.ledger.did_id(did))


@router.get("/issuances/{did}/{seq}", response_model=shapes.BatchAnswer, summary="One batch", responses=_READ)
async def one_issuance(
    node: Node, view: View, response: Response, did: DidPath, seq: Annotated[int, Path(ge=1, le=(1 << 62))]
) -> dict[str, Any]:
    """Give one anchored batch: its root, how many credentials, and the block's time, which no thief can write."""
    batch = issuances.issuance(node.ledger, view, node.ledger.did_id(did), seq)
    response.headers["Cache-Control"] = IMMUTABLE.decode()
    return batch


@router.get("/roles/{did}", response_model=shapes.Roles, summary="Who may act for an agency", responses=_READ)
async def agency_roles(node: Node, view: View, did: DidPath) -> dict[str, Any]:
    """Give an agency's admission and the latest term of every key that had a role for it."""
    return roles.roles_of(node.ledger, view, node.ledger.did_id(did))


@router.get("/council", response_model=shapes.Council, summary="The council and its proposals", responses=_READ)
async def present_council(view: View) -> dict[str, Any]:
    """Give members, threshold and epoch, and every proposal of this epoch with its votes."""
    return council.council(view)


@router.get("/nonces/{contract}/{controller}", response_model=shapes.Nonce, summary="The next nonce", responses=_READ)
async def nonce(
    node: Node,
    view: View,
    *,
    contract: KeyedContract,
    controller: Annotated[str, Path(pattern=r"^0x0[12][0-9a-f]{40}$")],
    key: Annotated[str, Query(pattern=r"^[0-9]{1,58}$")] = "0",
    registry: Annotated[
        str | None, Query(pattern=r"^0x[0-9a-f]{40}$", description="An earlier address of the contract")
    ] = None,
) -> dict[str, Any]:
    """Give the next nonce of a controller under a key, after what is on the ledger and under way here.

    A contract that was replaced has nonces of its own: `registry` names the one that a status list stays in.
    """
    number = int(key)
    if number >> 192:
        raise InvalidOptionsError("key has at most 192 bits", key=key)
    holder = decode_hex(controller, length=21)
    address = roles.registry_of(view, contract, None if registry is None else decode_hex(registry, length=20))
    place = roles.NoncePlace(address, number)
    queued = node.operations.queued_sequence(holder[1:], registry=address, key=number)
    return roles.next_nonce(view, contract, holder, place=place, queued=queued)
