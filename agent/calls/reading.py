"""Runs the steps that only look: find, read, count, lookup, briefing. Each gives a sentence and what is behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from nearhand.agent.asking import describe
from nearhand.agent.calls import writing
from nearhand.agent.calls.found import Found, Words
from nearhand.agent.calls.freetime import free
from nearhand.agent.reply import Result
from nearhand.agent.resolve.offers import offers
from nearhand.agent.resolve.selecting import like, looked, nothing, query_of, select, span_of, tell
from nearhand.agent.search.query import Query
from nearhand.agent.texts.extract import extract, passage
from nearhand.connectors.base import Item, Source, Span

_NOUNS = {
    "files": ("file", "files"), "mail": ("mail", "mails"), "calendar": ("event", "events"), "tasks": ("task", "tasks"),
    "contacts": ("person", "people"), "rules": ("rule", "rules"),
}  # fmt: skip
Read = tuple[str, Result, Found]
"""The sentence, the result, and what later steps may refer to."""


def run(words: Words) -> Read:
    """Look, and say what was found."""
    action = words.step.action
    reader = _READERS.get(action) or _READERS.get(action.partition(".")[2], _find)
    return reader(words)


def amount(n: int, area: str) -> str:
    """ "3 files", "1 mail", "no events"."""
    one, many = _NOUNS.get(area, ("thing", "things"))
    return f"{'no' if n == 0 else n} {one if n == 1 else many}"


def human(size: int) -> str:
    """Bytes as people read them."""
    number, unit = float(size), "bytes"
    for unit in ("bytes", "KB", "MB", "GB", "TB"):
        if number < 1000 or unit == "TB":
            break
        number /= 1000
    return f"{number:.0f} {unit}" if unit == "bytes" or number >= 100 else f"{number:.1f} {unit}"


def _area(words: Words) -> str:
    return words.step.action.partition(".")[0]


def _find(words: Words) -> Read:
    area = _area(words)
    items = _looked(words)
    result = Result(words.step.action, tuple(items))
    fields = words.enums("field")
    if fields and items:
        return _fields(words, items, fields)
    if not items:
        return f"I found {amount(0, area)}{like(words)}.", result, Found()
    if len(items) == 1:
        return f"{describe(items[0])}{_and_who(items[0])}.", result, Found(items=tuple(items))
    said = f"I found {amount(len(items), area)}{like(words)}.{_next_of(words, items)}"
    return said, result, Found(items=tuple(items))


def _next_of(words: Words, items: Sequence[Item]) -> str:
    """ "When is yoga?" wants the next one, though all are shown."""
    if _area(words) != "calendar" or words.quotes("when") or len({item.title for item in items}) > 1:
        return ""
    now = words.home.clock.now
    coming = [item for item in items if item.when and item.when >= now]
    return f" The next: {describe(min(coming, key=lambda item: item.when or now))}." if coming else ""


def _and_who(item: Item) -> str:
    """Where an event is and who else takes part, as far as it is known."""
    if item.kind != "event":
        return ""
    who = [person.name or person.address for role, person in item.people if role == "attendee"]
    where = item.extra.get("location", "")
    named = f" and {len(who) - 4} more" if len(who) > 5 else ""
    return (f", {where}" if where else "") + (f", with {', '.join(who[:4] if named else who)}{named}" if who else "")


def _looked(words: Words) -> list[Item]:
    """What a question asks for; a person's own events when only a time is said."""
    if pointed := [item for found in words.refs("what") for item in found.items]:
        return pointed
    query = query_of(words)
    if "pending" in query.states:
        return words.home.find(query) + offers(words.home, query)
    if _area(words) == "calendar" and query.span is None and not query.which:
        now = words.home.clock.now
        soon = looked(words, replace(query, span=Span(now, now + timedelta(days=400), "year")))
        return soon or looked(words, query)
    if _area(words) == "tasks" and not query.states:
        query = replace(query, states=("open",))
    return looked(words, query)


_OF_ITEM: dict[str, Callable[[Item], str]] = {
    "date": lambda item: f"{item.when:%A %d %B %Y}" if item.when else "",
    "time": lambda item: (
        f"{item.when:%A %d %B, %H:%M}" + (f"–{item.end:%H:%M}" if item.end else "") if item.when else ""
    ),
    "place": lambda item: item.extra.get("location", ""),
    "phone": lambda item: item.extra.get("phones", "").replace("\n", ", "),
    "email": lambda item: item.extra.get("emails", "").replace("\n", ", "),
    "birthday": lambda item: item.extra.get("birthday", ""),
    "address": lambda item: item.extra.get("address", ""),
}


def _fields(words: Words, items: Sequence[Item], fields: Sequence[str]) -> Read:
    """A detail of what was found: one sentence, one line for each thing."""
    lines, missing = [], f"no {' or '.join(fields)} known"
    for item in items:
        told = [text for name in fields if (text := _OF_ITEM[name](item) if name in _OF_ITEM else "")]
        lines.append(f"{item.title}: {', '.join(told) or missing}")
    result = Result(words.step.action, tuple(items), lines=tuple(lines), facts={"value": lines[0].partition(": ")[2]})
    answer = f"{lines[0]}." if len(lines) == 1 else f"I found {amount(len(items), _area(words))}{like(words)}."
    return answer, result, Found(items=tuple(items))


def _count(words: Words) -> Read:
    area = _area(words)
    if area in ("mail", "files"):
        number, _ = words.home.measure(query_of(words))
        return f"There are {amount(number, area)}{like(words)}.".replace("are 1 ", "is 1 "), Result(
            words.step.action, facts={"count": str(number)}
        ), Found()  # fmt: skip
    items = _looked(words)
    spent = sum(((i.end - i.when) for i in items if i.when and i.end and not i.all_day), timedelta())
    hours = f", {spent.total_seconds() / 3600:.1f} hours in all" if spent else ""
    facts = {"count": str(len(items))}
    return (
        f"There are {amount(len(items), area)}{like(words)}{hours}.".replace("are 1 ", "is 1 "),
        Result(words.step.action, tuple(items), facts=facts),
        Found(items=tuple(items)),
    )


def _usage(words: Words) -> Read:
    """Count and size; with nothing named, what takes the most room."""
    query = query_of(words)
    number, size = words.home.measure(replace(query, which=None, count=None))
    largest = words.home.find(replace(query, which="largest", count=query.count or 10, kinds=query.kinds or ("file",)))
    lines = tuple(f"{human(item.size):>9}  {describe(item)}" for item in largest if item.kind == "file")
    where = like(words)
    answer = f"{amount(number, 'files').capitalize()}{where} take {human(size)}."
    if largest and not query.words:
        answer += f" The largest is {describe(largest[0])} with {human(largest[0].size)}."
    facts = {"count": str(number), "bytes": str(size)}
    return answer, Result("files.usage", tuple(largest), lines=lines, facts=facts), Found(items=tuple(largest))


def _duplicates(words: Words) -> Read:
    groups = words.home.duplicates(words.home.find(query_of(words)))
    spare = sum(item.size for group in groups for item in group[1:])
    lines = tuple(" = ".join(describe(item) for item in group) for group in groups)
    copies = tuple(item for group in groups for item in group[1:])
    if not groups:
        return "No two files have the same content.", Result("files.duplicates"), Found()
    one = len(groups) == 1
    answer = f"{amount(len(groups), 'files')} {'exists' if one else 'exist'} more than once; "
    answer += f"the {'copy takes' if len(copies) == 1 else 'copies take'} {human(spare)}."
    return answer, Result("files.duplicates", copies, lines=lines), Found(items=copies)


def _open(words: Words) -> Read:
    item = select(words).items[0]
    words.home.show(item)
    return f"Opened {describe(item)}.", Result("files.open", (item,)), Found(items=(item,))


def _read(words: Words) -> Read:
    """Show what a mail says, marked as written by others."""
    items = select(words).items[:5]
    lines = tuple(line for item in items for line in (describe(item), *item.text.strip().split("\n")[:200]))
    first = items[0]
    names = first.extra.get("attachments", "").replace("\n", ", ")
    answer = (
        describe(first)
        + (f", with {names}" if names else "")
        + (". It says:" if first.text.strip() else ". It is empty.")
    )
    return answer, Result("mail.read", items, lines=lines[1:] if len(items) == 1 else lines), Found(items=items)


def _lookup(words: Words) -> Read:
    """The passage or the value that answers a question, quoted with its source."""
    topics = (*words.quotes("what"), *words.quotes("in"))
    candidates = _sources(words)
    fields = words.enums("field")
    for item in candidates:
        if fields:
            found = [v for field in fields for v in extract(item.text, field, words.home.clock_of(item), about=topics)]
            if found:
                best = found[0]
                value = tell(best.value) if isinstance(best.value, Span) else str(best.value)
                return _quoted(item, value, best.quote)
        elif told := passage(item.text, topics):
            return _quoted(item, told, told)
    if candidates:
        shown = Result("agent.lookup", tuple(candidates[:5]))
        return (
            f"I found no such detail, but this may hold it: {describe(candidates[0])}.",
            shown,
            Found(items=tuple(candidates[:5])),
        )
    raise nothing(words)


def _sources(words: Words) -> list[Item]:
    """Where an answer may stand, the likeliest first."""
    if words.refs("what"):
        return list(select(words).items)
    query = query_of(replace(words, step=replace(words.step, action="mail.find")))
    areas = ("mail",) if words.has("from") else ("mail", "files", "calendar")
    found = [item for area in areas for item in words.home.find(replace(query, area=area, kinds=()))[:5]]
    if not found and query.words:
        single = tuple(word for text in query.words for word in text.split())
        found = [
            i
            for area in areas
            for i in words.home.find(replace(query, area=area, kinds=(), words=single, joined="any"))[:5]
        ]
    return sorted(found, key=lambda item: _hits(item, query.words), reverse=True)


def _hits(item: Item, topics: Sequence[str]) -> int:
    text = f"{item.title} {item.text}".casefold()
    return sum(word.casefold() in text for topic in topics for word in topic.split())


def _quoted(item: Item, value: str, line: str) -> Read:
    said = f" (it says: “{line}”)" if line and line != value else ""
    answer = f"{value} – from {describe(item)}{said}."
    facts = {"value": value, "source": item.ref, "quote": line}
    if item.source is Source.OUTSIDE:
        facts["written_by"] = "others"
    return answer, Result("agent.lookup", (item,), facts=facts), Found(items=(item,))


def _briefing(words: Words) -> Read:
    """Events, tasks due and unread mail of a day."""
    home = words.home
    span = span_of(words) or home.today()
    events = home.find(Query(area="calendar", span=span)) if home.has("calendar") else []
    tasks = home.find(Query(area="tasks", states=("open",), span=Span(None, span.end))) if home.has("tasks") else []
    mails = home.find(Query(area="mail", states=("unread",), place="Inbox")) if home.has("mail") else []
    parts = [amount(len(events), "calendar"), f"{amount(len(tasks), 'tasks')} due", f"{len(mails)} unread mails"]
    items = (*events, *tasks, *mails[:10])
    answer = f"{tell(span)}: {parts[0]}, {parts[1]} and {parts[2]}."
    return answer, Result("agent.briefing", items, lines=tuple(map(describe, items))), Found(items=items)


def _help(words: Words) -> Read:
    """What can be asked for, with an example for each area."""
    lines = (
        "Files: “put yesterday's scans into Receipts”, “what's eating my disk?”, “zip the Rome album”",
        "Mail: “anything new from the school?”, “write back to Olga: great, see you there”",
        "Calendar: “dinner with the Webers Saturday half seven”, “am I free on Thursday afternoon?”",
        "Tasks and lists: “remind me to call the bank tomorrow”, “put milk on the shopping list”",
        "People: “what's Jonas' number?”",
        "And: “undo that”, “brief me”. Nothing is deleted for good, and everything can be undone.",
    )
    return "I take care of your files, mail, calendar and lists, on this machine only.", Result(
        "agent.help", lines=lines), Found()  # fmt: skip


def _notify(words: Words) -> Read:
    said = words.quote("text") or _reminded(words.quote("say")) or words.quote("what")
    about = "; ".join(describe(item) for found in words.refs("what") for item in found.items[:3])
    said = said or about or "Something you asked about has happened."
    return said, Result("agent.notify", lines=(said,)), Found()


_MINE = {"my": "your", "i": "you", "me": "you", "mine": "yours", "i'm": "you're", "myself": "yourself"}


def _reminded(said: str) -> str:
    """ "to take my folder" as it is said to the person: "Take your folder"."""
    kept = said.removeprefix("that ").removeprefix("to ").split()
    told = " ".join(_MINE.get(word.lower(), word) for word in kept)
    return told[:1].upper() + told[1:]


_READERS: dict[str, Callable[[Words], Read]] = {
    "count": _count, "files.usage": _usage, "files.duplicates": _duplicates, "files.open": _open, "mail.read": _read,
    "calendar.free": free, "agent.lookup": _lookup, "agent.briefing": _briefing, "agent.help": _help,
    "agent.notify": _notify, "text.summarize": writing.summary,
    "text.compose": writing.composed,
}  # fmt: skip
