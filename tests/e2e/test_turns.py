"""Conversations: what a second request may mean, taking things back in words, and answering a question."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nearhand.agent.effects.records import State
from nearhand.agent.loop import Engine
from nearhand.agent.reply import Reply, Status
from nearhand.models.written import Row

from .world import World, differences, restored, row


@dataclass
class Talk:
    """Says the requests of rows to one engine."""

    engine: Engine

    def say(self, said: Row) -> Reply:
        return self.engine.do(said.turn.request, approve=lambda card: True)


def spoken(*lines: str) -> tuple[Row, ...]:
    return tuple(row(line) for line in lines)


UNDO = row("agent.undo | undo that")
FIND_BANK = "mail.find | anything {from:from the bank}?"
ADD_DINNER = "calendar.add | {name:dinner} {when:Saturday at 7pm}"


def changes(world: World, before: dict[str, bytes]) -> list[tuple[str, str]]:
    return [(sign, path) for sign, path, _ in differences(before, world.look())]


def test_undo_that_takes_back_the_last_change(world: World) -> None:
    first = row("files.trash | delete the {what:old letter}")
    before = world.look()
    with world.engine(first, UNDO) as engine:
        talk = Talk(engine)
        talk.say(first)
        assert not (world.home / "Stick" / "old letter.txt").exists()
        reply = talk.say(UNDO)
        assert reply.status is Status.DONE and "old letter" in reply.answer
        assert world.look() == before


def test_undo_with_nothing_done_says_so_and_fails(world: World) -> None:
    with world.engine(UNDO) as engine:
        reply = Talk(engine).say(UNDO)
        assert reply.status is Status.FAILED and "nothing to undo" in reply.answer


def test_undoing_the_undo_does_it_again(world: World) -> None:
    first = row("files.trash | delete the {what:old letter}")
    with world.engine(first) as engine:
        done = Talk(engine).say(first)
        after = world.look()
        undone = engine.undo(done.journal)
        redone = engine.undo(undone.journal, approve=lambda card: True)
        assert redone.status is Status.DONE and world.look() == after


def test_undo_the_last_two_takes_back_both_turns(world: World) -> None:
    first, second, back = spoken(
        "files.trash | delete the {what:old letter}",
        "tasks.complete | tick off {what:milk}",
        "agent.undo which=last | undo the last {count:two}",
    )
    before = world.look()
    with world.engine(first, second, back) as engine:
        talk = Talk(engine)
        talk.say(first)
        talk.say(second)
        assert talk.say(back).status is Status.DONE
        assert restored(before, world.look())


LETTER, MILK, DINNER = "files.trash | delete the {what:old letter}", "tasks.complete | tick off {what:milk}", ADD_DINNER


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("agent.undo which=second | undo the second thing", [0, 2]),
        ("agent.undo which=first | undo the first thing I asked for", [1, 2]),
        ("agent.undo | take {what:the letter} back", [1, 2]),
        ("agent.undo | undo the milk", [0, 2]),
        ("agent.undo | undo the appointment", [0, 1]),
        ("agent.undo | I did not mean that, undo", [0, 1]),
        ("agent.undo which=all | take back all of {when:today}", []),
    ],
)
def test_undo_takes_back_what_was_named_and_nothing_else(world: World, words: str, left: list[int]) -> None:
    first, second, third, back = spoken(LETTER, MILK, DINNER, words)
    with world.engine(first, second, third, back) as engine:
        talk = Talk(engine)
        turns = [talk.say(each).journal[0] for each in (first, second, third)]
        assert talk.say(back).status is Status.DONE
        done = [any(r.state is State.DONE for r in engine.journal.entry(turn).effects) for turn in turns]
        assert [number for number, held in enumerate(done) if held] == left


def test_an_undo_of_something_named_is_shown_first_and_a_no_leaves_it(world: World) -> None:
    first, second, back = spoken(LETTER, MILK, "agent.undo | take {what:the letter} back")
    with world.engine(first, second, back) as engine:
        talk = Talk(engine)
        talk.say(first)
        talk.say(second)
        before, cards = world.look(), []
        reply = engine.do(back.turn.request, approve=lambda card: bool(cards.append(card)))
        assert reply.status is Status.REFUSED and "old letter" in cards[0].lines[0] and world.look() == before
        assert engine.do(back.turn.request).status is Status.APPROVE and world.look() == before


def test_an_undo_that_fits_two_things_asks_which_and_takes_back_the_one_that_is_picked(world: World) -> None:
    first, second, back = spoken(LETTER, MILK, "agent.undo which=second | undo the second thing")
    with world.engine(first, second, back) as engine:
        talk = Talk(engine)
        before = world.look()
        talk.say(first)
        talk.say(second)
        asked = talk.say(back)
        assert asked.status is Status.ASK and asked.choices == (second.turn.request, first.turn.request)
        engine.do("2")
        assert sorted(path for _, path in changes(world, before) if "milk" not in path) == []


def test_an_undo_of_what_was_never_done_asks_and_does_nothing(world: World) -> None:
    first, back = spoken(LETTER, "agent.undo | take {what:the newsletter} back")
    with world.engine(first, back) as engine:
        talk = Talk(engine)
        talk.say(first)
        before = world.look()
        asked = talk.say(back)
        assert asked.status is Status.ASK and "Nothing that was done is about" in asked.answer and world.look() == before


def test_them_are_what_was_found_just_before(world: World) -> None:
    first, second = row(FIND_BANK), row(f"{FIND_BANK} ==> mail.trash what=$0 | delete them")
    before = world.look()
    with world.engine(first, second) as engine:
        talk = Talk(engine)
        found = talk.say(first)
        reply = talk.say(second)
        assert reply.status is Status.DONE, reply.answer
        assert sum(sign == "-" for sign, _ in changes(world, before)) == len(found.results[0].items) == 5
        assert all("bank" in path for _, path in changes(world, before))


def test_the_second_one_is_the_second_that_was_found(world: World) -> None:
    first = row("files.find kind=pdf | find my {what:contracts}")
    second = row(
        "files.find kind=pdf | find my {what:contracts} ==> files.trash what=$0 which=second | bin the second one"
    )
    with world.engine(first, second) as engine:
        talk = Talk(engine)
        items = talk.say(first).results[0].items
        talk.say(second)
        left = [item.title for item in items if (world.home / item.ref).exists()]
        assert left == [items[0].title]


def test_it_is_the_event_that_was_just_made(world: World) -> None:
    first, second = row(ADD_DINNER), row(f"{ADD_DINNER} ==> calendar.move what=$0 | make it {{to:half past}}")
    before = world.look()
    with world.engine(first, second) as engine:
        talk = Talk(engine)
        talk.say(first)
        reply = talk.say(second)
        assert reply.status is Status.DONE, reply.answer
        new = [data for sign, path, data in differences(before, world.look()) if sign == "+"]
        assert len(new) == 1 and b"20261121T193000" in new[0]
        engine.undo()
        engine.undo()
        assert restored(before, world.look())


def test_it_is_the_file_where_it_was_moved_to(world: World) -> None:
    first = row("files.move | move the {what:budget} to {to:Taxes}")
    second = row(
        "files.move | move the {what:budget} to {to:Taxes} ==> files.rename what=$0 | and call it {name:budget 2026}"
    )
    with world.engine(first, second) as engine:
        talk = Talk(engine)
        talk.say(first)
        reply = talk.say(second)
        assert (world.home / "Documents/Taxes/budget 2026.xlsx").exists(), reply.answer


def test_no_the_other_folder_moves_the_file_on(world: World) -> None:
    first = row("files.move | move the {what:budget} to {to:Taxes}")
    second = row("files.move | move the {what:budget} to {to:Taxes} ==> files.move what=$0 | no, to {to:Receipts}")
    with world.engine(first, second) as engine:
        talk = Talk(engine)
        talk.say(first)
        reply = talk.say(second)
        assert (world.home / "Documents/Receipts/budget.xlsx").exists(), reply.answer


def test_a_free_time_that_was_found_can_be_taken(world: World) -> None:
    first = row("calendar.free which=first | when is my first free {for:hour} {when:next Tuesday}?")
    said = "calendar.free which=first | when is my first free {for:hour} {when:next Tuesday}?"
    second = row(f"{said} ==> calendar.add from=$0 | put {{name:reading}} there")
    with world.engine(first, second) as engine:
        talk = Talk(engine)
        talk.say(first)
        reply = talk.say(second)
        assert reply.status is Status.DONE, reply.answer
        texts = [path.read_text() for path in (world.home / "calendars/personal").glob("*.ics")]
        assert any("SUMMARY:Reading" in text and "20261124T113000" in text for text in texts)


def test_the_answer_to_a_question_finishes_the_request(world: World) -> None:
    first = row("mail.send ask(to) | send {text:I'm late}")
    second = row("mail.send ask(to) | send {text:I'm late} ==> mail.send text=\"I'm late\" | {to:Olga}")
    with world.engine(first, second) as engine:
        talk = Talk(engine)
        asked = talk.say(first)
        assert (asked.status, asked.missing, asked.question) == (Status.ASK, "to", "Who should get it?")
        assert not world.outbox()
        assert talk.say(second).status is Status.DONE
        (mail,) = world.outbox()
        assert str(mail["To"]) == "Olga Lindqvist <olga@lindqvist.example>" and "I'm late" in mail.get_content()


def test_a_turn_is_forgotten_after_ten_minutes(world: World) -> None:
    from datetime import timedelta

    first, second = row(FIND_BANK), row(f"{FIND_BANK} ==> mail.trash what=$0 | delete them")
    before = world.look()
    with world.engine(first, second) as engine:
        talk = Talk(engine)
        talk.say(first)
        engine.home._fixed = engine.home.clock.now + timedelta(minutes=11)
        reply = talk.say(second)
        assert reply.status is Status.ASK and world.look() == before


def test_nothing_was_found_so_there_is_nothing_to_delete(world: World) -> None:
    said = "mail.find | anything {from:from the zoo}?"
    first, second = row(said), row(f"{said} ==> mail.trash what=$0 | delete them")
    before = world.look()
    with world.engine(first, second) as engine:
        talk = Talk(engine)
        talk.say(first)
        assert talk.say(second).status is Status.ASK and world.look() == before


def test_rules_are_kept_listed_paused_and_removed(world: World) -> None:
    add, find, pause, remove = spoken(
        "rules.add event=mail ; mail.move what=$1 | mails {from:from the bank} go to {2.to:Bank}",
        "rules.find | which rules do I have?",
        "rules.pause | pause the {what:bank} rule",
        "rules.remove | remove the {what:bank} rule",
    )
    before = world.look()
    with world.engine(add, find, pause, remove) as engine:
        talk = Talk(engine)
        assert talk.say(add).status is Status.DONE
        assert "go to Bank" in talk.say(find).answer or "1 rule" in talk.say(find).answer
        paused = talk.say(pause)
        assert paused.status is Status.DONE, paused.answer
        assert any("paused = true" in p.read_text() for p in (world.profile / "rules").glob("*.toml"))
        assert talk.say(remove).status is Status.DONE
        assert restored(before, world.look())
        for _ in range(3):
            assert engine.undo().status is Status.DONE
        assert restored(before, world.look())


def test_one_of_the_choices_answers_which_of_two_people(world: World) -> None:
    said = row("mail.send | tell {to:Max} {say:that the frames have come}")
    for answer, address in (("the second one", ""), ("Max Becker", "max@becker.example")):
        with world.engine(said) as engine:
            asked = Talk(engine).say(said)
            assert asked.missing == "to" and {choice.split(" <")[0] for choice in asked.choices} == {
                "Max Becker",
                "Max Moreau",
            }
            reply = engine.do(answer, approve=lambda card: True)
            assert reply.status is Status.DONE, reply.answer
            (mail,) = world.outbox()
            assert (address or asked.choices[1].split("<")[1].strip(">")) in str(mail["To"])
            engine.undo()


def test_one_of_the_choices_answers_which_of_several_files(world: World) -> None:
    said = row("files.rename | rename {what:scan} to {name:letter}")
    with world.engine(said) as engine:
        asked = Talk(engine).say(said)
        assert asked.status is Status.ASK and len(asked.choices) == 3
        number = next(n for n, choice in enumerate(asked.choices) if "scan_0102" in choice)
        reply = engine.do(("the first one", "the second one", "the third one")[number], approve=lambda card: True)
        assert reply.status is Status.DONE, reply.answer
        assert (world.home / "Downloads/letter.pdf").read_bytes() and not (
            world.home / "Downloads/scan_0102.pdf"
        ).exists()


def test_a_new_request_after_a_question_is_a_new_request(world: World) -> None:
    said, other = spoken(
        "mail.send | tell {to:Max} {say:that the frames have come}", "tasks.complete | tick off {what:milk}"
    )
    with world.engine(said, other) as engine:
        talk = Talk(engine)
        talk.say(said)
        assert talk.say(other).status is Status.DONE and not world.outbox()


def test_a_question_about_it_is_answered_from_the_file_that_was_found(world: World) -> None:
    found = row("files.find | find {what:the lease}")
    asked = row("files.find | find {what:the lease} ==> agent.lookup what=$0 field=date | when does it end?")
    with world.engine(found, asked) as engine:
        talk = Talk(engine)
        talk.say(found)
        assert "31 Aug 2028" in talk.say(asked).answer
