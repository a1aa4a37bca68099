"""The connector contract over calendars, tasks and contacts that real servers are in step with: each effect, its undo and
its redo are seen from a second computer. Over Xandikos all of it, over the slower Radicale what reaches the server."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from nearhand.connectors.base import Connector
from nearhand.connectors.dav.merge import same
from nearhand.connectors.testing import ConnectorContract
from nearhand.connectors.vdir.calendars import CalendarConnector
from nearhand.connectors.vdir.contacts import ContactConnector
from nearhand.connectors.vdir.tasks import TaskConnector

from ...servers import dav
from ..synced import synced
from ..vdir import test_calendars, test_contacts, test_tasks
from .dav_side import CARD, TASK, Side, text

if importlib.util.find_spec("xandikos") is None or importlib.util.find_spec("radicale") is None:
    pytest.skip(dav.HOW, allow_module_level=True)
C = TypeVar("C", bound=Connector)
REACHES_THE_SERVER = ("test_an_effect_is_seen_to_happen_and_can_be_undone_and_redone",
                      "test_an_effect_done_twice_is_refused_the_second_time")  # fmt: skip
_ZONES = re.compile(r"BEGIN:VTIMEZONE.*?END:VTIMEZONE\r?\n", re.DOTALL)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, dav.Server]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(start()) for name, start in (("xandikos", dav.xandikos), ("radicale", dav.radicale))}


@pytest.fixture
def server(request: pytest.FixtureRequest, servers: dict[str, dav.Server]) -> dav.Server:
    return servers[request.param]


class Elsewhere:
    """The same account on a second computer."""

    def __init__(self, folder: Path, url: str, kind: str) -> None:
        self.one, self._two = (Side(folder / name, url, kind=kind) for name in ("one", "two"))

    def bring(self, side: Side | None = None) -> None:
        """Bring one of the two into step; nothing may go wrong."""
        report = (side or self.one).sync(accept=lambda name: True)
        assert report.clean, [*map(str, report.deeds), *report.troubles]

    def look(self) -> list[Entry]:
        """What the second has once it was synchronized: each entry under its name; it is what the first has."""
        self.bring(self._two)
        found = said(self._two)
        assert found == said(self.one)
        return found

    def folders(self) -> list[str]:
        """The names that the second has for its calendars or address books."""
        return sorted(self._two.store.display(folder) for folder in self._two.store.collections())

    def close(self) -> None:
        self.one.close(), self._two.close()


@dataclass(frozen=True, eq=False)
class Entry:
    """One entry; equal to what says the same, whatever a server did to its order, folds, escapes and zones."""

    name: str
    text: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and self.name == other.name and same(self.text, other.text)


def said(side: Side) -> list[Entry]:
    """Every entry by its file name."""
    found = [Entry(ref.rpartition("/")[2], _ZONES.sub("", data.decode())) for ref, data in side.files().items()]
    return sorted(found, key=lambda entry: (entry.name, entry.text))


class OnAServer(ConnectorContract):
    """What the three areas have in common."""

    elsewhere: Elsewhere

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        reaches = metafunc.function.__name__ in REACHES_THE_SERVER
        metafunc.parametrize("server", ["xandikos", "radicale"] if reaches else ["xandikos"], indirect=True)

    def on_server(self, connector: C, elsewhere: Elsewhere) -> Iterator[C]:
        """A connector over the first computer's folders, its account empty on the server before."""
        elsewhere.bring()
        self.elsewhere = elsewhere
        yield synced(connector, elsewhere.bring)
        elsewhere.close()

    def snapshot(self, connector: Connector) -> object:
        return super().snapshot(connector), self.elsewhere.look(), self.elsewhere.folders()


@pytest.fixture
def calendars(tmp_path: Path, server: dav.Server) -> Elsewhere:
    """An account whose calendars are all gone."""
    found = Elsewhere(tmp_path, server.url, "c")
    found.one.empty_server()
    return found


class TestCalendarsOnAServer(OnAServer, test_calendars.TestContract):
    @pytest.fixture
    def connector(self, tmp_path: Path, calendars: Elsewhere) -> Iterator[CalendarConnector]:  # type: ignore[override]
        made = test_calendars.make(tmp_path / "one" / "store")
        calendars.one.put("personal/milk.ics", text(TASK, "milk", "Milk"))  # with all that servers ask for
        yield from self.on_server(made, calendars)


class TestTasksOnAServer(OnAServer, test_tasks.TestContract):
    @pytest.fixture
    def connector(self, tmp_path: Path, calendars: Elsewhere) -> Iterator[TaskConnector]:  # type: ignore[override]
        made = test_tasks.make(tmp_path / "one" / "store")
        rent = test_tasks.RENT.replace("BEGIN:VALARM", "BEGIN:VALARM\nACTION:DISPLAY")  # else Radicale adds one
        calendars.one.put("todo/rent.ics", rent.encode())
        yield from self.on_server(made, calendars)


class TestContactsOnAServer(OnAServer, test_contacts.TestContract):
    @pytest.fixture
    def connector(self, tmp_path: Path, server: dav.Server) -> Iterator[ContactConnector]:  # type: ignore[override]
        elsewhere = Elsewhere(tmp_path, server.url, "r")
        elsewhere.one.empty_server()
        made = test_contacts.make(tmp_path / "one" / "store")
        for ref, _ in list(made.scan()):  # servers take what has a name and keeps to the rules
            elsewhere.one.put(ref, text(CARD, ref.replace("/", "-"), "Olga", "TEL;TYPE=CELL:+49 30 1234"))
        yield from self.on_server(made, elsewhere)
