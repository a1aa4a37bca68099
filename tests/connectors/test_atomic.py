"""Durable file operations: all or nothing, never over anything."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from nearhand.connectors import atomic, renaming
from nearhand.connectors.errors import ConflictError, ConnectorError, DeniedError, ExistsError, NotFoundError


@pytest.fixture(params=["kernel", "fallback"])
def rename(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of renaming: by one system call, and by claiming the name first."""
    if request.param == "fallback":
        monkeypatch.setattr(renaming, "native", lambda *given: errno.ENOSYS)
    return str(request.param)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_written_whole(tmp_path: Path, rename: str) -> None:
    atomic.create(tmp_path / "a", b"bytes")
    assert (tmp_path / "a").read_bytes() == b"bytes"
    assert names(tmp_path) == ["a"]


def test_creating_never_overwrites(tmp_path: Path, rename: str) -> None:
    (tmp_path / "a").write_text("mine")
    with pytest.raises(ExistsError):
        atomic.create(tmp_path / "a", b"other")
    assert (tmp_path / "a").read_text() == "mine"
    assert names(tmp_path) == ["a"]


def test_overwriting_replaces_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("long long ago")
    atomic.overwrite(tmp_path / "a", b"now")
    assert (tmp_path / "a").read_bytes() == b"now"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("target", ["file", "folder", "full folder", "dangling link"])
@pytest.mark.parametrize("source", ["file", "folder"])
def test_moving_never_overwrites(source: str, target: str, tmp_path: Path, rename: str) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("old") if source == "file" else old.mkdir()
    if target == "file":
        new.write_text("new")
    elif target == "dangling link":
        new.symlink_to("nowhere")
    else:
        new.mkdir()
        (new / "x").write_text("x") if target == "full folder" else None
    before = {path: path.lstat() for path in tmp_path.rglob("*")}
    with pytest.raises(ExistsError):
        atomic.move(old, new)
    assert {path: path.lstat().st_ino for path in tmp_path.rglob("*")} == {p: i.st_ino for p, i in before.items()}


@pytest.mark.parametrize("sort", ["file", "folder", "link"])
def test_moving_moves(sort: str, tmp_path: Path, rename: str) -> None:
    old = tmp_path / "old"
    if sort == "link":
        old.symlink_to("x")
    else:
        old.touch() if sort == "file" else old.mkdir()
    inode = old.lstat().st_ino
    atomic.move(old, tmp_path / "new")
    assert (tmp_path / "new").lstat().st_ino == inode
    assert names(tmp_path) == ["new"]


def test_a_failed_rename_gives_the_claimed_name_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renaming, "native", lambda *given: errno.ENOSYS)
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    with pytest.raises(ConnectorError):
        atomic.move(tmp_path / "folder", tmp_path / "folder" / "inner" / "new")
    assert names(tmp_path / "folder" / "inner") == []


def test_folders_are_made_once_and_taken_away_only_empty(tmp_path: Path) -> None:
    with atomic.at(tmp_path / "f") as spot:
        atomic.make_folder(spot)
        with pytest.raises(ExistsError):
            atomic.make_folder(spot)
        (tmp_path / "f" / "x").touch()
        with pytest.raises(ConflictError):
            atomic.remove_folder(spot)
        (tmp_path / "f" / "x").unlink()
        atomic.remove_folder(spot)
    assert names(tmp_path) == []


def test_only_temporary_files_are_ever_discarded(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with atomic.at(tmp_path / "a") as spot, pytest.raises(DeniedError):
        atomic.discard(spot)
    assert names(tmp_path) == ["a"]


def test_what_a_crash_left_does_not_stand_in_the_way(tmp_path: Path) -> None:
    with atomic.at(tmp_path / "a") as spot, atomic.temporary(spot) as temp:
        (tmp_path / temp.name).mkdir()
        (tmp_path / temp.name / "half").touch()
        atomic.write_new(spot, [b"whole"])
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("point", ["write.temp", "write.data", "fsync", "write.synced", "rename.before"])
def test_an_error_of_the_disk_before_the_rename_leaves_nothing(
    point: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> None:
        if name == point:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic, "hook", fail)
    with pytest.raises(ConnectorError, match="disk is full"):
        atomic.create(tmp_path / "a", b"bytes")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOENT, NotFoundError), (errno.EEXIST, ExistsError), (errno.ENOTEMPTY, ConflictError),
        (errno.ELOOP, DeniedError), (errno.ENAMETOOLONG, DeniedError), (errno.EROFS, ConnectorError),
        (errno.EDQUOT, ConnectorError), (errno.EIO, ConnectorError),
    ],
)  # fmt: skip
def test_what_the_system_says_is_told_in_words(code: int, kind: type[ConnectorError]) -> None:
    error = atomic.explain(OSError(code, os.strerror(code)), "/home/a\x1b[2Jb")
    assert type(error) is kind
    assert "\x1b" not in str(error)


def test_a_missing_folder_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        atomic.create(tmp_path / "no" / "a", b"")


def test_own_folders_are_made_with_all_above_them(tmp_path: Path) -> None:
    atomic.make_folders(tmp_path / "a" / "b")
    atomic.make_folders(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
