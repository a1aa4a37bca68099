"""Brings one folder here and one collection on a server into step, so that being cut off anywhere loses nothing.

Looks, does what the comparison says, looks again after writing, and tells each change in words. A change that fails is
told, and the others go on. Deliberately not here: doing single changes (`dav/hands.py`), and which collections belong
together (`dav/account.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nearhand.connectors.dav import xml
from nearhand.connectors.dav.client import Collection, DavClient, Resource
from nearhand.connectors.dav.hands import Hands, Waits
from nearhand.connectors.dav.look import Look, Looker
from nearhand.connectors.dav.merge import title_of
from nearhand.connectors.dav.plan import HERE, THERE, Change, Kind
from nearhand.connectors.dav.report import Deed, How, Report, Side
from nearhand.connectors.dav.state import Bound, DavState
from nearhand.connectors.errors import ConflictError, ConnectorError, NetworkError, NotFoundError
from nearhand.connectors.names import shown
from nearhand.connectors.vdir.connector import decoded
from nearhand.connectors.vdir.store import Vdir

Tell = Callable[[str, int, int], None]
"""(what, done, of how many) of long work; may raise to stop it."""
_VERBS = {
    Kind.UPLOAD: "new", Kind.UPDATE: "changed", Kind.REMOVE: "removed", Kind.FETCH: "new", Kind.REFRESH: "changed",
    Kind.TRASH: "removed", Kind.MERGE: "merged", Kind.FORGET: "forgotten",
}  # fmt: skip
_ROUNDS = 5
"""How often one run looks again, when others write at the same time."""
_NOTE_EVERY = 50
"""How many changes are noted at once."""
_WRITE_AT_ONCE = 500
"""How many new files wait for the disk together."""


def quiet(what: str, done: int, total: int) -> None:
    """Tell nobody."""


class CollectionSync:
    """One folder and one collection."""

    def __init__(
        self, store: Vdir, state: DavState, client: DavClient, bound: Bound, remote: Collection, tell: Tell = quiet
    ) -> None:
        self._store, self._state, self._client, self._tell = store, state, client, tell
        self._hands = Hands(store, state, client, bound, remote)
        self.place = shown(remote.name)

    def plan(self, accept: bool = False) -> Report:
        """What would change, without changing anything."""
        look = self._look(accept)
        wanted = (change for change in look.changes if change.kind is not Kind.FORGET)
        return Report([self._deed(change, How.PLANNED, look=look) for change in wanted])

    def run(self, accept: bool = False) -> Report:
        """Do it; a change that fails is told, and the others go on. Raises when the server cannot be reached.

        After writing there it looks again: only a look that finds nothing to do may be remembered as "in step", for
        some servers give the same token to the same contents, and somebody may have taken back what was written.
        """
        report = Report()
        for _round in range(_ROUNDS):
            before = len(self._hands.written)
            look = self._look(accept)
            found = self._round(look)
            report.add(found)
            if not found.clean:
                return report
            if len(self._hands.written) == before and not any(change.kind is Kind.MERGE for change in look.changes):
                if (look.token, look.ctag) != (self._hands.bound.token, self._hands.bound.ctag):
                    self._state.in_step(self._hands.bound, look.token, look.ctag)
                return report
        return report

    def _round(self, look: Look) -> Report:
        """Everything that one look has found."""
        report = Report()
        try:
            for number, deed in enumerate(self._deeds(look), 1):
                if deed.verb != "forgotten":
                    report.deeds.append(deed)
                self._tell(self.place, number, len(look.changes))
        finally:
            self._hands.note()
        return report

    def _look(self, accept: bool) -> Look:
        hands = self._hands
        looker = Looker(self._store, self._state, self._client, hands.bound, hands.remote)
        return looker.look(accept, hands.since, hands.written | hands.touched if hands.written else ())

    def _deeds(self, look: Look) -> Iterator[Deed]:
        yield from self._read(look)
        self._hands.note()
        others = [change for change in look.changes if change.kind not in (Kind.FETCH, Kind.REFRESH)]
        for start in range(0, len(others), _NOTE_EVERY):
            batch = others[start : start + _NOTE_EVERY]
            self._hands.intend(change for change in batch if change.kind in (Kind.UPLOAD, Kind.UPDATE))
            for change in batch:
                yield self._deed_of(change, look.texts.get(change.href))
            self._hands.note()

    def _read(self, look: Look) -> Iterator[Deed]:
        """What comes from the server: changes one by one, new entries many at a time."""
        wanted = {change.href: change for change in look.changes if change.kind in (Kind.FETCH, Kind.REFRESH)}
        unread = [href for href in wanted if href not in look.texts]
        fresh: list[tuple[Change, Resource]] = []
        for resource in look.texts.values():
            yield from self._arrived(wanted, resource, fresh)
        for resource in self._client.read(self._hands.remote.href, self._hands.bound.kind, unread):
            yield from self._arrived(wanted, resource, fresh)
            if len(fresh) >= _WRITE_AT_ONCE:
                yield from self._fetched(fresh)
                fresh = []
        yield from self._fetched(fresh)
        for change in wanted.values():
            yield self._deed(change, How.WAITS, "It went away while it was looked at.")

    def _arrived(
        self, wanted: dict[str, Change], resource: Resource, fresh: list[tuple[Change, Resource]]
    ) -> Iterator[Deed]:
        change = wanted.pop(resource.href, None)
        if change is not None and change.kind is Kind.FETCH:
            fresh.append((change, resource))
        elif change is not None:
            yield self._deed_of(change, resource)

    def _fetched(self, fresh: list[tuple[Change, Resource]]) -> Iterator[Deed]:
        for change, resource, how, why in self._hands.fetch(fresh):
            yield self._deed(change, how, why, shown(title_of(decoded(resource.data))))

    def _deed_of(self, change: Change, resource: Resource | None) -> Deed:
        """Do one change and say how it went; only an unreachable server ends the run."""
        title = self._title(change, resource)
        try:
            how, why = self._hands.do(change, resource)
        except NetworkError:
            raise
        except Waits as error:
            how, why = How.WAITS, str(error)
        except (ConflictError, NotFoundError) as error:
            how, why = How.WAITS, f"{error} The next run decides."
        except ConnectorError as error:
            how, why = How.FAILED, str(error)
        return self._deed(change, how, why, title)

    # --- words ------------------------------------------------------------------------------------------------------

    def _deed(self, change: Change, how: How, why: str = "", title: str = "", look: Look | None = None) -> Deed:
        side = Side.HERE if change.kind in HERE else Side.SERVER if change.kind in THERE else Side.BOTH
        title = title or self._title(change, look.texts.get(change.href) if look else None)
        return Deed(side, _VERBS[change.kind], title, self.place, how, why)

    def _title(self, change: Change, resource: Resource | None) -> str:
        """What is changed, in words; its file name when that costs a request to find out."""
        try:
            if change.ref and self._store.exists(change.ref):
                return shown(title_of(decoded(self._store.read(change.ref))))
        except ConnectorError:
            pass
        if resource is not None:
            return shown(title_of(decoded(resource.data)))
        base = self._state.base(self._hands.bound, change.ref) if change.ref else b""
        return shown(title_of(decoded(base))) if base else shown(xml.last_name(change.href or change.ref))
