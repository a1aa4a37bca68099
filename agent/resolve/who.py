"""Who is meant by a name: contact cards first, then the people seen in mails and events.

Names match exactly but for case and accents; nothing is guessed, and near misses are only suggested. A name that two
people have is ambiguous, so the caller asks. An address is either typed by the person or belongs to who was matched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from nearhand.agent.resolve.addresses import typed
from nearhand.agent.resolve.faces import Face, bare, of_card, of_person, related, titled
from nearhand.agent.resolve.kin import relations
from nearhand.agent.texts import folding
from nearhand.connectors.base import Item, Person, Source


@dataclass(frozen=True, slots=True)
class Found:
    """The one who is meant, or all of a group ("the Webers")."""

    people: tuple[Person, ...]
    source: Source = Source.OWN
    """USER: typed; OWN: from a contact card; OUTSIDE: only seen in a mail or an event."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several fit, and one is wanted."""

    candidates: tuple[Person, ...]
    source: Source = Source.OWN


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody fits."""

    suggestions: tuple[Person, ...] = ()
    """Whose names come near; to be picked by the person, never by code."""


Answer = Found | Ambiguous | Unknown
Level = Callable[[Face], bool]
_ME = frozenset({"me", "myself", "i"})
_TEAMS = frozenset(
    ("team", "board", "family", "band", "choir", "class", "club", "group", "committee", "crew", "council", "volunteers")
)
"""Words for several people that are said of one."""
_LEADING = ("the ", "my ", "our ", "a ", "an ", "your ")


class People:
    """Everybody who can be meant."""

    def __init__(self, contacts: Sequence[Item], seen: Sequence[Person], me: Person | None = None) -> None:
        self.me = me or Person()
        own = [item for item in contacts if self._is_me(item)]
        mine = [pair for item in own for pair in related(item)]
        self._cards = [of_card(item, mine) for item in contacts if item not in own]
        self._known = {person.address.casefold() for item in contacts for _, person in item.people}
        self._met = seen

    @cached_property
    def _seen(self) -> list[Face]:
        return [of_person(person) for person in _distinct(self._met) if person.address.casefold() not in self._known]

    def resolve(self, text: str) -> Answer:
        """Say who is meant by a quote."""
        address = typed(text)
        if address is not None:
            return Found((self._named(address),), Source.USER)
        key = folding.key(text)
        if key in _ME:
            return Found((self.me,), Source.USER) if self.me != Person() else Unknown()
        keys = _said(text)
        answer = (_among(self._cards, keys) or _among(self._seen, keys)) if keys else None
        return answer or Unknown(self._suggested(text))

    def _is_me(self, item: Item) -> bool:
        mine = self.me.address.casefold()
        return bool(mine) and any(person.address.casefold() == mine for _, person in item.people)

    def _named(self, address: Person) -> Person:
        """The typed address, with the name of the contact who has it."""
        same = (
            face.person.name for face in self._cards if face.person.address.casefold() == address.address.casefold()
        )
        return Person(address.name or next(same, ""), address.address)

    def _suggested(self, text: str) -> tuple[Person, ...]:
        from rapidfuzz import fuzz, process

        said = folding.key(text)
        if len(said) < 3:
            return ()
        faces = [*self._cards, *self._seen]
        names = {(place, name): name for place, face in enumerate(faces) for name in _names(face)}
        near = process.extract(said, names, scorer=fuzz.ratio, score_cutoff=72, limit=12)
        people = dict.fromkeys(faces[place].person for _, _, (place, _) in near)
        return tuple(people)[:3]


def _said(text: str) -> frozenset[str]:
    """What was said in each spelling, without an article in front."""
    plain = " ".join(text.split())
    while plain.casefold().startswith(_LEADING):
        plain = plain.partition(" ")[2]
    return folding.spellings(plain)


def _among(faces: Sequence[Face], keys: frozenset[str]) -> Answer | None:
    """The best way in which anybody fits; None if nobody does."""
    for level in _levels(keys):
        found = [face for face in faces if level(face)]
        if found:
            return _answer(found, several=False)
    for level in _groups(keys):
        found = [face for face in faces if level(face)]
        if found:
            return _answer(found, several=True)
    for level in _roles(keys):
        found = [face for face in faces if level(face)]
        if found:
            return _answer(found, several=bool(_TEAMS & {word for key in keys for word in key.split()}))
    return None


def _levels(keys: frozenset[str]) -> Iterator[Level]:
    """One person: the full name, then a name or a relation, then some of the names."""
    plain = frozenset(" ".join(bare(key.split())) for key in keys)
    kin = frozenset().union(*(relations(key)[0] for key in keys if not relations(key)[1]))
    whole = frozenset(key for key in plain if " " in key)
    if any(map(titled, keys)):
        yield lambda face: bool(whole & face.full)
        yield lambda face: bool(plain & face.last)
        yield lambda face: bool(plain & face.first)
    yield lambda face: bool(whole & face.full or keys & face.nicknames & whole)
    yield lambda face: bool(
        (keys | plain) & (face.first | face.last | face.nicknames) or keys & face.full or kin & face.relation
    )
    parts = [key.split() for key in whole]
    yield lambda face: any(_holds(face.names, said) for said in parts)


def _groups(keys: frozenset[str]) -> Iterator[Level]:
    """Several people: a family by its name, or relatives in the plural."""
    kin = frozenset().union(*(relations(key)[0] for key in keys if relations(key)[1]))
    yield lambda face: bool(kin & face.relation)
    family = {one for key in keys for one in _family(key)}
    yield lambda face: bool(family & face.last)


def _roles(keys: frozenset[str]) -> Iterator[Level]:
    """By what a card says about them: all the words of an organisation, a role or a category."""
    forms = [[folding.forms(word) for word in key.split()] for key in keys]
    yield lambda face: any(_covers(about, said, True) for about in face.about for said in forms)
    yield lambda face: any(_covers(about, said, False) for about in face.about for said in forms)


def _covers(about: frozenset[str], said: Sequence[frozenset[str]], exact: bool) -> bool:
    return all(group & about for group in said) and (not exact or len(about) <= len(said))


def _family(key: str) -> frozenset[str]:
    """Last names that "Webers", "Joneses", "Weber family" or "family Weber" can mean."""
    words = key.split()
    if {"family", "household"} & {words[0], words[-1]} and len(words) > 1:
        return frozenset({" ".join(words[1:] if words[0] in ("family", "household") else words[:-1])})
    return frozenset({key.removesuffix("s"), key.removesuffix("es")}) - {key, ""}


def _holds(names: Sequence[frozenset[str]], said: Sequence[str]) -> bool:
    """Whether all that was said is part of the name, in that order."""
    rest = iter(names)
    return all(any(word in name for name in rest) for word in said)


def _answer(found: Sequence[Face], several: bool) -> Answer:
    people = tuple(dict.fromkeys(face.person for face in found))
    source = found[0].source
    return Found(people, source) if several or len(people) == 1 else Ambiguous(people, source)


def _distinct(people: Iterable[Person]) -> list[Person]:
    """Each address once, under the first name that it came with."""
    found: dict[str, Person] = {}
    for person in people:
        key = person.address.casefold() or person.name.casefold()
        if key and (key not in found or not found[key].name):
            found[key] = person
    return list(found.values())


def _names(face: Face) -> frozenset[str]:
    return face.full | face.first | face.last | face.nicknames
