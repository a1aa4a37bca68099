"""Reads the headers of a mail: words, people, dates and message ids, as plain values. Nothing here raises on bad input.

Values come as they were written (see `mime.py`), so that addresses are taken apart *before* encoded words are decoded:
a name that decodes to a comma or an angle bracket stays a name. What cannot be understood is left out.
"""

from __future__ import annotations

import codecs
import re
from datetime import UTC, datetime
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from nearhand.connectors.base import Person
from nearhand.connectors.errors import LimitError
from nearhand.connectors.mail.mailboxes import plain

MAX_ADDRESSES = 1000
MAX_IDS = 100
_WORD = r"=\?[^?\s]+\?[bBqQ]\?[^?\r\n]*\?="
_WORDS = re.compile(rf"{_WORD}(?:\s*{_WORD})*")
_ID = re.compile(r"<([^<>\s]{1,990})>")
_MARK = re.compile(r'\\.|["(),;:<>]')
_ANGLE = re.compile(r"<\s*([^<>\s@]{1,64}@[^<>\s@]{1,255})\s*>")
_BARE = re.compile(r"[^\s<>,;@()\"]{1,64}@[^\s<>,;@()\"]{1,255}")
_MAX_PARSED = 500
"""Characters of one address that the standard library may parse; it takes quadratic time."""
_NO_TEXT = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7"})
"""Codecs that are slow, or no character sets at all; a mail that names one is read as if it had not."""


def decode(data: bytes, charset: str = "") -> str:
    """Turn bytes into text by the charset that is claimed, else as UTF-8, else as Western European."""
    for name, errors in ((charset, "strict"), ("utf-8", "strict"), (charset, "replace"), ("cp1252", "strict")):
        try:
            if name and codecs.lookup(name).name not in _NO_TEXT:
                return data.decode(name, errors)
        except (LookupError, ValueError, TypeError):
            continue
    return data.decode("latin-1")


def as_text(value: str) -> str:
    """Decode a header value for reading: encoded words and 8-bit bytes become characters, on one line."""
    return plain(_WORDS.sub(_decode_words, _repair(value)), 2000)


def _repair(value: str) -> str:
    """Give 8-bit bytes, which the parser keeps as surrogates, the meaning they most likely have."""
    try:
        value.encode("utf-8")
        return value
    except UnicodeEncodeError:
        return decode(value.encode("utf-8", "surrogateescape"))


def _decode_words(match: re.Match[str]) -> str:
    try:
        chunks = decode_header(match[0])
    except Exception:  # decode_header lets binascii, index and type errors through
        return match[0]
    return "".join(decode(c, charset or "") if isinstance(c, bytes) else c for c, charset in chunks)


def text(headers: Message, name: str) -> str:
    """Read a header as one line of text; "" if there is none."""
    value = headers.get(name)
    return as_text(str(value)) if value else ""


def people(headers: Message, name: str) -> tuple[Person, ...]:
    """Read the people of an address header; raises LimitError for more than 1,000."""
    values = [str(value) for value in headers.get_all(name, [])]
    if sum(value.count("@") for value in values) > MAX_ADDRESSES:
        raise LimitError(f"The mail names more than {MAX_ADDRESSES:,} addresses.")
    return tuple(person for value in values for person in _people(" ".join(_repair(value).split())))


def _chunks(value: str) -> list[str]:
    """Cut an address header at its commas, but not at those inside quotes and comments, and drop names of groups."""
    chunks: list[str] = []
    start, depth, inside = 0, 0, ""
    for mark in _MARK.finditer(value):
        char = mark[0]
        if inside == '"' or char == '"':
            inside = "" if inside == char else '"'
        elif char in "()":
            depth = max(0, depth + (1 if char == "(" else -1))
        elif depth == 0 and char in ",;":
            chunks.append(value[start : mark.start()])
            start, inside = mark.end(), ""
        elif depth == 0 and char == ":" and not inside:
            start = mark.end()
        elif char in "<>":
            inside = "<" if char == "<" else ""
    return [*chunks, value[start:]] if depth == 0 and inside != '"' else value.split(",")


def _pair(chunk: str) -> tuple[str, str]:
    """Take one address apart into name and address."""
    if len(chunk) <= _MAX_PARSED:
        try:
            name, address = parseaddr(chunk)
            if _BARE.fullmatch(address):
                return name, address
        except Exception:  # IndexError on cut-off quotes
            pass
    found = _ANGLE.search(chunk)
    if found:
        return chunk[: found.start()], found[1]
    bare = _BARE.search(chunk)
    return ("", bare[0]) if bare else (chunk.strip(), "")


def _people(value: str) -> list[Person]:
    pairs = [_pair(chunk) for chunk in _chunks(value) if chunk.strip()]
    found: list[Person] = []
    before: list[str] = []
    for name, address in pairs:
        if "@" in address:
            whole = ", ".join([*before, name]) if name else ""
            found.append(Person(as_text(whole).strip("\"' "), plain(address, 320).replace(" ", "")))
            before = []
        else:  # "Keller, Robin <r@x>" without its quotes
            before.append(name)
    rest = as_text(", ".join(before)).strip("\"' ") if not found else ""
    return [Person(rest)] if rest else found


def date(headers: Message, name: str = "Date") -> datetime | None:
    """Read a time header, aware; None if it is missing or not a sane time."""
    return _moment(str(headers.get(name, "")))


def received(headers: Message) -> datetime | None:
    """Read when the person's own server took the mail in, from the topmost Received header."""
    return _moment(str(headers.get("Received", "")).rpartition(";")[2])


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(plain(value, 100))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware if 1980 <= aware.astimezone(UTC).year <= 2200 else None
    except Exception:  # TypeError, ValueError, OverflowError, IndexError, by version of Python
        return None


def ids(headers: Message, name: str) -> tuple[str, ...]:
    """Read message ids, without their angle brackets; the first and the newest ones if there are very many."""
    found = tuple(dict.fromkeys(_ID.findall(plain(str(headers.get(name, "")), 64 * 1024))))
    return found if len(found) <= MAX_IDS else (found[0], *found[1 - MAX_IDS :])
