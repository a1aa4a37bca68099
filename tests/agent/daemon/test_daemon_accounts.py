"""A whole daemon with real servers: what comes in there sets a rule off once, also when the server was gone for long."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.records import Kind, State
from nearhand.agent.errors import AgentError
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire

from ...connectors.dav.dav_side import Side
from ...servers import certificates, dav, dovecot
from ..rules import rules_desk
from .daemon_world import answers, client, until

ARCHIVE = "rules.add event=mail ; mail.archive what=$1 | archive everything {from:Olga} writes"
TASK = ("rules.add event=event ; tasks.add | when a {what:rehearsal} changes in my calendar give me a task:"
        " {2.name:tell the choir}")  # fmt: skip
OLGA = "Olga Lindqvist <olga@lindqvist.example>"
ACCOUNT = '[privacy]\nmode = "accounts"\n[[account]]\nname = "work"\n'


@contextmanager
def serving(base: Path, password: str) -> Iterator[None]:
    """The daemon of a profile at work, killed when the block ends."""
    script = Path(__file__).with_name("daemon_accounts.py")
    with (base / "said").open("ab") as said:
        started = subprocess.Popen([sys.executable, "-P", str(script), str(base), password], stdout=said, stderr=said)
    try:
        until(lambda: answers(base) or started.poll() is not None)
        assert started.poll() is None, (base / "said").read_text()
        yield
    finally:
        started.kill()
        started.wait()


def home(folder: Path, account: str, rule: str) -> Path:
    """A home with an account, and a rule at work in it."""
    base = rules_desk.make(folder / "home")
    with (base / "config.toml").open("a") as config:
        config.write(ACCOUNT + account)
    with rules_desk.opened(base) as desk:
        desk.rule(rule)
    return base


def done(base: Path) -> Counter[str]:
    """How often the rules did what: each verb with the thing it was done to."""
    journal = Journal(base / "journal.db")
    turns = [entry for entry in journal.turns(1000) if entry.turn.kind is Kind.RULE]
    journal.close()
    return Counter(f"{r.effect.verb} {r.effect.ref}" for e in turns for r in e.effects if r.state is State.DONE)


def quiet(base: Path) -> None:
    """Two more syncs, asked for by the person: whatever would be done twice is done by then."""
    with client(base) as remote:
        for _ in range(2):
            remote.ask("sync")
    time.sleep(0.5)


# --- mail ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[dovecot.Dovecot]:
    if dovecot.program() is None:
        pytest.skip(dovecot.HOW)
    with dovecot.Dovecot.started(certificates.make(tmp_path, "127.0.0.1")) as server:
        yield server


@contextmanager
def session(mail: dovecot.Dovecot, folder: Path) -> Iterator[ImapSession]:
    wire = Wire([mail.endpoint], NetworkLedger(folder / "other.db"))
    with ImapSession(wire, mail.endpoint, Login("mira", dovecot.PASSWORD), "test") as opened:
        yield opened


def deliver(mail: dovecot.Dovecot, folder: Path, *subjects: str) -> None:
    with session(mail, folder) as there:
        for subject in subjects:
            head = f"From: {OLGA}\nTo: mira@holm.example\nSubject: {subject}\nMessage-ID: <{subject}@there.example>\n"
            there.append("INBOX", f"{head}\nHello.\n".encode(), "", datetime.now(UTC))


def mails(base: Path, box: str) -> list[str]:
    """The subjects in a mailbox on this computer."""
    found = (path for part in ("cur", "new") for path in (base / "Mail" / box / part).glob("*"))
    lines = (line for path in found for line in path.read_text().splitlines() if line.startswith("Subject: "))
    return sorted(line.removeprefix("Subject: ") for line in lines)


def on_server(mail: dovecot.Dovecot, folder: Path, box: str) -> int:
    with session(mail, folder) as there:
        there.select(box)
        return len(there.uids())


def test_a_mail_that_comes_to_the_server_sets_a_rule_off_once(tmp_path: Path, mail: dovecot.Dovecot) -> None:
    base = home(tmp_path, f'imap = "imap://mira@127.0.0.1:{mail.endpoint.port}"\n', ARCHIVE)
    with serving(base, dovecot.PASSWORD):
        deliver(mail, tmp_path, "One")
        until(lambda: mails(base, ".Archive") == ["One"])
        quiet(base)
    assert set(done(base).values()) == {1} and len(done(base)) == 1
    assert (on_server(mail, tmp_path, "INBOX"), on_server(mail, tmp_path, "Archive")) == (0, 1)
    with serving(base, dovecot.PASSWORD):  # killed and begun again
        deliver(mail, tmp_path, "Two")
        until(lambda: mails(base, ".Archive") == ["One", "Two"])
        quiet(base)
    assert set(done(base).values()) == {1} and len(done(base)) == 2


def test_a_server_that_is_gone_for_long_loses_nothing_and_doubles_nothing(
    tmp_path: Path, mail: dovecot.Dovecot
) -> None:
    base = home(tmp_path, f'imap = "imap://mira@127.0.0.1:{mail.endpoint.port}"\n', ARCHIVE)
    with serving(base, dovecot.PASSWORD):
        deliver(mail, tmp_path, "Before")
        until(lambda: mails(base, ".Archive") == ["Before"])
        mail.stop()
        local = base / "Mail" / "new" / f"{int(time.time())}.M1P1.here"
        local.write_text(f"From: {OLGA}\nSubject: Meanwhile\nMessage-ID: <m@here.example>\n\nHello.\n")
        until(lambda: "Meanwhile" in mails(base, ".Archive"))  # the rules go on without the server
        with client(base) as remote:
            for _ in range(3):
                with pytest.raises(AgentError, match=r"127\.0\.0\.1"):
                    remote.ask("sync")
        time.sleep(2)  # more tries to listen than there are in an hour otherwise
        mail.start()
        deliver(mail, tmp_path, "After", "Later")
        until(lambda: mails(base, ".Archive") == ["After", "Before", "Later", "Meanwhile"])
        quiet(base)
    assert mails(base, "") == [] and set(done(base).values()) == {1} and len(done(base)) == 4
    assert (on_server(mail, tmp_path, "INBOX"), on_server(mail, tmp_path, "Archive")) == (0, 4)


# --- calendar -----------------------------------------------------------------------------------------------------------


def event(title: str, hour: int) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", f"UID:{title}", "DTSTAMP:20260101T000000Z",
             f"DTSTART:20270105T{hour}0000Z", f"DTEND:20270105T{hour + 1}0000Z", f"SUMMARY:{title}", "END:VEVENT",
             "END:VCALENDAR", ""]  # fmt: skip
    return "\r\n".join(lines).encode()


def tasks(base: Path) -> list[str]:
    found = [path.read_text() for path in (base / "calendars").rglob("*.ics") if ".trash" not in path.parts]
    return [text for text in found if "BEGIN:VTODO" in text and "SUMMARY:Tell the choir" in text]


def test_an_event_that_is_changed_on_the_server_sets_a_rule_off_once(tmp_path: Path) -> None:
    if importlib.util.find_spec("radicale") is None:
        pytest.skip(dav.HOW)
    with dav.radicale() as server:
        other = Side(tmp_path / "other", server.url)
        other.put("choir/rehearsal.ics", event("Rehearsal", 18))
        other.put("choir/lunch.ics", event("Lunch", 12))
        other.sync()
        base = home(tmp_path, f'caldav = "{server.url}"\n', TASK)
        with serving(base, dav.PASSWORD):
            until(lambda: len(list((base / "calendars").rglob("*.ics"))) == 2)
            quiet(base)
            count = len(tasks(base))
            for name, title in (("rehearsal", "Rehearsal"), ("lunch", "Lunch")):
                other.put(f"choir/{name}.ics", event(title, 19))
            other.sync()
            with client(base) as remote:
                remote.ask("sync")
            until(lambda: len(tasks(base)) == count + 1)
            quiet(base)
            assert len(tasks(base)) == count + 1
        other.close()
    assert sum(done(base).values()) == count + 1
