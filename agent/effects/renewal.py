"""Finds a thing again that an undo took away and a redo made anew, so that the next redo knows it.

A folder that is made again is another folder to the file system, with another version. The journal knows that it
stands for the old one, because the redo is a chain of its own effects. Deliberately not here: accepting any version
that Nearhand did not itself leave behind.
"""

from __future__ import annotations

from dataclasses import replace

from nearhand.agent.effects.journal import Journal
from nearhand.connectors.base import Connector, Effect, World


def renewed(journal: Journal, connector: Connector, effect: Effect) -> Effect:
    """The effect, made for the version that its thing has since it was made anew; unchanged if it was not."""
    if not effect.seen or connector.probe(effect) is not World.NEITHER:
        return effect
    for version in journal.successors(effect.connector, effect.seen):
        candidate = replace(effect, seen=version)
        if connector.probe(candidate) is World.BEFORE:
            return candidate
    return effect
