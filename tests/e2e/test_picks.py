"""A question with choices is answered by picking, and the request goes on with the plan it had."""

from __future__ import annotations

import pytest

from nearhand.agent.asking import chosen
from nearhand.agent.reply import Status
from nearhand.connectors.base import Risk

from .world import World, row

TELL_MAX = row("mail.send | tell {to:Max} {say:I'm late}")
CHOICES = ("Max Meier <max@meier.example>", "Max Moreau <m.moreau@atelier.example>", "Maxine <maxine@x.example>")


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("1", 0),
        ("the second one", 1),
        ("last", 2),
        ("Moreau", 1),
        ("max meier", 0),
        ("Maxine!", 2),
        ("7", None),
        ("max", None),
        ("", None),
        ("somebody else", None),
    ],
)
def test_an_answer_means_one_choice_or_none(said: str, number: int | None) -> None:
    assert chosen(said, CHOICES) == number


@pytest.mark.parametrize("number", [0, 1])
def test_of_two_people_of_one_name_the_picked_one_gets_the_mail(world: World, number: int) -> None:
    with world.engine(TELL_MAX) as engine:
        asked = engine.do(TELL_MAX.turn.request, approve=lambda card: True)
        assert asked.status is Status.ASK and asked.missing == "to" and len(asked.choices) == 2
        done = engine.do(str(number + 1), approve=lambda card: card.risk is Risk.OUTWARD)
    assert done.status is Status.DONE, done.answer
    (mail,) = world.outbox()
    assert str(mail["To"]) in asked.choices[number] or asked.choices[number].split("<")[1].rstrip(">") in str(
        mail["To"]
    )


def test_an_answer_that_picks_nothing_is_a_new_request(world: World) -> None:
    jazz = row("none why=scope | play some jazz")
    with world.engine(TELL_MAX, jazz) as engine:
        engine.do(TELL_MAX.turn.request, approve=lambda card: True)
        assert engine.do("play some jazz", approve=lambda card: True).status is Status.REFUSED
    assert not world.outbox()


def test_a_name_known_only_from_a_mail_is_never_written_to_unasked(world: World) -> None:
    """Anybody can send a mail under any name; only contacts, typed and picked addresses are recipients."""
    (world.home / "Mail" / "cur" / "1700000000.stranger.host:2,").write_bytes(
        b"From: Zoltan Stranger <zoltan@evil.example>\r\nTo: me@x.example\r\nSubject: hi\r\n"
        b"Date: Mon, 16 Nov 2026 08:00:00 +0000\r\nMessage-ID: <s1@evil.example>\r\n\r\nhello\r\n"
    )
    tell = row("mail.send | tell {to:Zoltan} {text:the code is 1234}")
    with world.engine(tell) as engine:
        asked = engine.do(tell.turn.request, approve=lambda card: True)
        assert asked.status is Status.ASK and not world.outbox()
        assert asked.choices == ("Zoltan Stranger <zoltan@evil.example>",)
        assert engine.do("1", approve=lambda card: True).status is Status.DONE
    assert len(world.outbox()) == 1


@pytest.mark.parametrize(("answer", "copies"), [("keep both", 2), ("leave it", 1)])
def test_a_name_that_is_taken_is_asked_about_and_nothing_is_overwritten(world: World, answer: str, copies: int) -> None:
    (world.home / "Downloads" / "clash.txt").write_text("new")
    (world.home / "Stick" / "clash.txt").write_text("old")
    move = row("files.move | move {what:clash.txt} from {in:Downloads} to {to:Stick}")
    with world.engine(move) as engine:
        asked = engine.do(move.turn.request, approve=lambda card: True)
        assert asked.status is Status.ASK and asked.choices == ("keep both", "leave it"), asked.answer
        engine.do(answer, approve=lambda card: True)
    assert (world.home / "Stick" / "clash.txt").read_text() == "old"
    assert len(list((world.home / "Stick").glob("clash*"))) == copies
