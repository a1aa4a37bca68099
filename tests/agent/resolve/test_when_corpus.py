"""The times of the written corpus, said by many people: the share that is understood must not fall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from nearhand.agent.resolve.when.spans import Clock, lasting, moved, reminder, repeat, spans
from nearhand.connectors.base import Span
from nearhand.models.language import Quote, Step
from nearhand.models.written import Row

NOW = datetime(2026, 11, 25, 10, 30, tzinfo=ZoneInfo("Europe/Berlin"))
CLOCK = Clock(NOW, 0, time(9), time(17))
START = datetime(2026, 12, 1, 18, tzinfo=NOW.tzinfo)
OLD = Span(START, START + timedelta(hours=1), "minute")
LEAST = {"when": 0.92, "to": 0.93, "repeat": 0.92, "remind": 0.95, "for": 0.95}
"""Understood when written; the rest is payday, the audit, or a list and no time at all."""


def _quotes(step: Step) -> list[tuple[str, list[str]]]:
    """The time slots of a step that this test reads, each with its words."""
    found: dict[str, list[str]] = {}
    for name, value in step.slots:
        if isinstance(value, Quote):
            found.setdefault(name, []).append(value.text)
    moves = step.action in ("calendar.move", "tasks.change")
    slots = {name for name in LEAST if not (name == "to" and not moves)}
    slots -= {"when", "repeat"} if step.action == "rules.add" else set()  # read by rules/; see test_rule_corpus.py
    return [(name, words) for name, words in found.items() if name in slots]


def _understood(slot: str, words: list[str]) -> bool:
    said = " ".join(words)
    match slot:
        case "when":
            return bool(spans(words, CLOCK))
        case "repeat":
            return repeat(said, CLOCK) is not None
        case "remind":
            return reminder(said, CLOCK, START) is not None
        case "for":
            return lasting(said, OLD) is not None
        case _:
            return bool(moved(OLD, said, CLOCK))


def _some(said: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """Every fifth of what is said often, and all of what is said seldom."""
    often = [each for each in said if each[0] in ("when", "to")]
    return often[::5] + [each for each in said if each[0] not in ("when", "to")]


def test_the_share_of_the_corpus_times_that_are_understood_does_not_fall(corpus: Sequence[Row]) -> None:
    said = [each for row in corpus for step in row.turn.plan.steps for each in _quotes(step)]
    known, all_of = Counter[str](), Counter[str]()
    for slot, words in _some(said):
        all_of[slot] += 1
        known[slot] += _understood(slot, words)
    shares = {slot: known[slot] / all_of[slot] for slot in LEAST}
    assert {slot: share for slot, share in shares.items() if share < LEAST[slot]} == {}
