"""The command line: one line to say what is wanted. Up and down go through what was said before.

When a pane has asked for words (an answer, a new name, a folder) they are for that, and the line says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from nearhand.agent.tui.widgets.suggest import SuggestInput

_HISTORY = Binding.Group("History", compact=True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the next words are for, if they are not a request."""

    label: str
    then: Callable[[str], None]
    value: str = ""


class Line(SuggestInput):
    """The line itself."""

    HELP = """\
## The command line

Say what you want in your own words: `lunch with Olga on Friday at noon`, `put the scans into Receipts`,
`tell Viktor the offer comes tomorrow`. Nothing happens before you have seen it and said yes.

Up and Down bring back what you said before. `again` does the last thing once more. Words like "it" and "them"
mean what came before. When you are asked something, type a number or an answer. Escape stops whatever is
going on.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "earlier", "Earlier", group=_HISTORY, id="prompt.earlier"),
        Binding("down", "later", "Later", group=_HISTORY, id="prompt.later"),
    ]

    def action_earlier(self) -> None:
        self._prompt.move(-1)

    def action_later(self) -> None:
        self._prompt.move(1)

    @property
    def _prompt(self) -> Prompt:
        assert isinstance(self.parent, Prompt)
        return self.parent


class Prompt(Horizontal):
    """The line with its mark."""

    USUAL = "Say what you want: lunch with Olga on Friday at noon"

    class Said(Message):
        """Somebody has said something."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self.line = Line(placeholder=self.USUAL, id="line")
        self.mark = Label("›", id="prompt-mark", markup=False)
        self.history: list[str] = []
        self._at = 0
        self._typed = ""
        self._wanted: Wanted | None = None

    def compose(self) -> ComposeResult:
        yield self.mark
        yield self.line

    def remember(self, said: Sequence[str]) -> None:
        """What was said in earlier sessions."""
        self.history = [*said, *self.history]
        self._at = len(self.history)
        self.line.offer(tuple(reversed(self.history[-200:])))

    def want(self, wanted: Wanted | None) -> None:
        """Ask for words for something; None goes back to requests."""
        self._wanted = wanted
        self.mark.update(f"{wanted.label} ›" if wanted else "›")
        self.mark.set_class(wanted is not None, "-wanted")
        self.line.value = wanted.value if wanted else ""
        self.line.placeholder = "" if wanted else self.USUAL
        self.line.cursor_position = len(self.line.value)
        self.line.offer(() if wanted else tuple(reversed(self.history[-200:])))
        if wanted:
            self.line.focus()

    @property
    def wanting(self) -> bool:
        """Whether the next words are for something else than a request."""
        return self._wanted is not None

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text, wanted = event.value.strip(), self._wanted
        if not text:
            return
        self.want(None)
        if wanted:
            wanted.then(text)
            return
        if not self.history or self.history[-1] != text:
            self.history.append(text)
        self._at = len(self.history)
        self.line.offer(tuple(reversed(self.history[-200:])))
        self.post_message(self.Said(text))

    def move(self, step: int) -> None:
        """Bring back what was said before, or after that."""
        if self._wanted or not self.history:
            return
        if self._at == len(self.history):
            self._typed = self.line.value
        self._at = max(0, min(len(self.history), self._at + step))
        self.line.value = self.history[self._at] if self._at < len(self.history) else self._typed
        self.line.cursor_position = len(self.line.value)
