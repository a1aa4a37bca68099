"""Files: the roots, what is in a folder, what is recent, and a look into one of them. Runs in the engine's thread."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nearhand.agent.tui.looks import items, lists, pictures
from nearhand.agent.tui.looks.values import Cell, Listing, Page, Row, cell, listed
from nearhand.connectors.base import Item
from nearhand.connectors.errors import ConnectorError

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine

RECENT = ""
"""Stands for no folder: the newest files, wherever they are."""
ROOTS = "/"
"""Stands for the list of roots."""


def folder(engine: Engine, place: str, text: str, most: int) -> Listing:
    """What is in a folder; with text, or without a folder, what the index finds."""
    if text or place == RECENT:
        return lists.area(engine, "files", text, most)
    now = engine.home.clock.now
    if place == ROOTS:
        roots = [item for root in engine.config.files.roots if (item := engine.home.load("files", str(root)))]
        return listed(items.rows(roots, now), "" if roots else "No folder is connected. F2 opens the settings.")
    found = [item for ref, _ in _children(engine, place) if (item := engine.home.index.get("files", ref))]
    ordered = sorted(found, key=lambda item: (item.kind != "folder", item.title.casefold()))
    up = Row(f"up {place}", (cell("‹"), cell("..", "faint"), cell(""), cell("")))
    return listed([up, *items.rows([_bare(item) for item in ordered], now)], total=len(ordered))


def _bare(item: Item) -> Item:
    """Without its place, which is the same for all that lie in one folder."""
    return replace(item, place="")


def _children(engine: Engine, place: str) -> list[tuple[str, str]]:
    children = getattr(engine.home.need("files"), "children")  # noqa: B009 (only the files connector has it)
    try:
        return list(children(place))
    except ConnectorError:
        return []


def above(engine: Engine, place: str) -> str:
    """The folder that a folder lies in; the list of roots above a root."""
    return ROOTS if place in map(str, engine.config.files.roots) else str(Path(place).parent)


def preview(engine: Engine, item: Item, columns: int, rows: int) -> Page:
    """A file to look at: its text, or its picture in half-blocks."""
    page = lists.page(engine, item)
    if Path(item.title).suffix.casefold() not in pictures.KINDS:
        return page
    try:
        return replace(page, picture=pictures.half_blocks(item.ref, columns, rows))
    except pictures.PictureError as error:
        return replace(page, lines=(*page.lines, Cell(""), cell(str(error), "faint")))
