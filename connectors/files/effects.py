"""Does effects on files, and looks whether they have been done.

Each verb compares the version right before it acts, never overwrites, is durable when it returns, and is read back.
After an error that is not about the plan (a full disk, say), `probe` tells which world it is.
Deliberately not here: planning, and anything that deletes; only our own temporary files are ever removed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import stat
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from nearhand.connectors import atomic
from nearhand.connectors.atomic import Spot, failpoint, rename_new, temporary, translated, write_new
from nearhand.connectors.base import Effect, Receipt, World
from nearhand.connectors.errors import ConflictError, ConnectorError, DeniedError, ExistsError, NotFoundError
from nearhand.connectors.files.archives import unpack
from nearhand.connectors.files.copying import copy_new
from nearhand.connectors.files.items import walk
from nearhand.connectors.files.packing import pack
from nearhand.connectors.files.roots import Roots
from nearhand.connectors.files.trash import Trash
from nearhand.connectors.files.versions import check, matches, opened, version_of
from nearhand.connectors.names import check_name

FAILPOINTS = ("across.copied", "unzip.begun")
"""Where tests may stop the operations of this module."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MADE_NEW = frozenset({"mkdir", "put", "zip", "unzip"})
_STALE_SECONDS = 3600


class FileEffects:
    """The hands of the files connector."""

    def __init__(self, roots: Roots, trash: Trash) -> None:
        self._roots = roots
        self._trash = trash
        self._verbs: dict[str, Callable[[Effect], Receipt]] = {
            "mkdir": self._mkdir, "rmdir": self._rmdir, "move": self._move, "copy": self._copy, "zip": self._zip,
            "unzip": self._unzip, "put": self._put, "trash": self._put_in_trash, "restore": self._restore,
        }  # fmt: skip

    def apply(self, effect: Effect) -> Receipt:
        """Do one effect and read it back."""
        act = self._verbs.get(effect.verb)
        if act is None:
            raise DeniedError(f"{effect.verb} is nothing that can be done to files.")
        if effect.verb in _MADE_NEW:
            check_name(effect.args["to"].rpartition("/")[2])
        with translated(effect.ref or effect.args["to"]):
            return act(effect)

    def _mkdir(self, effect: Effect) -> Receipt:
        with self._roots.spot(effect.args["to"]) as spot:
            atomic.make_folder(spot)
            return self._receipt(effect, spot, "The folder is there and empty")

    def _rmdir(self, effect: Effect) -> Receipt:
        with self._roots.spot(effect.ref) as spot:
            check(spot, effect.seen)
            atomic.remove_folder(spot)
            if spot.stat() is not None:
                raise ConnectorError(f"{self._roots.say(spot.path)} is still there. Look at it and try again.")
        return Receipt(effect, "", "", f"Looked: the folder {self._roots.say(effect.ref)} is gone.")

    def _move(self, effect: Effect) -> Receipt:
        with self._roots.spot(effect.ref) as old, self._roots.spot(effect.args["to"]) as new:
            before = check(old, effect.seen)
            if os.fstat(old.folder).st_dev != os.fstat(new.folder).st_dev:
                self._across(effect, old, new)
            else:
                rename_new(old, new)
                self._same(before, new, old)
            return self._receipt(effect, new, "It is at its new place and gone from the old one", gone=old)

    def _across(self, effect: Effect, old: Spot, new: Spot) -> None:
        """Copy, verify, then the original into the trash; a copy left by a crash in between is taken up again."""
        like = effect.args.get("like", "")
        if not like:
            raise ConflictError(f"{self._roots.say(old.path)} is on another disk than was planned for. Ask again.")
        fresh = new.stat() is None
        try:
            if not matches(new, like):
                copy_new(old, new)
            failpoint("across.copied")
            check(old, effect.seen)
            self._trash.put(old, self._trash.entry(old.path, effect.seen))
        except (OSError, ConnectorError):
            if fresh:
                self._take_back(old, new)
            raise

    def _take_back(self, old: Spot, new: Spot) -> None:
        """Remove the copy just made, if it was, as long as the original is there."""
        if old.stat() is not None and new.stat() is not None:
            with temporary(new) as temp:
                rename_new(new, temp)

    def _copy(self, effect: Effect) -> Receipt:
        with self._roots.spot(effect.ref) as old, self._roots.spot(effect.args["to"]) as new:
            if old.name != new.name:
                check_name(new.name)
            check(old, effect.seen)
            copy_new(old, new)
            return self._receipt(effect, new, "The copy was read back and is equal to the original")

    def _zip(self, effect: Effect) -> Receipt:
        with self._roots.spot(effect.args["to"]) as target, ExitStack() as stack:
            sources: list[Spot] = []
            for ref, seen in json.loads(effect.args["items"]):
                sources.append(stack.enter_context(self._roots.spot(str(ref))))
                check(sources[-1], str(seen))
            pack(sources, target)
            return self._receipt(effect, target, "The archive was read back and every part of it is sound")

    def _unzip(self, effect: Effect) -> Receipt:
        with self._roots.spot(effect.ref) as old, self._roots.spot(effect.args["to"]) as new:
            check(old, effect.seen)
            if new.stat() is not None:
                raise ExistsError(f"{self._roots.say(new.path)} is already there. Choose another place.")
            with os.fdopen(os.open(old.name, _READ, dir_fd=old.folder), "rb") as file, temporary(new) as temp:
                if version_of(os.fstat(file.fileno())) != effect.seen and not effect.seen.startswith("like:"):
                    raise ConflictError(f"{self._roots.say(old.path)} has just changed. Look at it and ask again.")
                os.mkdir(temp.name, dir_fd=temp.folder)
                failpoint("unzip.begun")
                with opened(temp) as folder:
                    unpack(file, folder, effect.args["top"])
                rename_new(temp, new)
            return self._receipt(effect, new, "Everything in the archive is there, of the right size")

    def _put(self, effect: Effect) -> Receipt:
        data = _bytes_of(effect)
        if hashlib.sha256(data).hexdigest() != effect.args["sha256"]:
            raise ConflictError("What was to be saved is no longer what was planned. Ask again.")
        with self._roots.spot(effect.args["to"]) as spot:
            write_new(spot, (data,))
            return self._receipt(effect, spot, "The file was read back and holds the same bytes")

    def _put_in_trash(self, effect: Effect) -> Receipt:
        with self._roots.spot(effect.ref) as old, self._trash.spot_to_be(effect.args["entry"]) as new:
            before = check(old, effect.seen)
            self._trash.put(old, effect.args["entry"])
            self._same(before, new, old)
            return self._receipt(effect, new, "It is in the trash and can be restored", gone=old)

    def _restore(self, effect: Effect) -> Receipt:
        with self._trash.spot(effect.ref) as old, self._roots.spot(effect.args["to"]) as new:
            before = check(old, effect.seen)
            self._trash.restore(effect.ref, new)
            self._same(before, new, old)
            return self._receipt(effect, new, "It is back from the trash", gone=old)

    def _same(self, before: os.stat_result, new: Spot, old: Spot) -> None:
        """What was moved must be what was looked at; something swapped in between goes back."""
        after = new.stat()
        if after is None or (after.st_dev, after.st_ino) != (before.st_dev, before.st_ino):
            if after is not None:
                rename_new(new, old)
            raise ConflictError(f"{self._roots.say(old.path)} was replaced at this very moment. Look and ask again.")

    def _receipt(self, effect: Effect, spot: Spot, evidence: str, gone: Spot | None = None) -> Receipt:
        info = spot.stat()
        expected = effect.args.get("like", "")
        if info is None or (expected and not matches(spot, expected)) or (gone is not None and gone.stat() is not None):
            raise ConnectorError(f"{self._roots.say(spot.path)} is not as it should be. Look at it and try again.")
        return Receipt(effect, spot.path, version_of(info), f"{evidence}: {self._roots.say(spot.path)}.")

    def probe(self, effect: Effect) -> World:
        """Look whether an effect has happened; both ends count."""
        args = effect.args
        match effect.verb:
            case "mkdir":
                return _one_end(self._look(args["to"], _is_folder))
            case "rmdir":
                there = self._look(effect.ref, _is_folder)
                return {True: World.BEFORE, None: World.AFTER, False: World.NEITHER}[there]
            case "copy" | "zip" | "unzip" | "put":
                return _one_end(self._look(args["to"], lambda spot: matches(spot, args["like"])))
            case "move" | "trash" | "restore":
                target = args["entry"] if effect.verb == "trash" else args["to"]
                like = args.get("like") or effect.seen
                if self._look(effect.ref, lambda spot: matches(spot, effect.seen)):
                    return World.BEFORE
                return World.AFTER if self._look(target, lambda spot: matches(spot, like)) else World.NEITHER
        raise DeniedError(f"{effect.verb} is nothing that can be done to files.")

    def _look(self, path: str, question: Callable[[Spot], bool]) -> bool | None:
        """The answer about what is at a path, in a root or in the trash; None if nothing is there."""
        try:
            with self._anywhere(path) as spot:
                return question(spot) if spot.stat() is not None else None
        except NotFoundError:
            return None

    def _anywhere(self, path: str) -> AbstractContextManager[Spot]:
        return self._trash.spot(path) if self._trash.holds(path) else self._roots.spot(path)

    def sweep(self) -> int:
        """Take away our own temporary files that a crash has left more than an hour ago; returns how many."""
        folders = [str(root) for root in self._roots.tops]
        folders += [ref for root in folders[:] for ref, version in walk(root) if version.count(":") == 1]
        return sum(_sweep_folder(Path(folder)) for folder in folders)


def _sweep_folder(folder: Path) -> int:
    removed = 0
    for path in folder.glob(".nearhand-*.part"):
        if atomic.TEMPORARY.fullmatch(path.name) and path.lstat().st_mtime < time.time() - _STALE_SECONDS:
            with atomic.at(path) as spot:
                atomic.discard(spot)
                removed += 1
    return removed


def _one_end(found: bool | None) -> World:
    return {True: World.AFTER, None: World.BEFORE, False: World.NEITHER}[found]


def _is_folder(spot: Spot) -> bool:
    info = spot.stat()
    return info is not None and stat.S_ISDIR(info.st_mode)


def _bytes_of(effect: Effect) -> bytes:
    try:
        if "spool" in effect.args:
            return Path(effect.args["spool"]).read_bytes()
        return base64.b64decode(effect.args["data"], validate=True)
    except (KeyError, binascii.Error) as error:
        raise ConflictError("What was to be saved is missing from the plan. Ask again.") from error


