"""Rules at work on real folders, a real Maildir and real calendars: once each, only what was granted, undoable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from nearhand.agent.approve import Card
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.records import Kind, Turn
from nearhand.agent.reply import Status
from nearhand.agent.rules.shelf import WAITS, Shelf

from . import rules_desk
from .rules_desk import Desk

SCANS = "rules.add event=file kind=pdf ; files.move what=$1 | Any PDF that lands in {in:Downloads} should end up in {2.to:Bills}"
OLGA = "rules.add event=mail ; agent.notify what=$1 | when {from:Olga} writes, notify me"
ARCHIVE = "rules.add event=mail ; mail.archive what=$1 | archive everything {from:Olga} writes"
TASK = "rules.add event=mail ; tasks.add from=$1 | make a todo of every mail from {from:Olga}"
SAVED = "rules.add event=mail ; mail.save_attachments what=$1 | keep what {from:Olga} attaches in {2.to:Scores} from now on"
FORWARD = "rules.add event=mail ; mail.forward what=$1 | pass {from:Olga}'s mails on to {2.to:lena@else.example}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with rules_desk.opened(rules_desk.make(tmp_path)) as opened:
        yield opened


def test_a_new_file_is_acted_on_once_and_old_ones_are_left_alone(desk: Desk) -> None:
    desk.put("Downloads/old.pdf")
    desk.rule(SCANS)
    desk.go()
    assert desk.files("Downloads") == ["old.pdf"]
    desk.put("Downloads/new.pdf")
    desk.put("Downloads/photo.jpg")
    desk.go()
    desk.go()
    assert desk.files("Downloads") == ["old.pdf", "photo.jpg"]
    assert desk.files("Documents") == ["new.pdf"]
    assert [reply.status for _, reply in desk.ran] == [Status.DONE]


def test_what_came_after_the_rule_but_before_the_first_look_is_not_missed(desk: Desk) -> None:
    desk.put("Downloads/old.pdf")
    desk.rule(SCANS)
    desk.put("Downloads/new.pdf")
    desk.go()
    assert desk.files("Downloads") == ["old.pdf"]


def test_a_file_that_the_person_puts_back_is_left_there(desk: Desk) -> None:
    desk.rule(SCANS)
    with desk.working() as works:
        desk.put("Downloads/a.pdf")
        desk.settle(works)
        (moved,) = (desk.base / "Documents").rglob("a.pdf")
        moved.rename(desk.base / "Downloads" / "a.pdf")
        desk.settle(works)
    assert desk.files("Downloads") == ["a.pdf"]


def test_a_download_counts_when_it_has_its_last_name_and_nobody_writes_it(desk: Desk) -> None:
    desk.rule(SCANS)
    with desk.working() as works:
        with (desk.base / "Downloads" / "big.pdf.part").open("wb") as file:
            file.write(b"some")
            file.flush()
            desk.settle(works, 0.5)
            (desk.base / "Downloads" / "big.pdf.part").rename(desk.base / "Downloads" / "big.pdf")
            desk.settle(works, 0.5)
            assert desk.files("Downloads") == ["big.pdf"]
            file.write(b"more")
        desk.settle(works)
    assert desk.files("Downloads") == [] and (desk.base / "Documents/Bills/big.pdf").read_bytes() == b"somemore"


def test_mail_from_somebody_is_told_and_a_borrowed_name_is_not(desk: Desk) -> None:
    desk.rule(OLGA)
    desk.go()
    desk.mail("Rehearsal moved")
    desk.mail("Give me money", "Olga Lindqvist <olga@evil.example>")
    desk.go()
    assert [(n.title, n.about) for n in desk.notices] == [("when Olga writes, notify me", "Rehearsal moved")]
    assert "Rehearsal moved" in desk.notices[0].text


def test_what_other_people_would_see_waits_for_a_yes(desk: Desk) -> None:
    desk.rule(FORWARD)
    desk.go()
    desk.mail("The keys")
    desk.go()
    assert desk.mails(".Outbox") == []
    (entry,) = desk.engine.journal.waiting()
    assert entry.turn.request.startswith("pass Olga's mails")
    assert desk.engine.approve(entry.id).status is Status.DONE
    assert len(desk.mails(".Outbox")) == 1
    desk.go()
    assert len(desk.mails(".Outbox")) == 1


def test_everything_that_a_rule_did_can_be_undone(desk: Desk) -> None:
    desk.rule(ARCHIVE)
    desk.go()
    first, second = desk.mail("One"), desk.mail("Two")
    desk.go()
    assert desk.mails() == [] and desk.mails(".Archive") == sorted([first, second])
    turns = [e.id for e in desk.engine.journal.turns() if e.turn.cause]
    assert desk.engine.undo(turns).status is Status.DONE
    assert desk.mails() == sorted([first, second])
    desk.go()
    assert desk.mails() == sorted([first, second]), "what was undone is not done again"


def test_a_rule_that_was_changed_by_hand_waits_until_the_person_says_yes(desk: Desk) -> None:
    ref = desk.rule(SCANS)
    path = desk.base / "rules" / ref
    path.write_text(desk.text(ref).replace("files.move", "files.trash").replace(' to=\\"Bills\\"', ""))
    desk.go()
    desk.put("Downloads/a.pdf")
    desk.go()
    assert desk.files("Downloads") == ["a.pdf"]
    shelf = Shelf(desk.engine)
    assert not shelf.active() and shelf.idle == {ref: WAITS}


def test_a_rule_file_that_somebody_else_put_there_does_nothing(desk: Desk) -> None:
    ref = desk.rule(SCANS)
    text = desk.text(ref)
    name = ref.removesuffix(".toml")
    (desk.base / "rules" / "mine.toml").write_text(text.replace(f'name = "{name}"', 'name = "mine"'))
    assert [each.rule.name for each in Shelf(desk.engine).active()] == [name]


def test_more_than_fifty_at_once_ask_first_and_go_when_they_may(desk: Desk) -> None:
    desk.rule(SCANS)
    desk.go()
    for number in range(51):
        desk.put(f"Downloads/{number}.pdf")
    desk.go()
    assert len(desk.files("Downloads")) == 51
    (entry,) = desk.engine.journal.waiting()
    assert entry.effects == () and "51" in desk.ran[-1][1].answer
    desk.go()
    assert len(desk.engine.journal.waiting()) == 1
    assert desk.engine.approve(entry.id).status is Status.DONE
    desk.go()
    assert desk.files("Downloads") == [] and len(desk.files("Documents")) == 51


def test_a_batch_that_was_rejected_never_runs(desk: Desk) -> None:
    desk.rule(SCANS)
    desk.go()
    for number in range(51):
        desk.put(f"Downloads/{number}.pdf")
    desk.go()
    (entry,) = desk.engine.journal.waiting()
    desk.engine.reject(entry.id)
    desk.go()
    assert len(desk.files("Downloads")) == 51


def test_a_rule_never_acts_on_what_it_has_made_itself(desk: Desk) -> None:
    desk.rule("rules.add event=file kind=pdf ; files.copy what=$1 | a copy of each new pdf into {2.to:Downloads}")
    desk.go()
    desk.put("Documents/a.pdf")
    for _ in range(4):
        desk.go()
    assert desk.files("Downloads") == ["a.pdf"] and desk.files("Documents") == ["a.pdf"]


def test_two_rules_that_feed_each_other_stop_after_one_round(desk: Desk) -> None:
    for name in ("Left", "Right"):
        (desk.base / "Documents" / name).mkdir()
    desk.rule("rules.add event=file ; files.copy what=$1 | whatever turns up in {in:Left} is copied to {2.to:Right}")
    cards: list[Card] = []
    desk.ask("rules.add event=file ; files.move what=$1 | whatever turns up in {in:Right} is moved to {2.to:Left}", cards)
    assert any("Careful" in line for line in cards[0].lines)
    desk.go()
    desk.put("Documents/Left/a.txt")
    for _ in range(5):
        desk.go()
    assert len(desk.files("Documents")) <= 3


def test_one_rule_may_feed_another(desk: Desk) -> None:
    (desk.base / "Documents" / "Bills").mkdir()
    desk.rule(SCANS)
    desk.rule("rules.add event=file ; tasks.add from=$1 | when a file turns up in {in:Bills} make a task of it")
    desk.go()
    desk.put("Downloads/water.pdf")
    desk.go()
    desk.go()
    assert desk.files("Documents") == ["water.pdf"] and desk.tasks() == ["Water.pdf"]


def test_several_rules_about_one_mail_all_find_it_though_one_takes_it_away(desk: Desk) -> None:
    desk.rule(ARCHIVE)
    for line in (OLGA, TASK, SAVED):
        desk.rule(line)
    desk.go()
    desk.mail("The parts", files=[("alto.pdf", b"%PDF")])
    desk.go()
    assert desk.mails() == [] and len(desk.mails(".Archive")) == 1
    assert (desk.tasks(), desk.files("Documents")) == (["The parts"], ["alto.pdf"])
    assert [notice.about for notice in desk.notices] == ["The parts"]


def test_a_paused_rule_does_not_catch_up_when_it_goes_on(desk: Desk) -> None:
    ref = desk.rule(SCANS)
    desk.go()
    rules = desk.engine.home.connectors["rules"]
    path = desk.base / "rules" / ref
    from nearhand.agent.cli.rules import changed

    changed(desk.engine, "rules.pause", 1, rules.load(ref))
    desk.go()
    desk.put("Downloads/meanwhile.pdf")
    desk.go()
    desk.engine.undo()
    assert "paused = false" in path.read_text()
    desk.go()
    desk.put("Downloads/after.pdf")
    desk.go()
    assert desk.files("Downloads") == ["meanwhile.pdf"] and desk.files("Documents") == ["after.pdf"]


def test_a_grant_ends_and_then_it_is_asked(tmp_path: Path) -> None:
    with rules_desk.opened(rules_desk.make(tmp_path), datetime.now(rules_desk.ZONE)) as desk:
        desk.rule(SCANS)
        desk.go()
        desk.later(days=366)
        desk.put("Downloads/a.pdf")
        desk.go()
        assert desk.files("Downloads") == ["a.pdf"]
        assert len(desk.engine.journal.waiting()) == 1


def test_a_question_is_kept_in_the_log_and_nothing_is_done(desk: Desk) -> None:
    desk.rule("rules.add event=mail ; files.open | when {from:Olga} writes open {2.what:the score}")
    desk.go()
    desk.mail("Now")
    desk.go()
    assert [reply.status for _, reply in desk.ran] == [Status.ASK]
    assert any("score" in entry.answer for entry in desk.engine.journal.turns() if entry.turn.cause)


def test_saving_attachments_and_archiving_goes_in_one_firing(desk: Desk) -> None:
    desk.rule(
        "rules.add event=mail state=attachment ; mail.save_attachments what=$1 ; mail.archive what=$1"
        " | attachments from {from:Olga}: keep them in {2.to:Scores} and archive the mails"
    )
    desk.go()
    unique = desk.mail("Score", files=[("brahms.pdf", b"%PDF")])
    desk.go()
    assert desk.files("Documents") == ["brahms.pdf"] and desk.mails(".Archive") == [unique]


def test_the_card_says_when_what_alone_and_what_the_last_month_would_have_been(desk: Desk) -> None:
    desk.mail("Old news")
    cards: list[Card] = []
    desk.ask(ARCHIVE, cards)
    lines = "\n".join(cards[0].lines)
    assert "each new mail from Olga" in lines and "without asking" in lines and "once" in lines and "Old news" in lines
    assert desk.mails(".Archive") == []


def test_a_delay_that_the_plan_left_out_is_heard_all_the_same(desk: Desk) -> None:
    ref = desk.rule("rules.add event=mail kind=newsletter ; mail.archive what=$1 | from now on archive newsletters after 3 days")
    assert 'when = "after 3 days"' in desk.text(ref)


def test_a_task_for_its_due_date_is_about_what_has_come(desk: Desk) -> None:
    ref = desk.rule(
        "rules.add event=file kind=scan ; tasks.add"
        " | when a scan turns up in {in:Downloads} {2.name:add a task} for its due date"
    )
    assert 'plan = "tasks.add from=$1"' in desk.text(ref)


def test_a_rule_whose_file_is_seen_before_its_yes_is_written_down_begins_when_it_is(desk: Desk) -> None:
    desk.rule(SCANS)
    (ref, _), *_ = desk.engine.home.connectors["rules"].scan()
    made, hidden = desk.engine.journal.made, [True]
    desk.engine.journal.made = lambda *of: None if hidden else made(*of)  # type: ignore[method-assign]
    shelf = Shelf(desk.engine)
    assert not shelf.active() and shelf.idle[ref] == WAITS
    hidden.clear()
    desk.engine.journal.begin(Turn("the yes", "", desk.engine.home.clock.now))
    assert [each.ref for each in shelf.active()] == [ref] and not shelf.idle


def test_what_is_undone_stays_undone_though_nothing_but_its_folder_is_watched(desk: Desk) -> None:
    (desk.base / "Downloads/Left").mkdir()
    (desk.base / "Documents/Right").mkdir()
    desk.rule("rules.add event=file ; files.move what=$1 | whatever turns up in {in:Left} is moved to {2.to:Right}")
    with desk.working() as works:
        desk.put("Downloads/Left/a.pdf")
        desk.settle(works)
        desk.settle(works)
        assert desk.files("Documents/Right") == ["a.pdf"]
        (_, reply), *_ = desk.ran
        assert desk.engine.undo(reply.journal).status is Status.DONE
        desk.settle(works)
        desk.settle(works)
    assert desk.files("Downloads/Left") == ["a.pdf"]


def test_while_the_person_is_busy_with_something_long_a_rule_waits_and_then_acts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = Journal.acting
    monkeypatch.setattr(Journal, "acting", lambda journal, wait=10.0: patient(journal, min(wait, 0.1)))
    desk.rule(SCANS)
    desk.go()
    desk.put("Downloads/a.pdf")
    other = Journal(desk.engine.home.profile.journal)
    with other.acting():
        desk.go()
        assert desk.files("Downloads") == ["a.pdf"]
    other.close()
    desk.go()
    assert desk.files("Downloads") == [] and [reply.status for _, reply in desk.ran] == [Status.DONE]
    assert sum(entry.turn.kind is Kind.RULE for entry in desk.engine.journal.turns(10)) == 1
