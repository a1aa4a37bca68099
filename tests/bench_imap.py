"""The first sync of a large inbox and a sync where nothing changed, beside mbsync (isync) against the same Dovecot.

    python tests/bench_imap.py [MAILS]          10,000 by default; needs dovecot-imapd, and isync to compare with

Both run as processes of their own, start-up included, into folders on the same disk; memory is what the kernel says.
Beside it the same in a process that runs already, as the background service does. Of several runs the median counts;
seconds of the processor are given too, because they depend less on what else the machine does.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import bench_world
from servers import certificates, dovecot

from nearhand.connectors.errors import NotFoundError
from nearhand.connectors.imap import rest
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.sync import MailAccount, sync_mail
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire
from nearhand.models.bench import Figure, table

_SCRIPT = Path(__file__).parent / "servers" / "sync_once.py"
_NEWEST, _AGAIN = 100, 7
_MBSYNC = """
IMAPAccount one
Host 127.0.0.1
Port {port}
User robin
Pass {password}
SSLType None
AuthMechs PLAIN

IMAPStore far
Account one

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Near
SyncState {folder}/state-
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What one process needed."""

    seconds: float
    processor: float
    """Seconds of it."""
    memory: float
    """MB."""


def measure(folder: Path, count: int) -> list[Figure]:
    """Seconds and megabytes of each; raises NotFoundError without Dovecot."""
    if dovecot.program() is None:
        raise NotFoundError(dovecot.HOW)
    made = certificates.make(folder, "127.0.0.1")
    bench_world.mails(folder / "source", count)
    with dovecot.Dovecot.started(made) as server:
        _fill(server, folder / "source")
        figures = _readable(_nearhand(server, folder / "first"), folder / "first" / "Mail" / "cur", count)
        ours = _runs(_nearhand(server, folder / "nearhand"), folder)
        theirs = _runs(_mbsync(server, folder / "mbsync"), folder) if shutil.which("mbsync") else None
        running = _running(server, folder / "nearhand")
    return [*figures, *_beside(ours, theirs, running, count)]


def _beside(ours: tuple[Run, Run], theirs: tuple[Run, Run] | None, running: float, count: int) -> list[Figure]:
    name = "mbsync" if theirs else "mbsync is not installed"
    (first, again), (first_there, again_there) = ours, theirs or (None, None)
    other = again_there.seconds if again_there else None
    return [
        Figure(f"first sync of {count:,} mails", first.seconds, "s", first_there and first_there.seconds, name),
        Figure("  of the processor", first.processor, "s", first_there and first_there.processor, name),
        Figure("nothing changed", 1000 * again.seconds, "ms", other and 1000 * other, name),
        Figure("  of the processor", 1000 * again.processor, "ms", again_there and 1000 * again_there.processor, name),
        Figure("nothing changed, in a running process", 1000 * running, "ms", other and 1000 * other, f"{name}, all of it"),
        Figure("most memory", first.memory, "MB", 200.0, "what was aimed at"),
    ]


def _nearhand(server: dovecot.Dovecot, folder: Path) -> list[str]:
    for part in ("cur", "new", "tmp"):
        (folder / "Mail" / part).mkdir(parents=True)
    port = str(server.endpoint.port)
    return [sys.executable, str(_SCRIPT), port, "robin", dovecot.PASSWORD, f"{folder}/Mail", f"{folder}/state.db"]


def _mbsync(server: dovecot.Dovecot, folder: Path) -> list[str]:
    folder.mkdir()
    config = _MBSYNC.format(port=server.endpoint.port, password=dovecot.PASSWORD, folder=folder)
    (folder / "config").write_text(config)
    return ["mbsync", "-q", "-c", f"{folder}/config", "-a"]


def _readable(command: Sequence[str], inbox: Path, count: int) -> list[Figure]:
    """Seconds until the newest mails of a first sync lie in the Maildir; the rest is not waited for."""
    wanted, start = min(_NEWEST, count), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while sum(1 for _ in inbox.iterdir()) < wanted and process.poll() is None:
        time.sleep(0.005)
    took = time.perf_counter() - start
    process.kill()
    process.wait()
    return [Figure(f"nearhand: newest {wanted} of {count:,} mails readable", took, "s")]


def _runs(command: Sequence[str], folder: Path) -> tuple[Run, Run]:
    """The first sync, and one of those after it in which nothing changed."""
    first = _run(command, folder)
    time.sleep(2 * rest.YOUNG / 1e9)  # what has just changed is not taken for unchanged
    _run(command, folder)
    again = [_run(command, folder) for _ in range(_AGAIN)]
    return first, Run(*(statistics.median(getattr(each, name) for each in again) for name in Run.__slots__))


def _running(server: dovecot.Dovecot, folder: Path) -> float:
    """Seconds of a sync in which nothing changed, signing in and out included, in this process."""
    account = MailAccount("one", folder / "Mail", folder / "state.db")
    wire = Wire([server.endpoint], NetworkLedger(folder / "network.db"))
    found = []
    for _ in range(_AGAIN):
        start = time.perf_counter()
        with ImapSession(wire, server.endpoint, Login("robin", dovecot.PASSWORD), "mail") as session:
            sync_mail(session, account)
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def _run(command: Sequence[str], folder: Path) -> Run:
    """Run once, as after an installation: what Python has compiled stays compiled."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    start, before, most = time.perf_counter(), _processor(), 0.0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env)
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        with suppress(OSError, StopIteration, ValueError):  # getrusage would count the process that started it
            line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
            most = max(most, int(line.split()[1]) / 1024)
        time.sleep(0.005)
    if process.returncode:
        raise NotFoundError(f"{command[0]} ended with {process.returncode}.")
    return Run(time.perf_counter() - start, _processor() - before, most)


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _fill(server: dovecot.Dovecot, source: Path) -> None:
    """Put mails into the inbox as fast as the server takes them: every APPEND at once, then every answer."""
    with socket.create_connection((server.endpoint.host, server.endpoint.port)) as sock:
        answers = sock.makefile("rb")
        answers.readline()
        sock.sendall(f"a LOGIN robin {dovecot.PASSWORD}\r\n".encode())
        mails = sorted(source.rglob("cur/*"))
        for start in range(0, len(mails), 50):
            for path in mails[start : start + 50]:
                raw = path.read_bytes()
                sock.sendall(b"b APPEND INBOX {%d+}\r\n%b\r\n" % (len(raw), raw))
            taken = 0
            while taken < len(mails[start : start + 50]):
                taken += answers.readline().startswith(b"b OK")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(prefix="nearhand-bench-") as folder:
        print(table(f"Mail on a server: {count:,} mails", measure(Path(folder).resolve(), count)))


if __name__ == "__main__":
    main()
