"""Invitations that came by mail, as the events they are about (iMIP, RFC 6047).

A server of calendars often takes them in by itself; where none does, they are answered from the mailbox. Deliberately
not here: the answer (`calls/invitations.py`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, cast

from nearhand.agent.search.pick import pick
from nearhand.agent.search.query import Query
from nearhand.connectors.base import Item
from nearhand.connectors.errors import ConnectorError

if TYPE_CHECKING:
    from nearhand.agent.home import Home

_MOST = 200
"""How many mails are looked into, the latest first."""


class _Post(Protocol):
    def invitation(self, ref: str) -> bytes: ...


class _Calendars(Protocol):
    def offered(self, data: bytes) -> Item: ...


def calendar_part(home: Home, mail: Item) -> bytes:
    """What a mail holds for the calendar, b"" if nothing."""
    return cast(_Post, home.need("mail")).invitation(mail.ref)


def event_of(home: Home, mail: Item) -> Item:
    """The event in the calendar that a mail invites to, else the event as the mail tells it, at the ref of the mail.

    Anything but such a mail is given back; raises ConnectorError if a mail for calendars asks for no answer.
    """
    if mail.connector != "mail" or "invitation" not in mail.tags:
        return mail
    event = cast(_Calendars, home.need("calendar")).offered(calendar_part(home, mail))
    home.fresh("calendar")
    known = home.index.event(event.extra["uid"])
    return known or replace(event, connector="mail", ref=mail.ref, version=mail.version, place=mail.place)


def offers(home: Home, query: Query) -> list[Item]:
    """Events that a search of the calendar could mean, but of which only a mail tells that is not answered yet."""
    if not home.has("mail") or query.place:
        return []
    sought = Query(
        "mail", query.words, query.joined, ("invitation",), "Inbox", query.people,
        states=("unanswered",), which="latest", count=_MOST, except_words=query.except_words,
    )  # fmt: skip
    found = list[Item]()
    for mail in home.find(sought):
        with suppress(ConnectorError):
            found.append(event_of(home, mail))
    fitting = [event for event in found if event.connector == "mail" and _fits(event, query, home)]
    return pick(query, home.clock).of(fitting)


def _fits(event: Item, query: Query, home: Home) -> bool:
    """Whether it is within the time that was said, or not over if none was."""
    span, end = query.span, event.end or event.when
    if event.when is None or end is None:
        return False
    if span is None:
        return "recurring" in event.tags or end > home.clock.now
    return (span.end is None or event.when < span.end) and (span.start is None or end > span.start)
