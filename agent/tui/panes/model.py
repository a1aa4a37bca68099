"""Model: the file that plans, how fast it is, and the last timings as a little curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.widgets import Sparkline, Static

from nearhand.agent.tui.looks import system
from nearhand.agent.tui.looks.values import Cell, Listing, cell
from nearhand.agent.tui.panes.pane import Pane
from nearhand.agent.tui.text import content

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine


class Model(Pane):
    """The model."""

    TITLE = "Model"
    AREAS = frozenset({"journal"})
    HELP = """\
## Model

The file that turns your words into a plan, and how long the last plans took. `nearhand model` on the command line
lists, measures and changes models.
"""

    def __init__(self) -> None:
        super().__init__()
        self.told = Static("", markup=False)
        self.speed = Static("", markup=False)
        self.curve = Sparkline([])

    def compose(self) -> ComposeResult:
        yield self.told
        yield self.speed
        yield self.curve
        yield self.filter
        yield self.rows
        self.rows.display = False

    def refresh_rows(self) -> None:
        self.look("facts", system.model, self._show)

    def find(self, engine: Engine, text: str, most: int) -> Listing:
        return Listing(())

    def _show(self, facts: system.ModelFacts) -> None:
        self.told.update(content([cell("The action model", "accent"), *facts.lines, Cell("")]))
        timed = self.desk_app.plan_ms
        self.speed.update(content([cell(system.speed(timed, self.desk_app.token_ms), "strong")]))
        self.curve.data = timed[-60:]
        self.curve.display = bool(timed)

    def focus_list(self) -> None:
        """There is nothing to move in here."""
        self.can_focus = True
        self.focus()
