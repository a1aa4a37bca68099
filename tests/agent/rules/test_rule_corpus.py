"""Every rule that the written corpus teaches becomes a sensible rule, or a question that says what is not clear.

The model is taught these plans; whatever it makes of a person's words has one of their forms. All of them are tried, in
a home that has the folders, mailboxes, lists and calendars they name.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pytest

from nearhand.agent.approve import Card
from nearhand.agent.asking import QuestionError
from nearhand.agent.reply import Status
from nearhand.agent.rules.files import Rule, parsed
from nearhand.agent.rules.files import written as as_text
from nearhand.agent.rules.making import draft_of, each_of
from nearhand.agent.rules.run import Runner
from nearhand.agent.rules.times import next_due
from nearhand.agent.rules.trigger import settled, trigger_of
from nearhand.agent.rules.words import sets_off
from nearhand.agent.senses.watch_store import WatchStore
from nearhand.connectors.base import Risk
from nearhand.connectors.catalogue import ACTIONS
from nearhand.connectors.errors import DeniedError
from nearhand.models.language import Quote
from nearhand.models.written import CORPUS, Turn, read_line

from . import rules_desk
from .rules_desk import Desk

_UNKNOWABLE = ("pay ?day", "evensong", "term", "equinox", "quarter day", "closing time", "knock off", "shift", "Lent",
               "the shop closes", "daybreak", '^"six"$', "ninety minutes", "before four",
               "forty minutes", "every 45 minutes", "quarter end", "Passover", "before work", "after mass", '^"half past five"$',
               "before the end of every", '^"Monday at eight"$')  # fmt: skip
"""Times that no clock and no calendar knows, and those that leave open on which days."""


@cache
def taught() -> tuple[Turn, ...]:
    """Every request of the corpus that makes a rule and says what it does, each once."""
    lines = (line for file in sorted(CORPUS.glob("*.txt")) for line in file.read_text("utf-8").splitlines())
    turns = (read_line(line).turn for line in lines if "rules.add " in line and not line.startswith("#"))
    found = {turn.request: turn for turn in turns}
    return tuple(turn for turn in found.values() if turn.plan.steps[0].action == "rules.add" and len(turn.plan.steps) > 1)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with tempfile.TemporaryDirectory(prefix="nearhand-rules-", dir=rules_desk.fast()) as folder, \
            rules_desk.opened(rules_desk.make(Path(folder) / "home")) as opened:
        yield opened


def _made_room(turn: Turn, base: Path) -> None:
    """The folder, mailbox, list or calendar that a rule names, empty."""
    for step in turn.plan.steps:
        for slot, value in step.slots:
            if slot not in ("in", "to") or not isinstance(value, Quote) or re.search(r"[~@:*?\\]|\.\.", value.text):
                continue
            name = value.text.strip("/").capitalize()
            (base / "Documents" / name).mkdir(parents=True, exist_ok=True)
            (base / "calendars" / name.replace("/", " ")).mkdir(exist_ok=True)
            for part in ("cur", "new", "tmp"):
                (base / "Mail" / f".{name.replace('/', '.')}" / part).mkdir(parents=True, exist_ok=True)


def _made(turn: Turn, desk: Desk) -> list[Rule]:
    home = desk.engine.home
    drafts = [draft_of(plan, turn.request, home) for _, plan in each_of(turn.plan)]
    return [draft.rule(f"rule-{number}", home.clock.now.replace(microsecond=0)) for number, draft in enumerate(drafts)]


def _wrong(rule: Rule, desk: Desk) -> str:
    """What is not as it has to be; "" if all is."""
    home = desk.engine.home
    if parsed(as_text(rule).encode(), "here") != rule:
        return "its file does not say what it is"
    with settled(rule, home):
        trigger = trigger_of(rule, home)
    if any(ACTIONS[permit.action].risk is not Risk.REVERSIBLE for permit in rule.grant.may):
        return "it may do what others see, or what needs no leave"
    if trigger.sort == "time" and next_due(trigger, home.clock.now, home.clock) is None and trigger.once is None:
        return "it is never due"
    if ("event" in rule.trigger) is (trigger.sort == "time"):
        return "it is set off by something else"
    if "by" in rule.trigger and trigger.sort != "near" and trigger.area in ("calendar", "tasks"):
        return "it does not keep to the time around the event"
    if rule.trigger.get("event") == ("mail",) and "in" not in rule.trigger and trigger.query.place != "Inbox":
        return "it looks outside the Inbox"
    said = sets_off(rule, home)
    return "" if said.startswith("Runs ") and said.endswith(".") else f"its card begins {said!r}"


def _asks(turn: Turn, desk: Desk) -> str:
    """The question that it comes to, or what it is refused for; "" if it becomes rules that are as they have to be."""
    try:
        wrong = [why for rule in _made(turn, desk) if (why := _wrong(rule, desk))]
    except (QuestionError, DeniedError) as asked:
        return str(asked)
    assert wrong == [], turn.request
    return ""


def test_every_rule_of_the_corpus_is_understood_or_asked_about(desk: Desk) -> None:
    assert len(taught()) > 1000
    left: list[tuple[Turn, str]] = []
    for turn in taught():
        said = _asks(turn, desk)
        if said.startswith("There is no "):
            left.append((turn, said))
        elif said.startswith(("When is", "What does")):
            words = [str(v) for slot, v in turn.plan.steps[0].slots if slot in ("repeat", "when")]
            open_ended = turn.plan.steps[0].ask or any(re.search(each, " ".join(words)) for each in _UNKNOWABLE)
            assert open_ended, (turn.request, said)
        else:
            assert not said or "outside the folders" in said, (turn.request, said)
    for turn, _ in left:
        _made_room(turn, desk.base)
    desk.engine.home.forget()
    asked = {turn.request: said for turn, _ in left if (said := _asks(turn, desk))}
    # Two folders of one name in different places are asked about, and an address is no folder.
    assert all(said.startswith("Which ") or "@" in said or "~" in said for said in asked.values()), asked
    assert len(asked) < 0.02 * len(taught()), asked


def test_a_request_for_two_rules_makes_two(desk: Desk) -> None:
    line = ("rules.add event=mail from=\"Jobcentre\" ; mail.move what=$1 to=\"Benefits\" ; rules.add event=mail"
            " from=\"Citizens Advice\" ; mail.trash what=$3 | mails from Jobcentre to Benefits, from Citizens Advice to the bin,"
            " from now on")  # fmt: skip
    before = set(desk.names())
    assert desk.ask(line).status is Status.DONE
    first, second = (parsed(desk.text(ref).encode(), ref) for ref in sorted(set(desk.names()) - before, key=len))
    assert (first.trigger["from"], first.plan) == (("Jobcentre",), 'mail.move what=$1 to="Benefits"')
    assert (second.trigger["from"], second.plan) == (("Citizens Advice",), "mail.trash what=$1")
    assert first.name != second.name and first.grant.may != second.grant.may


def test_a_rule_that_is_for_some_days_is_at_work_on_those_alone(desk: Desk) -> None:
    line = 'rules.add event=mail when="between the 5th and the 12th" ; mail.archive what=$1 | between the 5th and the 12th archive all mail'
    desk.at(datetime(2027, 3, 1, 9))
    desk.rule(line)
    runner = Runner(desk.engine, desk.notices.append, WatchStore(desk.base / "watch.db"))
    assert runner.shelf.active() == () and "from 05 Mar 2027" in next(iter(runner.shelf.idle.values()))
    wanted = runner.next()
    assert wanted is not None and wanted.date() == date(2027, 3, 5)  # somebody looks then, though nothing comes
    desk.at(datetime(2027, 3, 5, 0, 1))
    assert len(runner.shelf.active()) == 1
    desk.at(datetime(2027, 3, 13, 0, 1))
    assert runner.shelf.active() == () and list(runner.shelf.idle.values()) == ["over"]
    runner.close()


@pytest.mark.parametrize(("said", "told"), [
    ("every weekday at half past six", "every weekday at 06:30"), ("the end of each month", "every month on the last day at 09:00"),
    ("daily at 8 and 20", "every day at 08:00 and 20:00"), ("every half hour", "every 30 minutes"),
    ("every evening", "every day at 18:00"), ("month's end", "every month on the last day at 09:00"),
    ("the end of each week", "every Friday at 09:00"), ("the 27th", "every month on the 27th at 09:00"),
    ("the 31st of December", "every year on 31 December at 09:00"), ("each autumn", "every year on 1 September at 09:00"),
    ("5.50 on school days", "every weekday at 05:50"), ("the hour", "every hour"), ("evry nihgt", "every day at 18:00"),
    ("each 1 of month", "every month on the 1st at 09:00"), ("come six o'clock every weekday", "every weekday at 06:00"),
    ("the end of each working day", "every weekday at 17:00"), ("opening time, nine on weekdays", "every weekday at 09:00"),
    ("every Sunday after the tournament, at 8 pm", "every Sunday at 20:00"),
])  # fmt: skip
def test_a_briefing_comes_when_its_words_say_and_the_card_says_when(desk: Desk, said: str, told: str) -> None:
    cards: list[Card] = []
    desk.ask(f"rules.add ; agent.briefing | {{repeat:{said}}} brief me", cards)
    assert f"Runs {told}." in cards[0].lines


def test_days_that_the_plan_left_beside_the_hour_are_heard(desk: Desk) -> None:
    cards: list[Card] = []
    desk.ask('rules.add repeat="nine" ; agent.briefing when="tomorrow" | every evening, at nine, tell me about tomorrow', cards)
    assert "Runs every day at 21:00." in cards[0].lines


@pytest.mark.parametrize(("said", "until"), [
    ("until I'm back on the 9th", ", until 09 Mar 2027."), ("till we come home on Friday", ", until 05 Mar 2027."),
    ("until I'm back", "from Olga."),
])  # fmt: skip
def test_until_one_is_back_ends_on_the_day_that_is_said(desk: Desk, said: str, until: str) -> None:
    desk.at(datetime(2027, 3, 1, 9))
    cards: list[Card] = []
    desk.ask(f"rules.add event=mail ; mail.archive what=$1 | {{when:{said}}} archive all that {{from:Olga}} writes", cards)
    assert any(line.startswith("Runs for each new mail from Olga") and line.endswith(until) for line in cards[0].lines)
