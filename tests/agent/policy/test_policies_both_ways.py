"""R16: every policy, by itself, lets something through and stops something; a new one without both fails here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nearhand.agent.policy import rules as policy
from nearhand.agent.policy.rules import POLICIES, Allow, Ask, Case, Deny, Origin, Policy, Role, Setting, Value, judge

HOME = Setting(roots=("/home/robin/Documents",), auto_reversible=True, written_to=frozenset({"olga@brandt.example"}))
INSIDE, OUTSIDE = "/home/robin/Documents/Taxes", "/home/robin/.ssh/id_rsa"


def mail(address: str, origin: Origin, action: str = "mail.send") -> Case:
    return Case(action, values=(Value(Role.RECIPIENT, address, origin),))


def move(path: str, origin: Origin = Origin.OWN) -> Case:
    return Case("files.move", values=(Value(Role.PATH, path, origin),))


EXAMPLES: dict[Policy, tuple[tuple[Case, ...], tuple[tuple[Case, type], ...]]] = {
    policy.known_action: ((move(INSIDE), Case("agent.help")), ((Case("files.shred"), Deny), (Case(""), Deny))),
    policy.by_risk: (
        (Case("mail.find"), move(INSIDE), Case("mail.draft")),
        ((mail("olga@brandt.example", Origin.TYPED), Ask), (Case("calendar.respond"), Ask), (Case("files.shred"), Ask)),
    ),
    policy.by_standing: ((Case("rules.pause"), move(INSIDE)), ((Case("rules.add"), Ask),)),
    policy.by_count: ((replace(move(INSIDE), count=20),), ((replace(move(INSIDE), count=21), Ask),)),
    policy.by_confidence: (
        (replace(move(INSIDE), confidence=0.5), Case("mail.find", confidence=0.0)),
        ((replace(move(INSIDE), confidence=0.49), Ask), (replace(move(INSIDE), confidence=float("nan")), Ask)),
    ),
    policy.by_words: (
        (Case("calendar.add"), Case("calendar.find", left_out=("at eight",))),
        ((Case("calendar.add", left_out=("at eight",)), Ask),),
    ),
    policy.by_provenance: (
        (mail("a@b.example", Origin.PICKED), Case("calendar.add", values=(Value(Role.TEXT, "x", Origin.OUTSIDE),))),
        (
            (mail("a@b.example", Origin.OUTSIDE), Deny),
            (move(INSIDE, Origin.OUTSIDE), Deny),
            (Case("mail.move", values=(Value(Role.ACCOUNT, "work", Origin.OUTSIDE),)), Deny),
            (mail("a@b.example", Origin.MODEL), Deny),
            (move(INSIDE, Origin.MODEL), Deny),
        ),
    ),
    policy.by_authorship: (
        (Case("mail.draft", values=(Value(Role.TEXT, "Hello", Origin.TYPED),)), move(INSIDE)),
        tuple((Case(each, values=(Value(Role.TEXT, "Hello", Origin.MODEL),)), Ask) for each in ("mail.send", "mail.draft")),
    ),
    policy.by_planner: (
        (move(INSIDE), Case("mail.find", larger=True), Case("files.usage", larger=True)),
        (
            (replace(move(INSIDE), larger=True), Ask), (Case("tasks.add", larger=True), Ask),
            (replace(mail("olga@brandt.example", Origin.TYPED), larger=True), Ask),
        ),
    ),
    policy.by_recipient: (
        (mail("a@b.example", Origin.TYPED), mail("a@b.example", Origin.SENDER, "mail.reply")),
        (
            (mail("a@b.example", Origin.SENDER), Deny),
            (mail("a@b.example", Origin.OWN), Deny),
            (mail("a@b.example\r\nBcc: c@d.example", Origin.TYPED), Deny),
            (mail("nobody", Origin.TYPED), Deny),
        ),
    ),
    policy.by_acquaintance: (
        (mail("Olga@Brandt.example", Origin.CONTACT), mail("a@b.example", Origin.TYPED, "mail.draft")),
        ((mail("a@b.example", Origin.TYPED), Ask), (mail("olga@brandt.example.evil.test", Origin.CONTACT), Ask)),
    ),
    policy.by_place: (
        (move(INSIDE), move("/home/robin/Documents")),
        (
            (move(OUTSIDE), Deny), (move("/home/robin/Documents/../.ssh"), Deny), (move("Documents"), Deny),
            (move("/home/robin/Documents2"), Deny), (move("/home/robin/Documents\0/../x"), Deny),
        ),
    ),
}  # fmt: skip


def test_every_policy_has_something_that_it_allows_and_something_that_it_stops() -> None:
    assert set(EXAMPLES) == set(POLICIES)
    assert all(allowed and stopped for allowed, stopped in EXAMPLES.values())


@pytest.mark.parametrize("rule", POLICIES, ids=lambda rule: rule.__name__)
def test_a_policy_allows_what_it_should(rule: Policy) -> None:
    for case in EXAMPLES[rule][0]:
        assert rule(case, HOME) == Allow(), case


@pytest.mark.parametrize("rule", POLICIES, ids=lambda rule: rule.__name__)
def test_a_policy_stops_what_it_should_and_says_why(rule: Policy) -> None:
    for case, verdict in EXAMPLES[rule][1]:
        found = rule(case, HOME)
        assert isinstance(found, verdict) and not isinstance(found, Allow) and found.reason, case


@pytest.mark.parametrize("rule", POLICIES, ids=lambda rule: rule.__name__)
def test_what_one_policy_refuses_no_other_lets_through(rule: Policy) -> None:
    for case, verdict in EXAMPLES[rule][1]:
        if verdict is Deny:
            assert isinstance(judge(case, HOME), Deny), case
