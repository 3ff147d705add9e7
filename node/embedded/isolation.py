"""A network of its own for the ledger's process: the engine's port exists for nobody else.

anvil always listens on TCP and obeys whoever connects; `anvil_setStorageAt` needs no right. So the supervisor moves
into a fresh network namespace before it starts anvil: the two share its loopback, and nothing else is in there.
- A socket stays in the namespace that it was made in: the gate's is bound before, and clients reach it as ever.
- An ordinary user gets the right to do so from a user namespace of one user, himself. Files stay his.
- It is tried in a forked child first: some systems let a process in and then take from it what it came for.
"""

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.embedded.errors import EngineFailedError, Text

CODE: Final = "engine-port-open"
HEADING: Final = Text("The ledger's engine is open to this machine", "원장 엔진이 이 컴퓨터에 열려 있습니다")
_NEW_NET: Final = 0x40000000
_NEW_USER: Final = 0x10000000
_WAYS: Final = (_NEW_NET, _NEW_NET | _NEW_USER)
"""Flags of unshare(2), tried in this order: root needs no user namespace."""
_GET_FLAGS: Final = 0x8913
_SET_FLAGS: Final = 0x8914
_IFF_UP: Final = 1
_IFREQ: Final = struct.Struct("16sh22x")
"""struct ifreq of netdevice(7): name, flags, and the rest of its union."""
_OWN_NETWORK: Final = Path("/proc/self/ns/net")
_UNSHARE: Final = "unshare"
_REASON_MAX: Final = 1000
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Exposure:
    """The kernel refused: the engine's port is open to every process on this machine. `detail` says why."""

    detail: str
    remedy: Text

    def as_dict(self) -> dict[str, object]:
        """Return {code, detail, title{en,ko}, remedy{en,ko}}."""
        return {
            "code": CODE,
            "detail": self.detail,
            "title": HEADING.as_dict(),
            "remedy": self.remedy.as_dict(),
        }


def isolate(*needed: Path) -> Exposure | None:
    """Move this process into a network namespace of its own, for good; main thread, before any other thread starts.

    `needed`: files and folders that must stay as usable as they are. None: done. Otherwise nothing has changed, and the
    answer says what stays open. Cost: about 5 ms. Raises EngineFailedError if it failed half-way.
    """
    usable = [(path, mode) for path in needed for mode in _modes_of(path)]
    reasons: list[str] = []
    for flags in _WAYS:
        reason = _try_in_child(flags, usable) or _enter_for_good(flags)
        if reason is None:
            return None
        if reason not in reasons:
            reasons.append(reason)
    return Exposure(
        "every process on this machine can change the ledger's state through the engine's own port on 127.0.0.1: the "
        f"kernel refused a network of its own ({'; '.join(reasons)})",
        Text(
            "Let nobody else use this machine, or allow namespaces and start again: sysctl "
            "kernel.apparmor_restrict_unprivileged_userns=0 and user.max_net_namespaces, or CAP_SYS_ADMIN in a "
            "container.",
            "이 컴퓨터를 혼자만 쓰거나, 네임스페이스를 허용한 뒤 다시 시작하십시오: sysctl "
            "kernel.apparmor_restrict_unprivileged_userns=0 및 user.max_net_namespaces, 컨테이너에서는 CAP_SYS_ADMIN.",
        ),
    )


def _enter_for_good(flags: int) -> str | None:
    """Do what worked in the child; why not, if the kernel refuses us at once (other threads run)."""
    try:
        _enter(flags)
    except OSError as error:
        if error.filename == _UNSHARE:
            return _sentence(error)
        raise EngineFailedError(f"the engine's network could not be made: {_sentence(error)}") from error
    return None


def _modes_of(path: Path) -> Iterator[int]:
    return (mode for mode in (os.R_OK, os.W_OK, os.X_OK) if os.access(path, mode))


def _try_in_child(flags: int, usable: list[tuple[Path, int]]) -> str | None:
    """Do it in a child that ends at once; None if it worked there, otherwise why not."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):  # the child must not return into our caller's code
            os.write(writing, (_attempt(flags, usable) or "ok").encode()[:_REASON_MAX])
        os._exit(0)
    os.close(writing)
    try:
        said = os.read(reading, _REASON_MAX).decode("utf-8", "replace")
    finally:
        os.close(reading)
        os.waitpid(child, 0)
    return None if said == "ok" else said or "the attempt died"


def _attempt(flags: int, usable: list[tuple[Path, int]]) -> str | None:
    try:
        _enter(flags)
        _require_loopback()
    except OSError as error:
        return _sentence(error)
    lost = next((path for path, mode in usable if not os.access(path, mode)), None)
    return None if lost is None else f"{lost} would be out of reach"


def _sentence(error: OSError) -> str:
    return f"{error.filename or 'network'}: {error.strerror or error}"


def _enter(flags: int) -> None:
    """Unshare, map the user to himself, bring the loopback up. Raises OSError."""
    user, group, before = os.geteuid(), os.getegid(), _OWN_NETWORK.stat().st_ino
    if _libc.unshare(flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), _UNSHARE)
    if flags & _NEW_USER:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    if _OWN_NETWORK.stat().st_ino == before:
        raise OSError(0, "changed nothing", _UNSHARE)
    with socket.socket() as any_socket:
        name, found = _IFREQ.unpack(fcntl.ioctl(any_socket, _GET_FLAGS, _IFREQ.pack(b"lo", 0)))
        fcntl.ioctl(any_socket, _SET_FLAGS, _IFREQ.pack(name, found | _IFF_UP))


def _require_loopback() -> None:
    """Raise OSError unless a connection over 127.0.0.1 works."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5):
        pass
