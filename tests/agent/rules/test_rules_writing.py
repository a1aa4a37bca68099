"""Rules and the larger model: it may tell the person something by itself, and sends nothing that nobody has read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nearhand.agent.approve import Card
from nearhand.agent.policy.approvals import waiting
from nearhand.agent.reply import Status
from nearhand.models.writer import ScriptedWriter

from . import rules_desk
from .rules_desk import Desk

SUMMARY = "rules.add event=mail ; text.summarize what=$1 | sum up every mail of {from:Olga} when it comes"
REPLY = "rules.add event=mail ; text.compose what=$1 ; mail.reply what=$1 ask(text) | write {from:Olga} an answer whenever she writes"
SAID = "Thank you, I will read it tonight."


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with rules_desk.opened(rules_desk.make(tmp_path)) as opened:
        opened.engine.home.writing.source = ScriptedWriter(SAID)
        yield opened


def _tasks(desk: Desk) -> list[str]:
    source = desk.engine.home.writing.source
    assert isinstance(source, ScriptedWriter)
    return [task.content for task in source.tasks]


def test_a_mail_that_comes_is_summed_up_in_the_notice(desk: Desk) -> None:
    desk.mail("Old", body="An old mail.")
    desk.rule(SUMMARY)
    desk.go()
    assert _tasks(desk) == []  # nothing is written only to show what the rule would have done
    desk.mail("Rehearsal", body="The rehearsal is moved to Friday.")
    desk.go()
    assert [notice.text.startswith(SAID) for notice in desk.notices] == [True]
    (content,) = _tasks(desk)
    assert "The rehearsal is moved to Friday." in content


def test_an_answer_that_a_rule_had_written_waits_to_be_read(desk: Desk) -> None:
    cards: list[Card] = []
    assert desk.ask(REPLY, cards).status is Status.DONE
    desk.go()
    desk.mail("Rehearsal", body="Do you come?")
    desk.go()
    assert desk.mails(".Outbox") == []
    (found,) = waiting(desk.engine)
    assert SAID in found.letters and "olga@lindqvist.example" in found.letters
    assert desk.engine.approve(found.id).status is Status.DONE
    assert len(desk.mails(".Outbox")) == 1
