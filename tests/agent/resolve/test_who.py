"""Who is meant by a name, from a table of an address book."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.resolve.who import Ambiguous, Found, People, Unknown
from nearhand.connectors.base import Item, Person, Source

ME = Person("Robin Keller", "robin@keller.example")


def _card(name: str, address: str, **extra: str) -> Item:
    return Item("contacts", f"{name}.vcf", "1", "contact", name, people=(("self", Person(name, address)),), extra=extra)


CARDS = (
    _card("Robin Keller", ME.address, related="sister: Mia Keller"),
    _card("Olga Brandt", "olga@brandt.example", org="Brandt Architekten", relation="friend"),
    _card("Viktor Okafor", "viktor@okafor.example"),
    _card("Dr. Ines Amato", "praxis@amato.example", role="Dentist"),
    _card("Anna Weber", "anna@weber.example"),
    _card("Tom Weber", "tom@weber.example"),
    _card("Jonas Keller", "jonas@keller.example", relation="brother", nickname="Jo"),
    _card("Mia Keller", "mia@keller.example"),
    _card("Max Lindqvist", "max@lindqvist.example"),
    _card("Max Moreau", "max.moreau@atelier.example", org="Atelier Nord"),
    _card("Ingrid Keller", "ingrid@keller.example", relation="mother"),
    _card("Karl Keller", "karl@keller.example", relation="father"),
    _card("Petra Novak", "petra@novak.example", role="Plumber", org="Novak Plumbing"),
    _card("Lindenhof School", "office@school.example", org="Lindenhof School", categories="school"),
    _card("Nordbank", "service@nordbank.example", org="Nordbank", categories="bank,money"),
    _card("Jürgen Müller", "j.mueller@x.example", relation="boss"),
    _card("Anna Maria de la Cruz", "amc@x.example", categories="band"),
    _card("Pete Peters", "pete@peters.example", categories="band"),
    _card("Łukasz Zieliński", "lukasz@x.example", org="Tax office Mitte"),
)
SEEN = (
    Person("Olga Smith", "olga@smith.example"),
    Person("Weber, Hannah", "hannah@weber.example"),
    Person("", "sven.berg@x.example"),
    Person("LinkedIn", "messages@linkedin.example"),
    Person("Zoe Park", "zoe@one.example"),
    Person("Zoe Lane", "zoe@two.example"),
    Person("Zoe Park", "ZOE@one.example"),
    Person("someone", "anna@weber.example"),
)
PEOPLE = People(CARDS, SEEN, ME)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Olga Brandt", "Olga Brandt"),
        ("olga", "Olga Brandt"),  # a contact, not somebody seen
        ("Olga's", "Olga Brandt"),
        ("Okafor", "Viktor Okafor"),
        ("Mr Okafor", "Viktor Okafor"),
        ("Dr. Amato", "Ines Amato"),
        ("Dr. Ines Amato", "Ines Amato"),
        ("Jo", "Jonas Keller"),
        ("my brother", "Jonas Keller"),
        ("my bro", "Jonas Keller"),
        ("Mum", "Ingrid Keller"),
        ("my mother", "Ingrid Keller"),
        ("dad", "Karl Keller"),
        ("my sister", "Mia Keller"),  # said on my own card
        ("my parents", "Ingrid Keller, Karl Keller"),
        ("my boss", "Jürgen Müller"),
        ("my manager", "Jürgen Müller"),
        ("jurgen", "Jürgen Müller"),
        ("Juergen Mueller", "Jürgen Müller"),
        ("MÜLLER", "Jürgen Müller"),
        ("Lukasz Zielinski", "Łukasz Zieliński"),
        ("Anna Cruz", "Anna Maria de la Cruz"),
        ("de la Cruz", "Anna Maria de la Cruz"),
        ("Max Moreau", "Max Moreau"),
        ("the Webers", "Anna Weber, Tom Weber"),
        ("the Weber family", "Anna Weber, Tom Weber"),
        ("family Weber", "Anna Weber, Tom Weber"),
        ("Peters", "Pete Peters"),
        ("the plumber", "Petra Novak"),
        ("my dentist", "Ines Amato"),
        ("the school", "Lindenhof School"),
        ("the bank", "Nordbank"),
        ("Nordbank", "Nordbank"),
        ("Novak Plumbing", "Petra Novak"),
        ("tax office", "Łukasz Zieliński"),
        ("the band", "Anna Maria de la Cruz, Pete Peters"),
        ("Hannah Weber", "Hannah Weber"),
        ("Hannah", "Hannah Weber"),
        ("Sven", "sven.berg@x.example"),
        ("LinkedIn", "LinkedIn"),
    ],
)
def test_a_name_is_found(text: str, names: str) -> None:
    found = PEOPLE.resolve(text)
    assert isinstance(found, Found), found
    shown = [_plain(person) for person in found.people]
    assert shown == names.split(", ")


def _plain(person: Person) -> str:
    first, comma, last = person.name.partition(", ")
    return (f"{last} {first}" if comma else person.name.removeprefix("Dr. ")) or person.address


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Max", {"Max Lindqvist", "Max Moreau"}),
        ("Weber", {"Anna Weber", "Tom Weber"}),
        ("Ms Weber", {"Anna Weber", "Tom Weber"}),
        ("Anna", {"Anna Weber", "Anna Maria de la Cruz"}),
        ("Zoe", {"Zoe Park", "Zoe Lane"}),
    ],
)
def test_a_name_of_two_people_is_ambiguous(text: str, names: set[str]) -> None:
    found = PEOPLE.resolve(text)
    assert isinstance(found, Ambiguous)
    assert {person.name for person in found.candidates} == names


@pytest.mark.parametrize(
    ("text", "suggested"),
    [("Olgga", "Olga Brandt"), ("Victor", "Viktor Okafor"), ("Lindqist", "Max Lindqvist"), ("Plumbbber", None),
     ("Xavier", None), ("the embassy", None), ("", None), ("...", None), ("x", None)],
)  # fmt: skip
def test_a_near_miss_is_only_suggested(text: str, suggested: str | None) -> None:
    found = PEOPLE.resolve(text)
    assert isinstance(found, Unknown)
    names = [person.name for person in found.suggestions]
    assert suggested in names if suggested else not names


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("kim@example.org", "kim@example.org"),
        ("kim@example.org.", "kim@example.org"),
        ("<kim@example.org>", "kim@example.org"),
        ("Kim Lee <kim@example.org>", "kim@example.org"),
        ("kim at example dot org", "kim@example.org"),
        ("kim dot lee at example dot co dot uk", "kim.lee@example.co.uk"),
        ("kim underscore lee at x dash y dot org", "kim_lee@x-y.org"),
        ("kim (at) example.org", "kim@example.org"),
        ("payroll@mercer.example", "payroll@mercer.example"),
        ("her boss at support@fibra.example", "support@fibra.example"),
        ("Kim (kim@example.org)", "kim@example.org"),
        ("Kim, on kim@example.org", "kim@example.org"),
    ],
)
def test_a_typed_address_is_used_as_it_is(text: str, address: str) -> None:
    found = PEOPLE.resolve(text)
    assert isinstance(found, Found) and found.source is Source.USER
    assert found.people[0].address == address


@pytest.mark.parametrize(
    "text", ["kim@", "@example.org", "kim at work", "kim@example", "a@b.org\r\nBcc: c@d.org", "a b@c.org", "a@b.org, c@d.org"]
)
def test_what_is_no_address_is_not_taken_for_one(text: str) -> None:
    assert isinstance(PEOPLE.resolve(text), Unknown)


def test_a_typed_address_gets_the_name_of_its_contact() -> None:
    assert PEOPLE.resolve("OLGA@brandt.example") == Found((Person("Olga Brandt", "OLGA@brandt.example"),), Source.USER)


def test_me_is_the_person() -> None:
    assert PEOPLE.resolve("me") == Found((ME,), Source.USER)
    assert isinstance(People((), ()).resolve("me"), Unknown)


def test_a_found_person_says_where_the_address_comes_from() -> None:
    contact, seen = PEOPLE.resolve("Olga"), PEOPLE.resolve("Hannah")
    assert isinstance(contact, Found) and contact.source is Source.OWN
    assert isinstance(seen, Found) and seen.source is Source.OUTSIDE


@given(st.text(max_size=60))
def test_an_address_is_never_made_up(text: str) -> None:
    found = PEOPLE.resolve(text)
    if isinstance(found, Found):
        known = {person.address for card in CARDS for _, person in card.people} | {p.address for p in SEEN} | {""}
        assert all(person.address in known or person.address in text for person in found.people)
