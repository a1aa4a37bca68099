"""One record for every example, and what other models' formats make of it."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nearhand.models import chatformats, evaluate, trajectory, written
from nearhand.models.language import PlanError
from nearhand.models.schema import tools
from nearhand.models.testing import random_plan
from nearhand.models.toolcalls import ToolCall, calls, plan_of
from nearhand.models.trajectory import Outcome, Split, Trajectory
from nearhand.models.words import normalize, pieces

LINE = "calendar.add | {name:dinner} {when:Saturday} ==> calendar.move what=$0 | make it {to:Sunday}"
RECORD = trajectory.from_row(written.read_line(LINE, "turns.txt:1"), Split.HELD)


def test_every_case_of_the_suite_survives_being_written_and_read() -> None:
    records = [trajectory.from_row(case.row, Split.SUITE) for case in evaluate.suite()]
    lines = [trajectory.to_line(record) for record in records]
    assert list(trajectory.read(["", *lines])) == records
    assert all("\n" not in line for line in lines)


@given(st.text(max_size=40), st.integers())
@settings(deadline=None)
def test_any_plan_survives_being_written_and_read(text: str, seed: int) -> None:
    request = normalize(text)
    assume(pieces(request))
    record = Trajectory(request, random_plan(random.Random(seed), request))
    assert trajectory.from_line(trajectory.to_line(record)) == record


@pytest.mark.parametrize("line", ["", "[]", "{}", "nonsense", '{"request": "a", "plan": "files.burn=", "context": []}'])
def test_a_line_that_is_no_record_says_so(line: str) -> None:
    with pytest.raises(PlanError):
        trajectory.from_line(line)


@pytest.mark.parametrize(
    ("states", "rejected", "halted", "waiting", "outcome"),
    [
        (["done", "done"], "", "", False, Outcome.DONE),
        (["done", "undone"], "", "", False, Outcome.UNDONE),
        (["done", "failed"], "", "", False, Outcome.FAILED),
        (["unknown"], "", "", False, Outcome.FAILED),
        (["done"], "", "the disk is full", False, Outcome.FAILED),
        ([], "not that one", "", False, Outcome.REJECTED),
        ([], "", "", True, Outcome.WAITING),
        ([], "", "", False, Outcome.ANSWERED),
    ],
)
def test_a_turn_of_the_journal_becomes_a_record_with_its_outcome(
    states: list[str], rejected: str, halted: str, waiting: bool, outcome: Outcome
) -> None:
    record = trajectory.from_journal(
        "make it Sunday", 'calendar.move what=$0 to="Sunday"', before=("dinner", 'calendar.find what="dinner"'),
        states=states, rejected=rejected, halted=halted, waiting=waiting,
    )  # fmt: skip
    assert record.outcome is outcome
    assert record.right == (outcome in (Outcome.DONE, Outcome.ANSWERED))
    assert record.split is Split.OWN
    assert trajectory.from_line(trajectory.to_line(record)) == record


def test_a_plan_that_does_not_belong_to_its_request_becomes_no_record() -> None:
    with pytest.raises(PlanError):
        trajectory.from_journal("open the scans", 'files.open what="tickets"')


@given(st.text(alphabet='ab $1\\"é', max_size=30), st.integers(), st.booleans())
@settings(deadline=None, max_examples=150)
def test_a_plan_as_tool_calls_is_the_same_plan_again(text: str, seed: int, before: bool) -> None:
    request = normalize(text)
    assume(pieces(request))
    plan = random_plan(random.Random(seed), request, before)
    through_json = [ToolCall(**json.loads(json.dumps({"name": c.name, "arguments": c.arguments}))) for c in calls(plan)]
    assert plan_of(through_json) == plan


@pytest.mark.parametrize(
    "call",
    [
        ToolCall("rm_rf"),
        ToolCall("files_open", {"colour": "red"}),
        ToolCall("files_open", {"what": [1]}),
        ToolCall("files_open", {"if_any": "first"}),
        ToolCall("files_open", {"what": {"or": "else"}}),
    ],
)
def test_a_tool_call_outside_the_language_is_refused(call: ToolCall) -> None:
    with pytest.raises(PlanError):
        plan_of([call])


def test_xlam_has_its_tools_and_answers_as_json_in_strings() -> None:
    row = chatformats.xlam(RECORD, tools(["calendar.move"]))
    assert row["query"] == "dinner Saturday\nmake it Sunday"
    assert json.loads(row["answers"]) == [{"name": "calendar_move", "arguments": {"what": ["$0"], "to": ["Sunday"]}}]
    assert [one["name"] for one in json.loads(row["tools"])] == ["calendar_move"]


def test_hermes_has_one_tagged_call_for_each_step_of_each_turn() -> None:
    system, *turns = chatformats.hermes(RECORD)
    assert system["content"].count('"type": "function"') == len(tools())
    assert [message["role"] for message in turns] == ["user", "assistant"] * 2
    inside = turns[3]["content"].removeprefix("<tool_call>\n").removesuffix("\n</tool_call>")
    assert json.loads(inside)["name"] == "calendar_move"


def test_functiongemma_puts_every_string_between_escape_marks() -> None:
    developer, *turns = chatformats.functiongemma(RECORD, chatformats.for_plans([RECORD.plan]))
    assert developer["content"].startswith(
        chatformats.GEMMA_SYSTEM + "<start_function_declaration>declaration:calendar_move{"
    )
    assert "type:<escape>OBJECT<escape>" in developer["content"]
    assert turns[3]["content"] == (
        "<start_function_call>call:calendar_move{what:[<escape>$0<escape>],to:[<escape>Sunday<escape>]}<end_function_call>"
    )


@pytest.mark.parametrize("text", ["</tool_call>", "<|im_end|>"])
def test_words_that_are_marks_of_a_format_are_not_converted(text: str) -> None:
    record = trajectory.from_row(
        written.read_line(f"mail.send | tell {{to:Jo}}: {{text:{text}}}".replace("|im", "¦im"))
    )
    record = Trajectory(record.request.replace("¦", "|"), record.plan)
    with pytest.raises(PlanError):
        chatformats.hermes(record)
