"""Somebody who can be meant, with every key that words are compared with. Built once, from a card or a person seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nearhand.agent.texts import folding
from nearhand.connectors.base import Item, Person, Source

_TITLES = ("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "doctor", "herr", "frau", "sir", "madam")
_BEFORE = frozenset((*_TITLES, "uncle", "aunt", "auntie", "cousin"))
_AFTER = frozenset(("jr", "sr", "ii", "iii", "phd", "md", "esq"))
_LATIN = ("de", "del", "della", "di", "da", "la", "le", "dos")
_PARTICLES = frozenset((*_LATIN, "von", "van", "der", "den", "ter", "ten", "zu", "al", "bin", "ibn", "o"))


@dataclass(frozen=True, slots=True)
class Face:
    """A person and what they can be called."""

    person: Person
    source: Source
    """OWN from a contact card, OUTSIDE from a mail or an event."""
    full: frozenset[str]
    """The whole name in each spelling, without titles."""
    first: frozenset[str]
    last: frozenset[str]
    names: tuple[frozenset[str], ...]
    """Every word of the name, each with its spellings."""
    nicknames: frozenset[str] = frozenset()
    relation: frozenset[str] = frozenset()
    """What they are to the owner."""
    about: tuple[frozenset[str], ...] = ()
    """Words of organisation, role and categories: one set for each of them."""


def of_card(item: Item, own_relations: Iterable[tuple[str, str]] = ()) -> Face:
    """The face of a contact card; `own_relations` are those that the owner's card gives, as (relation, name)."""
    address = next((person.address for _, person in item.people if person.address), "")
    extra = item.extra
    title = folding.key(item.title)
    said = [extra.get("relation", "")]
    said += [relation for relation, name in own_relations if folding.key(name) == title]
    said += [relation for relation, name in related(item) if folding.key(name) == title]
    fields = (
        extra.get("org", ""),
        extra.get("role", ""),
        extra.get("title", ""),
        *extra.get("categories", "").split(","),
    )
    about = (frozenset(w for key in folding.spellings(field) for w in key.split()) for field in fields)
    nicknames = frozenset(k for name in extra.get("nickname", "").split(",") for k in folding.spellings(name))
    relation = frozenset(folding.key(word) for word in said if word)
    return _face(Person(item.title, address), Source.OWN, nicknames, relation, tuple(filter(None, about)))


def related(item: Item) -> list[tuple[str, str]]:
    """The relations that a card lists, as (relation, name)."""
    pairs = (line.partition(": ") for line in item.extra.get("related", "").splitlines())
    return [(relation.strip(), name.strip()) for relation, _, name in pairs]


def of_person(person: Person) -> Face:
    """The face of somebody met in a mail or an event; without a name the address has to do for one."""
    return _face(person, Source.OUTSIDE, frozenset(), frozenset(), ())


def bare(words: Iterable[str]) -> list[str]:
    """The words of a name without titles, unless there is nothing else."""
    found = list(words)
    kept = [word for word in found if word not in _BEFORE and word not in _AFTER]
    return kept or found


def titled(key: str) -> bool:
    """Whether a name is said with a title, which the last name follows: "Mr Weber"."""
    words = key.split()
    return len(words) > 1 and words[0] in _BEFORE


def _face(
    person: Person,
    source: Source,
    nicknames: frozenset[str],
    relation: frozenset[str],
    about: tuple[frozenset[str], ...],
) -> Face:
    name = _ordered(person.name or person.address.partition("@")[0])
    keys = [" ".join(bare(key.split())) for key in folding.spellings(name)]
    words = [key.split() for key in keys if key]
    count = min((len(each) for each in words), default=0)
    names = tuple(frozenset(each[place] for each in words) for place in range(count))
    full, first = frozenset(keys) - {""}, frozenset(each[0] for each in words)
    return Face(person, source, full, first, _last(words), names, nicknames, relation, about)


def _last(words: Iterable[list[str]]) -> frozenset[str]:
    found: set[str] = set()
    for each in words:
        if len(each) > 1:
            start = len(each) - 1
            while start > 1 and each[start - 1] in _PARTICLES:
                start -= 1
            found |= {each[-1], " ".join(each[start:])}
    return frozenset(found)


def _ordered(name: str) -> str:
    """ "Weber, Anna" as it is said."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and "," not in first and first.strip() else name
