"""The tokens of an action model: one for every action, slot and enum word of the catalogue, then byte-level BPE.

Reserved tokens are never made from text, so nothing a person types or pastes can be one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from nearhand.connectors.catalogue import ACTIONS, MAX_STEPS, SLOTS
from nearhand.models.language import Enum, Guard, Plan, PlanError, Quote, Ref, Step, Value
from nearhand.models.words import find_run, may_cut, pieces

PAD, REQUEST, BEFORE, PLAN, END, ASK, IF_ANY, IF_NONE = (
    "<pad>", "<request>", "<before>", "<plan>", "<end>", "<ask>", "<if_any>", "<if_none>",
)  # fmt: skip


def reserved() -> list[str]:
    """Every reserved token by id, in an order that follows the catalogue."""
    words = dict.fromkeys(word for slot in SLOTS.values() for word in slot.values)
    return [
        PAD, REQUEST, BEFORE, PLAN, END, ASK, IF_ANY, IF_NONE,
        *(f"<${n}>" for n in range(MAX_STEPS)),
        *(f"<{name}>" for name in ACTIONS),
        *(f"<{name}=>" for name in SLOTS),
        *(f"<={word}>" for word in words),
    ]  # fmt: skip


IDS = {token: i for i, token in enumerate(reserved())}
"""Reserved token to id."""
Tokenize = Callable[[str], list[int]]
"""Ids of one piece of text (see words.py), as the model file's own tokenizer makes them."""


def action_id(name: str) -> int:
    return IDS[f"<{name}>"]


def slot_id(name: str) -> int:
    return IDS[f"<{name}=>"]


def enum_id(word: str) -> int:
    return IDS[f"<={word}>"]


def ref_id(step: int) -> int:
    return IDS[f"<${step}>"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A request as tokens: what the prompt holds and what quotes may copy."""

    pieces: tuple[str, ...]
    tokens: tuple[tuple[int, ...], ...]
    """Ids, piece by piece."""

    @property
    def flat(self) -> list[int]:
        return [token for piece in self.tokens for token in piece]

    def cuts(self) -> list[bool]:
        """For 0..len(pieces): whether a quote may begin or end before piece i."""
        inner = [may_cut(a, b) for a, b in zip(self.pieces, self.pieces[1:], strict=False)]
        return [True, *inner, True]


def segment(text: str, tokenize: Tokenize) -> Segment:
    """Tokenize a request piece by piece."""
    parts = tuple(pieces(text))
    return Segment(parts, tuple(tuple(tokenize(piece)) for piece in parts))


def prompt(request: Segment, before: Segment | None = None, plan_before: Iterable[int] = ()) -> list[int]:
    """What stands before the plan: the turn before, if any, and the request."""
    head = [IDS[BEFORE], *before.flat, IDS[PLAN], *plan_before] if before else []
    return [*head, IDS[REQUEST], *request.flat, IDS[PLAN]]


def encode(plan: Plan, segments: Iterable[Segment]) -> list[int]:
    """Tokens of a plan whose quotes stand in one of the segments, END included.

    A quote is that of the first segment that holds it. Where it stands there more than once the quotes of a step
    overlap each other nowhere if that can be, and begin a word rather than inside one.
    """
    sources = list(segments)

    def value(item: Value, places: Iterator[_Place]) -> list[int]:
        match item:
            case Enum(word):
                return [enum_id(word)]
            case Ref(step):
                return [ref_id(step)]
            case Quote():
                number, first, end = next(places)
                return [token for piece in sources[number].tokens[first:end] for token in piece]

    def step(one: Step) -> list[int]:
        out = _guard(one.guard) if one.guard else []
        out.append(action_id(one.action))
        choices = [_choices(item.text, sources) for _, item in one.slots if isinstance(item, Quote)]
        places = iter(_apart(choices) or [each[0] for each in choices])
        for name, item in one.slots:
            out += [slot_id(name), *value(item, places)]
        if one.ask:
            out += [IDS[ASK], slot_id(one.ask)]
        return out

    return [token for one in plan.steps for token in step(one)] + [IDS[END]]


_Place = tuple[int, int, int]
"""The number of a segment, and the first piece of a quote in it and the one behind its last."""


def _choices(text: str, sources: Sequence[Segment]) -> list[_Place]:
    """Where a quote may stand, what begins a word first; raises PlanError if nowhere."""
    for number, source in enumerate(sources):
        if runs := find_run(list(source.pieces), pieces(text)):
            runs = sorted(runs, key=lambda run: not _begins_word(source.pieces, run[0]))
            return [(number, first, end) for first, end in runs]
    raise PlanError(f'"{text}" does not stand in the request')


def _apart(choices: Sequence[Sequence[_Place]], taken: Sequence[_Place] = ()) -> list[_Place] | None:
    """One place of each such that none overlaps another, the first that will do; None if there are none such."""
    if not choices:
        return []
    for place in choices[0]:
        clear = not any(place[0] == other[0] and place[1] < other[2] and other[1] < place[2] for other in taken)
        if clear and (others := _apart(choices[1:], [*taken, place])) is not None:
            return [place, *others]
    return None


def _begins_word(said: Sequence[str], at: int) -> bool:
    return at == 0 or said[at][0] == " " or not said[at - 1][-1].isalnum()


def _guard(guard: Guard) -> list[int]:
    return [IDS[IF_ANY if guard.wants_any else IF_NONE], ref_id(guard.step)]
