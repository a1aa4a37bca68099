"""Quotes by pointing, the rival of copying in trials.py: a quote is the number of its first and of its last unit.

A unit is what stands between two places where a quote may be cut, mostly a word; its number is a token of its own that
stands before it in the prompt. Numbers run on from the turn before to the request. Nothing at run time uses this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from nearhand.models.forcing import Case, segments
from nearhand.models.grammar import Grammar
from nearhand.models.language import PlanError
from nearhand.models.tokenizer import Pieces
from nearhand.models.train import SHOWN, TEXT, VALUE, Sample, token_class
from nearhand.models.vocab import IDS, Segment, encode, prompt
from nearhand.models.written import Row

NUMBERS = 256
"""Units that can be told apart; a row with more has no pointing form."""


class Pointing:
    """The format: numbers are the tokens behind those of the text."""

    def __init__(self, tokenize: Pieces) -> None:
        self.tokenize, self.first = tokenize, tokenize.size
        self.size = tokenize.size + NUMBERS

    def sample(self, row: Row) -> Sample:
        """A row as ids and classes. As when copying, words that the plan repeats are never hidden."""
        head, plan = self._ids(row)
        copied = {token for token in self.copied(row, plan) if token_class(token) == VALUE}
        shown = [SHOWN if token >= self.first or token in copied else TEXT for token in head]
        return head + plan, shown + [token_class(token) for token in plan]

    def copied(self, row: Row, plan: Sequence[int]) -> list[int]:
        """A plan that points as one that copies."""
        units, out, begin = self._units(row), list[int](), -1
        for token in plan:
            if token < self.first:
                out.append(token)
            elif begin < 0:
                begin = token
            else:
                out += [each for unit in range(begin, token + 1) for each in units[unit].tokens]
                begin = -1
        return out

    def case(self, row: Row) -> Case:
        """A row to measure on: any unit may begin a quote where one may stand, and any later one of its request end it.

        A number counts as another whose unit reads the same: which of two equal words is quoted does not matter.
        """
        head, plan = self._ids(row)
        units, grammar = self._units(row), Grammar(*segments(row, self.tokenize))
        state, legal, begin = grammar.start(), list[list[int]](), -1
        for token in plan:
            if begin >= 0:
                legal.append([n for n in units if n >= begin and units[n].source == units[begin].source])
                for each in self.copied(row, (begin, token)):
                    state = grammar.advance(state, each)
                begin = -1
                continue
            copying = grammar.allowed(state)
            plain = [each for each in copying if each < len(IDS)]
            opens = len(plain) < len(copying) and state.slot is not None and not state.places
            legal.append([*plain, *units] if opens else plain)
            if token >= self.first:
                begin = token
            else:
                state = grammar.advance(state, token)
        names: dict[str, int] = {}
        return Case(head, plan, legal, {n: names.setdefault(unit.text, n) for n, unit in units.items()})

    def _ids(self, row: Row) -> tuple[list[int], list[int]]:
        """The prompt and the plan. Raises PlanError if there are not numbers enough."""
        request, *before = self._numbered(row)
        said = list[int]()
        if row.before:
            said = _ends(encode(row.before.plan, [before[0].pointed]), self.first)[:-1]
        head = prompt(request.shown, before[0].shown if before else None, said)
        return head, _ends(encode(row.turn.plan, [each.pointed for each in (request, *before)]), self.first)

    def _numbered(self, row: Row) -> list[Numbered]:
        """The request and that of the turn before, if there is one, whose numbers come first."""
        number, out = self.first, list[Numbered]()
        for each in reversed(segments(row, self.tokenize)):
            out.insert(0, Numbered(each, number))
            number += sum(each.cuts()[:-1])
        if number > self.size:
            raise PlanError(f"the requests have more than {NUMBERS} units")
        return out

    def _units(self, row: Row) -> dict[int, Unit]:
        return {number: unit for i, each in enumerate(self._numbered(row)) for number, unit in each.units(i)}


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number stands for."""

    source: int
    """Which of the requests it stands in."""
    text: str
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A request whose units have the numbers from `first` on."""

    segment: Segment
    first: int

    @property
    def _owners(self) -> list[int]:
        """The number of each piece's unit."""
        return [self.first - 1 + count for count in accumulate(self.segment.cuts()[:-1])]

    @property
    def shown(self) -> Segment:
        """As the prompt holds it: the number before each unit."""
        tokens, seen = [], self.first - 1
        for owner, ids in zip(self._owners, self.segment.tokens, strict=True):
            tokens.append(ids if owner == seen else (owner, *ids))
            seen = owner
        return Segment(self.segment.pieces, tuple(tokens))

    @property
    def pointed(self) -> Segment:
        """Its pieces as nothing but numbers."""
        return Segment(self.segment.pieces, tuple((owner,) for owner in self._owners))

    def units(self, source: int) -> Iterator[tuple[int, Unit]]:
        """Every number and what it stands for."""
        parts = zip(self._owners, self.segment.pieces, self.segment.tokens, strict=True)
        for owner, run in groupby(parts, key=lambda part: part[0]):
            held = list(run)
            text = "".join(piece for _, piece, _ in held).lstrip()
            yield owner, Unit(source, text, tuple(token for _, _, ids in held for token in ids))


def _ends(plan: Sequence[int], first: int) -> list[int]:
    """A plan whose runs of numbers are cut to the first and the last."""
    out = list[int]()
    for numbers, run in groupby(plan, key=lambda token: token >= first):
        held = list(run)
        out += [held[0], held[-1]] if numbers else held
    return out
