"""A larger model that plans what the action model is not sure of, in a whole home: when it is asked, and what comes of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from nearhand.agent import writing
from nearhand.agent.approve import Card, beforehand
from nearhand.agent.config.settings import Model
from nearhand.agent.loop import Engine, open_engine
from nearhand.agent.policy import grants
from nearhand.agent.policy.rules import PLANNED
from nearhand.agent.reply import Reply, Status
from nearhand.agent.showing.card_steps import edited
from nearhand.agent.writing import Writing
from nearhand.connectors.errors import NearhandError
from nearhand.models.language import Plan
from nearhand.models.llama import sha256
from nearhand.models.tasks import Asked
from nearhand.models.worker import ScriptedPlanner
from nearhand.models.writer import ScriptedWriter, Writer

from .home import NOW
from .world import World

TRASH = "get rid of scan_0101"
SMALL = {
    TRASH: 'files.rename what="scan_0101" ask(name)',
    "file scan_0101 under Taxes": 'files.trash what="scan_0101"',
    "what about the lease": 'files.find what="lease"',
    "wipe my disk": "none why=danger",
    "how are you": "none why=chat",
    "sort out scan_0101": "none why=unclear",
    "undo that": "agent.undo",
    "find scan_0101": 'files.find what="scan_0101"',
    "then trash it": "none why=unclear",
}
LARGER = {
    TRASH: 'files.trash what="scan_0101"',
    "file scan_0101 under Taxes": 'files.move what="scan_0101" to="Taxes"',
    "what about the lease": 'files.trash what="lease"',
    "wipe my disk": 'files.trash what="disk"',
    "how are you": 'files.trash what="you"',
    "sort out scan_0101": 'files.trash what="scan_0101"',
    "undo that": 'files.trash what="that"',
    "then trash it": "files.trash what=$0",
}
ACTION_KEYS = {"status", "request", "plan", "results", "answer", "journal", "confidence", "timings_ms"}


class Person:
    """Says yes and keeps the cards."""

    def __init__(self, says: bool = True) -> None:
        self.cards: list[Card] = []
        self.says = says

    def __call__(self, card: Card) -> bool:
        self.cards.append(card)
        return self.says


@contextmanager
def opened(
    world: World, larger: Mapping[str, str] = LARGER, confidence: float = 0.3, small: Mapping[str, str] = SMALL
) -> Iterator[tuple[Engine, ScriptedWriter]]:
    """The real engine with an action model that is not sure, and a larger one that has an answer to some requests."""
    writer = ScriptedWriter("", plans=larger)
    with open_engine(world.profile, NOW, ScriptedPlanner(dict(small), confidence)) as engine:
        engine.home.writing.source = writer
        yield engine, writer


def _there(world: World, name: str = "scan_0101.pdf") -> bool:
    return (world.home / "Downloads" / name).is_file()


# --- its plan, on a card ------------------------------------------------------------------------------------------------


def test_its_plan_is_shown_as_its_own_and_done_after_a_yes(world: World) -> None:
    person, before = Person(), world.look()
    with opened(world) as (engine, writer):
        reply = engine.do(TRASH, person)
        assert reply.status is Status.DONE and not _there(world), reply.answer
        assert [asked.request for asked in writer.asked] == [TRASH]
        assert engine.undo(approve=person).status is Status.DONE
    assert world.look() == before
    (card,) = person.cards[:1]
    assert PLANNED in " ".join(card.reasons) and card.confidence == 0.3 and card.unread and card.grants == ()
    assert str(reply.plan) == LARGER[TRASH]


def test_the_json_form_has_no_more_fields_than_the_contract_names(world: World) -> None:
    with opened(world) as (engine, _):
        told = engine.do(TRASH).to_json()
    assert set(told) == ACTION_KEYS
    assert told["status"] == "approve" and told["confidence"] == 0.3 and PLANNED in str(told["answer"])
    assert told["plan"] == [{"action": "files.trash", "args": {"what": "scan_0101"}, "risk": "reversible"}]


def test_a_yes_that_was_given_beforehand_leaves_it_waiting_for_one_that_has_seen_it(world: World) -> None:
    with opened(world) as (engine, _):
        reply = engine.do(TRASH, beforehand)
        assert reply.status is Status.APPROVE and _there(world) and PLANNED in reply.answer
        assert engine.approve(reply.journal[0]).status is Status.DONE
    assert not _there(world)


def test_no_grant_and_no_setting_answers_for_it(world: World) -> None:
    with opened(world) as (engine, _):
        downloads = str(world.home / "Downloads")
        engine.home.config = replace(
            engine.home.config, policy=replace(engine.home.config.policy, auto_reversible=True)
        )
        grants.add(engine.home.profile, [grants.Grant("files.trash", downloads, NOW + timedelta(days=9))], NOW)
        assert engine.do(TRASH).status is Status.APPROVE and _there(world)
    with opened(world, {}, 1.0, {TRASH: LARGER[TRASH]}) as (engine, _):
        assert engine.do(TRASH).status is Status.DONE and not _there(world)  # the action model's own, with the grant


def test_a_no_does_nothing(world: World) -> None:
    before = world.look()
    with opened(world) as (engine, _):
        assert engine.do(TRASH, Person(says=False)).status is Status.REFUSED
    assert world.look() == before


def test_a_plan_that_the_person_has_changed_on_its_card_is_shown_again(world: World) -> None:
    person = Person(says=False)
    with opened(world) as (engine, writer):
        engine.home.config = replace(
            engine.home.config, policy=replace(engine.home.config.policy, auto_reversible=True)
        )
        engine.do(TRASH, person)
        assert person.cards[0].plan is not None
        engine.do_plan(edited(person.cards[0].plan, 0, "what", "scan_0102"), person)
        assert len(person.cards) == 2 and PLANNED in " ".join(person.cards[1].reasons) and len(writer.asked) == 1
    assert _there(world) and _there(world, "scan_0102.pdf")


def test_however_unsure_the_action_model_is_a_card_is_shown(world: World) -> None:
    with opened(world, confidence=0.0) as (engine, _):
        assert engine.do(TRASH).status is Status.APPROVE


def test_the_plan_alone_says_what_it_would_do(world: World) -> None:
    with opened(world) as (engine, _):
        reply = engine.plan(TRASH)
        assert reply.status is Status.APPROVE and str(reply.plan) == LARGER[TRASH] and _there(world)
        assert reply.answer.endswith(PLANNED)


def test_what_only_looks_runs_and_says_who_planned_it(world: World) -> None:
    with opened(world, {"sort out scan_0101": 'files.find what="scan_0101"'}) as (engine, _):
        for reply in (engine.do("sort out scan_0101"), engine.plan("sort out scan_0101")):
            assert reply.status is Status.DONE and reply.answer.endswith(
                "The larger model on this machine planned this."
            )


def test_it_is_told_the_turn_before_where_the_words_lean_on_it(world: World) -> None:
    person = Person()
    with opened(world) as (engine, writer):
        engine.do("find scan_0101")
        reply = engine.do("then trash it", person)
        assert writer.asked[-1].before == ("find scan_0101", SMALL["find scan_0101"])
        assert reply.status is Status.DONE and not _there(world)


def test_a_question_about_its_plan_goes_on_with_its_plan(world: World) -> None:
    small, larger = {"bin the scan": "none why=unclear"}, {"bin the scan": 'files.trash what="scan"'}
    person = Person()
    with opened(world, larger, small=small) as (engine, writer):
        assert engine.do("bin the scan", person).status is Status.ASK
        assert engine.do("1", person).status is Status.DONE and len(writer.asked) == 1
    assert PLANNED in " ".join(person.cards[0].reasons)


# --- when it is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["what about the lease", "wipe my disk", "how are you", "undo that"])
def test_it_is_not_asked_where_nothing_is_in_question(world: World, asked: str) -> None:
    """What only reads runs as ever; a refusal of a danger stands; talk is talk; what was done is taken back."""
    with opened(world) as (engine, writer):
        reply = engine.do(asked)
        assert writer.asked == [] and str(reply.plan) == SMALL[asked]


def test_it_is_not_asked_where_the_action_model_is_sure(world: World) -> None:
    with opened(world, confidence=0.5) as (engine, writer):
        assert engine.do("file scan_0101 under Taxes").status is Status.APPROVE
        assert writer.asked == []


# --- when nothing comes of it -------------------------------------------------------------------------------------------


def _as_it_was(world: World, asked: str) -> Reply:
    with open_engine(world.profile, NOW, ScriptedPlanner(SMALL, 0.3)) as engine:
        return engine.plan(asked)


@pytest.mark.parametrize("plan", [
    "none why=danger", "none why=scope", "agent.undo", 'files.trash what="elsewhere"', "no plan", "files.shred which=all",
    'files.find what="scan_0101" ; agent.undo', 'files.trash what="scan_0101"',
])  # fmt: skip
def test_where_it_has_no_plan_that_can_be_taken_all_is_as_if_it_were_not_there(world: World, plan: str) -> None:
    asked = "file scan_0101 under Taxes"  # the last of the plans is the action model's own
    before = _as_it_was(world, asked)
    with opened(world, {asked: plan}) as (engine, writer):
        reply = engine.plan(asked)
        assert len(writer.asked) == 1
    assert replace(reply, timings_ms={}) == replace(before, timings_ms={})
    assert str(reply.plan) == SMALL[asked] and PLANNED not in reply.answer


def test_where_it_falls_all_is_as_if_it_were_not_there(world: World) -> None:
    with opened(world, {}) as (engine, writer):
        reply = engine.do(TRASH)
        assert len(writer.asked) == 1
    assert reply.status is Status.ASK and reply.missing == "name"


def test_one_that_is_too_slow_is_left_alone_for_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_LONG", 0.0)
    with opened(world, {}) as (engine, writer):
        for _ in range(4):
            assert engine.do(TRASH).status is Status.ASK
        assert len(writer.asked) == 2
        engine.home.writing._rests_until = time.monotonic()
        writer.plans = LARGER
        assert engine.do(TRASH).status is Status.APPROVE and len(writer.asked) == 3


def test_one_that_fails_at_once_is_asked_again(world: World) -> None:
    with opened(world, {}) as (engine, writer):
        for _ in range(4):
            assert engine.do(TRASH).status is Status.ASK
        assert len(writer.asked) == 4


def test_what_policy_refuses_is_not_done_and_the_action_model_is_heard(world: World) -> None:
    before = world.look()
    with opened(world) as (engine, writer):
        assert engine.config.files is not None
        nowhere = replace(engine.config.files, roots=(str(world.home / "Photos"),))
        engine.home.config = replace(engine.config, files=nowhere)  # the scan lies outside the folders now
        reply = engine.do(TRASH, Person())
        assert len(writer.asked) == 1
        assert reply.status is Status.ASK and reply.missing == "name" and str(reply.plan) == SMALL[TRASH]
        assert engine.last is not None and not engine.last.larger
    assert world.look() == before


# --- the real process ---------------------------------------------------------------------------------------------------


@contextmanager
def real(world: World, path: Path, pin: str = "") -> Iterator[Engine]:
    with open_engine(world.profile, NOW, ScriptedPlanner(SMALL, 0.3)) as engine:
        engine.home.writing = Writing(Model(generalist=path, generalist_sha256=pin or sha256(path)))
        engine.stop = engine.executor.stop = engine.home.writing.stop  # as open_engine makes them
        yield engine


def test_the_real_process_plans_a_request(world: World, planning_gguf: Path) -> None:
    person = Person()
    with real(world, planning_gguf) as engine:
        reply = engine.do(TRASH, person)
        assert reply.status is Status.DONE and str(reply.plan) == LARGER[TRASH] and not _there(world)
    assert PLANNED in " ".join(person.cards[0].reasons)


def test_a_changed_file_is_not_used_and_the_person_is_asked(world: World, planning_gguf: Path) -> None:
    with real(world, planning_gguf, "0" * 64) as engine:
        reply = engine.do(TRASH)
        assert reply.status is Status.ASK and reply.missing == "name"


class Slow(ScriptedWriter):
    """Plans until it is stopped, in a process of its own that really goes on."""

    def __init__(self, inner: Writer) -> None:
        super().__init__("")
        self.inner = inner

    def plan(self, asked: Asked, stop: threading.Event | None = None) -> Plan:
        self.asked.append(asked)
        return self.inner.plan(replace(asked, most=3000, seconds=600), stop)

    def close(self) -> None:
        self.inner.close()


def test_stop_ends_it_while_it_plans_and_nothing_is_done(world: World, guessing_gguf: Path) -> None:
    before = world.look()
    with real(world, guessing_gguf) as engine:
        source = engine.home.writing.source
        assert isinstance(source, Writer)
        engine.home.writing.source = slow = Slow(source)
        source.ready(engine.stop)
        replies: list[Reply] = []
        waits = threading.Thread(target=lambda: replies.append(engine.do(TRASH, Person())))
        waits.start()
        while not slow.asked:
            time.sleep(0.01)
        engine.stop.set()
        waits.join(20)
        assert replies and replies[0].status is Status.REFUSED and "You stopped it" in replies[0].answer
        assert source.process is None
    assert world.look() == before


def test_without_a_larger_model_nothing_is_handed_on(world: World) -> None:
    with open_engine(world.profile, NOW, ScriptedPlanner(SMALL, 0.3)) as engine:
        with pytest.raises(NearhandError, match="larger model"):
            engine.home.plan(Asked(TRASH))
        assert engine.do(TRASH).status is Status.ASK
