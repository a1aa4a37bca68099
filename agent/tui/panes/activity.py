"""Activity: everything that was asked and done, each with its undo, and whether the journal is whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from nearhand.agent.tui.looks import work
from nearhand.agent.tui.looks.values import Cell, Listing, Page, Row, cell
from nearhand.agent.tui.panes.pane import Pane
from nearhand.agent.tui.text import content
from nearhand.agent.tui.widgets.rows import Column

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine

_BACK = Binding.Group("Back", compact=True)


class Activity(Pane):
    """The journal."""

    TITLE = "Activity"
    AREAS = frozenset({"journal"})
    COLUMNS = (Column(1), Column(share=1), Column(13), Column(10, right=True, from_width=52))
    HELP = """\
## Activity

Everything you asked for, the newest first. `u` takes the one under the cursor back, `r` does it again after
that. `w` says yes to one that waits for you, `n` says no. `v` checks that nothing in the journal was changed,
`s` shows only some.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo", "Undo", id="activity.undo", group=_BACK),
        Binding("r", "redo", "Redo", id="activity.redo", group=_BACK),
        Binding("w", "approve", "Approve", id="activity.approve", show=False),
        Binding("n", "reject", "Reject", id="activity.reject", show=False),
        Binding("s", "some", "Show only", id="activity.some"),
        Binding("v", "verify", "Verify", id="activity.verify"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.wanted = work.FILTERS[0]
        self.bar = Static("", markup=False, classes="bar")

    def bars(self) -> Sequence[Widget]:
        return (self.bar,)

    def on_mount(self) -> None:
        self._tell()

    def _tell(self, said: str = "", tone: str = "") -> None:
        names = "   ".join(f"[{name}]" if name == self.wanted else name for name in work.FILTERS)
        self.bar.update(content([cell(said, tone) if said else Cell(names)]))

    def find(self, engine: Engine, text: str, most: int) -> Listing:
        return work.activity(engine, text, self.wanted)

    def page(self, engine: Engine, row: Row) -> Page | None:
        return work.turn(engine, row.number)

    def action_undo(self) -> None:
        numbers = tuple(row.number for row in self.rows.chosen)
        if numbers:
            named = f"undo {', '.join(map(str, numbers))}"
            self.desk_app.do(named, lambda agent, approve: agent.undo(numbers, approve))

    def action_redo(self) -> None:
        row = self.rows.row
        if row is not None:
            number = row.number
            self.look("redo", lambda engine: work.taken_back_by(engine, number), self._redo)

    def _redo(self, by: int | None) -> None:
        if by is None:
            self.notify("This was not undone, so there is nothing to do again.", markup=False)
        else:
            self.desk_app.do(f"redo {by}", lambda agent, approve: agent.undo((by,), approve))

    def action_approve(self) -> None:
        if row := self.rows.row:
            self.desk_app.do(f"approve {row.number}", lambda agent, _: agent.approve(row.number))

    def action_reject(self) -> None:
        if row := self.rows.row:
            self.desk_app.do(f"reject {row.number}", lambda agent, _: agent.reject(row.number))

    def action_some(self) -> None:
        kinds = work.FILTERS
        self.wanted = kinds[(kinds.index(self.wanted) + 1) % len(kinds)]
        self._tell()
        self.refresh_rows()

    def action_verify(self) -> None:
        self.look(
            "verify", work.verified, lambda said: self._tell(said, "bad" if said.startswith("Broken") else "good")
        )
