"""The settings: theme, first pane, keys. What is chosen is seen at once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from nearhand.agent.tui.looks.values import Cell, Row, cell, heading, listed
from nearhand.agent.tui.panes.registry import PANES
from nearhand.agent.tui.settings import ANSI, Settings
from nearhand.agent.tui.text import content
from nearhand.agent.tui.widgets.rows import Column, Rows

if TYPE_CHECKING:
    from nearhand.agent.tui.app import NearhandApp


class Options(ModalScreen[None]):
    """The settings."""

    HELP = """\
## Settings

Enter, or ← and →, changes what the cursor is on. Keys are changed in the file that is named at the bottom.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f2", "dismiss", "Back", id="settings.back", key_display="Esc"),
        Binding("right,enter", "change(1)", "Change", id="settings.next", key_display="→", priority=True),
        Binding("left", "change(-1)", "Change back", id="settings.before", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.rows = Rows((Column(2), Column(share=2), Column(share=3)))
        self.note = Static("", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="options"):
            yield self.rows
            yield self.note
        yield Footer()

    def on_mount(self) -> None:
        self.rows.focus()
        self._tell()

    @property
    def _home(self) -> NearhandApp:
        return cast("NearhandApp", self.app)

    def _tell(self) -> None:
        held = self._home.settings
        choices = (
            ("theme", "Theme", held.theme),
            ("first", "Opens with", PANES[held.first].title if held.first in PANES else held.first),
        )
        rows = [Row(key, (cell(" "), cell(name), cell(f"‹ {value} ›", "accent"))) for key, name, value in choices]
        rows += [
            heading("Folders and accounts"),
            Row("first steps", (cell(" "), cell("Connect"), cell("folders, mail, calendar"))),
        ]
        self.rows.show(listed(rows))
        place = self._home.profile.app
        self.note.update(content([
            Cell(""), cell(f"Keys are changed in {place}:", "faint"), cell('  [keys]', "faint"),
            cell('  "card.approve" = "a,f8"', "faint"), cell("F1 shows the keys of what is in focus.", "faint"),
        ]))  # fmt: skip

    def action_change(self, step: int) -> None:
        row = self.rows.row
        if row is None:
            return
        if row.key == "first steps":
            self.dismiss()
            self._home.first_steps()
            return
        held = self._home.settings
        self._home.keep(_changed(held, row.key, step, self._home.theme_names))
        self._tell()


def _changed(held: Settings, key: str, step: int, themes: Sequence[str]) -> Settings:
    if key == "theme":
        return replace(held, theme=_next(themes, held.theme, step))
    return replace(held, first=_next(tuple(PANES), held.first, step))


def _next(names: Sequence[str], now: str, step: int) -> str:
    return names[(names.index(now) + step) % len(names)] if now in names else names[0]


def theme_names(settings: Settings) -> tuple[str, ...]:
    """The themes to choose from: ours, the person's, the terminal's own colours."""
    return (*(theme.name for theme in settings.themes), *ANSI)
