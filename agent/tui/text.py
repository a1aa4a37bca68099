"""From plain values to what Textual draws. The one place where tones become colours; nothing here reads markup."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from nearhand.agent.tui.looks.values import Cell

TONES = {
    "": "", "faint": "$foreground-muted", "strong": "bold", "good": "$text-success", "warn": "$text-warning",
    "bad": "$text-error", "accent": "bold $text-accent",
}  # fmt: skip
_FAR = 4
"""A cell shows at most so many characters a column; what is longer is cut before it is measured."""


def content(cells: Iterable[Cell]) -> Content:
    """Lines of text, one for each cell."""
    parts: list[tuple[str, str] | str] = []
    for number, each in enumerate(cells):
        parts += ["\n"] if number else []
        parts.append((each.text, TONES[each.tone]) if each.tone else each.text)
    return Content.assemble(*parts)


def fitted(text: str, columns: int, right: bool = False) -> str:
    """Text in exactly so many cells of the terminal, with … where something is left out."""
    if columns <= 0:
        return ""
    text = text[: columns * _FAR + 16]
    wide = cell_len(text)
    if wide > columns:
        return set_cell_size(text, columns - 1) + "…" if columns > 1 else "…"
    space = " " * (columns - wide)
    return space + text if right else text + space
