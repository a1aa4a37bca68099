"""Batches of firings that wait for the person, as a connector: approving the turn that holds one lets it go.

So "this rule is about to act on 300 things" stands in the same queue as everything else that waits, and is journaled
and taken back like it. Deliberately not here: what the rule then does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from nearhand.agent.rules.firings import Firings
from nearhand.agent.senses.watch_store import WatchStore
from nearhand.connectors.base import Call, Effect, Item, Preview, Receipt, World
from nearhand.connectors.errors import DeniedError, NotFoundError

RELEASE, HOLD = "release", "hold"
_OTHER = {RELEASE: HOLD, HOLD: RELEASE}


class HeldConnector:
    """Lets batches go. `nudge` is touched then, so that whoever watches its folder looks."""

    name = "held"

    def __init__(self, path: Path, nudge: Path) -> None:
        self._path, self._nudge = path, nudge

    def scan(self) -> Iterator[tuple[str, str]]:
        """There are no items to find here."""
        return iter(())

    def load(self, ref: str) -> Item:
        """There are no items to find here."""
        raise NotFoundError("What a rule waits with is no item. `nearhand rules` lists the rules.")

    def expand(self, call: Call) -> Sequence[Effect]:
        """No request is about this."""
        raise DeniedError(f'"{call.action}" is nothing that can be done here.')

    def preview(self, effect: Effect) -> Preview:
        """Say how many things the rule is about to act on."""
        count, rule = effect.args.get("count", "many"), effect.args.get("rule", "A rule")
        if effect.verb == HOLD:
            return Preview(f"The rule “{rule}” is held back from what it has not done yet.")
        return Preview(f"Let the rule “{rule}” act on {count} things at once.")

    def inverse(self, effect: Effect) -> Effect:
        """Hold back what has not run by then; what the rule did is undone on its own."""
        return replace(effect, verb=_OTHER[effect.verb])

    def apply(self, effect: Effect) -> Receipt:
        """Let a batch go, or hold it."""
        with self._firings() as firings:
            if effect.verb == RELEASE:
                firings.release(effect.ref, datetime.now().timestamp())
            else:
                firings.hold(effect.ref)
            held, _ = firings.counted(effect.ref)
        self._nudge.parent.mkdir(parents=True, exist_ok=True)
        self._nudge.touch()
        done = "They wait." if held else "They run as soon as the background service is at it."
        return Receipt(effect, effect.ref, "", done)

    def probe(self, effect: Effect) -> World:
        """Look whether the batch is held."""
        with self._firings() as firings:
            held, all_of_them = firings.counted(effect.ref)
        after = held == 0 if effect.verb == RELEASE else held == all_of_them
        return World.AFTER if after else World.BEFORE

    @contextmanager
    def _firings(self) -> Iterator[Firings]:
        store = WatchStore(self._path)
        try:
            yield Firings(store)
        finally:
            store.close()
