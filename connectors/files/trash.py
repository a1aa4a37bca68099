"""The trash of the desktop (freedesktop.org trash specification 1.0): what is gone can be had back.

A thing goes to a trash on its own device, because only a rename is atomic: the home trash, the one at the top of its
disk, or a hidden one in its root. The effect names the entry beforehand, so that taking it back needs no search.
Deliberately not here: emptying a trash, and the Finder's trash on macOS (its layout has no place for the way back).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from nearhand.connectors.atomic import Spot, at, failpoint, make_folders, overwrite, rename_new, sync
from nearhand.connectors.errors import ConnectorError, DeniedError
from nearhand.connectors.files.roots import Roots, nearest_folder
from nearhand.connectors.names import clean_name, numbered, shorten, shown, split_name

FAILPOINTS = ("trash.info", "trash.moved", "restore.moved", "restore.done")
"""Where tests may stop the operations of this module."""


class Trash:
    """Where things go that the person wants gone, and come back from."""

    def __init__(self, roots: Roots, folder: Path | None = None) -> None:
        self._roots = roots
        self._own = folder is not None
        self.folder = Path(os.path.realpath(folder if folder is not None else _home_trash()))
        """The trash for everything on its device: the person's, or the one of the profile."""

    def entry(self, path: str, seen: str) -> str:
        """Where a thing will lie in its trash: a full path that is free now."""
        stem, ending = split_name(clean_name(Path(path).name))
        mark = hashlib.sha256(f"{path}\0{seen}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
        files = self._for(path) / "files"
        plain = shorten(f"{shorten(stem, 180)}.{mark}{ending}", 230)
        name, number = plain, 1
        while os.path.lexists(files / name):
            number += 1
            name = numbered(plain, number)
        return str(files / name)

    def put(self, source: Spot, entry: str) -> None:
        """Write down where it was, then move it into the trash; durable, and never over another entry."""
        with self.spot_to_be(entry) as target:
            if target.stat() is None:
                overwrite(_info(entry), self._note(source.path, Path(entry).parent.parent))
            failpoint("trash.info")
            rename_new(source, target)
        failpoint("trash.moved")

    def restore(self, entry: str, target: Spot) -> None:
        """Move an entry out of the trash to a free name, then forget where it was."""
        with self.spot(entry) as source:
            rename_new(source, target)
        failpoint("restore.moved")
        with suppress(OSError, ConnectorError), at(_info(entry)) as note:
            os.unlink(note.name, dir_fd=note.folder)
            sync(note.folder)
        failpoint("restore.done")

    @contextmanager
    def spot_to_be(self, entry: str) -> Iterator[Spot]:
        """Like `spot`, for an entry that is about to be made: the trash is set up if there is none yet."""
        if self.holds(entry):
            files = Path(entry).parent
            for folder in (files, files.parent / "info"):
                make_folders(folder)
        with self.spot(entry) as spot:
            yield spot

    @contextmanager
    def spot(self, entry: str) -> Iterator[Spot]:
        """Open the folder of an entry; raises DeniedError if the path is not in a trash of this person."""
        if not self.holds(entry):
            raise DeniedError(f"{shown(entry)} is not in your trash, so it cannot be restored from there.")
        with at(entry) as spot:
            yield spot

    def holds(self, path: str) -> bool:
        """Whether a path is one of an entry in a trash of this person."""
        entry = Path(path)
        place = entry.parent.parent
        if entry.parent.name != "files" or entry.name in ("", ".", "..") or os.path.normpath(entry) != str(entry):
            return False
        if place != self.folder and place.name != _mine() and place.parts[-2:] != (".Trash", str(os.getuid())):
            return False
        with suppress(FileNotFoundError):
            info = place.lstat()
            return stat.S_ISDIR(info.st_mode) and info.st_uid == os.getuid()
        return True

    def _for(self, path: str) -> Path:
        parent = nearest_folder(str(Path(path).parent))
        device = Path(parent).stat().st_dev
        for place in self._candidates(path, parent):
            above = nearest_folder(str(place))
            if Path(above).stat().st_dev == device and os.access(above, os.W_OK):
                return place
        raise ConnectorError(f"There is no trash on the disk of {shown(path)}, so it stays. Move it elsewhere first.")

    def _candidates(self, path: str, parent: str) -> Iterator[Path]:
        yield self.folder
        top = _mount_top(parent)
        if not self._own and top != Path("/"):
            shared = top / ".Trash"
            if shared.is_dir() and not shared.is_symlink() and shared.stat().st_mode & stat.S_ISVTX:
                yield shared / str(os.getuid())
            yield top / _mine()
        root = self._roots.of(path)
        yield root / _mine()
        if top.is_relative_to(root):
            yield top / _mine()

    def _note(self, path: str, place: Path) -> bytes:
        above = place.parent.parent if place.parent.name == ".Trash" else place.parent
        inside = place != self.folder and Path(path).is_relative_to(above)
        where = quote(os.fsencode(str(Path(path).relative_to(above)) if inside else path))
        now = datetime.now().replace(microsecond=0).isoformat()
        return f"[Trash Info]\nPath={where}\nDeletionDate={now}\n".encode("ascii")


def _home_trash() -> Path:
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if data.startswith("/") else Path.home() / ".local" / "share") / "Trash"


def _mine() -> str:
    return f".Trash-{os.getuid()}"


def _info(entry: str) -> Path:
    place = Path(entry).parent.parent / "info"
    return place / f"{Path(entry).name}.trashinfo"


def _mount_top(folder: str) -> Path:
    where = Path(folder)
    while not where.is_mount():
        where = where.parent
    return where
