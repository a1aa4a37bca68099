"""The seal: after it a process cannot open a socket, start a program or look at others, because the kernel refuses.

    seal_worker   the model and the parsers of outside data: a list of what may be done, nothing written, few files read
    seal_engine   the program itself: no network (with accounts: their ports), no foreign process, in any library

seccomp decides which system calls there are, Landlock which files and ports, limits how much memory and time. It holds
for everything the process starts later and cannot be taken off. What the kernel cannot do is said in `Sealed.missing`,
never passed over. Deliberately not here: which calls (`bpf.py`), and what is tried against it (`escapes.py`).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import stat
import struct
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nearhand.connectors.sealed import bpf

_SECCOMP = {"x86_64": 317, "aarch64": 277}
_LANDLOCK = 444
"""landlock_create_ruleset; add_rule and restrict_self follow it. The same on every processor."""
_SET_DUMPABLE, _SET_NO_NEW_PRIVS = 4, 38
_FILTER, _ALL_THREADS = 1, 1
_READ = 0b1100
"""READ_FILE and READ_DIR."""
_READ_FILE = 0b0100
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_TCP, _CONNECT_TCP = 0b11, 0b10
_PATH_RULE, _PORT_RULE = 1, 2
_SCOPES = 0b11
"""Abstract Unix sockets and signals."""
_NO_FILES = 64
SANDBOX = "/usr/bin/sandbox-exec"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What holds from now on."""

    kernel: tuple[str, ...] = ()
    """What the kernel enforces."""
    missing: tuple[str, ...] = ()
    """What it does not, each with its reason."""

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return bool(self.kernel) and not self.missing

    def __str__(self) -> str:
        held = f"enforced by the kernel ({', '.join(self.kernel)})" if self.kernel else "checked only"
        return f"{held}; not there: {'; '.join(self.missing)}" if self.missing else held


def seal_worker(
    readable: Iterable[str | Path] = (), memory: int = 1 << 28, seconds: int = 3600, keep: Iterable[int] = (0, 1, 2)
) -> Sealed:
    """Seal this process as a worker: it may grow by `memory` bytes, run for so many seconds, and read `readable`.

    Threads that run already are under the filter too; Landlock holds for the calling thread and what it starts.
    """
    only_these(keep)
    _limit(memory, seconds)
    if sys.platform == "linux":
        _libc().prctl(_SET_DUMPABLE, 0, 0, 0, 0)  # nobody of the same user may look into this process
    policy = bpf.worker(os.getpid())
    return _sealed(lambda: _landlock(readable, None), lambda: _seccomp(policy))


def seal_engine(keep: Iterable[int] = (), ports: Iterable[int] | None = None) -> Sealed:
    """Take every way to a network from this process and all it starts; sockets that are open are closed but `keep`.

    With `ports` (accounts) it may connect to these TCP ports, ask for names, and talk to the person's own key ring.
    """
    _close_sockets(frozenset((0, 1, 2, *keep)))
    policy = bpf.engine(network=ports is not None)
    return _sealed(lambda: _landlock((), tuple(ports or ())), lambda: _seccomp(policy))


def own_files() -> list[str]:
    """What Python itself may still have to read: its modules, the libraries under them, and the time zones."""
    import site
    import zoneinfo

    python = (sys.prefix, sys.base_prefix, site.getusersitepackages(), str(Path(__file__).parents[2]))
    libraries = ("/usr/lib", "/usr/local/lib", "/lib", "/lib64", "/etc/localtime", "/etc/ld.so.cache")
    return sorted({os.path.realpath(path) for path in (*python, *libraries, *zoneinfo.TZPATH)})


def sandboxed(command: list[str]) -> list[str]:
    """A command as it is started on macOS: under sandbox-exec, where that is there."""
    if sys.platform != "darwin" or not Path(SANDBOX).exists():
        return command
    return [SANDBOX, "-p", PROFILE, *command]


PROFILE = (
    "(version 1)(allow default)(deny network*)(deny process-fork)(deny file-write*)"
    '(allow file-write-data (literal "/dev/null"))'
)
"""macOS: no network, no new process, nothing written. exec stays allowed: it is how the sandbox starts Python."""


def only_these(keep: Iterable[int]) -> None:
    """Close every descriptor but these."""
    kept = frozenset(keep)
    for handle in range(3, _most_files()):
        if handle not in kept:
            with suppress(OSError):
                os.close(handle)


def _most_files() -> int:
    with suppress(OSError):
        return max(int(each.name) for each in Path("/proc/self/fd").iterdir()) + 1
    return 4096


def _close_sockets(keep: frozenset[int]) -> None:
    """Inherited connections are ways out that were open before the seal."""
    for handle in range(3, _most_files()):
        with suppress(OSError):
            if handle not in keep and stat.S_ISSOCK(os.fstat(handle).st_mode):
                os.close(handle)


def _limit(memory: int, seconds: int) -> None:
    import resource

    def lower(what: int, most: int) -> None:
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))

    with suppress(OSError):
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        lower(resource.RLIMIT_AS, held + memory)
    for what, most in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
                       (resource.RLIMIT_NOFILE, _NO_FILES)):  # fmt: skip
        lower(what, most)


def _sealed(*parts: Callable[[], str]) -> Sealed:
    if sys.platform != "linux":
        held = "started under sandbox-exec" if os.environ.get("APP_SANDBOX_CONTAINER_ID") else ""
        return Sealed(missing=(held or f"{platform.system()} has no seal that Nearhand can set from inside",))
    kernel, missing = [], []
    for part in parts:
        try:
            kernel.append(part())
        except OSError as error:
            missing.append(str(error.strerror or error))
    return Sealed(tuple(kernel), tuple(missing))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(what: str, *arguments: int) -> int:
    done = int(_libc().syscall(*map(ctypes.c_long, arguments)))
    if done < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what} ({os.strerror(code)})")
    return done


def _no_new_rights() -> None:
    """Without this an unprivileged process may not seal itself: nothing it starts can gain rights."""
    if _libc().prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(errno.EPERM, "the kernel does not take new rights away (no_new_privs)")


def _seccomp(policy: tuple[list[bpf.Block], int]) -> str:
    machine = platform.machine()
    if machine not in bpf.MACHINES or struct.calcsize("P") != 8:
        raise OSError(errno.ENOSYS, f"there is no filter for the processor {machine}")
    _no_new_rights()
    program = bpf.packed(bpf.assemble(policy, bpf.MACHINES[machine]))
    held = ctypes.create_string_buffer(program, len(program))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(held)), 16)
    _call("seccomp: no filter of system calls", _SECCOMP[machine], _FILTER, _ALL_THREADS, ctypes.addressof(head))
    return "seccomp"


def landlock_version() -> int:
    """Which version of Landlock the kernel offers; 0 is none."""
    try:
        return _call("Landlock", _LANDLOCK, 0, 0, 1)
    except OSError:
        return 0


def _landlock(readable: Iterable[str | Path], ports: tuple[int, ...] | None) -> str:
    """A worker (`ports` None) may read some files and nothing else; the engine keeps its files and some ports."""
    version = landlock_version()
    needed = 1 if ports is None else 4
    if version < needed:
        raise OSError(errno.ENOSYS, f"Landlock {needed} or newer (the kernel offers {version or 'none'})")
    files = (1 << _FILE_RIGHTS.get(version, 16)) - 1 if ports is None else 0
    rights = struct.pack("QQQ", files, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    held = ctypes.create_string_buffer(rights, 24)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    _no_new_rights()
    rules = _call("Landlock", _LANDLOCK, ctypes.addressof(held), size, 0)
    try:
        for path in readable:
            _let_read(rules, path)
        for port in ports or ():
            rule = ctypes.create_string_buffer(struct.pack("=QQ", _CONNECT_TCP, port), 16)
            _call(f"Landlock for port {port}", _LANDLOCK + 1, rules, _PORT_RULE, ctypes.addressof(rule), 0)
        _call("Landlock", _LANDLOCK + 2, rules, 0)
    finally:
        os.close(rules)
    if ports is not None and version < 6:
        raise OSError(errno.ENOSYS, f"Landlock 6, against signals to others (the kernel offers {version})")
    return f"Landlock {version}"


def _let_read(rules: int, path: str | Path) -> None:
    with suppress(FileNotFoundError, NotADirectoryError):
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            allowed = _READ if stat.S_ISDIR(os.fstat(folder).st_mode) else _READ_FILE
            rule = ctypes.create_string_buffer(struct.pack("=Qi", allowed, folder), 12)
            _call(f"Landlock for {path}", _LANDLOCK + 1, rules, _PATH_RULE, ctypes.addressof(rule), 0)
        finally:
            os.close(folder)
