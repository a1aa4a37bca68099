"""The app: tabs and panes, the conversation, the command line; it routes what is said and what comes back.

Narrow terminals show one thing at a time, wide ones the conversation beside it. Deliberately not here: the engine
(`desk.py`), what panes show (`looks/`), and any reading of files.
"""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.theme import Theme
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Footer, Label, Tab, Tabs

from nearhand.agent.tui import messages
from nearhand.agent.tui.commands import Commands
from nearhand.agent.tui.desk import Desk, Open
from nearhand.agent.tui.hands import Open as OpenAccounts
from nearhand.agent.tui.hands import sync
from nearhand.agent.tui.keys import KEYS
from nearhand.agent.tui.looks.values import Row, cell
from nearhand.agent.tui.panes.registry import AREA_PANES, PANES
from nearhand.agent.tui.service import Find
from nearhand.agent.tui.settings import Settings, save
from nearhand.agent.tui.standing import Standing
from nearhand.agent.tui.text import content
from nearhand.agent.tui.widgets.prompt import Prompt
from nearhand.agent.tui.widgets.talk import Talk

if TYPE_CHECKING:
    from nearhand.agent.paths import Profile
    from nearhand.agent.tui.panes.pane import Pane

_HERE = Path(__file__).parent
_LOOK_EVERY, _SEND_EVERY = 30.0, 3.0


class Base(Screen[None]):
    """What stands below every other screen: the line is in focus from the beginning."""

    AUTO_FOCUS = "#line"


class NearhandApp(Standing):
    """The terminal app."""

    TITLE = "Nearhand"
    CSS_PATH: ClassVar[list[str | PurePath]] = [_HERE / "app.tcss", *sorted(_HERE.glob("*/*.tcss"))]
    COMMANDS: ClassVar[set[type]] = App.COMMANDS | {Commands}  # type: ignore[assignment]
    HORIZONTAL_BREAKPOINTS: ClassVar[list[tuple[int, str]]] = [  # type: ignore[misc]
        (0, "-narrow"),
        (76, "-normal"),
        (104, "-split"),
        (136, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(
        self,
        opener: Open,
        profile: Profile,
        settings: Settings,
        now: datetime | None = None,
        find: Find | None = None,
        accounts: OpenAccounts | None = None,
    ) -> None:
        """`now` is a clock that stands still; `find` connects to the background service, if it is to be used;
        `accounts` are the person's, if any is connected."""
        super().__init__()
        self.profile, self.settings, self.accounts = profile, settings, accounts
        self.desk = Desk(opener, self.post_message, now, find)
        self.begun = False
        """Whether the first frame was drawn."""
        self._made: dict[str, Pane] = {}
        """Panes that were seen, by their ids."""
        for theme in settings.themes:
            self.register_theme(theme)
        self.theme = settings.theme if settings.theme in self.available_themes else Settings().theme
        self.stylesheet.set_variables(self.get_css_variables())
        self.set_keymap(settings.keys)

    def get_default_screen(self) -> Screen[None]:
        """The screen below, made for the width of the terminal; to change its class would be to style it all anew."""
        wide = [name for least, name in self.HORIZONTAL_BREAKPOINTS if least <= self.size.width]
        return Base(id="_default", classes=wide[-1])

    def refresh_css(self, animate: bool = True) -> None:
        """Style everything anew for another theme; the stylesheet is read with the first one anyway."""
        if self.begun:
            super().refresh_css(animate)

    # --- what is there ------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        first = self.settings.first if self.settings.first in PANES else "today"
        self.tabs = Tabs(
            *(Tab(content([cell(pane.title)]), id=f"tab-{name}") for name, pane in PANES.items()), active=f"tab-{first}"
        )
        self.state = Label("opening …", id="state", markup=False)
        self.panes = ContentSwitcher(id="panes")
        self.talk, self.prompt = Talk(), Prompt()
        with Horizontal(id="top"):
            yield self.tabs
            yield self.state
        with Widget(id="middle"):
            yield self.panes
            yield self.talk
        yield self.prompt
        yield Widget(id="foot")

    def on_mount(self) -> None:
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        self.call_after_refresh(self._begin)
        self.set_interval(_LOOK_EVERY, self._look_again)
        self.set_interval(15, self.tell_state)
        self.set_interval(_SEND_EVERY, self.send_what_is_due)
        for problem in self.settings.problems:
            self.notify(problem, severity="warning", timeout=10, markup=False)

    async def _begin(self) -> None:
        """What the first frame need not wait for: engine, pane, keys below, the collector that `launch` held back."""
        self.begun, ours = True, self.screen  # the first steps may stand before it soon
        self.desk.start()
        with self.batch_update():
            await self._show(self.tabs.active.removeprefix("tab-"))
            await ours.query_one("#foot").remove()
            await ours.mount(Footer())
        gc.enable()

    def on_unmount(self) -> None:
        self.desk.close()

    @property
    def pane(self) -> Pane | None:
        """The pane that is shown; none before the first frame."""
        return self._made.get(self.panes.current or "")

    @property
    def theme_names(self) -> tuple[str, ...]:
        """The themes to choose from."""
        from nearhand.agent.tui.screens.options import theme_names

        return theme_names(self.settings)

    def keep(self, settings: Settings) -> None:
        """Use other settings, and remember them."""
        self.settings, profile = settings, self.profile
        self.theme = settings.theme
        self.desk.chore("settings", lambda: save(profile, settings))

    def _theme_changed(self, theme: Theme) -> None:
        """A theme that was chosen in the palette is remembered like one of the settings."""
        if theme.name != self.settings.theme:
            self.keep(replace(self.settings, theme=theme.name))

    # --- panes --------------------------------------------------------------------------------------------------------

    async def on_tabs_tab_activated(self, event: Tabs.TabActivated) -> None:
        if self.begun:
            await self._show((event.tab.id or "").removeprefix("tab-"))

    async def _show(self, name: str) -> Pane:
        """Show a pane; it is made when it is seen for the first time."""
        identity = f"pane-{PANES[name].name.lower()}"
        pane = self._made.get(identity)
        if pane is None:
            pane = PANES[name].made()
            await self.panes.add_content(pane, id=identity, set_current=True)
            self._made[identity] = pane
        else:
            self.panes.current = identity
            pane.refresh_rows()
        if not self.prompt.line.has_focus:
            self.call_after_refresh(pane.focus_list)
        return pane

    async def action_pane(self, name: str) -> None:
        """Go to a pane."""
        self.tabs.active = f"tab-{name}"
        pane = await self._show(name)
        self.call_after_refresh(pane.focus_list)

    def action_step(self, step: int) -> None:
        names = list(PANES)
        here = names.index((self.tabs.active or "tab-today").removeprefix("tab-"))
        self.tabs.active = f"tab-{names[(here + step) % len(names)]}"

    def _look_again(self) -> None:
        if self.facts is not None and not self.facts.fixed:
            self.desk.touch()

    def on_changed(self, event: messages.Changed) -> None:
        self.refresh_areas({event.area})

    def refresh_areas(self, areas: set[str]) -> None:
        if self.pane is not None and self.pane.AREAS & areas:
            self.pane.refresh_rows()
            self.pane.refresh_page()

    # --- keys ---------------------------------------------------------------------------------------------------------

    async def action_back(self) -> None:
        """Escape: stop what is going on, else no to the card, else back, else to the command line."""
        if self.desk.working and not self.desk.deciding:
            self.desk.stop()
        elif self.talk.card is not None:
            if not await self.talk.card.back():
                self.talk.card.action_decide("no")
        elif self.prompt.wanting:
            self.prompt.want(None)
            self._to_pane()
        elif self.prompt.line.has_focus and self.prompt.line.value:
            self.prompt.line.value = ""
        elif self.prompt.line.has_focus:
            self._to_pane()
        elif self.pane is None or not self.pane.has_focus_within or not self.pane.back():
            self.prompt.line.focus()

    def _to_pane(self) -> None:
        if self.pane is not None:
            self.pane.focus_list()

    def on_descendant_focus(self) -> None:
        """What is not looked at takes less room."""
        self.talk.set_class(self.pane is not None and self.pane.has_focus_within, "-away")
        self.talk.settle_scroll()

    def action_line(self) -> None:
        self.prompt.line.focus()

    def action_undo(self) -> None:
        self.do("undo", lambda agent, approve: agent.undo((), approve))

    def action_redo(self) -> None:
        self.do("redo", lambda agent, approve: agent.redo(approve))

    def action_sync(self) -> None:
        """Bring the accounts into step."""
        self.do("synchronize", lambda agent, _: sync(agent, self.accounts, self.desk.told))

    def action_larger(self) -> None:
        self.talk.toggle_class("-large")

    def action_help(self) -> None:
        """Help for what is in focus, at the side."""
        from textual.widgets import HelpPanel  # with all of Markdown, which the first frame does not need

        if self.screen.query(HelpPanel):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    def action_settings(self) -> None:
        from nearhand.agent.tui.screens.options import Options

        self.push_screen(Options())

    def action_search(self) -> None:
        from nearhand.agent.tui.screens.search import Search

        self.push_screen(Search(), self._open)

    async def _open(self, row: Row | None) -> None:
        """Open what the search over everything found, in its pane."""
        if row is not None and row.item is not None:
            await self.action_pane(AREA_PANES.get(row.item.connector, "today"))
            if self.pane is not None:
                self.pane.open(row)

    def action_jump(self) -> None:
        from nearhand.agent.tui.screens.jump import Jump

        targets = [widget for widget in self.screen.focus_chain if widget.region.area]
        self.push_screen(Jump(targets), _focus)


def _focus(widget: Widget | None) -> None:
    if widget is not None:
        widget.focus()
