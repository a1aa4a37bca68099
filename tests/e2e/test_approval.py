"""What waits for the person: the card, saying no, approving later in another process, and an approval that is void."""

from __future__ import annotations

from nearhand.agent.approve import Card
from nearhand.agent.reply import EXIT_CODES, Status
from nearhand.connectors.base import Risk

from .home import put
from .world import World, restored, row

DELETE = row("files.trash | delete the {what:old letter}")
WRITE = row("mail.send | tell {to:Viktor} {say:I'm late}")
LAKE = row("files.trash | bin everything in {in:Lake}")
LETTER = "Stick/old letter.txt"


def test_nothing_happens_before_the_person_has_said_yes(world: World) -> None:
    before = world.look()
    with world.engine(DELETE) as engine:
        reply = engine.do(DELETE.turn.request)
        assert reply.status is Status.APPROVE and EXIT_CODES[reply.status] == 5
        assert "old letter.txt" in reply.answer and reply.journal
        assert world.look() == before


def test_a_no_is_kept_and_changes_nothing(world: World) -> None:
    before = world.look()
    with world.engine(DELETE) as engine:
        reply = engine.do(DELETE.turn.request, approve=lambda card: False)
        assert reply.status is Status.REFUSED and world.look() == before
        late = engine.approve(reply.journal[0])
        assert late.status is Status.FAILED and world.look() == before


def test_the_plan_alone_changes_nothing_and_shows_the_card(world: World) -> None:
    before = world.look()
    with world.engine(WRITE) as engine:
        reply = engine.plan(WRITE.turn.request)
        assert reply.status is Status.APPROVE and "Viktor" in reply.answer
        assert world.look() == before and engine.entries() == ()


def test_another_process_can_approve_what_waits(world: World) -> None:
    before = world.look()
    with world.engine(DELETE) as engine:
        number = engine.do(DELETE.turn.request).journal[0]
    with world.engine() as engine:
        reply = engine.approve(number)
        assert reply.status is Status.DONE and "old letter" in reply.answer
        assert LETTER not in world.look()
        assert engine.approve(number).status is Status.FAILED
        engine.undo()
        assert world.look() == before


def test_a_mail_that_waited_goes_out_as_it_was_shown(world: World) -> None:
    with world.engine(WRITE) as engine:
        number = engine.do(WRITE.turn.request).journal[0]
        assert not world.outbox()
    with world.engine() as engine:
        assert engine.approve(number).status is Status.DONE
    (mail,) = world.outbox()
    assert str(mail["To"]) == "Viktor Sørensen <viktor@sorensen.example>" and "I'm late" in mail.get_content()


def test_a_rejected_turn_can_never_be_approved(world: World) -> None:
    before = world.look()
    with world.engine(DELETE) as engine:
        number = engine.do(DELETE.turn.request).journal[0]
        assert engine.reject(number).status is Status.DONE
        assert engine.approve(number).status is Status.FAILED and world.look() == before


def test_an_approval_is_void_when_the_file_has_changed(world: World) -> None:
    with world.engine(DELETE) as engine:
        number = engine.do(DELETE.turn.request).journal[0]
    put(world.home / LETTER, b"A letter that somebody has written anew.\n", "2026-11-18")
    before = world.look()
    with world.engine() as engine:
        reply = engine.approve(number)
        assert reply.status is Status.FAILED and "old letter" in reply.answer
        assert world.look() == before


def test_an_approval_is_void_when_the_event_has_changed(world: World) -> None:
    move = row("calendar.move | move {what:the dentist} to {to:Friday at 9}")
    with world.engine(move) as engine:
        number = engine.do(move.turn.request).journal[0]
    path = world.home / "calendars/personal/dentist.ics"
    path.write_bytes(path.read_bytes().replace(b"Marktplatz 3", b"Marktplatz 4"))
    before = world.look()
    with world.engine() as engine:
        assert engine.approve(number).status is Status.FAILED and world.look() == before


def asked(world: World, said: str) -> list[Card]:
    cards: list[Card] = []
    with world.engine(LAKE, DELETE, WRITE) as engine:
        engine.home.config = _bold(engine.home.config)
        engine.do(said, approve=lambda card: cards.append(card) is not None)
    return cards


def _bold(config):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(config, policy=replace(config.policy, auto_reversible=True))


def test_more_than_twenty_things_are_asked_even_of_the_bold(world: World) -> None:
    before = world.look()
    (card,) = asked(world, LAKE.turn.request)
    assert any("25 things" in reason for reason in card.reasons) and len(card.lines) >= 25
    assert world.look() == before


def test_one_thing_that_can_be_undone_is_not_asked_of_the_bold(world: World) -> None:
    assert asked(world, DELETE.turn.request) == []
    assert LETTER not in world.look()


def test_a_mail_is_asked_even_of_the_bold(world: World) -> None:
    (card,) = asked(world, WRITE.turn.request)
    assert card.risk is Risk.OUTWARD and not world.outbox()


def test_somebody_new_is_shown_with_the_full_address(world: World) -> None:
    new = row("mail.send | write to {to:new.person@elsewhere.example}: {text:hello}")
    cards: list[Card] = []
    with world.engine(new) as engine:
        engine.do(new.turn.request, approve=lambda card: cards.append(card) is not None)
    assert any("new.person@elsewhere.example" in text for text in (*cards[0].reasons, *cards[0].lines))


def test_an_unsure_plan_is_asked_of_the_bold(world: World) -> None:
    cards: list[Card] = []
    with world.engine(DELETE) as engine:
        engine.home.config = _bold(engine.home.config)
        engine.planner.confidence = 0.2  # type: ignore[attr-defined]
        engine.do(DELETE.turn.request, approve=lambda card: cards.append(card) is not None)
    assert any("not certain" in reason for reason in cards[0].reasons)


def test_the_outward_line_comes_first(world: World) -> None:
    both = row("files.trash ; mail.send | delete the {what:old letter} and tell {2.to:Olga} {2.say:it's gone}")
    cards: list[Card] = []
    before = world.look()
    with world.engine(both) as engine:
        engine.do(both.turn.request, approve=lambda card: cards.append(card) is None or True)
        assert "Olga" in cards[0].lines[0]
        engine.undo()
        assert restored(before, world.look())
