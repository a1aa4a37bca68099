"""Quote-locked calls: the grammar of one request, as llama.cpp takes it (GBNF), for a larger model that plans.

Like `grammar.py`, but over characters: JSON calls of the catalogue's tools, slots in their order, needed ones filled or
asked for, at most as many steps as a plan has. A quote is a run of the request's pieces: one rule for each place, which
may end there or go on with the next piece, so its size grows with the request and not with its square. References are
to earlier steps. So whatever the weights are, nothing else can be said. It depends on no model and no runtime.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import pairwise

from nearhand.connectors.catalogue import ACTIONS, MAX_STEPS, SLOTS
from nearhand.models.families import Family
from nearhand.models.grammar import MAX_VALUES
from nearhand.models.language import ALONE
from nearhand.models.schema import ASK, IF_ANY, IF_NONE, tool_name
from nearhand.models.toolcalls import LIKE_REF
from nearhand.models.words import may_cut, pieces

Groups = frozenset[tuple[str, ...]]
"""Needed groups of slots of which none is filled yet."""


def call_grammar(request: str, before: str | None, family: Family) -> str:
    """The grammar of a request, and of the request of the turn before if there is one. It begins at `root`."""
    sources = [request] if before is None else [request, before]
    return "\n".join([*_catalogue(before is not None, family), *_quotes(list(map(pieces, sources)))])


def _literal(text: str) -> str:
    """Characters as they stand, in the notation of the grammar."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _string(text: str) -> str:
    """A string of JSON, as characters."""
    return _literal(json.dumps(text, ensure_ascii=False))


def _key(name: str) -> str:
    """A key of a JSON object, as characters."""
    return _literal(f"{json.dumps(name)}: ")


def _inside(text: str) -> str:
    """Part of a string of JSON, as characters."""
    return _literal(json.dumps(text, ensure_ascii=False)[1:-1])


def _any(bodies: Iterable[str]) -> str:
    return " | ".join(bodies)


# --- quotes -----------------------------------------------------------------------------------------------------------


def _quotes(sources: Sequence[list[str]]) -> list[str]:
    """The rule `quote`, and one rule for each place of the requests where a quote may begin or go on."""
    rules, begins = [], []
    for number, parts in enumerate(sources):
        ends = [*(may_cut(a, b) for a, b in pairwise(parts)), True]
        for at in range(len(parts)):
            rules.append(f"t{number}-{at} ::= {_any(_onward(parts, ends, number, at))}")
            if at == 0 or ends[at - 1]:
                begins += _begun(parts, ends, number, at)
    return [f'quote ::= "\\"" begin "\\""\nbegin ::= {_any(begins)}', *rules]


def _onward(parts: list[str], ends: list[bool], number: int, at: int) -> list[str]:
    """What may follow after a piece: nothing, or the next one."""
    more = [f"{_inside(parts[at + 1])} t{number}-{at + 1}"] if at + 1 < len(parts) else []
    return [*(['""'] if ends[at] else []), *more]


def _begun(parts: list[str], ends: list[bool], number: int, at: int) -> list[str]:
    """The ways to begin at a piece; words that read like a reference are escaped as `toolcalls.py` does it."""
    last = _like_ref(parts, at)
    if last is None:
        return [f"{_inside(parts[at].lstrip())} t{number}-{at}"]
    said = "".join(parts[at : last + 1]).lstrip()
    longer = "".join(parts[at : last + 2]).lstrip()
    return [
        *([_inside(f"\\{said}")] if ends[last] else []),
        *([f"{_inside(longer)} t{number}-{last + 1}"] if last + 1 < len(parts) else []),
    ]


def _like_ref(parts: list[str], at: int) -> int | None:
    """The piece with which words that begin here have come to read like a reference; None if they do not."""
    said = ""
    for last in range(at, len(parts)):
        said += parts[last] if said else parts[last].lstrip()
        if LIKE_REF.fullmatch(said):
            return last
        if said.lstrip("\\") not in ("", "$"):
            return None
    return None


# --- the catalogue ----------------------------------------------------------------------------------------------------


@cache
def _catalogue(before: bool, family: Family) -> tuple[str, ...]:
    """Every rule but those of the quotes; the same for every request."""
    made = _Catalogue(before, family)
    return tuple(f"{name} ::= {body}" for name, body in made.rules.items())


class _Catalogue:
    """Makes the rules of plans; each once, for what is needed often is the end of many actions."""

    def __init__(self, before: bool, family: Family) -> None:
        self._lowest, self._family = (0 if before else 1), family
        self._names: dict[object, str] = {}
        self.rules: dict[str, str] = {}
        alone = [self._called(name, self._pair("why", 1)) for name in sorted(ALONE)]
        plans = _any([*alone, self._steps(1)])
        self.rules["root"] = f"{_literal(family.opens)} ({plans}) {_literal(family.closes)}"

    def _rule(self, key: object, prefix: str, body: Callable[[], str]) -> str:
        """The name of a rule, which is made when it is first needed."""
        if key not in self._names:
            name = self._names[key] = f"{prefix}{len(self._names)}"
            self.rules[name] = body()
        return self._names[key]

    def _steps(self, number: int) -> str:
        """Step `number` and all that may follow it."""
        if number == MAX_STEPS:
            return self._step(number)
        return f"{self._step(number)} ({_literal(self._family.between)} {self._steps(number + 1)})?"

    def _step(self, number: int) -> str:
        actions = [name for name in ACTIONS if name not in ALONE]
        calls = (self._called(name, self._arguments(name, number)) for name in actions)
        return self._rule(("step", number), "step", lambda: _any(calls))

    def _called(self, action: str, arguments: str) -> str:
        head = f'{{"name": {json.dumps(tool_name(action))}, {json.dumps(self._family.key)}: {{'
        return f"{_literal(head)} {arguments} {_literal('}}')}"

    def _arguments(self, action: str, number: int) -> str:
        slots = tuple(name for name in SLOTS if name in ACTIONS[action].slots)
        needed = frozenset(ACTIONS[action].needs)
        plain = self._rest(slots, needed, number, False)
        if not self._refs(number):
            return plain
        return f"({plain} | {self._guard(number)} {self._rest(slots, needed, number, True)})"

    def _rest(self, slots: tuple[str, ...], needed: Groups, number: int, begun: bool) -> str:
        """Some of these slots in their order, until each needed group has one or one of them is asked for."""
        held = number if slots else 0
        return self._rule((slots, needed, held, begun), "r", lambda: self._choice(slots, needed, number, begun))

    def _choice(self, slots: tuple[str, ...], needed: Groups, number: int, begun: bool) -> str:
        comma = f"{_literal(', ')} " if begun else ""
        if not slots:
            asked = [name for name in SLOTS if any(name in group for group in needed)]
            return f"{comma}{_key(ASK)} ({_any(map(_string, asked))})" if needed else '""'
        first, later = slots[0], slots[1:]
        left = frozenset(group for group in needed if first not in group)
        taken = f"{comma}{self._pair(first, number)} {self._rest(later, left, number, True)}"
        return f"{taken} | {self._rest(later, needed, number, begun)}"

    def _pair(self, slot: str, number: int) -> str:
        one = self._one(slot, number)
        return f"{_key(slot)} {self._list(one) if SLOTS[slot].many else one}"

    def _one(self, slot: str, number: int) -> str:
        """The rule of one value."""
        words, ref = SLOTS[slot].values, SLOTS[slot].ref
        if words:
            return self._rule(words, "word", lambda: _any(map(_string, words)))
        if not ref or not self._refs(number):
            return "quote"
        return self._rule(("value", number), "value", lambda: f"quote | {self._ref(number)}")

    def _list(self, one: str) -> str:
        return self._rule((one, 0), "list", lambda: f"{_literal('[')} {one} {self._more(one, 1)}")

    def _more(self, one: str, count: int) -> str:
        end = _literal("]")
        if count == MAX_VALUES:
            return end
        return self._rule((one, count), "more", lambda: f"{end} | {_literal(', ')} {one} {self._more(one, count + 1)}")

    def _guard(self, number: int) -> str:
        names = _any(_key(name) for name in (IF_ANY, IF_NONE))
        return self._rule(("guard", number), "guard", lambda: f"({names}) {self._ref(number)}")

    def _ref(self, number: int) -> str:
        return self._rule(("ref", number), "ref", lambda: _any(_string(f"${n}") for n in self._refs(number)))

    def _refs(self, number: int) -> range:
        """What a step can point at."""
        return range(self._lowest, number)
