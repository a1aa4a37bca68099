"""A mail as an Item: what the index searches and a person sees of it.

A mail that cannot be read becomes an item too, so that it is never lost from sight. Nothing here touches the disk but
for the time a file was delivered.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from nearhand.connectors.base import Item, Source
from nearhand.connectors.mail import mailboxes
from nearhand.connectors.mail.maildir import Entry
from nearhand.connectors.mail.message import Letter
from nearhand.connectors.mail.plans import NAME
from nearhand.connectors.mail.threads import thread_id

UNREADABLE = "(unreadable mail)"
_DELIVERED = re.compile(r"(\d{9,10})\.")
_CALENDAR = frozenset({"text/calendar", "application/ics"})


def letter_item(entry: Entry, version: str, size: int, letter: Letter, zone: tzinfo) -> Item:
    """Show a mail that was read as an item."""
    roles = (("from", letter.senders), ("to", letter.to), ("cc", letter.cc), ("bcc", letter.bcc))
    return Item(
        connector=NAME,
        ref=entry.ref,
        version=version,
        kind="mail",
        title=letter.subject or "(no subject)",
        place=mailboxes.display(entry.folder),
        when=_when(entry, letter).astimezone(zone),
        size=size,
        people=tuple((role, person) for role, people in roles for person in people),
        tags=_tags(entry, letter),
        text=letter.text,
        source=_source(entry),
        extra={
            "message-id": letter.message_id,
            "in-reply-to": letter.in_reply_to[0] if letter.in_reply_to else "",
            "references": " ".join(letter.references),
            "thread": thread_id(letter),
            "attachments": "\n".join(attached.name for attached in letter.attachments),
        },
    )


def unreadable_item(entry: Entry, version: str, subject: str, why: str, zone: tzinfo) -> Item:
    """Show a mail that cannot be read: its subject if something looks like one, and the reason."""
    return Item(
        connector=NAME,
        ref=entry.ref,
        version=version,
        kind="mail",
        title=subject or UNREADABLE,
        place=mailboxes.display(entry.folder),
        when=_delivered(entry).astimezone(zone),
        size=_size(version),
        source=_source(entry),
        extra={"unreadable": why},
    )


def _source(entry: Entry) -> Source:
    return Source.OWN if entry.folder in mailboxes.OWN_FOLDERS else Source.OUTSIDE


def _tags(entry: Entry, letter: Letter) -> frozenset[str]:
    flags = entry.flags
    tags = {"read" if "S" in flags else "unread", "flagged" if "F" in flags else "unflagged"}
    tags.add("answered" if "R" in flags else "unanswered")
    if any(attached.type not in _CALENDAR for attached in letter.attachments):
        tags.add("attachment")
    tags |= {"newsletter"} if letter.newsletter else set()
    tags |= {"invitation"} if letter.invitation else set()
    return frozenset(tags)


def _when(entry: Entry, letter: Letter) -> datetime:
    """Take the time the sender claims, unless it is missing or later than the person's own server took the mail in."""
    if letter.date and letter.received and letter.date > letter.received + timedelta(days=1):
        return letter.received
    return letter.date or letter.received or _delivered(entry)


def _delivered(entry: Entry) -> datetime:
    found = _DELIVERED.match(entry.unique)
    return datetime.fromtimestamp(int(found[1]) if found else entry.path.stat().st_mtime, UTC)


def _size(version: str) -> int:
    return int(version.split("-")[1])
