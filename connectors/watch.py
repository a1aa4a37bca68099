"""Hints from the file system that something under a folder may have changed; the only module that knows watchdog.

A hint is never the truth: under load most events are lost (watchdog 7.1 dropped 86,586 of 100,000), so whoever gets one
looks for itself. Folders that cannot be watched (network shares, or no more inotify watches) are handed back, to be
looked at from time to time. Deliberately not here: what has changed, and whether it has settled.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler
    from watchdog.observers.api import BaseObserver, ObservedWatch

Hint = Callable[[str], None]
"""Told, on a thread of watchdog, the folder in which something may have changed."""
_REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "vboxsf", "davfs", "fuse.sshfs",
     "fuse.rclone", "fuse.gvfsd-fuse", "fuse.davfs", "fuse.s3fs", "fuse.smbnetfs", "drvfs", "virtiofs", "prl_fs"}
)  # fmt: skip
"""File systems on which others change things without the kernel here being told."""
_PAIRED = 0.02
"""Seconds for which watchdog holds everything back that follows a move, to find its other end; it takes 0.5 itself. The
kernel tells both ends together, and whoever gets a hint looks for itself."""


@dataclass(frozen=True, slots=True)
class Blind:
    """A folder that cannot be watched, and why, for the person."""

    folder: str
    why: str


class Watch:
    """Watches folders; start it with `set`, and `stop` leaves no thread and no descriptor behind."""

    def __init__(self, hint: Hint) -> None:
        self._hint = hint
        self._observer: BaseObserver | None = None
        self._watched: dict[tuple[str, bool], ObservedWatch] = {}

    def set(self, folders: Mapping[str, bool]) -> list[Blind]:
        """Watch exactly these folders (with all inside them, if true); returns those that cannot be watched."""
        wanted = _needed(folders)
        for key in [key for key in self._watched if wanted.get(key[0]) is not key[1]]:
            self._drop(key)
        blind = []
        for folder, deep in wanted.items():
            if (folder, deep) not in self._watched and (why := self._add(folder, deep)):
                blind.append(Blind(folder, why))
        return blind

    def stop(self) -> None:
        """Watch nothing any more."""
        if self._observer is not None:
            self._observer.stop()
            if self._observer.is_alive():
                self._observer.join()
        self._observer, self._watched = None, {}

    def _add(self, folder: str, deep: bool) -> str:
        """Begin to watch one folder; returns why not, or ""."""
        if remote(folder):
            return f"{folder} is on a network share, where changes are not announced."
        try:
            self._watched[folder, deep] = self._schedule(folder, deep)
        except OSError as error:
            return _limit(folder, error)
        return ""

    def _schedule(self, folder: str, deep: bool) -> ObservedWatch:
        from watchdog import events
        from watchdog.observers import Observer

        if self._observer is None:
            _hurry()
            self._observer = Observer()
            self._observer.start()
        kinds: list[type[FileSystemEvent]] = [
            events.FileCreatedEvent, events.FileModifiedEvent, events.FileMovedEvent, events.FileDeletedEvent,
            events.FileClosedEvent, events.DirCreatedEvent, events.DirMovedEvent, events.DirDeletedEvent,
        ]  # fmt: skip
        return self._observer.schedule(self._handler(), folder, recursive=deep, event_filter=kinds)

    def _handler(self) -> FileSystemEventHandler:
        from watchdog.events import FileSystemEventHandler

        hint = self._hint

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                for path in {str(event.src_path), str(event.dest_path or event.src_path)}:
                    hint(path.rpartition("/")[0])

        return Handler()

    def _drop(self, key: tuple[str, bool]) -> None:
        watch = self._watched.pop(key)
        if self._observer is not None:
            self._observer.unschedule(watch)


def _hurry() -> None:
    """Let hints through at once; a watchdog that has this elsewhere is as slow as it is."""
    with suppress(ImportError):
        from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

        InotifyMoveEventGrouper.delay = _PAIRED


def _needed(folders: Mapping[str, bool]) -> dict[str, bool]:
    """Without those that lie in another one that is watched with all inside it."""
    deep = [folder for folder, all_inside in folders.items() if all_inside]
    return {
        folder: all_inside
        for folder, all_inside in folders.items()
        if not any(folder.startswith(f"{outer.rstrip('/')}/") for outer in deep)
    }


def _limit(folder: str, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EMFILE):
        return (
            f"{folder} cannot be watched: the system allows no more watches. Allow more with:"
            " sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512"
        )
    return f"{folder} cannot be watched: {error.strerror or 'a problem of the system'}."


def remote(folder: str) -> bool:
    """Whether a folder lies on a network share, as far as the system tells."""
    if sys.platform != "linux":
        return False
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    mounts = [line.split() for line in lines]
    around = [m for m in mounts if len(m) > 6 and _inside(folder, m[4].replace("\\040", " "))]
    last = max(around, key=lambda m: len(m[4]), default=None)
    return last is not None and "-" in last and last[last.index("-") + 1] in _REMOTE


def _inside(folder: str, mount: str) -> bool:
    return folder == mount or folder.startswith(mount.rstrip("/") + "/")
