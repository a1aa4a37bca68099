"""Builds the acts of `tasks.*` and `contacts.*` steps."""

from __future__ import annotations

from dataclasses import replace

from nearhand.agent.asking import QuestionError
from nearhand.agent.calls.act import Act
from nearhand.agent.calls.calendar import reminder
from nearhand.agent.calls.found import Found, Words
from nearhand.agent.resolve.selecting import select, span_of, tell
from nearhand.agent.resolve.when import spans as times
from nearhand.agent.texts.extract import event_details, extract
from nearhand.connectors.base import Call, Item, Span


def tasks(words: Words) -> tuple[list[Act], Found]:
    """The acts of a `tasks.*` step, and the tasks they work on."""
    action = words.step.action
    if action == "tasks.add":
        return [Act("tasks", Call(action, (), words.home.stamped(_task(words))))], Found()
    found = select(words)
    if found.made is not None:
        return [Act("tasks", Call(action, (), _task_changes(words, None)), made=(found.made,))], found
    if action != "tasks.change":
        return [Act("tasks", Call(action, found.items))], found
    return [Act("tasks", Call(action, (item,), _task_changes(words, item))) for item in found.items], found


def _task(words: Words) -> dict[str, object]:
    source = next((item for found in words.refs("from") for item in found.items), None)
    name = words.quote("name") or (source.title if source else "")
    args: dict[str, object] = {"name": name[:1].upper() + name[1:]}
    if words.has("repeat"):
        said = f"{words.quote('repeat')} {words.quote('when')}".strip()
        found = times.repeat(said, words.home.clock) or times.repeat(words.quote("repeat"), words.home.clock)
        if found is None:
            raise QuestionError("repeat", times.question(words.quote("repeat")))
        args |= {"when": found.first, "repeat": found.rrule}
    elif span := span_of(words):
        args["when"] = span
    elif source and (due := event_details(source.text, words.home.clock_of(source)).when):
        args["when"] = due
    if words.has("in"):
        args["in"] = words.home.places.named("tasks", words.quote("in"), new=True)
    if words.has("remind"):
        when = args.get("when")
        args["remind"] = reminder(words, when.start if isinstance(when, Span) else None)
    return args


def _task_changes(words: Words, item: Item | None) -> dict[str, object]:
    args: dict[str, object] = {}
    if words.has("name"):
        args["name"] = words.quote("name")
    if words.has("by"):
        args["by"] = times.amount(words.quote("by"), words.request)
        if args["by"] is None:
            raise QuestionError("by", f"By how much is “{words.quote('by')}”?")
    if words.has("to"):
        args |= _new_due_or_list(words, item)
    if words.has("repeat"):
        found = times.repeat(words.quote("repeat"), words.home.clock)
        if found is None:
            raise QuestionError("repeat", times.question(words.quote("repeat")))
        args["repeat"] = found.rrule
    if words.has("remind"):
        args["remind"] = reminder(words, item.when if item else None)
    return args


def _new_due_or_list(words: Words, item: Item | None) -> dict[str, object]:
    """`to` is a list if one has that very name, else a time if it reads as one, else a list."""
    said = words.quote("to")
    if any(name.casefold() == said.casefold() for name in words.home.places.names("tasks")):
        return {"to": words.home.places.named("tasks", said)}
    if item and item.when:
        old = Span(item.when, item.when, "day" if item.all_day else "minute")
        readings = times.moved(old, said, words.home.clock)
    else:
        readings = times.span(said, words.home.clock)
    if len(readings) > 1:
        raise QuestionError("to", f"Which time do you mean by “{said}”?", [tell(r.span) for r in readings])
    return {"to": readings[0].span if readings else words.home.places.named("tasks", said, new=True)}


def contacts(words: Words) -> tuple[list[Act], Found]:
    """The acts of a `contacts.*` step, and the cards they work on."""
    args = _card(words)
    if words.step.action == "contacts.add":
        reached = words.quotes("email") or words.quotes("name")
        return [Act("contacts", Call("contacts.add", (), words.home.stamped(args)))], Found(named=reached)
    who = tuple(pair for pair in words.step.slots if pair[0] == "who")  # the other slots say what is new, not who it is
    found = select(replace(words, step=replace(words.step, slots=who)))
    return [Act("contacts", Call("contacts.change", found.items, args))], found


def _card(words: Words) -> dict[str, object]:
    args: dict[str, object] = {
        slot: words.quote(slot) for slot in ("name", "email", "phone", "where") if words.has(slot)
    }
    if span := span_of(words, prefer="past"):
        args["when"] = span
    for item in (item for found in words.refs("from") for item in found.items):
        sender = next((person for role, person in item.people if role == "from"), None)
        if sender:
            args.setdefault("name", sender.name or sender.address)
            args.setdefault("email", sender.address)
        for found in extract(item.text, "phone", words.home.clock_of(item))[:1]:
            args.setdefault("phone", str(found.value))
    return args
