"""Whether things meet the trigger of a rule: the same search as everywhere, over just these things."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from nearhand.agent.home import Home
from nearhand.agent.resolve.offers import event_of
from nearhand.agent.resolve.when.types import Repeat
from nearhand.agent.rules.hours import within
from nearhand.agent.rules.lasting import fits
from nearhand.agent.rules.trigger import Trigger
from nearhand.agent.search.query import Query
from nearhand.agent.senses.places import Place, arrived
from nearhand.connectors.base import Item, Person
from nearhand.connectors.errors import ConnectorError


def matched(home: Home, trigger: Trigger, refs: Collection[str], later: bool = False) -> dict[str, Item]:
    """Of these things (by ref, in the index already) those that meet a trigger; `later`: once its time has passed."""
    assert trigger.query is not None
    query = trigger.query
    if later and "overdue" in query.states:
        query = replace(query, states=tuple(state for state in query.states if state != "overdue"))
    left, found = set(refs), dict[str, Item]()
    # Where words match, the index keeps to the best way in which anything does; here each thing is judged by itself.
    while left:
        come = {item.ref: item for item in home.index.find(replace(query, refs=tuple(sorted(left))), home.clock)}
        found |= {ref: item for ref, item in come.items() if _meets(trigger, query, item, home)}
        left -= come.keys()
        if not come or not query.words:
            break
    return found


def _meets(trigger: Trigger, query: Query, item: Item, home: Home) -> bool:
    """What the search is too generous about: folders inside the one that is named, borrowed names, days of the week."""
    if trigger.at is not None and not _at(trigger.at, query, item, home):
        return False
    if trigger.area == "files" and query.place and trigger.on == "new":
        return Place("files", query.place.rstrip("/"), False).holds(item.ref)
    return trigger.area != "mail" or all(_truly(item, role, who) for role, who in query.people)


def _at(at: Repeat, query: Query, item: Item, home: Home) -> bool:
    """Whether a thing came at such a time; of what has a time of its own, or invites to it, whether that is one."""
    if item.connector == "files":
        return within(datetime.fromtimestamp(arrived(home, "files", item.ref), home.clock.zone), at, home.clock)
    try:
        return fits(event_of(home, item) if "invitation" in query.kinds else item, at, home.clock)
    except ConnectorError:
        return False


def _truly(item: Item, role: str | None, who: Person | str) -> bool:
    """A contact is known by the address: anybody can write mail under somebody else's name."""
    if isinstance(who, str) or not who.address:
        return True
    there = {person.address.casefold() for part, person in item.people if role in (None, part)}
    return who.address.casefold() in there
