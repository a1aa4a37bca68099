"""Quote-locked decoding: after each token, the tokens that may follow.

The automaton is made from one request. It walks the plan language of `language.py` under the catalogue's declarations,
and inside a quote it tracks every place of the request where the quote so far could stand; only the token that comes
next at one of those places may follow. So a plan can hold nothing but quotes, enum words and references, whatever
the weights are. Words of the request fill one slot of a step, not two. It depends on no model and no runtime.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from nearhand.connectors.catalogue import ACTIONS, MAX_STEPS, SLOTS
from nearhand.models.language import ALONE, Enum, Guard, Plan, Quote, Ref, Step, Value, askable, missing, ordered
from nearhand.models.vocab import ASK, END, IDS, IF_ANY, IF_NONE, Segment, action_id, enum_id, ref_id, slot_id

MAX_QUOTE = 160
"""Tokens in one quote; a longer one is cut off at the next legal place."""
MAX_VALUES = 12
"""Values in one step, so that every plan ends."""

_ORDER = {name: i for i, name in enumerate(SLOTS)}
_ACTION_OF = {action_id(name): name for name in ACTIONS}
_SLOT_OF = {slot_id(name): name for name in SLOTS}
_WORD_OF = {enum_id(word): word for slot in SLOTS.values() for word in slot.values}
_REF_OF = {ref_id(n): n for n in range(MAX_STEPS)}
_ALL = tuple(_ACTION_OF)
_LATER = tuple(token for token, name in _ACTION_OF.items() if name not in ALONE)
_END, _ASK, _IF_ANY, _IF_NONE = IDS[END], IDS[ASK], IDS[IF_ANY], IDS[IF_NONE]


@dataclass(frozen=True, slots=True)
class Place:
    """A point inside a segment: token `at` of segment `source` has just been copied."""

    source: int
    at: int


@dataclass(frozen=True, slots=True)
class State:
    """Where the plan stands: finished steps, the step being written, and what is expected next."""

    steps: tuple[Step, ...] = ()
    guard: Guard | None = None
    action: str | None = None
    slots: tuple[tuple[str, Value], ...] = ()
    slot: str | None = None
    """The slot whose value is being written."""
    places: tuple[Place, ...] = ()
    """Every place where the quote being written could stand."""
    begins: tuple[Place, ...] = ()
    length: int = 0
    taken: frozenset[Place] = frozenset()
    """What the quotes of this step stand on, where there was one place only for them to stand."""
    guarding: bool | None = None
    """A guard token was read; its reference is expected."""
    asking: bool = False
    asked: str | None = None
    done: bool = False


class Grammar:
    """The automaton of one request (and the request of the turn before, if there is one)."""

    def __init__(self, request: Segment, before: Segment | None = None) -> None:
        self._segments = [request] if before is None else [request, before]
        self._flat = [segment.flat for segment in self._segments]
        self._starts, self._ends = [], []
        for segment in self._segments:
            starts, ends = _cut_tokens(segment)
            self._starts.append(starts)
            self._ends.append(ends)
        self._has_before = before is not None
        self._openings: dict[int, tuple[Place, ...]] = {}
        for source, starts in enumerate(self._starts):
            for at in starts:
                token = self._flat[source][at]
                self._openings[token] = (*self._openings.get(token, ()), Place(source, at))

    def start(self) -> State:
        """The state before the first token of a plan."""
        return State()

    def allowed(self, state: State) -> list[int]:
        """The ids that may follow; empty only when the plan is done."""
        if state.done:
            return []
        if state.guarding is not None:
            return self._refs(state)
        if state.asking:
            return [slot_id(name) for name in SLOTS if name in askable(self._step(state))]
        if state.slot is not None and not state.places:
            return self._openers(state)
        if state.places:
            following = dict.fromkeys(self._next_tokens(state))
            if self._may_end(state):
                following.update(dict.fromkeys(self._after_value(self._close(state))))
            return list(following)
        return self._step_openers(state) if state.action is None else self._after_value(state)

    def advance(self, state: State, token: int) -> State:
        """The state after an allowed token."""
        if state.guarding is not None:
            return replace(state, guarding=None, guard=Guard(state.guarding, _REF_OF[token]))
        if state.asking:
            return replace(state, asking=False, asked=_SLOT_OF[token])
        if state.slot is not None and not state.places:
            return self._open_value(state, token)
        if state.places:
            if further := self._follow(state, token):
                return further
            state = self._close(state)
        return self._advance_outside(state, token)

    def plan(self, state: State) -> Plan:
        """The plan of a finished state."""
        return Plan(state.steps)

    # --- between values -------------------------------------------------------------------------------------------

    def _step_openers(self, state: State) -> list[int]:
        first = not state.steps
        guards = [] if state.guard or (first and not self._has_before) else [_IF_ANY, _IF_NONE]
        return [*(_ALL if first and not state.guard else _LATER), *guards]

    def _after_value(self, state: State) -> list[int]:
        """Further slots, a question, another step, or the end."""
        step = self._step(state)
        if state.asked:
            return self._next_step(state)
        out = [slot_id(name) for name in ACTIONS[step.action].slots if self._slot_fits(state, name)]
        if askable(step):
            out.append(_ASK)
        return out + (self._next_step(state) if missing(step) is None else [])

    def _slot_fits(self, state: State, name: str) -> bool:
        last = _ORDER[state.slots[-1][0]] if state.slots else -1
        if len(state.slots) >= MAX_VALUES or _ORDER[name] < last or (_ORDER[name] == last and not SLOTS[name].many):
            return False
        words = SLOTS[name].values
        if words:
            return any((name, Enum(word)) not in state.slots for word in words)
        return bool((SLOTS[name].ref and self._refs(state)) or self._free(state))

    def _next_step(self, state: State) -> list[int]:
        more = len(state.steps) + 1 < MAX_STEPS and state.action != "none"
        return [_END, *(self._step_openers(State(steps=(self._step(state),))) if more else [])]

    def _advance_outside(self, state: State, token: int) -> State:
        if state.action is not None and (token == _END or token in _ACTION_OF or token in (_IF_ANY, _IF_NONE)):
            state = State(steps=(*state.steps, self._step(state)), done=token == _END)
        if state.done:
            return state
        if token in _ACTION_OF:
            return replace(state, action=_ACTION_OF[token])
        if token in (_IF_ANY, _IF_NONE):
            return replace(state, guarding=token == _IF_ANY)
        if token == _ASK:
            return replace(state, asking=True)
        return replace(state, slot=_SLOT_OF[token])

    def _step(self, state: State) -> Step:
        assert state.action is not None
        return Step(state.action, ordered(state.slots), state.asked, state.guard)

    # --- values ---------------------------------------------------------------------------------------------------

    def _refs(self, state: State) -> list[int]:
        lowest = 0 if self._has_before else 1
        return [ref_id(n) for n in range(lowest, len(state.steps) + 1)]

    def _openers(self, state: State) -> list[int]:
        assert state.slot is not None
        slot = SLOTS[state.slot]
        if slot.values:
            return [enum_id(word) for word in slot.values if (slot.name, Enum(word)) not in state.slots]
        return [*self._free(state), *(self._refs(state) if slot.ref else [])]

    def _free(self, state: State) -> list[int]:
        """Tokens with which a quote may begin that stand somewhere outside the quotes of this step."""
        return [token for token, places in self._openings.items() if not state.taken.issuperset(places)]

    def _open_value(self, state: State, token: int) -> State:
        assert state.slot is not None
        if token in _REF_OF:
            return self._put(state, Ref(_REF_OF[token]))
        if token in _WORD_OF:
            return self._put(state, Enum(_WORD_OF[token]))
        places = tuple(place for place in self._openings[token] if place not in state.taken)
        return replace(state, places=places, begins=places, length=1)

    def _next_tokens(self, state: State) -> list[int]:
        if state.length >= MAX_QUOTE and self._may_end(state):
            return []
        return [self._flat[p.source][p.at] for p in self._further(state) if p]

    def _further(self, state: State) -> list[Place | None]:
        """For each place the next one, None where the text ends or another quote of the step stands."""
        following = [Place(p.source, p.at + 1) for p in state.places]
        return [p if p.at < len(self._flat[p.source]) and p not in state.taken else None for p in following]

    def _may_end(self, state: State) -> bool:
        return any(p.at in self._ends[p.source] for p in state.places)

    def _follow(self, state: State, token: int) -> State | None:
        """Go on copying, if the token stands next at one of the places."""
        kept = [
            (p, b)
            for p, b in zip(self._further(state), state.begins, strict=True)
            if p and self._flat[p.source][p.at] == token
        ]
        if not kept:
            return None
        places, begins = zip(*kept, strict=True)
        return replace(state, places=places, begins=begins, length=state.length + 1)

    def _close(self, state: State) -> State:
        """End the quote at the first place where it may end."""
        ends = [(b, p) for b, p in zip(state.begins, state.places, strict=True) if p.at in self._ends[p.source]]
        begin, end = ends[0]
        words = {Place(end.source, at) for at in range(begin.at, end.at + 1)} if len(ends) == 1 else set[Place]()
        return self._put(replace(state, taken=state.taken | words), Quote(self._words(begin, end)))

    def _words(self, begin: Place, end: Place) -> str:
        segment, at, words = self._segments[begin.source], 0, []
        for piece, tokens in zip(segment.pieces, segment.tokens, strict=True):
            if begin.at <= at <= end.at:
                words.append(piece)
            at += len(tokens)
        return "".join(words).lstrip()

    def _put(self, state: State, value: Value) -> State:
        assert state.slot is not None
        return replace(
            state, slots=(*state.slots, (state.slot, value)), slot=None, places=(), begins=(), length=0
        )  # fmt: skip


def _cut_tokens(segment: Segment) -> tuple[list[int], frozenset[int]]:
    """Flat token positions where a quote may begin, and after which it may end. A lone mark cannot begin one."""
    cuts, starts, ends, at = segment.cuts(), [], [], 0
    for i, tokens in enumerate(segment.tokens):
        if cuts[i] and tokens:
            starts.append(at)
        at += len(tokens)
        if cuts[i + 1] and tokens:
            ends.append(at - 1)
    return starts, frozenset(ends)
