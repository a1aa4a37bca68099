"""Finds, before a rule is kept, whether rules could set each other off in a circle.

What a rule makes or moves is taken to set off every rule that looks at such things in such a place; that is more than
really happens, so a circle is a warning, and the running rules carry their ancestry to stop it for certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from nearhand.agent.home import Home
from nearhand.agent.rules.files import Rule
from nearhand.agent.rules.grants import Permit
from nearhand.agent.rules.trigger import AREAS
from nearhand.connectors.errors import ConnectorError

_MAKES = {
    "files.move": "files", "files.copy": "files", "files.rename": "files", "files.zip": "files",
    "files.unzip": "files", "files.sort": "files", "files.new_folder": "files", "mail.save_attachments": "files",
    "mail.move": "mail", "calendar.add": "calendar", "tasks.add": "tasks",
}  # fmt: skip
_CHANGES = {
    "calendar.change": "calendar", "calendar.move": "calendar", "calendar.rename": "calendar",
    "tasks.change": "tasks", "tasks.complete": "tasks",
}  # fmt: skip


def kept(home: Home) -> list[Rule]:
    """Every readable rule that is not paused."""
    from nearhand.agent.rules.connector import RulesConnector

    rules, found = home.connectors.get("rules"), []
    assert isinstance(rules, RulesConnector)
    for ref, _ in rules.scan():
        with suppress(ConnectorError):
            found.append(rules.rule(ref))
    return [rule for rule in found if not rule.paused]


def circle(rule: Rule, others: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules, beginning with this one, that could set each other off in a circle; empty if there is none."""
    known = [rule, *(other for other in others if other.name != rule.name)]
    return next(_ways((rule,), known), ())


def _ways(way: tuple[Rule, ...], known: Sequence[Rule]) -> Iterator[tuple[Rule, ...]]:
    for following in known:
        if sets_off(way[-1], following):
            if following is way[0]:
                yield way
            elif following not in way:
                yield from _ways((*way, following), known)


def sets_off(rule: Rule, other: Rule) -> bool:
    """Whether what one rule does could set the other off."""
    event = other.trigger.get("event", ("",))[0]
    if event not in AREAS or "by" in other.trigger:
        return False
    return any(_reaches(permit, rule, other, AREAS[event]) for permit in rule.grant.may)


def _reaches(permit: Permit, rule: Rule, other: Rule, area: str) -> bool:
    changes = _CHANGES.get(permit.action) == area and other.trigger.get("on") == ("changed",)
    if _MAKES.get(permit.action) != area and not changes:
        return False
    if area == "mail":  # what is moved is news only where a rule names the mailbox
        return "in" in other.trigger and _place(other, area) == permit.to
    target, place = permit.to or permit.within, _place(other, area)
    if permit.action in ("files.rename", "files.move") and not place:
        return False  # a file that is moved is no new file, unless the rule names the folder
    return not target or not place or target == place


def _place(rule: Rule, area: str) -> str:
    said = rule.trigger.get("in", ("",))[0]
    return rule.grant.means.get(f"place:{area}:{said}", said)
