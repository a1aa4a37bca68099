"""One search over everything: mails, files, events, tasks and people, narrowing while somebody types."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Input

from nearhand.agent.tui.looks import lists
from nearhand.agent.tui.looks.values import Listing, Row
from nearhand.agent.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from nearhand.agent.tui.app import NearhandApp


class SearchLine(Input):
    """What is looked for."""

    HELP = """\
## Search everything

Type the beginnings of words. Down goes to the finds, Enter opens the first.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "screen.finds", "To the finds", show=False, id="search.down")
    ]


class Search(ModalScreen[Row | None]):
    """The search over everything."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", id="search.back")]

    def __init__(self) -> None:
        super().__init__()
        self.line = SearchLine(placeholder="Search mails, files, events, tasks and people")
        self.rows = Rows()

    def compose(self) -> ComposeResult:
        with Vertical(id="search"):
            yield self.line
            yield self.rows
        yield Footer()

    def on_input_changed(self, event: Input.Changed) -> None:
        text = event.value.strip()
        cast("NearhandApp", self.app).desk.look("search", lambda engine: lists.everything(engine, text), self._show)

    def _show(self, found: Listing) -> None:
        if self.is_attached:
            self.rows.show(found)

    def on_input_submitted(self) -> None:
        if self.rows.row is not None:
            self.dismiss(self.rows.row)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        self.dismiss(event.row)

    def action_finds(self) -> None:
        self.rows.focus()

    def action_leave(self) -> None:
        self.dismiss(None)
