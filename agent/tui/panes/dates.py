"""Calendar: a day, a week or a month, with the usual keys; the month also as a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from nearhand.agent.showing import show
from nearhand.agent.tui.looks import day, lists
from nearhand.agent.tui.looks.values import Cell, Listing, Page, Row, cell
from nearhand.agent.tui.panes.pane import Pane, named
from nearhand.agent.tui.text import TONES, content, fitted
from nearhand.agent.tui.widgets.rows import MARK_NAME_MORE_TIME, Column

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine

_VIEW = Binding.Group("View", compact=True)
_TURN = Binding.Group("Turn", compact=True)
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Dates(Pane):
    """The calendar."""

    TITLE = "Calendar"
    AREAS = frozenset({"calendar"})
    COLUMNS = (*MARK_NAME_MORE_TIME[:3], Column(11, right=True))
    HELP = """\
## Calendar

`v` changes between day, week and month; `,` and `.` turn the page, `t` comes back to today. `m` moves what is
under the cursor ("to Friday at 3", "an hour later"), `n` renames it, `d` takes it out. Each shows a card
first.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "view", "Day, week, month", id="calendar.view"),
        Binding("comma,left", "turn(-1)", "Before", id="calendar.before", group=_TURN, key_display=","),
        Binding("full_stop,right", "turn(1)", "After", id="calendar.after", group=_TURN, key_display="."),
        Binding("t", "today", "Today", id="calendar.today"),
        Binding("m", "move", "Move", id="calendar.move"),
        Binding("n", "rename", "Rename", id="calendar.rename", show=False),
        Binding("d", "cancel", "Cancel it", id="calendar.cancel"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.view = "week"
        self.day: date | None = None
        self.bar = Static("", markup=False, classes="bar")
        self.sheet = Static("", markup=False, id="sheet")
        self.sheet.display = False
        self.weeks: tuple[tuple[day.Day, ...], ...] = ()

    def bars(self) -> Sequence[Widget]:
        return (self.bar, self.sheet)

    def on_mount(self) -> None:
        self.refresh_rows()

    @property
    def shown(self) -> date:
        """The day that the view is about."""
        return self.day or self.desk_app.now.date()

    def find(self, engine: Engine, text: str, most: int) -> Listing:
        return day.agenda(engine, self.view, self.shown, text)

    def page(self, engine: Engine, row: Row) -> Page | None:
        return lists.page(engine, row.item) if row.item else None

    def refresh_rows(self) -> None:
        super().refresh_rows()
        first, last = day.span_of(self.view, self.shown, self.desk_app.week_start)
        until = f" to {last - timedelta(days=1):%a %d %b %Y}" if self.view != "day" else ""
        said = f"{first:%B %Y}" if self.view == "month" else f"{first:%a %d %b %Y}{until}"
        self.bar.update(content([cell(f"{self.view.capitalize()}: {said}", "strong")]))
        self.sheet.display = self.view == "month"
        if self.view == "month":
            shown = self.shown
            self.look("month", lambda engine: day.month(engine, shown), self._month)

    def _month(self, weeks: tuple[tuple[day.Day, ...], ...]) -> None:
        self.weeks = weeks
        self.sheet.update(_sheet(weeks, self.size.width, self.desk_app.week_start))

    def on_resize(self) -> None:
        if self.weeks:
            self.sheet.update(_sheet(self.weeks, self.size.width, self.desk_app.week_start))

    def action_view(self) -> None:
        views = ("day", "week", "month")
        self.view = views[(views.index(self.view) + 1) % 3]
        self.refresh_rows()

    def action_turn(self, step: int) -> None:
        first, last = day.span_of(self.view, self.shown, self.desk_app.week_start)
        self.day = last if step > 0 else first - timedelta(days=1)
        self.refresh_rows()

    def action_today(self) -> None:
        self.day = None
        self.refresh_rows()

    def action_move(self) -> None:
        items = self.items[:1]
        if items:
            self.want(
                "Move to", lambda to: self.point(f"move {named(items)} to {to}", "calendar.move", items, "to", to)
            )

    def action_rename(self) -> None:
        items = self.items[:1]
        if items:
            said = f"rename {named(items)} to"
            self.want(
                "New title",
                lambda name: self.point(f"{said} {name}", "calendar.rename", items, "name", name),
                items[0].title,
            )

    def action_cancel(self) -> None:
        self.point(f"cancel {named(self.items)}" if self.items else "", "calendar.cancel", self.items)


def _sheet(weeks: Sequence[Sequence[day.Day]], width: int, week_start: int) -> Content:
    """A month as a sheet: numbers, and as many titles as fit."""
    room = max(4, (width - 2) // 7)
    names = [_NAMES[(week_start + number) % 7] for number in range(7)]
    lines: list[Sequence[Cell]] = [[Cell(fitted(f" {name}", room), "faint") for name in names]]
    for week in weeks:
        lines.append([_number(each, room) for each in week])
        if room >= 12:
            lines += [[_title(each, number, room) for each in week] for number in range(2)]
    return Content("\n").join(_line(cells) for cells in lines)


def _line(cells: Sequence[Cell]) -> Content:
    return Content.assemble(*((each.text, TONES[each.tone]) if each.tone else each.text for each in cells))


def _number(each: day.Day, room: int) -> Cell:
    dots = "" if room >= 12 else "•" * min(len(each.titles), max(0, room - 4))
    mark = f"[{each.day.day}]" if each.today else f" {each.day.day}"
    return Cell(fitted(f"{mark} {dots}", room), "accent" if each.today else "" if each.inside else "faint")


def _title(each: day.Day, number: int, room: int) -> Cell:
    text = each.titles[number] if number < len(each.titles) else ""
    more = f"+{len(each.titles) - 1} more" if number == 1 and len(each.titles) > 2 else text
    return Cell(fitted(f" {show.plain(more)}", room - 1) + " ", "" if each.inside else "faint")
