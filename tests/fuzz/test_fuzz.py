"""A little of the fuzzing in every run of the tests; hours of it with `python -m tests.fuzz --seconds 3600`.

Every finding that was mended stays in `FOUND`.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .targets import TARGETS, mutated, seeds

FOUND: tuple[tuple[str, str], ...] = (
    ("rules", "name = " + "9" * 5000),
    ("configs", "[policy]\nhold_seconds = " + "9" * 5000),
    ("configs", "a = " + "[" * 5000),
    ("configs", '[files]\nroots = ["~/' + "a" * 5000 + '"]'),
    ("journal_lines", '{"$":"map","of":{"kind":"x","now":{"$":"datetime","iso":"2026-11-18T10:00:00+01:00","zone":""},'
                      '"of":[],"plan":"none","request":"x","risk":0}}'),
    ("journal_lines", "NaN "),
    ("journal_lines", "1e999"),
    ("journal_lines", '{"$":"datetime","iso":"2026-11-18T10:00:00+01:00","zone":"Europe/' + "a" * 3000 + '"}'),
    ("cards", "BEGIN:VCARD\r\nFN:\ud800\udc80\r\nEND:VCARD\r\n"),
    ("calendar_files", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:\ud800\udc80\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"),
    ("journal_lines", "9" * 5000),
    ("journal_lines", "[" * 100_000),
    ("times", "the last weekend of " * 48 + "May"),
)


@pytest.mark.parametrize("name", TARGETS)
def test_texts_with_a_few_things_wrong_are_understood_or_refused(name: str) -> None:
    draw = random.Random(name)
    for _ in range(60):
        TARGETS[name](mutated(draw, seeds(name)))


@pytest.mark.parametrize("name", TARGETS)
def test_any_text_is_understood_or_refused(name: str) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.text(max_size=120))
    def holds(text: str) -> None:
        TARGETS[name](text)

    holds()


@pytest.mark.parametrize(("name", "text"), FOUND)
def test_what_fuzzing_has_found_stays_mended(name: str, text: str) -> None:
    TARGETS[name](text)
