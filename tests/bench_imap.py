"""The first sync of a large inbox and a sync where nothing changed, beside mbsync (isync) against the same Dovecot.

    python tests/bench_imap.py [MAILS]          10,000 by default; needs dovecot-imapd, and isync to compare with

Both run as processes of their own, start-up included, into folders on the same disk; memory is what the kernel says.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import bench_world
from servers import certificates, dovecot

from nearhand.connectors.errors import NotFoundError
from nearhand.models.bench import Figure, table

_SCRIPT = Path(__file__).parent / "servers" / "sync_once.py"
_NEWEST = 100
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


def measure(folder: Path, count: int) -> list[Figure]:
    """Seconds and megabytes of each; raises NotFoundError without Dovecot."""
    if dovecot.program() is None:
        raise NotFoundError(dovecot.HOW)
    made = certificates.make(folder, "127.0.0.1")
    bench_world.mails(folder / "source", count)
    with dovecot.Dovecot.started(made) as server:
        _fill(server, folder / "source")
        figures = _readable(_nearhand(server, folder / "first"), folder / "first" / "Mail" / "cur", count)
        figures += _timed("nearhand", _nearhand(server, folder / "nearhand"), count)
        if shutil.which("mbsync"):
            figures += _timed("mbsync", _mbsync(server, folder / "mbsync"), count)
    return figures


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


def _timed(name: str, command: Sequence[str], count: int) -> list[Figure]:
    first, memory = _run(command)
    again, _ = min(_run(command) for _ in range(3))
    return [
        Figure(f"{name}: first sync of {count:,} mails", first, "s"),
        Figure(f"{name}: nothing changed", again, "s"),
        Figure(f"{name}: most memory", memory, "MB"),
    ]


def _run(command: Sequence[str]) -> tuple[float, float]:
    """Seconds, and the most memory that was seen, in MB (getrusage would count the process that started it)."""
    start, most = time.perf_counter(), 0.0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        with suppress(OSError, StopIteration, ValueError):
            line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
            most = max(most, int(line.split()[1]) / 1024)
        time.sleep(0.005)
    if process.returncode:
        raise NotFoundError(f"{command[0]} ended with {process.returncode}.")
    return time.perf_counter() - start, most


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
