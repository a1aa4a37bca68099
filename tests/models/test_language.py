"""The plan language: as text and back, and what it refuses."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nearhand.models.language import Enum, Plan, PlanError, Quote, Ref, Step, check, ordered, parse, sweeps
from nearhand.models.testing import random_plan
from nearhand.models.words import normalize, pieces

_REQUESTS = st.one_of(
    st.text(min_size=1, max_size=60),
    st.text(alphabet="ab \\\"'’$;|=().,1290@_-/é漢🙂", min_size=1, max_size=40),
)


@given(_REQUESTS, st.integers(), st.booleans())
@settings(deadline=None, max_examples=200)
def test_every_legal_plan_reads_back_from_its_text(text: str, seed: int, before: bool) -> None:
    request = normalize(text)
    assume(pieces(request))
    plan = random_plan(random.Random(seed), request, before)
    check(plan, request, "the turn before" if before else "")
    assert parse(str(plan)) == plan


@given(st.text(max_size=60))
@settings(deadline=None)
def test_reading_any_text_gives_a_plan_or_says_why_not(text: str) -> None:
    try:
        assert parse(str(parse(text))) == parse(text)
    except PlanError as error:
        assert str(error)


REFUSED = {
    "no such action": 'files.burn what="scans"',
    "a slot the action lacks": 'files.open what="scans" name="x"',
    "a quote that is not in the request": 'files.open what="tickets"',
    "a quote with a letter changed": 'files.open what="scan"',
    "an empty quote": 'files.open what=""',
    "an enum word of another slot": "files.open which=pdf",
    "a quote where a closed word belongs": 'files.open kind="scans"',
    "a bare word where a quote belongs": "files.open what=scans",
    "a later step": "files.open what=$1",
    "a reference where none is allowed": 'files.find what="scans" ; files.rename what=$1 name=$1',
    "the same single slot twice": "files.open which=first which=last",
    "a gap that is not asked for": 'files.move what="scans"',
    "asking for what is there": 'files.open what="scans" ask(what)',
    "asking for what is not needed": 'files.open what="scans" ask(when)',
    "none after a step": 'files.open what="scans" ; none why=scope',
    "a step after none": 'none why=scope ; files.open what="scans"',
    "a guard on none": "if_any($0) none why=scope",
    "a guard on itself": 'if_any($1) files.open what="scans"',
    "seven steps": " ; ".join(['files.open what="scans"'] * 7),
}


@pytest.mark.parametrize("plan", REFUSED.values(), ids=REFUSED)
def test_a_plan_outside_the_language_is_refused(plan: str) -> None:
    with pytest.raises(PlanError):
        check(parse(plan), "open the scans")


@pytest.mark.parametrize(
    "text",
    ["", ";", "files.open ;", 'files.open what="scans', "files.open color=red", "files.open what=$x", "! rm -rf"],
)
def test_a_text_that_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(PlanError):
        parse(text)


def test_a_plan_made_by_hand_with_an_unknown_slot_is_refused_too() -> None:
    with pytest.raises(PlanError, match="no slot 'colour'"):
        check(Plan((Step("files.open", (("colour", Enum("red")),)),)), "open it")


def test_slots_out_of_order_are_refused_and_ordered_by_reading() -> None:
    pairs = (("to", Quote("Trips")), ("what", Quote("scans")))
    with pytest.raises(PlanError, match="out of order"):
        check(Plan((Step("files.move", pairs),)), "scans to Trips")
    check(Plan((Step("files.move", ordered(pairs)),)), "scans to Trips")
    assert parse('files.move to="Trips" what="scans"').steps[0].slots == ordered(pairs)


def test_a_quote_may_come_from_the_turn_before() -> None:
    plan = parse('mail.send to="Olga" text="late"')
    check(plan, "say late", "mail Olga")
    with pytest.raises(PlanError):
        check(plan, "say late")


def test_marks_inside_a_quote_survive_the_text_form() -> None:
    plan = Plan(
        (
            Step(
                "mail.send",
                (("to", Ref(0)), ("text", Quote('a "b" \\ ; c=$1 ask(to)'))),
            ),
        )
    )
    assert parse(str(plan)) == plan


@pytest.mark.parametrize("plan", [
    "mail.trash which=all",
    "calendar.find ; tasks.remove which=all",
    'mail.forward which=all to="brother"',
    "rules.add event=mail ; mail.trash what=$1",
    'rules.add event=mail from="Whenever" ; mail.forward what=$1 to="lawyer"',
    'files.trash what="everything"',
    'mail.trash what="all my mails" which=all',
])  # fmt: skip
def test_clearing_away_or_giving_out_everything_is_seen(plan: str) -> None:
    assert sweeps(parse(plan))


@pytest.mark.parametrize("plan", [
    "mail.trash which=latest",
    "mail.trash what=$0 which=all",
    'files.trash in="Downloads" which=all',
    "mail.mark_read which=all",
    "rules.add event=mail kind=newsletter ; mail.trash what=$1",
    'rules.add event=mail ; mail.trash what=$1 from="Etsy"',
    'rules.add event=mail what="new orders" ; mail.forward what=$1 to="Jon"',
    'mail.forward what="new message" to="Jon"',
    'files.trash what="my file"',
])  # fmt: skip
def test_what_says_which_is_not_everything(plan: str) -> None:
    assert not sweeps(parse(plan))
