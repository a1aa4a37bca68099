"""The contract that every connector keeps, as tests: a new connector is one fixture and a list of sample effects.

    class TestMyConnector(ConnectorContract):
        @pytest.fixture
        def connector(self, tmp_path): return MyConnector(tmp_path)          # a small world, the same each time
        def effects(self, connector): return connector.expand(Call(...))     # each applies to that world by itself
        def snapshot(self, connector): return everything that a person could notice, comparable with ==

Needs no more than pytest's fixtures. Deliberately not here: crashes, speed and bad input, which differ by connector.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial

from nearhand.connectors.base import Connector, Effect, World
from nearhand.connectors.errors import ConflictError, ConnectorError, ExistsError, NotFoundError


class ConnectorContract:
    """Tests to inherit. The class that does so provides `connector`, `effects` and `snapshot`."""

    def effects(self, connector: Connector) -> Sequence[Effect]:
        """Samples of every verb; each can be applied to the fresh world on its own."""
        raise NotImplementedError

    def snapshot(self, connector: Connector) -> object:
        """The world as a person sees it: equal before an effect and after its undo."""
        raise NotImplementedError

    def samples(self, connector: Connector) -> Iterator[Effect]:
        """Every sample, planned again for the world as it is by then."""
        for number in range(len(self.effects(connector))):
            yield self.effects(connector)[number]

    def test_scan_names_every_item_once(self, connector: Connector) -> None:
        refs = [ref for ref, _ in connector.scan()]
        assert len(refs) == len(set(refs))

    def test_scan_and_load_agree_on_refs_and_versions(self, connector: Connector) -> None:
        for ref, version in connector.scan():
            item = connector.load(ref)
            assert (item.connector, item.ref, item.version) == (connector.name, ref, version)

    def test_times_of_items_have_a_zone(self, connector: Connector) -> None:
        for ref, _ in connector.scan():
            item = connector.load(ref)
            assert all(moment is None or moment.tzinfo is not None for moment in (item.when, item.end))

    def test_loading_what_is_not_there_is_an_error_for_the_person(self, connector: Connector) -> None:
        assert isinstance(refused(lambda: connector.load("/no/such/thing")), ConnectorError)

    def test_there_are_samples(self, connector: Connector) -> None:
        assert self.effects(connector)

    def test_planning_previewing_and_inverting_change_nothing(self, connector: Connector) -> None:
        before = self.snapshot(connector)
        for effect in self.samples(connector):
            assert connector.preview(effect).text
            connector.inverse(effect)
        assert self.snapshot(connector) == before

    def test_planning_twice_gives_the_same(self, connector: Connector) -> None:
        assert list(self.effects(connector)) == list(self.effects(connector))

    def test_effects_and_inverses_survive_the_journal(self, connector: Connector) -> None:
        for effect in self.samples(connector):
            for each in (effect, connector.inverse(effect)):
                assert Effect(**json.loads(json.dumps(asdict(each)))) == each

    def test_an_effect_is_seen_to_happen_and_can_be_undone_and_redone(self, connector: Connector) -> None:
        for effect in self.samples(connector):
            before = self.snapshot(connector)
            back = journaled(connector.inverse(effect))
            assert connector.probe(effect) is World.BEFORE, effect
            receipt = connector.apply(effect)
            assert (receipt.effect, bool(receipt.evidence)) == (effect, True)
            assert connector.probe(effect) is World.AFTER, effect
            after = self.snapshot(connector)
            assert after != before, effect
            again = journaled(connector.inverse(back))
            self._goes(connector, back, before)
            self._goes(connector, again, after)
            self._goes(connector, journaled(connector.inverse(again)), before)

    def _goes(self, connector: Connector, effect: Effect, world: object) -> None:
        assert connector.probe(effect) is World.BEFORE, effect
        connector.apply(effect)
        assert connector.probe(effect) is World.AFTER, effect
        assert self.snapshot(connector) == world, effect

    def test_a_receipt_names_what_is_there_now(self, connector: Connector) -> None:
        for effect in self.samples(connector):
            back = connector.inverse(effect)
            receipt = connector.apply(effect)
            versions = dict(connector.scan())
            assert receipt.ref not in versions or versions[receipt.ref] == receipt.version
            connector.apply(back)

    def test_a_stale_version_is_a_conflict_and_changes_nothing(self, connector: Connector) -> None:
        for effect in self.samples(connector):
            if effect.seen:
                before = self.snapshot(connector)
                stale = replace(effect, seen="stale")
                assert isinstance(refused(partial(connector.apply, stale)), ConflictError), effect
                assert self.snapshot(connector) == before

    def test_an_effect_done_twice_is_refused_the_second_time(self, connector: Connector) -> None:
        for effect in self.samples(connector):
            back = connector.inverse(effect)
            connector.apply(effect)
            world = self.snapshot(connector)
            error = refused(partial(connector.apply, effect))
            assert isinstance(error, (ConflictError, ExistsError, NotFoundError)), effect
            assert self.snapshot(connector) == world
            connector.apply(back)

    def test_undoing_what_was_not_done_is_refused(self, connector: Connector) -> None:
        for effect in self.samples(connector):
            before = self.snapshot(connector)
            back = connector.inverse(effect)
            error = refused(partial(connector.apply, back))
            assert isinstance(error, (ConflictError, ExistsError, NotFoundError)), effect
            assert self.snapshot(connector) == before


def journaled(effect: Effect) -> Effect:
    """The effect as it comes back from a journal."""
    return Effect(**json.loads(json.dumps(asdict(effect))))


def refused(attempt: Callable[[], object]) -> ConnectorError:
    """The error for the person that an attempt ends in; fails if there is none."""
    try:
        attempt()
    except ConnectorError as error:
        assert str(error), "an error must say what is wrong"
        return error
    raise AssertionError("this should have been refused")
