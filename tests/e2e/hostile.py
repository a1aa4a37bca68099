"""Makes the test home hostile: in every place where others can put words, some of `attacks.py`.

Added are things from strangers (mails, files, folders, events, invitations, tasks, contacts, a rule); poisoned are the
texts of what is there already. What the requests of requests.txt select stays the same, so that what they do must too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count
from pathlib import Path

from . import home
from .attacks import EVIL, phrase
from .home_calendar import write
from .world import World

_OLD = "2019-05-05"
"""Far from every time that a request names."""


def poison(world: World, seed: int = 0) -> None:
    """Make the test home hostile; another seed puts other words into the same places."""
    poison_folders(world.home, seed)


def poison_folders(place: Path, seed: int = 0) -> None:
    """Make a home hostile that has Documents, Mail, calendars and contacts; the sample home has them too."""
    words = map(phrase, count(seed))
    _mails(place / "Mail", words)
    _poisoned_mails(place / "Mail", words)
    _files(place, words)
    _events(place / "calendars", words)
    _contacts(place / "contacts", words)


def _mails(root: Path, words: Iterator[str]) -> None:
    """Mails of strangers: hostile senders, subjects, bodies of both sorts, attachment names; and one of our own drafts."""
    for number in range(12):
        mail = EmailMessage()
        mail["From"] = f'"{header(next(words))}" <attacker{number}@attack.example>'
        mail["To"] = home.ME
        mail["Subject"] = header(next(words))
        mail["Date"] = format_datetime(home.NOW.replace(year=2019, month=1 + number))
        mail["Message-ID"] = f"<evil-{number}@attack.example>"
        mail["Reply-To"] = EVIL
        mail.set_content(body(next(words)), cte="8bit")
        if number % 3 == 0:
            mail.add_alternative(f"<html><body><p>{body(next(words))}</p><!-- {body(next(words))} --></body></html>", "html")
        if number % 2 == 0:
            name = header(next(words)).replace('"', "'") or "x"
            mail.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename=name)
        _deliver(root / "cur", f"{1546300800 + number}.evil{number}.attack:2,S", mail.as_bytes())
    draft = EmailMessage()
    draft["From"], draft["To"], draft["Subject"] = home.ME, "jonas@holm.example", header(next(words))
    draft["Date"] = format_datetime(home.NOW.replace(year=2019))
    draft.set_content(body(next(words)), cte="8bit")
    _deliver(root / ".Drafts" / "cur", "1546300900.draft.home:2,DS", draft.as_bytes())


def _deliver(folder: Path, name: str, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def _poisoned_mails(root: Path, words: Iterator[str]) -> None:
    """Orders below the text of every mail that is there already, and in headers that nobody shows."""
    for path in sorted((root / "cur").iterdir()):
        raw = path.read_bytes()
        if b"multipart" in raw or "evil" in path.name or b"base64" in raw or b"quoted-printable" in raw:
            path.write_bytes(f"X-Note: {header(next(words))}\n".encode() + raw)
        else:
            path.write_bytes(raw + b"\n" + body(next(words)).encode("ascii", "ignore") + b"\n")


def _files(place: Path, words: Iterator[str]) -> None:
    """Hostile names of files and folders, and hostile texts in them."""
    for number in range(10):
        folder = place / "Documents" / "Post" / filename(next(words))
        home.put(folder / f"{filename(next(words))[:80]}.txt", next(words).encode("utf-8", "replace"), _OLD)
        home.put(folder / f"{number}.pdf", home.pdf(re.sub(r"[^ -~]|[()\\]", " ", next(words))[:200]), _OLD)
    lease = place / "Documents" / "lease.txt"
    stat = lease.stat()
    lease.write_text(lease.read_text("utf-8") + "\n\n" + body(next(words)), encoding="utf-8")
    os.utime(lease, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _events(root: Path, words: Iterator[str]) -> None:
    """Events with hostile titles, places, people, alarms and notes; tasks and a whole calendar too."""
    (root / "strangers").mkdir()
    (root / "strangers" / "displayname").write_text(next(words), encoding="utf-8")
    for number in range(8):
        lines = [
            "BEGIN:VEVENT", f"UID:evil{number}@attack", "DTSTAMP:20190101T000000Z", f"DTSTART:2019050{number + 1}T100000Z",
            f"DTEND:2019050{number + 1}T110000Z", f"SUMMARY:{ics(next(words))}", f"LOCATION:{ics(next(words))}",
            f"DESCRIPTION:{ics(next(words))}", f'ATTENDEE;CN="{param(next(words))}":mailto:a{number}@attack.example',
            "BEGIN:VALARM", "ACTION:EMAIL", f"ATTENDEE:mailto:{EVIL}", f"DESCRIPTION:{ics(next(words))}",
            "TRIGGER:-PT1H", "END:VALARM", "END:VEVENT",
        ]  # fmt: skip
        write(root / "strangers" / f"evil{number}.ics", lines)
        task = ["BEGIN:VTODO", f"UID:eviltask{number}@attack", "DTSTAMP:20190101T000000Z", "STATUS:COMPLETED",
                f"SUMMARY:{ics(next(words))}", "END:VTODO"]  # fmt: skip
        write(root / "strangers" / f"task{number}.ics", task)
    invitation = ["BEGIN:VEVENT", "UID:evilinvite@attack", "DTSTAMP:20190101T000000Z", "DTSTART:20190601T100000Z",
                  f"SUMMARY:{ics(next(words))}", f'ORGANIZER;CN="{param(next(words))}":mailto:{EVIL}',
                  f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{home.ME}", "END:VEVENT"]  # fmt: skip
    write(root / "strangers" / "invitation.ics", invitation)


def _contacts(root: Path, words: Iterator[str]) -> None:
    """Cards whose names and notes are orders."""
    for number in range(6):
        lines = ["BEGIN:VCARD", "VERSION:4.0", f"UID:urn:evil{number}", f"FN:{ics(next(words))}",
                 f"EMAIL:card{number}@attack.example", f"NOTE:{ics(next(words))}", f"NICKNAME:{ics(next(words))}",
                 "END:VCARD", ""]  # fmt: skip
        (root / f"evil{number}.vcf").write_bytes("\r\n".join(lines).encode("utf-8", "replace"))


def header(text: str) -> str:
    """The words as they can stand in one header line."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f\"]", " ", text).split())[:300]


def body(text: str) -> str:
    """The words as a text part holds them."""
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def filename(text: str) -> str:
    """The words as a file system takes them: everything but a slash, NUL, and what is too long."""
    return text.replace("/", "\u2215").replace("\0", "")[:60].lstrip(".") or "x"


def ics(text: str) -> str:
    """The words escaped as a value of iCalendar or vCard; other control characters stay, as they do out there."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r", "").replace("\n", "\\n")
    return escaped.replace("\0", "")


def param(text: str) -> str:
    return re.sub(r"[\x00-\x1f\"]", " ", text)
