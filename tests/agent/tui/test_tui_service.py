"""The app as a client of the background service: real daemons in processes of their own, real keys, one profile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from nearhand.agent.daemon.remote import connect
from nearhand.agent.paths import Profile
from nearhand.agent.policy import grants
from nearhand.agent.tui import service
from nearhand.agent.tui.app import NearhandApp

from ..daemon.daemon_world import make_home, process
from .stage import Stage, press, running, say, settled, text

PACK, BIN, ALL, WHERE = "pack the notes", "bin the notes", "bin them all", "where are the notes?"
RULE = "whatever turns up in Inbox is moved to Bills"
PLANS = {
    PACK: 'files.zip what="notes" name="notes"',
    BIN: 'files.trash what="notes"',
    ALL: 'files.trash what="page"',
    WHERE: 'files.find what="notes"',
    RULE: 'rules.add event=file in="Inbox" ; files.move what=$1 to="Bills"',
}


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits three seconds for a service to be noticed."""
    monkeypatch.setattr(service, "_LOOK_EVERY", 0.05)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """An app that has no plans of its own: what it plans has come from the service."""
    folder = make_home(tmp_path / "p")
    return Stage(folder, {}, now=None, find=lambda progress: connect(folder, progress))


def notes(stage: Stage) -> Path:
    return stage.profile / "Documents" / "notes.txt"


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Wait until something holds, while the app goes on."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, text(pilot.app) if isinstance(pilot.app, NearhandApp) else "it never happened"
        await pilot.pause(0.02)
    await settled(pilot)


async def joined(app: NearhandApp, pilot: Pilot[None]) -> None:
    """Wait until the app knows of the service."""
    await until(pilot, lambda: app.served)


def words(app: NearhandApp) -> str:
    """What is on the screen, wherever its lines were broken."""
    return " ".join(text(app).split())


async def test_a_request_its_yes_and_its_undo_go_through_the_service(stage: Stage) -> None:
    with process(stage.profile, PLANS):
        async with running(stage) as (app, pilot):
            await joined(app, pilot)
            assert "● local · service" in text(app)
            await say(pilot, BIN)
            assert app.desk.deciding and "notes.txt" in text(app) and notes(stage).exists()
            await press(pilot, "a")
            assert not notes(stage).exists() and "Ctrl+Z" in text(app)
            await press(pilot, "ctrl+z")
            assert notes(stage).exists()
            await press(pilot, "ctrl+y")
            assert not notes(stage).exists()


async def test_a_no_an_edit_and_always_mean_what_they_mean_alone(stage: Stage) -> None:
    (stage.profile / "Documents/letter.txt").write_text("dear\n")
    with process(stage.profile, PLANS):
        async with running(stage) as (app, pilot):
            await joined(app, pilot)
            await say(pilot, BIN)
            await press(pilot, "r")
            assert notes(stage).exists() and "nothing was done" in text(app)
            await say(pilot, BIN)
            await press(pilot, "down", "e")
            line = app.talk.card.lines[0].line if app.talk.card else None
            assert line is not None and line.value == "notes"
            line.value = "letter"
            await press(pilot, "enter")
            assert app.desk.deciding and "letter.txt" in text(app)
            await press(pilot, "A")
            assert notes(stage).exists() and not (stage.profile / "Documents/letter.txt").exists()
            now = stage.engine.home.clock.now if stage.engine else None
            assert now is not None and {each.action for each in grants.valid(Profile(stage.profile), now)} == {"files.trash"}
            await say(pilot, BIN)
            assert not notes(stage).exists() and not app.desk.deciding


async def test_things_that_were_pointed_at_and_what_waits_are_done_by_the_service(stage: Stage) -> None:
    with process(stage.profile, PLANS):
        async with running(stage) as (app, pilot):
            await joined(app, pilot)
            await press(pilot, "escape", "4", "d")
            assert app.desk.deciding and "notes.txt" in text(app)
            await press(pilot, "a")
            assert not notes(stage).exists()
            await press(pilot, "escape", "ctrl+z")
            assert notes(stage).exists()
            remote = connect(stage.profile)
            assert remote is not None
            remote.do(BIN)  # asked elsewhere, where nobody could say yes
            remote.close()
            await until(pilot, lambda: "1 waits" in text(app))
            await press(pilot, "5", "w")
            assert not notes(stage).exists() and "waits" not in text(app).split("\n")[0]


async def test_escape_stops_the_service_in_the_middle(tmp_path: Path) -> None:
    folder = make_home(tmp_path / "p", pages=400)
    stage = Stage(folder, {}, now=None, find=lambda progress: connect(folder, progress))
    left = lambda: len(list((folder / "Documents").iterdir()))  # noqa: E731
    with process(folder, PLANS):
        async with running(stage) as (app, pilot):
            await joined(app, pilot)
            await say(pilot, ALL)
            await pilot.press("a")
            while left() > 390:
                await asyncio.sleep(0.001)
            app.desk.stop()
            await settled(pilot)
            assert 10 < left() < 391 and "You stopped it" in words(app)
            await press(pilot, "ctrl+z")
            assert left() == 401


async def test_a_service_that_is_killed_is_told_of_and_the_app_goes_on_alone(stage: Stage) -> None:
    stage.plans = dict(PLANS)
    with process(stage.profile, PLANS) as daemon:
        async with running(stage) as (app, pilot):
            await joined(app, pilot)
            await say(pilot, BIN)
            assert app.desk.deciding
            daemon.kill()
            await until(pilot, lambda: not app.served and not app.desk.deciding)
            assert "works alone" in words(app) and notes(stage).exists() and app.waiting == 1
            await say(pilot, BIN)
            await press(pilot, "a")
            assert not notes(stage).exists()
            await press(pilot, "ctrl+z")
            assert notes(stage).exists()


async def test_a_service_that_is_killed_while_it_acts_leaves_what_can_be_undone(tmp_path: Path) -> None:
    folder = make_home(tmp_path / "p", pages=400)
    stage = Stage(folder, dict(PLANS), now=None, find=lambda progress: connect(folder, progress))
    pages = folder / "Documents"
    with process(folder, PLANS) as daemon:
        async with running(stage) as (app, pilot):
            await joined(app, pilot)
            await say(pilot, ALL)
            await pilot.press("a")
            while len(list(pages.iterdir())) > 390:
                await asyncio.sleep(0.001)
            daemon.kill()
            await until(pilot, lambda: not app.served and not app.desk.working)
            assert "ended in the middle" in words(app) and 10 < len(list(pages.iterdir())) < 391
            await press(pilot, "ctrl+z")
            assert len(list(pages.iterdir())) == 401


async def test_a_service_that_comes_later_is_used_from_then_on(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await say(pilot, WHERE)
        assert "No plan is written down" in text(app) and not app.served
        with process(stage.profile, PLANS):
            await joined(app, pilot)
            assert "Requests go to it" in words(app)
            await say(pilot, WHERE)
            assert "notes.txt" in text(app)


async def test_a_service_of_another_version_is_told_of_once_and_not_used(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.plans = dict(PLANS)
    with process(stage.profile, {}):
        monkeypatch.setattr("nearhand.agent.daemon.remote.version", lambda: "9.0")
        async with running(stage) as (app, pilot):
            await until(pilot, lambda: "older" in words(app))
            await asyncio.sleep(0.3)
            await settled(pilot)
            assert words(app).count("Restart it") == 1 and not app.served
            await say(pilot, WHERE)
            assert "notes.txt" in text(app)


async def test_what_a_rule_does_is_seen_without_a_key(stage: Stage) -> None:
    inbox = stage.profile / "Documents/Inbox"
    inbox.mkdir()
    (stage.profile / "Documents/Bills").mkdir()
    with process(stage.profile, PLANS, rules=True):
        async with running(stage, (110, 30)) as (app, pilot):
            await joined(app, pilot)
            await say(pilot, RULE)
            assert app.desk.deciding, text(app)
            await press(pilot, "a")
            await press(pilot, "escape", "5")
            (inbox / "water.txt").write_text("42\n")
            await until(pilot, lambda: "did its work" in words(app) and text(app).count("whatever turns up in Inbo") > 1)
            await press(pilot, "up")
            assert "✓ Move water.txt" in words(app)
            assert (stage.profile / "Documents/Bills/water.txt").exists()
            assert not inbox.joinpath("water.txt").exists()
            await press(pilot, "6", "u")
            assert inbox.joinpath("water.txt").exists()
