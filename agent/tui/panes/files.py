"""Files: the roots and what is in them, the newest files, a look inside. Pictures stand there as half-blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from nearhand.agent.tui.looks import shelf
from nearhand.agent.tui.looks.values import Listing, Page, Row, cell
from nearhand.agent.tui.panes.pane import Pane, named
from nearhand.agent.tui.text import content
from nearhand.agent.tui.widgets.rows import Column

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine

_SORT = Binding.Group("File", compact=True)


class Files(Pane):
    """The files."""

    TITLE = "Files"
    AREAS = frozenset({"files"})
    COLUMNS = (
        Column(1),
        Column(share=3),
        Column(share=2, from_width=64),
        Column(11, right=True),
        Column(9, right=True),
    )
    HELP = """\
## Files

The newest files first; `o` shows your folders instead, Enter goes into one, Backspace goes up. `/` searches
names and what is in the files. `m` moves, `c` copies, `n` renames, `d` moves to the trash; Space marks
several. Each shows a card first.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "roots", "Folders", id="files.roots"),
        Binding("backspace,left", "up", "Up", id="files.up", show=False),
        Binding("m", "put('move')", "Move", id="files.move", group=_SORT),
        Binding("c", "put('copy')", "Copy", id="files.copy", group=_SORT),
        Binding("n", "rename", "Rename", id="files.rename", group=_SORT),
        Binding("d", "trash", "Trash", id="files.trash", group=_SORT),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.place = shelf.RECENT
        self.bar = Static("", markup=False, classes="bar")

    def bars(self) -> Sequence[Widget]:
        return (self.bar,)

    def on_mount(self) -> None:
        self._go(shelf.RECENT)

    def find(self, engine: Engine, text: str, most: int) -> Listing:
        return shelf.folder(engine, self.place, text, most)

    def page(self, engine: Engine, row: Row) -> Page | None:
        width, height = self.reader.size
        room = max(16, min(width - 4, 100)), max(6, min(height - 6, 40))
        return shelf.preview(engine, row.item, *room) if row.item else None

    def _go(self, place: str) -> None:
        self.place, self.most = place, 200
        told = {shelf.RECENT: "Newest first   (o: folders)", shelf.ROOTS: "Your folders   (o: newest first)"}
        self.bar.update(content([cell(told.get(place, place))]))
        self.refresh_rows()

    def choose(self, row: Row) -> None:
        if row.key.startswith("up "):
            self.action_up()
        elif row.item is not None and row.item.kind == "folder":
            self.rows.cursor = 0
            self._go(row.item.ref)
        else:
            super().choose(row)

    def action_roots(self) -> None:
        self._go(shelf.RECENT if self.place == shelf.ROOTS else shelf.ROOTS)

    def action_up(self) -> None:
        if self.place not in (shelf.RECENT, shelf.ROOTS):
            place = self.place
            self.look("above", lambda engine: shelf.above(engine, place), self._go)

    def back(self) -> bool:
        if super().back():
            return True
        if self.place == shelf.RECENT:
            return False
        self._go(shelf.RECENT)
        return True

    def action_put(self, verb: str) -> None:
        items = self.items
        if items:
            self.want(f"{verb.capitalize()} to", lambda to: self.point(
                f"{verb} {named(items)} to {to}", f"files.{verb}", items, "to", to))  # fmt: skip

    def action_rename(self) -> None:
        items = self.items[:1]
        if items:
            self.want("New name", lambda name: self.point(
                f"rename {named(items)} to {name}", "files.rename", items, "name", name), items[0].title)  # fmt: skip

    def action_trash(self) -> None:
        self.point(f"trash {named(self.items)}" if self.items else "", "files.trash", self.items)
