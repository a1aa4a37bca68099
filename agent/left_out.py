"""Times that a person said and a plan about calendar or tasks does not use: never passed over in silence.

The words may be a remark, or what was corrected in the same breath; so it is a reason to look, not to refuse. Only an
hour beside a day without one is taken along by itself: "Sunday evening, cinema with Tom at eight".
"""

from __future__ import annotations

import re
from dataclasses import replace

from nearhand.agent.resolve.when.plain_sight import has_hour, hours_in, times_in
from nearhand.models.language import Plan, Quote, Step, ordered

_DATED = ("calendar.", "tasks.")


def left_out(text: str, plan: Plan) -> tuple[str, ...]:
    """Times of a request that stand in no quote of its plan, if all of that is about calendar or tasks."""
    if not all(step.action.startswith(_DATED) for step in plan.steps):
        return ()
    return tuple(dict.fromkeys(found[0] for found in times_in(text) if not _quoted(found, text, plan)))


def with_hour(text: str, step: Step) -> Step:
    """The new event with the only hour that was said, where its plan has a day and no hour."""
    days = [value.text for value in step.values("when") if isinstance(value, Quote)]
    if step.action != "calendar.add" or step.ask or not days or any(map(has_hour, days)):
        return step
    hours = [found for found in hours_in(text) if not _quoted(found, text, Plan((step,)))]
    if len(hours) != 1 or len(hours_in(text)) != 1:
        return step
    return replace(step, slots=ordered([*step.slots, ("when", Quote(hours[0][0]))]))


def _quoted(found: re.Match[str], text: str, plan: Plan) -> bool:
    """Whether any word of it stands in a quote."""
    quotes = {v.text for step in plan.steps for _, v in step.slots if isinstance(v, Quote)}
    spans = [m.span() for quote in quotes for m in re.finditer(re.escape(quote), text, re.I)]
    return any(start < found.end() and found.start() < end for start, end in spans)
