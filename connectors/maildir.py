"""A Maildir++ on disk: folders, unique names, flags, delivery and moves, each durable and never overwriting.

Other programs (mutt, mbsync, Dovecot) work in the same folders at the same time: a mail is known by its unique name,
looked for again before every change, and a rename that finds it gone looks once more. Nothing here parses a mail,
nothing deletes one, and names that are not UTF-8 and links are left alone.

A ref is `<folder>/<unique>`: `INBOX/1700000000.M1P2.host`, `.Family.School/...`. Should two files of one folder share
their unique name, every one after the first goes by its whole file name.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nearhand.connectors import atomic
from nearhand.connectors.errors import ConflictError, DeniedError, ExistsError, LimitError, NotFoundError, UnreadableError
from nearhand.connectors.mailboxes import INBOX, acceptable, display

MAX_BYTES = 50 * 1024 * 1024
"""A larger mail is not read."""
INFO = ":2,"
"""What separates the unique part of a file name from its flags."""
_TRIES = 4
_UID = re.compile(r",U=\d+")


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


def flags_of(name: str) -> str:
    """Read the flags out of a file name, sorted: "SR" of "x:2,RS" is "RS"."""
    return "".join(sorted(set(name.partition(INFO)[2])))


def split_ref(ref: str) -> tuple[str, str]:
    """Take a ref apart into folder and unique name; raises DeniedError for anything that could leave the Maildir."""
    folder, slash, unique = ref.partition("/")
    if not slash or not acceptable(folder) or not good_unique(unique):
        raise DeniedError("That is not the name of a mail. Search again and pick it from the list.")
    return folder, unique


def good_unique(unique: str) -> bool:
    """Tell whether a unique name is safe to use as part of a file name."""
    fits = 0 < len(unique.encode("utf-8", "replace")) <= 230
    return fits and "/" not in unique and not unique.startswith(".") and unique.isprintable()


def healed(unique: str) -> str:
    """Give the unique name under which a doubled mail (named by its whole file name) goes on after a change."""
    base, info, flags = unique.partition(INFO)
    return f"{base}-{flags or '0'}" if info else unique


def portable(unique: str) -> str:
    """Give the unique name for another folder: without mbsync's UID of this one, which would mislead it there."""
    return _UID.sub("", healed(unique)) or "mail"


def identity(version: str) -> str:
    """Cut a version down to what says which bytes these are, whatever the flags."""
    return version.partition(INFO)[0]


class Maildir:
    """The mails under one Maildir++ root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[str, dict[str, str]] = {}

    def folders(self) -> list[str]:
        """List the folders that exist, the inbox first; raises NotFoundError when the Maildir itself is gone."""
        try:
            with os.scandir(self.root) as entries:
                names = [e.name for e in entries if e.name.startswith(".") and e.is_dir(follow_symlinks=False)]
        except OSError as error:
            raise NotFoundError(f"The mail folder {self.root} cannot be read ({error.strerror}). Is it there?") from error
        return [INBOX, *sorted(name for name in names if acceptable(name) and (self.root / name / "cur").is_dir())]

    def directory(self, folder: str) -> Path:
        """Say where a folder lies; raises DeniedError for a name that could lead elsewhere."""
        if not acceptable(folder):
            raise DeniedError("A mailbox of that name cannot exist.")
        return self.root if folder == INBOX else self.root / folder

    def scan(self) -> Iterator[tuple[str, str]]:
        """Yield (ref, version) of every mail, without opening any."""
        for folder in self.folders():
            where = str(self.directory(folder))
            for unique, place in self._list(folder).items():
                try:
                    stat = os.lstat(f"{where}/{place}")
                except FileNotFoundError:
                    yield from self._late(folder, unique)
                else:
                    yield f"{folder}/{unique}", _version(stat, place)

    def _late(self, folder: str, unique: str) -> Iterator[tuple[str, str]]:
        try:
            entry = self.find(f"{folder}/{unique}")
            yield entry.ref, self.version(entry)
        except (NotFoundError, FileNotFoundError):
            return

    def find(self, ref: str) -> Entry:
        """Find a mail by its unique name, whatever its flags are by now; raises NotFoundError."""
        folder, unique = split_ref(ref)
        base = self.directory(folder)
        for listing in (self._known.get(folder, {}), None):
            place = (self._list(folder) if listing is None else listing).get(unique)
            if place is not None and os.path.lexists(base / place):
                return Entry(folder, unique, base / place)
        raise NotFoundError(f"That mail is no longer in {display(folder)}. Another program may have moved it.")

    def exists(self, ref: str) -> bool:
        """Tell whether a mail of this unique name is in this folder."""
        try:
            self.find(ref)
        except NotFoundError:
            return False
        return True

    def version(self, entry: Entry) -> str:
        """Give the token that changes with the flags or the bytes of a mail, but not when it is moved."""
        return _version(os.lstat(entry.path), entry.path.name)

    def matches(self, entry: Entry, seen: str) -> bool:
        """Compare a mail with a version, an identity (flags do not matter), or a `sha256-` of its bytes."""
        if seen.startswith("sha256-"):
            return digest(self.read(entry)) == seen
        version = self.version(entry)
        return seen == (version if INFO in seen else identity(version))

    def read(self, entry: Entry) -> bytes:
        """Read the bytes of a mail; raises LimitError beyond 50 MB and NotFoundError when it has just gone."""
        data = self.head(entry, MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise LimitError(f"A mail in {display(entry.folder)} is larger than 50 MB. It was left as it is.")
        return data

    def head(self, entry: Entry, size: int = 64 * 1024) -> bytes:
        """Read the first bytes of a mail; raises NotFoundError or UnreadableError."""
        try:
            handle = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(handle, "rb") as file:
                return file.read(size)
        except FileNotFoundError as error:
            raise NotFoundError(f"A mail in {display(entry.folder)} has just gone. Look for it again.") from error
        except OSError as error:
            why = error.strerror or "a disk problem"
            raise UnreadableError(f"A mail in {display(entry.folder)} cannot be opened: {why}.") from error

    def move(self, ref: str, seen: str, folder: str, unique: str) -> Entry:
        """Move a mail into a folder under a unique name, its flags kept; raises ConflictError or ExistsError."""
        if not good_unique(unique):
            raise DeniedError("A mail cannot have that name.")
        if self.exists(f"{folder}/{unique}"):
            raise ExistsError(f"A mail of the same name is already in {display(folder)}. Nothing was moved.")
        base = self.ensure(folder)
        self._rename(ref, seen, lambda entry: base / entry.path.parent.name / _named(unique, entry.path.name))
        self._known.pop(folder, None)
        return self.find(f"{folder}/{unique}")

    def flag(self, ref: str, seen: str, add: str, remove: str) -> Entry:
        """Set and clear flags of a mail; one that was new counts as seen by a mail program from then on."""
        folder, unique = split_ref(ref)
        base, after = self.ensure(folder), healed(unique)

        def target(entry: Entry) -> Path:
            flags = "".join(sorted((set(entry.flags) | set(add)) - set(remove)))
            return entry.path if flags == entry.flags else base / "cur" / f"{after}{INFO}{flags}"

        moved = self._rename(ref, seen, target)
        return self.find(f"{folder}/{after}" if moved else ref)

    def add(self, folder: str, unique: str, flags: str, data: bytes) -> Entry:
        """Deliver bytes into a folder as a mail that is complete and on disk before it can be seen."""
        if not good_unique(unique):
            raise DeniedError("A mail cannot have that name.")
        if self.exists(f"{folder}/{unique}"):
            raise ExistsError(f"This mail is already in {display(folder)}.")
        base = self.ensure(folder)
        draft = base / "tmp" / f"{unique}.{secrets.token_hex(4)}"
        with atomic.at(draft) as spot:
            atomic.write_new(spot, (data,), mode=0o600)
        atomic.move(draft, base / "cur" / f"{unique}{INFO}{flags}")
        self._known.pop(folder, None)
        return self.find(f"{folder}/{unique}")

    def ensure(self, folder: str) -> Path:
        """Make a folder unless it is there; the Maildir itself is never made, it may be a disk that is not mounted."""
        base = self.directory(folder)
        if not self.root.is_dir():
            raise NotFoundError(f"The mail folder {self.root} is not there. Is the disk connected?")
        if base != self.root and base.is_symlink():
            raise DeniedError(f"The mailbox {display(folder)} is a link to another place; Nearhand does not write there.")
        missing = [path for path in (base, *(base / sub for sub in ("tmp", "new", "cur"))) if not path.is_dir()]
        for path in missing:
            _make(path)
        if base in missing:
            with suppress(ExistsError):
                atomic.create(base / "maildirfolder", b"")
        return base

    def _rename(self, ref: str, seen: str, target: Callable[[Entry], Path]) -> bool:
        for _ in range(_TRIES):
            entry = self.find(ref)
            self._check(entry, seen)
            goal = target(entry)
            if goal == entry.path:
                return False
            try:
                atomic.move(entry.path, goal)
            except NotFoundError:
                continue
            self._known.pop(entry.folder, None)
            return True
        raise ConflictError("Another program keeps changing this mail. Try again in a moment.")

    def _check(self, entry: Entry, seen: str) -> None:
        try:
            same = self.matches(entry, seen)
        except FileNotFoundError:
            same = False
        if not same:
            raise ConflictError(f"The mail in {display(entry.folder)} has changed since the plan was made. Ask again.")

    def _list(self, folder: str) -> dict[str, str]:
        base = self.directory(folder)
        listing: dict[str, str] = {}
        for _ in range(_TRIES):
            before = _stamps(base)
            listing = _listing(base)
            if _stamps(base) == before:
                break
        self._known[folder] = listing
        return listing


def _make(path: Path) -> None:
    with suppress(ExistsError), atomic.at(path) as spot:
        atomic.make_folder(spot)
        path.chmod(0o700)


def digest(data: bytes) -> str:
    """Name bytes by their SHA-256, in the form that `Maildir.matches` understands."""
    return "sha256-" + hashlib.sha256(data).hexdigest()


def _version(stat: os.stat_result, place: str) -> str:
    return f"{stat.st_ino}-{stat.st_size}-{stat.st_mtime_ns}{INFO}{flags_of(place)}"


def _named(unique: str, old: str) -> str:
    return unique + "".join(old.partition(INFO)[1:])


def _stamps(base: Path) -> list[int]:
    """When `new` and `cur` last changed; a listing during which this moved may have missed a mail."""
    return [os.stat(base / sub).st_mtime_ns if (base / sub).is_dir() else 0 for sub in ("new", "cur")]


def _listing(base: Path) -> dict[str, str]:
    """Map unique names to "new/..." or "cur/...". `new` comes first, so that a mail on its way to `cur` is seen twice
    rather than never."""
    listing: dict[str, str] = {}
    doubled: list[str] = []
    for sub in ("new", "cur"):
        for name in _names(base / sub):
            unique = name.partition(INFO)[0]
            if listing.setdefault(unique, f"{sub}/{name}") != f"{sub}/{name}":
                doubled.append(f"{sub}/{name}")
    for place in sorted(doubled):
        _add_double(base, listing, place)
    return listing


def _names(directory: Path) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            return [e.name for e in entries if e.name.isprintable() and e.name[0] != "." and e.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def _add_double(base: Path, listing: dict[str, str], place: str) -> None:
    unique = place.partition("/")[2].partition(INFO)[0]
    first, second = sorted((listing[unique], place), key=lambda p: (p.startswith("cur/"), p))
    if not os.path.lexists(base / first):
        listing[unique] = second
        return
    listing[unique] = first
    listing[second.partition("/")[2]] = second
