"""Every pane of the app, in the order of its tabs, imported when it is first seen. A new one is a line here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nearhand.agent.tui.panes.pane import Pane


@dataclass(frozen=True, slots=True)
class Place:
    """A pane by its title, and where it is."""

    title: str
    module: str
    name: str

    def made(self) -> Pane:
        """The pane itself."""
        from nearhand.agent.tui.panes.pane import Pane

        pane = getattr(import_module(f"nearhand.agent.tui.panes.{self.module}"), self.name)()
        assert isinstance(pane, Pane)
        return pane


PANES = {
    "today": Place("Today", "today", "Today"),
    "mail": Place("Mail", "mail", "Mail"),
    "calendar": Place("Calendar", "dates", "Dates"),
    "files": Place("Files", "files", "Files"),
    "activity": Place("Activity", "activity", "Activity"),
    "rules": Place("Rules", "rules", "Rules"),
    "outbox": Place("Outbox", "outbox", "Outbox"),
    "privacy": Place("Privacy", "privacy", "Privacy"),
    "model": Place("Model", "model", "Model"),
}
"""Pane by its name, which is also its name in the settings."""
AREA_PANES = {"mail": "mail", "calendar": "calendar", "tasks": "today", "files": "files", "contacts": "today"}
"""Where a find of the search over everything is shown."""
