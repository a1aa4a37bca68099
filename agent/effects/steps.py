"""What a turn consists of when it is approved: effects that are ready, and calls that wait for what they make.

A later call is approved as it stands, with `Made` where the result of an earlier step will be; what it may touch is
therefore known before anything runs. Deliberately not here: running (`execute.py`) and digests (`digest.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from nearhand.agent.errors import ApprovalError
from nearhand.connectors.base import Call, Effect, Item, Receipt


@dataclass(frozen=True, slots=True)
class Made:
    """What the step with this number (from 0) leaves behind, standing where a path or a thing will be."""

    step: int


@dataclass(frozen=True, slots=True)
class Ready:
    """Effects that are fixed to the last byte."""

    effects: tuple[Effect, ...]
    undoes: tuple[int, ...] = ()
    """For an undo: the journal's numbers of the effects that are taken back, in the same order."""


@dataclass(frozen=True, slots=True)
class Later:
    """A call that is expanded just before it runs, because it works on what earlier steps make."""

    connector: str
    call: Call
    """As approved; `Made` may stand as an argument, or inside a tuple of arguments."""
    text: str
    """What the person was shown for it."""
    made: tuple[int, ...] = ()
    """Steps whose results are added to the items of the call."""


Step: TypeAlias = Ready | Later


def filled(later: Later, receipts: Sequence[Sequence[Receipt]], items: Mapping[int, Sequence[Item]]) -> Call:
    """Put what the earlier steps made into a later call; nothing else of it changes."""
    found = tuple(item for step in later.made for item in items[step])
    args = {name: _fill(value, receipts) for name, value in later.call.args.items()}
    return replace(later.call, items=(*later.call.items, *found), args=args)


def _fill(value: object, receipts: Sequence[Sequence[Receipt]]) -> object:
    if isinstance(value, Made):
        refs = _refs(value, receipts)
        if len(refs) != 1:
            raise ApprovalError(f"An earlier step made {len(refs)} things where exactly one was needed. Name the one.")
        return refs[0]
    if isinstance(value, tuple):
        return tuple(each for part in value for each in (_refs(part, receipts) if isinstance(part, Made) else (part,)))
    return value


def _refs(made: Made, receipts: Sequence[Sequence[Receipt]]) -> tuple[str, ...]:
    if not 0 <= made.step < len(receipts):
        raise ApprovalError("A step needs what a later one makes, so the plan cannot run. Say it in another order.")
    return tuple(receipt.ref for receipt in products(receipts[made.step]))


_BY_THE_WAY = frozenset({"mkdir", "flags"})


def products(receipts: Sequence[Receipt]) -> Sequence[Receipt]:
    """What a step was for: folders made and flags set on the way do not count, unless there is nothing else."""
    return [receipt for receipt in receipts if receipt.effect.verb not in _BY_THE_WAY] or receipts


def moved_on(call: Call, receipts: Sequence[Sequence[Receipt]]) -> dict[str, Receipt]:
    """For items of a call that this turn has changed already: the receipt that says where and what they are now."""
    chosen = {item.ref for item in call.items}
    changed: dict[str, Receipt] = {}
    for receipt in (each for step in receipts for each in step if each.effect.ref):
        before = next((ref for ref, last in changed.items() if last.ref == receipt.effect.ref), receipt.effect.ref)
        if before in chosen:
            changed[before] = receipt
    return changed


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a later call may touch: what was approved, and what this turn made itself."""

    connector: str
    refs: frozenset[str] = field(default_factory=frozenset)

    def require(self, effect: Effect) -> None:
        """Raise ApprovalError if an effect reaches for anything else."""
        known = effect.ref in self.refs or self._inside(effect.ref) or effect.seen == ""
        if effect.connector != self.connector or not known:
            raise ApprovalError("A step reached for something that was not approved, so it was stopped. Ask again.")

    def _inside(self, ref: str) -> bool:
        return any(ref.startswith(f"{outer}/") for outer in self.refs if outer)


def bounds(later: Later, call: Call, receipts: Sequence[Sequence[Receipt]]) -> Bounds:
    """The refs that a filled call may touch."""
    made = {receipt.ref for step in receipts for receipt in step}
    return Bounds(later.connector, frozenset({item.ref for item in call.items} | made))
