"""The ways out that are tried, one function each: it returns if the way is open, and raises if it is not.

Everything that is reached lies on this machine and was put there for it (`Ground`), so nothing leaves even where a way
is open; only the question for a name would, and that one is never asked outside a seal. Deliberately not here: under
which seal they are tried, and what is made of it (`escapes.py`).
"""

from __future__ import annotations

import ctypes
import http.client
import mmap
import os
import platform
import shutil
import signal
import socket
import struct
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nearhand.connectors.sealed.bpf import MACHINES
from nearhand.connectors.sealed.syscalls import number

HERE, HERE6 = "127.0.0.1", "::1"
_CONNECT = f"import socket, sys; socket.create_connection(({HERE!r}, int(sys.argv[1])), 3)"
_SEIZE = 0x4206
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_X32 = 0x40000000
_WHOLE = 88
"""Bytes of clone_args."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What was put there to be reached."""

    tcp: int
    tcp6: int
    udp: int
    udp6: int
    web: int
    """A web server that sends everybody on."""
    path: str
    """A Unix socket that listens."""
    datagrams: str
    """A Unix socket that takes datagrams."""
    abstract: str
    victim: int
    """A process of the same person."""
    held: int
    """A descriptor that the victim has open."""
    address: int
    """Where both have something in memory."""
    inherited: int
    """A connection that was open before the seal."""
    secret: Path
    folder: Path


Attempt = Callable[[Ground], object]


@dataclass(frozen=True, slots=True)
class Way:
    """One way out."""

    name: str
    attempt: Attempt
    quiet: bool = True
    """Whether it may be tried without a seal, to see that it would be open."""


def _machine() -> int:
    return MACHINES[platform.machine()]


def _raw(number_: int | None, *arguments: int) -> int:
    """A system call without the library that one would expect to see."""
    if number_ is None:
        raise NotImplementedError
    libc = ctypes.CDLL(None, use_errno=True)
    done = int(libc.syscall(*map(ctypes.c_long, (number_, *arguments))))
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done


def _call(name: str, *arguments: int) -> int:
    return _raw(number(name, _machine()), *arguments)


def _connected(family: int, kind: int, to: object) -> None:
    with socket.socket(family, kind) as made:
        made.settimeout(3)
        made.connect(to)  # type: ignore[arg-type]
        if kind == socket.SOCK_DGRAM:
            made.send(b"x")


def _bound(to: tuple[str, int]) -> None:
    with socket.socket() as made:
        made.bind(to)
        made.listen()


def _datagram_pair(ground: Ground) -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.connect(ground.datagrams)
        one.send(b"x")


def _made(family: int, kind: int, protocol: int = 0) -> None:
    socket.socket(family, kind, protocol).close()


def _vsock(ground: Ground) -> None:
    with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as made:
        made.bind((socket.VMADDR_CID_ANY, socket.VMADDR_PORT_ANY))


def _ring(ground: Ground) -> None:
    room = ctypes.create_string_buffer(120)
    os.close(_call("io_uring_setup", 1, ctypes.addressof(room)))


def _raw_tcp(call: int | None, ground: Ground) -> None:
    made = _raw(call, socket.AF_INET, socket.SOCK_STREAM, 0)
    address = struct.pack("=H", socket.AF_INET) + struct.pack("!H4s8x", ground.tcp, socket.inet_aton(HERE))
    where = ctypes.create_string_buffer(address)
    try:
        _call("connect", made, ctypes.addressof(where), 16)
    finally:
        os.close(made)


def _by_32_bits(ground: Ground) -> None:
    """socket() by the gate of 32-bit programs, which filters for 64 bits do not see unless they ask."""
    if platform.machine() != "x86_64":
        raise NotImplementedError
    code = bytes.fromhex("53 89f8 89f3 89d1 31d2 cd80 5b c3")  # push rbx; eax, ebx, ecx = edi, esi, edx; int 0x80
    room = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    room.write(code)
    at = ctypes.addressof(ctypes.c_char.from_buffer(room))
    done = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int)(at)(359, 2, 1)
    if done < 0:
        raise OSError(-done, os.strerror(-done))


def _told(ground: Ground) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", _CONNECT, str(ground.tcp)]


def _waited(child: int) -> None:
    if os.waitpid(child, 0)[1]:
        raise PermissionError("the child could not connect")


def _as_child(ground: Ground) -> None:
    """What a copy of this process does, in itself."""
    done = 1
    try:
        _connected(socket.AF_INET, socket.SOCK_STREAM, (HERE, ground.tcp))
        done = 0
    finally:
        os._exit(done)


def _fork(ground: Ground) -> None:
    child = os.fork()
    _waited(child) if child else _as_child(ground)


def _raw_clone(ground: Ground) -> None:
    child = _call("clone", signal.SIGCHLD, 0, 0, 0, 0)
    _waited(child) if child else _as_child(ground)


def _clone3(ground: Ground) -> None:
    told = ctypes.create_string_buffer(struct.pack("11Q", 0, 0, 0, 0, signal.SIGCHLD, *(0,) * 6), _WHOLE)
    child = _call("clone3", ctypes.addressof(told), _WHOLE)
    _waited(child) if child else _as_child(ground)


def _program(ground: Ground) -> None:
    subprocess.run(_told(ground), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _spawned(ground: Ground) -> None:
    _waited(os.posix_spawn(sys.executable, _told(ground), dict(os.environ)))


def _replaced(ground: Ground) -> None:
    os.execv(sys.executable, _told(ground))


def _from_memory(ground: Ground) -> None:
    """A program that lies in no folder."""
    program = os.memfd_create("x")
    with open(shutil.which("env") or "/usr/bin/env", "rb") as source:
        os.write(program, source.read())
    os.execve(program, ["env", *_told(ground)], dict(os.environ))


def _borrowed(ground: Ground) -> None:
    victim = os.pidfd_open(ground.victim)
    os.close(_call("pidfd_getfd", victim, ground.held, 0))


def _read_memory(ground: Ground) -> None:
    into = ctypes.create_string_buffer(8)
    ours = ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(into), 8))
    theirs = ctypes.create_string_buffer(struct.pack("PN", ground.address, 8))
    _call("process_vm_readv", ground.victim, ctypes.addressof(ours), 1, ctypes.addressof(theirs), 1, 0)


def _proc_memory(ground: Ground) -> None:
    with open(f"/proc/{ground.victim}/mem", "rb", buffering=0) as memory:
        memory.seek(ground.address)
        memory.read(8)


def _web(host: str, ground: Ground) -> None:
    connection = http.client.HTTPConnection(host, ground.web, timeout=3)
    connection.connect()
    connection.close()


def _by_proxy(ground: Ground) -> None:
    os.environ["http_proxy"] = f"http://{HERE}:{ground.web}"
    os.environ.pop("no_proxy", None)
    urllib.request.urlopen("http://nearhand.invalid/", timeout=3).close()


def _sent_on(ground: Ground) -> None:
    urllib.request.urlopen(f"http://{HERE}:{ground.web}/", timeout=3).close()


def _written(path: Path) -> None:
    path.write_bytes(b"x")


def _bpf(ground: Ground) -> None:
    told = ctypes.create_string_buffer(struct.pack("4I", 2, 4, 4, 1), 128)  # an array of one number
    os.close(_call("bpf", 0, ctypes.addressof(told), 128))


def _watched(ground: Ground) -> None:
    told = ctypes.create_string_buffer(struct.pack("IIQ", 1, 128, 0), 128)  # the processor's clock, in software
    os.close(_call("perf_event_open", ctypes.addressof(told), 0, -1, -1, 0))


def _queue(ground: Ground) -> None:
    queue = _call("msgget", 0, 0o1600)
    _raw({0: 71, 1: 187}[_machine()], queue, 0, 0)  # msgctl IPC_RMID: leave nothing behind


_V4, _V6, _UNIX = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX
_TCP, _UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
WAYS = (
    Way("TCP", lambda g: _connected(_V4, _TCP, (HERE, g.tcp))),
    Way("TCP over IPv6", lambda g: _connected(_V6, _TCP, (HERE6, g.tcp6))),
    Way("UDP", lambda g: _connected(_V4, _UDP, (HERE, g.udp))),
    Way("UDP over IPv6", lambda g: _connected(_V6, _UDP, (HERE6, g.udp6))),
    Way("DNS, through the system's resolver", lambda g: socket.getaddrinfo("example.com", 443), quiet=False),
    Way("a port that others can reach", lambda g: _bound((HERE, 0))),
    Way("a web request", partial(_web, HERE)),
    Way("a proxy of the environment", _by_proxy),
    Way("a redirect of a web server", _sent_on),
    Way("a raw socket", lambda g: _made(_V4, socket.SOCK_RAW, socket.IPPROTO_ICMP)),
    Way("a ping socket", lambda g: _made(_V4, _UDP, socket.IPPROTO_ICMP)),
    Way("a packet socket", lambda g: _made(17, socket.SOCK_RAW, socket.htons(3))),
    Way("netlink", lambda g: _made(16, socket.SOCK_RAW)),
    Way("vsock, to the host of a virtual machine", _vsock),
    Way("a socket of the kernel's ciphers", lambda g: _made(38, socket.SOCK_SEQPACKET)),
    Way("a Unix socket with a path", lambda g: _connected(_UNIX, _TCP, g.path)),
    Way("an abstract Unix socket", lambda g: _connected(_UNIX, _TCP, g.abstract)),
    Way("a Unix datagram", lambda g: _connected(_UNIX, _UDP, g.datagrams)),
    Way("a pair of datagram sockets, turned", _datagram_pair),
    Way("io_uring", _ring),
    Way("raw system calls (ctypes)", lambda g: _raw_tcp(number("socket", _machine()), g)),
    Way("raw system calls of x32", lambda g: _raw_tcp(_X32 | 41, g)),
    Way("raw system calls of 32 bits (int 0x80)", _by_32_bits),
    Way("a child process (fork)", _fork),
    Way("a child process (clone)", _raw_clone),
    Way("a child process (clone3)", _clone3),
    Way("a program (vfork, execve)", _program),
    Way("a program (posix_spawn)", _spawned),
    Way("becoming a program (execve)", _replaced),
    Way("a program in memory (memfd, execveat)", _from_memory),
    Way("a connection that was open before", lambda g: os.write(g.inherited, b"x")),
    Way("a descriptor of another process (pidfd_getfd)", _borrowed),
    Way("another process (ptrace)", lambda g: _call("ptrace", _SEIZE, g.victim, 0, 0)),
    Way("the memory of another process (process_vm_readv)", _read_memory),
    Way("the memory of another process (/proc/PID/mem)", _proc_memory),
    Way("a signal to another process", lambda g: os.kill(g.victim, 0)),
    Way("a message queue", _queue),
    Way("a network of its own (unshare)", lambda g: _call("unshare", _NEW_USER | _NEW_NETWORK)),
    Way("a program in the kernel (bpf)", _bpf),
    Way("watching others (perf_event_open)", _watched),
    Way("the kernel's key ring (keyctl)", lambda g: _call("keyctl", 0, -3, 1)),
    Way("reading a file outside the folders", lambda g: g.secret.read_bytes()),
    Way("writing a file outside the folders", lambda g: _written(g.folder / "written")),
)
"""Every way that is tried."""
