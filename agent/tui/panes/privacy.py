"""Privacy: the mode, what the kernel enforces, every connection that was made, and what may be seen."""

from __future__ import annotations

from textual.app import ComposeResult

from nearhand.agent.tui.looks import system
from nearhand.agent.tui.panes.pane import Pane


class Privacy(Pane):
    """What is private, and how that is known."""

    TITLE = "Privacy"
    HELP = """\
## Privacy

What may reach a network, what the kernel makes sure of, and every connection that was ever made. On the command line:
`nearhand privacy`, which also tries to break out.
"""

    def compose(self) -> ComposeResult:
        yield self.reader

    def refresh_rows(self) -> None:
        self.look("page", system.privacy, self.reader.show)

    def focus_list(self) -> None:
        self.reader.focus()
