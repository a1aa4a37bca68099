"""Stand-ins for tests of planning: a runtime with random weights, and random legal plans. No model file is needed."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nearhand.connectors.catalogue import ACTIONS, MAX_STEPS, SLOTS
from nearhand.models.language import ALONE, Enum, Guard, Plan, Quote, Ref, Step, Value, askable, ordered
from nearhand.models.vocab import IDS
from nearhand.models.words import may_cut, pieces


class RandomRuntime:
    """A runtime whose logits are noise, the same for the same seed and history; a token is a byte."""

    size = len(IDS) + 256

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.fed: list[int] = []

    def tokenize(self, text: str) -> list[int]:
        """The bytes of a piece, behind the reserved tokens."""
        return [len(IDS) + byte for byte in text.encode("utf-8")]

    def restart(self, keep: int = 0) -> None:
        """Forget what was fed after the first `keep` tokens."""
        del self.fed[keep:]

    def feed(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """Noise that depends on everything fed so far."""
        self.fed += tokens
        noise = np.random.default_rng([self._seed, len(self.fed), *self.fed[-8:]])
        return noise.normal(scale=3.0, size=self.size).astype(np.float32)

    def number(self, key: str) -> float | None:
        """No metadata."""
        return None


def random_plan(draw: random.Random, request: str, before: bool = False) -> Plan:
    """Any plan that the language allows for a request; $0 only if there was a turn before."""
    first = draw.choice(list(ACTIONS))
    if first in ALONE:
        return Plan((_filled(draw, first, 1, request, before, None),))
    later = [name for name in ACTIONS if name not in ALONE]
    names = [first, *draw.choices(later, k=draw.randrange(MAX_STEPS))]
    return Plan(tuple(
        _filled(draw, name, number, request, before, _guard(draw, number, before))
        for number, name in enumerate(names, 1)
    ))  # fmt: skip


def _guard(draw: random.Random, number: int, before: bool) -> Guard | None:
    seen = range(0 if before else 1, number)
    return Guard(draw.random() < 0.5, draw.choice(seen)) if seen and draw.random() < 0.3 else None


def _filled(
    draw: random.Random, action: str, number: int, request: str, before: bool, guard: Guard | None
) -> Step:  # fmt: skip
    takes = ACTIONS[action].slots
    slots: list[tuple[str, Value]] = []
    for name in draw.sample(takes, draw.randrange(min(4, len(takes)) + 1)):
        for _ in range(draw.choice((1, 1, 2)) if SLOTS[name].many else 1):
            value = _value(draw, name, number, request, before)
            if not (isinstance(value, Enum) and (name, value) in slots):
                slots.append((name, value))
    step = Step(action, ordered(slots), guard=guard)
    open_slots = sorted(askable(step))
    return Step(action, step.slots, draw.choice(open_slots), guard) if open_slots else step


def _value(draw: random.Random, name: str, number: int, request: str, before: bool) -> Value:
    slot, seen = SLOTS[name], range(0 if before else 1, number)
    if slot.values:
        return Enum(draw.choice(slot.values))
    if slot.ref and seen and draw.random() < 0.3:
        return Ref(draw.choice(seen))
    return Quote(random_quote(draw, request))


def random_quote(draw: random.Random, request: str) -> str:
    """A run of whole pieces of a request between legal cuts."""
    parts = pieces(request)
    inner = [i for i in range(1, len(parts)) if may_cut(parts[i - 1], parts[i])]
    first, end = sorted(draw.sample([0, *inner, len(parts)], 2))
    return "".join(parts[first:end]).lstrip()
