"""The person is asked about a mail that was cut off, and only their word moves it on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nearhand.agent.cli.unknown import ask_about_unknown
from nearhand.agent.effects.outbox import Stand

from ..effects.test_outbox import Desk, Server, uncertain


class Answering:
    """A session at a terminal where this is typed."""

    interactive = True

    def __init__(self, answer: str) -> None:
        self.answer, self.asked = answer, list[str]()

    def ask(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self.answer

    def say(self, lines: Sequence[str]) -> None:
        self.said = list(lines)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.journal.close()


def engine(desk: Desk) -> Any:
    home = SimpleNamespace(has=lambda area: True, need=lambda area: desk.mail)
    return SimpleNamespace(home=home, journal=desk.journal, executor=desk.executor)


@pytest.mark.parametrize(("answer", "stand"), [("y", None), ("n", Stand.QUEUED), ("", Stand.UNKNOWN)])
def test_yes_files_it_no_queues_it_and_nothing_leaves_it(desk: Desk, answer: str, stand: Stand | None) -> None:
    uncertain(desk)
    session: Any = Answering(answer)
    ask_about_unknown(session, engine(desk))
    assert "to olga@brandt.example was cut off" in session.asked[0]
    assert [waiting.stand for waiting in desk.outbox.queue()] == ([stand] if stand else [])
    assert desk.submit(Server()) == ([Stand.ACCEPTED] if stand is Stand.QUEUED else [])


def test_with_nobody_there_nothing_is_asked(desk: Desk) -> None:
    uncertain(desk)
    session: Any = Answering("n")
    session.interactive = False
    ask_about_unknown(session, engine(desk))
    assert session.asked == [] and len(desk.outbox.unknown()) == 1
