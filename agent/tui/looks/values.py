"""What a pane is given to show: rows, pages and facts, already plain text. No markup is ever read from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nearhand.agent.showing import show

if TYPE_CHECKING:
    from nearhand.connectors.base import Item

LONGEST = 400
"""Characters of one cell that are kept; no terminal is wider."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text in a tone: "", faint, strong, good, warn, bad or accent."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list."""

    key: str
    cells: tuple[Cell, ...]
    item: Item | None = None
    number: int = 0
    """A turn of the journal, where the row is one."""
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows, and how many there would be."""

    rows: tuple[Row, ...]
    total: int = 0
    said: str = ""
    """A sentence above or instead of the rows."""


@dataclass(frozen=True, slots=True)
class Page:
    """Text to read: a title and lines, each in a tone."""

    title: str
    lines: tuple[Cell, ...] = ()
    picture: tuple[tuple[tuple[str, str], ...], ...] = ()
    """Half-blocks: rows of (upper, lower) colours."""
    copy: str = ""
    """What is copied when the person copies it whole."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known once the engine is there."""

    name: str
    mode: str
    zone: str
    now: datetime
    fixed: bool
    """Whether the clock stands still (--now)."""
    areas: frozenset[str]
    week_start: int = 0
    history: tuple[str, ...] = ()
    """What was asked before, the oldest first."""


def cell(text: str, tone: str = "") -> Cell:
    """One line of plain text with its indentation, not longer than any terminal."""
    text = text[: LONGEST * 8]
    indent = " " * min(len(text) - len(text.lstrip(" ")), 16)
    return Cell(indent + show.plain(text)[:LONGEST], tone)


def lines(text: str, tone: str = "", most: int = 2000) -> list[Cell]:
    """A block of plain text, line by line."""
    kept = show.block(text[:200_000]).split("\n")[:most]
    return [Cell(line[:2000], tone) for line in kept]


def row(key: str, *cells: Cell, item: Item | None = None, number: int = 0) -> Row:
    return Row(key, cells, item, number)


def heading(text: str) -> Row:
    return Row(f"# {text}", (Cell(text, "accent"),), heading=True)


def listed(rows: Iterable[Row], said: str = "", total: int | None = None) -> Listing:
    found = tuple(rows)
    return Listing(found, len(found) if total is None else total, said)


def brief(scope: str) -> str:
    """What a permission is for: a folder by its last two names, a recipient by the address."""
    return "/".join(show.plain(scope).split("/")[-2:])
