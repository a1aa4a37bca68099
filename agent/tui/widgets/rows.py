"""A list of any length: only the lines that are seen are drawn. Keys, mouse, marks; no idea of what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from nearhand.agent.tui.looks.values import Listing, Row
from nearhand.agent.tui.text import TONES, fitted

_MOVE = Binding.Group("Move", compact=True)


@dataclass(frozen=True, slots=True)
class Column:
    """How one cell of every row is laid out."""

    width: int = 0
    """Cells; 0 shares what is left by `share`."""
    share: int = 1
    right: bool = False
    from_width: int = 0
    """Only shown where the list is at least so wide."""


MARK_NAME_MORE_TIME = (Column(2), Column(share=3), Column(share=2, from_width=46), Column(13, right=True))
"""The columns of most lists."""


class Rows(ScrollView, can_focus=True):
    """A list with a cursor."""

    HELP = """\
## A list

Up and down move, Enter opens, `/` narrows it while you type, Space marks several, `y` copies the line.
What a key does with the marked things, or with the one under the cursor, is shown at the bottom.
"""
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--cursor", "rows--faint", "rows--strong", "rows--good", "rows--warn", "rows--bad", "rows--accent",
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", group=_MOVE, id="rows.up", show=False),
        Binding("down,j", "move(1)", "Down", group=_MOVE, id="rows.down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False, id="rows.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="rows.page_down"),
        Binding("home,g", "move(-1000000)", "First", show=False, id="rows.first"),
        Binding("end,G", "move(1000000)", "Last", show=False, id="rows.last"),
        Binding("enter", "choose", "Open", id="rows.open"),
        Binding("space", "mark", "Mark", show=False, id="rows.mark"),
        Binding("y", "copy", "Copy", show=False, id="rows.copy"),
    ]

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, rows: Rows, row: Row | None) -> None:
            super().__init__()
            self.rows, self.row = rows, row

        @property
        def control(self) -> Rows:
            return self.rows

    class Chosen(Moved):
        """A row was opened."""

    class More(Moved):
        """The end was reached, and there is more."""

    def __init__(self, columns: Sequence[Column] = MARK_NAME_MORE_TIME, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = columns
        self.listing = Listing(())
        self.cursor = 0
        self.marked: set[str] = set()

    # --- what it holds ------------------------------------------------------------------------------------------------

    def show(self, listing: Listing) -> None:
        """Show other rows; the cursor stays on what it was on, if that is still there."""
        here = self.row
        self.listing = listing
        keys = {row.key: number for number, row in enumerate(listing.rows)}
        self.marked &= keys.keys()
        wanted = keys.get(here.key) if here else None
        self.cursor = self._solid(self.cursor if wanted is None else wanted, 1)
        self.virtual_size = Size(self.size.width, self._lines)
        self._follow()
        self.refresh()
        if (here.key if here else None) != (self.row.key if self.row else None) or here != self.row:
            self.post_message(self.Moved(self, self.row))

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        rows = self.listing.rows
        return rows[self.cursor] if 0 <= self.cursor < len(rows) and not rows[self.cursor].heading else None

    @property
    def chosen(self) -> tuple[Row, ...]:
        """The marked rows, else the one under the cursor."""
        marked = tuple(row for row in self.listing.rows if row.key in self.marked)
        return marked or ((self.row,) if self.row else ())

    @property
    def _lines(self) -> int:
        return len(self.listing.rows) + (1 if self._more else 0)

    @property
    def _more(self) -> int:
        return max(0, self.listing.total - len(self.listing.rows)) if self.listing.rows else 0

    def _solid(self, wanted: int, step: int) -> int:
        """The nearest row that is not a heading, in the direction of the step, else in the other."""
        rows = self.listing.rows
        if not rows:
            return 0
        wanted = max(0, min(wanted, len(rows) - 1))
        ways = (range(wanted, len(rows)), range(wanted, -1, -1))
        for way in ways if step > 0 else reversed(ways):
            for number in way:
                if not rows[number].heading:
                    return number
        return 0

    # --- keys and mouse -----------------------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        self._to(self._solid(self.cursor + step, step))

    def action_page(self, pages: int) -> None:
        self.action_move(pages * max(1, self.size.height - 1))

    def action_choose(self) -> None:
        if self.row is not None:
            self.post_message(self.Chosen(self, self.row))

    def action_mark(self) -> None:
        if self.row is not None:
            self.marked ^= {self.row.key}
            self.action_move(1)
            self.refresh()

    def action_copy(self) -> None:
        if self.row is not None:
            self.app.copy_to_clipboard("  ".join(cell.text for cell in self.row.cells if cell.text.strip()))
            self.notify("Copied.", timeout=2)

    def on_click(self, event: events.Click) -> None:
        number = event.y + int(self.scroll_offset.y)
        if 0 <= number < len(self.listing.rows) and not self.listing.rows[number].heading:
            again = number == self.cursor
            self._to(number)
            if again:
                self.action_choose()

    def _to(self, number: int) -> None:
        if number != self.cursor:
            self.cursor = number
            self.post_message(self.Moved(self, self.row))
            self.refresh()
        self._follow()
        if self._more and number >= len(self.listing.rows) - 5:
            self.post_message(self.More(self, self.row))

    def _follow(self) -> None:
        if not self.listing.rows:
            return
        top = self.cursor - 1 if self.cursor and self.listing.rows[self.cursor - 1].heading else self.cursor
        self.scroll_to_region(Region(0, top, 1, self.cursor - top + 1), animate=False, force=True)

    # --- drawing ------------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self.virtual_size = Size(self.size.width, self._lines)

    def render_line(self, y: int) -> Strip:
        number, width, base = y + int(self.scroll_offset.y), self.size.width, self.rich_style
        rows = self.listing.rows
        if number < len(rows):
            return Strip(self._segments(number, rows[number], width, base), width)
        if number == 0 and self.listing.said:
            return self._note(self.listing.said, width, base)
        if number == len(rows) and self._more:
            return self._note(f"  … and {self._more:,} more. Type / and a few letters.", width, base)
        return Strip.blank(width, base)

    def _note(self, text: str, width: int, base: Style) -> Strip:
        return Strip([Segment(fitted(text, width), base + self._tone("faint"))], width)

    def _tone(self, tone: str) -> Style:
        return self.get_component_rich_style(f"rows--{tone}", partial=True) if tone in TONES and tone else Style()

    def _segments(self, number: int, row: Row, width: int, base: Style) -> list[Segment]:
        if row.heading:
            text = " ".join(cell.text for cell in row.cells).strip()
            indent = "" if row.key.startswith("#") else "  "
            return [Segment(fitted(indent + text, width), base + self._tone(row.cells[-1].tone))]
        here = number == self.cursor
        under = self.get_component_rich_style("rows--cursor", partial=True) if here else Style()
        under += Style(bold=self.has_focus) if here else Style()
        mark = Segment("✓" if row.key in self.marked else "▌" if here and self.has_focus else " ", base + under)
        widths = _widths(self.columns, width - 1)
        return [mark, *(
            Segment(fitted(cell.text, room - 1, column.right) + " ", base + self._tone(cell.tone) + under)
            for cell, column, room in zip(row.cells, self.columns, widths, strict=False) if room > 0
        ), *_rest(widths, width - 1, base + under)]  # fmt: skip


def _rest(widths: Sequence[int], width: int, style: Style) -> list[Segment]:
    left = width - sum(widths)
    return [Segment(" " * left, style)] if left > 0 else []


def _widths(columns: Sequence[Column], width: int) -> list[int]:
    """How many cells each column gets, its gap included."""
    shown = [column if width >= column.from_width else None for column in columns]
    fixed = sum(column.width + 1 for column in shown if column and column.width)
    shares = sum(column.share for column in shown if column and not column.width) or 1
    room = max(0, width - fixed)
    found = [0 if not c else c.width + 1 if c.width else room * c.share // shares for c in shown]
    flexible = [n for n, column in enumerate(shown) if column and not column.width]
    if flexible:
        found[flexible[0]] += width - sum(found)
    return found
