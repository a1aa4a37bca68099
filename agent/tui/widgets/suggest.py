"""A line to type in with suggestions: the best one is shown grey, Tab takes it, the next best stand below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

_MOST = 6


def best(typed: str, choices: Sequence[str], most: int = _MOST) -> list[str]:
    """What somebody may be typing: first what begins with it, then what has it or comes near."""
    if not typed.strip():
        return list(choices[:most])
    from rapidfuzz import fuzz, process

    folded = typed.casefold()
    begun = [choice for choice in choices if choice.casefold().startswith(folded)]
    scored = process.extract(
        folded, {c: c.casefold() for c in choices}, scorer=fuzz.partial_ratio, score_cutoff=70, limit=most
    )
    near = [choice for _, _, choice in scored]
    return list(dict.fromkeys((*begun, *near)))[:most]


class _FromChoices(Suggester):
    """Completes what begins like one of the choices."""

    def __init__(self, owner: SuggestInput) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._owner = owner

    async def get_suggestion(self, value: str) -> str | None:
        folded = value.casefold()
        found = (each for each in self._owner.choices if each.casefold().startswith(folded))
        return next(found, None) if value else None


class SuggestInput(Input):
    """One line with suggestions."""

    HELP = """\
## A line to type in

Tab or → takes the grey suggestion, Enter confirms, Escape goes back.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", id="line.complete", show=False),
    ]

    class Suggested(Message):
        """Other suggestions fit now."""

        def __init__(self, choices: Sequence[str]) -> None:
            super().__init__()
            self.choices = tuple(choices)

    def __init__(self, value: str = "", placeholder: str = "", id: str | None = None) -> None:
        super().__init__(value, placeholder=placeholder, id=id, compact=True, select_on_focus=False)
        self.choices: tuple[str, ...] = ()
        self.suggester = _FromChoices(self)

    def offer(self, choices: Sequence[str]) -> None:
        """What can be suggested."""
        self.choices = tuple(choices)
        self.post_message(self.Suggested(best(self.value, self.choices)))

    def on_input_changed(self, event: Input.Changed) -> None:
        if self.choices:
            self.post_message(self.Suggested(best(event.value, self.choices)))

    def action_complete(self) -> None:
        found = best(self.value, self.choices, 1) if self.value.strip() else []
        if found and found[0] != self.value:
            self.value = found[0]
            self.cursor_position = len(self.value)
        else:
            self.screen.focus_next()
