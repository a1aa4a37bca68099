"""The files connector on real folders: what it sees, plans, does, refuses, and takes back."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nearhand.connectors.base import Call, Effect, Item, World
from nearhand.connectors.errors import ConflictError, DeniedError, ExistsError, NotFoundError, UnreadableError
from nearhand.connectors.files.connector import FilesConnector
from nearhand.connectors.files.items import Usage


class Home:
    """A root with a connector, and short words for what tests do."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "home"
        self.root.mkdir(parents=True)
        self.files = FilesConnector([self.root], folder / "trash")

    def put(self, *names: str, data: str = "data") -> None:
        for name in names:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(data)

    def item(self, name: str) -> Item:
        return self.files.load(str(self.root / name))

    def plan(self, action: str, *names: str, **args: object) -> list[Effect]:
        places = {key: str(self.root / str(value)) if key in ("to", "in") else value for key, value in args.items()}
        return list(self.files.expand(Call(f"files.{action}", tuple(self.item(name) for name in names), places)))

    def do(self, action: str, *names: str, **args: object) -> list[Effect]:
        """Plan and apply; returns the inverses, the last one first."""
        return self.apply(self.plan(action, *names, **args))

    def apply(self, effects: list[Effect]) -> list[Effect]:
        back: list[Effect] = []
        for effect in effects:
            back.insert(0, self.files.inverse(effect))
            self.files.apply(effect)
        return back

    def tree(self) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


# What it sees


def test_scanning_skips_hidden_things_and_lists_links_without_following_them(home: Home, tmp_path: Path) -> None:
    home.put("a.txt", "Taxes/b.txt", ".hidden/c.txt", ".d")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").touch()
    (home.root / "link").symlink_to(tmp_path / "outside")
    os.mkfifo(home.root / "pipe")
    found = {Path(ref).relative_to(home.root).as_posix() for ref, _ in home.files.scan()}
    assert found == {"a.txt", "Taxes", "Taxes/b.txt", "link"}
    assert home.item("link").kind == "file" and home.item("link").text == ""


def test_an_item_says_what_it_is(home: Home) -> None:
    home.put("Taxes/Rent for May.txt", data="pay on the first")
    os.utime(home.root / "Taxes" / "Rent for May.txt", (1_700_000_000, 1_700_000_000))
    item = home.item("Taxes/Rent for May.txt")
    assert (item.title, item.place, item.kind, item.size) == ("Rent for May.txt", "Taxes", "file", 16)
    assert item.when == datetime.fromtimestamp(1_700_000_000, UTC)
    assert item.text == "pay on the first"
    assert {"text", "document", "file"} == item.tags
    assert home.item("Taxes").tags == {"folder"} and home.item("Taxes").place == ""


def test_with_several_roots_a_place_begins_with_the_name_of_its_root(tmp_path: Path) -> None:
    for name in ("Documents/Taxes", "Downloads"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "Documents" / "Taxes" / "a").touch()
    files = FilesConnector([tmp_path / "Documents", tmp_path / "Downloads"], tmp_path / "trash")
    assert files.load(str(tmp_path / "Documents/Taxes/a")).place == "Documents/Taxes"
    assert files.load(str(tmp_path / "Documents/Taxes/a")).tags >= {"empty"}


def test_a_document_that_cannot_be_read_is_still_an_item(home: Home) -> None:
    home.put("broken.pdf", data="%PDF-nonsense")
    item = home.item("broken.pdf")
    assert item.text == "" and "broken.pdf" in item.extra["unreadable"]


def test_a_missing_root_is_an_error_and_never_an_empty_scan(home: Home) -> None:
    home.root.rename(home.root.with_name("unplugged"))
    with pytest.raises(NotFoundError):
        list(home.files.scan())


def test_a_version_changes_with_the_content_and_a_folder_keeps_its_own(home: Home) -> None:
    home.put("f/a")
    file, folder = home.item("f/a").version, home.item("f").version
    home.put("f/a", data="more data")
    assert home.item("f/a").version != file
    assert home.item("f").version == folder


def test_twenty_thousand_files_are_all_scanned(home: Home) -> None:
    for number in range(20):
        (home.root / str(number)).mkdir()
        for name in range(1000):
            os.close(os.open(home.root / str(number) / f"{name}.txt", os.O_CREAT))
    assert sum(1 for _ in home.files.scan()) == 20_020


def test_usage_counts_all_the_way_down(home: Home) -> None:
    home.put("f/a", "f/g/b", "f/.c")
    assert home.files.usage(str(home.root / "f")) == Usage(files=3, folders=1, size=12)
    assert len(list(home.files.children(str(home.root / "f")))) == 2


def test_duplicates_are_found_by_content_with_the_oldest_first(home: Home) -> None:
    home.put("a", "c", data="x" * 100_000)
    home.put("b", data="x" * 99_999 + "y")
    home.put("small", "copy of small", data="s")
    home.put("empty", "empty too", data="")
    (home.root / "hard link of a").hardlink_to(home.root / "a")
    os.utime(home.root / "c", (1, 1))
    items = [home.files.load(ref) for ref, _ in home.files.scan()]
    groups = [[item.title for item in group] for group in home.files.duplicates(items)]
    assert groups[0][0] == "c" and len(groups[0]) == 2
    assert sorted(groups[1]) == ["copy of small", "small"]
    assert len(groups) == 2


# What it plans and does


def test_moving_makes_the_missing_folders_and_undo_takes_them_away(home: Home) -> None:
    home.put("a.txt", "b.txt")
    before = home.tree()
    back = home.do("move", "a.txt", "b.txt", to="2024/May")
    assert home.tree() == ["2024", "2024/May", "2024/May/a.txt", "2024/May/b.txt"]
    home.apply(back)
    assert home.tree() == before


def test_a_folder_with_something_new_in_it_is_not_taken_away(home: Home) -> None:
    home.put("a")
    back = home.do("move", "a", to="New")
    home.put("New/mine")
    home.apply(back[:1])
    with pytest.raises(ConflictError):
        home.files.apply(back[1])
    assert home.tree() == ["New", "New/mine", "a"]


def test_a_clash_is_refused_or_numbered_when_told(home: Home) -> None:
    home.put("a.txt", "f/a.txt", "g/a.txt")
    with pytest.raises(ExistsError):
        home.plan("move", "a.txt", to="f")
    home.do("move", "a.txt", "g/a.txt", to="f", on_clash="number")
    assert home.tree() == ["f", "f/a (2).txt", "f/a (3).txt", "f/a.txt", "g"]


def test_two_things_of_one_call_never_take_one_place(home: Home) -> None:
    home.put("f/a", "g/a")
    with pytest.raises(ExistsError):
        home.plan("move", "f/a", "g/a", to="new")


def test_names_that_look_the_same_are_the_same(home: Home) -> None:
    home.put("cafe\u0301.txt", "x.txt")
    with pytest.raises(ExistsError):
        home.plan("rename", "x.txt", name="caf\u00e9")


def test_a_target_that_appears_after_planning_is_not_overwritten(home: Home) -> None:
    home.put("a", "f/b")
    effects = home.plan("move", "a", to="f")
    home.put("f/a", data="mine")
    with pytest.raises(ExistsError):
        home.files.apply(effects[0])
    assert (home.root / "f" / "a").read_text() == "mine" and (home.root / "a").exists()


def test_what_lies_there_already_is_not_moved(home: Home) -> None:
    home.put("f/a")
    assert home.plan("move", "f/a", to="f") == []


def test_a_folder_cannot_go_into_itself(home: Home) -> None:
    home.put("f/g/a")
    for action in ("move", "copy"):
        with pytest.raises(DeniedError):
            home.plan(action, "f", to="f/g")


def test_what_lies_in_a_chosen_folder_goes_with_it(home: Home) -> None:
    home.put("f/a", "g/x")
    home.do("move", "f", "f/a", to="g")
    assert home.tree() == ["g", "g/f", "g/f/a", "g/x"]


@pytest.mark.parametrize(
    ("old", "name", "new"),
    [
        ("a.txt", "notes", "notes.txt"), ("a.txt", "notes.md", "notes.md"), ("a.pdf", "Dr.Smith", "Dr.Smith.pdf"),
        ("a", "b", "b"), ("a.pdf", "Report 2.0", "Report 2.0.pdf"), ("a.JPG", "b.jpg", "b.jpg"),
        ("a.tar.gz", "b", "b.tar.gz"), ("a.xyz", "b", "b.xyz"),
    ],
)  # fmt: skip
def test_renaming_keeps_the_ending_unless_another_is_said(old: str, name: str, new: str, home: Home) -> None:
    home.put(old)
    home.do("rename", old, name=name)
    assert home.tree() == [new]


@pytest.mark.parametrize("name", ["a/b", "..", "a\nb", "a\u202etxt", "", ".hidden", "x" * 260])
def test_impossible_names_are_denied(name: str, home: Home) -> None:
    home.put("a.txt")
    for action, names in (("rename", ["a.txt"]), ("new_folder", [])):
        with pytest.raises(DeniedError):
            home.plan(action, *names, name=name)


def test_odd_names_that_are_already_there_can_be_moved_and_mended(home: Home) -> None:
    home.put("bad\nname\x1b.txt", "f/x")
    before = home.tree()
    back = home.do("move", "bad\nname\x1b.txt", to="f") + home.do("rename", "f/x", name="y")
    effect = home.plan("rename", "f/bad\nname\x1b.txt", name="good")[0]
    assert "\n" not in home.files.preview(effect).text and "\x1b" not in home.files.preview(effect).text
    back = [*home.apply([effect]), *reversed(back)]
    assert home.tree() == ["f", "f/good.txt", "f/y"]
    home.apply(back)
    assert home.tree() == before


def test_a_copy_keeps_its_time_and_undo_takes_it_away_only_unchanged(home: Home) -> None:
    home.put("a", "f/x")
    back = home.do("copy", "a", to="f")
    assert (home.root / "f" / "a").stat().st_mtime_ns == (home.root / "a").stat().st_mtime_ns
    (home.root / "f" / "a").write_text("DATA")
    with pytest.raises(ConflictError):
        home.files.apply(back[0])
    assert (home.root / "f" / "a").read_text() == "DATA"


def test_a_copied_folder_with_something_new_in_it_is_kept_on_undo(home: Home) -> None:
    home.put("f/a", "g/x")
    back = home.do("copy", "f", to="g")
    home.put("g/f/new")
    with pytest.raises(ConflictError):
        home.files.apply(back[0])
    assert "g/f/new" in home.tree()


def test_zipping_names_the_archive_after_what_is_in_it(home: Home) -> None:
    home.put("Trip/a.jpg", "Trip/b.jpg", "Trip/sub/c.jpg", "x/y.txt")
    home.do("zip", "Trip")
    home.do("zip", "Trip/a.jpg", "Trip/b.jpg")
    home.do("zip", "Trip/a.jpg", "x/y.txt", to="x")
    home.do("zip", "x/y.txt", name="why")
    assert {"Trip.zip", "Trip/Trip.zip", "x/a.zip", "x/why.zip"} <= set(home.tree())


def test_what_was_zipped_comes_out_again(home: Home) -> None:
    home.put("Trip/a.jpg", "Trip/.b", "Trip/sub/c.jpg")
    (home.root / "Trip" / "empty").mkdir()
    before = home.tree()
    home.do("zip", "Trip")
    home.do("trash", "Trip")
    home.do("unzip", "Trip.zip")
    assert home.tree() == sorted([*before, "Trip.zip"])


def test_undoing_a_zip_that_was_changed_is_a_conflict(home: Home) -> None:
    home.put("a")
    back = home.do("zip", "a")
    (home.root / "a.zip").write_bytes(b"something else")
    with pytest.raises(ConflictError):
        home.files.apply(back[0])


def test_sorting_by_kind_month_and_year(home: Home) -> None:
    home.put("a.jpg", "scan1.pdf", "b.txt", "photos/old.jpg", "noise")
    os.utime(home.root / "a.jpg", (1_709_300_000, 1_709_300_000))
    back = home.do("sort", "a.jpg", "scan1.pdf", "b.txt", "photos", "noise", group="kind")
    assert {"photos/a.jpg", "Scans/scan1.pdf", "Text/b.txt", "Other/noise", "photos/old.jpg"} <= set(home.tree())
    home.apply(back)
    home.do("sort", "a.jpg", group="month")
    assert "2024-03/a.jpg" in home.tree()
    home.do("sort", "2024-03/a.jpg", group="year")
    assert "2024-03/2024/a.jpg" in home.tree()


def test_bytes_from_outside_are_saved_under_a_clean_name(home: Home) -> None:
    effects = home.files.plan_puts(str(home.root / "Bills"), [("../../.bashrc", b"1"), ("a\u202e.pdf", b"2")])
    home.apply(list(effects))
    assert home.tree() == ["Bills", "Bills/a.pdf", "Bills/bashrc"]


def test_bytes_may_come_from_a_spool_and_must_be_the_planned_ones(home: Home, tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(b"swapped")
    args = {"to": f"{home.root}/a", "sha256": hashlib.sha256(b"planned").hexdigest(), "spool": f"{tmp_path}/spool"}
    with pytest.raises(ConflictError):
        home.files.apply(Effect("files", "put", "", "", args))
    (tmp_path / "spool").write_bytes(b"planned")
    home.files.apply(Effect("files", "put", "", "", args))
    assert (home.root / "a").read_bytes() == b"planned"


# The trash


def test_the_trash_is_one_that_the_desktop_understands(home: Home, tmp_path: Path) -> None:
    home.put("ä b.txt")
    home.do("trash", "ä b.txt")
    (info,) = (tmp_path / "trash" / "info").iterdir()
    lines = info.read_text().splitlines()
    assert lines[0] == "[Trash Info]" and lines[1] == f"Path={home.root}/%C3%A4%20b.txt"
    datetime.fromisoformat(lines[2].removeprefix("DeletionDate="))
    assert (tmp_path / "trash" / "files" / info.stem).read_text() == "data"


def test_the_same_file_can_be_saved_and_taken_back_again_and_again(home: Home) -> None:
    for _ in range(3):
        effects = list(home.files.plan_puts(str(home.root), [("a", b"same")]))
        home.apply(home.apply(effects))
    assert home.tree() == []


def test_a_restored_thing_never_replaces_another(home: Home) -> None:
    home.put("a")
    back = home.do("trash", "a")
    home.put("a", data="new")
    with pytest.raises(ExistsError):
        home.files.apply(back[0])
    assert (home.root / "a").read_text() == "new"


def test_only_entries_of_the_trash_can_be_restored(home: Home, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "files").mkdir(parents=True)
    secret = tmp_path / "elsewhere" / "files" / "secret"
    secret.touch()
    for ref in (str(secret), f"{tmp_path}/trash/files/../../elsewhere/files/secret"):
        with pytest.raises(DeniedError):
            home.files.apply(Effect("files", "restore", ref, "", {"to": f"{home.root}/x"}))


# The fence


@pytest.mark.parametrize("verb", ["move", "copy", "trash", "unzip", "zip", "put", "mkdir", "rmdir", "restore"])
def test_no_effect_reaches_outside_the_roots(verb: str, home: Home, tmp_path: Path) -> None:
    home.put("a")
    (tmp_path / "secret").write_text("s")
    inside, outside = str(home.root / "a"), str(tmp_path / "secret")
    data = {"data": base64.b64encode(b"").decode(), "sha256": hashlib.sha256(b"").hexdigest(), "top": ""}
    version = home.item("a").version
    paths = [(outside, f"{home.root}/b"), (inside, f"{tmp_path}/b"), (inside, f"{home.root}/../b")]
    paths += [(f"{home.root}/../secret", f"{home.root}/b"), (inside, f"{home.root}/.ssh/keys"), ("", "b")]
    for ref, to in paths:
        args = {**data, "to": to, "entry": f"{tmp_path}/elsewhere/files/x", "items": f'[["{ref}", "{version}"]]'}
        if verb in ("put", "mkdir") and to == f"{home.root}/b":
            continue
        with pytest.raises((DeniedError, NotFoundError, ConflictError)):
            home.files.apply(Effect("files", verb, ref if verb not in ("put", "mkdir", "zip") else "", version, args))
    assert home.tree() == ["a"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "trash") == ["home", "secret"]


@pytest.mark.parametrize("call", ["move", "copy", "zip", "unzip", "new_folder"])
def test_no_plan_reaches_outside_the_roots(call: str, home: Home, tmp_path: Path) -> None:
    home.put("a")
    (home.root / "way out").symlink_to(tmp_path)
    slot = "in" if call == "new_folder" else "to"
    for to in ("way out", "way out/x", "../other", str(tmp_path), "/etc", ".ssh"):
        with pytest.raises((DeniedError, UnreadableError) if call == "unzip" else DeniedError):
            home.plan(call, *(() if call == "new_folder" else ("a",)), name="n", **{slot: to})


def test_a_folder_swapped_for_a_link_after_planning_is_not_followed(home: Home, tmp_path: Path) -> None:
    home.put("a", "f/b")
    effects = home.plan("move", "a", to="f")
    (home.root / "f").rename(tmp_path / "real")
    (home.root / "f").symlink_to(tmp_path / "real")
    with pytest.raises(DeniedError):
        home.files.apply(effects[0])
    assert (home.root / "a").exists() and not (tmp_path / "real" / "a").exists()


def test_a_link_is_moved_and_trashed_as_itself(home: Home, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("p")
    (home.root / "link").symlink_to(tmp_path / "precious")
    home.apply(home.do("trash", "link"))
    home.do("trash", "link")
    assert (tmp_path / "precious").read_text() == "p" and home.tree() == []


def test_a_root_itself_and_what_is_no_file_stay(home: Home) -> None:
    with pytest.raises(DeniedError):
        home.plan("trash", "")
    mail = Item("mail", "x", "", "mail", "Hello")
    with pytest.raises(DeniedError):
        home.files.expand(Call("files.trash", (mail,)))


def test_a_file_changed_after_planning_is_a_conflict(home: Home) -> None:
    home.put("a")
    effects = home.plan("trash", "a")
    home.put("a", data="changed")
    with pytest.raises(ConflictError):
        home.files.apply(effects[0])
    assert home.files.probe(effects[0]) is World.NEITHER


# Everything can be taken back

ACTIONS: dict[str, Callable[[Home, list[str]], list[Effect]]] = {
    "move": lambda home, names: home.plan("move", *names, to="to/there", on_clash="number"),
    "copy": lambda home, names: home.plan("copy", *names, to="to", on_clash="number"),
    "rename": lambda home, names: home.plan("rename", *names, name="renamed", on_clash="number"),
    "trash": lambda home, names: home.plan("trash", *names),
    "zip": lambda home, names: home.plan("zip", *names, on_clash="number"),
    "sort": lambda home, names: home.plan("sort", *names, group="kind", on_clash="number"),
    "new": lambda home, names: home.plan("new_folder", name="new", on_clash="number"),
}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(sorted(ACTIONS)), st.integers(0, 50)), min_size=1, max_size=5))
def test_whatever_is_done_can_be_undone_and_redone(steps: list[tuple[str, int]], tmp_path: Path) -> None:
    home = Home(tmp_path / str(time.monotonic_ns()))
    home.put("a.txt", "b.jpg", "f/c.txt", "f/g/d.pdf")
    begin, back = home.tree(), list[Effect]()
    for action, pick in steps:
        seen = sorted(str(Path(ref).relative_to(home.root)) for ref, _ in home.files.scan())
        # a folder that undo took away and redo made again is another one, so later effects on it are not redone
        names = [name for name in seen if name in begin or (home.root / name).is_file()]
        with suppress(DeniedError):  # a folder into itself
            back = home.apply(ACTIONS[action](home, names[pick % len(names) :][:2] if names else [])) + back
    end = home.tree()
    again = home.apply(back)
    assert home.tree() == begin
    home.apply(again)
    assert home.tree() == end
