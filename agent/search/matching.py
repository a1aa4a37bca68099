"""How the words of a quote match an item: the tiers, from its exact name down to a mention in its text.

Only the best tier that finds something counts, so that "lease" finds lease.pdf and not every letter that says lease.
Each tier is one condition on `item.id`. Deliberately not here: the other slots (`select.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from nearhand.agent.search.query import Query
from nearhand.agent.search.store import path_key
from nearhand.agent.texts import folding


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of SQL with its values."""

    sql: str
    values: tuple[object, ...] = ()
    match: str = ""
    """The full-text expression, if that is all it is and whole texts are searched: relevance can order the results."""

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"({self.sql}) AND ({other.sql})", self.values + other.values)

    def __or__(self, other: Condition) -> Condition:
        return Condition(f"({self.sql}) OR ({other.sql})", self.values + other.values)


Finds = Callable[[Condition], bool]
"""Whether anything meets a condition together with everything else that was asked for."""
_NAME = "title"
_NEAR = "title place people"
_ALL = "title place people text"


def full_text(columns: str, groups: Iterable[Iterable[str]], prefix: bool = False) -> Condition:
    """All groups are there, of each group any word; as whole words, or as their beginnings."""
    star = "*" if prefix else ""
    terms = [" OR ".join(f'"{word}"{star if _may_go_on(word) else ""}' for word in sorted(group)) for group in groups]
    match = f"{{{columns}}} : ({' AND '.join(f'({term})' for term in terms)})"
    ranked = match if columns == _ALL else ""
    return Condition("item.id IN (SELECT rowid FROM words WHERE words MATCH ?)", (match,), ranked)


def _may_go_on(word: str) -> bool:
    return len(word) > 2 and not any(c.isdigit() for c in word)


def tiers(quote: str, area: str) -> list[Condition]:
    """Every way in which a quote can match, best first; empty if it has no word in it."""
    groups = folding.sought(quote)
    if not groups:
        return []
    return [*_named(quote, area), *_in(_NAME, quote, groups), *_in(_NEAR, quote, groups), *_in(_ALL, quote, groups)]


def _in(columns: str, quote: str, groups: Sequence[frozenset[str]]) -> list[Condition]:
    whole = full_text(columns, groups)
    if columns == _NAME and len(groups) > 1:
        whole = whole | full_text(columns, [["".join(folding.telling(quote))]])
    return [whole, full_text(columns, groups, prefix=True)]


def _named(quote: str, area: str) -> list[Condition]:
    """The exact name; not for mails, whose subjects come again and again."""
    if area == "mail":
        return []
    if area == "files" and "/" in quote.strip("/"):
        return [_path(quote)]
    keys = [" ".join(folding.telling(quote)), folding.key(quote)]
    whole = Condition("item.title IN (?, ?)", (*keys,))
    either = whole | Condition("item.stem IN (?, ?)", (*keys,))
    return [whole, either] if "." in quote else [either]


def _path(quote: str) -> Condition:
    folder, _, name = quote.strip().removeprefix("~").rstrip("/").rpartition("/")
    key = path_key(folder)
    inside = "item.place IN (SELECT id FROM place WHERE area = 'files' AND substr(key, ?) = ?)"
    return Condition(f"item.title = ? AND {inside}", (folding.key(name), -len(key), key))


def best(quotes: Sequence[str], query: Query, finds: Finds) -> Condition | None:
    """The condition that the quotes come to, or None if nothing meets it; quotes without words find nothing."""
    each = [found for found in (tiers(quote, query.area) for quote in quotes) if found]
    if not each:
        return None if quotes else Condition("1")
    if len(each) == 1:
        return next((tier for tier in each[0] if finds(tier)), None)
    if query.joined == "any":
        return _any(each, finds)
    if query.joined == "all":
        return _together(quotes, query.area, finds, _ALL)
    return _guess(quotes, query.area, each, finds)


def _guess(quotes: Sequence[str], area: str, each: Sequence[Sequence[Condition]], finds: Finds) -> Condition | None:
    """One thing if a name holds all the quotes, several if each names one, else one thing whose text holds the rest."""
    together = _together(quotes, area, finds, _NEAR)
    if together is not None:
        return together
    names = [_first(named[:-4], finds) for named in each]
    if all(name is not None for name in names):
        return _union(names)
    return _together(quotes, area, finds, _ALL) or _any(each, finds)


def _together(quotes: Sequence[str], area: str, finds: Finds, widest: str) -> Condition | None:
    groups = [group for quote in quotes for group in folding.sought(quote)]
    for columns in (_NAME, _NEAR, _ALL):
        for tier in (full_text(columns, groups), full_text(columns, groups, prefix=True)):
            if finds(tier):
                return tier
        if columns == widest:
            return None
    return None


def _any(each: Sequence[Sequence[Condition]], finds: Finds) -> Condition | None:
    return _union([_first(conditions, finds) for conditions in each])


def _first(conditions: Sequence[Condition], finds: Finds) -> Condition | None:
    return next((tier for tier in conditions if finds(tier)), None)


def _union(conditions: Iterable[Condition | None]) -> Condition | None:
    found = [condition for condition in conditions if condition is not None]
    whole = found[0] if found else None
    for condition in found[1:]:
        whole = condition if whole is None else whole | condition
    return whole
