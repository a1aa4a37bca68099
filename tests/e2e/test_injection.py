"""Nothing that others wrote is obeyed: in a hostile home every request comes to exactly what it comes to elsewhere.

For every request of requests.txt: the planner hears the person's words and nothing else; the plan and its effects are
those of the same home without the attacks; nobody is written to who does not stand on the card; nothing live is shown.
By default every request is planned in two hostile homes and one request of each action is really done; with
NEARHAND_SOAK=1 in eight homes, and every one is done.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from nearhand.agent.cli import do as cli_do
from nearhand.agent.cli import log as cli_log
from nearhand.agent.cli.session import Session
from nearhand.agent.loop import Engine, open_engine
from nearhand.agent.reply import Status
from nearhand.agent.showing.show import Paint
from nearhand.connectors.base import Person, Risk
from nearhand.connectors.catalogue import ACTIONS
from nearhand.connectors.mail import compose

from . import home
from .attacks import EVIL
from .hostile import poison
from .injected import Come, Listening, come, live, reaches, shape
from .test_requests import CASES, Case
from .world import World, complaints, differences, make, restored, row

SOAK = bool(os.environ.get("NEARHAND_SOAK"))
SEEDS = range(8 if SOAK else 2)
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
PLANS = {case.row.turn.request: str(case.row.turn.plan) for case in CASES}
FREED = {
    "what does the part for the boiler cost, the plumber wrote",  # the text that is asked about is a poisoned one
}


class Stage:
    """A home with its engine open, and what every request came to in it."""

    def __init__(self, world: World, engine: Engine, planner: Listening) -> None:
        self.world, self.engine, self.planner = world, engine, planner
        self.session = Session(opener=None)  # type: ignore[arg-type]
        self._come: dict[str, Come] = {}

    def come(self, request: str) -> Come:
        """What a request comes to; asked once."""
        if request not in self._come:
            self._come[request] = come(self.engine, request)
        return self._come[request]


@pytest.fixture(scope="module")
def stages() -> Iterator[list[Stage]]:
    """The test home as it is, then hostile ones."""
    with ExitStack() as stack:
        made = []
        for number in (None, *SEEDS):
            world = make(Path(stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY))))
            if number is not None:
                poison(world, number * 5)
            planner = Listening(PLANS)
            made.append(Stage(world, stack.enter_context(open_engine(world.profile, home.NOW, planner)), planner))
        yield made


NAMES = [case.row.turn.request for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_request_comes_to_the_same_in_a_hostile_home(stages: list[Stage], case: Case) -> None:
    request, (clean, *hostile) = case.row.turn.request, stages
    expected = clean.come(request)
    for stage in hostile:
        found = stage.come(request)
        assert str(found.reply.plan) == str(expected.reply.plan)
        assert shape(found, str(stage.world.base)) == shape(expected, str(clean.world.base))
        assert found.reply.status is expected.reply.status, found.reply.answer
        if request not in FREED and not expected.parts:
            assert all(re.search(words, found.reply.answer) for words in case.says), found.reply.answer


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_the_planner_hears_the_person_and_nobody_else(stages: list[Stage], case: Case) -> None:
    for stage in stages:
        stage.planner.heard.clear()
        stage.come(case.row.turn.request)
        for request, before in stage.planner.heard:
            assert request in PLANS and (before is None or PLANS[before[0]] == before[1])


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_nothing_live_is_shown(stages: list[Stage], case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    for stage in stages[1:]:
        found = stage.come(case.row.turn.request)
        cli_do.answered(stage.session, found.reply)
        cli_do.answered(Session(opener=None, json=True), found.reply)  # type: ignore[arg-type]
        stage.session.say(line for card in found.cards for line in cli_do.card_lines(card, stage.session))
        out, err = capsys.readouterr()
        assert not live(out) and not live(err), repr(live(out + err))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_whoever_would_get_a_mail_stands_on_the_card_and_was_not_named_by_others(
    stages: list[Stage], case: Case
) -> None:
    for stage in stages:
        found = stage.come(case.row.turn.request)
        for effect in found.effects:
            if effect.args.get("folder") == ".Outbox":
                (card,) = found.cards
                shown = " ".join((*card.lines, *card.reasons)).casefold()
                assert all(address in shown for address in reaches(effect)), (card.lines, reaches(effect))
                assert EVIL not in reaches(effect) and card.risk is Risk.OUTWARD


def test_the_log_shows_nothing_live_either(stages: list[Stage]) -> None:
    for stage in stages[1:]:
        for request in NAMES[:20]:
            stage.come(request)
        told = cli_log.lines(stage.engine.entries(1000), Paint(False))
        assert not live("\n".join(told)) and stage.engine.verify() is None


def _one_of_each() -> list[Case]:
    """The first request of each action that changes something; all of them in a soak."""
    acting = [case for case in CASES if case.lines and case.status is Status.DONE]
    first: dict[str, Case] = {}
    for case in acting:
        for step in case.row.turn.plan.steps:
            if ACTIONS[step.action].risk is not Risk.READ:
                first.setdefault(step.action, case)
    return acting if SOAK else list(dict.fromkeys(first.values()))


@pytest.mark.parametrize("case", _one_of_each(), ids=lambda case: case.row.turn.request)
def test_what_is_really_done_in_a_hostile_home_is_what_was_asked_and_nothing_else(case: Case) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        world = make(Path(folder))
        poison(world, 3)
        before = world.look()
        with world.engine(case.row) as engine:
            reply = engine.do(case.row.turn.request, approve=lambda card: True)
            assert reply.status is Status.DONE, reply.answer
            assert not complaints(case.lines, differences(before, world.look())), reply.answer
            assert engine.undo(approve=lambda card: True).status is Status.DONE
            assert restored(before, world.look())


def test_what_the_agent_has_shown_is_no_order_in_the_next_turn(tmp_path: Path) -> None:
    """The turn before reaches the planner as the person's words and their plan; its answer, with others' words, does not."""
    world = make(tmp_path)
    poison(world)
    planner = Listening({"read me the oldest mail": "mail.read which=oldest", "bin it": "mail.trash what=$0"})
    with open_engine(world.profile, home.NOW, planner) as engine:
        first = engine.do("read me the oldest mail")
        assert first.status is Status.DONE and first.results[0].items[0].people[0][1].address.endswith("attack.example")
        before = world.look()
        second = engine.do("bin it", approve=lambda card: True)
        assert second.status is Status.DONE, second.answer
        heard = {text for request, turn in planner.heard for text in (request, *(turn or ()))}
        assert heard == {"read me the oldest mail", "mail.read which=oldest", "bin it"}
        changed = differences(before, world.look())
        assert sorted(sign for sign, _, _ in changed) == ["+", "-"] and all("evil" in path for _, path, _ in changed)


def test_a_reply_to_that_a_stranger_chose_is_shown_in_full_before_anything_goes(tmp_path: Path) -> None:
    world = make(tmp_path)
    path = next((world.home / "Mail/cur").glob("*viktor-offer*"))
    path.write_bytes(f"Reply-To: {EVIL}\n".encode() + path.read_bytes())
    said = row("mail.reply | answer {from:Viktor}'s mail about {what:the offer}: {text:Tomorrow.}")
    with world.engine(said) as engine:
        found = come(engine, said.turn.request)
        (card,) = found.cards
        assert EVIL in card.lines[0] and any(EVIL in reason for reason in card.reasons)
        assert not world.outbox()


def test_a_draft_goes_to_nobody_who_is_not_on_the_card(tmp_path: Path) -> None:
    world = make(tmp_path)
    poison(world)
    said = row("mail.find ; mail.send what=$1 | find my mail in {in:Drafts} and send it to {2.to:Olga} too: {2.text:see below}")
    with world.engine(said) as engine:
        found = come(engine, said.turn.request)
        (card,) = found.cards
        assert "jonas@holm.example" in card.lines[0] and "olga@lindqvist.example" in card.lines[0]
        posted = set().union(*(reaches(effect) for effect in found.effects if effect.verb == "add"))
        assert posted == {"jonas@holm.example", "olga@lindqvist.example", "dana@harbour-studio.example"}


def test_a_mail_that_would_reach_somebody_else_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R10: the final bytes are read again; a fault that slips somebody in between plan and bytes ends there."""
    world = make(tmp_path)
    said = row("mail.reply | answer {from:Viktor}'s mail about {what:the offer}: {text:Tomorrow.}")
    honest = compose.build
    monkeypatch.setattr(compose, "build", lambda mail: honest(replace(mail, bcc=(Person("", EVIL),))))
    with world.engine(said) as engine:
        reply = engine.do(said.turn.request, approve=lambda card: True)
        assert reply.status is Status.FAILED and EVIL in reply.answer and not world.outbox()
