"""Trials of the recipe: the rival format says the same as the shipped one, and a short trial runs and reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the training side is not installed")
pytest.importorskip("tokenizers", reason="the training side is not installed")

import torch

from nearhand.models import tokenizer, train, trials
from nearhand.models.forcing import Copying, judge
from nearhand.models.gpt import GPT, Shape
from nearhand.models.pointing import NUMBERS, Pointing
from nearhand.models.vocab import IDS
from nearhand.models.written import Row, read_line

FORMATS = (Copying, Pointing)
TWICE = "files.trash | delete {what:report} and keep the other report"


@pytest.fixture(scope="module")
def some(corpus: Sequence[Row]) -> Sequence[Row]:
    """Rows from all over the corpus."""
    return corpus[::97]


def sure(plan: Sequence[int], size: int) -> torch.Tensor:
    """Log-probabilities of a network that is sure of every token of a plan."""
    logp = torch.full((len(plan), size), -20.0)
    logp[range(len(plan)), list(plan)] = 0.0
    return logp


def test_a_plan_that_points_says_the_same_as_one_that_copies(some: Sequence[Row]) -> None:
    tokenize = tokenizer.load()
    pointing, copying = Pointing(tokenize), Copying(tokenize)
    for row in some:
        pointed, copied = pointing.case(row), copying.case(row)
        assert pointing.copied(row, pointed.plan) == copied.plan
        numbers = {token for token in pointed.head if token >= tokenize.size}
        assert {token for token in pointed.plan if token >= len(IDS)} <= numbers
        words = [token for token in pointed.head if len(IDS) <= token < tokenize.size]
        assert row.before or words == [token for token in copied.head if token >= len(IDS)]


@pytest.mark.parametrize("form", FORMATS)
def test_every_token_of_a_gold_plan_is_legal(form: type[Copying | Pointing], some: Sequence[Row]) -> None:
    cases = map(form(tokenizer.load()).case, some)
    for case in cases:
        assert all(token in legal for token, legal in zip(case.plan, case.legal, strict=True))


@pytest.mark.parametrize("form", FORMATS)
def test_words_that_a_plan_repeats_are_never_hidden(
    form: type[Copying | Pointing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "HIDDEN", 1.0)
    tokenize = tokenizer.load()
    ids, classes = form(tokenize).sample(read_line("files.find | find the {what:scans} please"))
    hidden = train.hide(torch.tensor([ids]), torch.tensor([classes]))[0]
    gone = [token for token, away in zip(ids, hidden.tolist(), strict=True) if away]
    assert gone == tokenize(" find") + tokenize(" the") + tokenize(" please")


def test_a_network_that_is_sure_of_the_gold_plan_is_exact() -> None:
    form = Copying(tokenizer.load())
    case = form.case(read_line(TWICE))
    assert judge(case, sure(case.plan, form.size)).exact


def test_a_wrong_word_is_a_wrong_value_and_no_wrong_action() -> None:
    form = Copying(tokenizer.load())
    case, other = (form.case(read_line(text)) for text in (TWICE, "files.trash | delete {what:tables}"))
    verdict = judge(case, sure([*case.plan[:2], other.plan[2], case.plan[-1]], form.size))
    assert verdict.actions and not (verdict.exact or verdict.legal_exact or verdict.values)


def test_a_likely_token_that_is_not_legal_does_not_count_among_the_legal() -> None:
    form = Copying(tokenizer.load())
    case = form.case(read_line(TWICE))
    logp = sure(case.plan, form.size)
    logp[0, IDS["<end>"]] = 1.0
    verdict = judge(case, logp)
    assert verdict.legal_exact and not verdict.exact


def test_pointing_at_the_same_word_elsewhere_is_right() -> None:
    form = Pointing(tokenizer.load())
    case = form.case(read_line(TWICE))
    elsewhere = max(other for other, first in case.same.items() if first == case.plan[2] and other != first)
    said = [elsewhere if token == case.plan[2] else token for token in case.plan]
    assert said != case.plan and judge(case, sure(said, form.size)).exact


def test_a_request_of_more_words_than_numbers_has_no_pointing_form() -> None:
    row = read_line("files.find | find {what:scans} " + "and so on " * NUMBERS)
    with pytest.raises(Exception, match=f"more than {NUMBERS}"):
        Pointing(tokenizer.load()).case(row)


@pytest.mark.parametrize("variant", [{}, {"pointing": True}, {"reading": 0.5, "muon": False}])
def test_a_trial_of_a_few_tokens_trains_and_reports(
    variant: dict[str, float], some: Sequence[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(trials, "STEP", 200)
    data = trials.Material(some[:40], some[40:50], [row.turn.request for row in some])
    small = replace(trials.VARIANTS["base"], width=16, layers=1, hidden=32, **variant)  # type: ignore[arg-type]
    figures = trials.trial(small, data, 600)
    assert figures["steps"] >= 3 and figures["loss of a plan"] > 0 and 0 <= figures["exact, legal tokens"] <= 100


def test_trials_of_about_equal_size_are_of_about_equal_size() -> None:
    sizes = {
        name: sum(p.numel() for p in GPT(Shape(v.vocabulary, v.width, v.layers, hidden=v.hidden)).parameters())
        for name in ("base", "deep", "wide")
        for v in [trials.VARIANTS[name]]
    }
    assert max(sizes.values()) < 1.05 * min(sizes.values())


def test_trials_of_other_names_stay_in_the_file(tmp_path: Path) -> None:
    for name, exact in (("base", 1.0), ("seed", 2.0), ("base", 3.0)):
        trials.keep(tmp_path / "new" / "trials.json", name, {"exact": exact})
    assert json.loads((tmp_path / "new" / "trials.json").read_text()) == {
        "base": {"exact": 3.0},
        "seed": {"exact": 2.0},
    }
