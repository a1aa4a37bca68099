"""Every request of requests.txt goes through the real engine, from its gold plan to bytes on disk and back again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from nearhand.agent.reply import EXIT_CODES, Status
from nearhand.connectors.catalogue import ACTIONS
from nearhand.models.written import Row, read_line

from .world import Line, World, complaints, differences, restored


@dataclass(frozen=True)
class Case:
    """A request and what must become of it."""

    row: Row
    lines: tuple[Line, ...]
    says: tuple[str, ...]
    status: Status
    missing: str
    choices: int


def read(text: str) -> list[Case]:
    """The blocks of requests.txt."""
    blocks = re.split(r"\n\s*\n", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return [_case(block.strip().splitlines()) for block in blocks if block.strip()]


def _case(lines: list[str]) -> Case:
    signs = {sign: [line[1:].strip() for line in lines[1:] if line[0] == sign] for sign in "-+~>?!"}
    changes = tuple(_line(sign, text) for sign in "-+~" for text in signs[sign])
    slot, _, number = (signs["?"] or [""])[0].partition(" ")
    status = Status.ASK if slot else Status(signs["!"][0]) if signs["!"] else Status.DONE
    return Case(read_line(lines[0]), changes, tuple(signs[">"]), status, slot, int(number or 0))


def _line(sign: str, text: str) -> Line:
    pattern, _, words = text.partition(" :: ")
    return Line(sign, pattern.strip(), tuple(word.strip() for word in words.split(" ; ") if word.strip()))


CASES = read((Path(__file__).parent / "requests.txt").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case.row.turn.request for case in CASES])
def test_a_request_does_what_it_says_and_can_be_taken_back(world: World, case: Case) -> None:
    before = world.look()
    with world.engine(case.row) as engine:
        reply = engine.do(case.row.turn.request, approve=lambda card: True)
        after = world.look()
        assert not complaints(case.lines, differences(before, after)), reply.answer
        assert reply.status is case.status, reply.answer
        assert EXIT_CODES[reply.status] == {"done": 0, "failed": 1, "ask": 3, "refused": 4}[reply.status]
        for words in case.says:
            assert re.search(words, reply.answer), reply.answer
        assert (reply.missing, len(reply.choices)) == (case.missing, case.choices), reply.question
        assert all(world.kept(data) for path, data in before.items() if path not in after), "something is lost"
        assert engine.verify() is None and reply.to_json()["status"] == str(reply.status)
        if case.lines:
            undone = engine.undo(approve=lambda card: True)
            assert undone.status is Status.DONE, undone.answer
            assert restored(before, world.look()), complaints((), differences(before, world.look()))


def test_every_action_of_the_catalogue_is_asked_for() -> None:
    asked = {step.action for case in CASES for step in case.row.turn.plan.steps}
    assert asked >= set(ACTIONS) - {
        "rules.pause",
        "rules.remove",
        "agent.undo",
    }  # these need a turn before, see test_turns
