"""What the written corpus and the frozen suite must be."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from nearhand.connectors.catalogue import ACTIONS, SLOTS
from nearhand.models import evaluate, near, utterances, vocab, written
from nearhand.models.language import sweeps
from nearhand.models.written import Row

_FILES = sorted([*written.CORPUS.glob("*.txt"), *near.SUITE.rglob("*.txt")])


@pytest.mark.parametrize("path", _FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_line_is_accepted(path: Path) -> None:
    assert [bad for bad in written.read_file(path) if not isinstance(bad, Row)] == []


def test_the_suite_is_large_enough_and_covers_every_category() -> None:
    cases = evaluate.suite()
    assert len(cases) >= 600
    assert sum(case.critical for case in cases) >= 40
    assert {case.category for case in cases} >= {
        "single", "multi", "conditional", "turns", "missing", "none", "negation", "dangerous",
    }  # fmt: skip


def test_the_second_suite_has_its_own_requests() -> None:
    first, second = ({near.plain(near.said(case.row)) for case in evaluate.suite(folder)} for folder in (near.SUITE, near.SECOND))
    assert len(second) >= 400 and sum(case.critical for case in evaluate.suite(near.SECOND)) >= 20
    assert len(first & second) < 0.02 * len(second)


def test_every_action_and_slot_is_written_about(corpus: Sequence[Row]) -> None:
    steps = [step for row in corpus for step in row.turn.plan.steps]
    assert {step.action for step in steps} == set(ACTIONS)
    assert {name for step in steps for name, _ in step.slots} == set(SLOTS)
    count = Counter(step.action for step in steps)
    assert min(count.values()) >= 10, count.most_common()[-5:]


def test_nothing_is_written_that_the_planner_refuses_as_too_much(corpus: Sequence[Row]) -> None:
    assert [row.source for row in corpus if sweeps(row.turn.plan)] == []


def test_a_share_of_the_corpus_is_negative(corpus: Sequence[Row]) -> None:
    firsts = [row.turn.plan.steps[0] for row in corpus]
    assert 0.15 < sum(step.action == "none" or step.ask is not None for step in firsts) / len(firsts) < 0.45


def test_no_training_row_nearly_repeats_a_request_of_the_suite(corpus: Sequence[Row]) -> None:
    rows = near.apart([*corpus, *utterances.labelled()])
    assert [near.said(row) for row in rows if near.suite().twin(near.said(row))] == []
    assert len(rows) > 0.95 * len(corpus)


def test_labelled_requests_are_kept_without_their_text() -> None:
    for line in utterances.LABELS.read_text(encoding="utf-8").splitlines():
        key, tab, packed = line.partition("\t")
        assert len(key) == 16 and tab and '"' not in packed


def test_packing_a_labelled_request_and_unpacking_it_gives_the_same_row() -> None:
    line = "mail.find ; mail.flag what=$1 | star {from:Olga}'s mail about {what,2.name:tea}".replace(",2.name", "")
    key, packed = utterances.pack(line).split("\t")
    text = utterances.text_of(line)
    assert key == utterances.fingerprint(text)
    assert written.read_line(utterances._unpacked(packed, text)).turn == written.read_line(line).turn


def test_the_reserved_tokens_are_those_that_the_model_file_was_made_with() -> None:
    names = vocab.reserved()
    assert len(set(names)) == len(names)
    assert names[:8] == ["<pad>", "<request>", "<before>", "<plan>", "<end>", "<ask>", "<if_any>", "<if_none>"]
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()
    assert digest == RESERVED, "the catalogue changed: train again, then write down the new digest here"


RESERVED = "c5b62400aebec06dffadcda78248655010021a49bdc89365a241be55812e93d9"
