"""What is here, what is on the server, and what both were: gathered cheaply, for `plan.py` to compare.

Files that have not moved on disk are not read, and a server whose token has not moved is not asked. Everything being
gone from one side is an error here. Deliberately not here: changing anything.
"""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlsplit

from nearhand.connectors.dav import plan, xml
from nearhand.connectors.dav.client import Changes, Collection, DavClient, Resource
from nearhand.connectors.dav.merge import uid_of
from nearhand.connectors.dav.plan import Change, Pair
from nearhand.connectors.dav.state import Bound, DavState
from nearhand.connectors.errors import ConflictError, ConnectorError, NotFoundError
from nearhand.connectors.names import shown
from nearhand.connectors.vdir.connector import decoded
from nearhand.connectors.vdir.store import TRASH, Vdir, digest

_Seen: TypeAlias = tuple[dict[str, str], str, str]
"""Hrefs and etags on the server, and the token and the ctag that stand for them."""


@dataclass(slots=True)
class Look:
    """Both sides of one collection at one moment."""

    changes: list[Change]
    texts: dict[str, Resource] = field(default_factory=dict)
    """Texts of the server that had to be read for the comparison."""
    token: str = ""
    ctag: str = ""


class Looker:
    """Looks at one folder and the collection that belongs to it."""

    def __init__(self, store: Vdir, state: DavState, client: DavClient, bound: Bound, remote: Collection) -> None:
        self._store, self._state, self._client, self._bound, self._remote = store, state, client, bound, remote

    def look(self, accept: bool = False, since: str = "", touched: Several[str] = ()) -> Look:
        """Compare; raises ConflictError when everything vanished from one side, unless that is accepted.

        `touched` are the hrefs that changed in this run, which began when the server had the token `since`.
        """
        agreed = self._state.agreed(self._bound)
        last = [each.pair for each in agreed]
        local = self._local({each.pair.ref: (each.version, each.pair.digest) for each in agreed})
        remote, token, ctag = self._again(last, since, touched) if touched else self._there(last)
        if not accept:
            self._check(local, remote, last)
        texts, pairs = self._twins(local, remote, last)
        found = plan.plan(local, remote, last, pairs)
        return Look(found, texts, token, ctag)

    def _local(self, known: Mapping[str, tuple[str, str]]) -> dict[str, str]:
        """Refs and digests of the files here; only what moved on disk is read."""
        found: dict[str, str] = {}
        again: list[tuple[str, str]] = []
        for ref, version in self._store.files(self._bound.folder):
            was = known.get(ref)
            if was and was[0] == version:
                found[ref] = was[1]
                continue
            with suppress(NotFoundError):
                found[ref] = self._digest(ref, was[1] if was else "")
                if was and found[ref] == was[1]:
                    again.append((ref, version))
        if again:
            self._state.saw(self._bound, again)
        return {ref: value for ref, value in found.items() if value}

    def _digest(self, ref: str, before: str) -> str:
        """The digest of a file; what cannot be read counts as it was."""
        try:
            return digest(self._store.read(ref))
        except NotFoundError:
            raise
        except ConnectorError:
            return before

    def _there(self, last: list[Pair]) -> _Seen:
        """What is on the server; nothing is asked when its token has not moved."""
        bound, remote = self._bound, self._remote
        if (remote.token and remote.token == bound.token) or (remote.ctag and remote.ctag == bound.ctag):
            return {pair.href: pair.etag for pair in last}, remote.token, remote.ctag
        changes = self._client.changes(remote.href, bound.token)
        return _overlaid(last, changes), remote.token if changes.whole else changes.token, remote.ctag

    def _again(self, last: list[Pair], since: str, touched: Several[str]) -> _Seen:
        """What is on the server after this run has written there.

        What changed since the token before is enough if it names all that changed in this run; otherwise somebody has
        taken something back, which some servers do not tell as a change, and everything is listed.
        """
        if since:
            changes = self._client.changes(self._remote.href, since)
            if not changes.whole and all(href in changes.etags for href in touched):
                return _overlaid(last, changes), changes.token, ""
        remote = self._client.standing(self._remote)
        return _overlaid(last, self._client.changes(remote.href, "")), remote.token, remote.ctag

    def _check(self, local: Mapping[str, str], remote: Mapping[str, str], last: list[Pair]) -> None:
        name = shown(self._remote.name)
        if plan.vanished(remote, (pair.href for pair in last)):
            raise ConflictError(
                f"Everything in “{name}” is gone from the server ({len(last)} entries). Nothing was removed here. "
                f"If it was meant: nearhand sync --accept-removal “{name}”"
            )
        refs = [pair.ref for pair in last]
        if plan.vanished(local, refs) and not self._all_in_trash(refs):
            raise ConflictError(
                f"Everything in “{name}” is gone from this computer ({len(last)} entries). Nothing was removed on the "
                f"server. If it was meant: nearhand sync --accept-removal “{name}”"
            )

    def _all_in_trash(self, refs: list[str]) -> bool:
        """Whether what is gone was thrown away one by one, so that it can still be brought back."""
        if self._bound.folder and not self._store.exists(self._bound.folder):
            return False
        thrown = [ref.partition("/")[2] for ref, _ in self._store.files(TRASH)]
        stems = [ref.rpartition("/")[2].removesuffix(self._store.suffix)[:60] for ref in refs]
        return all(any(name.startswith(f"{stem}.") for name in thrown) for stem in stems)

    def _twins(
        self, local: Mapping[str, str], remote: Mapping[str, str], last: list[Pair]
    ) -> tuple[dict[str, Resource], dict[str, str]]:
        """Pair what is new on both sides and yet the same: by file name, then by UID."""
        refs, hrefs = {pair.ref for pair in last}, {pair.href for pair in last}
        here = {ref: ref.rpartition("/")[2] for ref in local if ref not in refs}
        there = {href: xml.last_name(href) for href in remote if href not in hrefs}
        if not here or not there:
            return {}, {}
        found = dict(plan.twins(here, there))
        left = [ref for ref in here if ref not in found]
        if not left:
            return {}, found
        unpaired = [href for href in there if href not in found.values()]
        texts = {each.href: each for each in self._client.read(self._remote.href, self._bound.kind, unpaired)}
        uids = {ref: uid_of(decoded(self._store.read(ref))) for ref in left}
        found |= plan.twins(uids, {href: uid_of(decoded(each.data)) for href, each in texts.items()})
        return texts, found


def _overlaid(last: list[Pair], changes: Changes) -> dict[str, str]:
    """Everything on the server: what was there, with what changed since."""
    before = {} if changes.whole else {pair.href: pair.etag for pair in last}
    return {href: etag for href, etag in {**before, **changes.etags}.items() if etag is not None}


def own_href(collection: str, ref: str) -> str:
    """The href that a file of ours gets in a collection."""
    return xml.child(xml.same_spelling(urlsplit(collection).path), ref.rpartition("/")[2])
