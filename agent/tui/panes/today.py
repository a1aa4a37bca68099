"""Today: the agenda, what is due, what is unread."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from nearhand.agent.tui.looks import day, lists
from nearhand.agent.tui.looks.values import Listing, Page, Row, listed
from nearhand.agent.tui.panes.pane import Pane, named

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine


class Today(Pane):
    """What this day is about."""

    TITLE = "Today"
    AREAS = frozenset({"calendar", "tasks", "mail"})
    HELP = """\
## Today

Your agenda, the tasks that are due and the mail that is unread. `x` ticks a task off; Enter opens what the
cursor is on.
"""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "tick", "Done", id="today.tick")]

    def find(self, engine: Engine, text: str, most: int) -> Listing:
        found = day.today(engine)
        folded = text.casefold()
        kept = [row for row in found.rows if row.heading or any(folded in c.text.casefold() for c in row.cells)]
        return listed(kept, found.said) if text else found

    def page(self, engine: Engine, row: Row) -> Page | None:
        return lists.page(engine, row.item) if row.item else None

    def action_tick(self) -> None:
        tasks = [item for item in self.items if item.kind == "task"]
        self.point(f"tick off {named(tasks)}" if tasks else "", "tasks.complete", tasks)
