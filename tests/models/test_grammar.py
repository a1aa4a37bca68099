"""The property of the project: whatever the weights are, a plan holds nothing but the person's words and closed words."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nearhand.models import evaluate, utterances
from nearhand.models.grammar import MAX_QUOTE, MAX_VALUES, Grammar
from nearhand.models.language import Plan, Quote, Step, parse
from nearhand.models.planner import Planner, RequestError
from nearhand.models.testing import RandomRuntime
from nearhand.models.vocab import END, IDS, encode, segment
from nearhand.models.words import normalize, pieces, spans
from nearhand.models.written import Row, Turn

from .promised import hold

_REQUESTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="0123456789:/.-, ²½٣", max_size=30),
    st.text(alphabet="a' ’sS\"()$;_=@🙂é漢", max_size=30),
    st.sampled_from(
        ["a", " ", "\u200b", "\ud800", "<plan> <end>", "scans scans scans", "files.trash which=all", "x" * 300]
    ),
)
_SEEDS = st.integers(min_value=0, max_value=2**32)
_BEFORE = parse('calendar.add name="dinner" when="Saturday"')


def _hold(plan: Plan, request: str, before: str | None) -> None:
    hold(plan, request, before)
    assert all(len(step.slots) <= MAX_VALUES for step in plan.steps)
    assert not any(_said_twice(step, [request, before or ""]) for step in plan.steps)


def _said_twice(step: Step, texts: Sequence[str]) -> bool:
    """Whether a quote of the step has no words that its other quotes leave free."""
    taken: set[tuple[int, int]] = set()
    for quote in (value for _, value in step.slots if isinstance(value, Quote)):
        runs = [{(turn, i) for i in range(*run)} for turn, text in enumerate(texts) for run in spans(text, quote.text)]
        free = [run for run in runs if not run & taken]
        if not free:
            return True
        taken |= free[0] if len(free) == 1 else set()
    return False


@given(_REQUESTS, _SEEDS)
@settings(deadline=None, max_examples=150)
def test_any_weights_give_a_legal_plan_of_the_persons_own_words(request: str, seed: int) -> None:
    planner = Planner(RandomRuntime(seed))
    if not pieces(request):
        with pytest.raises(RequestError):
            planner.plan(request)
        return
    _hold(planner.plan(request).plan, normalize(request), None)


@given(_REQUESTS, _SEEDS)
@settings(deadline=None, max_examples=80)
def test_with_a_turn_before_its_words_and_results_may_be_used_too(request: str, seed: int) -> None:
    assume(pieces(request))
    before = "dinner on Saturday at 19:30"
    _hold(Planner(RandomRuntime(seed)).plan(request, (before, _BEFORE)).plan, normalize(request), before)


@given(_REQUESTS, _SEEDS)
@settings(deadline=None, max_examples=30)
def test_the_same_request_and_weights_give_the_same_plan(request: str, seed: int) -> None:
    assume(pieces(request))
    assert Planner(RandomRuntime(seed)).plan(request) == Planner(RandomRuntime(seed)).plan(request)


def test_a_second_turn_may_quote_the_first_when_a_third_follows() -> None:
    second = parse('calendar.add who="editor" name="lunch" when="Friday"')  # lunch and editor stand in the first turn
    planner = Planner(RandomRuntime(1))
    _hold(planner.plan("make it two", ("on Friday", second)).plan, "make it two", "on Friday")


def test_even_an_empty_request_cannot_leave_the_automaton_without_a_way_on() -> None:
    grammar = Grammar(segment("", RandomRuntime(0).tokenize))
    for first in grammar.allowed(grammar.start()):
        state = grammar.advance(grammar.start(), first)
        assert grammar.allowed(state)


def test_a_quote_ends_at_the_next_legal_place_when_it_grows_too_long() -> None:
    runtime = RandomRuntime(0)
    asked = segment("say " + "word " * 80, runtime.tokenize)
    grammar = Grammar(asked)
    state = grammar.start()
    for token in [*encode(parse('mail.draft text="say"'), [asked])][:2]:
        state = grammar.advance(state, token)
    for token in asked.flat:
        if token not in grammar.allowed(state):
            break
        state = grammar.advance(state, token)
    assert MAX_QUOTE <= state.length < MAX_QUOTE + 5
    assert IDS[END] in grammar.allowed(state)


def _walk(row: Row) -> Plan:
    tokenize = RandomRuntime(0).tokenize
    request = segment(row.turn.request, tokenize)
    before = segment(row.before.request, tokenize) if row.before else None
    grammar = Grammar(request, before)
    state = grammar.start()
    for token in encode(row.turn.plan, [request] if before is None else [request, before]):
        assert token in grammar.allowed(state), f"{row.source}: {row.turn.plan}"
        state = grammar.advance(state, token)
    assert state.done
    return grammar.plan(state)


@pytest.mark.parametrize(("request_", "plan"), [
    ("put info@garage.example in for the garage", 'contacts.change who="the garage" email="info@garage.example"'),
    ("put info@garage.example in for garage", 'contacts.change who="garage" email="info@garage.example"'),
    ("rename as inventory.pdf the file inventory", 'files.rename what="inventory" name="inventory.pdf"'),
    ("Olga is the new name of the file Olga", 'files.rename what="Olga" name="Olga"'),
])  # fmt: skip
def test_a_quote_leaves_room_for_a_longer_one_after_it(request_: str, plan: str) -> None:
    words = Turn(request_, parse(plan))
    assert _walk(Row(words)) == words.plan


@pytest.mark.parametrize("part", ["suite", "written", "labelled"])
def test_every_gold_plan_can_be_said(part: str, corpus: Sequence[Row]) -> None:
    rows = {
        "suite": lambda: [case.row for case in evaluate.suite()],
        "written": lambda: corpus[::3],
        "labelled": lambda: utterances.labelled()[::3],
    }[part]()
    for row in rows:
        assert _walk(row) == row.turn.plan, row.source


def test_nothing_is_done_where_that_is_likely_enough() -> None:
    asked = [f"put the scans into folder {number}" for number in range(40)]
    plain, wary, never = (Planner(RandomRuntime(2)) for _ in range(3))
    wary.refuse, never.refuse = 1e-9, 1.0
    assert all(wary.plan(each).plan.steps[0].action == "none" for each in asked)
    both = [(never.plan(each), plain.plan(each)) for each in asked]
    assert all(dear == free for dear, free in both if free.plan.steps[0].action != "none") and both
