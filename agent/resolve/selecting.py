"""From the selecting slots of a step to the items they mean, or a question with the candidates.

One thing is wanted where the words name one thing; many where they name many. Where one is wanted and several fit, the
person is asked: nothing is picked for them, but for the latest mail of somebody they answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from nearhand.agent.asking import QuestionError, describe, which_of
from nearhand.agent.calls.found import Found, Words
from nearhand.agent.policy.rules import Origin
from nearhand.agent.resolve import who
from nearhand.agent.resolve.amounts import count as count_of
from nearhand.agent.resolve.amounts import size as size_of
from nearhand.agent.resolve.anchored import anchored
from nearhand.agent.resolve.offers import event_of, offers
from nearhand.agent.resolve.when.plain_sight import only_hour
from nearhand.agent.resolve.when.spans import Prefer, spans
from nearhand.agent.search.pick import pick
from nearhand.agent.search.query import Query, Role
from nearhand.agent.texts.folding import fold, forms
from nearhand.connectors.base import Item, Person, Source, Span
from nearhand.models.language import Quote

_MANY = re.compile(
    r"\b(?:all|every|each|everything|everybody|everyone|both|any|them|those|these|ones|stuff|several|rest|"
    r"mails|emails|e-mails|messages|files|folders|things|events|meetings|appointments|tasks|photos|pics|pictures|scans|"
    r"screenshots|videos|pdfs|documents|spreadsheets|zips|archives|installers|newsletters|reminders|songs|invitations)\b",
    re.I,
)
_LATEST = frozenset({"mail.reply", "mail.reply_all", "mail.read", "calendar.respond"})
"""Actions that mean the newest one where several fit and none is named."""
_ONE = frozenset(
    {
        "files.open",
        "files.rename",
        "mail.forward",
        "calendar.move",
        "calendar.rename",
        "calendar.change",
        "contacts.change",
    }
    | _LATEST
)
_PAST = frozenset({"files", "mail"})


def span_of(words: Words, slot: str = "when", prefer: Prefer | None = None) -> Span | None:
    """The time that a slot means; asks if it is not understood or has two sensible readings."""
    said = words.quotes(slot)
    if not said:
        return None
    key = f"time:{' '.join(said)}"
    picked = words.home.picked.get(key)
    if isinstance(picked, Span):
        return picked
    area = words.step.action.partition(".")[0]
    about = " ".join((*words.quotes("name"), *words.quotes("what")))
    prefer = prefer or ("past" if area in _PAST else "future")
    readings = spans(said, words.home.clock, prefer, about)
    if not readings:
        if found := anchored(" ".join(said), words.home, prefer == "past"):
            return found
        raise QuestionError(slot, f"When is “{' '.join(said)}”? I do not understand that time.")
    if len(readings) > 1:
        picks = [reading.span for reading in readings]
        raise QuestionError(slot, f"Which time do you mean by “{' '.join(said)}”?", list(map(tell, picks)), picks, key)
    return readings[0].span


def tell(span: Span) -> str:
    """A span as a person would write it."""
    start, end = span.start, span.end
    if start is None:
        return f"before {end:%a %d %b %Y}" if end else "any time"
    if end is None:
        return f"from {start:%a %d %b %Y} on"
    if span.grain in ("minute", "part") and end - start < timedelta(days=1):
        return f"{start:%a %d %b %Y %H:%M}" + ("" if start == end else f"–{end:%H:%M}")
    days = (end - start).days
    return f"{start:%a %d %b %Y}" if days <= 1 else f"{start:%a %d %b} to {end:%a %d %b %Y}"


def people_of(words: Words, slot: str) -> list[Person]:
    """Everybody a slot names; asks about names that nobody or several people have."""
    found: list[Person] = []
    for text in _names(words, slot):
        match words.home.named(text):
            case who.Found(people, Source.OUTSIDE):
                told = f"“{text}” is not in your contacts; I know the name only from a mail. Is this who you mean?"
                raise QuestionError(slot, told, list(map(str, people)), people, f"person:{text}")
            case who.Found(people):
                found += people
            case who.Ambiguous(candidates):
                raise which_person(slot, text, candidates)
            case who.Unknown(suggestions):
                hint = " Did you mean one of these?" if suggestions else ""
                told = f"I do not know anybody called “{text}”.{hint}"
                raise QuestionError(slot, told, list(map(str, suggestions)), suggestions, f"person:{text}")
    for other in words.refs(slot):
        found += [person for item in other.items for person in _everybody(item, words.home.me)]
    return found


def _names(words: Words, slot: str) -> tuple[str, ...]:
    """The words of the request that name people: in the slot, or in a step before that it points at."""
    return words.quotes(slot) + tuple(name for found in words.refs(slot) for name in found.named)


def origin_of(words: Words, slot: str, person: Person) -> Origin:
    """Where an address comes from; pointing at an event or a mail whose people are meant is picking them."""
    pointed = (each for found in words.refs(slot) for item in found.items for _, each in item.people)
    return Origin.PICKED if person in pointed else words.home.origin(person, _names(words, slot))


def which_person(slot: str, text: str, candidates: Sequence[Person]) -> QuestionError:
    """The question which of several people of one name is meant."""
    return QuestionError(slot, f"Which {text} do you mean?", list(map(str, candidates)), candidates, f"person:{text}")


def _everybody(item: Item, me: Person) -> list[Person]:
    """The people of an item that a message about it would go to."""
    seen: dict[str, Person] = {}
    for role, person in item.people:
        if person.address and person.address.casefold() != me.address.casefold() and role != "resource":
            seen.setdefault(person.address.casefold(), person)
    return list(seen.values())


def query_of(words: Words) -> Query:
    """The selecting slots as a query; `to` selects only where it names no destination."""
    area = words.step.action.partition(".")[0]
    which, count = words.enum("which"), words.quote("count")
    many = count_of(count) if count else None
    size = words.quote("size")
    place = words.home.places.named(area, words.quote("in")) if words.quotes("in") else None
    return Query(
        area=area,
        words=words.quotes("what"),
        kinds=tuple(kind for kind in words.enums("kind") if kind not in _SAY_NOTHING.get(area, ())),
        place=place,
        people=tuple(_parts(words)),
        span=span_of(words),
        size=size_of(size) or (None, None) if size else (None, None),
        states=words.enums("state"),
        which=None if which in ("all", "any") else which,
        count=many if which not in (None, "all", "any") else None,
        except_words=words.quotes("except"),
    )


_SAY_NOTHING = {
    "files": ("attachment",), "calendar": ("meeting", "invitation"), "mail": ("attachment",), "tasks": (),
}  # fmt: skip
_NAMED_ROLES = {"from": "from", "to": "to"}


def _parts(words: Words) -> list[tuple[Role | None, Person | str]]:
    """(role, person) pairs; a name that nobody has still selects by its letters."""
    slots = ["who", "from"] + (["to"] if words.step.action in _FOUND_BY_RECIPIENT else [])
    out: list[tuple[Role | None, Person | str]] = []
    for slot in slots:
        role = _NAMED_ROLES.get(slot)
        for text in words.quotes(slot):
            match words.home.named(text):
                case who.Found((person,)):
                    out.append((role, person))
                case who.Ambiguous(candidates) if words.step.action.startswith("mail."):
                    raise which_person(slot, text, candidates)
                case _:
                    out.append((role, text))
        out += [(role, person) for other in words.refs(slot) for item in other.items for _, person in item.people]
    return out


_FOUND_BY_RECIPIENT = frozenset(
    {"mail.find", "mail.read", "mail.archive", "mail.trash", "mail.mark_read", "mail.mark_unread", "mail.flag",
     "mail.unflag", "mail.count"}
)  # fmt: skip


def select(words: Words) -> Found:
    """The items that a step works on; asks where they are not clear, and if there are none."""
    picked = words.home.picked.get(f"items:{words.step}")
    if isinstance(picked, Item):
        return Found(items=(picked,))
    if refs := words.refs("what"):
        return _referred(words, refs)
    found = looked(words, query_of(words)) or _at_that_hour(words)
    if not found:
        raise nothing(words)
    return Found(items=tuple(narrowed(words, found)))


def _at_that_hour(words: Words) -> list[Item]:
    """What begins at an hour said without its day ("it is at three now, not two"), on the first day there is."""
    query = query_of(words)
    named = query.area == "calendar" and (query.words or query.people)
    if not named or query.span is None or not all(map(only_hour, words.quotes("when"))):
        return []
    said, now = query.span.start, words.home.clock.now
    there = words.home.find(replace(query, span=Span(now, now + timedelta(days=400), "year")))
    found = [item for item in there if item.when and said and not item.all_day and item.when.time() == said.time()]
    return [item for item in found if item.when and found[0].when and item.when.date() == found[0].when.date()]


def looked(words: Words, query: Query) -> list[Item]:
    """What a query finds, read as the person means it: "both contracts" are not the folder of that name."""
    if words.step.action == "calendar.respond":
        waiting = words.home.find(replace(query, states=("pending",))) + offers(words.home, query)
        if waiting:
            return waiting
    found = words.home.find(query) or words.home.find(_looser(query))
    wanted = count_of(words.quote("count")) if words.quotes("count") and query.which is None else None
    if wanted in (None, len(found)) or query.area != "files" or query.kinds:
        return found
    files = words.home.find(replace(query, kinds=("file",)))
    return files if len(files) == wanted else found


_SORT_OF_EVENT = re.compile(
    r"(?<=\w)\s+(?:appointment|class|course|date|event|lesson|meeting|practice|rehearsal|session|training|visit)(?:e?s)?$",
    re.I,
)
_TENSE = re.compile(r"\b(\w{3,}?)(?:ed|ing)\b", re.I)


def _looser(query: Query) -> Query:
    """Without what may be no part of a name: the tense of "called the bank", the class of yoga, the kind of a file."""
    if query.area == "calendar":
        return replace(query, words=tuple(_SORT_OF_EVENT.sub("", text) for text in query.words))
    if query.area == "tasks":
        return replace(query, words=tuple(_TENSE.sub(r"\1", text) for text in query.words))
    return replace(query, words=tuple(_without(text, query.kinds) for text in query.words))


def _without(text: str, kinds: Sequence[str]) -> str:
    """The words of a name that are not the word for its kind; all of them if no other is left."""
    kept = " ".join(word for word in text.split() if not forms(fold(word)) & set(kinds))
    return kept or text


_OF_ANY = ("files", "agent", "text")
"""Areas whose actions work on things of other areas too: a mail is saved, looked into, summarized."""


def _referred(words: Words, refs: tuple[Found, ...]) -> Found:
    """What references point at, narrowed by the order and the exceptions that were said."""
    made = next((found.made for found in refs if found.made is not None), None)
    if made is not None:
        return Found(made=made, items=refs[0].items)
    area = words.step.action.partition(".")[0]
    items = [event_of(words.home, item) if area == "calendar" else item for found in refs for item in found.items]
    items = [item for item in items if item.connector == area or area in _OF_ANY or _answers(words, item)]
    query = replace(query_of(words), words=())
    chosen = pick(query, words.home.clock).of(items) if query.which else items
    if not chosen:
        raise QuestionError("what", "What do you mean? What came before was nothing of that kind.")
    return Found(items=tuple(narrowed(words, list(chosen))))


def _answers(words: Words, item: Item) -> bool:
    """Whether it is an event of which only a mail tells, and is answered."""
    return words.step.action == "calendar.respond" and item.kind == "event"


def narrowed(words: Words, items: list[Item]) -> list[Item]:
    """All of them, or the one that is meant; asks with the candidates."""
    step, which, count = words.step, words.enum("which"), words.quote("count")
    if len(items) == 1 or which is not None:
        return items
    if count:
        wanted = count_of(count)
        if wanted is not None and wanted != len(items):
            raise which_of(items, f"items:{words.step}")
        return items
    if step.action in _LATEST and not words.quotes("what"):
        return sorted(items, key=lambda item: item.when.timestamp() if item.when else 0)[-1:]
    if step.action in _ONE or not many(words):
        raise which_of(items, f"items:{words.step}")
    return items


def many(words: Words) -> bool:
    """Whether the words mean more than one thing."""
    what = words.quotes("what")
    if len(what) > 1 or any(_plural(text) for text in what):
        return True
    request = words.request
    for _, value in words.step.slots:  # what is said about the step, not inside its quotes: "move it to Documents"
        request = request.replace(value.text, " ") if isinstance(value, Quote) else request
    if _MANY.search(request):
        return True
    if what:
        return any(re.search(rf"\b{re.escape(text)}s\b", words.request, re.I) for text in what)
    return not words.quotes("from") and not words.quotes("who") and not words.enums("kind")


def _plural(text: str) -> bool:
    last = text.split()[-1].lower()
    return last.endswith("s") and not last.endswith(("ss", "us", "is")) and "." not in last


def like(words: Words) -> str:
    """What was looked for, in the person's words: ' about “boiler” from Olga in Bank (unread), Thu 19 Nov 2026'."""
    marks = words.enums("state") + words.enums("kind")
    return _sought(words) + (f" ({', '.join(marks)})" if marks else "") + _said_when(words)


def _sought(words: Words) -> str:
    said = [f"“{text}”" for text in words.quotes("what")]
    parts = [f" about {' and '.join(said)}"] if said else []
    parts += [f" from {' and '.join(words.quotes('from'))}"] if words.quotes("from") else []
    parts += [f" with {' and '.join(words.quotes('who'))}"] if words.quotes("who") else []
    return "".join(parts) + (f" in {words.quote('in')}" if words.quotes("in") else "")


def _said_when(words: Words) -> str:
    span = span_of(words) if words.quotes("when") else None
    return f", {tell(span)}" if span else ""


def nothing(words: Words) -> QuestionError:
    """Nothing fits: say what was looked for, and what comes near."""
    area = words.step.action.partition(".")[0]
    usual = {"files": "file", "mail": "mail", "calendar": "event", "tasks": "task", "contacts": "contact"}
    noun = " ".join((*words.enums("state"), *(words.enums("kind") or (usual.get(area, "thing"),))))
    near = words.home.near(area, words.quotes("what"))
    hint = " Did you mean one of these?" if near else ""
    said = f"I found no {noun}{_sought(words)}{_said_when(words)}; nothing was changed.{hint}"
    return QuestionError("what", said, [describe(item) for item in near])
