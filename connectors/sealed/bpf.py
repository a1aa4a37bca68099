"""Which system calls a sealed process may make, as a program for the kernel's filter (seccomp, classic BPF).

Two policies: a worker may do only what is listed; the engine may do anything but what is listed. A filter sees numbers,
never what a pointer points to, so calls that take their arguments in memory are said not to exist. Pure functions, so
that tests can run the very program for both processors. Deliberately not here: handing it to the kernel (`seal.py`).
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nearhand.connectors.sealed.syscalls import ABSENT, FORBIDDEN, HARMLESS, NEWEST, number

MACHINES = {"x86_64": 0, "aarch64": 1}
"""The processors this knows, with their column in `syscalls.py`."""
ARCHITECTURES = (0xC000003E, 0xC00000B7)
"""AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64: anything else is a call of another kind (32 bits), and refused."""
ALLOW, REFUSE, MISSING = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
_LOAD, _AND, _EQUAL, _ABOVE, _RETURN = 0x20, 0x54, 0x15, 0x25, 0x06
_WORD = 0xFFFFFFFF
_WRITES = 0o3 | 0o100 | 0o1000
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC."""
_THREAD, _NAMESPACES = 0x00010000, 0x7E020000
"""CLONE_THREAD, and every CLONE_NEW*."""
_AF_UNIX, _STREAM, _TYPE = 1, 1, 0xF
_ACCOUNTS = ((2, 1, 0), (2, 1, 6), (2, 2, 0), (2, 2, 17),
             (10, 1, 0), (10, 1, 6), (10, 2, 0), (10, 2, 17), (_AF_UNIX, 1, 0))  # fmt: skip
"""(family, type, protocol): TCP and UDP over IPv4 and IPv6, and streams between processes."""
_PUSH_KEYS, _TERMINAL = 0x5412, 0x541C
"""TIOCSTI types into the person's terminal, TIOCLINUX pastes into it: a way to run commands outside the seal."""
Instruction = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Check:
    """One half of one argument of a call, under a mask, has a value."""

    argument: int
    mask: int
    value: int
    high: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """What becomes of one call: `hit` if all checks of one of its rules hold, else `miss`."""

    call: str
    rules: tuple[tuple[Check, ...], ...]
    hit: int
    miss: int


def is_(argument: int, *values: int) -> tuple[tuple[Check, ...], ...]:
    """Rules by which an argument is one of some values."""
    return tuple((Check(argument, _WORD, value),) for value in values)


def _null(argument: int) -> tuple[tuple[Check, ...], ...]:
    return ((Check(argument, _WORD, 0), Check(argument, _WORD, 0, high=True)),)


def worker(process: int) -> tuple[list[Block], int]:
    """The policy of a sealed worker: reading, memory, time and threads; everything else is refused."""
    checked = [
        Block("open", ((Check(1, _WRITES, 0),),), ALLOW, REFUSE),
        Block("openat", ((Check(2, _WRITES, 0),),), ALLOW, REFUSE),
        Block("clone", ((Check(0, _THREAD | _NAMESPACES, _THREAD),),), ALLOW, REFUSE),
        Block("prctl", is_(0, 15, 16, 0x53564D41), ALLOW, REFUSE),  # names of threads and of memory
        Block("ioctl", is_(1, 0x5401, 0x541B, 0x5421, 0x5450, 0x5451), ALLOW, REFUSE),  # "is it a terminal", and FIO*
        Block("fcntl", is_(1, 0, 1, 2, 3, 4, 1030), ALLOW, REFUSE),  # never F_SETOWN, which sends signals
        Block("tgkill", is_(0, process), ALLOW, REFUSE),
        Block("prlimit64", _null(2), ALLOW, REFUSE),
        *(Block(call, ((),), MISSING, MISSING) for call in ABSENT),
    ]
    return [*(Block(call, ((),), ALLOW, ALLOW) for call in HARMLESS), *checked], REFUSE


def engine(network: bool = False) -> tuple[list[Block], int]:
    """The policy of the engine: no socket of any family but pairs of its own, and nothing FORBIDDEN.

    With `network` (accounts) it may have TCP, UDP to ask for names, and Unix sockets to ask the key ring, no others.
    """
    pair = (Check(0, _WORD, _AF_UNIX), Check(1, _TYPE, _STREAM))
    checked = [
        Block("socketpair", (pair,), ALLOW, REFUSE),  # a pair of datagrams could be turned to somebody else
        Block("sendto", _null(4), ALLOW, REFUSE),
        Block("clone", ((Check(0, _NAMESPACES, 0),),), ALLOW, REFUSE),
        Block("ioctl", is_(1, _PUSH_KEYS, _TERMINAL), REFUSE, ALLOW),
        Block("clone3", ((),), MISSING, MISSING),
    ]
    if network:
        kinds = [(Check(0, _WORD, a), Check(1, _TYPE, b), Check(2, _WORD, c)) for a, b, c in _ACCOUNTS]
        checked += [Block("socket", tuple(kinds), ALLOW, REFUSE), Block("connect", ((),), ALLOW, ALLOW)]
    done = {block.call for block in checked}
    return [*checked, *(Block(call, ((),), REFUSE, REFUSE) for call in FORBIDDEN if call not in done)], ALLOW


def assemble(policy: tuple[Iterable[Block], int], machine: int) -> list[Instruction]:
    """The program (code, jump if true, jump if false, constant) for a machine; calls of other machines are refused."""
    blocks, otherwise = policy
    program: list[Instruction] = [
        (_LOAD, 0, 0, 4), (_EQUAL, 1, 0, ARCHITECTURES[machine]), (_RETURN, 0, 0, MISSING),
        (_LOAD, 0, 0, 0), (_ABOVE, 0, 1, NEWEST), (_RETURN, 0, 0, MISSING),  # the x32 calls are above it too
    ]  # fmt: skip
    for block in blocks:
        nr = number(block.call, machine)
        if nr is not None:
            body = _body(block)
            program += [(_EQUAL, 0, len(body), nr), *body]
    return [*program, (_RETURN, 0, 0, otherwise)]


def _body(block: Block) -> list[Instruction]:
    body: list[Instruction] = []
    for rule in block.rules:
        rest: list[Instruction] = [(_RETURN, 0, 0, block.hit)]
        for check in reversed(rule):
            at = 16 + 8 * check.argument + 4 * check.high  # both processors are little-endian
            rest = [(_LOAD, 0, 0, at), (_AND, 0, 0, check.mask), (_EQUAL, 0, len(rest), check.value), *rest]
        body += rest
    return [*body, (_RETURN, 0, 0, block.miss)]


def packed(program: Sequence[Instruction]) -> bytes:
    """The program as the kernel reads it."""
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
