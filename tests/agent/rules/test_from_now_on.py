"""Words that can only be meant for always become a rule, and a folder that was said is never left out of one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nearhand.agent.approve import Card
from nearhand.agent.reply import Status
from nearhand.agent.rules.files import parsed
from nearhand.agent.rules.from_now_on import from_now_on
from nearhand.models.language import parse

from . import rules_desk
from .rules_desk import Desk

PLAIN = 'mail.archive kind=newsletter when="after 3 days"'


@pytest.fixture
def desk() -> Iterator[Desk]:
    with tempfile.TemporaryDirectory(prefix="nearhand-rules-", dir=rules_desk.fast()) as folder:
        base = rules_desk.make(Path(folder) / "home")
        (base / "Documents" / "Screenshots").mkdir()
        with rules_desk.opened(base) as opened:
            yield opened


@pytest.mark.parametrize(("said", "rule"), [
    (PLAIN, 'rules.add event=mail kind=newsletter when="after 3 days" ; mail.archive what=$1'),
    (PLAIN + " which=all", 'rules.add event=mail kind=newsletter when="after 3 days" ; mail.archive what=$1'),
    ('files.trash kind=installer in="Downloads" when="after a month"',
     'rules.add event=file kind=installer in="Downloads" when="after a month" ; files.trash what=$1'),
    ('files.move kind=pdf in="Downloads" when="after two weeks" to="Old"',
     'rules.add event=file kind=pdf in="Downloads" when="after two weeks" ; files.move what=$1 to="Old"'),
])  # fmt: skip
def test_a_time_that_no_mail_or_file_of_today_can_be_from_says_how_long_each_one_waits(said: str, rule: str) -> None:
    assert from_now_on(parse(said)) == parse(rule)


@pytest.mark.parametrize("said", [
    'mail.archive kind=newsletter when="after Friday"', 'mail.archive kind=newsletter when="older than 3 days"',
    'mail.find kind=newsletter when="after 3 days"', 'calendar.cancel what="yoga" when="after 3 days"',
    'mail.forward kind=newsletter to="Olga" when="after 3 days"', 'mail.archive what=$0 when="after 3 days"',
    'mail.archive kind=newsletter when="after 3 days" which=latest', 'mail.archive count="two" when="after 3 days"',
    'mail.find kind=newsletter ; mail.archive what=$1 when="after 3 days"', "mail.archive kind=newsletter",
])  # fmt: skip
def test_whatever_else_was_said_is_left_as_it_is(said: str) -> None:
    assert from_now_on(parse(said)) == parse(said)


def test_it_is_shown_on_a_card_as_the_rule_that_it_is(desk: Desk) -> None:
    cards: list[Card] = []
    desk.planner.plans["archive newsletters after 3 days"] = PLAIN
    reply = desk.engine.do("archive newsletters after 3 days", lambda card: cards.append(card) or True)
    assert reply.status is Status.DONE and len(desk.names()) == 1
    assert "Runs for each new mail (newsletter), 3 days after it came." in cards[0].lines


@pytest.mark.parametrize(("words", "folder"), [
    ("move new screenshots in Downloads to Screenshots when they appear", ("Downloads",)),
    ("move new screenshots from my downloads to Screenshots when they appear", ("downloads",)),
    ("move new screenshots to Screenshots when they appear", ()),
])  # fmt: skip
def test_a_connected_folder_that_the_plan_left_out_is_heard(desk: Desk, words: str, folder: tuple[str, ...]) -> None:
    desk.planner.plans[words] = 'rules.add event=file kind=screenshot ; files.move what=$1 to="Screenshots"'
    assert desk.engine.do(words, lambda card: True).status is Status.DONE
    (ref,) = desk.names()
    assert parsed(desk.text(ref).encode(), ref).trigger.get("in", ()) == folder


def test_what_is_to_be_done_while_the_person_is_away_is_a_rule() -> None:
    said = parse('mail.reply from="Olga" text="Back on Monday."')
    rule = parse('rules.add event=mail from="Olga" ; mail.reply what=$1 text="Back on Monday."')
    assert from_now_on(said, "while I'm away answer mails from Olga with Back on Monday.") == rule
    assert from_now_on(said, "answer Olga: Back on Monday.") == said


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("answer Olga: feed the cat while I'm away", 'mail.reply from="Olga" text="feed the cat while I\'m away"'),
        ("tell Olga to come while I'm away", 'mail.send to="Olga" say="to come"'),
        ("answer Olga's latest while I'm out: yes", 'mail.reply from="Olga" which=latest text="yes"'),
        ("what did Olga write while I was away", 'mail.find from="Olga"'),
        ("put it away while I'm out", 'files.move what="it" to="away"'),
    ],
)
def test_other_words_about_being_away_make_none(text: str, plan: str) -> None:
    assert from_now_on(parse(plan), text) == parse(plan)
