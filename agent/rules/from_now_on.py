"""A rule that is said like a request: "archive newsletters after 3 days" is for those that come from now on.

No mail or file of today is from a day that is still to come, so such a time says how long each one waits first;
and what is to be done while the person is away is done to what comes then.
Deliberately not here: any other change of what is done. The rule is shown, tried and asked about like every other.
"""

from __future__ import annotations

import re

from nearhand.connectors.base import Risk
from nearhand.connectors.catalogue import ACTIONS
from nearhand.models.language import Enum, Plan, Quote, Ref, Step, Value, ordered

_WAIT = re.compile(r"(?:only )?after (?:\w+|a few|another \w+) (?:minute|hour|day|week|month|year)s?", re.I)
_EVENTS = {"mail": "mail", "files": "file"}


_AWAY = re.compile(
    r"\b(?:while|whilst|as long as) (?:i['’]?m|i am|we['’]?re|we are) (?:away|out|off|gone|abroad|"
    r"travell?ing|ill|sick|not (?:here|there|in)|on (?:holidays?|leave|vacation|a trip))\b", re.I)  # fmt: skip


def from_now_on(plan: Plan, text: str = "") -> Plan:
    """The plan as a rule if it is one change of mails or files that each wait first, or come later; else as it is."""
    step = plan.steps[0]
    event = _EVENTS.get(step.action.partition(".")[0])
    if event is None or len(plan.steps) > 1 or not (_can_wait(step) or _while_away(step, text)):
        return plan
    slots = [(name, value) for name, value in step.slots if name != "which"]
    sets_off = [pair for pair in slots if pair[0] in ACTIONS["rules.add"].slots]
    rest = [pair for pair in slots if pair not in sets_off]
    first = Step("rules.add", ordered([("event", Enum(event)), *sets_off]))
    return Plan((first, Step(step.action, ordered([("what", Ref(1)), *rest]))))


def _can_wait(step: Step) -> bool:
    """Whether a step changes things that the words themselves say, all of them, and names how long they wait."""
    waits = [value for name, value in step.slots if name == "when" and _is_wait(value)]
    back = any(isinstance(value, Ref) for _, value in step.slots)
    plain = ACTIONS[step.action].risk is Risk.REVERSIBLE and step.guard is None and step.ask is None
    return plain and len(waits) == 1 == len(step.values("when")) and not _some(step) and not back


def _while_away(step: Step, text: str) -> bool:
    """Whether mails are to be treated so while the person is away, and these words are none of the message."""
    said = _AWAY.search(text)
    if not said or "from" not in ACTIONS[step.action].slots or ACTIONS[step.action].risk is Risk.READ:
        return False
    quotes = [value.text for name, value in step.slots if name != "when" and isinstance(value, Quote)]
    plain = step.guard is None and step.ask is None and not any(isinstance(value, Ref) for _, value in step.slots)
    whose = step.has("from", "who", "kind", "what") and not _some(step)
    return plain and whose and not any(said[0] in quote for quote in quotes)


def _some(step: Step) -> bool:
    """Whether it is about some of the things that are there."""
    return any(name == "count" or (name == "which" and value not in _EACH) for name, value in step.slots)


_EACH = (Enum("all"), Enum("any"))


def _is_wait(value: Value) -> bool:
    return isinstance(value, Quote) and _WAIT.fullmatch(value.text) is not None
