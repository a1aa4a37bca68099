"""What the command palette offers: every pane, every action of the app, and examples of what can be said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from nearhand.agent.tui.panes.registry import PANES

if TYPE_CHECKING:
    from nearhand.agent.tui.app import NearhandApp

_SAY = (
    "what is on tomorrow?", "what is new in my mail?", "brief me", "what can you do?",
    "put last month's scans into Receipts", "am I free on Thursday afternoon?",
)  # fmt: skip
_DO = (
    ("Search everything", "search", "Mails, files, events, tasks and people"),
    ("Undo the last change", "undo", "Take it back"),
    ("Redo", "redo", "Do again what was undone"),
    ("Synchronize", "sync", "Bring the accounts into step"),
    ("Settings", "settings", "Theme, first pane, folders"),
    ("Jump", "jump", "A letter on everything that can have the focus"),
    ("Help for what is in focus", "help", "Also F1"),
    ("Larger conversation", "larger", "Also F4"),
)


class Commands(Provider):
    """The palette."""

    @property
    def _all(self) -> Iterator[tuple[str, Callable[[], object], str]]:
        app = cast("NearhandApp", self.app)
        for name, pane in PANES.items():
            yield f"Go to {pane.title}", partial(app.action_pane, name), "A pane"
        for text, action, told in _DO:
            yield text, getattr(app, f"action_{action}"), told
        for text in _SAY:
            yield f"Say: {text}", partial(app.say, text), "A request"

    async def discover(self) -> Hits:
        for text, run, told in self._all:
            yield DiscoveryHit(text, run, help=told)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for text, run, told in self._all:
            if (score := matcher.match(text)) > 0:
                yield Hit(score, matcher.highlight(text), run, help=told)
