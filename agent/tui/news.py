"""What the app does when the background service comes, goes, or tells of something. Runs in the engine's thread.

What the service changed is looked up again in the profile's own index and journal; nothing is taken from the event but
numbers of turns, the name of a rule, and the words of a notice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual.message import Message

from nearhand.agent.tui import messages
from nearhand.agent.tui.looks.values import cell
from nearhand.agent.tui.service import Alone, Happened, Heard, Joined

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine

Post = Callable[[Message], object]
_SEVERAL = frozenset({"journal", "rules"})
"""What may look otherwise after anything that was done."""


@runtime_checkable
class Rests(Protocol):
    """A planner that need not be there all the time."""

    def wake(self) -> None:
        """Start the model."""

    def end(self) -> None:
        """End the model's process; it is started again when a plan is wanted."""


def take(engine: Engine, heard: Heard, post: Post) -> None:
    """Do what there is to do about it, and tell the app."""
    match heard:
        case Joined():
            if isinstance(engine.planner, Rests):
                engine.planner.end()  # the service has one
            post(messages.Served(True))
        case Alone(why):
            if isinstance(engine.planner, Rests):
                engine.planner.wake()
            engine.recover()
            post(messages.Served(False))
            if why:
                post(messages.Noticed(why, lasts=True))
        case Happened(event):
            engine.home.forget(_changed(engine, event))
            if said := _sentence(event):
                post(messages.Noticed(said))
    tell(engine, post)


def tell(engine: Engine, post: Post) -> None:
    """Have everything shown again that hangs on the journal, with how many plans wait."""
    post(messages.Waits(len(engine.journal.waiting()) + len(engine.journal.cut_off())))
    for area in sorted(_SEVERAL):
        post(messages.Changed(area))


def _changed(engine: Engine, event: Mapping[str, object]) -> set[str]:
    """The areas that the turns of an event have changed, which may well be empty now."""
    turns = event.get("turns")
    numbers = [number for number in turns if isinstance(number, int)] if isinstance(turns, list) else []
    known = [engine.journal.entry(number) for number in numbers]
    return {record.effect.connector for entry in known for record in entry.effects}


def _sentence(event: Mapping[str, object]) -> str:
    match event:
        case {"event": "notice", "title": str() as title, "text": str() as text, "about": str() as about}:
            return " ".join(cell(each).text for each in (title, text, about and f"“{about[:80]}”") if each)
        case {"event": "rule", "rule": str() as rule, "status": "done", "turns": [_, *_]}:
            return f"The rule “{cell(rule[:80]).text}” did its work. Activity shows what; u there takes it back."
    return ""
