"""Brings two changed versions of one event, task or contact together, property by property.

What only one side changed is taken from that side; lists (attendees, exceptions, phone numbers) are merged entry by
entry; clocks and counters take the later value. Where both sides say something different about the same thing there
is no merge, and the caller keeps both. Every line keeps its bytes. Deliberately not here: files and servers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeAlias

from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.vdir.contentlines import Block, Line, parse, unescape
from nearhand.connectors.vdir.invitations import address

Said: TypeAlias = tuple[str, str, str, tuple[tuple[str, str], ...]]
"""What a line says, however it is folded, escaped or ordered."""
Key: TypeAlias = tuple[str, ...]

_UNITS = (
    ("DTSTART", "DTEND", "DURATION", "DUE", "RRULE", "RDATE"),
    ("STATUS", "PERCENT-COMPLETE", "COMPLETED"),
    ("FN", "N"),
)
"""Properties that mean something only together; the first names the unit."""
_UNIT_OF = {name: unit for unit in _UNITS for name in unit}
_LISTS = frozenset((
    "ATTENDEE", "EXDATE", "COMMENT", "CATEGORIES", "ATTACH", "CONTACT", "RELATED-TO", "RESOURCES", "CONFERENCE",
    "EMAIL", "TEL", "ADR", "URL", "IMPP", "NICKNAME", "RELATED", "MEMBER", "KEY", "LANG",
))  # fmt: skip
_LATER = frozenset({"DTSTAMP", "LAST-MODIFIED", "REV", "SEQUENCE", "CREATED", "X-MOZ-LASTACK", "X-MOZ-GENERATION"})
"""What counts or dates changes: the later value is right for both."""
_TITLE = re.compile(r'^(?:SUMMARY|FN)(?:;[^:"\n]*(?:"[^"\n]*"[^:"\n]*)*)?:(.*(?:\n[ \t].*)*)', re.MULTILINE)
_FOLD = re.compile(r"\r?\n[ \t]")
_RULES = frozenset({"RRULE", "EXRULE"})
"""Whose parts may stand in any order."""
_NOISE = frozenset({"PRODID", "VERSION", "CALSCALE", "METHOD"})
"""What the programs say about themselves."""


class _Differ(Exception):
    """Both sides changed the same thing in different ways."""


def same(one: str, other: str) -> bool:
    """Whether two texts say the same, whatever a server did to their order, folds and escapes."""
    if one == other:
        return True
    try:
        return _meaning(parse(one)) == _meaning(parse(other))
    except ConnectorError:
        return False


def merge(base: str, ours: str, theirs: str) -> str | None:
    """The text that holds the changes of both sides since `base` ("" is nothing); None if they contradict."""
    try:
        trees = parse(base), parse(ours), parse(theirs)
        return _block(*trees).text
    except (ConnectorError, _Differ):
        return None


def _meaning(tree: Block) -> object:
    lines = Counter(_said(line) for line in _lines(tree) if line.name not in _NOISE | _LATER)
    inside = sorted(repr(_meaning(part)) for part in tree.parts if isinstance(part, Block))
    return tree.name, sorted(lines.items()), inside


def _said(line: Line) -> Said:
    value = unescape(line.value).strip()
    if line.name in _RULES:
        value = ";".join(sorted(value.upper().split(";")))
    return line.group.upper(), line.name, value, tuple(sorted(line.params))


def _lines(tree: Block) -> list[Line]:
    return [part for part in tree.parts if isinstance(part, Line) and part.name]


# --- blocks ---------------------------------------------------------------------------------------------------------


def _block(base: Block, ours: Block, theirs: Block) -> Block:
    """Their block with our changes put into it."""
    found = theirs
    if _nameless(ours) not in (_nameless(base), _nameless(theirs)):
        raise _Differ("a line that cannot be read")
    for unit in dict.fromkeys(_unit(line.name) for tree in (ours, base) for line in _lines(tree)):
        found = _with_unit(found, unit, base, ours, theirs)
    return _with_inner(found, base, ours, theirs)


def _nameless(tree: Block) -> list[str]:
    """Lines that are none, as they stand there."""
    return [part.raw.strip() for part in tree.parts if isinstance(part, Line) and not part.name and part.raw.strip()]


def _unit(name: str) -> tuple[str, ...]:
    return _UNIT_OF.get(name, (name,))


def _with_unit(found: Block, unit: tuple[str, ...], base: Block, ours: Block, theirs: Block) -> Block:
    """Give a block what the merge of one unit says."""
    before, here, there = (tree.lines(*unit) for tree in (base, ours, theirs))
    if _all(here) == _all(before) or _all(here) == _all(there):
        return found
    if _all(there) == _all(before):
        wanted = here
    elif unit[0] in _LISTS:
        wanted = _list(before, here, there)
    else:
        wanted = _settled(unit, here, there)
    for name in unit:
        found = found.with_lines(name, [line for line in wanted if line.name == name])
    return found


def _all(lines: Iterable[Line]) -> list[Said]:
    return sorted(map(_said, lines))


def _settled(unit: tuple[str, ...], here: list[Line], there: list[Line]) -> list[Line]:
    """What is right when both sides changed one thing; raises _Differ when that cannot be said."""
    if unit[0] in _NOISE:
        return there
    if unit[0] in _LATER:
        return max(here, there, key=lambda lines: _rank(lines[0].value if lines else ""))
    if unit[0] == "STATUS" and _values(here, "STATUS") == _values(there, "STATUS") != []:
        return there
    raise _Differ(unit[0])


def _values(lines: list[Line], name: str) -> list[str]:
    return [line.value.strip().upper() for line in lines if line.name == name]


def _rank(value: str) -> tuple[int, str]:
    return (int(value) if value.isascii() and value.isdigit() and len(value) < 12 else 0), value


def _list(before: list[Line], here: list[Line], there: list[Line]) -> list[Line]:
    """Entries that either side added or changed; without those that either side took out."""
    old, ours, theirs = ({_entry(line): line for line in lines} for lines in (before, here, there))
    found: list[Line] = []
    for key in dict.fromkeys((*theirs, *ours)):
        was, mine, other = old.get(key), ours.get(key), theirs.get(key)
        kept = _one(was, mine, other)
        found += [kept] if kept else []
    return found


def _one(was: Line | None, mine: Line | None, other: Line | None) -> Line | None:
    """One entry of a list, by the rule of three."""
    said = [_said(line) if line else None for line in (was, mine, other)]
    if said[1] == said[2] or said[1] == said[0]:
        return other
    if said[2] == said[0]:
        return mine
    raise _Differ(was.name if was else "")


def _entry(line: Line) -> Key:
    if line.name == "ATTENDEE":
        return (address(line).casefold() or line.value,)
    return (line.group.upper(), unescape(line.value).strip())


# --- components inside components -----------------------------------------------------------------------------------


def _with_inner(found: Block, base: Block, ours: Block, theirs: Block) -> Block:
    """Merge the components inside: events and exceptions one by one, alarms all together."""
    alarms = [[part for part in tree.parts if isinstance(part, Block) and part.name == "VALARM"]
              for tree in (base, ours, theirs)]  # fmt: skip
    if any(alarms):
        said = [sorted(repr(_meaning(alarm)) for alarm in each) for each in alarms]
        chosen = _pick(said[0], said[1], said[2])
        found = found.with_blocks("VALARM", alarms[1]) if chosen is said[1] else found
    before, here, there = (_components(tree) for tree in (base, ours, theirs))
    for key in dict.fromkeys((*there, *here)):
        found = _with_component(found, before.get(key), here.get(key), there.get(key))
    return found


def _pick(was: object, mine: object, other: object) -> object:
    """By the rule of three; raises _Differ."""
    if mine in (was, other):
        return other
    if other == was:
        return mine
    raise _Differ("VALARM")


def _with_component(found: Block, was: Block | None, mine: Block | None, other: Block | None) -> Block:
    if mine and other:
        merged = _block(was or Block(mine.name), mine, other)
        return found.exchanged(other, (merged,))
    if mine is not None:
        if was is not None and _meaning(was) == _meaning(mine):
            return found
        if was is not None:
            raise _Differ(mine.name)
        return replace(found, parts=(*found.parts, mine))
    if other is not None and was is not None:
        if _meaning(was) != _meaning(other):
            raise _Differ(other.name)
        return found.exchanged(other, ())
    return found


def _components(tree: Block) -> dict[Key, Block]:
    """The components inside by what identifies them."""
    found: dict[Key, Block] = {}
    for part in tree.parts:
        if isinstance(part, Block) and part.name != "VALARM":
            found.setdefault(_identity(part), part)
    return found


def _identity(block: Block) -> Key:
    if block.name == "VTIMEZONE":
        return block.name, block.value("TZID")
    recurrence = block.line("RECURRENCE-ID")
    return block.name, block.value("UID"), recurrence.value if recurrence else ""


def retitled(text: str, mark: str, uid: Callable[[str], str]) -> str:
    """A copy that stands beside the original: another UID, a mark in its name, and nobody invited to it."""
    root = parse(text)
    for part in root.walk():
        if part.name in ("VEVENT", "VTODO", "VJOURNAL", "VCARD"):
            title = "FN" if part.name == "VCARD" else "SUMMARY"
            fresh = part.without("ATTENDEE", "ORGANIZER").with_line("UID", uid(part.value("UID")))
            root = root.exchanged(part, (fresh.with_line(title, f"{part.value(title)} {mark}".strip()),))
    return root.text


def uid_of(text: str) -> str:
    """The UID of what is in a text, "" if it cannot be told."""
    try:
        found = (part.value("UID").strip() for part in parse(text).walk() if part.name not in ("", "VTIMEZONE"))
        return next(filter(None, found), "")
    except ConnectorError:
        return ""


def title_of(text: str) -> str:
    """What an event, task or contact is called, found without reading the rest."""
    found = _TITLE.search(text)
    return " ".join(unescape(_FOLD.sub("", found[1])).split())[:80] or "(no name)" if found else "(no name)"
