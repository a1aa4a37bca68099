"""A rule that is said like a request: "archive newsletters after 3 days" is for those that come from now on.

No mail or file of today is from a day that is still to come, so such a time says how long each one waits first.
Deliberately not here: any other change of what is done. The rule is shown, tried and asked about like every other.
"""

from __future__ import annotations

import re

from nearhand.connectors.base import Risk
from nearhand.connectors.catalogue import ACTIONS
from nearhand.models.language import Enum, Plan, Quote, Ref, Step, Value, ordered

_WAIT = re.compile(r"(?:only )?after (?:\w+|a few|another \w+) (?:minute|hour|day|week|month|year)s?", re.I)
_EVENTS = {"mail": "mail", "files": "file"}


def from_now_on(plan: Plan) -> Plan:
    """The plan as a rule if it is one change of mails or files that each have to wait first; else as it is."""
    step = plan.steps[0]
    event = _EVENTS.get(step.action.partition(".")[0])
    if event is None or len(plan.steps) > 1 or not _can_wait(step):
        return plan
    slots = [(name, value) for name, value in step.slots if name != "which"]
    sets_off = [pair for pair in slots if pair[0] in ACTIONS["rules.add"].slots]
    rest = [pair for pair in slots if pair not in sets_off]
    first = Step("rules.add", ordered([("event", Enum(event)), *sets_off]))
    return Plan((first, Step(step.action, ordered([("what", Ref(1)), *rest]))))


def _can_wait(step: Step) -> bool:
    """Whether a step changes things that the words themselves say, all of them, and names how long they wait."""
    waits = [value for name, value in step.slots if name == "when" and _is_wait(value)]
    some = any(name == "count" or (name == "which" and value not in _EACH) for name, value in step.slots)
    back = any(isinstance(value, Ref) for _, value in step.slots)
    plain = ACTIONS[step.action].risk is Risk.REVERSIBLE and step.guard is None and step.ask is None
    return plain and len(waits) == 1 == len(step.values("when")) and not some and not back


_EACH = (Enum("all"), Enum("any"))


def _is_wait(value: Value) -> bool:
    return isinstance(value, Quote) and _WAIT.fullmatch(value.text) is not None
