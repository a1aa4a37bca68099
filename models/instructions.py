"""What a larger model is told before it plans: the catalogue and the few customs of plans, short enough for 8k tokens.

Derived from the declarations; the same for every request, so that it is read once while the model's process lives. The
examples are plans in the plan language, laid out as the model's family writes its calls.
"""

from __future__ import annotations

from collections.abc import Sequence

from nearhand.connectors.catalogue import ACTIONS, MAX_STEPS, SELECT, SLOTS, Action, Slot
from nearhand.models.families import Family
from nearhand.models.language import parse
from nearhand.models.schema import ASK, IF_ANY, IF_NONE, tool_name
from nearhand.models.tasks import Asked

_CHOOSING = "SELECT"
EXAMPLES = (
    ("put the two tax letters from yesterday into Finance",
     'files.move what="tax letters" when="yesterday" count="two" to="Finance"'),
    ("find Ivo's mail about the boat and let him know that Sunday is fine",
     'mail.find what="boat" from="Ivo" ; mail.reply what=$1 say="Sunday is fine"'),
    ("if nothing is on at noon, put in a swim for 45 minutes",
     'calendar.find when="noon" ; if_none($1) calendar.add when="noon" name="swim" for="45 minutes"'),
    ("mail the photos of the garden to Petra and Noor", 'mail.send to="Petra" to="Noor" attach="photos of the garden"'),
    ("push the dentist back a bit", 'calendar.move what="dentist" ask(to)'),
    ("wipe this disk", "none why=danger"),
)  # fmt: skip
"""Requests and their plans."""


def rules(family: Family) -> str:
    """The whole instruction."""
    return "\n".join([
        *_head(family), "", "ARGUMENTS", *map(_slot, SLOTS.values()),
        f"{_CHOOSING} stands for: {', '.join(SELECT)}", "", "TOOLS", *map(_action, ACTIONS.values()), "", "EXAMPLES",
        *(f"{request}\n{family.said(parse(plan))}" for request, plan in EXAMPLES),
    ])  # fmt: skip


def request(asked: Asked, family: Family) -> str:
    """What stands in the person's place: the request, and the turn before if it leans on one."""
    if asked.before is None:
        return asked.request
    said, plan = asked.before
    return f"BEFORE\n{said}\n{family.said(parse(plan))}\nNOW\n{asked.request}"


def _head(family: Family) -> Sequence[str]:
    return (
        "You turn what a person says into calls of tools that work on their own files, mail, calendar, lists and "
        f"contacts. Answer with 1 to {MAX_STEPS} calls and nothing else, as in the examples.",
        "Values are words of the request, copied letter by letter: never translated, corrected, computed or added. "
        "Take the shortest run that says it: no article before a thing or person, no preposition before a time, no 's.",
        "Arguments with a list of words take only these words. Arguments marked [] take a list.",
        'Arguments marked $ may also be "$1", "$2", ...: what that earlier call found or made; "$0" is what the turn '
        "before found or made.",
        f'"{ASK}": an argument that a tool needs and the request leaves open. Keep all that was understood.',
        f'"{IF_ANY}": "$1" / "{IF_NONE}": "$1", first in a call: it is done only if that call found something / '
        "nothing.",
        "The tool none is for what no tool does (scope), for what would destroy things, reach everybody or leave the "
        "person's own things (danger), when nothing is to be done (nothing), for talk (chat), and for what makes no "
        "sense (unclear).",
    )


def _slot(slot: Slot) -> str:
    marks = "[]" * slot.many + "$" * slot.ref
    return f"{slot.name}{marks}: {slot.doc}{': ' if slot.values else ''}{', '.join(slot.values)}"


def _action(action: Action) -> str:
    needs = " and ".join(_one_of(group) for group in action.needs)
    needed = f" Needs {needs}." if needs else ""
    return f"{tool_name(action.name)}({', '.join(_short(action.slots))}): {action.doc}{needed}"


def _one_of(group: Sequence[str]) -> str:
    short = _short(group)
    return short[0] if len(group) == 1 else f"one of {'/'.join(short)}"


def _short(slots: Sequence[str]) -> list[str]:
    """The names of slots, where those that select are one word."""
    if not set(SELECT) <= set(slots):
        return list(slots)
    return [_CHOOSING, *(name for name in slots if name not in SELECT)]
