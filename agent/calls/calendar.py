"""Builds the acts of `calendar.*` steps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from nearhand.agent.asking import QuestionError
from nearhand.agent.calls import act
from nearhand.agent.calls.act import Act
from nearhand.agent.calls.found import Found, Words
from nearhand.agent.calls.invitations import responses
from nearhand.agent.policy.rules import Origin
from nearhand.agent.resolve.selecting import origin_of, people_of, select, span_of, tell
from nearhand.agent.resolve.when import spans as times
from nearhand.agent.texts.extract import event_details
from nearhand.connectors.base import Call, Item, Span
from nearhand.connectors.vdir.parts_of_day import usual_hours

_HOUR = timedelta(hours=1)


def build(words: Words) -> tuple[list[Act], Found]:
    """The acts of one step, and the events they work on."""
    if words.step.action == "calendar.add":
        return [_add(words)], Found(named=words.quotes("who") + words.quotes("invite"))
    found = select(words)
    if found.made is not None:
        return [Act("calendar", Call(words.step.action, (), _change_args(words, None)), made=(found.made,))], found
    items = _scoped(words, found.items)
    if words.step.action == "calendar.move":
        return _moves(words, items), Found(items=items)
    args = _change_args(words, items[0])
    people = args.get("invite", ())
    values = act.recipients(people, _origins(words)) if isinstance(people, tuple) else ()
    if words.step.action == "calendar.respond":
        return responses(words, items, str(args["answer"])), Found(items=items)
    return [Act("calendar", Call(words.step.action, items, args), values=values)], Found(items=items)


def _origins(words: Words) -> dict[str, Origin]:
    return {p.address.casefold(): origin_of(words, "invite", p) for p in people_of(words, "invite")}


def _scoped(words: Words, items: Sequence[Item]) -> tuple[Item, ...]:
    """Occurrences or whole series as the scope says; a series with no scope and no time said is asked about."""
    series = [item for item in items if "recurring" in item.tags]
    scope = words.enum("scope") or ("series" if words.has("repeat") else None)
    if not series or scope == "series":
        return tuple(words.home.series(item) if "#" in item.ref else item for item in items)
    if scope is None and not words.has("when", "which"):
        raise QuestionError(
            "scope", f"“{series[0].title}” repeats. Only the next one, from now on, or the whole series?",
            ("only the next one", "from now on", "the whole series"),
        )  # fmt: skip
    return tuple(item if "#" in item.ref or item not in series else words.home.next_occurrence(item) for item in items)


# --- adding ---------------------------------------------------------------------------------------------------------


def _add(words: Words) -> Act:
    args: dict[str, object] = {"name": title(words)}
    args |= _time(words, str(args["name"]))
    if words.has("in"):
        args["in"] = words.home.places.named("calendar", words.quote("in"))
    args |= _more(words, args.get("when"))
    people = people_of(words, "invite")
    values = act.recipients(people, _origins(words))
    details = next((item for found in words.refs("from") for item in found.items), None)
    if details is not None:
        return _from_item(words, args, details)
    return Act("calendar", Call("calendar.add", (), words.home.stamped(args)), values=values)


def _from_item(words: Words, args: dict[str, object], item: Item) -> Act:
    """Take time and place out of what somebody wrote; both are shown, with their source, before anything happens."""
    details = event_details(item.text, words.home.clock_of(item))
    if "when" not in args:
        if details.when is None:
            raise QuestionError("when", f"I found no date in “{item.title}”. When is it?")
        args["when"] = details.when
    if details.place and "where" not in args:
        args["where"] = details.place
    args["name"] = args["name"] or item.title
    when = args["when"]
    assert isinstance(when, Span)
    shown = f"Add “{args['name']}” on {tell(when)} (the date is taken from “{item.title}”)"
    return Act("calendar", Call("calendar.add", (), words.home.stamped(args)), text=shown)


def title(words: Words) -> str:
    """The title as said, with the people it is with; a name is made where none was said."""
    name = words.quote("name")
    people = " and ".join(words.quotes("who")) or " and ".join(words.quotes("invite"))
    if not name:
        from_items = [item.title for found in words.refs("from") for item in found.items]
        name = f"Meeting with {people}" if people else (from_items[0] if from_items else "Busy")
    elif people and people.casefold() not in name.casefold():
        name = f"{name} with {_the(words, people)}"
    return name[:1].upper() + name[1:]


def _the(words: Words, people: str) -> str:
    """Keep the article of a family or a role that was said with one ("the Webers")."""
    at = words.request.find(people)
    said = words.request[max(0, at - 4) : at].lower()
    return f"the {people}" if at > 0 and said == "the " else people


def _time(words: Words, about: str) -> dict[str, object]:
    free = [span for found in words.refs("from") for span in found.spans]
    if free:
        return {"when": free[0]}
    if words.has("repeat"):
        return _repeated(words, about)
    span = span_of(words)
    if span and _KEPT.search(words.request):
        span = replace(usual_hours(span, words.home.zone), grain="minute" if span.grain == "part" else span.grain)
    return {"when": span} if span else {}


_KEPT = re.compile(r"\b(?:block|reserve|keep|set aside|hold)\b", re.I)
"""Verbs by which a whole morning is taken; else something in the morning takes its usual hour."""


def _repeated(words: Words, about: str) -> dict[str, object]:
    clock, said = words.home.clock, words.quote("repeat")
    for text in (f"{said} {words.quote('when')}".strip(), f"{words.quote('when')} {said}".strip(), said):
        if found := times.repeat(text, clock, about):
            first = found.first
            if text == said and (span := span_of(words)):
                first = span
            return {"when": first, "repeat": found.rrule}
    raise QuestionError("repeat", times.question(said))


def _more(words: Words, when: object) -> dict[str, object]:
    """Length, place, guests and reminder."""
    args: dict[str, object] = {}
    if words.has("for"):
        length = times.lasting(words.quote("for"), when if isinstance(when, Span) else None)
        if length is None:
            raise QuestionError("for", f"How long is “{words.quote('for')}”?")
        args["for"] = length
    if words.has("where"):
        args["where"] = words.quote("where")
    if words.has("invite"):
        people = people_of(words, "invite")
        if gap := next((p for p in people if not p.address), None):
            raise QuestionError("invite", f"I have no e-mail address for {gap.name}. What is it?")
        args["invite"] = tuple(people)
    if words.has("remind"):
        start = when.start if isinstance(when, Span) else None
        args["remind"] = reminder(words, start)
    return args


def reminder(words: Words, start: datetime | None) -> timedelta | datetime:
    """When to be reminded, relative to a start or at a time."""
    found = times.reminder(words.quote("remind"), words.home.clock, start or words.home.clock.now)
    if found is None:
        told = f"When is “{words.quote('remind')}”? Say it like “an hour before” or “at 7 that morning”."
        raise QuestionError("remind", told)
    return found


# --- changing -------------------------------------------------------------------------------------------------------


def _change_args(words: Words, item: Item | None) -> dict[str, object]:
    start = item.when if item else None
    args = _more(words, Span(start, item.end if item else None) if start else None)
    if words.has("name"):
        name = words.quote("name")
        args["name"] = name[:1].upper() + name[1:]
    if words.has("to") and words.step.action == "calendar.change":
        args["to"] = words.home.places.named("calendar", words.quote("to"))
    if words.has("repeat"):
        found = times.repeat(words.quote("repeat"), words.home.clock)
        if found is None:
            raise QuestionError("repeat", times.question(words.quote("repeat")))
        args["repeat"] = found.rrule
    for slot in ("scope", "answer"):
        if word := words.enum(slot):
            args[slot] = word
    return args


def _moves(words: Words, items: Sequence[Item]) -> list[Act]:
    """One call for each event: a new time keeps whatever was not said of the old one."""
    args = {"scope": words.enum("scope")} if words.enum("scope") else {}
    if words.has("by"):
        shift = times.amount(words.quote("by"), words.request)
        if shift is None:
            raise QuestionError("by", f"By how much is “{words.quote('by')}”?")
        return [Act("calendar", Call("calendar.move", tuple(items), {**args, "by": shift}))]
    return [Act("calendar", Call("calendar.move", (item,), {**args, "to": _moved(words, item)})) for item in items]


def _moved(words: Words, item: Item) -> Span:
    free = [span for found in words.refs("to") for span in found.spans]
    if free:
        return free[0]
    if item.when is None:
        raise QuestionError("what", f"“{item.title}” has no time that could be moved.")
    old = Span(item.when, item.end or item.when, "day" if item.all_day else "minute")
    said = words.quote("to")
    readings = times.moved(old, said, words.home.clock)
    if not readings:
        raise QuestionError("to", f"When is “{said}”? I do not understand that time.")
    if len(readings) > 1:
        raise QuestionError("to", f"Which time do you mean by “{said}”?", [tell(r.span) for r in readings])
    return readings[0].span
