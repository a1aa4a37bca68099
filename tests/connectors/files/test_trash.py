"""Which trash a thing goes to: always one on its own device."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from nearhand.connectors.atomic import at
from nearhand.connectors.errors import DeniedError
from nearhand.connectors.files.roots import Roots
from nearhand.connectors.files.trash import Trash

SHARED = Path("/dev/shm")


def test_the_home_trash_follows_the_desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "home").mkdir()
    trash = Trash(Roots([tmp_path / "home"]))
    entry = trash.entry(str(tmp_path / "home" / "a.txt"), "1")
    assert Path(entry).parent == tmp_path / "data" / "Trash" / "files"
    assert Path(entry).name.startswith("a.") and entry.endswith(".txt")


@pytest.mark.skipif(not SHARED.is_mount(), reason="needs a second device")
def test_another_disk_has_its_trash_at_its_top_or_in_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with tempfile.TemporaryDirectory(dir=SHARED) as folder:
        roots, mine = Roots([Path(folder)]), f".Trash-{os.getuid()}"
        assert Path(Trash(roots).entry(f"{folder}/a", "1")).parent == SHARED / mine / "files"
        own = Trash(roots, tmp_path / "profile")
        assert Path(own.entry(f"{folder}/a", "1")).parent == Path(folder) / mine / "files"


def test_entries_are_told_apart_and_never_taken_twice(tmp_path: Path) -> None:
    trash = Trash(Roots([tmp_path]), tmp_path / ".trash")
    first = trash.entry(str(tmp_path / "a"), "1")
    assert first == trash.entry(str(tmp_path / "a"), "1") != trash.entry(str(tmp_path / "f" / "a"), "1")
    Path(first).parent.mkdir(parents=True)
    Path(first).touch()
    assert trash.entry(str(tmp_path / "a"), "1") != first


def test_long_and_odd_names_get_an_entry_that_fits(tmp_path: Path) -> None:
    trash = Trash(Roots([tmp_path]), tmp_path / ".trash")
    for name in ("x" * 255, "é" * 127, "a\nb\x1b", ".x." + "y" * 200):
        (tmp_path / name).touch()
        entry = trash.entry(str(tmp_path / name), "1")
        with at(tmp_path / name) as spot:
            trash.put(spot, entry)
        with at(tmp_path / name) as spot:
            trash.restore(entry, spot)
        assert (tmp_path / name).exists() and list((tmp_path / ".trash" / "info").iterdir()) == []


def test_a_trash_that_is_a_link_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "elsewhere" / "files").mkdir(parents=True)
    link = tmp_path / "home" / f".Trash-{os.getuid()}"
    link.symlink_to(tmp_path / "elsewhere")
    trash = Trash(Roots([tmp_path / "home"]), tmp_path / "trash")
    with pytest.raises(DeniedError), trash.spot(str(link / "files" / "x")):
        pass
