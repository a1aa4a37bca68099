"""Turns a call about files into effects, looking at the world but changing nothing.

A missing folder is made by effects of its own; nothing is ever planned over something that exists: a clash is an
ExistsError, or gets " (2)" when the call says `on_clash=number`. Deliberately not here: doing any of it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePath

from nearhand.connectors.atomic import translated
from nearhand.connectors.base import Call, Effect, Item
from nearhand.connectors.errors import DeniedError, ExistsError
from nearhand.connectors.files.archives import Entry, leaves_in, top_folder
from nearhand.connectors.files.kinds import folder_for, is_ending, kinds_of
from nearhand.connectors.files.packing import packed_like
from nearhand.connectors.files.roots import Roots, nearest_folder
from nearhand.connectors.files.trash import Trash
from nearhand.connectors.files.versions import bytes_like, copy_of, leaves_of, tree_like
from nearhand.connectors.names import check_name, clean_name, numbered, shown, split_name
from nearhand.connectors.sealed.parsing import ARCHIVE, HERE, Parsing

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FilePlan:
    """The effects of one call as they are thought up, and the places they will take."""

    def __init__(self, roots: Roots, trash: Trash, number: bool = False, reads: Parsing = HERE) -> None:
        self.roots = roots
        self.trash = trash
        self.reads = reads
        self.effects: list[Effect] = []
        self._number = number
        self._claimed: set[str] = set()
        self._made: set[str] = set()

    def add(self, verb: str, ref: str, seen: str, **args: str) -> None:
        """Append one effect."""
        self.effects.append(Effect("files", verb, ref, seen, args))

    def folder(self, path: str) -> str:
        """The real path of a folder to put things into; effects that make what is missing of it are added."""
        real = self.roots.canonical(os.path.realpath(path) if Path(path).is_symlink() else path)
        root = self.roots.of(real)
        there = root
        for part in Path(real).relative_to(root).parts:
            there /= part
            if str(there) in self._made or there.is_dir():
                continue
            if os.path.lexists(there):
                raise ExistsError(f"{self.roots.say(str(there))} is a file, not a folder. Choose another folder.")
            check_name(part)
            self._made.add(str(there))
            self._claimed.add(_composed(str(there)))
            self.add("mkdir", "", "", to=str(there))
        return real

    def free(self, folder: str, name: str) -> str:
        """A path in the folder that nothing stands at and no earlier effect takes."""
        path, number = f"{folder}/{name}", 1
        while self._taken(folder, path):
            if not self._number:
                raise ExistsError(f"{self.roots.say(path)} is already there. Choose another name, or have it numbered.")
            number += 1
            path = f"{folder}/{numbered(name, number)}"
        self._claimed.add(_composed(path))
        return path

    def _taken(self, folder: str, path: str) -> bool:
        """Two names that look the same are one name, however their accents are stored."""
        if _composed(path) in self._claimed or os.path.lexists(path):
            return True
        if path.isascii() or folder in self._made or not Path(folder).is_dir():
            return False
        with translated(folder):
            return any(_composed(f"{folder}/{other.name}") == _composed(path) for other in Path(folder).iterdir())

    def across(self, item: Item, target: str) -> dict[str, str]:
        """What a move to another device must leave there, so that undo can tell; nothing on the same device."""
        device = Path(nearest_folder(target)).stat().st_dev
        return {} if item.version.split(":")[0] == str(device) else {"like": self.like(item)}

    def like(self, item: Item) -> str:
        """The likeness of a copy of an item."""
        if item.kind != "folder":
            return copy_of(item.version)
        with self.roots.spot(item.ref) as spot, translated(item.ref):
            return tree_like(leaves_of(spot))


def plan(call: Call, roots: Roots, trash: Trash, reads: Parsing = HERE) -> Sequence[Effect]:
    """Expand a call; raises DeniedError, ExistsError, NotFoundError, or what an archive is refused for."""
    build = _BUILDERS.get(call.action)
    if build is None:
        raise DeniedError(f"{call.action} changes no files, so there is nothing to do.")
    made = FilePlan(roots, trash, call.args.get("on_clash") == "number", reads)
    build(made, call)
    return made.effects


def plan_puts(
    roots: Roots, trash: Trash, folder: str, contents: Sequence[tuple[str, bytes]], number: bool = False
) -> Sequence[Effect]:
    """Effects that write bytes from outside into new files of a folder, under names made acceptable."""
    made = FilePlan(roots, trash, number)
    place = made.folder(folder)
    for name, data in contents:
        target = made.free(place, clean_name(name, "attachment"))
        digest = hashlib.sha256(data).hexdigest()
        coded = base64.b64encode(data).decode("ascii")
        made.add("put", "", "", to=target, sha256=digest, data=coded, like=bytes_like(digest))
    return made.effects


def _move(made: FilePlan, call: Call) -> None:
    folder = made.folder(_path(call, "to"))
    for item in _chosen(made, call):
        if item.ref.rpartition("/")[0] != folder:
            _refuse_inside(made, item, folder)
            target = made.free(folder, item.ref.rpartition("/")[2])
            made.add("move", item.ref, item.version, to=target, **made.across(item, target))


def _copy(made: FilePlan, call: Call) -> None:
    folder = made.folder(_path(call, "to"))
    for item in _chosen(made, call):
        _refuse_inside(made, item, folder)
        target = made.free(folder, item.ref.rpartition("/")[2])
        made.add("copy", item.ref, item.version, to=target, like=made.like(item))


def _rename(made: FilePlan, call: Call) -> None:
    wanted = check_name(_word(call, "name"))
    for item in _chosen(made, call):
        folder, _, old = item.ref.rpartition("/")
        name = wanted if item.kind == "folder" else _with_ending(wanted, old)
        if name != old:
            made.add("move", item.ref, item.version, to=made.free(folder, check_name(name)))


def _trash(made: FilePlan, call: Call) -> None:
    for item in _chosen(made, call):
        made.add("trash", item.ref, item.version, entry=made.trash.entry(item.ref, item.version))


def _new_folder(made: FilePlan, call: Call) -> None:
    name = check_name(_word(call, "name"))
    folder = made.folder(_path(call, "in") if call.args.get("in") else str(made.roots.tops[0]))
    made.add("mkdir", "", "", to=made.free(folder, name))


def _zip(made: FilePlan, call: Call) -> None:
    items = _chosen(made, call)
    if not items:
        return
    beside = items[0].ref.rpartition("/")[0]
    folder = made.folder(_path(call, "to") if call.args.get("to") else beside)
    name = _word(call, "name") if call.args.get("name") else _archive_name(items)
    target = made.free(folder, check_name(name if name.lower().endswith(".zip") else f"{name}.zip"))
    listed = json.dumps([[item.ref, item.version] for item in items])
    with ExitStack() as stack, translated(target):
        like = packed_like([stack.enter_context(made.roots.spot(item.ref)) for item in items])
    made.add("zip", "", "", to=target, items=listed, like=like)


def _archive_name(items: Sequence[Item]) -> str:
    """A single thing gives its own name; several in one folder that folder's; others the first one's."""
    first = items[0].ref
    if len(items) > 1 and len({item.ref.rpartition("/")[0] for item in items}) == 1:
        return clean_name(first.split("/")[-2])
    name = first.rpartition("/")[2]
    return clean_name(name if items[0].kind == "folder" else split_name(name)[0])


def _unzip(made: FilePlan, call: Call) -> None:
    for item in _chosen(made, call):
        if item.kind == "folder":
            raise DeniedError(f"{made.roots.say(item.ref)} is a folder, not an archive.")
        entries = _listed(made, item)
        top = top_folder(entries)
        beside, _, name = item.ref.rpartition("/")
        folder = made.folder(_path(call, "to") if call.args.get("to") else beside)
        target = made.free(folder, clean_name(top or split_name(name)[0]))
        made.add("unzip", item.ref, item.version, to=target, top=top, like=tree_like(leaves_in(entries, top)))


def _listed(made: FilePlan, item: Item) -> list[Entry]:
    with made.roots.spot(item.ref) as spot, translated(item.ref):
        handle = os.open(spot.name, _READ, dir_fd=spot.folder)
        with os.fdopen(handle, "rb") as file:
            return made.reads.read(ARCHIVE, file)


def _sort(made: FilePlan, call: Call) -> None:
    group = str(call.args.get("group") or "kind")
    for item in _chosen(made, call):
        beside, _, name = item.ref.rpartition("/")
        base = _path(call, "to") if call.args.get("to") else beside
        into = _group_of(item, name, group)
        if item.kind == "folder" or not into or beside.rpartition("/")[2].casefold() == into.casefold():
            continue
        folder = made.folder(f"{base}/{_existing(base, into)}")
        target = made.free(folder, name)
        made.add("move", item.ref, item.version, to=target, **made.across(item, target))


def _group_of(item: Item, name: str, group: str) -> str:
    if group == "kind":
        return folder_for(kinds_of(name, item.place))
    if item.when is None:
        return ""
    return item.when.astimezone().strftime("%Y" if group == "year" else "%Y-%m")


def _existing(base: str, name: str) -> str:
    """The name of a folder that is already there, if it differs only in capitals."""
    if not Path(base, name).exists() and Path(base).is_dir():
        for other in sorted(Path(base).iterdir()):
            if other.name.casefold() == name.casefold() and other.is_dir() and not other.is_symlink():
                return other.name
    return name


_BUILDERS: dict[str, Callable[[FilePlan, Call], None]] = {
    "files.move": _move,
    "files.copy": _copy,
    "files.rename": _rename,
    "files.trash": _trash,
    "files.new_folder": _new_folder,
    "files.zip": _zip,
    "files.unzip": _unzip,
    "files.sort": _sort,
}


def _chosen(made: FilePlan, call: Call) -> list[Item]:
    """The items of a call, each once, without those that lie in a folder that is chosen too."""
    items = {item.ref: item for item in call.items}
    for item in items.values():
        if item.connector != "files":
            raise DeniedError(f'"{shown(item.title)}" is not a file, so it cannot be handled as one.')
        if made.roots.canonical(item.ref) != item.ref or item.ref in {str(root) for root in made.roots.tops}:
            raise DeniedError(f"{made.roots.say(item.ref)} is a whole root or is reached by a link, so it stays.")
    return [item for ref, item in items.items() if not any(str(folder) in items for folder in PurePath(ref).parents)]


def _is_above(folder: str, path: str) -> bool:
    return path.startswith(folder + "/")


def _refuse_inside(made: FilePlan, item: Item, folder: str) -> None:
    if folder == item.ref or _is_above(item.ref, folder):
        raise DeniedError(f"{made.roots.say(item.ref)} cannot go into itself. Choose another folder.")


def _with_ending(name: str, old: str) -> str:
    """Keep the old ending unless the new name has a real one."""
    ending = split_name(old)[1]
    new = split_name(name)[1]
    return name if is_ending(new) or new.lower() == ending.lower() else name + ending


def _path(call: Call, slot: str) -> str:
    value = call.args.get(slot)
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if not isinstance(value, (str, Path)) or not str(value):
        raise DeniedError("It is not clear which folder is meant. Name one.")
    return str(value)


def _word(call: Call, slot: str) -> str:
    value = call.args.get(slot)
    if not isinstance(value, str):
        raise DeniedError("It is not clear what the name is to be. Say it.")
    return value


def _composed(path: str) -> str:
    return unicodedata.normalize("NFC", path)
