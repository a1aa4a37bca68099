"""The mails of the test home: those of mails.txt in a Maildir++, and one that is broken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("Europe/Berlin")
_ME = "Mira Holm <mira@holm.example>"
_FIRST = re.compile(r"\[(?P<key>.+)\] (?P<folder>\w+) (?P<date>\S+) (?P<flags>\S+)")
BROKEN = b"From: =?utf-8?q?broken\nSubject: =?x?b?$$?=\nContent-Type: multipart/mixed; boundary=\n\n\xff\xfe\x00 no end"


@dataclass(frozen=True)
class Mail:
    """One mail; `key` names its Message-ID and its file."""

    key: str
    folder: str
    date: datetime
    flags: str
    heads: tuple[tuple[str, str], ...]
    text: str

    def all(self, name: str) -> list[str]:
        """The values of a header."""
        return [value for head, value in self.heads if head == name]


def read(text: str) -> list[Mail]:
    """The blocks of mails.txt."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return [_mail(block.splitlines()) for block in kept.strip().split("\n\n")]


def _mail(lines: list[str]) -> Mail:
    first = _FIRST.fullmatch(lines[0])
    assert first, lines[0]
    heads = [tuple(line.split(": ", 1)) for line in lines[1:] if not line.startswith("|")]
    text = "".join(line[2:] + "\n" for line in lines if line.startswith("|"))
    folder = "" if first["folder"] == "Inbox" else f".{first['folder']}"
    date = datetime.fromisoformat(first["date"]).replace(tzinfo=_ZONE)
    return Mail(first["key"], folder, date, first["flags"].strip("-"), tuple((n, v) for n, v in heads), text)


def build(root: Path) -> None:
    """Write the Maildir."""
    for folder in ("", ".Sent", ".Drafts", ".Archive", ".Trash", ".Outbox", ".Family"):
        for part in ("cur", "new", "tmp"):
            (root / folder / part).mkdir(parents=True, exist_ok=True)
    for mail in read((Path(__file__).parent / "mails.txt").read_text(encoding="utf-8")):
        name = f"{int(mail.date.timestamp())}.{mail.key}.home:2,{mail.flags}"
        (root / mail.folder / "cur" / name).write_bytes(_bytes(mail))
    (root / "new" / "1762700000.broken.home").write_bytes(BROKEN)


def _bytes(mail: Mail) -> bytes:
    message = EmailMessage()
    message["Date"], message["Message-ID"] = format_datetime(mail.date), f"<{mail.key}@mail.example>"
    for name in ("From", "Cc", "Subject", "List-Unsubscribe"):
        for value in mail.all(name):
            message[name] = value
    message["To"] = next(iter(mail.all("To")), _ME)
    for key in mail.all("Reply"):
        message["In-Reply-To"] = message["References"] = f"<{key}@mail.example>"
    message.set_content(mail.text, subtype="html" if mail.text.startswith("<") else "plain")
    for name in mail.all("File"):
        kind = ("image", "jpeg") if name.endswith("jpg") else ("application", "pdf")
        message.add_attachment(f"bytes of {name}".encode(), maintype=kind[0], subtype=kind[1], filename=name)
    return message.as_bytes()
