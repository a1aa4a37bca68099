"""A profile with mails and events, whose runs are killed anywhere: at the end both servers and this computer agree.

By default 12 kills over 20 mails and 10 events; with NEARHAND_SOAK=1 1,000 kills over 2,000 mails and 500 events, with a
larger number that many. NEARHAND_SEED draws others, so that a long run can be done in pieces.
"""

from __future__ import annotations

import importlib.util
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nearhand.agent.paths import Profile
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.network.endpoints import Endpoint
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire

from ...servers import certificates, dav, dovecot

_ASKED = os.environ.get("NEARHAND_SOAK", "")
SOAK = int(_ASKED) if _ASKED.isdigit() else 0
SEED = int(os.environ.get("NEARHAND_SEED", "4"))
KILLS, MAILS, EVENTS = (1000 if SOAK == 1 else SOAK, 2000, 500) if SOAK else (12, 20, 10)
LOOKS = 100
"""After so many runs all sides are compared."""
SCRIPT = Path(__file__).parents[2] / "servers" / "sync_both.py"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Somebody//EN\r\nBEGIN:VEVENT\r\nUID:{0}\r\nDTSTAMP:20260101T000000Z\r\n"
    "DTSTART:20260304T090000Z\r\nDTEND:20260304T100000Z\r\nSUMMARY:{1}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[dovecot.Dovecot, dav.Server]]:
    if dovecot.program() is None:
        pytest.skip(dovecot.HOW)
    if importlib.util.find_spec("xandikos") is None:
        pytest.skip(dav.HOW)
    with dovecot.Dovecot.started(certificates.make(tmp_path, "127.0.0.1")) as mail, dav.xandikos() as events:
        yield mail, events


class Runs:
    """Where runs are split off, each of which may die."""

    def __init__(self) -> None:
        command = [sys.executable, str(SCRIPT), dovecot.PASSWORD]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, folder: Path, die_at: int) -> tuple[int, str]:
        """Run once; (exit code, what it said)."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(folder, die_at, file=self._process.stdin, flush=True)
        code, _, said = self._process.stdout.readline().strip().partition(" ")
        assert code in ("0", "137"), "see what it wrote"
        return int(code), said

    def end(self) -> None:
        self._process.communicate(timeout=60)


@pytest.fixture
def runs() -> Iterator[Runs]:
    found = Runs()
    yield found
    found.end()


class Computer:
    """One computer of the person."""

    def __init__(self, folder: Path, runs: Runs, mail: dovecot.Dovecot, events: dav.Server) -> None:
        self.home, self._runs = Profile(folder), runs
        for part in ("Mail/cur", "Mail/new", "Mail/tmp", "Calendar/team"):
            (folder / part).mkdir(parents=True)
        (folder / "config.toml").write_text(
            f"""
[me]
name = "Robin"
email = "robin@keller.example"
[mail]
maildir = "Mail"
[calendar]
vdir = "Calendar"
[privacy]
mode = "accounts"
[[account]]
name = "work"
imap = "imap://robin@127.0.0.1:{mail.endpoint.port}"
caldav = "{events.url}"
"""
        )

    def sync(self, die_at: int = 0) -> tuple[int, str]:
        """Run once; (exit code, what it said)."""
        return self._runs.run(self.home.folder, die_at)

    def write_mail(self, number: int) -> None:
        path = self.home.folder / "Mail" / "cur" / f"{1700000000 + number}.M{number}.{self.home.folder.name}:2,S"
        path.write_bytes(mail(number))

    def write_event(self, uid: str, title: str) -> None:
        (self.home.folder / "Calendar" / "team" / f"{uid}.ics").write_bytes(EVENT.format(uid, title).encode())

    def move_a_mail(self, draw: random.Random) -> None:
        root = self.home.folder / "Mail"
        archive = root / ".Archive"
        for part in ("cur", "new", "tmp"):
            (archive / part).mkdir(parents=True, exist_ok=True)
        if found := sorted((root / "cur").iterdir()):
            path = draw.choice(found)
            path.rename(archive / "cur" / path.name)

    def mails(self) -> Counter[bytes]:
        root = self.home.folder / "Mail"
        found = [path for part in ("cur", "new") for path in root.rglob(f"{part}/*")]
        return Counter(re.search(rb"<(.*?)>", path.read_bytes())[1] for path in found)  # type: ignore[index]

    def events(self) -> dict[str, str]:
        texts = [path.read_text() for path in (self.home.folder / "Calendar").glob("*/*.ics")]
        found = sorted((re.search(r"UID:(\S+)", text)[1], re.search(r"SUMMARY:(.*)", text)[1].strip()) for text in texts)  # type: ignore[index]
        assert len(dict(found)) == len(found), "doubled"
        return dict(found)


def mail(number: int) -> bytes:
    return f"Message-ID: <{number}@test>\nSubject: Mail {number}\n\n{'x' * (number % 700)}\n".encode()


def settle(*computers: Computer) -> None:
    """All run until each has said twice what it said before."""
    last: list[str] = []
    for _ in range(8):
        said = [computer.sync()[1] for computer in computers]
        if said == last:
            return
        last = said
    raise AssertionError(f"they do not come to rest: {last}")


def test_runs_over_mails_and_events_that_are_killed_anywhere_converge(
    tmp_path: Path, runs: Runs, servers: tuple[dovecot.Dovecot, dav.Server]
) -> None:
    draw = random.Random(SEED)
    one, two = Computer(tmp_path / "one", runs, *servers), Computer(tmp_path / "two", runs, *servers)
    wire = Wire([servers[0].endpoint], NetworkLedger(tmp_path / "network.db"))
    expected = {f"e{number}": "as new" for number in range(EVENTS)}
    with ImapSession(wire, Endpoint.of(f"imap://127.0.0.1:{servers[0].endpoint.port}"), Login("robin", dovecot.PASSWORD), "mail") as session:
        for number in range(MAILS // 2):
            session.append("INBOX", mail(number), "", NOW)
    for number in range(MAILS // 2, MAILS):
        one.write_mail(number)
    for uid, title in expected.items():
        one.write_event(uid, title)
    died, count, steps = 0, MAILS, 250
    for number in range(1, KILLS + 1):
        code, said = one.sync(draw.randint(1, steps))
        died += code == 137
        if code == 0:
            steps = max(20, int(said.split()[0]))
            uid = f"e{draw.randrange(EVENTS)}"
            expected[uid] = f"change {number}"
            one.write_event(uid, expected[uid])
        one.write_mail(count)
        one.move_a_mail(draw)
        count += 1
        if number % LOOKS == 0 or number == KILLS:
            settle(one, two)
            once = Counter(b"%d@test" % each for each in range(count))
            assert one.mails() == two.mails() == once
            assert one.events() == two.events() == expected
            print(f"{number} runs, {died} killed: in step")
    assert died > KILLS // 3
