"""What can go wrong with the embedded ledger, as one tree; each error says its cause and the next step.

EmbeddedLedgerError                 anything that stops the ledger, or keeps it from starting
├── UnsupportedSystemError          not Linux on x86-64 or arm64
├── EngineMissingError              no anvil binary found
├── EngineVersionError              an anvil of another version
├── EngineFailedError               anvil did not start, died, or answered nonsense
├── LedgerLockedError               another process has this ledger open
├── JournalDamagedError             a record is damaged, missing or out of order
├── JournalShortError               the journal ends before a block that was acknowledged
├── JournalForeignError             the journal belongs to another engine, hard fork or format
├── ReplayMismatchError             a replayed block got another hash than its record
├── StorageFullError                no room for the next record
├── StorageError                    the disk refused a write for another reason
├── PortTakenError                  the gate's port is in use
├── RelayerFileError                the list of known relayers cannot be read
├── BackupDamagedError              a backup or an export is not what its manifest says
├── FolderTakenError                something is where a backup, an export or a restored ledger should go
├── HeartbeatError                  the interval of the heartbeat is out of bounds
└── LedgerStoppedError              the launcher's view: the child ended, or said why it will not start
"""

from dataclasses import asdict, dataclass
from typing import Final, Self

from registry_client.errors import LedgerUnavailableError


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence for people, in both languages of the house."""

    en: str
    ko: str

    def as_dict(self) -> dict[str, str]:
        """Return {"en": ..., "ko": ...}."""
        return asdict(self)

    @classmethod
    def of(cls, value: object) -> Self:
        """Read what `as_dict` returned. Raises TypeError for anything else."""
        if not isinstance(value, dict):
            raise TypeError(f"a text in two languages, not {value!r}")
        return cls(str(value["en"]), str(value["ko"]))


RESTORE: Final = Text(
    "Restore the ledger's folder from a backup that is whole; `mapae-node ledger check` tells whether one is.",
    "온전한 백업에서 원장 폴더를 복원하십시오. 백업이 온전한지는 `mapae-node ledger check`로 확인합니다.",
)


class EmbeddedLedgerError(LedgerUnavailableError):
    """Root of the tree. `code` is for machines, `exit_code` the process's, `remedy` the next step."""

    code: str = "ledger-failed"
    exit_code: int = 70
    heading: Text = Text("The ledger stopped", "원장이 멈췄습니다")
    remedy: Text = Text(
        "Start it again: the start recovers. If it fails again, run `mapae-node ledger check`.",
        "다시 시작하면 복구합니다. 또 실패하면 `mapae-node ledger check`를 실행하십시오.",
    )

    def as_report(self) -> dict[str, object]:
        """Return {code, exit_code, detail, title{en,ko}, remedy{en,ko}} for the process that started the ledger."""
        return {
            "code": self.code,
            "exit_code": self.exit_code,
            "detail": self.detail,
            "title": self.heading.as_dict(),
            "remedy": self.remedy.as_dict(),
        }


class UnsupportedSystemError(EmbeddedLedgerError):
    """The embedded ledger runs on Linux x86-64 and arm64 (WSL2 included)."""

    code = "unsupported-system"
    exit_code = 69
    heading = Text("The embedded ledger does not run on this system", "이 시스템에서는 내장 원장을 실행할 수 없습니다")
    remedy = Text(
        "Use Linux or WSL2 on x86-64 or arm64, or name the JSON-RPC of another ledger in the node's configuration.",
        "x86-64 또는 arm64의 Linux나 WSL2를 쓰거나, 노드 설정에 다른 원장의 JSON-RPC 주소를 적으십시오.",
    )


class EngineMissingError(EmbeddedLedgerError):
    """No anvil binary in any of the places that are searched."""

    code = "engine-missing"
    exit_code = 69
    heading = Text("The ledger's engine (anvil) was not found", "원장 엔진(anvil)을 찾을 수 없습니다")
    remedy = Text(
        "Run `npm ci` in the project's folder, or set MAPAE_ANVIL to an anvil 1.7.1 binary.",
        "프로젝트 폴더에서 `npm ci`를 실행하거나 MAPAE_ANVIL에 anvil 1.7.1 실행 파일을 지정하십시오.",
    )


class EngineVersionError(EmbeddedLedgerError):
    """Block hashes depend on the engine's version, so exactly one is accepted."""

    code = "engine-version"
    exit_code = 69
    heading = Text("The ledger's engine has the wrong version", "원장 엔진의 버전이 다릅니다")
    remedy = EngineMissingError.remedy


class EngineFailedError(EmbeddedLedgerError):
    """Anvil did not start, died, or answered something that is not the protocol."""

    code = "engine-failed"
    heading = Text("The ledger's engine failed", "원장 엔진에 오류가 났습니다")


class LedgerLockedError(EmbeddedLedgerError):
    """Another process holds the lock of this ledger's home."""

    code = "ledger-locked"
    exit_code = 75
    heading = Text("This ledger is already running", "이 원장은 이미 실행 중입니다")
    remedy = Text(
        "Use the running one, stop it first, or choose another home with MAPAE_HOME.",
        "실행 중인 것을 쓰거나 먼저 멈추거나, MAPAE_HOME으로 다른 폴더를 고르십시오.",
    )


class JournalDamagedError(EmbeddedLedgerError):
    """A record that others rest on is damaged or missing; nothing was changed on the disk."""

    code = "journal-damaged"
    exit_code = 65
    heading = Text("The ledger's journal is damaged", "원장의 기록이 손상되었습니다")
    remedy = RESTORE


class JournalShortError(EmbeddedLedgerError):
    """The journal ends before a block that clients were told is final."""

    code = "journal-short"
    exit_code = 65
    heading = Text("The ledger's journal has lost its end", "원장 기록의 끝부분이 사라졌습니다")
    remedy = Text(
        "Restore the journal from a backup. Without one, and only if losing these blocks is accepted: delete the file "
        "`acknowledged` and any newer snapshot in the ledger's folder, then tell everybody who relied on them.",
        "백업에서 기록을 복원하십시오. 백업이 없고 해당 블록의 손실을 받아들일 때만 원장 폴더의 `acknowledged` 파일과 "
        "더 새로운 스냅숏을 지우고, 그 블록에 의존한 모든 기관에 알리십시오.",
    )


class JournalForeignError(EmbeddedLedgerError):
    """The journal pins another format, engine version, hard fork or set of flags than this program runs."""

    code = "journal-foreign"
    exit_code = 65
    heading = Text("This journal was written by another version", "다른 버전이 작성한 원장 기록입니다")
    remedy = Text(
        "Start it with the version of mapae and anvil that the detail names, or choose another home with MAPAE_HOME.",
        "위에 적힌 버전의 mapae와 anvil로 시작하거나 MAPAE_HOME으로 다른 폴더를 고르십시오.",
    )


class ReplayMismatchError(EmbeddedLedgerError):
    """The engine does not reproduce a recorded block: nothing is served rather than another history."""

    code = "replay-mismatch"
    exit_code = 65
    heading = Text("The replayed ledger differs from its journal", "재생한 원장이 기록과 다릅니다")
    remedy = RESTORE


class StorageFullError(EmbeddedLedgerError):
    """A record did not fit on the disk. It was shown to nobody; the next start cuts what was written of it."""

    code = "storage-full"
    exit_code = 74
    heading = Text("The disk is full", "디스크가 가득 찼습니다")
    remedy = Text(
        "Free some space (or raise the quota) and start again: everything that was acknowledged is kept.",
        "공간을 확보하거나 할당량을 늘린 뒤 다시 시작하십시오. 확인된 것은 모두 남아 있습니다.",
    )


class StorageError(EmbeddedLedgerError):
    """The disk refused a write or a read."""

    code = "storage-failed"
    exit_code = 74
    heading = Text("The ledger's folder cannot be read or written", "원장 폴더를 읽거나 쓸 수 없습니다")
    remedy = Text(
        "Check the disk and the folder's permissions, then start again.",
        "디스크와 폴더 권한을 확인한 뒤 다시 시작하십시오.",
    )


class PortTakenError(EmbeddedLedgerError):
    """The gate could not listen on the port asked for."""

    code = "port-taken"
    exit_code = 75
    heading = Text("The ledger's port is taken", "원장이 쓸 포트가 이미 사용 중입니다")
    remedy = Text("Choose another port, or 0 for a free one.", "다른 포트를 고르거나 0으로 빈 포트를 쓰십시오.")

    @classmethod
    def of(cls, port: int, error: OSError) -> Self:
        """Make one from what the system said."""
        return cls(f"127.0.0.1:{port} cannot be used: {error.strerror}", port=port)


class RelayerFileError(EmbeddedLedgerError):
    """The file of known relayers is not a JSON array of addresses."""

    code = "relayer-file"
    exit_code = 78
    heading = Text("The list of known relayers cannot be read", "등록된 중계자 목록을 읽을 수 없습니다")
    remedy = Text(
        "Correct `relayers.json` in the ledger's folder: a JSON array of 0x-addresses.",
        "원장 폴더의 `relayers.json`을 0x 주소의 JSON 배열로 고치십시오.",
    )


class BackupDamagedError(EmbeddedLedgerError):
    """A backup's files are not those of its manifest, or do not replay to its hashes; nothing was restored."""

    code = "backup-damaged"
    exit_code = 65
    heading = Text("This backup cannot be believed", "이 백업은 믿을 수 없습니다")
    remedy = Text(
        "Take another backup. Nothing was put in place of the ledger's folder.",
        "다른 백업을 쓰십시오. 원장 폴더에는 아무것도 옮기지 않았습니다.",
    )


class FolderTakenError(EmbeddedLedgerError):
    """The folder to write to holds something; it is never written over."""

    code = "folder-taken"
    exit_code = 73
    heading = Text("There is something in that folder already", "그 폴더에 이미 다른 것이 있습니다")
    remedy = Text(
        "Name a folder that does not exist yet, or move what is there aside first.",
        "아직 없는 폴더를 적거나, 있는 것을 먼저 다른 곳으로 옮기십시오.",
    )


class HeartbeatError(EmbeddedLedgerError):
    """The interval asked for is not one that a ledger can keep."""

    code = "heartbeat-interval"
    exit_code = 64
    heading = Text("This is no interval for the ledger's heartbeat", "원장 하트비트의 간격이 될 수 없는 값입니다")
    remedy = Text(
        "Give whole seconds from 10 to 86400, or 0 for no heartbeat.",
        "10에서 86400까지의 초를 정수로 적거나, 하트비트를 끄려면 0을 적으십시오.",
    )


class LedgerStoppedError(EmbeddedLedgerError):
    """What the launcher raises: the ledger's process ended or refused to start.

    Code, exit code, heading and remedy are those of the child's own report where it made one.
    """

    code = "ledger-stopped"

    def __init__(self, detail: str, *, report: dict[str, object] | None = None, **evidence: object) -> None:
        """`report`: what the child said ({code, exit_code, detail, title, remedy}), None if it said nothing."""
        super().__init__(detail, **evidence)
        if report is not None:
            self.code = str(report["code"])
            self.exit_code = int(str(report["exit_code"]))
            self.heading = Text.of(report["title"])
            self.remedy = Text.of(report["remedy"])
        self.report = report if report is not None else super().as_report()

    def as_report(self) -> dict[str, object]:
        """Return the child's own report where it made one."""
        return self.report
