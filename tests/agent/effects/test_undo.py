"""Undo: the world as before, all or nothing, as often as one likes, and never over something that has changed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.agent.effects.execute import Executor
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.records import Kind, State, Turn
from nearhand.agent.effects.steps import Ready
from nearhand.agent.effects.undo import Undone, plan_redo, plan_undo, run_undo
from nearhand.agent.errors import UndoError
from nearhand.agent.policy.digest import digest
from nearhand.connectors.base import Call, Connector, Effect, Item, Risk
from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.files.connector import FilesConnector
from nearhand.connectors.memory import MemoryConnector

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Desk:
    """A home and a list, a journal, and an executor over all of it."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        (self.home / "Taxes" / "old").mkdir(parents=True)
        for name in ("a.txt", "b.jpg", "Taxes/c.txt", "Taxes/old/d.pdf"):
            (self.home / name).write_text(name)
        self.files = FilesConnector([self.home], folder / "trash")
        self.memory = MemoryConnector([Item("memory", name, "", "task", name) for name in ("milk", "bread")])
        self.connectors: dict[str, Connector] = {"files": self.files, "memory": self.memory}
        self.journal = Journal(folder / "journal")
        self.executor = Executor(self.connectors, self.journal, Event())

    def item(self, name: str) -> Item:
        return self.files.load(str(self.home / name))

    def do(self, *calls: Call) -> int:
        """One turn of calls about files, each planned when the ones before it are done."""
        return self.run([effect for call in calls for effect in self.files.expand(call)])

    def run(self, effects: Sequence[Effect], risk: Risk = Risk.REVERSIBLE) -> int:
        steps = (Ready(tuple(effects)),)
        turn = self.journal.begin(Turn("something", "plan", NOW, risk=risk))
        self.journal.approve(turn, digest("plan", steps))
        outcomes = self.executor.run(turn, steps, digest("plan", steps))
        assert all(outcome.state is State.DONE for outcome in outcomes), outcomes
        return turn

    def move(self, name: str, to: str) -> int:
        return self.do(Call("files.move", (self.item(name),), {"to": str(self.home / to)}))

    def undo(self, *turns: int, partial: bool = False) -> Undone:
        plan = plan_undo(self.journal, self.connectors, turns, now=NOW, partial=partial)
        return run_undo(self.executor, plan)

    def redo(self) -> Undone:
        return run_undo(self.executor, plan_redo(self.journal, self.connectors, now=NOW))

    def world(self) -> dict[str, str]:
        found = {}
        for path in sorted(self.home.rglob("*")):
            inside = path.read_bytes().decode("latin-1") if path.is_file() else "folder"
            found[str(path.relative_to(self.home))] = inside
        return {**found, **{f"memory {ref}": str(item) for ref, item in self.memory.items.items()}}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.journal.close()


def test_undo_without_a_number_takes_the_last_turn_back(desk: Desk) -> None:
    before = desk.world()
    turn = desk.move("a.txt", "Taxes")
    undone = desk.undo()
    assert desk.world() == before
    assert [r.state for r in desk.journal.effects_of(turn)] == [State.UNDONE]
    assert desk.journal.entry(undone.turn).turn.of == (turn,)


def test_undo_again_goes_further_back_and_redo_comes_forward(desk: Desk) -> None:
    worlds = [desk.world()]
    desk.move("a.txt", "Taxes")
    worlds.append(desk.world())
    desk.move("b.jpg", "Taxes/old")
    worlds.append(desk.world())
    way = ((desk.undo, 1), (desk.undo, 0), (desk.redo, 1), (desk.redo, 2), (desk.undo, 1), (desk.undo, 0))
    for step, number in way:
        step()
        assert desk.world() == worlds[number]
    with pytest.raises(UndoError, match="nothing to undo"):
        desk.undo()


def test_an_undo_is_a_turn_that_can_be_taken_back_by_its_number(desk: Desk) -> None:
    desk.move("a.txt", "Taxes")
    after = desk.world()
    redone = desk.undo(desk.undo().turn)
    assert desk.world() == after
    assert desk.journal.entry(redone.turn).turn.kind is Kind.REDO


def test_there_is_nothing_to_undo_or_redo_at_first(desk: Desk) -> None:
    with pytest.raises(UndoError, match="nothing to undo"):
        desk.undo()
    with pytest.raises(UndoError, match="nothing to redo"):
        desk.redo()


def test_a_turn_is_not_undone_twice(desk: Desk) -> None:
    turn = desk.move("a.txt", "Taxes")
    desk.undo(turn)
    with pytest.raises(UndoError, match="already been undone"):
        desk.undo(turn)


def test_several_effects_on_one_thing_are_taken_back_in_reverse(desk: Desk) -> None:
    before = desk.world()
    there, back = str(desk.home / "a.txt"), str(desk.home / "n.txt")
    version = desk.item("a.txt").version
    way = (there, back, there, str(desk.home / "Taxes" / "z.txt"))
    desk.run([Effect("files", "move", old, version, {"to": new}) for old, new in pairwise(way)])
    desk.undo()
    assert desk.world() == before


def test_a_folder_that_was_made_and_filled_is_emptied_first(desk: Desk) -> None:
    before = desk.world()
    desk.do(Call("files.move", (desk.item("a.txt"), desk.item("b.jpg")), {"to": str(desk.home / "New" / "Inner")}))
    assert (desk.home / "New" / "Inner" / "a.txt").is_file()
    desk.undo()
    assert desk.world() == before


def test_several_turns_are_taken_back_at_once_newest_first(desk: Desk) -> None:
    before = desk.world()
    turns = [desk.move("a.txt", "Taxes"), desk.move("Taxes", "Papers"), desk.move("Papers/Taxes/a.txt", "Elsewhere")]
    after = desk.world()
    desk.undo(*turns)
    assert desk.world() == before
    desk.redo()
    assert desk.world() == after


def test_what_has_changed_since_refuses_the_whole_undo_and_is_named(desk: Desk) -> None:
    desk.do(Call("files.move", (desk.item("a.txt"), desk.item("b.jpg")), {"to": str(desk.home / "Taxes")}))
    (desk.home / "Taxes" / "a.txt").write_text("the person went on writing")
    world = desk.world()
    with pytest.raises(UndoError, match=r"Taxes/a\.txt has changed.*Nothing was undone"):
        desk.undo()
    assert desk.world() == world


def test_the_rest_can_be_undone_without_what_has_changed(desk: Desk) -> None:
    turn = desk.do(Call("files.move", (desk.item("a.txt"), desk.item("b.jpg")), {"to": str(desk.home / "Taxes")}))
    (desk.home / "Taxes" / "a.txt").write_text("the person went on writing")
    undone = desk.undo(partial=True)
    assert (desk.home / "b.jpg").is_file() and (desk.home / "Taxes" / "a.txt").is_file()
    assert [obstacle.record.ref for obstacle in undone.obstacles] == [str(desk.home / "Taxes" / "a.txt")]
    assert [r.state for r in desk.journal.effects_of(turn)] == [State.DONE, State.UNDONE]


def test_an_older_turn_cannot_be_undone_under_a_newer_one(desk: Desk) -> None:
    first = desk.move("a.txt", "Taxes")
    desk.move("Taxes/a.txt", "Taxes/old")
    with pytest.raises(UndoError, match="changed since, or is gone"):
        desk.undo(first)


def test_a_place_taken_meanwhile_stops_the_undo_and_nothing_is_lost(desk: Desk) -> None:
    turn = desk.move("a.txt", "Taxes")
    (desk.home / "a.txt").write_text("new")
    try:
        undone = desk.undo()
        assert [o.state for o in undone.outcomes] == [State.FAILED]
    except UndoError:
        pass
    assert (desk.home / "a.txt").read_text() == "new" and (desk.home / "Taxes" / "a.txt").read_text() == "a.txt"
    (desk.home / "a.txt").unlink()
    desk.undo(turn)
    assert (desk.home / "a.txt").read_text() == "a.txt"


def test_what_somebody_else_put_back_counts_as_undone(desk: Desk) -> None:
    turn = desk.move("a.txt", "Taxes")
    (desk.home / "Taxes" / "a.txt").rename(desk.home / "a.txt")
    desk.undo()
    assert [r.state for r in desk.journal.effects_of(turn)] == [State.UNDONE]
    assert desk.journal.last_undoable() is None


def test_without_its_connector_nothing_is_undone(desk: Desk) -> None:
    desk.move("a.txt", "Taxes")
    del desk.connectors["files"]
    with pytest.raises(UndoError, match="not connected"):
        desk.undo()


def test_taking_back_the_undo_of_something_outward_is_outward_again(desk: Desk) -> None:
    desk.run(desk.memory.expand(Call("mail.send", args={"subject": "Hello"})), Risk.OUTWARD)
    plan = plan_undo(desk.journal, desk.connectors, now=NOW)
    assert plan.turn.risk is Risk.REVERSIBLE
    run_undo(desk.executor, plan)
    assert plan_redo(desk.journal, desk.connectors, now=NOW).turn.risk is Risk.OUTWARD


@pytest.mark.parametrize("at_once", [True, False])
def test_a_folder_that_a_redo_made_anew_is_known_to_the_next_redo(desk: Desk, at_once: bool) -> None:
    desk.do(Call("files.new_folder", (), {"in": str(desk.home), "name": "New"}))
    desk.move("New", "Taxes")
    after = desk.world()
    for _ in range(2):
        done = [entry for entry in desk.journal.turns() if entry.effects[0].state is State.DONE]
        undoable = [entry.id for entry in done if entry.turn.kind is not Kind.UNDO]
        for turns in [undoable] if at_once else [[turn] for turn in undoable]:
            desk.undo(*turns)
        (desk.home / "in the way").mkdir(exist_ok=True)  # it may take the number the file system would use again
        for _ in range(1 if at_once else 2):
            assert all(outcome.state is State.DONE for outcome in desk.redo().outcomes)
        (desk.home / "in the way").rmdir()
        assert desk.world() == after


OPERATIONS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6)


def plan(desk: Desk, operation: int, which: int, where: int) -> Sequence[Effect]:
    """Some call on some thing, as the world is now."""
    refs = sorted(ref for ref, _ in desk.files.scan())
    if not refs:
        return ()
    folders = [str(desk.home), *(ref for ref in refs if Path(ref).is_dir())]
    item = desk.files.load(refs[which % len(refs)])
    folder = folders[where % len(folders)]
    calls = (
        Call("files.move", (item,), {"to": folder, "on_clash": "number"}),
        Call("files.copy", (item,), {"to": folder, "on_clash": "number"}),
        Call("files.rename", (item,), {"name": f"name {where}", "on_clash": "number"}),
        Call("files.trash", (item,)),
        Call("files.new_folder", (), {"in": folder, "name": f"new {which}", "on_clash": "number"}),
        Call("files.zip", (item,), {"on_clash": "number"}),
        Call("files.move", (item,), {"to": f"{folder}/made {which}", "on_clash": "number"}),
    )
    if operation == len(calls):
        return desk.memory.expand(Call("tasks.rename", tuple(desk.memory.items.values()), {"name": f"n{which}"}))
    return desk.files.expand(calls[operation])


@settings(max_examples=15, deadline=None)
@given(OPERATIONS, st.booleans())
def test_whatever_was_done_undo_brings_the_old_world_and_redo_the_new_one(
    operations: list[tuple[int, int, int]], at_once: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        worlds, turns = [desk.world()], []
        for operation in operations:
            try:
                effects = plan(desk, *operation)
            except ConnectorError:
                continue
            if effects:
                turns.append(desk.run(effects))
                worlds.append(desk.world())
        for _ in range(2 if turns else 0):
            if at_once:
                there_and_back(desk, worlds)
            else:
                step_by_step(desk, worlds)
        assert desk.journal.verify() is None and not desk.journal.open_intents()
        desk.journal.close()


def there_and_back(desk: Desk, worlds: list[dict[str, str]]) -> None:
    done = [e.id for e in desk.journal.turns(500) if any(r.state is State.DONE for r in e.effects)]
    desk.undo(*[turn for turn in done if desk.journal.entry(turn).turn.kind is not Kind.UNDO])
    assert desk.world() == worlds[0]
    desk.redo()
    assert desk.world() == worlds[-1]


def step_by_step(desk: Desk, worlds: list[dict[str, str]]) -> None:
    for world in reversed(worlds[:-1]):
        desk.undo()
        assert desk.world() == world
    for world in worlds[1:]:
        desk.redo()
        assert desk.world() == world
