"""A unified diff for reading: coloured, plain, without the bookkeeping lines of .ics and .vcf files. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nearhand.agent.showing.show import Paint, block

_RECORDS = re.compile(r"(?:---|\+\+\+) .*\.(?:ics|vcf)\s*")
_BOOKKEEPING = re.compile(
    r"[+-](?:BEGIN|END|VERSION|PRODID|UID|DTSTAMP|CREATED|LAST-MODIFIED|SEQUENCE|REV|CALSCALE|X-[A-Z-]+)\b"
)


def lines(diff: str, paint: Paint) -> list[str]:
    """The lines of a diff, each plain and in its colour."""
    return [_coloured(line, paint) for line in _kept(diff)] if diff.strip() else []


def _kept(diff: str) -> Iterator[str]:
    """Of .ics and .vcf files only the lines that say something new to a person; of all others everything."""
    record = zone = False
    for line in block(diff).rstrip("\n").split("\n"):
        if line.startswith(("--- ", "+++ ")):
            record = bool(_RECORDS.fullmatch(line)) or (record and line.startswith("+++ "))
            if not record:
                yield line
        elif record and line[1:].startswith(("BEGIN:VTIMEZONE", "END:VTIMEZONE")):
            zone = line[1:].startswith("BEGIN")
        elif not record or (not zone and line.startswith(("+", "-")) and not _BOOKKEEPING.match(line)):
            yield line


def _coloured(line: str, paint: Paint) -> str:
    if line.startswith(("+++ ", "--- ")):
        return paint.strong(line)
    if line.startswith("@@"):
        return paint.faint(line)
    return paint.good(line) if line.startswith("+") else paint.bad(line) if line.startswith("-") else line
