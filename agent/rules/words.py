"""A rule told back to the person: what sets it off, what it asks about first, and what may go round in circles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from nearhand.agent.home import Home
from nearhand.agent.rules.files import Rule
from nearhand.agent.rules.lasting import in_days
from nearhand.agent.rules.loops import circle, kept
from nearhand.agent.rules.repeating import told
from nearhand.agent.rules.trigger import STATES_THAT_COME, Trigger, settled, trigger_of, work_of
from nearhand.connectors.base import Risk
from nearhand.connectors.catalogue import ACTIONS
from nearhand.connectors.vdir.rule_words import in_words

_THINGS = {"mail": "mail", "files": "file", "calendar": "event", "tasks": "task"}


def sets_off(rule: Rule, home: Home) -> str:
    """When it runs, in one sentence."""
    with settled(rule, home):
        trigger = trigger_of(rule, home)
    if trigger.once is not None:
        return f"Runs once, on {trigger.once:%a %d %b %Y at %H:%M}."
    if trigger.repeat is not None:
        return f"Runs {told(trigger.repeat, home.clock)}."
    thing = _THINGS[trigger.area] + _described(rule)
    if trigger.sort == "near":
        return f"Runs {_by(trigger.by)} each {thing}{_at(trigger)}."
    how = f", {in_days(trigger.delay)} after it came" if trigger.delay else ""
    stands = trigger.query is not None and set(trigger.query.states) & STATES_THAT_COME
    verb = "" if stands else "new or changed " if trigger.on == "changed" else "new "
    begins = f", from {trigger.begins:%d %b %Y} on" if trigger.begins else ""
    until = f", until {trigger.until - timedelta(microseconds=1):%d %b %Y}" if trigger.until else ""
    return f"Runs for each {verb}{thing}{_at(trigger)}{how}{begins}{until}."


def _at(trigger: Trigger) -> str:
    if trigger.at is None:
        return ""
    span, days = trigger.at.first, in_words(trigger.at.rrule).rpartition(" on ")[2]
    timed = span.grain in ("minute", "part") and span.start and span.end
    hours = f" from {span.start:%H:%M} to {span.end:%H:%M}" if timed else ""
    return f" on {days}{hours}" if "DAILY" not in trigger.at.rrule else hours


def _by(said: str) -> str:
    """How long before or after, so that "each rehearsal" can follow."""
    said = re.sub(r"^(?:on )?(?:the )?dot after$|^afterwards$", "right after", said or "at the start of", flags=re.I)
    last = said.rpartition(" ")[2].casefold()
    return said + {"ahead": " of", "prior": " to", "early": ", before"}.get(last, "")


def _described(rule: Rule) -> str:
    said = rule.trigger
    sorts = ", ".join((*said.get("kind", ()), *said.get("state", ())))
    parts = [f" ({sorts})"] if sorts else []
    parts += [f" about “{'” and “'.join(said['what'])}”"] if "what" in said else []
    parts += [f" from {' or '.join(said['from'])}"] if "from" in said else []
    parts += [f" with {' and '.join(said['who'])}"] if "who" in said else []
    parts += [f" in {said['in'][0]}"] if "in" in said else []
    parts += [f", {said['size'][0]}"] if "size" in said else []
    parts += [f", except {' and '.join(said['except'])}"] if "except" in said else []
    return "".join(parts)


def asks(rule: Rule) -> list[str]:
    """What other people would see, which always waits for the person."""
    out = [ACTIONS[s.action].doc.rstrip(".") for s in work_of(rule).steps if ACTIONS[s.action].risk is Risk.OUTWARD]
    return [f"It prepares this and waits for your yes each time: {'; '.join(dict.fromkeys(out))}."] if out else []


def warnings(rule: Rule, home: Home, others: Sequence[Rule] | None = None) -> list[str]:
    """Whether it could set itself off, alone or by way of other rules."""
    if others is None:
        others = kept(home)
    round_trip = circle(rule, others)
    if not round_trip:
        return []
    way = " sets off ".join(f"“{each.request}”" for each in (*round_trip, round_trip[0]))
    return [f"Careful: {way}. Nothing goes round twice: what a rule has made never sets it off again."]
