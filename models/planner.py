"""From a request to a plan: prompt, greedy decoding under the grammar of the request, and a calibrated confidence.

Deterministic for a given model file. What the model file says about mails, files or events is never read here: the
prompt holds the person's words (and those of the turn before) and nothing else. It does without numpy, whose import
would take longer than everything else at the start of the model's process.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Protocol

from nearhand.connectors.errors import NearhandError
from nearhand.models.grammar import Grammar
from nearhand.models.language import Plan, Quote
from nearhand.models.vocab import IDS, Segment, action_id, encode, prompt, reserved, segment
from nearhand.models.words import normalize, pieces

_NONE = action_id("none")
SHIPPED = Path(__file__).parent / "weights" / "nearhand-action.gguf"


class RequestError(NearhandError):
    """The request is empty or not something to plan."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, how sure the model is of it, and what it cost."""

    plan: Plan
    confidence: float
    """Calibrated probability that the whole plan is right."""
    score: float
    """Mean of the log-probabilities of the decisions; what calibration starts from."""
    worst: float
    """Log-probability of the least certain decision."""
    prompt_tokens: int = 0
    plan_tokens: int = 0


class Logits(Protocol):
    """A number for each token of the vocabulary; an array of numpy or a view of the runtime's own memory."""

    def __getitem__(self, token: int, /) -> float: ...


class Runtime(Protocol):
    """What decoding needs of a model runtime (llama.Llama, or a scripted one in tests)."""

    size: int

    def tokenize(self, text: str) -> list[int]: ...
    def restart(self, keep: int = 0) -> None: ...
    def feed(self, tokens: Sequence[int]) -> Logits: ...
    def number(self, key: str) -> float | None: ...


def check_catalogue(token_text: Sequence[str]) -> None:
    """Raise RequestError unless a model's first tokens are the reserved tokens of this catalogue."""
    for i, (mine, theirs) in enumerate(zip_longest(reserved(), token_text[: len(IDS)], fillvalue="missing")):
        if mine != theirs:
            raise RequestError(
                f"This model was trained for another catalogue of actions (token {i} is {theirs}, not {mine}); "
                "it cannot be used with this version."
            )


class Planner:
    """Plans requests with one loaded model."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._scale = [runtime.number(f"nearhand.calibration.{k}") for k in ("bias", "total", "worst")]
        self.refuse = runtime.number("nearhand.calibration.refuse")
        """Nothing is done where doing nothing is at least this likely, even if something else is likelier."""

    def plan(self, request: str, before: tuple[str, Plan] | None = None) -> Planned:
        """The most likely plan of a request; `before` is the turn before: what was said, and its plan."""
        return self._decode(*self._asked(request, before))

    def unlocked(self, request: str, before: tuple[str, Plan] | None = None) -> Plan | None:
        """The plan when any token may follow any other, None if that is no legal plan: only to measure the grammar."""
        head, grammar = self._asked(request, before)
        self._runtime.restart()
        state, logits = grammar.start(), self._runtime.feed(head)
        while not state.done:
            token = max(range(self._runtime.size), key=logits.__getitem__)
            if token not in grammar.allowed(state):
                return None
            state = grammar.advance(state, token)
            logits = self._runtime.feed([token])
        return grammar.plan(state)

    def _asked(self, request: str, before: tuple[str, Plan] | None) -> tuple[list[int], Grammar]:
        """The prompt of a request, and the grammar made from its words."""
        request = normalize(request)
        if not pieces(request):
            raise RequestError("There is nothing to do: the request is empty.")
        asked = segment(request, self._runtime.tokenize)
        earlier = segment(before[0], self._runtime.tokenize) if before else None
        written = self._written(before[1], earlier) if before and earlier else []
        return prompt(asked, earlier, written), Grammar(asked, earlier)

    def _written(self, plan: Plan, request: Segment) -> list[int]:
        """The plan of the turn before as tokens. Some of its quotes may stand in the turn before that one."""
        quotes = [v.text for step in plan.steps for _, v in step.slots if isinstance(v, Quote)]
        return encode(plan, [request, *(segment(text, self._runtime.tokenize) for text in quotes)])[:-1]

    def _decode(self, head: list[int], grammar: Grammar) -> Planned:
        self._runtime.restart()
        state, total, worst, count, unread = grammar.start(), 0.0, 0.0, 0, list[int]()
        logits = self._runtime.feed(head)
        while not state.done:
            ids = grammar.allowed(state)
            token, logp = ids[0], 0.0
            if len(ids) > 1:  # where only one token may follow, the model need not be asked
                logits = self._runtime.feed(unread) if unread else logits
                token, logp = choose(logits, ids) if count else self._begin(logits, ids)
                unread = []
            total, worst, count = total + logp, min(worst, logp), count + 1
            state = grammar.advance(state, token)
            unread.append(token)
        score = total / count
        return Planned(grammar.plan(state), self.confidence(total, worst), score, worst, len(head), count)

    def _begin(self, logits: Logits, ids: Sequence[int]) -> tuple[int, float]:
        """The first decision: to act wrongly costs more than to decline wrongly (Elkan 2001)."""
        token, logp = choose(logits, ids)
        if self.refuse is None or _NONE not in ids:
            return token, logp
        declining = logp + float(logits[_NONE]) - float(logits[token])
        return (_NONE, declining) if declining >= math.log(self.refuse) else (token, logp)

    def confidence(self, total: float, worst: float) -> float:
        """Platt scaling of the plan's log-probability and of its least certain decision."""
        bias, a, b = self._scale
        if bias is None or a is None or b is None:
            return math.exp(total)
        return logistic(bias + a * total + b * worst)


def logistic(x: float) -> float:
    """1 / (1 + e^-x), for any x."""
    return 1 / (1 + math.exp(min(700.0, -x)))  # exp(710) overflows


def choose(logits: Logits, ids: Sequence[int]) -> tuple[int, float]:
    """The likeliest of the allowed ids (the lowest id in a tie) and its log-probability among them."""
    if len(ids) == 1:
        return ids[0], 0.0
    some = {token: float(logits[token]) for token in sorted(ids)}
    best = max(some, key=some.__getitem__)
    return best, -math.log(sum(math.exp(each - some[best]) for each in some.values()))
