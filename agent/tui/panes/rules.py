"""Rules: what runs by itself, and what was allowed once and for all. Both can be taken back here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from nearhand.agent.tui.hands import rule
from nearhand.agent.tui.looks import work
from nearhand.agent.tui.looks.values import Listing, Page, Row, cell
from nearhand.agent.tui.panes.pane import Pane, named
from nearhand.agent.tui.widgets.rows import Column

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine


class Rules(Pane):
    """Standing rules and permissions."""

    TITLE = "Rules"
    AREAS = frozenset({"rules"})
    COLUMNS = (Column(1), Column(), Column(14), Column(18, right=True, from_width=60))
    HELP = """\
## Rules

What runs by itself, and what you allowed with "always for this". `p` pauses a rule or lets it go on, `n` lets it act
now, `u` takes back all that it did, `d` removes a rule or takes a permission back. A new rule is said in a sentence:
`from now on move newsletters to Later`.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause, go on", id="rules.pause"),
        Binding("n", "run", "Run now", id="rules.run"),
        Binding("u", "take_back", "Undo", id="rules.undo"),
        Binding("d", "remove", "Remove", id="rules.remove"),
    ]

    def find(self, engine: Engine, text: str, most: int) -> Listing:
        return work.rules(engine, text)

    def page(self, engine: Engine, row: Row) -> Page | None:
        if row.item is None:
            named = cell(row.key.removeprefix("grant ")).text
            return Page(named, (cell("Allowed without asking. `d` takes it back."), row.cells[3]))
        return work.rule(engine, row.item)

    def action_pause(self) -> None:
        row = self.rows.row
        if row is not None and row.item is not None and row.item.extra.get("paused"):
            self._tell("resume")
            return
        self.point(f"pause the rule {named(self.items)}" if self.items else "", "rules.pause", self.items)

    def action_run(self) -> None:
        self._tell("run")

    def action_take_back(self) -> None:
        self._tell("undo")

    def _tell(self, does: str) -> None:
        """Have a rule run now, go on, or what it did taken back."""
        item = self.rows.row.item if self.rows.row else None
        if item is not None:
            self.desk_app.do(f"{does} the rule {named([item])}", lambda agent, yes: rule(agent, does, item.ref, yes))

    def action_remove(self) -> None:
        row = self.rows.row
        if row is not None and row.key.startswith("grant "):
            self.look("revoke", lambda engine: work.revoke(engine, row.key), lambda _: self.refresh_rows())
        else:
            self.point(f"remove the rule {named(self.items)}" if self.items else "", "rules.remove", self.items)
