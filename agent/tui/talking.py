"""The conversation side of the app: what is said goes to the engine, cards and replies come back.

Whoever is typing is not answering: a card does not take the focus then, and saying something else is a no.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.app import App
from textual.widgets import OptionList

from nearhand.agent.tui import messages
from nearhand.agent.tui.acting import Work
from nearhand.agent.tui.decisions import Decision, Edit, No
from nearhand.agent.tui.desk import Desk
from nearhand.agent.tui.looks.values import Facts
from nearhand.agent.tui.widgets.prompt import Prompt, Wanted
from nearhand.agent.tui.widgets.talk import Choices, Talk

if TYPE_CHECKING:
    from nearhand.agent.reply import Reply
    from nearhand.agent.tui.widgets.card import PlanCard
    from nearhand.connectors.base import Item

_AGAIN = ("again", "do it again", "once more", "do that again")


class Talking(App[None]):
    """An app that one can talk to."""

    desk: Desk
    talk: Talk
    prompt: Prompt
    facts: Facts | None = None
    shut = False
    """Whether the profile could not be opened."""

    def __init__(self) -> None:
        super().__init__()
        self.plan_ms: list[float] = []
        self.token_ms: list[float] = []
        self._last = ""
        self._editing = False

    def refresh_areas(self, areas: set[str]) -> None:
        """Look up again what is shown of these areas."""

    def on_prompt_said(self, event: Prompt.Said) -> None:
        self.say(event.text)

    def say(self, text: str) -> None:
        """A request, or an answer."""
        if text.casefold().strip(" .!") in _AGAIN and self._last:
            text = self._last
        else:
            self._last = text
        self.do(text, lambda agent, approve: agent.do(text, approve))

    def do(self, said: str, work: Work) -> None:
        """Have something done; the conversation shows what comes of it."""
        if self.shut:
            self.notify("Nearhand is not open. F2 says where things are, F5 tries again.", markup=False)
            return
        if self.desk.deciding:
            self.desk.decide(No())  # whoever says something else has not said yes
        self.talk.said(said)
        self.desk.ask(said, work)

    def point(self, said: str, action: str, items: Sequence[Item], words: Mapping[str, str]) -> None:
        """Have an action done to things that were pointed at."""
        from nearhand.models.language import Plan, Quote, Ref, Step, ordered

        slots = ordered([("what", Ref(0)), *((slot, Quote(text)) for slot, text in words.items())])
        plan = Plan((Step(action, slots),))
        self.do(said, lambda agent, approve: agent.point(said, plan, items, approve))

    def want(self, wanted: Wanted) -> None:
        """Ask for words for something."""
        self.prompt.want(wanted)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if isinstance(event.option_list, Choices):
            event.stop()
            self.say_choice(event.option_list.reply, event.option_index)

    def say_choice(self, reply: Reply, number: int) -> None:
        """Pick one of the answers."""
        self.prompt.line.focus()
        text = str(number + 1)
        self.talk.said(reply.choices[number])
        self.desk.ask(text, lambda agent, approve: agent.do(text, approve))

    def on_plan_card_decided(self, event: PlanCard.Decided) -> None:
        self.decide(event.decision)

    def decide(self, decision: Decision) -> None:
        """Answer the card."""
        taken = self.desk.decide(decision)
        self._editing = taken and isinstance(decision, Edit)
        self.prompt.line.focus()

    def on_plan_card_suggest(self, event: PlanCard.Suggest) -> None:
        from nearhand.agent.tui.looks import lists

        line, action, slot = event.line, event.action, event.line.argument.slot
        if line.line is not None:
            offer = line.line.offer
            self.desk.look("suggest", lambda engine: lists.suggestions(engine, action, slot), offer)

    def on_card_shown(self, event: messages.CardShown) -> None:
        typing = self.prompt.line.has_focus and bool(self.prompt.line.value)
        self.talk.ask(event.card, take_focus=not typing and len(self.screen_stack) == 1)
        if typing:
            self.notify("A plan waits for your yes: Shift+Tab goes to it.", markup=False)

    def on_replied(self, event: messages.Replied) -> None:
        if self._editing:
            self._editing = False  # the card that was changed; the new one follows
            return
        reply = event.reply
        if reply.timings_ms.get("plan"):
            self.plan_ms.append(reply.timings_ms["plan"])
            self.token_ms.append(reply.timings_ms.get("token", 0.0))
        self.talk.answered(reply)
        if not reply.choices and (self.focused is None or not self.focused.is_attached or self.focused is self.talk):
            self.prompt.line.focus()
        self.refresh_areas({"journal", *(area for area in (self.facts.areas if self.facts else ()))})
