"""Builds the acts of `calendar.respond`: the answer in the calendar, and the mail that tells the organizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from nearhand.agent.calls import act
from nearhand.agent.calls.act import Act
from nearhand.agent.calls.found import Words
from nearhand.agent.policy.reaching import REACH
from nearhand.agent.policy.rules import Origin
from nearhand.agent.resolve.offers import calendar_part
from nearhand.agent.resolve.selecting import tell
from nearhand.connectors.base import Call, Item, Span
from nearhand.connectors.mail import replies

_SAYS = {"accept": "accepts", "decline": "declines", "tentative": "tentatively accepts"}


class _Answers(Protocol):
    """What the calendar can do beside the protocol."""

    def reply_ics(self, ref: str, answer: str) -> str: ...
    def reply_to(self, data: bytes, answer: str) -> str: ...


def responses(words: Words, items: Sequence[Item], answer: str) -> list[Act]:
    """The acts of one step; an invitation that only a mail tells of has that mail's ref."""
    made = list[Act]()
    for item in items:
        made += _by_mail(words, item, answer) if item.connector == "mail" else _in_calendar(words, item, answer)
    return made


def _in_calendar(words: Words, item: Item, answer: str) -> list[Act]:
    marked = Act("calendar", Call("calendar.respond", (item,), {"answer": answer}))
    host = next((p for role, p in item.people if role == "organizer" and p.address), None)
    if host is None or host.address.casefold() == words.home.me.address.casefold():
        return [marked]
    mail = _mail(words, item, answer, _calendar(words).reply_ics(item.ref, answer)) | {"to": (host,)}
    values = act.recipients((host,), {host.address.casefold(): Origin.SENDER})
    told = f"Tell {host} that you {_SAYS[answer][:-1]}"
    return [marked, Act("mail", Call("mail.send", (), words.home.stamped(mail)), values=values, text=told)]


def _by_mail(words: Words, item: Item, answer: str) -> list[Act]:
    """Reply to the mail, so that it counts as answered; what is not declined comes into the calendar."""
    data = calendar_part(words.home, item)
    asked = replies.answered_people(words.home.letter(item), words.home.me)
    values = act.recipients(asked, {person.address.casefold(): Origin.SENDER for person in asked})
    mail = _mail(words, item, answer, _calendar(words).reply_to(data, answer)) | {REACH: act.addresses(values)}
    told = f"Tell {', '.join(map(str, asked))} that you {_SAYS[answer][:-1]}"
    replied = Act("mail", Call("mail.reply", (item,), words.home.stamped(mail)), values=values, text=told)
    if answer == "decline":
        return [replied]
    taken = {"answer": answer, "ics": data.decode("utf-8", "surrogateescape")}
    return [Act("calendar", Call("calendar.respond", (), taken)), replied]


def _mail(words: Words, item: Item, answer: str, itip: str) -> dict[str, object]:
    """The answer in words, and as the iTIP REPLY that the organizer's calendar understands."""
    said = f"{words.home.me.name} {_SAYS[answer]}"
    text = f"{said} “{item.title}”, {tell(Span(item.when, item.end, 'minute'))}.\n"
    text += words.quote("text") or words.quote("say")
    return {"subject": f"{said}: {item.title}", "text": text, "itip": itip, "not_before": words.home.hold_until}


def _calendar(words: Words) -> _Answers:
    return cast(_Answers, words.home.need("calendar"))
