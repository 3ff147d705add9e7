"""The gate's memories, the phone before it, and the QR code between them, drawn and read again."""

import asyncio
import io
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import segno
import zxingcpp
from PIL import Image

from registry_client.adapters.gate_memory import FileMemory
from registry_client.core.formats.gate_cwt import NONCE_LENGTH, parse_gate_code
from registry_client.core.gate import CHALLENGE_S, REMEMBER_S
from registry_client.core.report import Verdict
from registry_client.errors import ConfigurationError, HolderMismatchError, PurposeExceededError, UndeterminedError
from registry_client.gate import AsyncGate, GateMemory, show_pass
from registry_client.verifier import AsyncVerifier
from tests.simulators.gate_world import GATE_CLAIMS, GROUP, PHOTO, SERVICE, GateWorld
from tests.simulators.ledger import NoTransport
from tests.simulators.world import outcome_of

NOW = 1_790_000_000


@pytest.fixture
def world():
    return GateWorld()


@pytest.fixture(params=["process", "file"])
def make_memory(request, tmp_path):
    opened = []

    def make(**options):
        if request.param == "process":
            return GateMemory(**options)
        opened.append(FileMemory(tmp_path / "gate" / "group.sqlite", **options))
        return opened[-1]

    yield make
    for memory in opened:
        memory.close()


class TestMemory:
    def test_a_code_is_new_once(self, make_memory):
        memory = make_memory()
        assert memory.remember(b"a", at=NOW)
        assert not memory.remember(b"a", at=NOW)
        assert memory.remember(b"b", at=NOW)

    @pytest.mark.parametrize(("later", "new"), [(0, False), (REMEMBER_S, False), (REMEMBER_S + 1, True)])
    def test_it_is_remembered_for_a_minute(self, make_memory, later, new):
        memory = make_memory()
        memory.remember(b"a", at=NOW)
        assert memory.remember(b"a", at=NOW + later) is new

    def test_a_clock_set_back_forgets_nothing(self, make_memory):
        memory = make_memory()
        memory.remember(b"a", at=NOW)
        assert not memory.remember(b"a", at=NOW - 3_600)

    def test_it_is_bounded_and_a_full_one_says_neither_yes_nor_no(self, make_memory):
        memory = make_memory(limit=3)
        for key in (b"a", b"b", b"c"):
            assert memory.remember(key, at=NOW)
        with pytest.raises(UndeterminedError, match="full"):
            memory.remember(b"d", at=NOW + REMEMBER_S)
        assert not memory.remember(b"a", at=NOW + REMEMBER_S)
        assert memory.remember(b"d", at=NOW + REMEMBER_S + 1)

    def test_of_many_lanes_at_once_one_wins(self, make_memory):
        memory = make_memory()
        in_one_process = isinstance(memory, GateMemory)  # a file is opened once by each lane
        lanes = [memory] * 16 if in_one_process else [make_memory() for _ in range(8)]
        with ThreadPoolExecutor(len(lanes)) as pool:
            for key in (bytes([number]) for number in range(20)):
                results = list(pool.map(lambda lane, key=key: lane.remember(key, at=NOW), lanes))
                assert results.count(True) == 1


def test_a_file_remembers_over_a_restart(tmp_path):
    path = tmp_path / "used.sqlite"
    with FileMemory(path) as memory:
        assert memory.remember(b"a", at=NOW)
    with FileMemory(path) as memory:
        assert not memory.remember(b"a", at=NOW + 1)


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "used.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(ConfigurationError, match=r"used\.sqlite"):
        FileMemory(path)


def test_a_file_that_another_holds_decides_nothing(tmp_path, monkeypatch, world):
    monkeypatch.setattr("registry_client.adapters.gate_memory.WAIT_S", 0.05)
    path = tmp_path / "used.sqlite"
    with FileMemory(path) as memory:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        report = world.scan(world.code(world.issue_pass()), gate=world.make_gate(memory=memory))
        other.close()
    assert report.verdict is Verdict.UNDETERMINED
    assert outcome_of(report, 7) == ("undetermined", "undetermined")


def test_the_file_holds_nothing_about_a_person(tmp_path, world):
    path = tmp_path / "used.sqlite"
    with FileMemory(path) as memory:
        world.scan(world.code(world.issue_pass()), gate=world.make_gate(memory=memory))
    data = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for text in ("김하늘", "행정안전부", world.officer.rsplit(":", 1)[1]):
        assert text.encode() not in data


class TestPhone:
    def test_every_code_has_a_number_of_its_own(self, world):
        text = world.issue_pass()
        codes = [show_pass(text, signer=world.phone, group=GROUP, created=world.when()) for _ in range(20)]
        numbers = {parse_gate_code(code).proof.nonce for code in codes}
        assert len(numbers) == 20
        assert all(len(number) == 2 * NONCE_LENGTH for number in numbers)
        assert all(world.scan(code).verdict is Verdict.ACCEPTED for code in codes)

    def test_another_phones_pass_is_not_shown(self, world):
        with pytest.raises(HolderMismatchError):
            show_pass(world.issue_pass(), signer=world.thief, group=GROUP, created=world.when())

    def test_a_naive_time_is_a_programmers_mistake(self, world):
        with pytest.raises(TypeError):
            show_pass(world.issue_pass(), signer=world.phone, group=GROUP, created=datetime(2026, 1, 1))  # noqa: DTZ001


class TestGate:
    def test_challenges_differ_and_expire(self, world):
        first, second = (world.lane.challenge(as_of=world.when()) for _ in range(2))
        assert first.nonce != second.nonce
        late = world.when(CHALLENGE_S)
        code = show_pass(world.issue_pass(), signer=world.phone, group=GROUP, created=late, nonce=first.nonce)
        assert world.scan(code, challenge=first, at=CHALLENGE_S).verdict is Verdict.ACCEPTED

    def test_without_a_service_everything_shown_is_taken(self, world):
        gate = world.make_gate(service=None, owner=None)
        assert world.scan(world.code(world.issue_pass()), gate=gate).require_accepted().claims == GATE_CLAIMS

    def test_a_service_needs_its_verifier(self, world):
        report = world.scan(world.code(world.issue_pass()), gate=world.make_gate(owner=None))
        assert outcome_of(report, 8) == ("failed", "purpose-exceeded")
        assert report.reason.type_uri == PurposeExceededError.type_uri

    def test_an_unreachable_ledger_decides_nothing(self, world):
        report = world.make_gate(policy=type(world.policy)(max_head_age_s=0)).scan(
            world.code(world.issue_pass()), as_of=datetime.fromtimestamp(world.ledger.now + 5, UTC)
        )
        assert report.verdict is Verdict.UNDETERMINED


class TestAwaitedGate:
    """The same flow, awaited: what one says the other says, over one memory."""

    def gate(self, world, memory, **options):
        class Awaited:
            async def send(self, request):
                return NoTransport().send(request)

        options = {"owner": world.gate, "policy": world.policy, "service": SERVICE} | options
        return AsyncGate(AsyncVerifier(world.ledger, Awaited(), keep_s=0), group=GROUP, memory=memory, **options)

    def test_it_says_what_a_gate_says(self, world):
        code = world.code(world.issue_pass())
        told = asyncio.run(self.gate(world, GateMemory()).scan(code, as_of=world.when()))
        assert told.verdict is Verdict.ACCEPTED
        assert told.to_json() == world.scan(code).to_json()

    def test_of_many_lanes_at_once_one_lets_in(self, world):
        gate, code = self.gate(world, GateMemory()), world.code(world.issue_pass())

        async def crowd():
            return await asyncio.gather(*(gate.scan(code, as_of=world.when()) for _ in range(8)))

        verdicts = [report.verdict for report in asyncio.run(crowd())]
        assert (verdicts.count(Verdict.ACCEPTED), verdicts.count(Verdict.REJECTED)) == (1, 7)

    def test_a_memory_is_shared_with_the_other_kind(self, world):
        memory, code = GateMemory(), world.code(world.issue_pass())
        assert world.scan(code, gate=world.make_gate(memory=memory)).verdict is Verdict.ACCEPTED
        again = asyncio.run(self.gate(world, memory).scan(code, as_of=world.when()))
        assert outcome_of(again, 7) == ("failed", "replayed-proof")

    def test_it_challenges(self, world):
        gate = self.gate(world, GateMemory())
        shown = gate.challenge(as_of=world.when())
        options = {"signer": world.phone, "group": GROUP, "created": world.when()}
        answer = show_pass(world.issue_pass(), nonce=shown.nonce, **options)
        other = show_pass(world.issue_pass(), **options)
        assert asyncio.run(gate.scan(answer, as_of=world.when(), challenge=shown)).verdict is Verdict.ACCEPTED
        refused = asyncio.run(gate.scan(other, as_of=world.when(), challenge=shown))
        assert outcome_of(refused, 7) == ("failed", "challenge-mismatch")


CAMERAS = {
    "near": (8, None),
    "far": (3, None),
    "in a full frame": (6, (1920, 1080)),
}


@pytest.mark.parametrize("camera", CAMERAS)
def test_drawn_printed_and_read_again(world, camera):
    scale, frame = CAMERAS[camera]
    code = world.code(world.issue_pass())
    buffer = io.BytesIO()
    segno.make(code, error="m").save(buffer, kind="png", scale=scale, border=4)
    image = Image.open(buffer).convert("L")
    if frame is not None:
        scene = Image.new("L", frame, 120)
        scene.paste(image.rotate(7, expand=True, fillcolor=120), (700, 200))
        image = scene
    (read,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)  # as the product reads
    assert read.text == code
    assert world.scan(read.text).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    "claims", [GATE_CLAIMS, GATE_CLAIMS | {"photoDigest": PHOTO}], ids=["name and institution", "with a photo digest"]
)
def test_a_pass_with_a_korean_name_fits_version_17(world, claims):
    code = world.code(world.issue_pass(claims=claims, index=131_071))
    drawn = segno.make(code, error="m", boost_error=False, micro=False)
    assert drawn.mode == "alphanumeric"
    assert drawn.error == "M"
    assert drawn.version <= 17
