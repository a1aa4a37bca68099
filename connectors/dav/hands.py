"""Does single changes of a calendar, here and on the server, each only to the version it was planned for.

What is about to be sent is noted before it goes, what has happened after it, so that a run that is cut off anywhere is
understood by looking. A conflict is merged by property, else both versions are kept. What the server no longer has
goes to the trash here; what was thrown away here keeps a copy in the trash. Deliberately not here: what is to be done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urljoin

from nearhand.connectors.dav import xml
from nearhand.connectors.dav.client import Collection, DavClient, Resource
from nearhand.connectors.dav.look import own_href
from nearhand.connectors.dav.merge import merge, retitled, same
from nearhand.connectors.dav.plan import Change, Kind, Pair
from nearhand.connectors.dav.report import How
from nearhand.connectors.dav.state import Agreed, Bound, DavState
from nearhand.connectors.errors import ConflictError, ConnectorError, ExistsError, NetworkError
from nearhand.connectors.names import shown
from nearhand.connectors.vdir.connector import decoded
from nearhand.connectors.vdir.store import TRASH, Vdir, digest

_MARK = "(changed here)"


class Waits(Exception):
    """It changed while it was looked at; the next run decides."""


class Hands:
    """Changes one folder and one collection."""

    def __init__(self, store: Vdir, state: DavState, client: DavClient, bound: Bound, remote: Collection) -> None:
        self._store, self._state, self._client, self.bound, self.remote = store, state, client, bound, remote
        self._noted: list[Agreed] = []
        """What has happened and is not yet written down."""
        self.written: set[str] = set()
        """Hrefs that this run has written or removed."""
        self.touched: set[str] = set()
        """Hrefs of which this run has learnt or made something new."""
        self.since = bound.token
        """The server's token before that."""
        self._going: dict[str, str] = {}
        """What is written down to be sent: digests by href."""
        self._place = shown(remote.name)

    def do(self, change: Change, resource: Resource | None) -> tuple[How, str]:
        match change.kind:
            case Kind.REFRESH if resource:
                self._refresh(change, resource)
            case Kind.TRASH:
                self._store.move(change.ref, change.digest, self._store.trash_entry(change.ref, change.digest))
                self._forget(change)
            case Kind.REMOVE:
                self._remove(change)
            case Kind.FORGET:
                self._forget(change)
            case Kind.UPLOAD | Kind.UPDATE:
                return self._send(change)
            case Kind.MERGE:
                return self._merge(change.ref, change.href, resource)
        return How.DONE, ""

    # --- what changes here ------------------------------------------------------------------------------------------

    def fetch(self, fresh: list[tuple[Change, Resource]]) -> Iterator[tuple[Change, Resource, How, str]]:
        """Make files of new entries, all at once, and say how it went with each."""
        refs: dict[str, tuple[Change, Resource]] = {}
        for change, resource in fresh:
            refs[change.ref or self._new_ref(resource, refs)] = change, resource
        taken: set[str] = set()
        if refs:
            taken = self._store.create_all(self.bound.folder, {ref: each.data for ref, (_, each) in refs.items()})
        for ref, (change, resource) in refs.items():
            if ref in taken:
                yield change, resource, How.WAITS, "Something else has its name here by now."
            else:
                self._noted.append(self._agreed(ref, resource, resource.data))
                yield change, resource, How.DONE, ""
        self.note()

    def _new_ref(self, resource: Resource, taken: Container[str]) -> str:
        name = xml.last_name(resource.href)
        ref = f"{self.bound.folder}/{name}" if self.bound.folder else name
        try:
            usable = name.endswith(self._store.suffix) and "/" not in name and ref not in taken
            usable = usable and not self._store.exists(ref)
        except ConnectorError:
            usable = False
        if usable:
            return ref
        stem = name.removesuffix(self._store.suffix) or "entry"
        mark = hashlib.sha256(resource.href.encode()).hexdigest()[:8]
        return self._store.free(self.bound.folder, f"{stem[:40]}-{mark}")

    def _refresh(self, change: Change, resource: Resource) -> None:
        if digest(resource.data) != change.digest:
            self._store.replace(change.ref, change.digest, resource.data)
        self._noted.append(self._agreed(change.ref, resource, resource.data))

    def _agreed(self, ref: str, resource: Resource, data: bytes) -> Agreed:
        return Agreed(Pair(ref, resource.href, resource.etag, digest(data)), self._store.version(ref), data)

    def note(self) -> None:
        """Write down what has happened."""
        if self._noted:
            self.touched.update(row.pair.href for row in self._noted)
            with self._state.writing():
                self._stepped_out()
                self._state.keep(self.bound, self._noted)
            self._noted = []

    # --- what changes on the server ---------------------------------------------------------------------------------

    def _send(self, change: Change) -> tuple[How, str]:
        if not self.remote.writable:
            raise ExistsError(f"“{self._place}” may not be changed on the server, so the change stays here.")
        href = change.href or own_href(self.remote.href, change.ref)
        try:
            self._put(change.ref, href, change.etag if change.kind is Kind.UPDATE else "")
        except ConflictError:
            return self._merge(change.ref, href, None)
        return How.DONE, ""

    def intend(self, changes: Iterable[Change]) -> None:
        """Note what is about to go, for many changes at once."""
        texts: dict[str, bytes] = {}
        for change in changes:
            with suppress(ConnectorError):
                texts[change.href or own_href(self.remote.href, change.ref)] = self._store.read(change.ref)
        self._state.intend(self.bound, texts)
        if texts:
            self._stepped_out()
        self._going = {href: digest(data) for href, data in texts.items()}

    def _put(self, ref: str, href: str, etag: str) -> None:
        """Send a file as it is now; what is about to go is noted first."""
        version, data = self._store.version(ref), self._store.read(ref)
        if self._going.get(href) != digest(data):
            self._state.intend(self.bound, {href: data})
        url = urljoin(self.remote.href, href)
        self._stepped_out()
        self.written.add(href)
        try:
            fresh = self._client.put(url, self.bound.kind, data, etag)
        except NetworkError:
            raise  # whether it has arrived is not known
        except ConnectorError:
            self._state.not_sent(self.bound, href, data)
            raise
        if fresh:
            self._noted.append(Agreed(Pair(ref, href, fresh, digest(data)), version, data))
        else:
            self._read_back(ref, href, version, data)

    def _read_back(self, ref: str, href: str, version: str, data: bytes) -> None:
        """Look what a server made of a text when it does not say that it kept it as it was."""
        found = self._client.get(urljoin(self.remote.href, href))
        if found is None or not found.etag:
            raise Waits("The server does not say under which version it keeps this.")
        row = Agreed(Pair(ref, href, found.etag, digest(data)), version, data)
        if not same(decoded(found.data), decoded(data)):
            self._store.replace(ref, digest(data), found.data)
            row = self._agreed(ref, replace(found, href=href), found.data)
        self._noted.append(row)

    def _forget(self, change: Change) -> None:
        self.touched.add(change.href)
        with self._state.writing():
            self._stepped_out()
            self._state.drop(self.bound, change.ref)

    def _stepped_out(self) -> None:
        """With the first change: the token that is remembered does not stand for what is known any more."""
        if self.bound.token or self.bound.ctag:
            self._state.in_step(self.bound, "", "")
            self.bound = replace(self.bound, token="", ctag="")

    def _remove(self, change: Change) -> None:
        if not self.remote.writable:
            raise ExistsError(f"“{self._place}” may not be changed on the server, so it stays there.")
        self._keep_a_copy(change.ref)
        self._stepped_out()
        self.written.add(change.href)
        self._client.delete(urljoin(self.remote.href, change.href), change.etag)
        self._state.drop(self.bound, change.ref)

    def _keep_a_copy(self, ref: str) -> None:
        """See to it that what is removed on the server can be found in the trash here."""
        data = self._state.base(self.bound, ref)
        stem = ref.rpartition("/")[2].removesuffix(self._store.suffix)[:60]
        thrown = (each for each, _ in self._store.files(TRASH) if each.startswith(f"{TRASH}/{stem}."))
        if data and not any(same(decoded(self._store.read(each)), decoded(data)) for each in thrown):
            self._store.throw_away(ref, data)

    # --- what both sides changed ------------------------------------------------------------------------------------

    def _merge(self, ref: str, href: str, resource: Resource | None) -> tuple[How, str]:
        theirs = resource or next(self._client.read(self.remote.href, self.bound.kind, [href]), None)
        if theirs is None:
            raise Waits("It went away on the server while it was looked at.")
        ours = self._store.read(ref)
        base = self._base(ref, href, theirs)
        if same(decoded(ours), decoded(theirs.data)):
            self._noted.append(self._agreed(ref, theirs, ours))
            return How.DONE, ""
        merged = merge(decoded(base), decoded(ours), decoded(theirs.data)) if base else None
        if merged is None:
            return self._keep_both(ref, ours, theirs)
        return self._merged(ref, ours, merged.encode("utf-8", "surrogateescape"), theirs)

    def _base(self, ref: str, href: str, theirs: Resource) -> bytes:
        """What both sides last agreed on: what was sent when a run was cut off, if it has arrived."""
        found = self._state.intended(self.bound, href)
        arrived = (sent for sent in found if same(decoded(sent), decoded(theirs.data)))
        return next(arrived, self._state.base(self.bound, ref))

    def _merged(self, ref: str, ours: bytes, merged: bytes, theirs: Resource) -> tuple[How, str]:
        """Here first: a merged text still merges with what the server has, should this be cut off."""
        if merged != ours:
            self._store.replace(ref, digest(ours), merged)
        if same(decoded(merged), decoded(theirs.data)):
            self._noted.append(self._agreed(ref, theirs, merged))
        elif self.remote.writable:
            self._put(ref, theirs.href, theirs.etag)
        else:
            raise ExistsError(f"“{self._place}” may not be changed on the server, so the change stays here.")
        return How.DONE, "Both sides had changed it; the changes were put together."

    def _keep_both(self, ref: str, ours: bytes, theirs: Resource) -> tuple[How, str]:
        """Ours becomes an entry of its own beside theirs; the same one when this is done again after a crash."""
        mark = hashlib.sha256(ours).hexdigest()[:8]
        stem = ref.rpartition("/")[2].removesuffix(self._store.suffix)[:60]
        copy = f"{ref.rpartition('/')[0]}/{stem}-{mark}{self._store.suffix}".removeprefix("/")
        try:
            text = retitled(decoded(ours), _MARK, lambda uid: f"{uid}-{mark}").encode("utf-8", "surrogateescape")
        except ConnectorError:
            self._store.throw_away(ref, ours)
            copy, text = "", b""
        if copy and not self._store.exists(copy):
            self._store.create(copy, text)
        self._store.replace(ref, digest(ours), theirs.data)
        self._noted.append(self._agreed(ref, theirs, theirs.data))
        if not copy:
            return How.KEPT_BOTH, "What was here could not be read and lies in the trash."
        if self.remote.writable:
            self._put(copy, own_href(self.remote.href, copy), "")
        return How.KEPT_BOTH, f"It was changed on both sides. Yours stands beside it, marked “{_MARK}”."
