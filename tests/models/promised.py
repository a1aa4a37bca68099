"""What holds of every plan, whichever model and grammar it came from."""

from __future__ import annotations

from nearhand.connectors.catalogue import SLOTS
from nearhand.models.language import Enum, Plan, Quote, Ref, check
from nearhand.models.words import spans


def hold(plan: Plan, request: str, before: str | None) -> None:
    """Every value is a run of words of the request (or of the one before), a word of the catalogue, or an earlier step."""
    lowest = 0 if before is not None else 1
    for number, step in enumerate(plan.steps, 1):
        for name, value in step.slots:
            match value:
                case Quote(text):
                    assert not SLOTS[name].values
                    assert spans(request, text) or (before is not None and spans(before, text))
                case Enum(word):
                    assert word in SLOTS[name].values
                case Ref(pointed):
                    assert SLOTS[name].ref and lowest <= pointed < number
        assert step.guard is None or lowest <= step.guard.step < number
    check(plan, request, before or "")
