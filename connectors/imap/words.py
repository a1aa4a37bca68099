"""The words of IMAP (RFC 3501, 4315, 6154, 7162), to and from values. No I/O.

Nothing with a control character can become an argument: imaplib would send a line break as a second command. A server
may lie: what does not parse is left out, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from nearhand.connectors.errors import DeniedError

FLAGS = {"S": "\\Seen", "R": "\\Answered", "F": "\\Flagged", "D": "\\Draft", "P": "$Forwarded", "T": "\\Deleted"}
"""Maildir letters and what IMAP calls them."""
_LETTERS = {name.casefold(): letter for letter, name in FLAGS.items()}
_LIST = re.compile(rb'\(([^)]*)\) (NIL|"(?:[^"\\]|\\.)*") (.*)', re.DOTALL)
_STATUS = re.compile(rb"(.*) \(([^()]*)\)\s*$", re.DOTALL)
_FLAGS = re.compile(rb"FLAGS \(([^()]*)\)")
_RANGE = re.compile(r"(\d+)(?::(\d+))?")
_MOMENT = re.compile(rb" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS = {
    name: number for number, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}
MAX_UIDS = 5_000_000
"""Numbers that one set of UIDs may stand for."""

Part = bytes | tuple[bytes, bytes]
"""What imaplib makes of an answer: a line, or a line and the literal after it."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox as the server lists it."""

    name: str
    """As on the wire: modified UTF-7."""
    delimiter: str
    attributes: frozenset[str]
    """In lower case: "\\sent", "\\noselect"."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a mailbox stands; two equal ones with a modseq mean that nothing happened in between."""

    validity: int
    uidnext: int
    messages: int
    modseq: int = 0
    """0 where the server does not offer CONDSTORE."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One mail of an answer to FETCH; what was not asked for is empty."""

    uid: int
    flags: str | None
    """Maildir letters, sorted."""
    size: int = 0
    when: datetime | None = None
    data: bytes | None = None


def quoted(text: str) -> str:
    """Quote an argument; raises DeniedError for one that is not plain printable ASCII."""
    if not text.isascii() or not text.isprintable():
        raise DeniedError("A name with control or foreign characters cannot be said to a mail server.")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def line(part: Part) -> str:
    """An answer as text, without its literal."""
    return (part if isinstance(part, bytes) else part[0]).decode("ascii", "replace")


def uid_set(uids: Iterable[int]) -> str:
    """Write UIDs as a set: 1:3,7."""
    runs: list[list[int]] = []
    for uid in sorted(uids):
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in runs)


def uids_in(text: str) -> list[int]:
    """Read a set of UIDs in the order it is written; one too large to be meant is empty."""
    found: list[int] = []
    for first, last in _RANGE.findall(text):
        low, high = sorted((int(first), int(last or first)))
        if high - low + len(found) > MAX_UIDS:
            return []
        found += range(low, high + 1)
    return found


def letters(flags: bytes) -> str:
    """Read flags as Maildir letters, sorted; those that Maildir has no letter for are left out."""
    known = (_LETTERS.get(word) for word in flags.decode("ascii", "replace").casefold().split())
    return "".join(sorted({letter for letter in known if letter}))


def words(flags: str) -> str:
    """Write Maildir letters as flags."""
    return " ".join(FLAGS[letter] for letter in sorted(flags) if letter in FLAGS)


def fetched(parts: Sequence[Part | None]) -> Iterator[Fetched]:
    """Read the answers to FETCH; answers about a mail without its UID are left out."""
    meta, data = b"", None
    for part in parts:
        if isinstance(part, tuple):
            meta, data = meta + part[0], part[1]
            continue
        meta += part or b""
        found = _fetched(meta, data)
        if found is not None:
            yield found
        meta, data = b"", None


def _fetched(meta: bytes, data: bytes | None) -> Fetched | None:
    flags = _FLAGS.search(meta)
    rest = _FLAGS.sub(b"", meta)  # a keyword may be called anything, UID too
    uid, size = re.search(rb"\bUID (\d{1,10})\b", rest), re.search(rb"RFC822\.SIZE (\d{1,15})\b", rest)
    when = re.search(rb'INTERNALDATE "([^"]*)"', rest)
    if uid is None:
        return None
    return Fetched(
        int(uid[1]), letters(flags[1]) if flags else None, int(size[1]) if size else 0, _when(when), data
    )


def _when(found: re.Match[bytes] | None) -> datetime | None:
    moment = _MOMENT.fullmatch(found[1]) if found else None
    if moment is None or moment[2].lower() not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(moment[group]) for group in (1, 3, 4, 5, 6))
    ahead = timedelta(hours=int(moment[8]), minutes=int(moment[9]))
    try:
        zone = timezone(ahead if moment[7] == b"+" else -ahead)
        return datetime(year, _MONTHS[moment[2].lower()], day, hour, minute, min(second, 59), tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def mailbox(part: Part) -> Mailbox | None:
    """Read one answer to LIST; None if it makes no sense."""
    line, literal = part if isinstance(part, tuple) else (part, None)
    found = _LIST.match(line)
    if found is None:
        return None
    name = _text(literal if literal is not None else found[3])
    attributes = frozenset(found[1].decode("ascii", "replace").casefold().split())
    delimiter = "" if found[2] == b"NIL" else _text(found[2])
    return Mailbox(name, delimiter, attributes) if name.isprintable() and name.isascii() else None


def status(part: Part) -> tuple[str, Status] | None:
    """Read one answer to STATUS; None if it makes no sense."""
    line = part if isinstance(part, bytes) else part[0][: part[0].rfind(b"{")] + part[1]
    found = _STATUS.match(line)
    if found is None:
        return None
    pairs = found[2].decode("ascii", "replace").upper().split()
    numbers = {key: int(value) for key, value in zip(pairs[::2], pairs[1::2], strict=False) if value.isdigit()}
    keys = ("UIDVALIDITY", "UIDNEXT", "MESSAGES", "HIGHESTMODSEQ")
    validity, uidnext, messages, modseq = (numbers.get(key, 0) for key in keys)
    return _text(found[1].strip()), Status(validity, uidnext, messages, modseq)


def _text(raw: bytes) -> str:
    text = raw.decode("ascii", "replace")
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text
