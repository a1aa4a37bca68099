"""What a reply quotes and whom it answers, and what a forwarded mail carries along.

Deliberately not here: writing the bytes (`compose.py`). The text of the other mail is quoted, marked as such, and never
interpreted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from nearhand.connectors.base import Person
from nearhand.connectors.errors import DeniedError
from nearhand.connectors.mail.compose import Enclosure
from nearhand.connectors.mail.message import Letter
from nearhand.connectors.mail.threads import bare_subject
from nearhand.connectors.sealed.parsing import ATTACHMENT, Parsing

MAX_QUOTE = 200_000
"""Characters of another mail that are quoted."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def answered_people(letter: Letter, me: Person) -> tuple[Person, ...]:
    """Say whom a reply goes to: who wrote the mail, or whom it went to if it was the person's own."""
    senders = others(letter.reply_to or letter.senders, me)
    found = tuple(map(_named, senders or others(letter.to, me) or unique(letter.senders)))
    if not found:
        raise DeniedError(f"The mail “{letter.subject}” names no sender that could be answered.")
    return found


def _named(person: Person) -> Person:
    """Somebody without a name that pretends to be an address: that is where mail would seem to go."""
    return replace(person, name="") if "@" in person.name else person


def copied_people(letter: Letter, me: Person) -> tuple[Person, ...]:
    """Say who else gets a reply to all: everybody the mail names, but neither the person nor who is answered."""
    return without(others((*letter.to, *letter.cc), me), answered_people(letter, me))


def without(people: Iterable[Person], taken: Iterable[Person]) -> tuple[Person, ...]:
    """Leave out whoever is named elsewhere already, by address."""
    addresses = {person.address.casefold() for person in taken}
    return tuple(person for person in unique(people) if person.address.casefold() not in addresses)


def others(people: Iterable[Person], me: Person) -> tuple[Person, ...]:
    """Leave out the person themself, those without an address, and every repetition."""
    return without(people, (me,))


def unique(people: Iterable[Person]) -> tuple[Person, ...]:
    """Leave out those without an address and every repetition."""
    kept: dict[str, Person] = {}
    for person in people:
        if person.address:
            kept.setdefault(person.address.casefold(), person)
    return tuple(kept.values())


def reply_subject(subject: str) -> str:
    """Give the subject of a reply: "Re:" once, whatever stood before."""
    return f"Re: {bare_subject(subject)}".strip()


def forward_subject(letters: Sequence[Letter]) -> str:
    """Give the subject of a forwarded mail, or of several in one."""
    more = f" (and {len(letters) - 1} more)" if len(letters) > 1 else ""
    return f"Fwd: {bare_subject(letters[0].subject)}{more}".strip()


def reply_text(text: str, letter: Letter, date: datetime | None) -> str:
    """Put the answer above the quoted mail."""
    writer = str(letter.senders[0]) if letter.senders else "somebody"
    on = f"On {said(date)}, " if date else ""
    quoted = "\n".join(f"> {line}".rstrip() for line in _cut(letter.text).split("\n"))
    return f"{text.rstrip()}\n\n{on}{writer} wrote:\n{quoted}\n"


def forward_text(text: str, letters: Sequence[Letter], dates: Sequence[datetime | None]) -> str:
    """Put what the person says above the forwarded mails."""
    parts = [text.rstrip()] if text.strip() else []
    return "\n\n".join([*parts, *map(_forwarded, letters, dates)]) + "\n"


def _forwarded(letter: Letter, date: datetime | None) -> str:
    lines = ["---------- Forwarded message ----------", f"From: {_listed(letter.senders)}"]
    lines += [f"Date: {said(date)}"] if date else []
    lines += [f"Subject: {letter.subject}", f"To: {_listed(letter.to)}"]
    lines += [f"Cc: {_listed(letter.cc)}"] if letter.cc else []
    return "\n".join([*lines, "", _cut(letter.text)])


def carried(raw: bytes, letter: Letter, reads: Parsing) -> list[Enclosure]:
    """Take along what is attached to a mail."""
    return [
        Enclosure(attachment.name, attachment.type, reads.read(ATTACHMENT, raw, number))
        for number, attachment in enumerate(letter.attachments)
    ]


def said(date: datetime) -> str:
    """Write a time as "Tue, 3 Feb 2026 at 14:05", in English whatever the locale."""
    return f"{_DAYS[date.weekday()]}, {date.day} {_MONTHS[date.month - 1]} {date.year} at {date:%H:%M}"


def _listed(people: Iterable[Person]) -> str:
    return ", ".join(map(str, people))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_QUOTE else text[:MAX_QUOTE] + "\n[the rest is left out]"
