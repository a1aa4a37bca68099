"""Which mails belong to one conversation, from the ids that mail programs write. Subjects alone prove nothing.

Deliberately not here: looking for the other mails of a conversation; that is the index's work.
"""

from __future__ import annotations

import re

from nearhand.connectors.mail.message import Letter

_PREFIX = re.compile(
    r"\s*(?:(?:re|fwd?|aw|wg|sv|vs|tr|r|antw|odp|rif|ref)\s*(?:\[\d+\]|\(\d+\))?\s*:\s*)+", re.IGNORECASE
)


def thread_id(letter: Letter) -> str:
    """Name the conversation of a mail: the id of its first mail, or its bare subject when it has no ids at all."""
    for ids in (letter.references, letter.in_reply_to, (letter.message_id,)):
        if ids and ids[0]:
            return ids[0]
    subject = bare_subject(letter.subject).casefold()
    return f"subject:{subject}" if subject else ""


def bare_subject(subject: str) -> str:
    """Take "Re:", "Fwd:" and their foreign cousins off a subject."""
    prefix = _PREFIX.match(subject[:2000])
    return subject[prefix.end() if prefix else 0 :].strip()


def references_for_reply(letter: Letter) -> tuple[str, ...]:
    """List the ids an answer refers to (RFC 5322, 3.6.4): those of the conversation, then the mail itself."""
    earlier = letter.references or letter.in_reply_to[:1]
    ids = tuple(dict.fromkeys((*earlier, letter.message_id) if letter.message_id else earlier))
    return ids if len(ids) <= 20 else (ids[0], *ids[-19:])
