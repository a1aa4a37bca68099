"""The index follows the world, and gives back what it was given."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.search.index import Index
from nearhand.agent.search.query import Query
from nearhand.agent.search.refresh import VanishedError
from nearhand.connectors.base import Item, Person
from nearhand.connectors.errors import UnreadableError
from nearhand.connectors.memory import MemoryConnector

CLOCK = Clock(datetime(2026, 11, 20, 12, tzinfo=UTC))


def _file(name: str, folder: str = "/r/Documents", text: str = "") -> Item:
    place = folder.removeprefix("/r/")
    return Item("files", f"{folder}/{name}", "", "file", name, place, CLOCK.now, tags=frozenset({"file"}), text=text)


@pytest.fixture
def files() -> MemoryConnector:
    return MemoryConnector([_file("lease.pdf", text="The rent is due."), _file("notes.txt")], "files")


@pytest.fixture
def index(tmp_path: Path, files: MemoryConnector) -> Iterator[Index]:
    with Index(tmp_path / "index.db", [files]) as made:
        made.refresh()
        yield made


def _titles(index: Index, *words: str) -> list[str]:
    return [item.title for item in index.find(Query("files", words=words), CLOCK)]


def test_what_is_found_is_equal_to_what_the_connector_has(index: Index, files: MemoryConnector) -> None:
    assert index.find(Query("files", words=("lease",)), CLOCK) == [files.items["/r/Documents/lease.pdf"]]


def test_a_second_refresh_loads_nothing(index: Index) -> None:
    result = index.refresh()
    assert (result.loaded, result.removed, result.complete) == (0, 0, True)


def test_a_new_a_changed_and_a_vanished_file_are_noticed(index: Index, files: MemoryConnector) -> None:
    files.items["/r/Documents/new.txt"] = replace(_file("new.txt"), version="1")
    files.items["/r/Documents/lease.pdf"] = replace(_file("lease.pdf", text="zebra"), version="2")
    del files.items["/r/Documents/notes.txt"]
    result = index.refresh(["files"])
    assert (result.loaded, result.removed) == (2, 1)
    assert _titles(index, "new") == ["new.txt"] and _titles(index, "zebra") == ["lease.pdf"]
    assert _titles(index, "notes") == [] and _titles(index, "rent") == []


def test_everything_gone_at_once_is_an_error_and_forgets_nothing(index: Index, files: MemoryConnector) -> None:
    files.items.clear()
    with pytest.raises(VanishedError, match="unplugged disk"):
        index.refresh()
    assert _titles(index, "lease") == ["lease.pdf"]


def test_everything_gone_is_accepted_when_it_is_known_to_be_so(index: Index, files: MemoryConnector) -> None:
    files.items.clear()
    assert index.refresh(emptied={"files"}).removed == 2


def test_the_last_single_thing_may_go(tmp_path: Path) -> None:
    tasks = MemoryConnector([Item("tasks", "a", "", "task", "Call")], "tasks")
    with Index(tmp_path / "i.db", [tasks]) as index:
        index.refresh()
        tasks.items.clear()
        assert index.refresh().removed == 1


def test_one_area_that_fails_does_not_keep_the_others_from_being_refreshed(tmp_path: Path) -> None:
    class Broken(MemoryConnector):
        def scan(self) -> Iterator[tuple[str, str]]:
            raise UnreadableError("The mails cannot be read.")

    tasks = MemoryConnector([Item("tasks", "a", "", "task", "Call")], "tasks")
    with Index(tmp_path / "i.db", [Broken(name="mail"), tasks]) as index:
        with pytest.raises(UnreadableError):
            index.refresh()
        assert len(index.find(Query("tasks"), CLOCK)) == 1


def test_what_cannot_be_read_is_told_once_and_not_tried_again(tmp_path: Path) -> None:
    class Half(MemoryConnector):
        def load(self, ref: str) -> Item:
            if ref == "bad":
                raise UnreadableError("bad cannot be read.")
            return super().load(ref)

    tasks = Half([Item("tasks", "bad", "", "task", "?"), Item("tasks", "good", "", "task", "Call")], "tasks")
    with Index(tmp_path / "i.db", [tasks]) as index:
        assert index.refresh().problems == [("tasks", "bad", "bad cannot be read.")]
        assert index.refresh().problems == []
        assert [item.ref for item in index.find(Query("tasks"), CLOCK)] == ["good"]


def test_when_the_time_is_up_the_next_refresh_carries_on(tmp_path: Path) -> None:
    files = MemoryConnector([_file(f"{number}.txt") for number in range(450)], "files")
    told: list[tuple[str, int, int]] = []
    with Index(tmp_path / "i.db", [files]) as index:
        assert index.refresh(seconds=0).waiting == 450
        assert index.refresh(progress=lambda *step: told.append(step)).loaded == 450
    assert told == [("files", 200, 450), ("files", 400, 450), ("files", 450, 450)]


def test_the_index_is_there_after_it_was_closed(tmp_path: Path, index: Index, files: MemoryConnector) -> None:
    index.close()
    with Index(tmp_path / "index.db", [files]) as again:
        assert again.refresh().loaded == 0
        assert _titles(again, "lease") == ["lease.pdf"]


def test_other_settings_build_it_anew(tmp_path: Path, index: Index, files: MemoryConnector) -> None:
    index.close()
    with Index(tmp_path / "index.db", [files], settings="other roots") as again:
        assert again.refresh().loaded == 2


@pytest.mark.parametrize("rubbish", [b"", b"no database at all" * 100, b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_file_is_built_anew(tmp_path: Path, files: MemoryConnector, rubbish: bytes) -> None:
    (tmp_path / "i.db").write_bytes(rubbish)
    with Index(tmp_path / "i.db", [files]) as index:
        assert index.refresh().loaded == 2


def test_damage_found_while_searching_is_mended(tmp_path: Path, files: MemoryConnector) -> None:
    path = tmp_path / "i.db"
    with Index(path, [files]) as index:
        index.refresh()
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xa5" * (len(data) - 8192)
    path.write_bytes(data)
    with Index(path, [files]) as index:
        assert _titles(index, "lease") == ["lease.pdf"]


def test_an_index_of_another_version_is_built_anew(tmp_path: Path, files: MemoryConnector) -> None:
    base = sqlite3.connect(tmp_path / "i.db")
    base.executescript("CREATE TABLE meta (format TEXT); INSERT INTO meta VALUES ('1');")
    base.close()
    with Index(tmp_path / "i.db", [files]) as index:
        assert index.refresh().loaded == 2


def test_it_knows_people_places_and_folders(tmp_path: Path) -> None:
    olga, jon = Person("Olga", "olga@x.example"), Person("Jon", "jon@x.example")
    mail = MemoryConnector(
        [
            Item("mail", "1", "", "mail", "a", "Inbox", people=(("from", olga), ("to", jon))),
            Item("mail", "2", "", "mail", "b", "Bank", people=(("from", olga),)),
        ],
        "mail",
    )
    folder = MemoryConnector([replace(_file("Taxes"), kind="folder")], "files")
    with Index(tmp_path / "i.db", [mail, folder]) as index:
        index.refresh()
        assert index.people() == [olga, jon]
        assert index.places("mail") == ["Bank", "Inbox"]
        assert index.folders() == ["/r/Documents/Taxes"]
        found = index.get("mail", "2")
        assert found is not None and found.title == "b" and index.get("mail", "3") is None


def test_many_may_open_a_new_index_at_the_same_moment(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def opened(number: int) -> bool:
        with Index(tmp_path / "index.db", [], "same") as index:
            return index.refresh().complete

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(opened, range(24)))
