"""A home with folders, a Maildir and calendars, and the rules at work in it as the daemon runs them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from nearhand.agent.approve import Card
from nearhand.agent.daemon.loop import Works
from nearhand.agent.loop import Engine, open_engine
from nearhand.agent.reply import Reply, Status
from nearhand.agent.rules.run import runner
from nearhand.agent.senses.perceive import watcher
from nearhand.agent.work import Firing, Notice
from nearhand.models.worker import ScriptedPlanner
from nearhand.models.written import read_line

ZONE = ZoneInfo("Europe/Berlin")
CONFIG = """\
[me]
name = "Mira Holm"
email = "mira@holm.example"
timezone = "Europe/Berlin"
[files]
roots = ["Documents", "Downloads"]
[mail]
maildir = "Mail"
[calendar]
vdir = "calendars"
[contacts]
vdir = "contacts"
"""
OLGA = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:olga\r\nFN:Olga Lindqvist\r\nN:Lindqvist;Olga;;;\r\nEMAIL:olga@lindqvist.example\r\nEND:VCARD\r\n"
SAYS_YES = 0


def make(base: Path) -> Path:
    """A home with nothing in it but its folders; returns the profile."""
    for name in ("Documents", "Downloads", "calendars/personal", "contacts", *(f"Mail/{d}" for d in ("cur", "new", "tmp"))):
        (base / name).mkdir(parents=True)
    (base / "config.toml").write_text(CONFIG)
    (base / "contacts" / "olga.vcf").write_bytes(OLGA.encode())
    return base


@dataclass
class Desk:
    """One person's rules, and the world they work in."""

    base: Path
    engine: Engine
    planner: ScriptedPlanner
    notices: list[Notice] = field(default_factory=list)
    ran: list[tuple[str, Reply]] = field(default_factory=list)

    # --- the daemon ---------------------------------------------------------------------------------------------------

    @contextmanager
    def working(self, watching: bool = False) -> Iterator[Works]:
        """The rules at work until the block ends, as after a start of the daemon."""
        watch, run = watcher(self.engine), runner(self.engine, self.notices.append)
        works = Works(watch, run, self.engine.stop, self._told, lambda: self.engine.home.clock.now, self._ran)
        if watching:
            watch.start(lambda: None)
        try:
            works.step()
            yield works
        finally:
            watch.stop()
            run.close()

    def settle(self, works: Works, seconds: float = 5.0) -> None:
        """Step until nothing has to settle any more."""
        until = time.monotonic() + seconds
        watch = works.watcher
        while True:
            watch._due = set(watch._places)  # type: ignore[attr-defined]
            works.step()
            if not watch.waiting or time.monotonic() > until:  # type: ignore[attr-defined]
                break
            time.sleep(0.05)
        works.step()

    def go(self) -> None:
        """One life of the daemon: begin, look, let things settle, end."""
        with self.working() as works:
            self.settle(works)

    def _told(self, notice: Notice) -> None:
        self.notices.append(notice)

    def _ran(self, firing: Firing, reply: Reply) -> None:
        self.ran.append((firing.rule, reply))

    # --- the person ---------------------------------------------------------------------------------------------------

    def rule(self, line: str) -> str:
        """Make a rule from a line of the written corpus and say yes to it; returns the name of its file."""
        before = set(self.names())
        reply = self.ask(line)
        assert reply.status is Status.DONE, reply.answer
        (ref,) = set(self.names()) - before
        return ref

    def ask(self, line: str, cards: list[Card] | None = None) -> Reply:
        row = read_line(line)
        self.planner.plans.setdefault(row.turn.request, str(row.turn.plan))
        kept: list[Card] = [] if cards is None else cards

        def yes(card: Card) -> bool:
            kept.append(card)
            return True

        return self.engine.do(row.turn.request, yes)

    def names(self) -> list[str]:
        return sorted(path.name for path in (self.base / "rules").glob("*.toml"))

    def text(self, ref: str) -> str:
        return (self.base / "rules" / ref).read_text()

    @property
    def now(self) -> datetime:
        return self.engine.home.clock.now

    def at(self, moment: datetime) -> None:
        self.engine.home.at(moment.replace(tzinfo=ZONE) if moment.tzinfo is None else moment)

    def later(self, **span: float) -> None:
        self.at(self.now + timedelta(**span))

    # --- the world ----------------------------------------------------------------------------------------------------

    def put(self, name: str, data: bytes | str = "x") -> Path:
        path = self.base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def mail(
        self, subject: str, sender: str = "Olga Lindqvist <olga@lindqvist.example>", body: str = "Hello.",
        headers: Sequence[tuple[str, str]] = (), when: datetime | None = None, files: Sequence[tuple[str, bytes]] = (),
        folder: str = "",
    ) -> str:
        """Deliver a mail; returns its unique name."""
        self._count = getattr(self, "_count", 0) + 1
        moment = when or datetime.now(ZONE)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, "mira@holm.example", subject
        message["Date"] = moment
        message["Message-ID"] = f"<{self._count}.{time.monotonic_ns()}@there.example>"
        for name, value in headers:
            message[name] = value
        message.set_content(body)
        for name, data in files:
            if name.endswith(".ics"):
                message.add_attachment(data.decode(), subtype="calendar", filename=name, params={"method": "REQUEST"})
            else:
                message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
        unique = f"{int(time.time())}.M{time.monotonic_ns()}P{self._count}.there"
        box = self.base / "Mail" / folder
        for part in ("cur", "new", "tmp"):
            (box / part).mkdir(parents=True, exist_ok=True)
        draft = box / "tmp" / unique
        draft.write_bytes(bytes(message))
        draft.rename(box / "new" / unique)
        return unique

    def event(self, title: str, start: datetime, hours: float = 1.0, more: str = "", name: str = "") -> Path:
        name = name or title.replace(" ", "-").lower()
        end = start + timedelta(hours=hours)
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", "BEGIN:VEVENT", f"UID:{name}", "DTSTAMP:20260101T000000Z",
                 f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}", f"DTEND;TZID=Europe/Berlin:{end:%Y%m%dT%H%M%S}",
                 f"SUMMARY:{title}", *filter(None, more.split("\n")), "END:VEVENT", "END:VCALENDAR", ""]  # fmt: skip
        path = self.base / "calendars" / "personal" / f"{name}.ics"
        path.write_bytes("\r\n".join(lines).encode())
        return path

    def mails(self, folder: str = "") -> list[str]:
        box = self.base / "Mail" / folder
        return sorted(p.name.partition(":")[0] for part in ("cur", "new") for p in (box / part).glob("*"))

    def files(self, folder: str) -> list[str]:
        return sorted(p.name for p in (self.base / folder).rglob("*") if p.is_file())

    def tasks(self) -> list[str]:
        found = (p.read_text() for p in (self.base / "calendars").rglob("*.ics"))
        return sorted(line.removeprefix("SUMMARY:") for text in found if "BEGIN:VTODO" in text
                      for line in text.splitlines() if line.startswith("SUMMARY:"))  # fmt: skip


@contextmanager
def opened(base: Path, now: datetime | None = None) -> Iterator[Desk]:
    """A desk for a home that `make` has made; a fixed clock if `now` is given."""
    planner = ScriptedPlanner({})
    with open_engine(base, now, planner) as engine:
        yield Desk(base, engine, planner)


def fast() -> Path | None:
    """A folder in memory, where waiting for the disk costs nothing; for tests of many small writes."""
    there = Path("/dev/shm")
    return there if there.is_dir() and os.access(there, os.W_OK) else None
