"""What a calendar here and the same calendar on a server owe each other: a comparison of three lists, and nothing else.

Local files, remote files and what both were when they last agreed go in; the changes that bring them together come
out. A change here and a change there is a merge; a removal against a change loses to the change. Pure: no files, no
network, no clock. Deliberately not here: what is in a file (`dav/merge.py`), and doing any of it (`dav/sync.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What one change does, seen from here."""

    UPLOAD = "upload"
    """New here: it goes to the server, where nothing may have its name."""
    UPDATE = "update"
    """Changed here: it replaces what the server has, if that is still what was seen."""
    REMOVE = "remove"
    """Gone here: it goes from the server too, if that is still what was seen."""
    FETCH = "fetch"
    """New there: it becomes a file here."""
    REFRESH = "refresh"
    """Changed there: the file here follows, if that is still what was seen."""
    TRASH = "trash"
    """Gone there: the file here goes to the trash."""
    MERGE = "merge"
    """Changed on both sides, or new on both sides under one name."""
    FORGET = "forget"
    """Gone on both sides."""


HERE = frozenset({Kind.FETCH, Kind.REFRESH, Kind.TRASH})
"""The kinds that change what is here."""
THERE = frozenset({Kind.UPLOAD, Kind.UPDATE, Kind.REMOVE})
"""The kinds that change the server."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A file here and a file there when they last agreed."""

    ref: str
    href: str
    etag: str
    digest: str
    """Of the bytes here."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do; `ref` is "" when nothing is here yet, `href` when nothing is there yet."""

    kind: Kind
    ref: str = ""
    href: str = ""
    etag: str = ""
    """What the server must still have for the change to be made."""
    digest: str = ""
    """What must still be here for the change to be made."""


def plan(
    local: Mapping[str, str],
    remote: Mapping[str, str],
    last: Iterable[Pair],
    twins: Mapping[str, str] | None = None,
) -> list[Change]:
    """The changes that bring both sides together.

    `local` maps refs to digests, `remote` hrefs to etags; `twins` maps refs to hrefs that were never paired and yet
    are the same thing (one name, or one UID). What makes something comes before what takes something away.
    """
    pairs = list(last)
    known_refs, known_hrefs = {pair.ref for pair in pairs}, {pair.href for pair in pairs}
    paired = {ref: href for ref, href in (twins or {}).items() if ref in local and href in remote}
    found = [change for pair in pairs if (change := _of_pair(pair, local.get(pair.ref), remote.get(pair.href)))]
    for ref, href in paired.items():
        if ref not in known_refs and href not in known_hrefs:
            found.append(Change(Kind.MERGE, ref, href, remote[href], local[ref]))
            known_refs.add(ref)
            known_hrefs.add(href)
    found += [Change(Kind.UPLOAD, ref, digest=digest) for ref, digest in local.items() if ref not in known_refs]
    found += [Change(Kind.FETCH, href=href, etag=etag) for href, etag in remote.items() if href not in known_hrefs]
    return sorted(found, key=lambda change: (_ORDER[change.kind], change.ref, change.href))


_ORDER = {kind: rank for rank, kind in enumerate(
    (Kind.FETCH, Kind.REFRESH, Kind.MERGE, Kind.UPLOAD, Kind.UPDATE, Kind.TRASH, Kind.REMOVE, Kind.FORGET)
)}  # fmt: skip


def _of_pair(pair: Pair, digest: str | None, etag: str | None) -> Change | None:
    """What one pair needs; `digest` and `etag` are None where it is gone."""
    here, there = digest != pair.digest, etag != pair.etag
    if not here and not there:
        return None
    if digest is None and etag is None:
        return Change(Kind.FORGET, pair.ref, pair.href)
    if digest is None:
        kind = Kind.FETCH if there else Kind.REMOVE
        return Change(kind, pair.ref, pair.href, etag or "")
    if etag is None:
        kind = Kind.UPLOAD if here else Kind.TRASH
        return Change(kind, pair.ref, pair.href, digest=digest)
    kind = Kind.MERGE if here and there else Kind.UPDATE if here else Kind.REFRESH
    return Change(kind, pair.ref, pair.href, etag, digest)


def vanished(present: Iterable[str], last: Iterable[str]) -> bool:
    """Whether everything that was there is gone: an accident until somebody says that it was meant."""
    before = set(last)
    return len(before) > 1 and not before & set(present)


def twins(local: Mapping[str, str], remote: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Pair refs and hrefs whose values (file names, or UIDs) are the same on both sides, each once."""
    where = {name: href for href, name in remote.items() if name}
    for ref, name in local.items():
        if name and name in where:
            yield ref, where.pop(name)
