"""Teacher forcing: what a network makes of rows whose plans are known, without decoding (needs torch).

Every token of the gold plan is asked for behind the gold tokens before it. A row is exact if each of them is the
likeliest, which is so exactly if greedy decoding would write the plan; once among all tokens, once among those that
the grammar of the request allows. Nothing is planned here and no model file is read: evaluate.py does that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Protocol

import torch

from nearhand.models import train
from nearhand.models.gpt import GPT
from nearhand.models.grammar import Grammar
from nearhand.models.tokenizer import Pieces
from nearhand.models.train import ACTION, VALUE, Sample
from nearhand.models.vocab import IDS, PAD, Segment, segment
from nearhand.models.written import Row

BATCH = 4096
"""Tokens that are read at once."""


@dataclass(frozen=True, slots=True)
class Case:
    """A row to measure on."""

    head: list[int]
    plan: list[int]
    legal: list[list[int]]
    """For each token of the plan those that may stand there."""
    same: Mapping[int, int] = field(default_factory=dict)
    """Tokens that say the same as another, and that other."""


class Format(Protocol):
    """How rows become tokens."""

    tokenize: Pieces
    size: int
    """Of the whole vocabulary."""

    def sample(self, row: Row) -> Sample: ...
    def case(self, row: Row) -> Case: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one row."""

    exact: bool
    legal_exact: bool
    actions: bool
    values: bool
    loss: float
    """Negative log-probability of the whole plan, in nats."""


class Copying:
    """The shipped format: a quote is the tokens of its words."""

    def __init__(self, tokenize: Pieces) -> None:
        self.tokenize, self.size = tokenize, tokenize.size

    def sample(self, row: Row) -> Sample:
        """A row as ids and classes."""
        return train.sample(row, self.tokenize)

    def case(self, row: Row) -> Case:
        """A row to measure on; the legal tokens are those of the run-time grammar."""
        ids, classes = self.sample(row)
        cut = sum(kind >= train.TEXT for kind in classes)
        grammar = Grammar(*segments(row, self.tokenize))
        state, legal = grammar.start(), []
        for token in ids[cut:]:
            legal.append(grammar.allowed(state))
            state = grammar.advance(state, token)
        return Case(ids[:cut], ids[cut:], legal)


def segments(row: Row, tokenize: Pieces) -> list[Segment]:
    """The requests that the quotes of a row may stand in: its own, then that of the turn before."""
    return [segment(turn.request, tokenize) for turn in (row.turn, row.before) if turn]


@torch.no_grad()
def verdicts(model: GPT, cases: Sequence[Case]) -> Iterator[Verdict]:
    """Judge every case, in an order of its own."""
    ordered = sorted(cases, key=lambda case: len(case.head) + len(case.plan))
    while ordered:
        width = len(ordered[-1].head) + len(ordered[-1].plan)
        count = max(1, BATCH // width)
        group, ordered = ordered[-count:], ordered[:-count]
        ids = torch.full((len(group), width), IDS[PAD])
        for i, case in enumerate(group):
            ids[i, : len(case.head) + len(case.plan)] = torch.tensor(case.head + case.plan)
        states = model.hidden(ids, torch.tensor([len(case.head) for case in group]))
        for case, own in zip(group, states, strict=True):
            at = own[len(case.head) - 1 : len(case.head) + len(case.plan) - 1]
            yield judge(case, torch.nn.functional.linear(at, model.embed.weight).log_softmax(1))


def judge(case: Case, logp: torch.Tensor) -> Verdict:
    """What log-probabilities (plan tokens, vocabulary) say about a case."""
    likeliest = logp.argmax(1).tolist()
    lawful = [ids[int(row[ids].argmax())] for ids, row in zip(case.legal, logp, strict=True)]
    free, bound = (
        [case.same.get(a, a) == case.same.get(b, b) for a, b in zip(said, case.plan, strict=True)]
        for said in (likeliest, lawful)
    )
    kinds = [train.token_class(token) for token in case.plan]
    return Verdict(
        all(free),
        all(bound),
        all(hit for hit, kind in zip(free, kinds, strict=True) if kind == ACTION),
        all(hit for hit, kind in zip(free, kinds, strict=True) if kind == VALUE),
        -float(logp[range(len(case.plan)), case.plan].sum()),
    )


def measured(model: GPT, cases: Sequence[Case]) -> dict[str, float]:
    """Shares in percent, the loss of a plan, and what a request costs in tokens."""
    model.eval()
    found = list(verdicts(model, cases))
    model.train()
    return {
        "exact": _percent([v.exact for v in found]),
        "exact, legal tokens": _percent([v.legal_exact for v in found]),
        "all actions": _percent([v.actions for v in found]),
        "all values": _percent([v.values for v in found]),
        "loss of a plan": round(mean(v.loss for v in found), 3),
        "tokens read": round(mean(len(case.head) for case in cases), 1),
        "tokens written": round(mean(len(case.plan) for case in cases), 1),
        "decisions": round(mean(sum(len(ids) > 1 for ids in case.legal) for case in cases), 1),
    }


def _percent(hits: Sequence[bool]) -> float:
    return round(100 * mean(hits), 1)
