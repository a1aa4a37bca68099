"""Cuts the bytes of a mail into its parts, with every limit of DESIGN.md checked before anything is parsed.

The standard library reads the header block of each part; walking the parts is done here, in one pass without
recursion, because `email.parser` recurses once per level and reads a 50 MB attachment line by line. Parts are ranges of
the original bytes: nothing is copied or decoded until it is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32

from nearhand.connectors.errors import LimitError
from nearhand.connectors.mail.maildir_files import MAX_MESSAGE

MAX_DEPTH = 50
MAX_PARTS = 1000
MAX_HEADERS = 1000
MAX_HEADER = 64 * 1024
MAX_ENCODED_WORDS = 200
MAX_DASHED_LINES = 200_000
"""Lines beginning with "--" in a multipart message: each of them could be a boundary."""

_HEADER = rb"[!-9;-~]+[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*+(?:\n|\Z)"
_ONE_HEADER = re.compile(_HEADER)
_BLOCK = re.compile(rb"(?:>?From [^\n]*\n)?((?:[ \t][^\n]*\n)*+(?:" + _HEADER + rb")*+)")
_SPACED = re.compile(rb"^([!-9;-~]+)[ \t]+:", re.MULTILINE)
"""The obsolete "Subject : x", which the standard library takes for the end of the headers."""
_BLANK = re.compile(rb"[ \t]*\r?\n")
_DASHED = re.compile(rb"\n--([^\r\n]*)")
NESTED = frozenset({"message/rfc822", "message/global", "message/news"})
_STRUCTURAL = ("Content-Type", "Content-Disposition")
_MAX_STRUCTURAL, _MAX_PARAMETERS = 4096, 50
"""Characters and parameters of these that are read: the standard library takes quadratic time for them."""


class _AsWritten(Compat32):
    """Gives header values as they stand (8-bit bytes as surrogates), without interpreting them."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


@dataclass(slots=True)
class Part:
    """One part of a mail: its headers, and where its body lies in the bytes of the whole."""

    headers: Message
    start: int
    end: int
    depth: int
    parent: Part | None
    type: str
    """Content type in lower case, such as text/plain."""
    boundary: bytes = b""
    children: int = 0

    def around(self, type_: str) -> Part | None:
        """Find the nearest part of a content type that this one lies in."""
        part = self.parent
        while part is not None and part.type != type_:
            part = part.parent
        return part


def split(raw: bytes) -> list[Part]:
    """Cut a mail into its parts in the order they stand, the whole mail first; raises LimitError."""
    if len(raw) > MAX_MESSAGE:
        raise LimitError("The mail is larger than 50 MB.")
    walk = _Walk(raw)
    position = walk.open(3 if raw.startswith(b"\xef\xbb\xbf") else 0, None)
    if any(part.boundary for part in walk.around):
        if raw.count(b"\n--") > MAX_DASHED_LINES:
            raise LimitError(f"The mail has more than {MAX_DASHED_LINES:,} lines that could begin a part.")
        for match in _DASHED.finditer(raw, max(0, position - 1)):
            if match.start() + 1 >= position:
                position = walk.meet(match)
    walk.close(None, len(raw))
    return walk.parts


class _Walk:
    """The state of one pass: all parts so far, and those that are still open around the present place."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.parts: list[Part] = []
        self.around: list[Part] = []

    def open(self, start: int, parent: Part | None) -> int:
        """Begin a part, and the messages that begin with it; says where its body starts."""
        while True:
            part = self._part(start, parent)
            self.parts.append(part)
            self.around.append(part)
            if part.type not in NESTED or _encoded(part):
                return part.start
            start, parent = part.start, part
            part.children += 1

    def _part(self, start: int, parent: Part | None) -> Part:
        depth = parent.depth + 1 if parent else 0
        if depth > MAX_DEPTH:
            raise LimitError(f"The mail is nested more than {MAX_DEPTH} deep.")
        if len(self.parts) >= MAX_PARTS:
            raise LimitError(f"The mail has more than {MAX_PARTS:,} parts.")
        block = _block(self.raw, start)
        headers = _parse(self.raw[start:block])
        blank = _BLANK.match(self.raw, block)
        part = Part(headers, blank.end() if blank else block, len(self.raw), depth, parent, _type(headers, parent))
        if part.type.startswith("multipart/"):
            part.boundary = _boundary(headers)
        return part

    def meet(self, match: re.Match[bytes]) -> int:
        """Look at a line that begins with two dashes; says from where on to read."""
        line = match[1].rstrip()
        end = match.start() - (self.raw[match.start() - 1 : match.start()] == b"\r")
        for part in reversed(self.around):
            if part.boundary and line == part.boundary:
                self.close(part, end)
                part.children += 1
                after = self.raw.find(b"\n", match.end())
                return self.open(after + 1 if after >= 0 else len(self.raw), part)
            if part.boundary and line == part.boundary + b"--":
                self.close(part, end)
                part.end = max(part.start, end)
                self.around.pop()
                return match.end()
        return match.end()

    def close(self, keep: Part | None, end: int) -> None:
        """End every open part inside the one to keep."""
        while self.around and self.around[-1] is not keep:
            part = self.around.pop()
            part.end = max(part.start, end)


def _encoded(part: Part) -> bool:
    encoding = str(part.headers.get("Content-Transfer-Encoding", "")).strip().lower()
    return encoding in ("base64", "quoted-printable")


def _block(raw: bytes, start: int) -> int:
    """Find where a header block ends; raises LimitError if it is beyond what we agree to read."""
    match = _BLOCK.match(raw, start)
    if match is None:
        return start
    for count, header in enumerate(_ONE_HEADER.finditer(raw, match.start(1), match.end()), 1):
        if count > MAX_HEADERS:
            raise LimitError(f"The mail has more than {MAX_HEADERS:,} headers.")
        if header.end() - header.start() > MAX_HEADER:
            raise LimitError("A header of the mail is longer than 64 KB.")
        if header[0].count(b"=?") > MAX_ENCODED_WORDS:
            raise LimitError(f"A header of the mail has more than {MAX_ENCODED_WORDS} encoded words.")
    return match.end()


def _parse(block: bytes) -> Message:
    headers = BytesParser(policy=_AsWritten()).parsebytes(_SPACED.sub(rb"\1:", block), headersonly=True)
    for name in _STRUCTURAL:
        value = headers.get(name)
        if value is not None and (len(value) > _MAX_STRUCTURAL or value.count(";") > _MAX_PARAMETERS):
            headers.replace_header(name, ";".join(value[:_MAX_STRUCTURAL].split(";")[: _MAX_PARAMETERS + 1]))
    return headers


def _type(headers: Message, parent: Part | None) -> str:
    if "Content-Type" not in headers and parent is not None and parent.type == "multipart/digest":
        return "message/rfc822"
    return headers.get_content_type()


def _boundary(headers: Message) -> bytes:
    try:
        return (headers.get_boundary() or "").encode("ascii", "surrogateescape")
    except (ValueError, TypeError, LookupError):
        return b""
