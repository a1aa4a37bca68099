"""Looks at the test home from outside: every byte of it, and what is different between two looks."""

from __future__ import annotations

import email
import email.policy
import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nearhand.agent.loop import Engine, open_engine
from nearhand.models.worker import ScriptedPlanner
from nearhand.models.written import Row, read_line

from . import home

Bytes = Mapping[str, bytes]
_TRASHES = ("Mail/.Trash/", "calendars/.trash/", "contacts/.trash/", "rules/.trash/")


def _file(path: Path) -> bool:
    """Whether it holds something; the mark by which Maildir++ knows a folder belongs to the folder."""
    return path.is_file() and path.name != "maildirfolder"


@dataclass(frozen=True)
class World:
    """One home in a temporary folder."""

    base: Path

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def profile(self) -> Path:
        return self.base / "profile"

    @contextmanager
    def engine(self, *rows: Row) -> Iterator[Engine]:
        """The real engine, planning from the gold plans of rows."""
        planner = ScriptedPlanner({row.turn.request: str(row.turn.plan) for row in rows})
        with open_engine(self.profile, home.NOW, planner) as engine:
            yield engine

    def look(self) -> Bytes:
        """Every file the person owns, and the rules; not the journal and not the index."""
        own = {str(p.relative_to(self.home)): p.read_bytes() for p in self.home.rglob("*") if _file(p)}
        rules = self.profile / "rules"
        return own | {f"rules/{p.relative_to(rules)}": p.read_bytes() for p in rules.rglob("*") if p.is_file()}

    def kept(self, data: bytes) -> bool:
        """Whether bytes are still somewhere: at home or in the trash of the profile."""
        return any(p.is_file() and p.read_bytes() == data for p in self.base.rglob("*"))

    def outbox(self) -> list[email.message.EmailMessage]:
        """The mails that wait, as any mail program would read them."""
        found = sorted((self.home / "Mail" / ".Outbox").glob("*/*"))
        return [parsed(path.read_bytes()) for path in found]


def make(base: Path) -> World:
    """Build a home and look after it."""
    home.build(base)
    return World(base)


def row(line: str) -> Row:
    """A request with its gold plan, as in the written corpus."""
    return read_line(line)


def parsed(data: bytes) -> email.message.EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return message


@dataclass(frozen=True)
class Line:
    """One expected difference: a sign, a pattern of a path, and words."""

    sign: str
    pattern: str
    words: tuple[str, ...] = ()

    def fits(self, sign: str, path: str, data: bytes) -> bool:
        if sign != self.sign or not fnmatch.fnmatchcase(path, self.pattern):
            return False
        text = readable(path, data) if self.words else ""
        return all(_holds(text, word) for word in self.words)


def _holds(text: str, word: str) -> bool:
    if word.startswith("!"):
        return word[1:] not in text
    return re.search(".*".join(re.escape(part) for part in word.split("*")), text) is not None


def readable(path: str, data: bytes) -> str:
    """A file as a person would read it: mails decoded, folded lines unfolded."""
    if path.startswith("Mail/"):
        return _mail_text(parsed(data))
    text = data.decode("utf-8", "replace")
    return re.sub(r"\r?\n[ \t]", "", text) if path.endswith((".ics", ".vcf")) else text


def _mail_text(message: email.message.EmailMessage) -> str:
    heads = [f"{name}: {value}" for name, value in message.items()]
    body = message.get_body(("plain", "html"))
    attached = [f"[{part.get_filename()}]" for part in message.iter_attachments()]
    return "\n".join([*heads, "", body.get_content() if body else "", *attached])


def differences(before: Bytes, after: Bytes) -> list[tuple[str, str, bytes]]:
    """(sign, path, bytes) of everything that is gone (-), new (+) or other than before (~)."""
    gone = [("-", path, before[path]) for path in before if path not in after]
    new = [("+", path, after[path]) for path in after if path not in before]
    return gone + new + [("~", path, after[path]) for path in after if path in before and before[path] != after[path]]


def restored(before: Bytes, after: Bytes) -> bool:
    """Whether everything is as before; what was made and taken back may lie in a trash."""
    kept = {path: data for path, data in after.items() if path in before or not path.startswith(_TRASHES)}
    return kept == dict(before)


def complaints(expected: Sequence[Line], changes: Sequence[tuple[str, str, bytes]]) -> list[str]:
    """What was expected and did not happen, and what happened and nobody expected."""
    missing = [
        f"did not happen: {e.sign} {e.pattern} {e.words}" for e in expected if not any(e.fits(*c) for c in changes)
    ]
    extra = [
        f"unexpected: {sign} {path}" + (f"\n{readable(path, data)[:800]}" if sign != "-" else "")
        for sign, path, data in changes
        if not any(e.fits(sign, path, data) for e in expected)
    ]
    return missing + extra
