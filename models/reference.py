"""Writes the reference of all actions from the catalogue and the written corpus.

    python -m nearhand.models.reference > docs/actions.md

Examples are the first fitting lines of an action's own file of the corpus, so that lines added later change nothing.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator

from nearhand.connectors.base import Risk
from nearhand.connectors.catalogue import ACTIONS, SLOTS, Action, Slot
from nearhand.models import written
from nearhand.models.written import Row

EXAMPLES = 3
FILES = ("files", "mail", "calendar", "tasks", "mixed", "rules", "negatives", "turns")
"""The files of the corpus that examples come from, in the order they are read in."""
_RISKS = {
    Risk.READ: "reads only",
    Risk.REVERSIBLE: "changes things; can be undone",
    Risk.OUTWARD: "goes out to other people; asks first",
}
_AREAS = {
    "files": "Files", "mail": "Mail", "calendar": "Calendar", "tasks": "Tasks", "contacts": "Contacts",
    "rules": "Rules", "agent": "Nearhand itself", "text": "Texts", "none": "Nothing",
}  # fmt: skip
_HEAD = """# Actions

Everything Nearhand can be asked for. There is no action that destroys anything for good, and nothing outside this list
can be planned. This page is generated: `python -m nearhand.models.reference > docs/actions.md`.

A *slot* is a place that words of the request fill. *Or a result* means that it can also point at what an earlier step,
or the request before, found or made.
"""


def examples() -> dict[str, list[Row]]:
    """Up to three requests for each action, no two of which fill the same slots."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in _rows():
        steps = row.turn.plan.steps
        action = steps[0].action
        known = [_filled(other) for other in found[action]]
        fits = len(steps) == 1 or action == "rules.add"
        if fits and row.before is None and not steps[0].ask and len(known) < EXAMPLES and _filled(row) not in known:
            found[action].append(row)
    return found


def _rows() -> Iterator[Row]:
    for name in FILES:
        for row in written.read_file(written.CORPUS / f"{name}.txt"):
            if isinstance(row, Row):
                yield row


def _filled(row: Row) -> frozenset[str]:
    step = row.turn.plan.steps[0]
    return frozenset(str(value) if name == "why" else name for name, value in step.slots)


def page() -> str:
    """The whole reference as Markdown."""
    asked = examples()
    parts = [_HEAD, *_slots_table(SLOTS.values())]
    for area in dict.fromkeys(action.area for action in ACTIONS.values()):
        parts.append(f"\n## {_AREAS[area]}\n")
        parts += [_section(action, asked[action.name]) for action in ACTIONS.values() if action.area == area]
    return "\n".join(parts).rstrip() + "\n"


def _slots_table(slots: Iterable[Slot]) -> list[str]:
    return ["## Slots\n", "| slot | what it says | takes |", "|---|---|---|",
            *(f"| `{slot.name}` | {slot.doc} | {_takes(slot)} |" for slot in slots)]  # fmt: skip


def _takes(slot: Slot) -> str:
    what = ", ".join(slot.values) if slot.values else "words" + (" or a result" if slot.ref else "")
    return what + ("; several" if slot.many else "")


def _section(action: Action, asked: list[Row]) -> str:
    lines = [f"### {action.name}\n", f"{action.doc} *({_RISKS[action.risk]})*\n"]
    lines.append(f"* Slots: {', '.join(f'`{name}`' for name in SLOTS if name in action.slots)}")
    lines += [f"* Needs {_group(group)}" for group in action.needs]
    lines += [f"* “{row.turn.request}”  \n  `{row.turn.plan}`" for row in asked]
    return "\n".join(lines) + "\n"


def _group(group: tuple[str, ...]) -> str:
    return " or ".join(f"`{name}`" for name in group)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(page())
