"""Times that were said and that a plan does not use: found, told of, and the hour of a new event taken along."""

from __future__ import annotations

import pytest

from nearhand.agent.left_out import left_out, with_hour
from nearhand.models.language import parse

CINEMA = 'calendar.add who="Tom" when="Sunday evening" name="cinema"'


@pytest.mark.parametrize(
    ("text", "plan", "left"),
    [
        ("Sunday evening, cinema with Tom at eight", CINEMA, ("at eight",)),
        ("cinema with Tom Sunday evening", CINEMA, ()),
        ("no, not Tuesday, Thursday", 'calendar.move what=$0 to="Thursday"', ("Tuesday",)),
        ("pay the rent on 3 May, not the 1st", 'tasks.add name="pay the rent" when="3 May"', ("the 1st",)),
        ("put lunch in, 12:30 tomorrow", 'calendar.add name="lunch" when="tomorrow"', ("12:30",)),
        ("sun cream on the list, second one from the left", 'tasks.add name="sun cream"', ()),
        ("three of us may come to seven sisters", 'calendar.find what="sisters"', ()),
        ("I land tonight, so bin the old tickets", 'files.trash what="old tickets"', ()),
        ("tell Ana I'm ill on Monday", 'mail.send to="Ana" say="I\'m ill"', ()),
    ],
)
def test_what_is_left_out_of_calendar_and_tasks(text: str, plan: str, left: tuple[str, ...]) -> None:
    assert left_out(text, parse(plan)) == left


def test_the_only_hour_goes_along_with_a_day_that_has_none() -> None:
    [step] = parse(CINEMA).steps
    assert str(with_hour("Sunday evening, cinema with Tom at eight", step)).count("when=") == 2
    assert with_hour("Sunday evening, cinema with Tom", step) == step
    assert with_hour("Sunday evening, cinema with Tom at eight or at nine", step) == step


@pytest.mark.parametrize("plan", ['calendar.add when="Sunday at six" name="cinema"', 'tasks.add when="Sunday" name="cinema"'])
def test_an_hour_stays_where_it_is_otherwise(plan: str) -> None:
    [step] = parse(plan).steps
    assert with_hour("cinema Sunday at six, we leave at five", step) == step
