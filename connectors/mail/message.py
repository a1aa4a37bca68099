"""Reads a mail: who, when, what about, its text and what is attached. Reading never changes or loses the raw bytes.

Everything that can be wrong with a mail ends as a LimitError or an UnreadableError here, whatever the standard library
raised. HTML becomes plain text; nothing remote is ever fetched. Deliberately not here: writing mail (`compose.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from typing import TypeVar

from nearhand.connectors.base import Person
from nearhand.connectors.errors import ConnectorError, UnreadableError
from nearhand.connectors.mail import headers, mime
from nearhand.connectors.mail.mailboxes import plain
from nearhand.connectors.mail.mime import Part
from nearhand.connectors.mail.webtext import to_text
from nearhand.connectors.names import clean_name

T = TypeVar("T")
MAX_TEXT = 2 * 1024 * 1024
"""Characters of text that are read of one mail; what follows is left out."""
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_TEXTS = frozenset({"text/plain", "text/html", "text/enriched", "message/delivery-status"})
_ENDINGS = {
    "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "message/rfc822": ".eml",
    "application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png", "application/zip": ".zip",
}  # fmt: skip
_SUBJECT = re.compile(rb"^Subject:[ \t]*([^\r\n]{1,1000})", re.IGNORECASE | re.MULTILINE)
_STEERING = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
"""Characters that steer a terminal, turn the direction of text, or take no room and so could hide something."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something attached to a mail; its bytes stay in the mail until they are asked for."""

    name: str
    """A safe file name, without any folder."""
    type: str
    size: int
    """Bytes, once decoded."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that was read."""

    subject: str
    senders: tuple[Person, ...]
    reply_to: tuple[Person, ...]
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    bcc: tuple[Person, ...]
    date: datetime | None
    received: datetime | None
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    text: str
    attachments: tuple[Attachment, ...]
    newsletter: bool
    invitation: bool


def read(raw: bytes) -> Letter:
    """Read a mail; raises LimitError if it is beyond the limits and UnreadableError if it is not a mail."""
    return _guarded(_read, raw)


def attachment_bytes(raw: bytes, number: int) -> bytes:
    """Give the decoded bytes of an attachment, counted from 0 in the order of `Letter.attachments`."""

    def pick(data: bytes) -> bytes:
        parts = [part for part in mime.split(data) if _is_attached(part)]
        return _decoded(data, parts[number])

    return _guarded(pick, raw)


def invitation(raw: bytes) -> bytes:
    """Give the bytes of the first calendar part of a mail, b"" if it has none."""

    def pick(data: bytes) -> bytes:
        return next((_decoded(data, part) for part in mime.split(data) if part.type == "text/calendar"), b"")

    return _guarded(pick, raw)


def glimpse(raw: bytes) -> str:
    """Find what may be the subject of a mail that cannot be read; "" if nothing looks like one."""
    found = _SUBJECT.search(raw[: 64 * 1024])
    if not found or found[1].count(b"=?") > mime.MAX_ENCODED_WORDS:
        return ""
    return headers.as_text(found[1].decode("utf-8", "surrogateescape"))


def _guarded(read: Callable[[bytes], T], raw: bytes) -> T:
    try:
        return read(raw if b"\n" in raw else raw.replace(b"\r", b"\n"))
    except ConnectorError:
        raise
    except Exception as error:  # hostile mail makes the standard library raise nearly anything
        why = type(error).__name__
        raise UnreadableError(f"The mail cannot be understood ({why}). It was left as it is.") from error


def _read(raw: bytes) -> Letter:
    parts = mime.split(raw)
    top = parts[0].headers
    if not top.keys():
        raise UnreadableError("This does not look like a mail: it has no headers. It was left as it is.")
    ids = headers.ids(top, "Message-ID")
    return Letter(
        subject=headers.text(top, "Subject"),
        senders=headers.people(top, "From") or headers.people(top, "Sender"),
        reply_to=headers.people(top, "Reply-To"),
        to=headers.people(top, "To"),
        cc=headers.people(top, "Cc"),
        bcc=headers.people(top, "Bcc"),
        date=headers.date(top),
        received=headers.received(top),
        message_id=ids[0] if ids else "",
        in_reply_to=headers.ids(top, "In-Reply-To"),
        references=headers.ids(top, "References"),
        text=_text(raw, parts),
        attachments=tuple(_attachment(raw, part, n) for n, part in enumerate(filter(_is_attached, parts))),
        newsletter=_is_newsletter(top),
        invitation=any(part.type == "text/calendar" for part in parts),
    )


def _is_newsletter(top: Message) -> bool:
    precedence = str(top.get("Precedence", "")).strip().lower()
    return precedence in ("bulk", "list") or "List-Unsubscribe" in top or "List-Id" in top


def _disposition(part: Part) -> str:
    return str(part.headers.get("Content-Disposition", "")).partition(";")[0].strip().lower()


def _is_attached(part: Part) -> bool:
    """Tell attachments from the text itself, from pictures that belong to it, from containers and signatures."""
    if part.parent is None or _inside_message(part) or part.type in _SIGNATURES:
        return part.parent is None and not _is_container(part) and not _is_text(part)
    if part.type in mime.NESTED:
        return True
    if _is_container(part):
        return False
    if _disposition(part) == "attachment":
        return True
    if part.type.startswith("image/") and "Content-ID" in part.headers and part.around("multipart/related"):
        return False
    return not _is_text(part) or bool(_filename(part))


def _is_container(part: Part) -> bool:
    return bool(part.children) or part.type in mime.NESTED


def _is_text(part: Part) -> bool:
    """Tell what is read as text; a multipart without any part in it is only called so by mistake."""
    return part.type in _TEXTS or (part.type.startswith("multipart/") and not part.children)


def _inside_message(part: Part) -> bool:
    """Tell whether a part belongs to a mail that is attached to this one."""
    around = part.parent
    while around is not None and around.parent is not None:
        if around.type in mime.NESTED:
            return True
        around = around.parent
    return False


def _filename(part: Part) -> str:
    try:
        return headers.as_text(part.headers.get_filename() or "")
    except Exception:  # RFC 2231 continuations of nonsense
        return ""


def _attachment(raw: bytes, part: Part, number: int) -> Attachment:
    default = "invite.ics" if part.type == "text/calendar" else f"attachment-{number + 1}{_ENDINGS.get(part.type, '')}"
    return Attachment(clean_name(_filename(part), default), plain(part.type, 100), _size(raw, part))


def _size(raw: bytes, part: Part) -> int:
    """Count the decoded bytes of a part; of base64 without decoding it."""
    if part.headers.get("Content-Transfer-Encoding", "").strip().lower() != "base64" or part.children:
        return len(_decoded(raw, part))
    breaks = raw.count(b"\n", part.start, part.end) + raw.count(b"\r", part.start, part.end)
    padding = raw[max(part.start, part.end - 8) : part.end].count(b"=")
    return max(0, (part.end - part.start - breaks) * 3 // 4 - padding)


def _decoded(raw: bytes, part: Part) -> bytes:
    """Decode the body of a part from base64 and the like; an attached message is given as it stands."""
    body = raw[part.start : part.end]
    if part.children:
        return body
    part.headers.set_payload(body.decode("ascii", "surrogateescape"))
    try:
        found = part.headers.get_payload(decode=True)
    except Exception:  # uuencoded nonsense
        found = body
    finally:
        part.headers.set_payload("")
    return found if isinstance(found, bytes) else body


def _text(raw: bytes, parts: list[Part]) -> str:
    """Join the readable texts of a mail; of alternatives the plain one, unless it is empty."""
    plain_in: set[int] = set()
    texts: list[str] = []
    room = MAX_TEXT
    for part in parts:
        if room <= 0 or part.children or not _is_text(part) or _is_attached(part) or _inside_message(part):
            continue
        alternative = id(part.around("multipart/alternative"))
        if part.type == "text/html" and alternative in plain_in:
            continue
        found = _part_text(raw, part)[:room]
        if found and part.type == "text/plain" and part.around("multipart/alternative"):
            plain_in.add(alternative)
        texts.append(found)
        room -= len(found)
    return "\n\n".join(text for text in texts if text)


def _part_text(raw: bytes, part: Part) -> str:
    try:
        charset = part.headers.get_content_charset() or ""
    except Exception:
        charset = ""
    text = headers.decode(_decoded(raw, part)[:MAX_TEXT], charset)
    if part.type in ("text/html", "text/enriched"):
        text = to_text(text)
    return _STEERING.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
