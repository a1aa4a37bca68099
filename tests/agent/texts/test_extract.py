"""Values are taken out of texts that others wrote: typed, bounded, quoted, and marked as coming from outside."""

from __future__ import annotations

import time
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.agent.resolve.when.spans import Clock
from nearhand.agent.texts.extract import Amount, Birthday, Found, event_details, extract, passage
from nearhand.connectors.base import Source, Span
from nearhand.connectors.catalogue import FIELDS

ZONE = ZoneInfo("Europe/Berlin")
CLOCK = Clock(datetime(2026, 11, 22, 10, 0, tzinfo=ZONE))
"""A Sunday."""
CLINIC = """\
Subject: Re: Your dental check-up

Dear Mr Keller,

we confirm your dental check-up with Dr. Amato on Thursday, 26 November 2026 at 14:30
in our practice at Marktplatz 3, 10115 Berlin. Please arrive ten minutes early.

The examination costs 84.50 EUR. If you cannot come, call us at +49 30 555 0101 by 24 November
or write to praxis@amato.example. Booking reference: XKQPLM.
"""
PARCEL = """\
Hello Robin,
your order 30281-22 is on its way. Tracking number: 7Q4-88213-DE
Delivery on Friday between 9 and 11 am. Follow it at https://parcel.example/t/7Q4?x=1).
The parcel locker code is 4471#. Wi-Fi password: hunter2!x
"""


def values(text: str, field: str, *about: str) -> list[str]:
    return [str(found.value) for found in extract(text, field, CLOCK, about)]


def days(text: str, *about: str) -> list[str]:
    return [f"{_start(found):%Y-%m-%d}" for found in extract(text, "date", CLOCK, about)]


def hours(text: str) -> list[str]:
    return [f"{_start(found):%Y-%m-%d %H:%M}" for found in extract(text, "time", CLOCK)]


def _start(found: Found) -> datetime:
    assert isinstance(found.value, Span) and found.value.start is not None
    return found.value.start


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("The lease ends on 31 August 2027.", "2027-08-31"),
        ("The lease ends on the 31st of August, 2027.", "2027-08-31"),
        ("Valid until August 31, 2027", "2027-08-31"),
        ("Date: 2027-08-31", "2027-08-31"),
        ("am 31.08.2027 ist es so weit", "2027-08-31"),
        ("Due 31/08/2027", "2027-08-31"),
        ("We meet on Friday.", "2026-11-27"),
        ("We meet on Tues. at noon", "2026-11-24"),
        ("We met on 3 November", "2026-11-03"),
        ("We meet on 12 January", "2027-01-12"),
        ("See you tomorrow!", "2026-11-23"),
        ("Thursday, 26 November 2026", "2026-11-26"),
        ("by 24.12. at the latest", "2026-12-24"),
    ],
)
def test_a_day_is_found_in_a_sentence(text: str, day: str) -> None:
    assert days(text) == [day]


@pytest.mark.parametrize(
    "text",
    [
        "It may rain.",
        "We sat in the sun and wed.",
        "3/4 of the cake, 2.5 litres",
        "Version 1.2.3",
        "Room 4.12",
        "march on",
        "31 February 2027",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert days(text) == []


def test_two_readings_of_a_date_are_both_kept() -> None:
    (found,) = extract("Deadline 03/04/2027", "date", CLOCK)
    assert {s.start.month for s in (found.value, *found.others) if isinstance(s, Span) and s.start} == {3, 4}


def test_the_date_next_to_the_topic_comes_first() -> None:
    text = "The course starts on 3 May 2027. It goes on for long. The exam is on 7 June 2027 in Ghent."
    assert days(text, "exam")[0] == "2027-06-07"
    assert days(text, "the courses")[0] == "2027-05-03"
    assert days("Der Café-Besuch ist am 3 May 2027. Other: 7 June 2027.", "cafe")[0] == "2027-05-03"


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("Thursday, 26 November 2026 at 14:30", "2026-11-26 14:30"),
        ("Date: 26 November 2026\nTime: 14:30", "2026-11-26 14:30"),
        ("at 2.30 pm on 26 November 2026", "2026-11-26 14:30"),
        ("on Friday at nine", "2026-11-27 09:00"),
        ("on Friday at half past nine", "2026-11-27 09:30"),
        ("tomorrow at noon", "2026-11-23 12:00"),
        ("on 26.11.2026 um 14 Uhr", "2026-11-26 14:00"),
    ],
)
def test_a_time_is_found_on_its_day(text: str, hour: str) -> None:
    assert hours(text) == [hour]


def test_a_stretch_of_time_has_an_end() -> None:
    (found,) = extract("Delivery on Friday, 9-11 am.", "time", CLOCK)
    assert found.value == Span(
        datetime(2026, 11, 27, 9, tzinfo=ZONE), datetime(2026, 11, 27, 11, tzinfo=ZONE), "minute"
    )


@pytest.mark.parametrize(
    ("text", "number", "currency"),
    [
        ("The rent is 940 EUR.", "940", "EUR"),
        ("€ 1.234,56 in total", "1234.56", "EUR"),
        ("it costs £1,234.56", "1234.56", "GBP"),
        ("$12", "12", "USD"),
        ("1'234.50 CHF", "1234.50", "CHF"),
        ("1 234,50 €", "1234.50", "EUR"),
        ("CHF 20.-", "20", "CHF"),
        ("twelve plus 15 euros", "15", "EUR"),
        ("US$1,000,000", "1000000", "USD"),
    ],
)
def test_a_sum_of_money_is_a_number_and_a_currency(text: str, number: str, currency: str) -> None:
    (found,) = extract(text, "amount", CLOCK)
    assert found.value == Amount(Decimal(number), currency)


def test_the_total_comes_before_its_parts() -> None:
    assert values("Parts 80 EUR, work 40 EUR. Total: 120 EUR", "amount")[0] == "120 EUR"
    assert values("Rent 940 EUR. Heating 60 EUR.", "amount", "heating")[0] == "60 EUR"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Tracking number: 7Q4-88213-DE", "7Q4-88213-DE"),
        ("Your tracking number is 1Z 999 AA1 01 2345 6784.", "1Z 999 AA1 01 2345 6784"),
        ("Booking reference XKQPLM", ""),
        ("Booking reference: XKQPLM", "XKQPLM"),
        ("confirmation code\nHM4XYZ2", "HM4XYZ2"),
        ("The door code is 4471#.", "4471#"),
        ("the gate code has changed to 4471", "4471"),
        ("Order no. 30281-22 is ready", "30281-22"),
        ("Wi-Fi password: hunter2!x", "hunter2!x"),
        ("PIN: 0420", "0420"),
        ("IBAN DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
        ("Your order is ready", ""),
        ("The meeting is Friday", ""),
        ("the door was locked", ""),
    ],
)
def test_a_code_is_told_by_its_label(text: str, code: str) -> None:
    assert values(text, "code") == ([code] if code else [])


def test_the_code_that_was_asked_for_comes_first() -> None:
    assert values(PARCEL, "code", "door", "locker")[0] == "4471#"
    assert values(PARCEL, "code", "the tracking number")[0] == "7Q4-88213-DE"
    assert values(PARCEL, "code", "wifi password")[0] == "hunter2!x"


def test_a_link_ends_before_the_punctuation() -> None:
    assert values(PARCEL, "link") == ["https://parcel.example/t/7Q4?x=1"]
    assert values("see www.example.org, or <https://a.example/(b)>.", "link") == [
        "www.example.org",
        "https://a.example/(b)",
    ]
    assert values("javascript:alert(1) file:///etc/passwd http://x https://user:pw@evil.example/", "link") == []


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("Call +49 30 555 0101 or (030) 555-0102.", ["+49 30 555 0101", "(030) 555-0102"]),
        ("Tel.: 555 0101-22", ["555 0101-22"]),
        ("mobile 0176/55502210", ["0176/55502210"]),
        ("Order 30281-22 of 22.11.2026, invoice 0221 3344", []),
        ("1234567890 people", []),
    ],
)
def test_telephone_numbers_are_told_from_other_numbers(text: str, phones: list[str]) -> None:
    assert values(text, "phone") == phones


def test_mail_addresses_are_found() -> None:
    assert values(CLINIC, "email") == ["praxis@amato.example"]
    assert values("a@b, @c, x.y+z@sub.example.org!", "email") == ["x.y+z@sub.example.org"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("in our practice at Marktplatz 3, 10115 Berlin.", "Marktplatz 3, 10115 Berlin"),
        ("22 Acacia Avenue, London SW1A 1AA", "22 Acacia Avenue, London SW1A 1AA"),
        ("write to 123 Main St, Springfield, IL 62701 soon", "123 Main St, Springfield, IL 62701"),
        ("Lindenstr. 5\n12345 Musterstadt", "Lindenstr. 5, 12345 Musterstadt"),
        ("Address: The Old Mill, Lower Road", "The Old Mill, Lower Road"),
        ("12 Monkeys is a film", ""),
    ],
)
def test_postal_addresses_are_found(text: str, address: str) -> None:
    assert values(text, "address") == ([address] if address else [])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Where: the old library, 2nd floor", "the old library, 2nd floor"),
        ("Shall we meet at the lake on Saturday at three?", "the lake"),
        ("We meet at Café Central on Friday.", "Café Central"),
        ("The concert is at the Royal Albert Hall.", "the Royal Albert Hall"),
        ("It takes place in Room 4.12.", "Room 4.12"),
        ("See you at the latest on Friday.", ""),
        ("We meet in November at noon.", ""),
    ],
)
def test_places_are_found(text: str, place: str) -> None:
    assert values(text, "place")[:1] == ([place] if place else [])


@pytest.mark.parametrize(
    ("text", "birthday"),
    [
        ("Anna was born on 3 March 1984.", Birthday(3, 3, 1984)),
        ("Date of birth: 1984-03-03", Birthday(3, 3, 1984)),
        ("My birthday is on 3 March", Birthday(3, 3)),
        ("3 March is his birthday", Birthday(3, 3)),
        ("We meet on 3 March", None),
    ],
)
def test_birthdays_are_days_of_the_year(text: str, birthday: Birthday | None) -> None:
    assert [found.value for found in extract(text, "birthday", CLOCK)] == ([birthday] if birthday else [])


def test_every_value_is_quoted_with_its_sentence_and_comes_from_outside() -> None:
    (found,) = extract(CLINIC, "amount", CLOCK)
    assert found.quote == "The examination costs 84.50 EUR."
    assert found.source is Source.OUTSIDE
    assert CLINIC[found.at :].startswith("84.50 EUR")


def test_an_abbreviation_does_not_end_a_sentence() -> None:
    found = extract(CLINIC, "date", CLOCK, ("check-up",))[0]
    assert found.quote.startswith(
        "we confirm your dental check-up with Dr. Amato on Thursday, 26 November 2026 at 14:30 in our"
    )


def test_the_event_of_a_letter_is_put_together() -> None:
    details = event_details(CLINIC, CLOCK)
    moment = datetime(2026, 11, 26, 14, 30, tzinfo=ZONE)
    assert details.when == Span(moment, moment, "minute")
    assert details.place == "Marktplatz 3, 10115 Berlin"
    assert details.title == "Your dental check-up"
    assert [found.field for found in details.found] == ["time", "place"]


def test_the_title_of_an_event_is_what_it_is_called_in_the_text() -> None:
    assert event_details("We invite you to the summer concert on 5 June 2027.", CLOCK).title == "Summer concert"
    assert (
        event_details("your appointment with Dr. Amato is on Friday at nine", CLOCK).title
        == "Appointment with Dr. Amato"
    )


def test_what_a_letter_does_not_say_is_none() -> None:
    details = event_details("Thank you for everything.", CLOCK)
    assert (details.when, details.place, details.title, details.found) == (None, None, None, ())


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("when does the lease end", "The lease ends on 31 August 2027."),
        ("how much is the rent", "The rent is 940 EUR."),
        ("what about the Café", "The cafe below is closed."),
        ("who wrote the opera", None),
        ("", None),
    ],
)
def test_the_passage_that_answers_is_quoted(question: str, answer: str | None) -> None:
    text = (
        "Lease of the flat in Lindenstrasse 5.\nThe lease ends on 31 August 2027.\nThe rent is 940 EUR.\nThe cafe "
        "below is closed.\n"
    )
    assert passage(text, question.split()) == answer


def test_a_heading_comes_with_what_stands_below_it() -> None:
    assert (
        passage("Cats\n\nParking:\nBehind the house, space 4.\n", ["parking"]) == "Parking: Behind the house, space 4."
    )


_ROUGH = [
    "Aa ",
    "1 ",
    "1.",
    "at Aa ",
    "code is ",
    "a.a@",
    "http://a.b(",
    "12:30 ",
    "Aa the ",
    "€1,000 ",
    "Rue de ",
    "where: x\n",
    "\t ",
    "born 3 March 1984 ",
]


@pytest.mark.parametrize("unit", _ROUGH)
def test_long_texts_take_time_in_proportion(unit: str) -> None:
    text = (unit * 20_000)[:20_000]
    began = time.process_time()
    for field in FIELDS:
        extract(text, field, CLOCK, ("tracking", "a"))
    event_details(text, CLOCK)
    passage(text, ("tracking", "a"))
    assert time.process_time() - began < 10


_PIECES = st.sampled_from(
    [
        "on ",
        "3 March",
        " 2027",
        "\x1b[31m",
        "\u202e",
        "\n",
        "code: ",
        "A1B2C3",
        "https://",
        "x.y/" * 80,
        "€",
        "99",
        ".",
        " at ",
        "Aa " * 30,
        "@a.bc",
        "+49 30 5",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_PIECES, max_size=12).map("".join), st.sampled_from(FIELDS))
def test_every_value_is_bounded_and_on_one_line(text: str, field: str) -> None:
    for found in extract(text, field, CLOCK, ("code",)):
        for shown in (str(found.value) if not isinstance(found.value, Span) else "", found.quote, found.written):
            assert len(shown) <= 200
            assert shown.isprintable()
    details = event_details(text, CLOCK)
    assert all(len(value) <= 200 and value.isprintable() for value in (details.place, details.title) if value)
