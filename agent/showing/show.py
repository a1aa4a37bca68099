"""How things look on a terminal: plain text, sizes, times, aligned columns, colours. Pure; prints nothing.

Whatever comes from outside passes `plain` (or `block`) here, so that no name or subject can move the cursor, change
colours, turn the reading direction, or hide words. Deliberately not here: what to show (`cli/reply.py`).
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import chain

MOST = 20
"""How many rows of a list are shown; all of them are in `--json`."""
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours and cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC and the like: titles, links
    r"|\x1b[ -/]*[0-~]?"  # the other escapes
)
_HIDING = ((0x202A, 0x202E), (0x2060, 0x206F), (0xFFF9, 0xFFFB), (0xE0000, 0xE007F))
_INVISIBLE = frozenset(
    chain((0x00AD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF), *(range(a, b + 1) for a, b in _HIDING))
)
_VIRAMA = 9
"""The combining class of the sign after which a joiner makes one letter of two."""
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def plain(text: str) -> str:
    """One line of plain text: no control, escape, direction or invisible character; line breaks become spaces."""
    return " ".join(_joined("".join(map(_safe, _SEQUENCES.sub("", text)))).split())


def block(text: str) -> str:
    """Plain text that keeps its lines and their indentation."""
    lines = _SEQUENCES.sub("", text.replace("\r\n", "\n")).expandtabs(4).split("\n")
    return "\n".join(_joined("".join(map(_safe, line))).rstrip() for line in lines)


def _safe(char: str) -> str:
    if ord(char) in _INVISIBLE:
        return ""
    match unicodedata.category(char):
        case "Cc" | "Zl" | "Zp":
            return " " if char in "\t\n\r\x0b\x0c\x85\u2028\u2029" else ""
        case "Cs":
            return "\ufffd"
    return char


def _joined(text: str) -> str:
    """Take out joiners that join nothing: terminals disagree on how wide they make what stands around them."""
    if "\u200d" not in text and "\u200c" not in text:
        return text
    around = zip(f" {text}", text, f"{text[1:]} ", strict=False)
    return "".join(c for before, c, after in around if c not in "\u200c\u200d" or _joins(before, c, after))


def _joins(before: str, joiner: str, after: str) -> bool:
    """Tell the joiners of emoji and Indic letters, and the non-joiners of scripts without capitals, from all others."""
    left, right = unicodedata.category(before), unicodedata.category(after)
    if joiner == "\u200c":
        return left in ("Lo", "Mn", "Mc") and right == "Lo"
    emoji = (left in ("So", "Sk") or before == "\ufe0f") and right in ("So", "Sm")
    return emoji or (unicodedata.combining(before) == _VIRAMA and right == "Lo")


def size(count: int) -> str:
    """Bytes for people: "4.0 MB" (decimal units, as file managers show them)."""
    amount, unit = float(count), 0
    while amount >= 999.95 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    if unit == 0:
        return f"{count} byte" if count == 1 else f"{count} bytes"
    return f"{amount:.1f} {_UNITS[unit]}"


def day(moment: datetime, zone: tzinfo | None = None) -> str:
    """A date with its weekday: "Tue 4 Mar 2025"."""
    there = moment.astimezone(zone) if zone else moment
    return f"{there:%a} {there.day} {there:%b %Y}"


def moment(when: datetime | None, zone: tzinfo | None = None, all_day: bool = False) -> str:
    """A time with its weekday: "Tue 4 Mar 2025 14:00"; a whole day has no clock time and no zone."""
    if when is None:
        return ""
    if all_day:
        return day(when)
    there = when.astimezone(zone) if zone else when
    return f"{day(there)} {there:%H:%M}"


def span(start: datetime | None, end: datetime | None, zone: tzinfo | None = None, all_day: bool = False) -> str:
    """From when to when; an end on the same day is shown as a clock time alone."""
    if start is None or end is None or end <= start or all_day:
        return moment(start, zone, all_day)
    first, last = (t.astimezone(zone) if zone else t for t in (start, end))
    return f"{moment(first)}-{f'{last:%H:%M}' if first.date() == last.date() else moment(last)}"


def width(text: str) -> int:
    """How many columns of a terminal a line takes."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """Shorten a line to so many columns."""
    if width(text) <= columns:
        return text
    kept, used = "", 0
    for char in text:
        used += _columns(char)
        if used > columns - 1:
            break
        kept += char
    return kept.rstrip() + "…"


def wrapped(text: str, columns: int, indent: str = "    ") -> str:
    """A sentence cut into lines between its words; the lines after the first stand further in."""
    return textwrap.fill(
        text, max(columns, 20), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def table(rows: Sequence[Sequence[str]], columns: int = 100, indent: str = "  ") -> list[str]:
    """Rows with aligned columns; the widest column gives way when the terminal is too narrow."""
    cells = [[plain(cell) for cell in row] for row in rows]
    if not cells:
        return []
    wide = [max(map(width, column)) for column in zip(*cells, strict=True)]
    room = max(columns, 30) - len(indent) - 2 * (len(wide) - 1)
    while sum(wide) > room and max(wide) > 8:
        wide[wide.index(max(wide))] -= 1
    return [(indent + "  ".join(map(_padded, row, wide))).rstrip() for row in cells]


def _padded(cell: str, columns: int) -> str:
    short = cut(cell, columns)
    return short + " " * (columns - width(short))


def shortened(lines: Sequence[str], most: int = MOST) -> list[str]:
    """A long list, cut, with the number of what is left out."""
    if len(lines) <= most:
        return list(lines)
    return [*lines[:most], f"  ... and {len(lines) - most} more (all of them with --json)"]


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours, or none."""

    on: bool = False

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text

    def strong(self, text: str) -> str:
        return self._in("1", text)

    def faint(self, text: str) -> str:
        return self._in("2", text)

    def good(self, text: str) -> str:
        return self._in("32", text)

    def bad(self, text: str) -> str:
        return self._in("31", text)

    def warn(self, text: str) -> str:
        return self._in("33", text)


def bullets(texts: Iterable[str], most: int = MOST) -> list[str]:
    """A list, one thing a line."""
    return shortened([f"  - {plain(text)}" for text in texts], most)
