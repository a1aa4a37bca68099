"""Words of others never break the layout, never become markup, and never reach the terminal as anything but text."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from nearhand.agent.approve import Card
from nearhand.agent.tui import messages
from nearhand.agent.tui.app import NearhandApp
from nearhand.agent.tui.looks.values import Row, cell, listed
from nearhand.agent.tui.text import content, fitted

from .stage import Stage, home, press, running, say, settled, text

HOSTILE = {
    "markup": "[bold red]not red[/] [@click=app.quit]click[/] [link=https://evil.example]x[/link] [/unopened]",
    "escapes": "\x1b[2J\x1b]0;owned\x07\x1b]52;c;aGVsbG8=\x07\x9b31mred\x1bPq#0\x1b\\ bell\x07",
    "bidi": "invoice \u202efdp.exe\u202c \u2066hidden\u2069 \u200f\u061c",
    "long": "A very long subject " * 500,
    "wide": "会議のお知らせ 한국어 제목 🎉👨‍👩‍👧‍👦🇩🇪 ＦＵＬＬ",
    "combining": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞" * 20,
    "controls": "a\x00b\x08c\rd\ne\x7ff\u2028g\u0085h\u200bi",
}
WIDTHS = ((60, 20), (144, 26))
WORDS = f"trash [bold]scans[/] {HOSTILE['bidi']} {HOSTILE['wide']}"


def hostile_home(folder: Path) -> Path:
    """The sample home with a mail, a file and an event for each kind of malice."""
    made = home(folder)
    for number, (name, words) in enumerate(HOSTILE.items()):
        message = EmailMessage()
        message["From"], message["To"] = "Robin <robin@keller.example>", "robin@keller.example"
        message["Date"] = "Wed, 4 Mar 2026 08:00:00 +0100"
        message.set_content(words.replace("\x00", "") + "\n")
        raw = message.as_bytes()
        subject = words.replace("\n", " ").replace("\r", " ").encode("utf-8", "replace")
        (made / f"Mail/cur/1772607600.h{number}.home:2,").write_bytes(b"Subject: " + subject + b"\n" + raw)
        file = words.replace("/", "_").replace("\x00", "")[:60]
        (made / "Downloads" / f"{file}.txt").write_text(words, errors="replace")
        event = words.replace("\n", "\\n").replace("\r", "").replace("\x00", "")[:4000]
        lines = ("BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", f"UID:{name}", "DTSTART;TZID=Europe/Berlin:20260304T110000",
                 "DTEND;TZID=Europe/Berlin:20260304T120000", f"SUMMARY:{event}", "END:VEVENT", "END:VCALENDAR", "")
        (made / f"calendars/personal/{name}.ics").write_text("\r\n".join(lines), newline="", errors="replace")
    return made


def in_its_lines(app: NearhandApp, size: tuple[int, int]) -> None:
    """Every line is as wide as the terminal, and nothing in it is anything but text."""
    lines = text(app).split("\n")
    assert len(lines) == size[1] and {cell_len(line) for line in lines} == {size[0]}
    odd = [char for char in "".join(lines) if ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066\u200f"]
    assert not odd


@pytest.mark.parametrize("size", WIDTHS)
async def test_every_pane_stays_in_its_lines_whatever_others_write(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running(Stage(hostile_home(tmp_path / "home")), size) as (app, pilot):
        for keys in (("escape",), ("2",), ("enter",), ("escape", "3"), ("v",), ("4",), ("f3", *"long")):
            await press(pilot, *keys)
            for row in range(9 if keys == ("2",) else 1):
                if row:
                    await press(pilot, "down")
                in_its_lines(app, size)


@pytest.mark.parametrize("size", WIDTHS)
async def test_cards_questions_answers_and_what_was_done_stay_in_their_lines(tmp_path: Path, size: tuple[int, int]) -> None:
    stage = Stage(hostile_home(tmp_path / "home"))
    stage.plans |= {"bin one": 'files.trash what="x" which=any', "find all": "mail.find", WORDS: 'files.trash what="scans"'}
    card = ("escape", "4", "slash", *"txt", "enter", *["space"] * len(HOSTILE), "d")
    answer = ("escape", "2", "end", "r", *"Yes", "enter")
    async with running(stage, size) as (app, pilot):
        for keys in (card, ("e",), ("escape",), ("a",), ("escape", "5"), ("enter",), answer, ("a",), ("escape", "escape", "7"), ("6",), ("8",), ("9",)):
            await press(pilot, *keys)
            in_its_lines(app, size)
        for said in ("find all", WORDS, "what is that?"):
            await say(pilot, said)
            in_its_lines(app, size)
        await press(pilot, "escape")
        for words in HOSTILE.values():
            app.notify(cell(words).text, markup=False)
            app.post_message(messages.Noticed(words, lasts=True))
            app.post_message(messages.CardShown(Card((words, words), (words,), diff=f"+{words}")))
            await settled(pilot)
            in_its_lines(app, size)


async def test_markup_of_others_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    stage = Stage(hostile_home(tmp_path / "home"))
    stage.plans["what is on today?"] = 'calendar.find when="today"'
    async with running(stage, (144, 40)) as (app, pilot):
        app.say("what is on today?")
        await press(pilot, "escape")
        assert "[bold red]not red[/]" in text(app)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.integers(1, 200))
def test_any_text_fits_any_width_exactly(words: str, columns: int) -> None:
    assert cell_len(fitted(cell(words).text, columns)) == columns


@given(st.text(max_size=200))
def test_any_text_is_drawn_as_it_is(words: str) -> None:
    plain = cell(words).text
    assert content([cell(words, "bad")]).plain == plain
    assert listed([Row("x", (cell(words),))]).rows[0].cells[0].text == plain
