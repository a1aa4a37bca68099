"""Reading in the sealed process gives what reading here gives, and whatever goes wrong in it costs one item."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.connectors.base import Item, Person, Shift, Source
from nearhand.connectors.errors import ConnectorError, DeniedError, LimitError, NotFoundError, UnreadableError
from nearhand.connectors.sealed import parsing, typed
from nearhand.connectors.sealed.parsing import HERE, READERS, Reader
from nearhand.connectors.sealed.parsing_apart import Apart
from nearhand.connectors.vdir.event_items import Place
from nearhand.connectors.vdir.vcards import Card

ZONE, ME = ZoneInfo("Europe/Berlin"), Person("Robin", "robin@keller.example")
MAIL = (
    b"From: Olga <olga@okafor.example>\r\nTo: robin@keller.example\r\nSubject: =?utf-8?q?Pl=C3=A4ne?=\r\n"
    b"Date: Mon, 23 Nov 2026 10:00:00 +0100\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nHere they are.\r\n"
    b"--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    b'--b\r\nContent-Disposition: attachment; filename="a.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC/w==\r\n--b--\r\n'
)
SERIES = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Yoga\r\nDTSTART;TZID=Europe/Berlin:20261105T180000\r\n"
    b"DTEND;TZID=Europe/Berlin:20261105T190000\r\nRRULE:FREQ=WEEKLY\r\nATTENDEE:mailto:olga@okafor.example\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n"
)
TASK = b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:2\r\nSUMMARY:Oats\r\nDUE;VALUE=DATE:20261105\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Olga \xff Okafor\r\nEMAIL:olga@okafor.example\r\nEND:VCARD\r\n"
PLACE = Place("calendar", "home/a.ics", "v1", "Home", 3)


@pytest.fixture
def apart() -> Iterator[Apart]:
    made = Apart()
    yield made
    made.close()


def test_every_reader_gives_the_same_as_here(apart: Apart) -> None:
    series = HERE.read(parsing.EVENT, SERIES, ZONE, PLACE, ME, "")
    window = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    asked: dict[str, tuple[object, ...]] = {
        "letter": (MAIL,), "glimpse": (MAIL,), "attachment": (MAIL, 1), "invitation": (MAIL,),
        "document": ("Käse, ünd".encode(), "a.txt"), "card": (CARD,), "event": (SERIES, ZONE, PLACE, ME, ""),
        "occurrences": (SERIES, ZONE, series, *window, ME), "calendar": (SERIES, ZONE), "task": (TASK, ZONE, PLACE),
    }  # fmt: skip
    assert asked.keys() | {"archive"} == READERS.keys()
    for name, (data, *rest) in asked.items():
        assert isinstance(data, bytes)
        assert apart.read(READERS[name], data, *rest) == HERE.read(READERS[name], data, *rest), name
    assert apart.started == 1
    if sys.platform == "linux":
        assert apart.sealed is not None and "seccomp" in apart.sealed.kernel


def test_an_archive_is_listed_through_the_open_file(apart: Apart, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("a/b.txt", "b" * 100_000)
    with (tmp_path / "a.zip").open("rb") as file:
        (entry,) = apart.read(parsing.ARCHIVE, file)
    assert (entry.path, entry.size) == ("a/b.txt", 100_000)
    with (tmp_path / "a.zip").open("r+b") as file:
        file.truncate(30)
        with pytest.raises(UnreadableError):
            apart.read(parsing.ARCHIVE, file)


def test_errors_come_back_as_what_they_were(apart: Apart) -> None:
    with pytest.raises(LimitError, match="nested"):
        apart.read(parsing.CARD, b"BEGIN:A\n" * 9)
    with pytest.raises(UnreadableError):
        apart.read(parsing.LETTER, b"\0\1\2")
    with pytest.raises(NotFoundError):
        apart.read(parsing.EVENT, SERIES, ZONE, PLACE, ME, "2026-11-06T18:00:00+01:00")
    assert apart.started == 1


def test_times_keep_the_zone_they_were_read_in(apart: Apart) -> None:
    item = apart.read(parsing.EVENT, SERIES, ZONE, PLACE, ME, "")
    assert item.when is not None and item.when.tzinfo is ZONE


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers that do what a parser should never do; the process is a copy of this one, so it has them too."""

    def forever(data: bytes) -> str:
        while True:
            pass

    def hungry(data: bytes) -> str:
        return str(len(bytearray(1 << 30)))

    def ends(data: bytes) -> str:
        os._exit(1)

    def asleep(data: bytes) -> str:
        time.sleep(60)
        return ""

    def reaches(data: bytes) -> str:
        import socket

        try:
            socket.socket()
        except OSError:
            return "refused"
        return "open"

    for name, function in (("forever", forever), ("hungry", hungry), ("ends", ends), ("asleep", asleep),
                           ("reaches", reaches)):  # fmt: skip
        monkeypatch.setitem(READERS, name, Reader(name, str, function))
    monkeypatch.setitem(READERS, "lies", Reader("lies", object, lambda data: {"not": "a letter"}))


linux = pytest.mark.skipif(sys.platform != "linux", reason="the process is a copy of this one on Linux only")


@linux
def test_what_never_ends_is_given_up_and_the_next_item_is_read(odd: None) -> None:
    apart = Apart(seconds=0.5)
    try:
        begun = time.process_time()
        with pytest.raises(LimitError, match=r"longer than 0\.5 s"):
            apart.read(READERS["forever"], b"")
        assert time.process_time() - begun < 5
        assert apart.read(parsing.GLIMPSE, b"Subject: next\n") == "next"
        assert apart.started == 2
    finally:
        apart.close()


@linux
def test_what_only_waits_is_given_up_too(odd: None) -> None:
    apart = Apart(seconds=0.1)
    try:
        with pytest.raises(LimitError):
            apart.read(READERS["asleep"], b"")
    finally:
        apart.close()


@linux
def test_what_eats_memory_costs_itself_only(odd: None, apart: Apart) -> None:
    with pytest.raises(LimitError, match="memory"):
        apart.read(READERS["hungry"], b"")
    assert apart.read(parsing.GLIMPSE, b"Subject: next\n") == "next"


@linux
def test_what_ends_the_process_costs_itself_only(odd: None, apart: Apart) -> None:
    with pytest.raises(UnreadableError, match="ended the process"):
        apart.read(READERS["ends"], b"")
    assert apart.read(parsing.GLIMPSE, b"Subject: next\n") == "next"


@linux
def test_the_readers_cannot_reach_a_network(odd: None, apart: Apart) -> None:
    assert apart.read(READERS["reaches"], b"") == "refused"


@linux
def test_an_answer_of_another_type_is_not_taken(odd: None, apart: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConnectorError):
        apart.read(READERS["lies"], b"")
    wrong = Reader("glimpse", Card, READERS["glimpse"].function)
    with pytest.raises(UnreadableError, match="cannot be used"):
        apart.read(wrong, MAIL)
    assert apart.read(parsing.GLIMPSE, b"Subject: next\n") == "next"


@linux
def test_a_process_that_was_killed_is_started_again_unseen(apart: Apart) -> None:
    apart.read(parsing.GLIMPSE, MAIL)
    os.kill(apart._process, signal.SIGKILL)
    assert apart.read(parsing.GLIMPSE, MAIL) == "Pläne"
    assert apart.started == 2


def test_with_threads_around_a_fresh_process_is_started(apart: Apart) -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        assert apart.read(parsing.GLIMPSE, MAIL) == "Pläne"
        assert apart.read(parsing.DOCUMENT, b"words", "a.txt") == "words"
        if sys.platform == "linux":
            assert apart.sealed is not None and "seccomp" in apart.sealed.kernel
    finally:
        done.set()
        other.join()


def test_a_large_mail_goes_through(apart: Apart) -> None:
    body = b"Subject: big\r\n\r\n" + b"word " * 1_000_000
    assert apart.read(parsing.LETTER, body) == HERE.read(parsing.LETTER, body)


def test_many_are_read_in_order_with_errors_in_their_places(apart: Apart) -> None:
    mails = [b"Subject: %d\r\n\r\n%b" % (n, b"x" * (n * 997 % 90_000)) for n in range(100)]
    mails[3] = mails[50] = b"\0"
    found = list(apart.read_all(parsing.LETTER, mails))
    told = [type(each).__name__ if isinstance(each, ConnectorError) else each.subject for each in found]
    assert told == ["UnreadableError" if n in (3, 50) else str(n) for n in range(100)]
    assert [repr(each) for each in HERE.read_all(parsing.LETTER, mails)] == [repr(each) for each in found]


def test_something_else_may_be_read_between_two_of_many(apart: Apart) -> None:
    subjects = []
    for letter in apart.read_all(parsing.LETTER, [b"Subject: %d\r\n\r\n" % n for n in range(50)]):
        assert not isinstance(letter, ConnectorError)
        subjects.append(letter.subject)
        assert apart.read(parsing.GLIMPSE, b"Subject: between\n") == "between"
    assert subjects == [str(n) for n in range(50)]


@linux
def test_of_many_only_the_one_that_breaks_the_process_is_lost(apart: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    def reads(data: bytes) -> str:
        if data == b"7":
            os._exit(1)
        while data == b"9":
            pass
        return data.decode()

    fragile = Reader("fragile", str, reads)
    monkeypatch.setitem(READERS, "fragile", fragile)
    apart.seconds = 0.5
    found = list(apart.read_all(fragile, [str(n).encode() for n in range(20)]))
    assert [n for n, each in enumerate(found) if isinstance(each, ConnectorError)] == [7, 9]
    assert [each for each in found if isinstance(each, str)] == [str(n) for n in range(20) if n not in (7, 9)]


def test_closing_leaves_no_process(apart: Apart) -> None:
    apart.read(parsing.GLIMPSE, MAIL)
    process = apart._process
    apart.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


# --- the values ------------------------------------------------------------------------------------------------------

text = st.text(st.characters(), max_size=20)
items = st.builds(
    Item, text, text, text, text, text, text, st.none() | st.datetimes(timezones=st.just(ZONE)),
    people=st.lists(st.tuples(text, st.builds(Person, text, text))).map(tuple), tags=st.frozensets(text), text=text,
    source=st.sampled_from(Source), extra=st.dictionaries(text, text), size=st.integers(), all_day=st.booleans(),
)  # fmt: skip


@given(st.lists(items, max_size=3))
def test_values_come_back_equal(values: list[Item]) -> None:
    assert typed.loaded(list[Item], typed.dumped(list[Item], values)) == values


def test_amounts_of_time_come_back_equal() -> None:
    shift = Shift(1, -2, timedelta(hours=-3, microseconds=5))
    assert typed.loaded(Shift, typed.dumped(Shift, shift)) == shift


@pytest.mark.parametrize("said", (
    b"", b"null", b"{}", b"[]", b'["a"]', b'["a", 1]', b'[["a"], "b"]', b'["a", "b", "c"]', b"[" * 100_000, b'"\xff"',
))  # fmt: skip
def test_nothing_but_the_type_that_is_expected_is_read(said: bytes) -> None:
    with pytest.raises((TypeError, ValueError)):
        typed.loaded(Person, said)


@given(st.binary(max_size=200))
def test_whatever_is_sent_reading_it_raises_nothing_else(said: bytes) -> None:
    with contextlib.suppress(TypeError, ValueError):
        assert isinstance(typed.loaded(Person, said), Person)


def test_denials_come_back_as_denials(apart: Apart, tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("../up", "x")
    (tmp_path / "a.zip").write_bytes(made.getvalue())
    with (tmp_path / "a.zip").open("rb") as file, pytest.raises(DeniedError):
        apart.read(parsing.ARCHIVE, file)
