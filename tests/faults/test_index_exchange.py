"""An index from another node's file: believed when this node's own ledger confirms all of it, and else not at all."""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from node.adapters.store_sql.digest import index_digest
from node.cli import main
from node.cli.index_exchange import export_index, import_
from node.config import CONFIG_FILE, Config, as_toml
from node.stores import open_index, open_stores
from registry_client.errors import ConfigurationError, InvalidInputError, LedgerInconsistentError, WrongLedgerError
from tests.faults.everything import indexed, tell_everything
from tests.faults.node_world import digest_after_catching_up
from tests.support.anvil import anvil
from tests.support.chain import Registry, found
from tests.support.databases import Database
from tests.support.postgresql import Cluster

pytestmark = pytest.mark.chain

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Registry, Config, Path]]:
    """A ledger on which everything has happened, a node's home, and the file that the node wrote."""
    with anvil() as ledger:
        registry = found(ledger)
        tell_everything(registry)
        folder = tmp_path_factory.mktemp("exchange")
        config = indexed(registry, folder / "home")
        exported(config, folder / "index.jsonl.gz")
        yield registry, config, folder / "index.jsonl.gz"


def newcomer_in(config: Config, home: Path, *, database: str = "") -> Config:
    """The home of a node that has no index yet."""
    config = replace(config, home=home, database=database)
    (config.home / "node").mkdir(parents=True)
    (config.home / CONFIG_FILE).write_text(as_toml(config))
    return config


@pytest.fixture
def newcomer(told: tuple[Registry, Config, Path], tmp_path: Path) -> Config:
    return newcomer_in(told[1], tmp_path / "newcomer")


@pytest.fixture
def either(told: tuple[Registry, Config, Path], tmp_path: Path, database: Database) -> Config:
    """The same with its index in a file of the home, and in PostgreSQL."""
    return newcomer_in(told[1], tmp_path / "newcomer", database=database.url)


def digest_now(config: Config) -> dict[str, object]:
    engine = open_index(config)
    try:
        return index_digest(engine)
    finally:
        engine.dispose()


def places(config: Config) -> list[str]:
    """Where indexes are: files of the home, or schemas of the database."""
    if not config.database:
        return sorted(path.name for path in config.index_path.parent.glob("index.*") if path.suffix == ".sqlite")
    with psycopg.connect(config.database) as db:
        found = db.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'mapae_index%' ORDER BY 1")
        return [row[0] for row in found]


def exported(config: Config, file: Path) -> dict[str, object]:
    engine = open_index(config)
    try:
        return export_index(config, engine, file)
    finally:
        engine.dispose()


def take(config: Config, file: Path, **more: Any) -> None:
    import_(file, home=config.home, **{"rpc_url": None, "digest": "", "moved": False, "as_json": True, **more})


def rewritten(file: Path, target: Path, change: Callable[[Lines], Lines | None]) -> Path:
    """Change a file's lines as somebody would who knows the format: its own digest fits again."""
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    lines = change(lines) or lines
    body = b"".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for line in lines[:-1])
    last = {"events": len(lines) - 2, "sha256": hashlib.sha256(body).hexdigest()}
    target.write_bytes(gzip.compress(body + json.dumps(last, separators=(",", ":")).encode() + b"\n"))
    return target


def test_imported_index_is_the_one_that_a_rebuild_makes(
    told: tuple[Registry, Config, Path],
    either: Config,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "sys.argv", ["mapae-node", "index", "import", str(told[2]), "--home", str(either.home), "--json"]
    )
    assert main() == 0
    report = json.loads(capsys.readouterr().out)  # and nothing beside it: a lease that was taken is not told here
    assert report["events"] > 40
    rebuilt = digest_after_catching_up(either, fresh=True)
    assert digest_now(either) == {name: report[name] for name in rebuilt} == rebuilt
    again = either.home / "again.jsonl.gz"
    exported(either, again)
    assert gzip.decompress(again.read_bytes()) == gzip.decompress(told[2].read_bytes())
    assert places(either) == (["mapae_index"] if either.database else ["index.sqlite"])


def test_refused_file_leaves_the_index_that_was_there(
    told: tuple[Registry, Config, Path], either: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    take(either, told[2])
    before = digest_now(either), places(either)
    lie = lie_and_vouch(told[2], either.home / "lie.jsonl.gz", longer_role, either)
    with pytest.raises(LedgerInconsistentError, match="nothing was imported"):
        take(either, lie)
    assert "DIFFERS" in capsys.readouterr().out
    assert (digest_now(either), places(either)) == before


def test_import_waits_for_no_node_that_is_indexing(
    told: tuple[Registry, Config, Path], tmp_path: Path, postgresql: Cluster
) -> None:
    config = newcomer_in(told[1], tmp_path / "newcomer", database=postgresql.create())
    stores = open_stores(config)
    try:
        assert stores.leases is not None
        assert stores.leases.indexer.keep()
        with pytest.raises(ConfigurationError, match="a node is indexing"):
            take(config, told[2])
        assert places(config) == ["mapae_index"]
    finally:
        stores.close()
        postgresql.give_back(config.database)


def test_trusted_digest_is_required_where_it_is_given(told: tuple[Registry, Config, Path], newcomer: Config) -> None:
    head = json.loads(gzip.decompress(told[2].read_bytes()).splitlines()[0])
    with pytest.raises(LedgerInconsistentError, match="not the one you trust"):
        take(newcomer, told[2], digest="0x" + "11" * 32)
    take(newcomer, told[2], digest=head["digest"])
    assert newcomer.index_path.exists()


def of_type(lines: Lines, kind: str) -> dict[str, Any]:
    return next(line for line in lines if line.get("type") == kind)


def flip_bits(lines: Lines) -> None:
    of_type(lines, "StatusChanged")["fields"]["masks"][0] = "0x1"


def other_document(lines: Lines) -> None:
    of_type(lines, "DocumentUpdated")["fields"]["document"] = "0x7b7d"


def longer_role(lines: Lines) -> None:
    of_type(lines, "RoleGranted")["fields"]["until"] += 999


def other_root(lines: Lines) -> None:
    of_type(lines, "IssuanceAnchored")["fields"]["root"] = "0x" + "22" * 32


def dropped_event(lines: Lines) -> Lines:
    lost = of_type(lines, "GrantEnded")
    return [line for line in lines if line is not lost]


def invented_time(lines: Lines) -> None:
    of_type(lines, "HolderCreated")["block_time"] += 1


def malformed(lines: Lines) -> None:
    of_type(lines, "HolderCreated")["fields"]["x"] = "0x12"


def too_many_fields(lines: Lines) -> None:
    of_type(lines, "HolderCreated")["fields"]["more"] = 1


def swapped(lines: Lines) -> Lines:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def other_network(lines: Lines) -> None:
    lines[0]["network"] = "dev-000000"


def other_ledger(lines: Lines) -> None:
    lines[0]["block_hash"] = "0x" + "33" * 32


def claims_more(lines: Lines) -> None:
    lines[0]["digest"] = "0x" + "44" * 32


REFUSED = {
    flip_bits: LedgerInconsistentError,
    other_document: LedgerInconsistentError,
    longer_role: LedgerInconsistentError,
    other_root: LedgerInconsistentError,
    dropped_event: LedgerInconsistentError,
    invented_time: WrongLedgerError,
    malformed: InvalidInputError,
    too_many_fields: InvalidInputError,
    swapped: InvalidInputError,
    other_network: ConfigurationError,
    other_ledger: WrongLedgerError,
    claims_more: LedgerInconsistentError,
}


@pytest.mark.parametrize("change", REFUSED, ids=lambda change: change.__name__)
def test_file_that_lies_leaves_everything_as_it_was(
    told: tuple[Registry, Config, Path], newcomer: Config, change: Callable[[Lines], Lines | None]
) -> None:
    newcomer.index_path.write_bytes(b"what was here before")
    file = rewritten(told[2], newcomer.home / "lie.jsonl.gz", change)
    with pytest.raises(REFUSED[change]):
        take(newcomer, file)
    assert newcomer.index_path.read_bytes() == b"what was here before"
    assert [path.name for path in newcomer.index_path.parent.glob("index.*")] == ["index.sqlite"]


def lie_and_vouch(file: Path, target: Path, change: Callable[[Lines], Lines | None], config: Config) -> Path:
    """A lie whose file also names the digest that its own index would have."""
    lie = rewritten(file, target, change)
    with pytest.raises(LedgerInconsistentError) as caught:
        take(config, lie)
    found_digest = caught.value.evidence["found"]
    return rewritten(lie, target, lambda lines: lines[0].update(digest=found_digest))


@pytest.mark.parametrize(
    "change", [flip_bits, longer_role, other_root, dropped_event], ids=lambda change: change.__name__
)
def test_consistent_lie_is_found_by_the_ledgers_state(
    told: tuple[Registry, Config, Path],
    newcomer: Config,
    change: Callable[[Lines], Lines | None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = lie_and_vouch(told[2], newcomer.home / "lie.jsonl.gz", change, newcomer)
    with pytest.raises(LedgerInconsistentError, match="nothing was imported"):
        take(newcomer, file)
    assert "DIFFERS" in capsys.readouterr().out
    assert not newcomer.index_path.exists()


@pytest.mark.parametrize("how", ["cut", "flipped", "not gzip", "bomb", "more behind"])
def test_damaged_file_is_refused(told: tuple[Registry, Config, Path], newcomer: Config, how: str) -> None:
    data, file = told[2].read_bytes(), newcomer.home / "damaged.jsonl.gz"
    match how:
        case "cut":
            file.write_bytes(data[:-40])
        case "flipped":
            file.write_bytes(data[:800] + bytes([data[800] ^ 8]) + data[801:])
        case "not gzip":
            file.write_bytes(b"\0" * 100)
        case "bomb":
            file.write_bytes(gzip.compress(b"1" * (64 << 20)))
        case _:
            file.write_bytes(data + gzip.compress(b"{}\n"))
    with pytest.raises((InvalidInputError, LedgerInconsistentError, WrongLedgerError)):
        take(newcomer, file)
    assert not newcomer.index_path.exists()
