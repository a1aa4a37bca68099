"""Tries to break out of a seal, each way in a process of its own, and says what stopped it.

    stopped by kernel   the kernel refused it (or the connection had been closed before the seal)
    stopped by check    the kernel would let it through, Nearhand's own code does not
    open                it worked
A way that does not even work without a seal on this machine is told apart ("not here"). Deliberately not here: the ways
themselves (`escape_ways.py`) and how the table looks.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.sealed.escape_ways import HERE, HERE6, WAYS, Attempt, Ground, Way

OPEN, KERNEL, CHECK, ABSENT = "open", "stopped by kernel", "stopped by check", "not here"
_CODES = {0: OPEN, 3: CHECK, 4: ABSENT}
_SECONDS = 10
_KEPT = ctypes.create_string_buffer(b"in the memory of two processes")
_MOVED = b"HTTP/1.0 302 Found\r\nLocation: http://%s:%d/there\r\nContent-Length: 0\r\n\r\n"
_THERE = b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"


def tried(
    seal: Callable[[], object], checks: Mapping[str, Attempt] | None = None, ways: Sequence[Way] = WAYS
) -> dict[str, str]:
    """Way to what became of it under a seal; `checks` are tried where the kernel leaves a way to our own code."""
    with ground() as found:
        return {way.name: _under(seal, way, found, checks or {}) for way in ways}


def unsealed(ways: Sequence[Way] = WAYS) -> dict[str, str]:
    """The same without any seal, for comparison; a way that would leave the machine is not tried."""
    with ground() as found:
        quiet = {way.name: _one(lambda: None, way.attempt, found) for way in ways if way.quiet}
        return {way.name: OPEN if quiet.get(way.name) == OPEN else ABSENT for way in ways}


def _under(seal: Callable[[], object], way: Way, found: Ground, checks: Mapping[str, Attempt]) -> str:
    kernel = _one(seal, way.attempt, found)
    if kernel == OPEN and way.name in checks:
        return _one(seal, checks[way.name], found)
    return KERNEL if kernel == ABSENT else kernel


def _one(seal: Callable[[], object], attempt: Attempt, found: Ground) -> str:
    """One try in a process of its own, because it may end it, replace it, or hang."""
    child = os.fork()
    if not child:
        _tries(seal, attempt, found)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return KERNEL
    return _CODES.get(os.WEXITSTATUS(status), KERNEL)


def _tries(seal: Callable[[], object], attempt: Attempt, found: Ground) -> None:
    code = 2
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 2)
        seal()
        signal.alarm(_SECONDS)
        attempt(found)
        code = 0
    except ConnectorError:
        code = 3
    except (NotImplementedError, AttributeError):  # another processor, another system
        code = 4
    except BaseException:
        code = 2
    finally:
        os._exit(code)


@contextmanager
def ground() -> Iterator[Ground]:
    """Somebody to reach, on this machine only, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="nearhand-privacy-") as folder, contextlib.ExitStack() as stack:
        made = _Sockets(stack)
        tcp, tcp6 = made.listens(socket.AF_INET, (HERE, 0)), made.listens(socket.AF_INET6, (HERE6, 0))
        udp = made.bound(socket.AF_INET, socket.SOCK_DGRAM, (HERE, 0))
        udp6 = made.bound(socket.AF_INET6, socket.SOCK_DGRAM, (HERE6, 0))
        web = made.listens(socket.AF_INET, (HERE, 0))
        path, datagrams, abstract = f"{folder}/stream", f"{folder}/datagrams", f"\0nearhand-{secrets.token_hex(8)}"
        made.listens(socket.AF_UNIX, path)
        made.listens(socket.AF_UNIX, abstract)
        made.bound(socket.AF_UNIX, socket.SOCK_DGRAM, datagrams)
        open_before = stack.enter_context(socket.create_connection((HERE, _port(tcp))))
        secret = Path(folder, "secret")
        secret.write_bytes(b"what nobody else is to read")
        victim = _victim(web)
        stack.callback(_ended, victim)
        yield Ground(
            _port(tcp), _port(tcp6), _port(udp), _port(udp6), _port(web), path, datagrams, abstract, victim,
            tcp.fileno() if tcp else 0, ctypes.addressof(_KEPT), open_before.fileno(), secret, Path(folder),
        )  # fmt: skip


class _Sockets:
    """Makes sockets that are closed at the end; None where there is no such family."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack

    def bound(self, family: int, kind: int, to: object) -> socket.socket | None:
        made = None
        with contextlib.suppress(OSError):
            made = self._stack.enter_context(socket.socket(family, kind))
            made.bind(to)  # type: ignore[arg-type]
        return made

    def listens(self, family: int, to: object) -> socket.socket | None:
        made = self.bound(family, socket.SOCK_STREAM, to)
        with contextlib.suppress(OSError):
            if made is not None:
                made.listen(128)
        return made


def _port(made: socket.socket | None) -> int:
    return int(made.getsockname()[1]) if made is not None else 9


def _victim(web: socket.socket | None) -> int:
    """A process of the same person, which also sends whoever comes by the web somewhere else."""
    child = os.fork()
    if child:
        return child
    try:
        while web is not None:
            visitor, _ = web.accept()
            with visitor, contextlib.suppress(OSError):
                visitor.settimeout(1)
                asked = visitor.recv(4096)
                visitor.sendall(_THERE if b"/there " in asked else _MOVED % (HERE.encode(), _port(web)))
    finally:
        os._exit(0)


def _ended(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
