"""The plan card: what exactly will happen, and the four keys: once, always, change, no. Nothing is done by Enter.

Every argument can be changed in its place; what is typed is checked by the rules of the plan before it goes back.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.message import Message
from textual.widgets import Input, Static

from nearhand.agent.approve import Argument, Card, CardStep
from nearhand.agent.showing import diff as show_diff
from nearhand.agent.showing import show
from nearhand.agent.tui.decisions import Always, Decision, Edit, No, Yes
from nearhand.agent.tui.looks.values import Cell, brief, cell
from nearhand.agent.tui.text import content
from nearhand.agent.tui.widgets.suggest import SuggestInput
from nearhand.connectors.base import Risk
from nearhand.connectors.catalogue import ACTIONS
from nearhand.connectors.errors import NearhandError

_LINES, _DIFF = 12, 24
_BREAK = "⏎"
"""The end of a line, where a text of several lines is typed in one."""
_RISK = {Risk.READ: ("only looks", "good"), Risk.REVERSIBLE: ("can be undone", "accent"),
         Risk.OUTWARD: ("other people will see this", "warn")}  # fmt: skip
_TOLD = re.compile(r"This changes something; it can be undone\.|Other people will see this\.")
"""What a reason says that the heading says already."""
_UNSURE = "It is not certain that this is what you meant."


class ArgumentLine(VerticalGroup):
    """One argument of one step; it turns into a line to type in."""

    def __init__(self, step: CardStep, argument: Argument) -> None:
        super().__init__(classes="argument")
        self.step, self.argument = step, argument
        self.told = Static(content([self._told(False)]), markup=False)
        self.hint = Static("", markup=False, classes="hint")
        self.hint.display = False
        self.line: SuggestInput | None = None

    def compose(self) -> ComposeResult:
        yield self.told
        yield self.hint

    def _told(self, here: bool) -> Cell:
        each = self.argument
        value = " → ".join(filter(None, (f"“{each.said}”" if each.said and each.means else each.said, each.means)))
        shown = show.block(value).replace("\n", "\n             ")
        return Cell(f"{'▸' if here else ' '} {each.slot:>9}: {shown[:6000]}", "strong" if here else "faint")

    def point(self, here: bool) -> None:
        """Show whether the cursor is on it."""
        self.told.update(content([self._told(here)]))

    async def edit(self, choices: Sequence[str]) -> None:
        """Turn into a line to type in."""
        if self.line is None:
            self.line = SuggestInput(_one_line(self.argument), placeholder=f"{self.argument.slot} …")
            await self.mount(self.line, before=self.hint)
            self.told.update(content([Cell(f"▸ {self.argument.slot:>9}:", "strong")]))
        self.line.offer(choices)
        self.line.focus()

    async def leave(self) -> None:
        """Turn back."""
        if self.line is not None:
            await self.line.remove()
            self.line = None
        self.say("")
        self.point(False)

    def say(self, text: str) -> None:
        """Say below the line what is wrong, or what could stand there."""
        self.hint.update(content([cell(text, "faint")]) if text else "")
        self.hint.display = bool(text)

    def on_suggest_input_suggested(self, event: SuggestInput.Suggested) -> None:
        event.stop()
        self.say(f"             {' · '.join(event.choices)}" if event.choices else "")


def _one_line(argument: Argument) -> str:
    made = argument.slot in ("text", "say", "subject", "name", "where") and argument.means
    shown = argument.means if made else argument.said or argument.means
    return show.plain(show.block(shown).replace("\n", f" {_BREAK} ") if argument.slot == "text" else shown)


def _lines_of(typed: str) -> str:
    return re.sub(rf" ?{_BREAK} ?", "\n", typed.strip())


class PlanCard(VerticalGroup, can_focus=True):
    """One plan that waits for a yes."""

    GRACE: ClassVar[float] = 0.4
    """Seconds after it has appeared in which a yes does not count."""
    HELP = """\
## A plan

This is exactly what will be done; nothing has happened yet. `a` does it once. `A` does it and does not ask again for
this action with these folders or people (Rules lists that, and takes it back). `e` changes the argument under the
cursor, `+` adds one. `r` or Escape: no.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "decide('yes')", "Approve", id="card.approve"),
        Binding("A", "decide('always')", "Always for this", id="card.always"),
        Binding("e,enter", "edit", "Edit", id="card.edit", key_display="e"),
        Binding("plus", "add", "Add", id="card.add", show=False),
        Binding("r", "decide('no')", "Reject", id="card.reject"),
        Binding("up,k", "move(-1)", "Up", show=False, id="card.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="card.down"),
    ]

    class Decided(Message):
        """The person has decided."""

        def __init__(self, decision: Decision) -> None:
            super().__init__()
            self.decision = decision

    class Suggest(Message):
        """What could stand in this argument?"""

        def __init__(self, line: ArgumentLine, action: str) -> None:
            super().__init__()
            self.line, self.action = line, action

    def __init__(self, card: Card) -> None:
        super().__init__(classes=f"risk-{card.risk.name.lower()}")
        self.card = card
        self.lines = [ArgumentLine(step, each) for step in card.steps for each in step.arguments]
        self.cursor = -1
        self._since = time.monotonic()

    def compose(self) -> ComposeResult:
        yield Static(content((*_heading(self.card), *_keys(self.card))), markup=False)
        if not self.card.steps:
            yield Static(content(_numbered(self.card.lines, 1)), markup=False)
        first = 1
        for step in self.card.steps:
            yield Static(content(_step(step, first, len(self.card.steps))), markup=False)
            first += len(step.lines)
            yield from (line for line in self.lines if line.step is step)
            if step.diff.strip() and not step.action.startswith("files."):  # what a move changes is its line already
                yield Static(content(_diff(step.diff)), markup=False, classes="diff")
        yield Static(content(_grants(self.card)), markup=False, classes="end")

    @property
    def untouched(self) -> bool:
        """Whether nobody has moved in it yet."""
        return self.cursor < 0

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is possible with this card is offered."""
        if action == "decide" and parameters == ("always",):
            return bool(self.card.grants)
        return bool(self.lines) if action in ("edit", "add", "move") else True

    def action_decide(self, answer: str) -> None:
        """Say it; a yes that comes before anybody can have read the card was a letter of something else."""
        if answer != "no" and time.monotonic() - self._since < self.GRACE:
            return
        decision: Decision = Yes() if answer == "yes" else Always() if answer == "always" else No()
        self.post_message(self.Decided(decision))

    def action_move(self, step: int) -> None:
        self.cursor = max(0, min(len(self.lines) - 1, self.cursor + step))
        for number, line in enumerate(self.lines):
            line.point(number == self.cursor)
        self.lines[self.cursor].scroll_visible(animate=False)

    async def action_edit(self) -> None:
        if self.cursor < 0:
            self.action_move(1)
        line = self.lines[self.cursor]
        await line.edit(())
        self.post_message(self.Suggest(line, line.step.action))

    async def action_add(self) -> None:
        """A new argument: first its name, then its value."""
        step = self.lines[max(self.cursor, 0)].step
        held = {argument.slot for argument in step.arguments}
        line = ArgumentLine(step, Argument("add", ""))
        await self.mount(line, before=self.query_one(".end"))
        self.lines.append(line)
        self.cursor = len(self.lines) - 1
        await line.edit([slot for slot in ACTIONS[step.action].slots if slot not in held])

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        line = next(line for line in self.lines if line.line is event.input)
        text = _lines_of(event.value)
        if line.argument.slot == "add":
            await self._named(line, text)
            return
        if wrong := self._wrong(line, text):
            line.say(wrong)
            return
        self.post_message(self.Decided(Edit(line.step.number, line.argument.slot, text)))

    async def _named(self, line: ArgumentLine, slot: str) -> None:
        if slot not in ACTIONS[line.step.action].slots:
            line.say(f"That is none of: {', '.join(ACTIONS[line.step.action].slots)}")
            return
        await line.leave()
        line.argument = Argument(slot, "")
        await line.edit(())
        self.post_message(self.Suggest(line, line.step.action))

    def _wrong(self, line: ArgumentLine, text: str) -> str:
        """What is wrong with an argument; "" if nothing is."""
        from nearhand.agent.showing.card_steps import edited

        if self.card.plan is None:
            return "This plan cannot be changed."
        try:
            edited(self.card.plan, line.step.number, line.argument.slot, text)
        except NearhandError as error:
            return str(error)
        return ""

    async def back(self) -> bool:
        """Leave the line that is being edited; whether there was one."""
        open_ones = [line for line in self.lines if line.line is not None]
        for line in open_ones:
            await line.leave()
        self.focus()
        return bool(open_ones)


def _heading(card: Card) -> Iterator[Cell]:
    word, tone = _RISK[card.risk]
    count = sum(step.count for step in card.steps) or len(card.lines)
    many = f" · {count} things" if count > 1 else ""
    yield cell(f"This will be done  [{word}{many}]", "warn" if card.risk is Risk.OUTWARD else tone)
    unsure = card.confidence < card.sure
    for reason in card.reasons:
        left = reason.replace(_UNSURE, "") if unsure else reason
        if more := _TOLD.sub("", left).strip():
            yield cell(more, "warn" if card.risk is Risk.OUTWARD else "")
    if unsure:
        yield cell(f"Only {card.confidence:.0%} sure that this is what you meant: look closely.", "bad")


def _step(step: CardStep, first: int, steps: int) -> Iterator[Cell]:
    yield Cell("")
    yield from _numbered(step.lines, first)
    if steps > 1 or step.count > 1:
        count = f", {step.count} things" if step.count > 1 else ""
        yield cell(f"     {step.action}{count}", "faint")


def _numbered(lines: Sequence[str], first: int) -> Iterator[Cell]:
    for number, line in enumerate(lines[:_LINES], first):
        yield cell(f"{number:>3}  {line}", "strong")
    if len(lines) > _LINES:
        yield cell(f"     … and {len(lines) - _LINES} more", "faint")


def _diff(diff: str) -> Iterator[Cell]:
    lines = [line for line in show_diff.lines(diff, show.Paint(False)) if line != "--- /dev/null"]
    for line in lines[:_DIFF]:
        tone = (
            "strong" if line.startswith(("+++", "---")) else {"+": "good", "-": "bad", "@": "faint"}.get(line[:1], "")
        )
        yield Cell(f"     {line[:500]}", tone)
    if len(lines) > _DIFF:
        yield cell(f"     … {len(lines) - _DIFF} more lines", "faint")


def _keys(card: Card) -> Iterator[Cell]:
    always = "   [A] always for this" if card.grants else ""
    edit = "   [e] edit   [+] add" if card.steps else ""
    yield Cell(f"[a] approve{always}{edit}   [r] reject", "accent")


def _grants(card: Card) -> Iterator[Cell]:
    """What "always" would allow, said before it is pressed."""
    if card.grants:
        scopes = ", ".join(dict.fromkeys(brief(grant.scope) for grant in card.grants))
        actions = ", ".join(dict.fromkeys(grant.action for grant in card.grants))
        until = show.day(max(grant.until for grant in card.grants))
        yield cell(f"[A] would allow, until {until}: {actions} with {scopes}", "faint")
