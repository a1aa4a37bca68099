"""Tasks and lists on vdir folders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.connectors.base import Call, Connector, Effect, Item, Shift, Span
from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.testing import ConnectorContract, refused
from nearhand.connectors.vdir.tasks import TaskConnector

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
RENT = """BEGIN:VCALENDAR
BEGIN:VTODO
UID:rent@x
DTSTART;TZID=Europe/Berlin:20261015T090000
DUE;TZID=Europe/Berlin:20261015T100000
RRULE:FREQ=WEEKLY;COUNT=3
SUMMARY:Rent
X-KEEP:yes
BEGIN:VALARM
TRIGGER;VALUE=DATE-TIME:20261015T070000Z
END:VALARM
END:VTODO
END:VCALENDAR
"""
MILK = "BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:m\nDUE;VALUE=DATE:20261105\nSUMMARY:Milk\nEND:VTODO\nEND:VCALENDAR\n"
EVENT = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:e\nDTSTART:20261105T100000Z\nEND:VEVENT\nEND:VCALENDAR\n"


def local(*when: int) -> datetime:
    return datetime(*when, tzinfo=BERLIN)  # type: ignore[arg-type,misc]


def make(root: Path) -> TaskConnector:
    for folder in ("todo", "Shopping", "personal", "mixed"):
        (root / folder).mkdir(parents=True)
    (root / "todo" / "rent.ics").write_text(RENT)
    (root / "Shopping" / "milk.ics").write_text(MILK)
    (root / "personal" / "e.ics").write_text(EVENT)
    (root / "mixed" / "e.ics").write_text(EVENT)
    (root / "mixed" / "t.ics").write_text(MILK)
    return TaskConnector(root, "todo", BERLIN, clock=lambda: NOW)


@pytest.fixture
def tasks(tmp_path: Path) -> TaskConnector:
    return make(tmp_path / "cal")


def do(tasks: TaskConnector, action: str, *items: Item, **args: object) -> list[Effect]:
    effects = tasks.expand(Call(action, items, {key.rstrip("_"): value for key, value in args.items()}))
    for effect in effects:
        tasks.apply(effect)
    return list(effects)


class TestContract(ConnectorContract):
    @pytest.fixture
    def connector(self, tmp_path: Path) -> TaskConnector:
        return make(tmp_path / "cal")

    def effects(self, connector: Connector) -> Sequence[Effect]:
        rent, milk, shopping = (connector.load(ref) for ref in ("todo/rent.ics", "Shopping/milk.ics", "Shopping"))
        calls = (
            Call("tasks.add", (), {"name": "Bread", "in": "shopping"}),
            Call("tasks.complete", (rent,)),
            Call("tasks.complete", (milk,)),
            Call("tasks.change", (milk,), {"to": "todo"}),
            Call("tasks.change", (milk,), {"by": Shift(days=1)}),
            Call("tasks.remove", (milk,)),
            Call("tasks.remove", (shopping,)),
        )
        made = [effect for call in calls for effect in connector.expand(call)]
        return [*made, *connector.expand(Call("tasks.add", (), {"name": "Tent", "in": "Packing"}))[:1]]

    def snapshot(self, connector: Connector) -> object:
        assert isinstance(connector, TaskConnector)
        root = connector.store.root
        return {str(p.relative_to(root)): p.read_bytes() if p.is_file() else b"" for p in sorted(root.rglob("*"))
                if ".trash" not in p.parts}  # fmt: skip


def test_tasks_and_their_lists_are_seen_and_calendars_are_not(tasks: TaskConnector) -> None:
    assert {ref for ref, _ in tasks.scan()} == {
        "Shopping", "Shopping/milk.ics", "todo", "todo/rent.ics", "mixed", "mixed/t.ics",
    }  # fmt: skip
    assert (tasks.load("Shopping").kind, tasks.load("Shopping").title) == ("list", "Shopping")


def test_a_task_says_when_it_is_due_and_how_it_stands(tasks: TaskConnector) -> None:
    rent, milk = tasks.load("todo/rent.ics"), tasks.load("Shopping/milk.ics")
    assert (rent.when, rent.tags) == (local(2026, 10, 15, 10), {"open", "recurring"})
    assert (milk.when, milk.end, milk.all_day) == (local(2026, 11, 5), local(2026, 11, 6), True)


def test_adding_to_a_list_that_is_missing_makes_it_and_undo_takes_both_away(tasks: TaskConnector) -> None:
    planned = tasks.expand(Call("tasks.add", (), {"name": "Tent; big", "in": "Packing list"}))
    backs = []
    for effect in planned:
        backs.append(tasks.inverse(effect))
        tasks.apply(effect)
    assert [effect.verb for effect in planned] == ["mkdir", "put"]
    assert [tasks.load(ref).title for ref, _ in tasks.scan() if ref.startswith("Packing list")] == [
        "Tent; big",
        "Packing list",
    ]
    for back in reversed(backs):
        tasks.apply(back)
    assert not (tasks.store.root / "Packing list").exists()


@pytest.mark.parametrize(
    ("when", "due", "all_day"),
    [
        (Span(local(2026, 11, 6, 17), local(2026, 11, 6, 17), "minute"), local(2026, 11, 6, 17), False),
        (Span(local(2026, 11, 6), local(2026, 11, 7)), local(2026, 11, 6), True),
        (Span(None, local(2026, 11, 7)), local(2026, 11, 6), True),
        (Span(None, local(2026, 11, 6, 17), "minute"), local(2026, 11, 6, 17), False),
        (Span(local(2026, 11, 2), local(2026, 11, 9), "week"), local(2026, 11, 8), True),
    ],
)
def test_when_a_new_task_is_due(tasks: TaskConnector, when: Span, due: datetime, all_day: bool) -> None:
    [effect] = do(tasks, "tasks.add", name="X", when=when)
    item = tasks.load(effect.args["to"])
    assert (item.when, item.all_day, item.place) == (due, all_day, "todo")


def test_a_reminder_is_before_the_due_time_and_needs_one(tasks: TaskConnector) -> None:
    at = Span(local(2026, 11, 6, 17), local(2026, 11, 6, 17), "minute")
    [effect] = do(tasks, "tasks.add", name="X", when=at, remind=timedelta(minutes=30))
    alarm = icalendar.Calendar.from_ical(effect.args["text"].encode()).walk("VALARM")[0]
    assert alarm["TRIGGER"].dt == timedelta(minutes=-30) and alarm["TRIGGER"].params["RELATED"] == "END"
    [effect] = do(tasks, "tasks.add", name="X", remind=local(2026, 11, 6, 8))
    assert "TRIGGER;VALUE=DATE-TIME:20261106T070000Z" in effect.args["text"]
    with pytest.raises(ConnectorError):
        do(tasks, "tasks.add", name="X", remind=timedelta(minutes=30))


def test_a_task_ticked_off_is_done(tasks: TaskConnector) -> None:
    [effect] = do(tasks, "tasks.complete", tasks.load("Shopping/milk.ics"))
    assert tasks.load("Shopping/milk.ics").tags == {"done"}
    assert "COMPLETED:20261102T090000Z" in effect.args["text"] and "PERCENT-COMPLETE:100" in effect.args["text"]


def test_a_repeating_task_moves_on_until_it_has_been_done_often_enough(tasks: TaskConnector) -> None:
    seen = []
    for _ in range(3):
        do(tasks, "tasks.complete", tasks.load("todo/rent.ics"))
        item = tasks.load("todo/rent.ics")
        seen.append((f"{item.when:%m-%d %H:%M}", "done" in item.tags))
    assert seen == [("10-22 10:00", False), ("10-29 10:00", False), ("10-29 10:00", True)]
    text = (tasks.store.root / "todo" / "rent.ics").read_text()
    assert "X-KEEP:yes" in text and "TRIGGER;VALUE=DATE-TIME:20261029T070000Z" in text


def test_a_task_gets_another_time_title_list_and_repetition(tasks: TaskConnector) -> None:
    milk = "Shopping/milk.ics"
    do(tasks, "tasks.change", tasks.load(milk), by=Shift(days=2), name="Oat milk", repeat="FREQ=DAILY;COUNT=2")
    item = tasks.load(milk)
    assert (item.when, item.title, "recurring" in item.tags) == (local(2026, 11, 7), "Oat milk", True)
    do(tasks, "tasks.change", item, to=Span(None, local(2026, 11, 11)))
    assert tasks.load(milk).when == local(2026, 11, 10)
    assert [e.verb for e in do(tasks, "tasks.change", tasks.load(milk), to="Groceries")] == ["mkdir", "move"]
    assert tasks.load("Groceries/milk.ics").place == "Groceries"


def test_a_new_day_keeps_the_hour_of_a_task_and_takes_its_beginning_along(tasks: TaskConnector) -> None:
    args = {"to": Span(local(2026, 11, 6), local(2026, 11, 7))}
    [effect] = tasks.expand(Call("tasks.change", (tasks.load("todo/rent.ics"),), args))
    assert tasks.preview(effect).text == "Rent moves from Thu 15 Oct 10:00 to Fri 6 Nov 10:00, the whole series."
    assert "DTSTART;TZID=Europe/Berlin:20261106T090000" in effect.args["text"]


def test_a_list_taken_away_comes_back_whole_but_a_calendar_keeps_its_events(tasks: TaskConnector) -> None:
    [effect] = tasks.expand(Call("tasks.remove", (tasks.load("Shopping"),)))
    assert tasks.preview(effect).text == "Shopping goes to the trash."
    back = tasks.inverse(effect)
    tasks.apply(effect)
    assert "Shopping" not in tasks.store.collections()
    tasks.apply(back)
    assert tasks.load("Shopping/milk.ics").title == "Milk"
    do(tasks, "tasks.remove", tasks.load("mixed"))
    assert [path.name for path in (tasks.store.root / "mixed").iterdir()] == ["e.ics"]


def test_what_is_not_said_is_asked_for(tasks: TaskConnector) -> None:
    assert "what the task is" in str(refused(lambda: do(tasks, "tasks.add", name=" ")))
    assert "whole list" in str(refused(lambda: do(tasks, "tasks.complete", tasks.load("Shopping"))))


ACTIONS = st.one_of(
    st.builds(lambda n: ("tasks.change", {"by": Shift(days=n)}), st.integers(-40, 40).filter(bool)),
    st.builds(
        lambda s: ("tasks.change", {"name": s}), st.text(min_size=1, max_size=30).filter(lambda s: bool(s.strip()))
    ),
    st.just(("tasks.complete", {})),
    st.just(("tasks.remove", {})),
    st.builds(lambda s: ("tasks.add", {"name": "n", "in": s}), st.sampled_from(["todo", "New", "Shopping"])),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(ACTIONS, max_size=5))
def test_undoing_everything_gives_the_world_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, plan: list[tuple[str, dict[str, object]]]
) -> None:
    tasks = make(tmp_path_factory.mktemp("w") / "cal")
    world = TestContract().snapshot(tasks)
    backs = []
    for action, args in plan:
        items = (
            () if action == "tasks.add" else tuple(tasks.load(ref) for ref, _ in tasks.scan() if ref == "todo/rent.ics")
        )
        try:
            effects = tasks.expand(Call(action, items, args))
        except ConnectorError:
            continue
        for effect in effects:
            try:
                back = tasks.inverse(effect)
                tasks.apply(effect)
            except ConnectorError:
                break
            backs.append(back)
    for back in reversed(backs):
        tasks.apply(back)
    assert TestContract().snapshot(tasks) == world
