"""What lies in the Outbox: final bytes, how long to hold them, and to whom they go.

Deliberately not here: when to send and through what (the agent's outbox decides that). In `local` mode
nothing is sent at all; the mails wait here for the person's own mail program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from nearhand.connectors.base import Effect, Person
from nearhand.connectors.errors import DeniedError
from nearhand.connectors.mail import mailboxes, message
from nearhand.connectors.mail.compose import DIGEST, NOT_BEFORE, check_address, recipients
from nearhand.connectors.mail.maildir import Entry, Maildir
from nearhand.connectors.mail.maildir_files import digest
from nearhand.connectors.mail.message import Letter
from nearhand.connectors.mail.plans import NAME

_OURS = re.compile(rb"^(?:bcc|x-nearhand-[a-z-]+):[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Departure:
    """A mail that is ready to go."""

    ref: str
    raw: bytes
    """The bytes to hand over: without Bcc and without the headers that are only for the outbox."""
    sender: str
    recipients: tuple[str, ...]
    """Every address it goes to, hidden copies included; in lower case, each once."""
    people: tuple[Person, ...]
    message_id: str
    subject: str
    not_before: datetime | None
    """When it may go at the earliest; None is at once."""
    digest: str
    """What was approved, as the one who put it here wrote it; "" if nothing was."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What came of handing a mail to a server."""

    accepted: bool
    reply: str
    """What the server said, or why it was not handed over."""
    later: bool = False
    """Whether nothing was handed over, and it can be tried again."""


def waiting(store: Maildir) -> list[str]:
    """List the refs of the mails in the Outbox, the oldest first."""
    return sorted(ref for ref, _ in store.scan_folder(mailboxes.OUTBOX))


def release(store: Maildir, ref: str) -> Departure:
    """Read a mail in the Outbox and say what is to be handed over to whom; changes nothing."""
    raw = store.read(_waiting(store, ref))
    letter = message.read(raw)
    bare = _bare(raw)
    if _leaks(bare, letter):
        raise DeniedError(f"“{letter.subject}” cannot be made ready to go. Withdraw it and write it again.")
    goes_to = tuple(dict.fromkeys(map(check_address, recipients(letter))))
    return Departure(
        ref=ref,
        raw=bare,
        sender=check_address(letter.senders[0].address if letter.senders else ""),
        recipients=goes_to,
        people=(*letter.to, *letter.cc, *letter.bcc),
        message_id=letter.message_id,
        subject=letter.subject,
        not_before=_moment(_header(raw, NOT_BEFORE)),
        digest=_header(raw, DIGEST),
    )


def sent(store: Maildir, ref: str) -> Effect:
    """The effect that files a mail that has gone under Sent."""
    return _away(store, ref, "move", mailboxes.SENT)


def withdraw(store: Maildir, ref: str) -> Effect:
    """The effect that takes a mail out of the Outbox before it goes; it can be restored from the trash."""
    return _away(store, ref, "withdraw", mailboxes.TRASH)


def _away(store: Maildir, ref: str, verb: str, to: str) -> Effect:
    entry = _waiting(store, ref)
    raw = store.read(entry)
    return Effect(NAME, verb, ref, digest(raw), {"to": to, "as": entry.unique, "title": message.glimpse(raw)})


def _waiting(store: Maildir, ref: str) -> Entry:
    entry = store.find(ref)
    if entry.folder != mailboxes.OUTBOX:
        raise DeniedError("Only a mail in the Outbox can be sent or withdrawn.")
    return entry


def _bare(raw: bytes) -> bytes:
    head, blank, body = raw.partition(b"\n\n")
    return _OURS.sub(b"", head + b"\n").removesuffix(b"\n") + blank + body


def _leaks(bare: bytes, letter: Letter) -> bool:
    """Tell whether taking our headers off changed anything else, or left a hidden copy to be seen."""
    after = message.read(bare)
    same = (after.to, after.cc, after.senders, after.text) == (letter.to, letter.cc, letter.senders, letter.text)
    return bool(after.bcc) or not same


def _header(raw: bytes, name: str) -> str:
    head = raw.partition(b"\n\n")[0].decode("ascii", "replace")
    found = re.search(rf"^{name}:[ \t]*([^\n]*)$", head, re.MULTILINE | re.IGNORECASE)
    return found[1].strip() if found else ""


def _moment(value: str) -> datetime | None:
    """Read the hold; one that cannot be read raises DeniedError, for it must not mean "at once"."""
    try:
        moment = datetime.fromisoformat(value) if value else None
    except ValueError:
        raise DeniedError("It cannot be read when this mail may go. Withdraw it and write it again.") from None
    if moment is not None and moment.tzinfo is None:
        raise DeniedError("The time before which this mail may not go has no zone. Withdraw it and write it again.")
    return moment
