"""Near-duplicates of the suite."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from nearhand.models import near, written
from nearhand.models.near import Near, grams, plain
from nearhand.models.written import Row

INDEX = Near(["Move the scans to Receipts", "undo", "Is there mail from the school?", "stop that"])


@pytest.mark.parametrize(
    ("text", "twin"),
    [
        ("move the scans to Receipts!", "move the scans to receipts"),
        ("please move the scan to receipts", "move the scans to receipts"),
        ("is their mail from the school", "is there mail from the school"),
        ("Undo.", "undo"),
        ("undone", None),
        ("stop this", None),
        ("Cancel dinner with Olga", None),
        ("", None),
        ("!?", None),
    ],
)
def test_a_text_finds_the_request_it_nearly_repeats(text: str, twin: str | None) -> None:
    assert INDEX.twin(text) == twin


def test_the_index_agrees_with_comparing_every_pair(corpus: Sequence[Row]) -> None:
    suite = [near.said(row) for row in written.rows(near.SUITE)][::5]
    texts = [near.said(row) for row in corpus][::40]
    index = Near(suite)
    long = [grams(plain(text)) for text in suite if plain(text).count(" ") >= near.SHORT]
    for text in texts:
        mine = grams(plain(text))
        alike = plain(text).count(" ") >= near.SHORT and any(len(mine & one) > len(mine | one) / 2 for one in long)
        assert (index.twin(text) is not None) == (alike or plain(text) in map(plain, suite)), text


def test_a_second_turn_is_compared_together_with_its_first() -> None:
    row = written.read_line("files.find | find {what:tents} ==> files.trash what=$0 | delete those")
    assert near.said(row) == "find tents delete those"


def test_twelve_thousand_texts_are_compared_in_seconds() -> None:
    texts = [f"remind me on day {n} to feed the neighbour's cat and to water the ferns" for n in range(12_000)]
    index = near.suite()
    begun = time.process_time()
    for text in texts:
        index.twin(text)
    assert time.process_time() - begun < 5
