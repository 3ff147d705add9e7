"""Operations anchored through the node, against the same transactions sent straight to the same embedded ledger.

- The node: signed CreateHolder operations posted in arrays, one after the other, until all are final.
- Straight: `DidRegistry.batch` of as many such operations with as much gas as the node's last transactions had, signed
  beforehand and sent by one sender without waiting, until all are in journaled blocks. The node indexes them meanwhile.
- Rounds in turn; every operation makes a DID that nobody had.
"""

import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import orjson

from node.config import Config
from node.embedded.launcher import start_ledger
from registry_client.core.operation import (
    OPERATIONS,
    OperationSignature,
    SignedOperation,
    encode_call,
    operation_to_json,
    payload_of,
)
from tests.bench.report import Table, figure
from tests.integration.node_support import Agency, admitted, make_home, make_token
from tests.soak.processes import Child
from tests.soak.system import LedgerCalls, free_port
from tests.support.anvil import RpcError
from tests.support.chain import DEPLOYER, RELAYER, Registry, found, salt_of
from tests.support.keys import P256Key

ROUNDS, OPERATIONS_A_ROUND, ARRAY = 3, 600, 100
"""One array each way comes first and does not count: everything together stays far from what the ledger can hold."""
WAIT_S, LOOK_S, STUCK_S = 120.0, 0.01, 0.5


@dataclass(frozen=True, slots=True)
class Run:
    """One round's result. `shape`: operations and gas limit of each transaction, in the ledger's order."""

    operations: int
    seconds: float
    gas_used: int
    shape: tuple[tuple[int, int], ...]

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self.operations / self.seconds


@dataclass
class Place:
    """A ledger with a registry and an agency, and a node on it."""

    calls: LedgerCalls
    registry: Registry
    agency: Agency
    node: Child
    config: Config
    token: str
    _numbers: Iterator[int] = field(default_factory=count)

    @cached_property
    def http(self) -> httpx.Client:
        url, headers = f"http://127.0.0.1:{self.config.port}", {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)

    def is_ready(self) -> bool:
        if not self.node.is_running:
            raise RuntimeError(f"the node ended:\n{self.node.tail()}")
        try:
            return self.http.get("/health/ready").is_success
        except httpx.ConnectError:
            return False

    def is_level(self) -> bool:
        """Whether the node has indexed everything."""
        head = int(self.calls.rpc("eth_blockNumber"), 16)
        return bool(self.http.get("/v1/ledger").json()["indexed"]["number"] >= head)

    def operations(self, how_many: int) -> list[SignedOperation]:
        """Sign for new holders, each with a phone of its own."""
        kind, domain = OPERATIONS["CreateHolder"], self.registry.domain("DidRegistry")
        deadline, made = self.registry.deadline(), []
        for _ in range(how_many):
            label = f"bench phone {next(self._numbers)}"
            phone = P256Key(label)
            x, y = phone.public_key[:32], phone.public_key[32:]
            message = {"x": x, "y": y, "salt": salt_of(label), "guardian": self.agency.id, "deadline": deadline}
            payload = payload_of(domain, "CreateHolder", message)
            signers = zip(kind.roles, (phone, self.agency.endorser), strict=True)
            signatures = tuple(OperationSignature(role, key.sign(payload)) for role, key in signers)
            made.append(SignedOperation(kind, domain, message, signatures))
        return made

    def through_node(self, how_many: int) -> Run:
        """Post operations and wait until all are final."""
        shown = [operation_to_json(operation) for operation in self.operations(how_many)]
        bodies = [orjson.dumps(shown[start : start + ARRAY]) for start in range(0, len(shown), ARRAY)]
        ids: list[str] = []
        began = time.perf_counter()
        for body in bodies:
            answer = self.http.post("/v1/operations", content=body, headers={"Content-Type": "application/json"})
            answer.raise_for_status()
            ids += [item["id"] for item in answer.json()["operations"]]
        ended, carriers = self._settled(ids)
        return Run(how_many, ended - began, *self._account(carriers, how_many))

    def _settled(self, ids: Sequence[str]) -> tuple[float, list[str]]:
        """When the last became final, and the transactions: only the newest is asked for until it is."""
        waiting, carriers, ended = list(ids), dict[str, None](), 0.0
        while waiting:
            newest = waiting[-1]
            _wait(lambda one=newest: self._state(one)["state"] == "final", f"{newest} final")
            ended = time.perf_counter()
            states = [self._state(one) for one in waiting]
            carriers |= {state["transaction_hash"]: None for state in states if state["state"] == "final"}
            waiting = [state["id"] for state in states if state["state"] != "final"]
        return ended, list(carriers)

    def _state(self, one: str) -> dict[str, Any]:
        state: dict[str, Any] = self.http.get(f"/v1/operations/{one}").raise_for_status().json()
        if state["state"] in {"failed", "expired", "superseded"}:
            raise RuntimeError(f"an operation came to nothing: {state}")
        return state

    def straight(self, shape: Sequence[tuple[int, int]]) -> Run:
        """Send transactions of this shape and wait until all are in blocks."""
        how_many = sum(operations for operations, _ in shape)
        calls = iter([encode_call(operation) for operation in self.operations(how_many)])
        abi, target = self.registry.abi("DidRegistry"), bytes.fromhex(self.registry.contracts["DidRegistry"][2:])
        first = int(self.calls.rpc("eth_getTransactionCount", RELAYER.address, "latest"), 16)
        raws = []
        for nonce, (operations, gas) in enumerate(shape, first):
            data = abi.call_data("batch", [next(calls) for _ in range(operations)])
            transaction = {"nonce": nonce, "to": target, "data": data, "gas": gas, "gasPrice": 0, "value": 0}
            signed = RELAYER.account.sign_transaction({"chainId": self.registry.deployment.chain_id, **transaction})
            raws.append("0x" + signed.raw_transaction.hex())
        began = time.perf_counter()
        sent = [self.calls.rpc("eth_sendRawTransaction", raw) for raw in raws]
        self._mined(raws, first)
        ended = time.perf_counter()
        return Run(how_many, ended - began, *self._account(sent, how_many))

    def _mined(self, raws: Sequence[str], first: int) -> None:
        """Wait until all are in blocks; what the ledger dropped is sent again, as the node does too."""
        done, moved, until = 0, time.monotonic(), time.monotonic() + WAIT_S
        while done < len(raws):
            used = int(self.calls.rpc("eth_getTransactionCount", RELAYER.address, "latest"), 16) - first
            now = time.monotonic()
            if now > until:
                raise RuntimeError(f"not within {WAIT_S:g} s: {len(raws)} transactions in blocks, {used} are")
            if used > done:
                done, moved = used, now
            elif now - moved > STUCK_S:
                moved = now
                for raw in raws[done:]:
                    with suppress(RpcError):  # the ledger has it still
                        self.calls.rpc("eth_sendRawTransaction", raw)
            time.sleep(LOOK_S)

    def _account(self, sent: Sequence[str], how_many: int) -> tuple[int, tuple[tuple[int, int], ...]]:
        """Gas used by transactions, and their shape; all operations must be among them."""
        gas_used, shape = 0, []
        for one in sent:
            receipt = self.calls.rpc("eth_getTransactionReceipt", one)
            transaction = self.calls.rpc("eth_getTransactionByHash", one)
            gas_used += int(receipt["gasUsed"], 16)
            place = int(receipt["blockNumber"], 16), int(receipt["transactionIndex"], 16)
            made = sum(self.registry._decoded(log).name == "HolderCreated" for log in receipt["logs"])
            shape.append((place, made, int(transaction["gas"], 16)))
        if sum(made for _, made, _ in shape) != how_many:
            raise RuntimeError(f"{how_many} operations were sent and {shape} anchored")
        return gas_used, tuple((made, gas) for _, made, gas in sorted(shape))


@contextmanager
def running(folder: Path) -> Iterator[Place]:
    """Start a ledger, its registry, an agency and a node from nothing."""
    with start_ledger(folder / "ledger", relayers=[DEPLOYER.address, RELAYER.address]) as ledger:
        calls = LedgerCalls(ledger.url)
        registry = found(calls, network=ledger.network)  # type: ignore[arg-type]
        agency = admitted(registry, "bench")
        registry.send(encode_call(agency.create()), to=registry.contracts["DidRegistry"])
        config = make_home(registry, folder, port=free_port(random.Random()), poll_interval_s=0.2)
        ledger.add_relayer("0x" + orjson.loads(config.path(config.relayer_keystore).read_bytes())["address"])
        node = Child("node", ["-m", "node", "run", "--home", str(folder)], folder / "node.log")
        place = Place(calls, registry, agency, node, config, make_token(config, "bench"))
        try:
            node.start()
            _wait(place.is_ready, "a node that is ready")
            yield place
        finally:
            node.clean_up()
            place.http.close()
            calls.http.close()


def _wait(check: Callable[[], Any], what: str) -> None:
    until = time.monotonic() + WAIT_S
    while not check():
        if time.monotonic() > until:
            raise RuntimeError(f"not within {WAIT_S:g} s: {what}")
        time.sleep(LOOK_S)


def measure() -> Table:
    """Anchor a few rounds each way, in turn."""
    runs: dict[str, list[Run]] = {"node": [], "straight": []}
    with TemporaryDirectory(prefix="mapae-bench-") as folder, running(Path(folder)) as place:
        place.straight(place.through_node(ARRAY).shape)
        gc.collect()
        for _ in range(ROUNDS):
            for who in runs:
                _wait(place.is_level, "a node that has indexed everything")
                if who == "node":
                    runs[who].append(place.through_node(OPERATIONS_A_ROUND))
                else:
                    runs[who].append(place.straight(runs["node"][-1].shape))
    ratios = [ours.rate / raw.rate for ours, raw in zip(runs["node"], runs["straight"], strict=True)]
    rows = []
    for name, who, ratio in (
        ("straight to the ledger", "straight", 1.0),
        ("through the node", "node", statistics.median(ratios)),
    ):
        done = runs[who]
        total = OPERATIONS_A_ROUND * len(done)
        rows.append(
            (
                name,
                f"{statistics.median(run.rate for run in done):,.0f}",
                figure(ratio),
                f"{sum(run.gas_used for run in done) / total:,.0f}",
                figure(total / sum(len(run.shape) for run in done)),
            )
        )
    return Table(
        title="Anchoring",
        columns=("sent", "operations a second", "x straight", "gas an operation", "operations a transaction"),
        rows=tuple(rows),
        notes=(
            f"The real embedded ledger; {ROUNDS} rounds of {OPERATIONS_A_ROUND} new holders each way, in turn.",
            f"Through the node: posted in arrays of {ARRAY} until all are final, checks, outbox and index included.",
            "Straight: the same batches with the same gas, signed beforehand, sent by one sender without waiting.",
            "The node runs all the time and indexes what was sent straight too.",
            f"Ratios of the rounds: {', '.join(figure(ratio) for ratio in ratios)}.",
        ),
    )


if __name__ == "__main__":
    print(measure().text())
