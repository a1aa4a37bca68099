"""The keys of the app itself, each with the id by which it can be changed (`settings.py`)."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from nearhand.agent.tui.panes.registry import PANES

_BACK = Binding.Group("Undo, redo", compact=True)
KEYS: list[BindingType] = [
    Binding("f1", "help", "Help", id="app.help"),
    Binding("escape", "back", "Stop, back", id="app.back", key_display="Esc"),
    *(Binding(str(n), f"pane('{name}')", "Panes" if n == 1 else PANES[name].title, id=f"app.{name}",
              show=n == 1, key_display="1-9" if n == 1 else None)
      for n, name in enumerate(PANES, 1)),
    Binding("i", "line", "Say", id="app.line"),
    Binding("f3", "search", "Search", id="app.search"),
    Binding("ctrl+z", "undo", "Undo", id="app.undo", group=_BACK, priority=True),
    Binding("ctrl+y", "redo", "Redo", id="app.redo", group=_BACK, priority=True),
    Binding("f2", "settings", "Settings", id="app.settings", show=False),
    Binding("f4", "larger", "Larger conversation", id="app.larger", show=False),
    Binding("ctrl+o", "jump", "Jump", id="app.jump", show=False, priority=True),
    Binding("ctrl+pagedown", "step(1)", "Next pane", id="app.next", show=False, priority=True),
    Binding("ctrl+pageup", "step(-1)", "Pane before", id="app.before", show=False, priority=True),
]  # fmt: skip
