"""The conversation: what was said, what was answered, and the card that waits. The newest stands at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from nearhand.agent.tui.looks.values import Cell, cell
from nearhand.agent.tui.text import content

if TYPE_CHECKING:
    from nearhand.agent.approve import Card
    from nearhand.agent.reply import Reply
    from nearhand.agent.tui.widgets.card import PlanCard

_KEPT = 60
"""How many entries stay; what is older is in Activity."""


class Choices(OptionList):
    """The answers to a question, to pick from."""

    HELP = """\
## A question

Pick with the arrow keys and Enter, or with a number, or type your own answer below.
"""

    def __init__(self, reply: Reply) -> None:
        options = [Option(content([cell(f"{n}  {choice}")])) for n, choice in enumerate(reply.choices, 1)]
        super().__init__(*options, markup=False, compact=True)
        self.reply = reply

    def on_key(self, event: events.Key) -> None:
        """A number picks, a letter begins an answer on the command line; neither is a key of the app here."""
        if event.character is None or not event.is_printable:
            return
        event.stop()
        if event.character.isdecimal():
            self._pick(int(event.character) - 1)
        else:
            line = self.app.query_one("#line", Input)
            line.focus()
            line.insert_text_at_cursor(event.character)

    def _pick(self, number: int) -> None:
        if 0 <= number < self.option_count:
            self.highlighted = number
            self.action_select()


class Talk(VerticalScroll):
    """What has been said."""

    HELP = """\
## The conversation

What you asked, and what came of it. Everything is kept in Activity too, with its undo.
"""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", "Copy", show=False, id="talk.copy")]

    def __init__(self) -> None:
        super().__init__(id="talk", can_focus=True)
        self.card: PlanCard | None = None
        self.choices: Choices | None = None
        self.busy: Static | None = None
        self._last: Reply | None = None

    def watch_virtual_size(self) -> None:
        self.settle_scroll()

    def on_resize(self) -> None:
        self.settle_scroll()

    def said(self, text: str) -> None:
        """The person has said something."""
        self._settle()
        self._add(Static(content([cell(f"› {text}", "accent")]), markup=False, classes="said"))
        self.busy = Static(content([Cell("  …", "faint")]), markup=False)
        self._add(self.busy)
        self.add_class("-filled")

    def working(self, text: str) -> None:
        """How far it is."""
        if self.busy is not None:
            self.busy.update(content([cell(f"  {text}", "faint")]))

    def ask(self, card: Card, take_focus: bool = True) -> PlanCard:
        """Show a card; it takes the focus unless somebody is typing, whose letters are no answer."""
        from nearhand.agent.tui.widgets.card import PlanCard

        self._settle()
        shown = self.card = PlanCard(card)
        self.mount(shown)
        self.add_class("-filled", "-deciding")
        if take_focus:
            shown.focus(scroll_visible=False)
        self.settle_scroll()
        return shown

    def answered(self, reply: Reply) -> None:
        """What came of it."""
        from nearhand.agent.reply import Status
        from nearhand.agent.tui.replies import told

        self._settle()
        self._last = reply
        asks = reply.status is Status.ASK and bool(reply.choices)
        cells = told(reply, self._columns)
        shown = [c for c in cells if not (asks and c.text[:3].strip().isdigit())] if asks else cells
        self._add(Static(content(shown), markup=False, classes=f"answer {reply.status.value}"))
        if asks:
            self.choices = Choices(reply)
            self._add(self.choices)
            self.choices.focus()
        self.add_class("-filled")

    def note(self, text: str, tone: str = "") -> None:
        """Something that nobody asked for but should know."""
        self._add(Static(content([cell(text, tone)]), markup=False, classes="answer"))
        self.add_class("-filled")

    def _add(self, widget: Static | PlanCard | Choices) -> None:
        self.mount(widget)
        for old in list(self.children)[: max(0, len(self.children) - _KEPT)]:
            old.remove()
        self.settle_scroll()

    @property
    def _columns(self) -> int:
        """How wide a list may be; it must not hang on whether this is laid out already."""
        width = self.app.size.width
        return max(30, (width * 42 // 100 if self.screen.has_class("-wide") else width) - 8)

    def settle_scroll(self) -> None:
        """Stay at the end; a card that has just come shows its beginning, and stays where the person takes it."""
        self.call_after_refresh(self._place)

    def _place(self) -> None:
        if self.card is None:
            self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True)
        elif self.card.untouched:
            top = min(max(0, self.card.virtual_region.y - 1), self.max_scroll_y)
            self.scroll_to(y=top, animate=False, immediate=True)

    def _settle(self) -> None:
        """What waited waits no more."""
        for gone in (self.card, self.busy, self.choices):
            if gone is not None:
                gone.remove()
        self.card = self.busy = self.choices = None
        self.remove_class("-deciding")

    def action_copy(self) -> None:
        from nearhand.agent.tui.replies import told

        if self._last is not None:
            self.app.copy_to_clipboard("\n".join(line.text for line in told(self._last, 100)))
            self.notify("Copied.", timeout=2)
