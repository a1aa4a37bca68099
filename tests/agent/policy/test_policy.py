"""Every rule is shown to allow what it should and to stop what it should."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.policy.rules import (
    POLICIES,
    Allow,
    Ask,
    Case,
    Deny,
    Origin,
    Role,
    Setting,
    Value,
    Verdict,
    judge,
    judge_plan,
    risk_of,
    strictest,
    with_yes,
)
from nearhand.connectors.base import Risk
from nearhand.connectors.catalogue import ACTIONS

HOME = Setting(roots=("/home/robin/Documents",), auto_reversible=True, written_to=frozenset({"olga@brandt.example"}))
MOVE = Case("files.move", values=(Value(Role.PATH, "/home/robin/Documents/Taxes", Origin.OWN),))
SEND = Case("mail.send", values=(Value(Role.RECIPIENT, "olga@brandt.example", Origin.CONTACT),))


def with_value(case: Case, text: str, origin: Origin) -> Case:
    return replace(case, values=(replace(case.values[0], text=text, origin=origin),))


def reason(verdict: Verdict) -> str:
    assert not isinstance(verdict, Allow)
    return verdict.reason


@pytest.mark.parametrize("action", [a.name for a in ACTIONS.values() if a.risk is Risk.READ])
def test_reading_runs_at_once(action: str) -> None:
    assert judge(Case(action, count=500, confidence=0.1), Setting()) == Allow()


@pytest.mark.parametrize("action", ["", "files.delete", "mail.expunge", "files.move\n"])
def test_an_action_nobody_knows_never_runs(action: str) -> None:
    assert isinstance(judge(Case(action), HOME), Deny)


def test_a_reversible_step_runs_at_once_if_the_person_chose_so() -> None:
    assert judge(MOVE, HOME) == Allow()


def test_a_reversible_step_is_asked_otherwise() -> None:
    assert isinstance(judge(MOVE, replace(HOME, auto_reversible=False)), Ask)


def test_undo_needs_no_second_question_but_redoing_a_mail_does() -> None:
    assert judge(Case("agent.undo"), Setting()) == Allow()
    assert isinstance(judge(Case("agent.undo", risk=Risk.OUTWARD), HOME), Ask)


def test_twenty_things_run_and_more_are_asked_with_their_number() -> None:
    assert judge(replace(MOVE, count=20), HOME) == Allow()
    assert "21" in reason(judge(replace(MOVE, count=21), HOME))


def test_many_small_steps_count_together() -> None:
    assert judge_plan([replace(MOVE, count=10)] * 2, HOME) == Allow()
    assert "21" in reason(judge_plan([replace(MOVE, count=7)] * 3, HOME))
    assert reason(judge_plan([replace(MOVE, count=28)], Setting(roots=HOME.roots))).count("28 things") == 1


def test_things_that_are_only_read_do_not_count() -> None:
    assert judge_plan([Case("files.find", count=1000), MOVE], HOME) == Allow()


def test_a_confident_plan_runs_and_a_doubtful_one_is_asked() -> None:
    assert judge(replace(MOVE, confidence=0.5), HOME) == Allow()
    for doubtful in (0.49, math.nan):
        assert isinstance(judge(replace(MOVE, confidence=doubtful), HOME), Ask)


def test_what_others_will_see_is_always_asked() -> None:
    assert isinstance(judge(SEND, HOME), Ask)
    assert isinstance(judge(Case("calendar.respond"), HOME), Ask)


def test_inviting_somebody_is_sending() -> None:
    assert judge(Case("calendar.add"), HOME) == Allow()
    assert isinstance(judge(replace(SEND, action="calendar.add"), HOME), Ask)


def test_a_draft_reaches_nobody() -> None:
    assert judge(replace(SEND, action="mail.draft"), HOME) == Allow()


def test_somebody_new_is_shown_with_the_full_address_and_somebody_known_is_not() -> None:
    new = with_value(SEND, "olga@brandt.example.evil.test", Origin.TYPED)
    assert "olga@brandt.example.evil.test" in reason(judge(new, HOME))
    assert "never written" not in reason(judge(with_value(SEND, "OLGA@brandt.example", Origin.TYPED), HOME))


@pytest.mark.parametrize("origin", [Origin.TYPED, Origin.PICKED, Origin.CONTACT])
def test_an_address_that_was_typed_picked_or_in_a_contact_is_asked(origin: Origin) -> None:
    assert isinstance(judge(with_value(SEND, "a@b.example", origin), HOME), Ask)


@pytest.mark.parametrize("origin", [Origin.OWN, Origin.SENDER, Origin.OUTSIDE])
@pytest.mark.parametrize("action", ["mail.send", "mail.forward", "mail.draft", "calendar.add"])
def test_any_other_address_is_refused(action: str, origin: Origin) -> None:
    assert isinstance(judge(with_value(replace(SEND, action=action), "a@b.example", origin), HOME), Deny)


def test_the_sender_of_a_mail_may_be_answered() -> None:
    answer = with_value(replace(SEND, action="mail.reply"), "petra@novak.example", Origin.SENDER)
    assert "petra@novak.example" in reason(judge(answer, HOME))
    assert isinstance(judge(answer, HOME), Ask)


@pytest.mark.parametrize("text", ["", "olga", "@x", "a@", "a@b\r\nBcc: c@d", "a b@c", "a@b,c@d", "a@b\u202e", "<a@b>"])
def test_what_is_no_address_is_refused(text: str) -> None:
    assert isinstance(judge(with_value(SEND, text, Origin.TYPED), HOME), Deny)


@pytest.mark.parametrize("role", [Role.RECIPIENT, Role.PATH, Role.ACCOUNT])
def test_what_others_wrote_is_never_a_recipient_path_or_account(role: Role) -> None:
    value = Value(role, "/home/robin/Documents/x", Origin.OUTSIDE)
    assert isinstance(judge(Case("files.move", values=(value,)), HOME), Deny)


def test_what_others_wrote_may_be_text() -> None:
    assert judge(Case("tasks.add", values=(Value(Role.TEXT, "Pay by Friday", Origin.OUTSIDE),)), HOME) == Allow()


@pytest.mark.parametrize(
    "path",
    ["/home/robin/.ssh/id_rsa", "/home/robin/Documents/../x", "/home/robin/Documents2", "Documents", "", "/", "~/x",
     "/home/robin/Documents/a\0b"],
)  # fmt: skip
def test_paths_outside_the_roots_are_refused_even_if_typed(path: str) -> None:
    assert isinstance(judge(with_value(MOVE, path, Origin.TYPED), HOME), Deny)


@pytest.mark.parametrize("path", ["/home/robin/Documents", "/home/robin/Documents/a/b..c"])
def test_paths_inside_the_roots_are_allowed(path: str) -> None:
    assert judge(with_value(MOVE, path, Origin.TYPED), HOME) == Allow()


def test_without_roots_every_path_is_refused() -> None:
    assert isinstance(judge(MOVE, replace(HOME, roots=())), Deny)
    assert isinstance(judge(MOVE, replace(HOME, roots=("",))), Deny)


def test_a_rule_that_raises_refuses() -> None:
    def broken(case: Case, setting: Setting) -> Verdict:
        raise ZeroDivisionError

    assert isinstance(judge(Case("files.find"), HOME, (*POLICIES, broken)), Deny)


def test_a_rule_that_says_nothing_refuses() -> None:
    def silent(case: Case, setting: Setting) -> Verdict:
        return None  # type: ignore[return-value]

    assert isinstance(judge(Case("files.find"), HOME, (*POLICIES, silent)), Deny)


def test_no_rules_and_no_steps_allow_nothing() -> None:
    assert isinstance(judge(Case("files.find"), HOME, ()), Deny)
    assert isinstance(judge_plan([], HOME), Deny)


def test_yes_answers_questions_and_never_lifts_a_refusal() -> None:
    assert with_yes(Ask("sure?")) == Allow()
    assert with_yes(Allow()) == Allow()
    assert with_yes(Deny("no")) == Deny("no")


@given(st.permutations([Allow(), Ask("a"), Ask("b"), Deny("x"), Deny("y")]))
def test_the_strictest_wins_in_any_order(verdicts: list[Verdict]) -> None:
    assert isinstance(strictest(verdicts), Deny)
    assert isinstance(strictest([v for v in verdicts if not isinstance(v, Deny)]), Ask)


def test_one_refused_step_refuses_the_whole_plan() -> None:
    assert isinstance(judge_plan([MOVE, Case("files.shred")], HOME), Deny)


@given(st.sampled_from(sorted(ACTIONS)), st.text(), st.sampled_from([Role.RECIPIENT, Role.PATH, Role.ACCOUNT]))
def test_no_text_of_others_ever_gets_through(action: str, text: str, role: Role) -> None:
    assert isinstance(judge(Case(action, values=(Value(role, text, Origin.OUTSIDE),)), HOME), Deny)


def test_every_outward_action_of_the_catalogue_is_outward() -> None:
    assert all(risk_of(Case(name)) is Risk.OUTWARD for name, a in ACTIONS.items() if a.risk is Risk.OUTWARD)
