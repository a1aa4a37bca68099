"""Bringing the index up to date: what a scan says against what was seen, and only the difference is loaded.

The scan is the truth, whoever made the change. Deliberately not here: when to do it, and the tables (`store.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol, runtime_checkable

from nearhand.agent.errors import AgentError
from nearhand.agent.search.store import Store
from nearhand.connectors.base import Connector, Item
from nearhand.connectors.errors import ConnectorError, NotFoundError

Progress = Callable[[str, int, int], None]
"""Called after each batch with the area, how many items of it are loaded, and how many there are to load."""
_BATCH = 200


@runtime_checkable
class LoadsMany(Protocol):
    """A connector that reads many items faster than one after the other."""

    def load_all(self, refs: Sequence[str]) -> Iterator[tuple[str, Item | ConnectorError]]:
        """Each ref with its item, or why it cannot be read."""


class VanishedError(AgentError):
    """Everything of an area vanished at once, which is taken for an accident."""


@dataclass(slots=True)
class Refreshed:
    """What a refresh did."""

    loaded: int = 0
    removed: int = 0
    waiting: int = 0
    """How many items are still to be loaded, because the time was up."""
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    """(area, ref, why) of what could not be read; it is not tried again until it changes."""

    @property
    def complete(self) -> bool:
        """Whether the index is up to date."""
        return not self.waiting


class Refresh:
    """One run over one or more areas, at most until a deadline."""

    def __init__(self, store: Store, seconds: float | None, progress: Progress | None) -> None:
        self.store = store
        self.result = Refreshed()
        self._until = None if seconds is None else monotonic() + seconds
        self._progress = progress

    def area(self, connector: Connector, may_be_empty: bool) -> None:
        """Bring one area up to date; raises VanishedError, or what the connector raises, and changes nothing then."""
        area = connector.name
        stored, there = self.store.seen(area), dict(connector.scan())
        if len(stored) > 1 and not there and not may_be_empty:
            raise VanishedError(_vanished(area, len(stored)))
        self._remove(area, stored.keys() - there.keys())
        wanted = sorted((ref for ref, version in there.items() if stored.get(ref) != version), reverse=True)
        done = 0
        for batch in _batches(wanted):
            if self._until is not None and monotonic() >= self._until:
                break
            with self.store.base:
                for ref, loaded in _loaded(connector, batch):
                    self._put(connector.name, ref, there[ref], loaded)
            done += len(batch)
            if self._progress is not None:
                self._progress(area, done, len(wanted))
        self.result.waiting += len(wanted) - done

    def part(self, connector: Connector, there: Mapping[str, str], gone: Collection[str]) -> None:
        """Bring a few items of an area up to date, without a scan; versions as a scan gives them."""
        self._remove(connector.name, gone)
        for batch in _batches(sorted(there)):
            with self.store.base:
                for ref, loaded in _loaded(connector, batch):
                    self._put(connector.name, ref, there[ref], loaded)

    def _remove(self, area: str, refs: Collection[str]) -> None:
        if refs:
            with self.store.base:
                self.store.drop(area, refs)
            self.result.removed += len(refs)

    def _put(self, area: str, ref: str, version: str, loaded: Item | ConnectorError) -> None:
        if isinstance(loaded, NotFoundError):
            self.store.drop(area, [ref])
        elif isinstance(loaded, ConnectorError):
            self.store.put_problem(area, ref, version, str(loaded))
            self.result.problems.append((area, ref, str(loaded)))
        else:
            self.store.put(area, loaded, version)
            self.result.loaded += 1


def _loaded(connector: Connector, refs: Sequence[str]) -> Iterator[tuple[str, Item | ConnectorError]]:
    """Each ref with what it is, or why it cannot be read."""
    if isinstance(connector, LoadsMany):
        yield from connector.load_all(refs)
        return
    for ref in refs:
        try:
            yield ref, connector.load(ref)
        except ConnectorError as error:
            yield ref, error


def _batches(refs: Sequence[str]) -> Iterator[Sequence[str]]:
    return (refs[start : start + _BATCH] for start in range(0, len(refs), _BATCH))


def _vanished(area: str, count: int) -> str:
    return (
        f"All {count} entries of {area} are gone at once, which looks like an unplugged disk or a moved folder, so none"
        " was forgotten. Check that the folders in config.toml are there; if they are truly empty, confirm it."
    )
