"""A Maildir++ on disk: folders, delivery, flags and moves, each durable and never overwriting.

Other programs (mutt, mbsync, Dovecot) work in the same folders at the same time: a mail is known by its unique name,
looked for again before every change, and a rename that finds it gone looks once more. Nothing here parses a mail, and
nothing deletes one.

A ref is `<folder>/<unique>`: `INBOX/1700000000.M1P2.host`, `.Family.School/...`. Should two files of one folder share
their unique name, every one after the first goes by its whole file name.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nearhand.connectors import atomic
from nearhand.connectors.errors import (
    ConflictError,
    ConnectorError,
    DeniedError,
    ExistsError,
    LimitError,
    NotFoundError,
    UnreadableError,
)
from nearhand.connectors.mail import maildir_files
from nearhand.connectors.mail.mailboxes import INBOX, acceptable, display
from nearhand.connectors.mail.maildir_files import (
    INFO,
    MAX_MESSAGE,
    digest,
    flags_of,
    good_unique,
    healed,
    identity,
    renamed,
    split_ref,
    version_of,
)

_TRIES = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail file as it was found a moment ago."""

    folder: str
    unique: str
    """The second half of its ref."""
    path: Path

    @property
    def ref(self) -> str:
        return f"{self.folder}/{self.unique}"

    @property
    def flags(self) -> str:
        return flags_of(self.path.name)


class Maildir:
    """The mails under one Maildir++ root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[str, tuple[tuple[int, ...], dict[str, str]]] = {}

    def folders(self) -> list[str]:
        """List the folders that exist, the inbox first; raises NotFoundError when the Maildir itself is gone."""
        try:
            with os.scandir(self.root) as entries:
                names = [e.name for e in entries if e.name.startswith(".") and e.is_dir(follow_symlinks=False)]
        except OSError as error:
            why = error.strerror or "a disk problem"
            raise NotFoundError(f"The mail folder {self.root} cannot be read: {why}. Is it there?") from error
        return [INBOX, *sorted(name for name in names if acceptable(name) and (self.root / name / "cur").is_dir())]

    def directory(self, folder: str) -> Path:
        """Say where a folder lies; raises DeniedError for a name that could lead elsewhere."""
        if not acceptable(folder):
            raise DeniedError("A mailbox of that name cannot exist.")
        return self.root if folder == INBOX else self.root / folder

    def scan(self) -> Iterator[tuple[str, str]]:
        """Yield (ref, version) of every mail, without opening any."""
        for folder in self.folders():
            yield from self.scan_folder(folder)

    def scan_folder(self, folder: str) -> Iterator[tuple[str, str]]:
        """Yield (ref, version) of every mail in one folder."""
        where = str(self.directory(folder))
        for unique, place in self._list(folder).items():
            try:
                stat = os.lstat(f"{where}/{place}")
            except FileNotFoundError:
                yield from self._late(f"{folder}/{unique}")
            else:
                yield f"{folder}/{unique}", version_of(stat, place)

    def _late(self, ref: str) -> Iterator[tuple[str, str]]:
        with suppress(NotFoundError, FileNotFoundError):
            yield ref, self.version(self.find(ref))

    def find(self, ref: str) -> Entry:
        """Find a mail by its unique name, whatever its flags are by now; raises NotFoundError."""
        folder, unique = split_ref(ref)
        found = self._known_entry(folder, unique)
        if found is None:
            self._list(folder)
            found = self._known_entry(folder, unique)
        if found is None:
            raise NotFoundError(f"That mail is no longer in {display(folder)}. Another program may have moved it.")
        return found

    def exists(self, ref: str) -> bool:
        """Tell whether a mail of this unique name is in this folder."""
        folder, unique = split_ref(ref)
        self.places(folder)
        return self._known_entry(folder, unique) is not None

    def places(self, folder: str) -> dict[str, str]:
        """Map the unique names in a folder to "new/..." or "cur/...", listed anew only if the folder has changed."""
        if self._known.get(folder, ((), {}))[0] != maildir_files.stamps(self.directory(folder)):
            self._list(folder)
        return self._known[folder][1]

    def keep_places(self, folder: str, places: dict[str, str]) -> None:
        """Note what a folder holds after changes of our own, so that the next look need not list it."""
        self._known[folder] = (maildir_files.stamps(self.directory(folder)), places)

    def _known_entry(self, folder: str, unique: str) -> Entry | None:
        place = self._known.get(folder, ((), {}))[1].get(unique)
        path = self.directory(folder) / place if place else None
        return Entry(folder, unique, path) if path and os.path.lexists(path) else None

    def _list(self, folder: str) -> dict[str, str]:
        self._known[folder] = maildir_files.listing(self.directory(folder))
        return self._known[folder][1]

    def version(self, entry: Entry) -> str:
        """Give the token that changes with the flags or the bytes of a mail, but not when it is moved."""
        return version_of(os.lstat(entry.path), entry.path.name)

    def matches(self, entry: Entry, seen: str) -> bool:
        """Compare a mail with a version, an identity (flags do not matter), or a `digest` of its bytes."""
        if seen.startswith("sha256-"):
            return digest(self.read(entry)) == seen
        version = self.version(entry)
        return seen == (version if INFO in seen else identity(version))

    def read(self, entry: Entry) -> bytes:
        """Read the bytes of a mail; raises LimitError beyond 50 MB, NotFoundError when it has just gone."""
        data = self.head(entry, MAX_MESSAGE + 1)
        if len(data) > MAX_MESSAGE:
            raise LimitError(f"A mail in {display(entry.folder)} is larger than 50 MB. It was left as it is.")
        return data

    def head(self, entry: Entry, size: int = 64 * 1024) -> bytes:
        """Read the first bytes of a mail; raises NotFoundError or UnreadableError."""
        try:
            handle = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                return file.read(size)
        except FileNotFoundError as error:
            raise NotFoundError(f"A mail in {display(entry.folder)} has just gone. Look for it again.") from error
        except OSError as error:
            why = error.strerror or "a disk problem"
            raise UnreadableError(f"A mail in {display(entry.folder)} cannot be opened: {why}.") from error

    def move(self, ref: str, seen: str, folder: str, unique: str) -> Entry:
        """Move a mail into a folder under a unique name, its flags kept; raises ConflictError or ExistsError."""
        goal = f"{folder}/{_settled(unique)}"
        self._check(self.find(ref), seen)
        if self.exists(goal):
            raise ExistsError(f"A mail of the same name is already in {display(folder)}. Nothing was moved.")
        base = self.ensure(folder)
        self._rename(ref, seen, lambda entry: base / entry.path.parent.name / renamed(unique, entry.path.name))
        return self.find(goal)

    def flag(self, ref: str, seen: str, add: str, remove: str) -> Entry:
        """Set and clear flags of a mail; raises ConflictError unless every one of them stood the other way before.

        A mail that was new counts as seen by a mail program from then on, and goes to `cur`.
        """
        folder, unique = split_ref(ref)
        after = healed(unique)

        def target(entry: Entry) -> Path:
            old = set(entry.flags)
            if old & set(add) or not old >= set(remove):
                raise ConflictError(f"The mail in {display(folder)} is marked that way already. Nothing was changed.")
            return base / "cur" / f"{after}{INFO}{''.join(sorted((old | set(add)) - set(remove)))}"

        self._check(self.find(ref), seen)
        base = self.ensure(folder)
        self._rename(ref, seen, target)
        return self.find(f"{folder}/{after}")

    def add(self, folder: str, unique: str, flags: str, data: bytes) -> Entry:
        """Deliver bytes into a folder as a mail that is complete and on disk before it can be seen."""
        goal = f"{folder}/{_settled(unique)}"
        if self.exists(goal):
            raise ExistsError(f"This mail is already in {display(folder)}.")
        base = self.ensure(folder)
        draft = base / "tmp" / f"{unique}.{secrets.token_hex(4)}"
        with atomic.at(draft) as spot:
            atomic.write_new(spot, (data,), mode=0o600)
        self._rename_file(draft, base / "cur" / f"{unique}{INFO}{flags}", folder)
        return self.find(goal)

    def ensure(self, folder: str) -> Path:
        """Make a folder unless it is there; the Maildir itself is never made, it may be a disk that is not mounted."""
        base = self.directory(folder)
        if not self.root.is_dir():
            raise NotFoundError(f"The mail folder {self.root} is not there. Is the disk connected?")
        if base != self.root and base.is_symlink():
            raise DeniedError(f"The mailbox {display(folder)} is a link to another place. Make it a real folder.")
        new = not base.is_dir()
        for path in (base, *(base / sub for sub in ("tmp", "new", "cur"))):
            if not path.is_dir():
                _make(path)
        if new:
            with suppress(ExistsError):
                atomic.create(base / "maildirfolder", b"")
        return base

    def discard(self, folder: str) -> None:
        """Take a folder away again that holds nothing: no mail, no folder below it, nothing of another program."""
        base = self.directory(folder)
        if folder == INBOX or not self._bare(folder, base):
            return
        try:
            for path in (base / "tmp", base / "new", base / "cur"):  # whoever delivers begins in tmp and is told
                with atomic.at(path) as spot:
                    atomic.remove_folder(spot)
            (base / "maildirfolder").unlink(missing_ok=True)
            with atomic.at(base) as spot:
                atomic.remove_folder(spot)
        except ConnectorError:  # something has come just now
            self.ensure(folder)
        self._known.pop(folder, None)

    def _bare(self, folder: str, base: Path) -> bool:
        if base.is_symlink() or not base.is_dir() or any(each.startswith(f"{folder}.") for each in self.folders()):
            return False
        usual = {base / "tmp", base / "new", base / "cur"}
        mark = base / "maildirfolder"
        others = set(base.iterdir()) - usual - {mark}
        marked = mark.exists() and mark.stat().st_size > 0
        return not others and not marked and all(path.is_dir() and not any(path.iterdir()) for path in usual)

    def _rename(self, ref: str, seen: str, target: Callable[[Entry], Path]) -> None:
        """Rename a mail to where `target` says; finds it again when it slips away."""
        for _ in range(_TRIES):
            entry = self.find(ref)
            self._check(entry, seen)
            with suppress(NotFoundError):
                self._rename_file(entry.path, target(entry), entry.folder)
                return
        raise ConflictError("Another program keeps changing this mail. Try again in a moment.")

    def _rename_file(self, path: Path, goal: Path, folder: str) -> None:
        """Rename, and keep what is known of both folders true, so that a thousand moves need no thousand listings."""
        atomic.move(path, goal)
        base = goal.parent.parent
        into = INBOX if base == self.root else base.name
        for known in (folder, into):
            old, places = self._known.pop(known, (None, {}))
            if old is None:
                continue
            if known == folder and places.get(path.name.partition(INFO)[0]) == f"{path.parent.name}/{path.name}":
                del places[path.name.partition(INFO)[0]]
            if known == into:
                places[goal.name.partition(INFO)[0]] = f"{goal.parent.name}/{goal.name}"
            self.keep_places(known, places)

    def _check(self, entry: Entry, seen: str) -> None:
        try:
            same = self.matches(entry, seen)
        except (FileNotFoundError, NotFoundError):
            same = False
        if not same:
            raise ConflictError(f"The mail in {display(entry.folder)} has changed since the plan was made. Ask again.")


def _settled(unique: str) -> str:
    if not good_unique(unique) or INFO in unique or len(unique.encode()) > 220:
        raise DeniedError("A mail cannot have that name.")
    return unique


def _make(path: Path) -> None:
    with suppress(ExistsError), atomic.at(path) as spot:
        atomic.make_folder(spot)
        path.chmod(0o700)
