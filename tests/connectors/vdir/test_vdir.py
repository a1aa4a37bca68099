"""The store under calendars, tasks and contacts: names, versions, the trash, and crashes at every step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest

from nearhand.connectors import atomic
from nearhand.connectors.base import Effect, World
from nearhand.connectors.errors import ConflictError, ConnectorError, DeniedError, ExistsError, NotFoundError
from nearhand.connectors.vdir.contacts import ContactConnector
from nearhand.connectors.vdir.store import Vdir, digest

CARD = b"BEGIN:VCARD\nFN:Tom\nEND:VCARD\n"


@pytest.fixture
def store(tmp_path: Path) -> Vdir:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.vcf").write_bytes(CARD)
    return Vdir(tmp_path, ".vcf")


def test_a_scan_sees_files_and_passes_over_everything_else(store: Vdir) -> None:
    (store.root / "two.vcf").write_bytes(CARD)
    (store.root / "a" / "notes.txt").write_text("x")
    (store.root / "a" / ".hidden.vcf").write_bytes(CARD)
    (store.root / "a" / "folder.vcf").mkdir()
    (store.root / "a" / "link.vcf").symlink_to("one.vcf")
    (store.root / "linked").symlink_to(store.root / "a")
    (store.root / ".trash").mkdir()
    (store.root / ".trash" / "old.vcf").write_bytes(CARD)
    (store.root / "a" / os.fsdecode(b"\xff.vcf")).write_bytes(CARD)
    assert [ref for ref, _ in store.scan()] == ["two.vcf", "a/one.vcf"]


def test_a_root_that_is_gone_is_an_error_and_not_an_empty_world(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        list(Vdir(tmp_path / "nowhere", ".ics").scan())


@pytest.mark.parametrize(
    "ref", ["../x.vcf", "/etc/passwd", "a/../../x", "a/b/c", "", ".", "a/.x", "a/\n", "a/" + "x" * 300, ".trash/../x"]
)
def test_a_ref_never_leads_elsewhere(store: Vdir, ref: str) -> None:
    with pytest.raises(DeniedError):
        store.read(ref)


def test_a_linked_folder_or_file_is_not_followed(store: Vdir, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.vcf").write_bytes(CARD)
    (store.root / "l").symlink_to(outside)
    (store.root / "a" / "l.vcf").symlink_to(outside / "x.vcf")
    for ref in ("l/x.vcf", "a/l.vcf"):
        with pytest.raises(DeniedError):
            store.read(ref)


def test_a_version_changes_with_the_bytes_even_if_the_size_does_not(store: Vdir) -> None:
    before = store.version("a/one.vcf")
    store.replace("a/one.vcf", before, CARD.replace(b"Tom", b"Kim"))
    assert store.version("a/one.vcf") != before
    with pytest.raises(ConflictError):
        store.replace("a/one.vcf", before, CARD)
    assert b"Kim" in store.read("a/one.vcf")


def test_nothing_is_overwritten(store: Vdir) -> None:
    (store.root / "a" / "two.vcf").write_bytes(b"other")
    with pytest.raises(ExistsError):
        store.create("a/two.vcf", CARD)
    with pytest.raises(ExistsError):
        store.move("a/one.vcf", store.version("a/one.vcf"), "a/two.vcf")
    assert store.read("a/two.vcf") == b"other"


def test_the_trash_keeps_things_and_disappears_with_the_last(store: Vdir) -> None:
    seen = store.version("a/one.vcf")
    entry = store.trash_entry("a/one.vcf", seen)
    assert entry == store.trash_entry("a/one.vcf", seen)
    store.move("a/one.vcf", seen, entry)
    assert store.read(entry) == CARD and not list(store.scan())
    store.move(entry, digest(CARD), "a/one.vcf")
    assert sorted(path.name for path in store.root.iterdir()) == ["a"]


def test_a_collection_is_found_by_folder_or_by_display_name(store: Vdir) -> None:
    (store.root / "a" / "displayname").write_text(" My  People\n")
    assert (store.named("A"), store.named("my people"), store.named("b")) == ("a", "a", None)


def test_a_full_collection_is_not_removed(store: Vdir) -> None:
    with pytest.raises(ConflictError):
        store.remove("a")


def test_bytes_that_are_no_text_survive_change_and_undo(tmp_path: Path) -> None:
    odd = b"BEGIN:VCARD\r\nFN:T\xf6m\r\nX-A:\xff\xfe\x00\r\nEND:VCARD\r\n"
    (tmp_path / "t.vcf").write_bytes(odd)
    people = ContactConnector(tmp_path)
    effect = people.put("t.vcf", people.store.version("t.vcf"), people.text("t.vcf").replace("FN:", "FN:Mr "))
    back = people.inverse(effect)
    people.apply(effect)
    assert (tmp_path / "t.vcf").read_bytes() == odd.replace(b"FN:", b"FN:Mr ")
    assert people.load("t.vcf").title == "Mr Töm"
    people.apply(back)
    assert (tmp_path / "t.vcf").read_bytes() == odd


def effects(people: ContactConnector) -> dict[str, Effect]:
    seen = people.store.version("a/one.vcf")
    text = CARD.decode().replace("Tom", "Thomas")
    return {
        "create": people.new("a/new.vcf", text), "replace": people.put("a/one.vcf", seen, text),
        "trash": people.trash("a/one.vcf", seen), "mkdir": Effect("contacts", "mkdir", "", "", {"to": "b"}),
        "trash a folder": people.trash("a", people.store.version("a")),
    }  # fmt: skip


_CHILD = """
import json, os, sys
from pathlib import Path
from nearhand.connectors.base import Effect
from nearhand.connectors.vdir.contacts import ContactConnector
root, point, *effects = sys.argv[1:]
os.environ["NEARHAND_FAILPOINT"] = point
ContactConnector(Path(root)).apply(Effect(**json.loads(effects[0])))
"""


@pytest.mark.parametrize("what", ["create", "replace", "trash", "mkdir", "trash a folder"])
def test_a_stop_at_any_step_leaves_the_old_world_or_the_new_one(
    store: Vdir, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(BaseException):
        pass

    def stop(name: str) -> None:
        if name == point:
            raise Stopped

    people = ContactConnector(store.root)
    for point in atomic.FAILPOINTS:
        effect = effects(people)[what]
        back = people.inverse(effect)
        with monkeypatch.context() as patch:
            patch.setattr(atomic, "hook", stop)
            with suppress(Stopped):
                people.apply(effect)
        world = people.probe(effect)
        assert world in (World.BEFORE, World.AFTER), point
        for ref, _ in people.scan():
            assert people.load(ref).title in ("Tom", "Thomas")
        if world is World.AFTER:
            people.apply(back)
        assert [path.read_bytes() for path in (store.root / "a").iterdir() if not path.name.startswith(".")] == [CARD]


def test_a_kill_in_the_middle_of_a_write_is_decided_by_looking(store: Vdir) -> None:
    people = ContactConnector(store.root)
    for point, world in (("write.data", World.BEFORE), ("replace.before", World.BEFORE), ("replace.done", World.AFTER)):
        effect = effects(people)["replace"]
        back = people.inverse(effect)
        args = [sys.executable, "-c", _CHILD, str(store.root), point, json.dumps(asdict(effect))]
        assert subprocess.run(args, check=False, env=os.environ.copy()).returncode == 137
        assert people.probe(effect) is world
        if world is World.AFTER:
            people.apply(back)
        assert [ref for ref, _ in people.scan()] == ["a/one.vcf"]


def test_a_full_disk_is_said_and_changes_nothing(store: Vdir, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(name: str) -> None:
        if name == "write.data":
            raise OSError(28, "No space left on device")

    people = ContactConnector(store.root)
    effect = effects(people)["replace"]
    monkeypatch.setattr(atomic, "hook", full)
    with pytest.raises(ConnectorError, match="disk is full"):
        people.apply(effect)
    assert people.probe(effect) is World.BEFORE
    assert [path.name for path in (store.root / "a").iterdir()] == ["one.vcf"]
