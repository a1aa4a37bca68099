"""What the seals cost: once at start, for each thing that is read, and for each request.

Beside it, in the same run: the same without a seal. A seal is set in a fresh copy of this process each time, because it
cannot be taken off.
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

from bench_world import mails

from nearhand.agent.search.index import Index
from nearhand.connectors.base import Connector, Person
from nearhand.connectors.mail.connector import MailConnector
from nearhand.connectors.sealed import seal
from nearhand.connectors.sealed.parsing import HERE, LETTER, Parsing
from nearhand.connectors.sealed.parsing_apart import Apart
from nearhand.models.bench import Figure, spread

_SEALS = 20
_READS = 500
_CALLS = 100_000
_LIMIT = 10.0
"""Milliseconds that sealing may cost at start."""
_ME = Person("Robin Keller", "robin@keller.example")
_MAIL = (
    b"From: Olga <olga@okafor.example>\r\nTo: robin@keller.example\r\nSubject: The plan\r\n"
    b"Date: Mon, 23 Nov 2026 10:00:00 +0100\r\n\r\n" + b"It is on its way. " * 100
)


def measure(folder: Path, scale: int) -> list[Figure]:
    """Seals, reads, system calls under a seal, and the index built both ways."""
    readable = seal.own_files()
    worker = [_apart(lambda out: _taken(lambda: seal.seal_worker(readable, keep=(out,)))) for _ in range(_SEALS)]
    engine = [_apart(lambda out: _taken(seal.seal_engine)) for _ in range(_SEALS)]
    call, bare = _apart(lambda out: _calls(seal.seal_engine)), _apart(lambda out: _calls(lambda: None))
    reads = Apart()
    try:
        reads.read(LETTER, _MAIL)
        here, apart = _reads(HERE), _reads(reads)
        mails(folder / "mail", scale)
        slow, fast = _built(folder, "apart", reads), _built(folder, "here", HERE)
    finally:
        reads.close()
    return [
        Figure("sealing a worker", 1000 * sorted(worker)[_SEALS // 2], "ms", _LIMIT, "the limit"),
        Figure("sealing the engine", 1000 * sorted(engine)[_SEALS // 2], "ms", _LIMIT, "the limit"),
        Figure("a system call under the engine's seal", 1e9 * call / _CALLS, "ns", 1e9 * bare / _CALLS, "without it"),
        *spread("reading a mail in the sealed process", apart, here, "in this process"),
        Figure("index of mails, read in the sealed process", scale / slow, "items/s", scale / fast, "in this process"),
    ]


def _apart(work: Callable[[int], float]) -> float:
    """Seconds that a copy of this process says; it is given the descriptor that it says them by."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(theirs, struct.pack("d", work(theirs)))
        finally:
            os._exit(0)
    os.close(theirs)
    said = os.read(ours, 8)
    os.close(ours)
    os.waitpid(child, 0)
    return float(struct.unpack("d", said)[0])


def _taken(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _calls(before: Callable[[], object]) -> float:
    before()
    return _taken(lambda: [os.getppid() for _ in range(_CALLS)])


def _reads(how: Parsing) -> list[float]:
    return [_taken(lambda: how.read(LETTER, _MAIL)) for _ in range(_READS)]


def _built(folder: Path, name: str, how: Parsing) -> float:
    made: list[Connector] = [MailConnector(folder / "mail", _ME, UTC, how)]
    with Index(folder / f"{name}.db", made) as index:
        return _taken(lambda: index.refresh())
