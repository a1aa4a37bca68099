"""What a person reads before they say yes to a rule: when it runs, what it does alone, and the last 30 days with it."""

from __future__ import annotations

from contextlib import suppress

from nearhand.agent.home import Home
from nearhand.agent.rules.files import Rule
from nearhand.agent.rules.trial import trial
from nearhand.agent.rules.words import asks, sets_off, warnings
from nearhand.connectors.errors import NearhandError


def standing(rule: Rule, home: Home) -> list[str]:
    """What a person reads before they say yes to a rule: when, what alone, what not, and the last 30 days."""
    lines = [sets_off(rule, home)]
    grant = rule.grant
    if grant.may:
        until = f" until {grant.until:%d %b %Y}" if grant.until else ""
        may = "; ".join(map(str, grant.may))
        lines.append(f"It does without asking{until}, at most {grant.most} at once: {may}.")
    lines += asks(rule) + warnings(rule, home)
    with suppress(NearhandError):
        found = trial(rule, home)
        lines.append(found.sentence)
        for each in found.tried[:5]:
            said = f"would have asked: {each.problem}" if each.problem else " ".join(each.lines)
            lines.append(f"   {each.title}: {said}" if each.title else f"   Now it would say or do: {said}")
    return lines
