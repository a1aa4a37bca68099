"""What every pane is: a list that narrows, something to read beside it, and keys for what can be done with the things.

A pane asks the engine's thread for values and shows them; it never looks for anything itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from nearhand.agent.tui.looks.values import Listing, Page, Row
from nearhand.agent.tui.widgets.prompt import Wanted
from nearhand.agent.tui.widgets.reader import Reader
from nearhand.agent.tui.widgets.rows import MARK_NAME_MORE_TIME, Column, Rows

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine
    from nearhand.agent.tui.app import NearhandApp
    from nearhand.connectors.base import Item

_T = TypeVar("_T")


class Filter(Input):
    """Narrows the list below while somebody types."""

    HELP = """\
## Narrowing

Type the beginnings of words; the list follows. Enter goes to the list, Escape shows everything again.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "to_list", "To the list", show=False, id="filter.list"),
        Binding("escape", "clear", "Show all", id="filter.clear"),
    ]

    def action_to_list(self) -> None:
        self.query_ancestor(Pane).rows.focus()

    def action_clear(self) -> None:
        self.value = ""
        self.display = False
        self.action_to_list()


class Pane(Vertical):
    """One place of the app."""

    TITLE: ClassVar[str] = ""
    AREAS: ClassVar[frozenset[str]] = frozenset()
    """What it shows; when one of these changes it is looked up again."""
    COLUMNS: ClassVar[Sequence[Column]] = MARK_NAME_MORE_TIME
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Narrow", id="pane.filter", key_display="/"),
        Binding("f5", "refresh", "Look again", show=False, id="pane.refresh"),
    ]

    def __init__(self) -> None:
        super().__init__(id=f"pane-{type(self).__name__.lower()}")
        self.rows = Rows(self.COLUMNS)
        self.reader = Reader()
        self.filter = Filter(placeholder="Type to narrow", compact=True)
        self.filter.display = False
        self.most = 200
        self.opened: Row | None = None
        """What is read although the list may not hold it."""

    # --- to be said by each pane --------------------------------------------------------------------------------------

    def find(self, engine: Engine, text: str, most: int) -> Listing:
        """The rows; runs in the engine's thread."""
        raise NotImplementedError

    def page(self, engine: Engine, row: Row) -> Page | None:
        """What is read beside the list; runs in the engine's thread."""
        return None

    def bars(self) -> Sequence[Widget]:
        """What stands above the list."""
        return ()

    # --- the same for all ---------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield from self.bars()
        yield self.filter
        with Horizontal(classes="body"):
            yield self.rows
            yield self.reader

    def on_mount(self) -> None:
        self.refresh_rows()

    @property
    def desk_app(self) -> NearhandApp:
        """The app, by its own type."""
        return cast("NearhandApp", self.app)

    def look(self, name: str, find: Callable[[Engine], _T], then: Callable[[_T], None]) -> None:
        """Have something found out."""

        def deliver(found: _T) -> None:
            if self.is_attached:
                then(found)

        self.desk_app.desk.look(f"{self.id} {name}", find, deliver)

    def refresh_rows(self) -> None:
        """Look the list up again."""
        find, text, most = self.find, self.filter.value.strip(), self.most
        self.look("rows", lambda engine: find(engine, text, most), self.rows.show)

    def refresh_page(self) -> None:
        """Look up what stands beside the list, if there is room for it."""
        row, page = self.opened or self.rows.row, self.page
        if row is None:
            self.reader.show(Page(""))
        elif self.reader.display:
            self.look("page", lambda engine: page(engine, row), lambda found: self._shown(row, found))

    def _shown(self, row: Row, page: Page | None) -> None:
        wanted = self.opened or self.rows.row
        if wanted is not None and wanted.key == row.key:
            self.reader.show(page or Page(""))

    def trouble(self, sentence: str) -> None:
        """Something could not be looked up; what was shown stays."""
        self.notify(sentence, severity="warning", markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is a list can be narrowed."""
        return self.filter.is_attached and self.rows.display if action == "filter" else True

    def action_filter(self) -> None:
        self.filter.display = True
        self.filter.focus()

    def action_refresh(self) -> None:
        self.desk_app.desk.touch()
        self.refresh_rows()

    def focus_list(self) -> None:
        """Go to where the keys of this pane work."""
        self.rows.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self.filter:
            event.stop()
            self.most = 200
            self.refresh_rows()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input is self.filter:
            event.stop()
            self.rows.focus()

    def on_rows_moved(self, event: Rows.Moved) -> None:
        event.stop()
        self.refresh_page()

    def on_rows_more(self, event: Rows.More) -> None:
        event.stop()
        self.most = min(self.most + 400, 5000)
        self.refresh_rows()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        if event.row is not None:
            self.choose(event.row)

    def choose(self, row: Row) -> None:
        """Opening is reading: beside the list, or in its place where there is no room for both."""
        self.opened = None
        self.add_class("-reading")
        self.call_after_refresh(self.refresh_page)
        self.call_after_refresh(self.reader.focus)

    def open(self, row: Row) -> None:
        """Read something that the list may not hold."""
        self.opened = row
        self.add_class("-reading")
        self.call_after_refresh(self.refresh_page)
        self.call_after_refresh(self.reader.focus)

    def back(self) -> bool:
        """Escape inside the pane; whether there was something to go back from."""
        if self.filter.display and (self.filter.has_focus or self.filter.value):
            self.filter.action_clear()
            return True
        if self.has_class("-reading"):
            self.opened = None
            self.remove_class("-reading")
            self.rows.focus()
            return True
        return False

    # --- doing --------------------------------------------------------------------------------------------------------

    def point(self, said: str, action: str, items: Sequence[Item], slot: str = "", text: str = "") -> None:
        """Do an action to things that were pointed at; a card follows, as for anything that is said."""
        if items:
            self.desk_app.point(said, action, items, {slot: text} if slot else {})

    def want(self, label: str, then: Callable[[str], None], value: str = "") -> None:
        """Ask for words on the command line."""
        self.desk_app.want(Wanted(label, then, value))

    @property
    def items(self) -> tuple[Item, ...]:
        """The things that are marked, or the one under the cursor."""
        return tuple(row.item for row in self.rows.chosen if row.item is not None)


def named(items: Sequence[Item]) -> str:
    """Things in a few words."""
    return f"“{items[0].title[:60]}”" if len(items) == 1 else f"{len(items)} things"
