"""The seal: what it refuses and what it must leave possible, rule by rule, on both processors and on this very kernel."""

from __future__ import annotations

import asyncio
import errno
import os
import platform
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nearhand.connectors.sealed import bpf, seal
from nearhand.connectors.sealed.escape_ways import WAYS
from nearhand.connectors.sealed.escapes import OPEN, tried, unsealed
from nearhand.connectors.sealed.syscalls import NUMBERS, number

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seccomp and Landlock are Linux")
here = pytest.mark.skipif(platform.machine() not in bpf.MACHINES, reason="no filter for this processor")
landlock = pytest.mark.skipif(sys.platform != "linux" or seal.landlock_version() < 6, reason="the kernel has no Landlock 6")
READABLE = seal.own_files()
PID = 4711


# --- the program, run as the kernel would ---------------------------------------------------------------------------


def verdict(policy: tuple[list[bpf.Block], int], machine: int, call: str | int, *arguments: int, arch: int = 0) -> int:
    """What the filter returns for a call: a small interpreter of classic BPF."""
    nr = number(call, machine) if isinstance(call, str) else call
    assert nr is not None
    data = struct.pack("=IIQ6Q", nr, arch or bpf.ARCHITECTURES[machine], 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    program, at, a = bpf.assemble(policy, machine), 0, 0
    while True:
        code, yes, no, k = program[at]
        at += 1
        if code == 0x20:
            (a,) = struct.unpack_from("=I", data, k)
        elif code == 0x54:
            a &= k
        elif code == 0x15:
            at += yes if a == k else no
        elif code == 0x25:
            at += yes if a > k else no
        elif code == 0x06:
            return k
        else:
            raise AssertionError(code)


BOTH = pytest.mark.parametrize("machine", (0, 1), ids=("x86-64", "aarch64"))


@BOTH
def test_a_worker_may_read_compute_and_start_threads(machine: int) -> None:
    policy = bpf.worker(PID)
    for call, arguments in (
        ("read", ()), ("write", ()), ("mmap", ()), ("futex", ()), ("getrandom", ()), ("exit_group", ()),
        ("openat", (0, 0, os.O_RDONLY | os.O_CLOEXEC)), ("clone", (0x3D0F00,)), ("tgkill", (PID, PID, 6)),
        ("prlimit64", (0, 7, 0, 1)), ("ioctl", (0, 0x5401)), ("fcntl", (0, 1)), ("prctl", (15,)), ("recvmsg", ()),
    ):  # fmt: skip
        assert verdict(policy, machine, call, *arguments) == bpf.ALLOW, call


@BOTH
def test_a_worker_may_nothing_that_is_not_listed(machine: int) -> None:
    policy, listed = bpf.worker(PID), {number(call, machine) for call in NUMBERS}
    allowed = {nr for nr in range(600) if verdict(policy, machine, nr, *(1 << 40,) * 6) == bpf.ALLOW}
    assert allowed <= listed and len(allowed) < 90
    for call, arguments in (
        ("socket", (2, 1)), ("connect", ()), ("bind", ()), ("execve", ()), ("ptrace", ()), ("io_uring_setup", ()),
        ("process_vm_readv", ()), ("bpf", ()), ("keyctl", ()), ("unshare", ()), ("mount", ()), ("socketpair", (1, 1)),
        ("openat", (0, 0, os.O_WRONLY)), ("openat", (0, 0, os.O_RDWR)), ("openat", (0, 0, os.O_CREAT)),
        ("openat", (0, 0, os.O_TRUNC)), ("clone", (17,)), ("clone", (0x10000 | 0x40000000,)), ("tgkill", (1, 1, 9)),
        ("prlimit64", (0, 7, 1 << 32, 0)), ("ioctl", (0, 0x5412)), ("fcntl", (0, 8)), ("prctl", (22,)), ("sendto", ()),
    ):  # fmt: skip
        assert verdict(policy, machine, call, *arguments) == bpf.REFUSE, (call, arguments)
    for call in ("clone3", "openat2"):
        assert verdict(policy, machine, call) == bpf.MISSING


@BOTH
def test_the_engine_may_all_but_what_leads_out(machine: int) -> None:
    policy = bpf.engine()
    for call, arguments in (
        ("execve", ()), ("openat", (0, 0, os.O_RDWR)), ("clone", (17,)), ("socketpair", (1, 1 | 0o2000000)),
        ("sendto", (3, 1, 1, 0, 0)), ("ioctl", (0, 0x5413)), ("seccomp", ()), ("landlock_restrict_self", ()),
    ):  # fmt: skip
        assert verdict(policy, machine, call, *arguments) == bpf.ALLOW, call
    for call, arguments in (
        ("socket", (1, 1)), ("socket", (2, 1)), ("socket", (16, 3)), ("connect", ()), ("bind", ()),
        ("socketpair", (1, 2)), ("socketpair", (2, 1)), ("sendto", (3, 1, 1, 0, 4096)), ("sendto", (3, 1, 1, 0, 1 << 40)),
        ("ioctl", (0, 0x5412)), ("ioctl", (0, 0x541C)), ("clone", (17 | 0x40000000,)), ("ptrace", ()), ("mount", ()),
        ("io_uring_enter", ()), ("pidfd_getfd", ()), ("userfaultfd", ()), ("perf_event_open", ()), ("setns", ()),
    ):  # fmt: skip
        assert verdict(policy, machine, call, *arguments) == bpf.REFUSE, (call, arguments)


@BOTH
def test_with_accounts_the_engine_may_have_tcp_and_udp_and_no_other_sockets(machine: int) -> None:
    policy = bpf.engine(network=True)
    for arguments in ((2, 1, 0), (10, 1 | 0o4000, 6), (2, 2, 17), (1, 1, 0)):
        assert verdict(policy, machine, "socket", *arguments) == bpf.ALLOW, arguments
    assert verdict(policy, machine, "connect") == bpf.ALLOW
    for arguments in ((2, 1, 262), (2, 1, 132), (2, 2, 1), (2, 3, 1), (1, 2, 0), (16, 3, 0), (17, 3, 0), (40, 1, 0)):
        assert verdict(policy, machine, "socket", *arguments) == bpf.REFUSE, arguments
    assert verdict(policy, machine, "bind") == bpf.REFUSE


@BOTH
def test_calls_of_another_kind_are_refused_whatever_they_are(machine: int) -> None:
    for policy in (bpf.worker(PID), bpf.engine(), bpf.engine(network=True)):
        for nr in (0, 1, 41, 102, 359):
            assert verdict(policy, machine, nr, arch=0x40000003) == bpf.MISSING  # i386
            assert verdict(policy, machine, nr | 0x40000000) == bpf.MISSING  # x32
        assert verdict(policy, machine, 500) == bpf.MISSING  # newer than the list


HEADERS = (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm-generic/unistd.h"))
"""x86-64's own numbers, and the general ones, which aarch64 has; both in Debian's linux-libc-dev."""
ELSEWHERE = {"newfstatat": "fstatat"}
"""What the general header calls otherwise."""


@BOTH
def test_the_numbers_are_those_of_the_kernels_own_headers(machine: int) -> None:
    if not HEADERS[machine].is_file():
        pytest.skip("the kernel's headers are not installed")
    text = HEADERS[machine].read_text()
    known = {name: int(nr) for name, nr in re.findall(r"^#define __NR(?:3264)?_(\w+)[ \t]+(\d+)$", text, re.MULTILINE)}
    told = {call: known.get(call, known.get(ELSEWHERE.get(call, ""))) for call in NUMBERS}
    assert {call: number(call, machine) for call in NUMBERS} == told


# --- on this kernel --------------------------------------------------------------------------------------------------


def apart(work: Callable[[int], object]) -> str:
    """What some work says in a copy of this process, which it may seal; it is given the descriptor it speaks by."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        try:
            said = work(theirs)
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(theirs, str(said).encode())
        os._exit(0)
    os.close(theirs)
    said = b""
    while part := os.read(ours, 4096):
        said += part
    os.close(ours)
    status = os.waitpid(child, 0)[1]
    return said.decode() or f"ended by {signal.Signals(os.WTERMSIG(status)).name}"


def worker(work: Callable[[], object], **limits: int) -> str:
    """What some work says under the seal of a worker."""

    def sealed(out: int) -> object:
        seal.seal_worker(READABLE, keep=(0, 1, 2, out), **limits)
        return work()

    return apart(sealed)


def engine(work: Callable[[], object], keep: tuple[int, ...] = (), ports: tuple[int, ...] | None = None) -> str:
    def sealed(out: int) -> object:
        seal.seal_engine(keep, ports)
        return work()

    return apart(sealed)


@here
@landlock
def test_no_way_out_of_a_worker_or_the_engine_is_open() -> None:
    checked = {"reading a file outside the folders", "writing a file outside the folders"}
    ways = tried(lambda: seal.seal_worker(READABLE))
    assert [way for way, what in ways.items() if what == OPEN] == []
    ways = tried(seal.seal_engine)
    assert {way for way, what in ways.items() if what == OPEN} == checked  # the engine works on files; roots check it
    assert len(WAYS) >= 25


@here
def test_most_ways_would_be_open_without_the_seal() -> None:
    ways = unsealed()
    assert sum(what == OPEN for what in ways.values()) >= 15, ways
    assert ways["TCP"] == ways["a child process (fork)"] == ways["reading a file outside the folders"] == OPEN


@here
def test_a_worker_still_starts_threads_imports_and_computes() -> None:
    def works() -> str:
        import colorsys  # not imported by anything here before

        threads = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        return f"{colorsys.rgb_to_hsv(1, 0, 0)[1]} {len(os.urandom(8))} {Path(os.__file__).stat().st_size > 0}"

    assert worker(works) == "1.0 8 True"


@here
def test_a_worker_can_neither_grow_beyond_its_memory_nor_write_a_byte(tmp_path: Path) -> None:
    assert worker(lambda: len(bytearray(1 << 20)), memory=1 << 26) == str(1 << 20)
    assert worker(lambda: len(bytearray(1 << 28)), memory=1 << 26).startswith("MemoryError")
    assert worker(lambda: (tmp_path / "x").write_bytes(b"x")).startswith("PermissionError")
    with (tmp_path / "open").open("wb", buffering=0) as file:
        kept = file.fileno()

        def appended(out: int) -> object:
            seal.seal_worker(READABLE, keep=(0, 1, 2, out, kept))
            return os.write(kept, b"x")

        assert f"Errno {errno.EFBIG}" in apart(appended)
    assert (tmp_path / "open").read_bytes() == b""


@here
def test_a_worker_that_never_ends_is_ended_by_the_kernel() -> None:
    def forever() -> None:
        while True:
            pass

    assert worker(forever, seconds=1) in ("ended by SIGXCPU", "ended by SIGKILL")


@here
def test_a_worker_has_no_descriptor_but_those_it_was_given(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as file:
        before = file.fileno()
        assert f"Errno {errno.EBADF}" in worker(lambda: os.fstat(before))


@here
def test_the_engine_closes_connections_from_before_but_those_it_keeps() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert f"Errno {errno.EBADF}" in engine(lambda: os.write(one.fileno(), b"x"))
        assert engine(lambda: os.write(one.fileno(), b"x"), keep=(one.fileno(),)) == "1"


@here
def test_the_engine_still_starts_programs_writes_files_and_wakes_its_loop(tmp_path: Path) -> None:
    def works() -> str:
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        (tmp_path / "x").write_bytes(b"x")
        asyncio.run(asyncio.sleep(0))
        return "fine"

    assert engine(works) == "fine"


@here
def test_the_daemons_own_socket_goes_on_taking_clients(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as client:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        client.connect(str(tmp_path / "s"))
        assert engine(lambda: bool(listening.accept()), keep=(listening.fileno(),)) == "True"


@here
@landlock
def test_with_accounts_only_the_ports_of_the_servers_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as yes, socket.create_server(("127.0.0.1", 0)) as no:
        wanted, other = yes.getsockname()[1], no.getsockname()[1]
        reach = "connected"

        def reaching(port: int) -> Callable[[], str]:
            def reaches() -> str:
                socket.create_connection(("127.0.0.1", port), 3).close()
                return reach

            return reaches

        assert engine(reaching(wanted), ports=(wanted,)) == reach
        assert engine(reaching(other), ports=(wanted,)).startswith("PermissionError")


def test_what_the_kernel_lacks_is_said_and_the_rest_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "landlock_version", lambda: 0)

    def says(out: int) -> str:
        sealed = seal.seal_worker(READABLE, keep=(0, 1, 2, out))
        return f"{sealed.whole} {sealed}"

    said = apart(says)
    assert said.startswith("False ") and "Landlock 1 or newer (the kernel offers none)" in said


def test_another_processor_is_said_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert "no filter for the processor riscv64" in apart(lambda out: str(seal.seal_engine()))


def test_sandbox_exec_stands_before_a_command_on_macos_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert seal.sandboxed(["python"]) == ["python"]
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(seal, "SANDBOX", str(tmp_path))
    assert seal.sandboxed(["python"]) == [str(tmp_path), "-p", seal.PROFILE, "python"]
    monkeypatch.setattr(seal, "SANDBOX", str(tmp_path / "none"))
    assert seal.sandboxed(["python"]) == ["python"]
