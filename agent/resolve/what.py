"""Which folder, mailbox, calendar or list is meant: an exact name, or a question.

Case, accents and punctuation do not matter; anything less than that is only suggested. Nothing outside the roots can be
named, and no path goes up. A new folder is only proposed; making it is a step of its own that is shown and undone.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nearhand.agent.resolve.places import bare_place, generic, place_names, standard
from nearhand.agent.texts import folding
from nearhand.connectors.errors import DeniedError
from nearhand.connectors.names import check_name, shown

Same = Callable[[str], str]
"""What two names are compared by."""


@dataclass(frozen=True, slots=True)
class Found:
    """The one that is meant: an absolute path, or the name as the connector has it."""

    place: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several go by this name."""

    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """There is none of this name."""

    suggestions: tuple[str, ...] = ()
    """Names that come near; to be picked by the person, never by code."""
    proposal: str = ""
    """What it would be if it were made."""
    longer: tuple[str, ...] = ()
    """Names that hold the words said; worth suggesting where a new one is not wanted."""


Answer = Found | Ambiguous | Unknown


def folder(text: str, roots: Sequence[Path], known: Iterable[str]) -> Answer:
    """Say which folder inside the roots is meant; raises DeniedError for one that leads outside or is hidden."""
    said = bare_place(text.strip().strip("\"'“”"), "files")
    tops = [Path(os.path.realpath(root)) for root in roots]
    if not tops or not said.strip("/. "):
        return Unknown()
    if ".." in said.split("/") or "\0" in said:
        raise DeniedError(f"“{shown(said)}” goes up, and might lead out of your folders. Name the folder itself.")
    folders = sorted({*map(str, tops), *known})
    if said.startswith(("/", "~")):
        return _absolute(said, tops, folders)
    parts = [part.strip() for part in said.split("/") if part.strip() not in ("", ".")]
    found = _among(parts, tops, folders)
    if found:
        return found
    names = {each: folding.key((_from_root_name(each, tops) or (each,))[-1]) for each in folders}
    said = folding.key(parts[-1])
    return Unknown(_fuzzy(said, names), _proposed(parts, tops, folders), _holding(said, names))


def place(text: str, area: str, names: Sequence[str]) -> Answer:
    """Say which mailbox, calendar or list is meant, out of those that there are."""
    wanted = standard(text) if area == "mail" else None
    for same in (_case, folding.key):
        for said in place_names(text, area):
            answer = _one_of([name for name in names if same(said) in _called(name, area, same)])
            if answer is not None:
                return answer
    if wanted:
        return Found(wanted) if wanted == "Inbox" else Unknown((), wanted)
    if generic(text, area) and names:
        return Found(names[0]) if len(names) == 1 else Ambiguous(tuple(names))
    ending = _one_of([name for name in names if _ends(name, text, area)])
    if ending:
        return ending
    keys, said = {name: folding.key(bare_place(name, area)) for name in names}, folding.key(bare_place(text, area))
    return Unknown(_fuzzy(said, keys), _new(text, area), _holding(said, keys))


def _absolute(said: str, tops: Sequence[Path], folders: Sequence[str]) -> Answer:
    expanded = os.path.expanduser(said)
    path = os.path.realpath(expanded) if expanded.startswith("/") else ""
    top = next((top for top in tops if path and Path(path).is_relative_to(top)), None)
    if top is None:
        names = ", ".join(str(each) for each in tops)
        raise DeniedError(f"“{shown(said)}” lies outside the folders Nearhand may see ({shown(names)}).")
    exact = [each for each in folders if _case(each) == _case(path)]
    if path in exact or len(exact) == 1:
        return Found(path if path in exact else exact[0])
    return Unknown((), _inside(top, Path(path).relative_to(top).parts))


def _among(parts: Sequence[str], tops: Sequence[Path], folders: Sequence[str]) -> Answer | None:
    """The best way in which any folder goes by this path; None if none does."""
    for same in (str, _case, folding.key):
        said = [same(part) for part in parts]
        if not all(said):
            continue
        for sayable in (_from_root_name, _from_root):
            hits = [each for each in folders if _matches(sayable(each, tops), said, same)]
            if hits:
                return _one_of(hits)
    for same in (_case, folding.key):
        said = [same(part) for part in parts]
        ending = [each for each in folders if all(said) and _ends_with(_from_root(each, tops), said, same)]
        if ending:
            least = min(len(_from_root(each, tops)) for each in ending)
            return _one_of([each for each in ending if len(_from_root(each, tops)) == least])
    return None


def _from_root_name(path: str, tops: Sequence[Path]) -> tuple[str, ...]:
    top = _top(path, tops)
    return (top.name, *Path(path).relative_to(top).parts) if top else ()


def _from_root(path: str, tops: Sequence[Path]) -> tuple[str, ...]:
    top = _top(path, tops)
    return Path(path).relative_to(top).parts if top else ()


def _top(path: str, tops: Sequence[Path]) -> Path | None:
    return next((top for top in tops if Path(path).is_relative_to(top)), None)


def _matches(parts: Sequence[str], said: Sequence[str], same: Same) -> bool:
    return len(parts) == len(said) and [same(part) for part in parts] == list(said)


def _ends_with(parts: Sequence[str], said: Sequence[str], same: Same) -> bool:
    return len(parts) >= len(said) and [same(part) for part in parts[-len(said) :]] == list(said)


def _proposed(parts: Sequence[str], tops: Sequence[Path], folders: Sequence[str]) -> str:
    """Where a new folder would be: in the folder that was said before it, else in the first root."""
    for cut in range(len(parts) - 1, 0, -1):
        parent = _among(parts[:cut], tops, folders)
        if isinstance(parent, Ambiguous):
            return ""
        if isinstance(parent, Found):
            return _inside(Path(parent.place), parts[cut:])
    return _inside(tops[0], parts)


def _inside(parent: Path, parts: Iterable[str]) -> str:
    return str(parent.joinpath(*(check_name(part) for part in parts)))


def _fuzzy(said: str, names: dict[str, str]) -> tuple[str, ...]:
    """At most three that are nearly the same; another number is another name, not a slip."""
    from rapidfuzz import fuzz, process

    digits = [c for c in said if c.isdigit()]
    able = {name: key for name, key in names.items() if key and [c for c in key if c.isdigit()] == digits}
    found = process.extract(said, able, scorer=fuzz.ratio, score_cutoff=78, limit=3) if len(said) > 2 else []
    return tuple(name for _, _, name in found)


def _holding(said: str, names: dict[str, str]) -> tuple[str, ...]:
    """At most three that hold all the words said: "Rome album" for Rome."""
    wanted = set(said.split())
    return tuple(name for name, key in names.items() if wanted and wanted <= set(key.split()))[:3]


def _one_of(found: Sequence[str]) -> Answer | None:
    if not found:
        return None
    return Found(found[0]) if len(found) == 1 else Ambiguous(tuple(found))


def _called(name: str, area: str, same: Same) -> set[str]:
    """What a place may be called: its name, without the word for its sort, and the last part of its path."""
    last = name.rpartition("/")[2]
    return {same(each) for each in (name, bare_place(name, area), last) if each} - {""}


def _ends(name: str, text: str, area: str) -> bool:
    said = folding.key(bare_place(text, area))
    return bool(said) and f" {folding.key(name)}".endswith(f" {said}")


def _new(text: str, area: str) -> str:
    name = bare_place(text, area)
    return "/".join(check_name(part.strip()) for part in name.split("/") if part.strip()) if folding.key(name) else ""


def _case(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
