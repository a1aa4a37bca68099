"""The hostile files of shared/data on every screen: as mails, events, contacts and files, in lists and to be read.

What each pane would draw is made for every one of them and looked at: plain lines that fit any width, within two
seconds of this process and 256 MB over all (parsing has the same limits for each item, in a process of its own).
"""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pytest
from rich.cells import cell_len

from nearhand.agent.loop import Engine, open_engine
from nearhand.agent.tui.looks import day, lists, shelf
from nearhand.agent.tui.looks.values import Cell, Page, Row
from nearhand.agent.tui.text import content, fitted
from nearhand.connectors.base import Item
from nearhand.models.worker import ScriptedPlanner

from ...e2e.injected import live
from .stage import NOW, home

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "hostile"
SECONDS, MEMORY = 2.0, 256 << 20
AREAS = ("mail", "calendar", "tasks", "contacts", "files")
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="shared/data/hostile is not beside this checkout")


def fill(place: Path) -> None:
    """Every hostile file as a mail, as an event, as a contact and as a file; the naughty strings as names."""
    files = sorted(path for path in SHARED.rglob("*") if path.is_file())
    for folder in ("calendars/hostile", "contacts", "Downloads/hostile"):
        (place / folder).mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(files):
        data = path.read_bytes()
        (place / f"Mail/cur/1772607600.s{number}.home:2,").write_bytes(data)
        (place / f"calendars/hostile/s{number}.ics").write_bytes(data)
        (place / f"contacts/s{number}.vcf").write_bytes(data)
        (place / f"Downloads/hostile/s{number}{path.suffix or '.eml'}").write_bytes(data)
    for number, name in enumerate(json.loads((SHARED / "naughty-strings.json").read_text("utf-8"))):
        raw = name.encode("utf-8", "surrogatepass")
        if raw and b"/" not in raw and b"\0" not in raw and raw not in (b".", b"..") and len(raw) < 250:
            folder = place / "Downloads" / "names" / str(number)
            folder.mkdir(parents=True)
            (folder / os.fsdecode(raw)).write_text(name, errors="replace")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = home(tmp_path_factory.mktemp("shared") / "home")
    fill(made)
    with open_engine(made, NOW, ScriptedPlanner({})) as opened:
        opened.home.fresh(*AREAS)
        yield opened


def plain(cells: Iterable[Cell]) -> None:
    """The cells are drawn as they are, each in one line, whatever the width."""
    for each in cells:
        assert "\n" not in each.text and not live(each.text), ascii(each.text)
        assert content([each]).plain == each.text
        assert {cell_len(fitted(each.text, columns)) for columns in (40, 100)} == {40, 100}, ascii(each.text)


def readable(page: Page) -> None:
    plain([Cell(page.title), *page.lines])
    assert not live(page.copy)


def rows(found: Iterable[Row]) -> None:
    for each in found:
        plain(each.cells)


@pytest.mark.parametrize("area", AREAS)
def test_every_hostile_thing_is_listed_and_read_as_plain_lines(engine: Engine, area: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = engine.home.index.narrow(area, "", 100_000)
    assert len(found) > (0 if area == "tasks" else 100)
    rows(lists.area(engine, area, "", 100_000).rows)
    for item in found:
        begun = time.thread_time()
        readable(_page(engine, item))
        if area == "mail":
            rows(lists.thread(engine, item).rows)
        assert time.thread_time() - begun < SECONDS, item.ref
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10 < MEMORY


def _page(engine: Engine, item: Item) -> Page:
    return shelf.preview(engine, item, 40, 20) if item.connector == "files" else lists.page(engine, item)


def test_every_day_week_and_month_of_the_hostile_calendar_is_drawn(engine: Engine) -> None:
    days = {item.when.date() for item in engine.home.index.narrow("calendar", "", 100_000) if item.when}
    for each in sorted({date(moment.year, moment.month, 1) for moment in days if 1 < moment.year < 9999}):
        begun = time.thread_time()
        for view in ("day", "week", "month"):
            rows(day.agenda(engine, view, each).rows)
        for square in (square for week in day.month(engine, each) for square in week):
            plain(map(Cell, square.titles))
        assert time.thread_time() - begun < SECONDS * 4, each  # four looks


def test_today_the_search_and_the_suggestions_show_them_plainly(engine: Engine) -> None:
    rows(day.today(engine).rows)
    for words in ("a", "e", "script", "evil", "hello", "test"):
        rows(lists.everything(engine, words).rows)
    for action, slot in (("mail.send", "to"), ("files.move", "to"), ("mail.move", "to"), ("calendar.add", "in")):
        plain([Cell(each) for each in lists.suggestions(engine, action, slot)])
