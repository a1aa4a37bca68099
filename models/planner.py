"""From a request to a plan: prompt, the likeliest plan under the grammar of the request, and a calibrated confidence.

The plan of the likeliest tokens comes first; then beginnings that it passed by are followed while a likelier plan can
still lie there (branch and bound, Land and Doig 1960): a plan never gains probability as it grows. Deterministic for a
given model file. What the model file says about mails, files or events is never read here: the prompt holds the
person's words (and those of the turn before) and nothing else. It does without numpy, whose import would take longer
than everything else at the start of the model's process.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Protocol

from nearhand.connectors.errors import NearhandError
from nearhand.models.grammar import Grammar
from nearhand.models.language import Enum, Plan, Quote, Step, sweeps
from nearhand.models.vocab import ASK, IDS, Segment, action_id, encode, prompt, reserved, segment
from nearhand.models.words import normalize, pieces

_NONE = action_id("none")
_ASK = IDS[ASK]
_DANGER = Plan((Step("none", (("why", Enum("danger")),)),))
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


@dataclass(frozen=True, slots=True)
class _Path:
    """A plan as tokens, or the beginning of one, with the log-probabilities of its decisions."""

    tokens: tuple[int, ...] = ()
    total: float = 0.0
    worst: float = 0.0

    def and_(self, token: int, logp: float) -> _Path:
        return _Path((*self.tokens, token), self.total + logp, min(self.worst, logp))


class Planner:
    """Plans requests with one loaded model."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._scale = [runtime.number(f"nearhand.calibration.{k}") for k in ("bias", "total", "worst")]
        self.refuse = runtime.number("nearhand.calibration.refuse")
        """Nothing is done where doing nothing is at least this likely, even if something else is likelier."""
        self.asking = runtime.number("nearhand.calibration.ask") or 0.0
        """Added to the logit of asking for what is missing: to ask in vain costs less than to guess (Elkan 2001)."""
        self.detours = 4
        """How often a beginning that was passed by is followed; more found nothing more (docs/log.md)."""

    def plan(self, request: str, before: tuple[str, Plan] | None = None) -> Planned:
        """The most likely plan of a request; `before` is the turn before: what was said, and its plan.

        Clearing away or giving out all there is of something is refused as a danger, however sure the model is.
        """
        planned = self._decode(*self._asked(request, before))
        return replace(planned, plan=_DANGER) if sweeps(planned.plan) else planned

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
        best, plan, passed = self._follow(grammar, _Path(), self._runtime.feed(head))
        for _ in range(self.detours):
            begun = max(passed, key=lambda path: path.total, default=best)
            if begun.total <= best.total:
                break
            passed.remove(begun)
            self._runtime.restart(len(head))
            path, found, more = self._follow(grammar, begun, self._runtime.feed(begun.tokens))
            passed += more
            best, plan = (path, found) if path.total > best.total else (best, plan)
        count = len(best.tokens)
        return Planned(plan, self.confidence(best.total, best.worst), best.total / count, best.worst, len(head), count)

    def _follow(self, grammar: Grammar, path: _Path, logits: Logits) -> tuple[_Path, Plan, list[_Path]]:
        """Go on with the likeliest tokens to the end; also the beginnings that were passed by."""
        state, unread, passed = grammar.start(), list[int](), list[_Path]()
        for token in path.tokens:
            state = grammar.advance(state, token)
        while not state.done:
            ids = grammar.allowed(state)
            token, logp = ids[0], 0.0
            if len(ids) > 1:  # where only one token may follow, the model need not be asked
                logits = self._runtime.feed(unread) if unread else logits
                (token, logp), *others = ranked(logits, ids, self.asking) if path.tokens else self._begin(logits, ids)
                passed += [path.and_(*other) for other in others[: self.detours]]
                unread = []
            path, state = path.and_(token, logp), grammar.advance(state, token)
            unread.append(token)
        return path, grammar.plan(state), passed

    def _begin(self, logits: Logits, ids: Sequence[int]) -> list[tuple[int, float]]:
        """The first decision: to act wrongly costs more than to decline wrongly (Elkan 2001)."""
        found = ranked(logits, ids)
        declining = next((logp for token, logp in found if token == _NONE), None)
        if self.refuse is None or declining is None:
            return found
        if declining >= math.log(self.refuse) or found[0][0] == _NONE:
            return [(_NONE, declining)]
        return [(token, logp) for token, logp in found if token != _NONE]

    def confidence(self, total: float, worst: float) -> float:
        """Platt scaling of the plan's log-probability and of its least certain decision."""
        bias, a, b = self._scale
        if bias is None or a is None or b is None:
            return math.exp(total)
        return logistic(bias + a * total + b * worst)


def logistic(x: float) -> float:
    """1 / (1 + e^-x), for any x."""
    return 1 / (1 + math.exp(min(700.0, -x)))  # exp(710) overflows


def ranked(logits: Logits, ids: Sequence[int], asking: float = 0.0) -> list[tuple[int, float]]:
    """The allowed ids, the likeliest first (the lowest id in a tie), each with its log-probability among them.

    `asking` is added to the logit of asking for what is missing.
    """
    some = {token: float(logits[token]) + (asking if token == _ASK else 0.0) for token in sorted(ids)}
    order = sorted(some, key=some.__getitem__, reverse=True)
    whole = some[order[0]] + math.log(sum(math.exp(each - some[order[0]]) for each in some.values()))
    return [(token, some[token] - whole) for token in order]
