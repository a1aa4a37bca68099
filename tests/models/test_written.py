"""The markup of the written corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from nearhand.models.language import PlanError
from nearhand.models.written import Row, main, read_file, read_line, trim


def test_marked_words_fill_the_slots_of_the_step_they_are_marked_for() -> None:
    row = read_line("mail.find ; mail.forward what=$1 | find {from:Olga}'s mail and pass it to {2.to:Jon}")
    assert row.turn.request == "find Olga's mail and pass it to Jon"
    assert str(row.turn.plan) == 'mail.find from="Olga" ; mail.forward what=$1 to="Jon"'


def test_one_mark_may_fill_slots_of_several_steps() -> None:
    row = read_line("files.new_folder ; files.move | make {name,2.to:Trips} and put {2.what:tickets} there")
    assert str(row.turn.plan) == 'files.new_folder name="Trips" ; files.move what="tickets" to="Trips"'


def test_the_second_of_two_turns_is_the_example_and_may_quote_the_first() -> None:
    row = read_line(
        'calendar.add ask(when) | {name:lunch} with {who:Bo} ==> calendar.add who="Bo" name="lunch" | {when:Friday}'
    )
    assert row.before is not None and row.before.request == "lunch with Bo"
    assert str(row.turn.plan) == 'calendar.add who="Bo" when="Friday" name="lunch"'


@pytest.mark.parametrize(
    ("action", "slot", "words", "kept"),
    [
        ("files.move", "what", "the scans", "scans"),
        ("files.move", "what", "all the scans", "scans"),
        ("mail.send", "to", "my sister", "sister"),
        ("calendar.add", "when", "on Friday at noon", "Friday at noon"),
        ("calendar.add", "when", "in two hours", "in two hours"),
        ("calendar.add", "when", "in June", "June"),
        ("calendar.move", "to", "at half past", "half past"),
        ("files.rename", "name", "the end.", "end."),
        ("mail.send", "text", " the end ", "the end"),
        ("files.find", "what", "the", "the"),
        ("files.find", "what", "all her recipes", "recipes"),
        ("calendar.move", "to", "until Friday", "Friday"),
        ("calendar.move", "to", "ten to nine", "ten to nine"),
        ("tasks.change", "to", "till the 3rd", "the 3rd"),
        ("calendar.cancel", "what", "the vet appointment", "vet"),
        ("calendar.respond", "what", "vet appointment", "vet appointment"),
        ("calendar.find", "what", "appointment", "appointment"),
        ("rules.pause", "what", "newsletter rule", "newsletter"),
    ],
)
def test_a_quote_is_trimmed_to_its_canonical_extent(action: str, slot: str, words: str, kept: str) -> None:
    assert trim(action, slot, words) == kept
    assert trim(action, slot, kept) == kept


@pytest.mark.parametrize(
    "line",
    [
        "files.open open {what:it}",
        "files.open | open {what:the scans",
        "files.open | open {2.what:scans}",
        "files.open | open {colour:red}",
        "files.open | open {what:}",
        "files.open | open it",
        "files.open | open {WHAT:it}",
        "a | b ==> c | d ==> e | f",
    ],
)
def test_a_line_that_cannot_be_right_is_refused(line: str) -> None:
    with pytest.raises(PlanError):
        read_line(line)


def test_a_file_gives_its_good_rows_and_says_where_the_others_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "some.txt"
    file.write_text("# comment\n\nfiles.open | open {what:it}\nfiles.open | open\n", encoding="utf-8")
    good, bad = read_file(file)
    assert isinstance(good, Row) and good.source == "some.txt:3"
    assert isinstance(bad, tuple) and bad[0] == "some.txt:4"
    assert main([str(file)]) == 1
    assert "1 requests (1 distinct), 1 not accepted" in capsys.readouterr().out
