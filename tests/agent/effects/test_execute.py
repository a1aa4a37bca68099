"""The executor: only what was approved, one effect at a time, with the way back written down first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from nearhand.agent.effects.execute import Executor
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.outcomes import STOPPED, Outcome, summary
from nearhand.agent.effects.records import State, Turn
from nearhand.agent.effects.steps import Later, Made, Ready, Step
from nearhand.agent.errors import ApprovalError, BusyError
from nearhand.agent.policy.digest import digest
from nearhand.connectors.base import Call, Effect, Item, Receipt, World
from nearhand.connectors.errors import ConnectorError, DeniedError
from nearhand.connectors.files.connector import FilesConnector
from nearhand.connectors.memory import MemoryConnector

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PLAN = "files.move what=scans to=Receipts"


class Desk:
    """A home with three scans, a journal, and an executor over both."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        (self.home / "Receipts").mkdir(parents=True)
        for name in "abc":
            (self.home / f"{name}.txt").write_text(name)
        self.files = FilesConnector([self.home], folder / "trash")
        self.memory = MemoryConnector([Item("memory", "milk", "", "task", "Milk")])
        self.journal = Journal(folder / "journal")
        self.stop = Event()
        self.seen: list[Outcome] = []
        self.executor = self.with_connectors(self.files)

    def with_connectors(self, files: FilesConnector, check: Callable[..., None] | None = None) -> Executor:
        connectors = {"files": files, "memory": self.memory}
        more = {"check": check} if check else {}
        return Executor(connectors, self.journal, self.stop, self.seen.append, **more)

    def item(self, name: str) -> Item:
        return self.files.load(str(self.home / name))

    def moves(self, *names: str) -> Ready:
        call = Call("files.move", tuple(map(self.item, names)), {"to": str(self.home / "Receipts")})
        return Ready(tuple(self.files.expand(call)))

    def approved(self, *steps: Step) -> tuple[int, str]:
        turn = self.journal.begin(Turn("put the scans into Receipts", PLAN, NOW))
        named = digest(PLAN, steps)
        self.journal.approve(turn, named)
        return turn, named

    def run(self, *steps: Step, by: Executor | None = None) -> tuple[Outcome, ...]:
        turn, named = self.approved(*steps)
        return (by or self.executor).run(turn, steps, named)

    def names(self) -> list[str]:
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.is_file())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.journal.close()


def states(outcomes: Sequence[Outcome]) -> list[State]:
    return [outcome.state for outcome in outcomes]


def test_what_was_approved_is_done_and_every_receipt_is_kept(desk: Desk) -> None:
    outcomes = desk.run(desk.moves("a.txt", "b.txt"))
    assert states(outcomes) == [State.DONE, State.DONE]
    assert desk.names() == ["Receipts/a.txt", "Receipts/b.txt", "c.txt"]
    records = desk.journal.effects_of(1)
    assert [r.ref for r in records] == [str(desk.home / "Receipts" / f"{name}.txt") for name in "ab"]
    assert all(r.reason and r.version and r.text for r in records)
    assert desk.seen == list(outcomes) and desk.journal.entry(1).halted == ""


def test_the_way_back_is_in_the_journal_before_the_world_changes(desk: Desk) -> None:
    class Watching(FilesConnector):
        def apply(self, effect: Effect) -> Receipt:
            (record,) = desk.journal.open_intents()
            assert (record.effect, record.inverse) == (effect, self.inverse(effect))
            return super().apply(effect)

    watching = Watching([desk.home], desk.home.parent / "trash")
    assert states(desk.run(desk.moves("a.txt"), by=desk.with_connectors(watching))) == [State.DONE]


def test_without_an_approval_nothing_runs(desk: Desk) -> None:
    step = desk.moves("a.txt")
    turn = desk.journal.begin(Turn("x", PLAN, NOW))
    for claimed in ("", digest(PLAN, (step,))):
        with pytest.raises(ApprovalError, match="not approved"):
            desk.executor.run(turn, (step,), claimed)
    assert desk.names() == ["a.txt", "b.txt", "c.txt"]


@pytest.mark.parametrize("change", ["version", "target", "more", "fewer", "order"])
def test_anything_but_exactly_what_was_approved_is_refused(desk: Desk, change: str) -> None:
    step = desk.moves("a.txt", "b.txt")
    turn, named = desk.approved(step)
    first, second = step.effects
    changed = {
        "version": (replace(first, seen="other"), second),
        "target": (replace(first, args={"to": str(desk.home / "x")}), second),
        "more": (first, second, *desk.moves("c.txt").effects),
        "fewer": (first,),
        "order": (second, first),
    }[change]
    with pytest.raises(ApprovalError, match="no longer what was approved"):
        desk.executor.run(turn, (Ready(changed),), named)
    assert desk.journal.effects_of(turn) == () and desk.names() == ["a.txt", "b.txt", "c.txt"]


def test_an_approval_is_good_for_one_run(desk: Desk) -> None:
    step = desk.moves("a.txt")
    turn, named = desk.approved(step)
    desk.executor.run(turn, (step,), named)
    with pytest.raises(ApprovalError, match="already run"):
        desk.executor.run(turn, (step,), named)


def test_a_file_that_changed_after_the_approval_is_not_touched(desk: Desk) -> None:
    step = desk.moves("a.txt", "b.txt")
    (desk.home / "a.txt").write_text("something else")
    outcomes = desk.run(step)
    assert states(outcomes) == [State.FAILED, State.SKIPPED]
    assert "changed" in outcomes[0].reason and desk.names() == ["a.txt", "b.txt", "c.txt"]
    assert [r.state for r in desk.journal.effects_of(1)] == [State.FAILED]


def test_an_error_ends_the_turn_and_says_what_was_done_and_what_was_not(desk: Desk) -> None:
    step = desk.moves("a.txt", "b.txt", "c.txt")
    (desk.home / "b.txt").unlink()
    outcomes = desk.run(step)
    assert states(outcomes) == [State.DONE, State.FAILED, State.SKIPPED]
    said = summary(outcomes)
    assert "b.txt is not there" in said and "Not done: Move c.txt" in said
    assert "Done, and can be undone: Move a.txt" in said
    assert desk.journal.entry(1).halted == said
    undoable = desk.journal.last_undoable()
    assert undoable is not None and undoable.id == 1


def test_stop_lets_nothing_more_happen(desk: Desk) -> None:
    desk.executor = Executor({"files": desk.files}, desk.journal, desk.stop, lambda outcome: desk.stop.set())
    outcomes = desk.run(desk.moves("a.txt", "b.txt", "c.txt"))
    assert states(outcomes) == [State.DONE, State.SKIPPED, State.SKIPPED]
    assert outcomes[1].reason == STOPPED and STOPPED in summary(outcomes)
    assert desk.names() == ["Receipts/a.txt", "b.txt", "c.txt"]


def test_a_stop_between_intent_and_effect_is_in_time(desk: Desk) -> None:
    class Late(Event):
        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked == 2

    executor = Executor({"files": desk.files}, desk.journal, Late())
    assert states(desk.run(desk.moves("a.txt"), by=executor)) == [State.SKIPPED]
    assert desk.names() == ["a.txt", "b.txt", "c.txt"]
    assert [r.state for r in desk.journal.effects_of(1)] == [State.FAILED]


class Shaky(FilesConnector):
    """A connector that breaks down before, after, or in the middle of its work."""

    when = "before"

    def apply(self, effect: Effect) -> Receipt:
        if self.when != "before":
            super().apply(effect)
        if self.when == "halfway":
            (Path(effect.args["to"])).write_text("torn")
        raise OSError("the disk hiccuped")


@pytest.mark.parametrize(
    ("when", "state"), [("before", State.FAILED), ("after", State.DONE), ("halfway", State.UNKNOWN)]
)
def test_after_an_odd_error_the_world_is_looked_at(desk: Desk, when: str, state: State) -> None:
    shaky = Shaky([desk.home], desk.home.parent / "trash")
    shaky.when = when
    outcomes = desk.run(desk.moves("a.txt"), by=desk.with_connectors(shaky))
    assert states(outcomes) == [state] and "hiccuped" in outcomes[0].reason
    assert [r.state for r in desk.journal.effects_of(1)] == [state]


def test_an_effect_without_an_inverse_never_happens(desk: Desk) -> None:
    class OneWay(FilesConnector):
        def inverse(self, effect: Effect) -> Effect:
            raise DeniedError("This cannot be taken back.")

    one_way = OneWay([desk.home], desk.home.parent / "trash")
    outcomes = desk.run(desk.moves("a.txt"), by=desk.with_connectors(one_way))
    assert states(outcomes) == [State.FAILED] and desk.names() == ["a.txt", "b.txt", "c.txt"]
    assert desk.journal.effects_of(1) == ()


def test_a_connector_that_is_not_there_fails_closed(desk: Desk) -> None:
    outcomes = desk.run(Ready((Effect("fax", "send", "x"),)))
    assert states(outcomes) == [State.FAILED] and "connect" in outcomes[0].reason


def test_effects_of_several_connectors_run_in_one_turn(desk: Desk) -> None:
    milk = desk.memory.expand(Call("tasks.complete", (desk.memory.load("milk"),)))
    assert states(desk.run(desk.moves("a.txt"), Ready(tuple(milk)))) == [State.DONE, State.DONE]
    assert desk.memory.load("milk").tags == {"done"}


def new_folder(desk: Desk, name: str) -> Ready:
    return Ready(tuple(desk.files.expand(Call("files.new_folder", (), {"in": str(desk.home), "name": name}))))


def test_a_later_call_works_on_what_an_earlier_step_made(desk: Desk) -> None:
    into = Later("files", Call("files.move", (desk.item("a.txt"),), {"to": Made(0)}), "Move a.txt into Trip.")
    packed = Later("files", Call("files.zip", (), {"name": "trip"}), "Pack it.", made=(0,))
    outcomes = desk.run(new_folder(desk, "Trip"), into, packed)
    assert states(outcomes) == [State.DONE] * 3
    assert desk.names() == ["Trip/a.txt", "b.txt", "c.txt", "trip.zip"]


def test_a_later_call_that_reaches_for_something_else_is_stopped(desk: Desk) -> None:
    class Sly(FilesConnector):
        def expand(self, call: Call) -> Sequence[Effect]:
            return super().expand(replace(call, items=(desk.item("b.txt"),)))

    sly = desk.with_connectors(Sly([desk.home], desk.home.parent / "trash"))
    into = Later("files", Call("files.move", (desk.item("a.txt"),), {"to": Made(0)}), "Move a.txt into Trip.")
    outcomes = desk.run(new_folder(desk, "Trip"), into, by=sly)
    assert states(outcomes) == [State.DONE, State.FAILED] and "not approved" in outcomes[1].reason
    assert desk.names() == ["a.txt", "b.txt", "c.txt"]


@pytest.mark.parametrize("made", [True, False])
def test_what_somebody_else_changes_between_two_steps_is_left_alone(desk: Desk, made: bool) -> None:
    def meddle(outcome: Outcome) -> None:
        if outcome.receipt:
            Path(outcome.receipt.ref).write_text("something else entirely")

    items, steps = ((), (0,)) if made else ((desk.item("a.txt"),), ())
    again = Later("files", Call("files.rename", items, {"name": "z"}), "Rename it.", made=steps)
    meddled = Executor({"files": desk.files}, desk.journal, desk.stop, meddle)
    outcomes = desk.run(desk.moves("a.txt"), again, by=meddled)
    assert states(outcomes) == [State.DONE, State.FAILED] and "changed" in outcomes[1].reason
    desk.home.joinpath("b.txt").touch()
    assert states(desk.run(desk.moves("b.txt"), replace(again, call=replace(again.call, items=()), made=(0,)))) == [
        State.DONE, State.DONE,
    ]  # fmt: skip


def test_a_later_call_is_checked_once_more_when_it_is_known(desk: Desk) -> None:
    def check(call: Call, effects: Sequence[Effect]) -> None:
        raise DeniedError("Too many.")

    into = Later("files", Call("files.move", (desk.item("a.txt"),), {"to": Made(0)}), "Move a.txt into Trip.")
    outcomes = desk.run(new_folder(desk, "Trip"), into, by=desk.with_connectors(desk.files, check))
    assert states(outcomes) == [State.DONE, State.FAILED] and outcomes[1].reason == "Too many."


@pytest.mark.parametrize("step", [0, 1, 7, -1])
def test_a_later_call_that_needs_what_is_not_there_yet_fails(desk: Desk, step: int) -> None:
    into = Later("files", Call("files.move", (desk.item("a.txt"),), {"to": Made(step)}), "Move a.txt.", made=())
    assert states(desk.run(into)) == [State.FAILED]


def test_after_a_failure_later_calls_are_not_even_thought_about(desk: Desk) -> None:
    step = desk.moves("a.txt")
    (desk.home / "a.txt").unlink()
    later = Later("files", Call("files.zip", (), {"name": "x"}), "Pack it.", made=(0,))
    assert states(desk.run(step, later)) == [State.FAILED, State.SKIPPED]


def test_two_processes_do_not_act_at_once(desk: Desk) -> None:
    desk.journal.acting = lambda wait=0.05: Journal.acting(desk.journal, 0.05)  # type: ignore[method-assign]
    other = Journal(desk.home.parent / "journal")
    step = desk.moves("a.txt")
    with other.acting(), pytest.raises(BusyError):
        desk.run(step)
    other.close()
    assert desk.names() == ["a.txt", "b.txt", "c.txt"]


def intended(desk: Desk) -> tuple[int, Effect]:
    """An intent as a crash leaves it."""
    (effect,) = desk.moves("a.txt").effects
    turn = desk.journal.begin(Turn("x", PLAN, NOW))
    return desk.journal.intend(turn, effect, desk.files.inverse(effect), "Move a.txt."), effect


def test_recovery_finds_what_was_done(desk: Desk) -> None:
    number, effect = intended(desk)
    desk.files.apply(effect)
    assert states(desk.executor.recover()) == [State.DONE]
    record = desk.journal.record(number)
    assert (record.state, record.ref) == (State.DONE, effect.args["to"]) and "crash" in record.reason


def test_recovery_finds_what_was_not_done(desk: Desk) -> None:
    number, _ = intended(desk)
    assert states(desk.executor.recover()) == [State.FAILED]
    assert "nothing has changed" in desk.journal.record(number).reason
    assert desk.executor.recover() == ()


def test_recovery_says_so_when_it_cannot_tell(desk: Desk) -> None:
    number, _ = intended(desk)
    (desk.home / "a.txt").unlink()
    assert states(desk.executor.recover()) == [State.UNKNOWN]
    assert desk.journal.record(number).state is State.UNKNOWN


def test_recovery_waits_for_a_connector_that_cannot_look_yet(desk: Desk) -> None:
    class Unplugged(FilesConnector):
        def probe(self, effect: Effect) -> World:
            raise ConnectorError("The disk is not connected.")

    number, _ = intended(desk)
    for executor in (desk.with_connectors(Unplugged([desk.home])), Executor({}, desk.journal, desk.stop)):
        assert states(executor.recover()) == [State.UNKNOWN]
        assert desk.journal.record(number).state is State.INTENT
    assert states(desk.executor.recover()) == [State.FAILED]


def test_what_a_crash_left_is_decided_before_anything_new_is_done(desk: Desk) -> None:
    number, _ = intended(desk)
    desk.run(desk.moves("b.txt"))
    assert desk.journal.record(number).state is State.FAILED
