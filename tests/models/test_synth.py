"""The synthesizer: endless, the same for the same seed, and never an example that does not check."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import islice

import pytest

from nearhand.models import denial, noise, written
from nearhand.models.language import Ref, check
from nearhand.models.marked import split
from nearhand.models.synth import Synth, rebuild, shape
from nearhand.models.testing import RandomRuntime
from nearhand.models.vocab import encode, segment
from nearhand.models.written import Row


@pytest.fixture(scope="module")
def rows(corpus: Sequence[Row]) -> list[Row]:
    return [row for row in corpus if not written.held_out(row)][::4]


@pytest.fixture(scope="module")
def made(rows: list[Row]) -> list[Row]:
    return list(islice(Synth(rows, seed=1), 3000))


def test_the_same_seed_makes_the_same_examples(rows: list[Row]) -> None:
    first, again, other = (list(islice(Synth(rows, seed), 100)) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_every_example_checks_against_its_own_words(made: list[Row]) -> None:
    for row in made:
        check(row.turn.plan, row.turn.request, row.before.request if row.before else "")


def test_every_example_can_be_written_in_tokens_with_the_turn_before_it(made: list[Row]) -> None:
    tokenize = RandomRuntime(0).tokenize
    for row in made:
        if row.before:
            encode(row.before.plan, [segment(row.before.request, tokenize)])


def test_nothing_points_at_a_turn_before_where_there_is_none(made: list[Row]) -> None:
    assert not [row for row in made if row.before is None for step in row.turn.plan.steps
                for _, value in step.slots if value == Ref(0)]  # fmt: skip


def test_examples_are_varied_and_keep_their_shares(rows: list[Row], made: list[Row]) -> None:
    written_words = {row.turn.request for row in rows}
    negative = [row.turn.plan.steps[0].action == "none" for row in made]
    joined = ["+" in row.source for row in made]
    assert sum(row.turn.request not in written_words for row in made) > 0.5 * len(made)
    assert 0.1 < sum(negative) / len(made) < 0.4
    assert 0.02 < sum(joined) / len(made) < 0.12


def test_noise_keeps_what_is_marked_in_step_with_the_request() -> None:
    marked = "Put {what:the scans} from {when:Tuesday} into {to:Receipts/2025}, please"
    row = written.read_line(f"files.move | {marked}")
    skeleton = written.parse("files.move")
    for seed in range(300):
        parts = noise.disturb(split(marked), random.Random(seed), framed=True)
        turn = rebuild(parts, skeleton)
        assert [name for name, _ in turn.plan.steps[0].slots] == [name for name, _ in row.turn.plan.steps[0].slots]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("olga@x.org", "address"),
        ("Tax/2024", "path"),
        ("scan.pdf", "path"),
        ("Friday", "A"),
        ("3 June", "0"),
        ("the end", "athe"),
    ],
)
def test_values_of_one_form_can_stand_for_one_another(text: str, form: str) -> None:
    assert shape(text) == form


def test_a_denied_command_does_nothing_and_one_that_only_seems_so_keeps_its_plan(rows: list[Row]) -> None:
    row = written.read_line("files.move | Put {what:the scans} into {to:Receipts}.")
    for seed in range(200):
        draw, parts = random.Random(seed), split(row.marked)
        assert denial.commands(parts)
        assert not any(part.roles for part in denial.denied(parts, draw))
        assert rebuild(denial.seeming(parts, draw), written.parse("files.move")).plan == row.turn.plan


@pytest.mark.parametrize(
    "marked", ["{what:the scans} into {to:Receipts}", "put {what:them} where?", "the scans, please"]
)
def test_only_a_plain_command_is_denied(marked: str) -> None:
    assert not denial.commands(split(marked))


def test_some_of_the_examples_are_denied_commands(made: list[Row], rows: list[Row]) -> None:
    acting = {row.source for row in rows if row.turn.plan.steps[0].action != "none"}
    denied = [row for row in made if row.source in acting and row.turn.plan.steps[0].action == "none"]
    assert 0.005 < len(denied) / len(made) < 0.06


def test_what_is_said_by_the_way_leaves_the_plan_as_it_is() -> None:
    said = ["none why=chat | the dog looks so silly in her cone", "files.move | Put {what:the scans} into {to:Receipts}."]
    rows = [written.read_line(line) for line in said]
    synth = Synth(rows, 1, swap=0.0)
    assert synth.remarks == ["the dog looks so silly in her cone"]
    made = [synth.remarked(rows[1]) for _ in range(20)]
    assert {str(row.turn.plan).lower() for row in made} == {'files.move what="scans" to="receipts"'}
    assert all(len(row.turn.request) > 45 for row in made)


def test_a_greeting_and_what_is_out_of_scope_are_no_remarks() -> None:
    lines = ["none why=chat | hi there", "none why=scope | it rains in Spain", "none why=chat | did you sleep well today?"]
    assert Synth([written.read_line(line) for line in lines], 1).remarks == []
