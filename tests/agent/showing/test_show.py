"""What reaches a terminal: plain text, people's numbers and dates, aligned columns."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.showing import diff as show_diff
from nearhand.agent.showing import show
from nearhand.agent.showing.show import Paint

AT = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jgone", "gone"),
        ("exe\u202efdp.scr", "exefdp.scr"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("two\nlines\tand\r\nmore", "two lines and more"),
        ("nul\x00bel\x07", "nulbel"),
        ("half\udc80", "half\ufffd"),
        ("日本語 ü 👩\u200d🚀", "日本語 ü 👩\u200d🚀"),
        ("d\u200c\u200de\u200dl\u200c", "del"),
        ("\u0644\u200d\u200d \u4f1a\u200d\u8bae\u200d", "\u0644 \u4f1a\u8bae"),
        ("\u2764\ufe0f\u200d🔥 🧑🏽\u200d🌾 🏴\u200d\u2620\ufe0f", "\u2764\ufe0f\u200d🔥 🧑🏽\u200d🌾 🏴\u200d\u2620\ufe0f"),
        ("\u0dc1\u0dca\u200d\u0dbb\u0dd3 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0dc1\u0dca\u200d\u0dbb\u0dd3 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
    ],
)
def test_text_from_outside_becomes_plain(raw: str, safe: str) -> None:
    assert show.plain(raw) == safe


@given(st.text())
def test_no_control_or_direction_character_ever_gets_through(text: str) -> None:
    for char in show.plain(text) + show.block(text).replace("\n", ""):
        assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(char) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def test_a_block_keeps_its_lines_and_indentation() -> None:
    assert show.block("a\r\n  b\x1b[1m!\n\tc") == "a\n  b!\n    c"


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (999_999, "1.0 MB"), (4_000_000, "4.0 MB")],
)
def test_sizes_are_for_people(count: int, said: str) -> None:
    assert show.size(count) == said


def test_dates_have_their_weekday_and_stand_in_the_persons_zone() -> None:
    assert show.moment(AT) == "Tue 3 Mar 2026 14:05"
    assert show.moment(AT, ZoneInfo("Europe/Berlin")) == "Tue 3 Mar 2026 15:05"
    assert show.moment(AT, ZoneInfo("Pacific/Auckland"), all_day=True) == "Tue 3 Mar 2026"
    assert show.moment(None) == ""


def test_a_span_names_the_day_once() -> None:
    assert show.span(AT, AT + timedelta(hours=1)) == "Tue 3 Mar 2026 14:05-15:05"
    assert show.span(AT, AT + timedelta(days=1)) == "Tue 3 Mar 2026 14:05-Wed 4 Mar 2026 14:05"


def test_columns_align_even_with_wide_characters() -> None:
    lines = show.table([["日本", "x"], ["abcdef", "y"]])
    assert [show.width(line) for line in lines] == [show.width(lines[0])] * 2


def test_the_widest_column_gives_way_on_a_narrow_terminal() -> None:
    (line,) = show.table([["a" * 200, "Tue 3 Mar 2026"]], columns=60)
    assert show.width(line) <= 60
    assert line.endswith("Tue 3 Mar 2026")


def test_a_long_list_is_cut_and_says_how_much_is_left() -> None:
    lines = show.shortened([str(n) for n in range(32)])
    assert len(lines) == 21
    assert lines[-1] == "  ... and 12 more (all of them with --json)"


def test_a_diff_is_coloured_only_where_colours_are_wanted() -> None:
    diff = "--- a\n+++ b\n@@ -1 +1 @@\n-old\x1b[2J\n+new\n"
    assert show_diff.lines(diff, Paint(False)) == ["--- a", "+++ b", "@@ -1 +1 @@", "-old", "+new"]
    assert show_diff.lines(diff, Paint(True))[3:] == ["\x1b[31m-old\x1b[0m", "\x1b[32m+new\x1b[0m"]


def test_the_bookkeeping_of_calendar_files_is_left_out() -> None:
    diff = (
        "--- personal/a.ics\n+++ personal/a.ics\n@@ -1,3 +1,4 @@\n BEGIN:VEVENT\n-DTSTAMP:1\n+DTSTAMP:2\n"
        "-DTSTART:20261124T090000\n+DTSTART:20261124T100000\n+SEQUENCE:1\n"
        "--- /dev/null\n+++ Outbox\n+To: Olga\n+\n+UID is what?\n"
    )
    assert show_diff.lines(diff, Paint()) == [
        "-DTSTART:20261124T090000", "+DTSTART:20261124T100000", "--- /dev/null", "+++ Outbox",
        "+To: Olga", "+", "+UID is what?",
    ]  # fmt: skip
