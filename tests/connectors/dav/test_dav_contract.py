"""The connector contract over a store that is brought into step with a real server after each change."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from nearhand.connectors.base import Connector, Effect, Receipt
from nearhand.connectors.vdir.calendars import CalendarConnector

from ...servers import dav
from ..vdir import test_calendars
from .dav_side import Side

if importlib.util.find_spec("xandikos") is None:
    pytest.skip(dav.HOW, allow_module_level=True)


class SyncedCalendar(CalendarConnector):
    """A calendar whose changes are on the server as soon as they are made."""

    side: Side

    def apply(self, effect: Effect) -> Receipt:
        receipt = super().apply(effect)
        assert self.side.sync(accept=lambda name: True).clean
        return receipt

    def on_the_server(self) -> dict[str, bytes]:
        """Every calendar and every text that the server has."""
        found: dict[str, bytes] = {}
        client = self.side.client
        for each in client.collections("c"):
            found[each.name] = b""
            for resource in client.read(each.href, "c", client.changes(each.href, "").etags):
                found[resource.href] = resource.data
        return found


@pytest.fixture(scope="module")
def server() -> Iterator[dav.Server]:
    with dav.xandikos() as found:
        yield found


class TestSyncedWithAServer(test_calendars.TestContract):
    @pytest.fixture
    def connector(self, tmp_path: Path, server: dav.Server) -> Iterator[CalendarConnector]:  # type: ignore[override]
        made = test_calendars.make(tmp_path / "one" / "store")
        side = Side(tmp_path / "one", server.url)
        side.empty_server()
        assert side.sync().clean
        made.__class__ = SyncedCalendar
        assert isinstance(made, SyncedCalendar)
        made.side = side
        yield made
        side.close()

    def snapshot(self, connector: Connector) -> object:
        assert isinstance(connector, SyncedCalendar)
        return super().snapshot(connector), connector.on_the_server()
