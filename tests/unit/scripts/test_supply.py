"""The audit of what is locked: a lock that is none, an advisory that applies, a file that was changed."""

import json
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from supply import audit
from supply.advisories import AdvisoryError, hits, read_folder
from supply.audit import recorded_hashes, sha256_of
from supply.components import Component as Locked
from supply.components import LockError, npm_components, read_lock

SHA256 = "a" * 64


def component(version: str, *, name: str = "thing", ecosystem: str = "pypi") -> Locked:
    return Locked(ecosystem, name, version, (("sha256", SHA256),), "MIT")


def advisory(*events: dict, versions: tuple = (), ecosystem: str = "PyPI", name: str = "thing", **more) -> dict:
    span = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    affected = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": span, "versions": list(versions)}
    return {"id": "X-1", "affected": [affected], **more}


def test_a_lock_gives_names_versions_markers_and_hashes(tmp_path: Path) -> None:
    lock = tmp_path / "run.txt"
    lock.write_text(f"# made by a tool\nthing[extra]==1.2 ; sys_platform == 'linux' \\\n    --hash=sha256:{SHA256}\n")
    assert list(read_lock(lock)) == [("thing", "1.2", "sys_platform == 'linux'", (("sha256", SHA256),))]


@pytest.mark.parametrize(
    "line",
    [
        f"thing>=1.2 --hash=sha256:{SHA256}",
        "thing==1.2",
        "thing==1.2 --hash=sha256:abc",
        f"thing @ https://example.org/thing.whl --hash=sha256:{SHA256}",
        f"-r other.txt --hash=sha256:{SHA256}",
        f"./thing --hash=sha256:{SHA256}",
    ],
)
def test_a_lock_that_pins_nothing_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "run.txt").write_text(line + "\n")
    with pytest.raises(LockError):
        list(read_lock(tmp_path / "run.txt"))


@pytest.mark.parametrize("entry", [{"version": "1"}, {"version": "1", "integrity": "sha1-aaaa"}])
def test_an_npm_lock_without_strong_hashes_is_refused(tmp_path: Path, entry: dict) -> None:
    lock = tmp_path / "package-lock.json"
    lock.write_text(json.dumps({"packages": {"": {}, "node_modules/thing": entry}}))
    with pytest.raises(LockError, match="SHA-512"):
        list(npm_components(lock))


def test_an_npm_package_that_runs_a_script_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "package-lock.json"
    entry = {"version": "1", "integrity": "sha512-" + "A" * 86 + "==", "hasInstallScript": True}
    lock.write_text(json.dumps({"packages": {"": {}, "node_modules/thing": entry}}))
    with pytest.raises(LockError, match="script"):
        list(npm_components(lock))


@pytest.mark.parametrize(
    ("version", "affected"),
    [("0.9", False), ("1.0", True), ("1.9.9", True), ("2.0", False), ("2.5", False), ("3.1", True), ("2.0rc1", True)],
)
def test_ranges_are_walked_in_the_order_of_versions(version: str, affected: bool) -> None:
    known = advisory({"introduced": "1.0"}, {"fixed": "2.0"}, {"introduced": "3.0"})
    assert [hit.advisory for hit in hits([component(version)], [known])] == (["X-1"] if affected else [])


def test_the_release_that_mends_it_is_named() -> None:
    (hit,) = hits([component("1.5")], [advisory({"introduced": "0"}, {"fixed": "1.6"}, summary="a hole")])
    assert (hit.fixed, hit.summary) == ("1.6", "a hole")


@pytest.mark.parametrize("version", ["1.0", "1.4", "1.5"])
def test_last_affected_includes_itself(version: str) -> None:
    known = advisory({"introduced": "0"}, {"last_affected": "1.4"})
    assert bool(list(hits([component(version)], [known]))) is (version != "1.5")


def test_listed_versions_count_without_a_range() -> None:
    assert list(hits([component("1.5")], [advisory(versions=("1.5",))]))
    assert not list(hits([component("1.5")], [advisory(versions=("1.4",))]))


def test_another_ecosystem_name_or_a_withdrawn_advisory_affects_nothing() -> None:
    everything = {"introduced": "0"}
    ours = [component("1.5")]
    assert not list(hits(ours, [advisory(everything, ecosystem="npm")]))
    assert not list(hits(ours, [advisory(everything, name="other")]))
    assert not list(hits(ours, [advisory(everything, withdrawn="2026-01-01T00:00:00Z")]))
    assert list(hits([component("1.5", ecosystem="npm")], [advisory(everything, ecosystem="npm")]))


@pytest.mark.parametrize("text", ["{", "[]", '{"summary": "no id"}'])
def test_a_folder_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "X-1.json").write_text(text)
    with pytest.raises(AdvisoryError, match=r"X-1\.json"):
        list(read_folder(tmp_path))


def test_a_changed_file_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "thing-1.0.dist-info"
    folder.mkdir()
    (tmp_path / "thing.py").write_text("honest\n")
    honest = sha256_of(tmp_path / "thing.py")
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
    (folder / "RECORD").write_text(f"thing.py,sha256={honest},7\nthing-1.0.dist-info/RECORD,,\n")
    recorded = recorded_hashes([Distribution.at(folder)])
    assert [sha256_of(path) in hashes for path, hashes in recorded.items()] == [True]
    (tmp_path / "thing.py").write_text("changed\n")
    assert [sha256_of(path) in hashes for path, hashes in recorded.items()] == [False]
    (tmp_path / "thing.py").unlink()
    assert [sha256_of(path) in hashes for path, hashes in recorded.items()] == [False]


def test_what_make_run_installs_speaks_every_format() -> None:
    """pyld (extra `ld`) is what the RDF cryptosuites need; segno (extra `qr`) what a gate's code needs."""
    names = {name for name, *_ in read_lock(Path(__file__).parents[3] / "requirements" / "run.txt")}
    assert {"pyld", "segno", "fastjsonschema"} <= names


def test_the_audit_names_what_is_outside_the_list_and_ends_with_what_it_did_not_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    odd = Locked("pypi", "odd", "1.0", (("sha256", SHA256),), "Odd-1.0")
    review = tmp_path / "review.md"
    review.write_text("| `Odd-1.0` | `odd` | answered |\n")
    for name, value in (("locked", list), ("installed", list), ("product", lambda: [component("1"), odd])):
        monkeypatch.setattr(audit, name, value)
    monkeypatch.setattr(audit, "REVIEW", review)
    monkeypatch.setattr("sys.argv", ["audit"])
    assert audit.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["odd:", "Odd-1.0"] for line in lines)
    assert lines[-1].startswith("No advisories were read")
