"""Searches find what a person would expect, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.search.index import Index
from nearhand.agent.search.query import Query
from nearhand.connectors.base import Item, Person, Span
from nearhand.connectors.files.kinds import kinds_of
from nearhand.connectors.memory import MemoryConnector

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CLOCK = Clock(NOW)
OLGA = Person("Olga Petrova", "olga@x.example")
WEBER = Person("Müller & Weber", "info@weber.example")
DAY = timedelta(days=1)

FILES = (
    ("Documents/floor_plan-v2.pdf", 5, 300, ""),
    ("Documents/Floor Plan (old).pdf", 50, 200, ""),
    ("Documents/planet floor.txt", 1, 1, ""),
    ("Documents/Contracts/lease.pdf", 9, 4_000, "signed by the bank"),
    ("Documents/Contracts/lease renewal.pdf", 8, 5_000, ""),
    ("Documents/rent.txt", 7, 10, "about the lease and the boiler"),
    ("Documents/CV_2025.pdf", 3, 20, ""),
    ("Documents/cover letter.docx", 3, 30, "see my CV"),
    ("Documents/quotation Meier.pdf", 3, 40, "scaffolding and paint"),
    ("Documents/Receipts/2025/shop.pdf", 2, 50, ""),
    ("Documents/Archive/Receipts.zip", 2, 60, ""),
    ("Documents/Kündigung Fitnessstudio.pdf", 2, 70, ""),
    ("Downloads/scan_001.pdf", 1, 80, ""),
    ("Downloads/IMG_1.jpg", 1, 2_000_000, ""),
    ("Downloads/IMG_14.jpg", 4, 3_000_000, ""),
    ("Downloads/movie.mp4", 6, 900_000_000, ""),
    ("Downloads/meetingNotes.md", 6, 1, ""),
)
MAILS = (
    ("Inbox", "Budget", OLGA, 1, {"unread"}, "the figures"),
    ("Inbox", "Re: Budget 2026", WEBER, 2, {"read", "flagged"}, "ok"),
    ("Inbox", "Dinner", OLGA, 3, {"read"}, "is the budget fine?"),
    ("Bank", "Statement", WEBER, 4, {"read", "attachment"}, ""),
    ("Trash", "Old budget", OLGA, 5, {"read"}, ""),
    ("Sent", "Hello", Person("Robin", "robin@x.example"), 0.1, {"read"}, ""),
)
EVENTS = (
    ("Dentist", -30, 1, ()), ("Site visit", -2, 1, (OLGA,)), ("Standup", 2, 1, ()), ("Coffee with Olga", 26, 1, ()),
    ("Conference", 40, 72, ()), ("Yoga", 50, 1, ()),
)  # fmt: skip
TASKS = (
    ("Call the bank", -1, {"open"}),
    ("Buy milk", None, {"open"}),
    ("Pay rent", 2, {"open"}),
    ("Old", -9, {"done"}),
)


def _file(path: str, days: float, size: int, text: str) -> Item:
    place, _, name = path.rpartition("/")
    tags = kinds_of(name, place)
    return Item("files", f"/r/{path}", "", "file", name, place, NOW - days * DAY, size=size, tags=tags, text=text)


def _mail(place: str, title: str, sender: Person, days: float, tags: set[str], text: str) -> Item:
    people = (("from", sender), ("to", OLGA if place == "Sent" else Person("Robin", "robin@x.example")))
    when = NOW - days * DAY
    return Item(
        "mail", f"{place}/{title}", "", "mail", title, place, when, people=people, tags=frozenset(tags), text=text
    )


def _event(title: str, hours: float, length: float, people: tuple[Person, ...]) -> Item:
    start = NOW + timedelta(hours=hours)
    end, roles = start + timedelta(hours=length), tuple(("attendee", who) for who in people)
    return Item("calendar", title, "", "event", title, "personal", start, end, people=roles)


def _task(title: str, days: float | None, tags: set[str]) -> Item:
    when = None if days is None else NOW + days * DAY
    return Item("tasks", title, "", "task", title, "To do", when, tags=frozenset(tags))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folders = [
        Item("files", "/r/Documents/Receipts", "", "folder", "Receipts", "Documents", NOW, tags=frozenset({"folder"}))
    ]
    made: list[Path] = [tmp_path_factory.mktemp("index")]
    connectors = [
        MemoryConnector([*folders, *(_file(*row) for row in FILES)], "files"),
        MemoryConnector([_mail(*row) for row in MAILS], "mail"),
        MemoryConnector([_event(*row) for row in EVENTS], "calendar"),
        MemoryConnector([Item("tasks", "l", "", "list", "To do"), *(_task(*row) for row in TASKS)], "tasks"),
    ]
    with Index(made[0] / "index.db", connectors) as opened:
        opened.refresh()
        yield opened


def _found(index: Index, query: Query) -> list[str]:
    return [item.title for item in index.find(query, CLOCK)]


def test_the_tables_of_this_test_are_indexed(index: Index) -> None:
    assert index.measure(Query("files"), CLOCK)[0] == len(FILES) + 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("lease",), ["lease.pdf"]),  # an exact name wins over names that begin with it, and over text
        (("LEASE.PDF",), ["lease.pdf"]),
        (("the leases",), ["lease renewal.pdf", "lease.pdf"]),  # one and many are alike
        (("floor plan",), ["floor_plan-v2.pdf", "Floor Plan (old).pdf"]),  # and "planet" is no plan
        (("kundigung",), ["Kündigung Fitnessstudio.pdf"]),
        (("Kuendigung",), ["Kündigung Fitnessstudio.pdf"]),
        (("fitness",), ["Kündigung Fitnessstudio.pdf"]),  # beginnings count when no whole word does
        (("meeting notes",), ["meetingNotes.md"]),
        (("contracts renewal",), ["lease renewal.pdf"]),  # the folder helps
        (("boiler",), ["rent.txt"]),  # the text, when no name has it
        (("IMG_1",), ["IMG_1.jpg"]),
        (("img",), ["IMG_1.jpg", "IMG_14.jpg"]),
        (("2025/shop.pdf",), ["shop.pdf"]),
        (("~/Documents/rent.txt",), ["rent.txt"]),
        (("receipts",), ["Receipts", "Receipts.zip"]),
        (("nothing like it",), []),
        (("CV", "cover letter"), ["CV_2025.pdf", "cover letter.docx"]),  # one each
        (("quotation", "scaffolding"), ["quotation Meier.pdf"]),  # one that is both
        (("lease", "renewal"), ["lease renewal.pdf"]),
        (('"; DROP TABLE item --',), []),
        (("NEAR(a b) OR *",), []),
        (("...",), []),  # no word in it: that must not mean everything
    ],
)
def test_words_find(index: Index, words: tuple[str, ...], expected: list[str]) -> None:
    assert sorted(_found(index, Query("files", words=words))) == sorted(expected)


def test_words_can_be_told_to_name_one_thing_or_several(index: Index) -> None:
    assert _found(index, Query("files", words=("lease", "rent"), joined="all")) == ["rent.txt"]
    assert set(_found(index, Query("files", words=("lease", "rent"), joined="any"))) == {"lease.pdf", "rent.txt"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query("files", kinds=("photo",)), ["IMG_1.jpg", "IMG_14.jpg"]),
        (Query("files", kinds=("photo", "video")), ["IMG_1.jpg", "IMG_14.jpg", "movie.mp4"]),
        (Query("files", kinds=("pdf", "scan")), ["scan_001.pdf"]),
        (Query("files", kinds=("folder",)), ["Receipts"]),
        (Query("files", place="Contracts"), ["lease renewal.pdf", "lease.pdf"]),
        (Query("files", place="the receipts folder"), ["shop.pdf"]),
        (Query("files", place="/r/Documents/Receipts"), ["shop.pdf"]),
        (Query("files", place="Documents/Archive"), ["Receipts.zip"]),
        (Query("files", place="/r/Doc"), []),
        (Query("files", size=(1_000_000, None), which="smallest"), ["IMG_1.jpg"]),
        (Query("files", size=(None, 1)), ["planet floor.txt", "meetingNotes.md"]),
        (Query("files", which="largest", count=2), ["movie.mp4", "IMG_14.jpg"]),
        (Query("files", kinds=("pdf",), which="oldest"), ["Floor Plan (old).pdf"]),
        (Query("files", kinds=("pdf",), which="latest"), ["scan_001.pdf"]),
        (Query("files", place="Downloads", which="second"), ["IMG_14.jpg"]),
        (Query("files", place="Downloads", span=Span(NOW - 2 * DAY, None)), ["IMG_1.jpg", "scan_001.pdf"]),
        (Query("files", place="Downloads", except_words=("photos", "movie")), ["scan_001.pdf", "meetingNotes.md"]),
        (Query("files", kinds=("photo",), except_words=("the newest one",)), ["IMG_14.jpg"]),
        (Query("mail", words=("budget",)), ["Budget", "Re: Budget 2026"]),
        (Query("mail", words=("budget",), place="trash"), ["Old budget"]),
        (Query("mail", words=("fine",)), ["Dinner"]),
        (Query("mail", people=(("from", OLGA),)), ["Budget", "Dinner"]),
        (Query("mail", people=(("from", "olga"),)), ["Budget", "Dinner"]),
        (Query("mail", people=(("to", "Olga"),)), ["Hello"]),
        (Query("mail", people=((None, "mueller"),)), ["Re: Budget 2026", "Statement"]),
        (Query("mail", people=((None, Person("Olga Petrova")),)), ["Hello", "Budget", "Dinner"]),
        (Query("mail", states=("unread",)), ["Budget"]),
        (Query("mail", states=("read", "flagged")), ["Re: Budget 2026"]),
        (Query("mail", kinds=("attachment",)), ["Statement"]),
        (Query("mail", which="latest"), ["Budget"]),
        (Query("mail", which="last", count=2), ["Budget", "Re: Budget 2026"]),
        (Query("mail", which="first"), ["Statement"]),
        (Query("mail", place="my inbox", except_words=("Olga",)), ["Re: Budget 2026"]),
        (Query("mail", span=Span(NOW - 2.5 * DAY, NOW)), ["Budget", "Re: Budget 2026"]),
        (Query("calendar"), ["Dentist", "Site visit", "Standup", "Coffee with Olga", "Conference", "Yoga"]),
        (Query("calendar", which="next"), ["Standup"]),
        (Query("calendar", which="next", count=2), ["Standup", "Coffee with Olga"]),
        (Query("calendar", which="last"), ["Site visit"]),
        (Query("calendar", which="previous"), ["Site visit"]),
        (Query("calendar", which="first"), ["Site visit"]),
        (Query("files", people=((None, "contracts"),)), ["lease renewal.pdf", "lease.pdf"]),  # "the papers of Contracts"
        (Query("calendar", people=((None, OLGA),)), ["Site visit", "Coffee with Olga"]),
        (Query("calendar", span=Span(NOW + 2 * DAY, NOW + 3 * DAY)), ["Conference", "Yoga"]),
        (Query("calendar", span=Span(NOW + 2 * DAY, NOW + 3 * DAY), which="last"), ["Yoga"]),
        (Query("calendar", span=Span(NOW + 2 / 24 * DAY, NOW + 2 / 24 * DAY, "minute")), ["Standup"]),
        (Query("tasks", states=("open",)), ["Call the bank", "Pay rent", "Buy milk"]),
        (Query("tasks", states=("overdue",)), ["Call the bank"]),
        (Query("tasks", states=("done",)), ["Old"]),
        (Query("tasks", kinds=("list",)), ["To do"]),
        (Query("tasks", place="To do"), ["Old", "Call the bank", "Pay rent", "Buy milk"]),
        (Query("tasks"), ["Old", "Call the bank", "Pay rent", "Buy milk"]),
        (Query("tasks", place="the to do list", words=("milk",)), ["Buy milk"]),
    ],
)
def test_slots_narrow(index: Index, query: Query, expected: list[str]) -> None:
    found = _found(index, query)
    assert sorted(found) == sorted(expected)
    if query.which or query.area in ("calendar", "tasks"):
        assert found == expected


def test_a_count_alone_cuts_nothing_but_a_limit_does(index: Index) -> None:
    assert len(_found(index, Query("files", kinds=("pdf",), count=2))) > 2
    assert len(_found(index, Query("files", kinds=("pdf",), which="any", count=2))) == 2
    assert len(index.find(Query("files", kinds=("pdf",)), CLOCK, limit=3)) == 3


def test_files_come_with_the_best_match_first_then_the_newest(index: Index) -> None:
    assert _found(index, Query("files", words=("floor plan",)))[0] == "floor_plan-v2.pdf"
    assert _found(index, Query("files", words=("letter",), place="Documents")) == ["cover letter.docx"]


def test_sizes_are_added_up_without_reading_anything(index: Index) -> None:
    assert index.measure(Query("files", kinds=("photo",)), CLOCK) == (2, 5_000_000)
    assert index.measure(Query("files", words=("no such thing",)), CLOCK) == (0, 0)


def test_an_exception_that_matches_nothing_is_told(index: Index) -> None:
    query = Query("files", place="Downloads", except_words=("photos", "the lease"))
    assert index.missed(query, CLOCK) == ("the lease",)


def test_occurrences_of_a_series_are_found_one_by_one(tmp_path: Path) -> None:
    weekly = Item(
        "calendar", "yoga", "", "event", "Yoga", "p", NOW - 70 * DAY, NOW - 70 * DAY, tags=frozenset({"recurring"})
    )

    class Series(MemoryConnector):
        def occurrences(self, items: Iterable[Item], span: Span) -> list[Item]:
            assert span.start and span.end
            times = [(item, item.when + 7 * n * DAY) for item in items if item.when for n in range(100)]
            within = [(item, t) for item, t in times if span.start <= t < span.end]
            return [replace(item, ref=f"{item.ref}#{t:%F}", when=t, end=t) for item, t in within]

    with Index(tmp_path / "i.db", [Series([weekly], "calendar")]) as index:
        index.refresh()
        fortnight = Span(NOW, NOW + 14 * DAY)
        assert [i.ref for i in index.find(Query("calendar", span=fortnight), CLOCK)] == [
            "yoga#2026-11-20",
            "yoga#2026-11-27",
        ]
        assert [i.ref for i in index.find(Query("calendar", which="last"), CLOCK)] == ["yoga#2026-11-13"]
        assert [i.ref for i in index.find(Query("calendar", which="next"), CLOCK)] == ["yoga#2026-11-20"]
        assert [i.ref for i in index.find(Query("calendar"), CLOCK)] == ["yoga"]
