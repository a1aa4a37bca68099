"""A sample home with a fixed clock and written plans, the app on it, and the ways to wait for it."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from textual.pilot import Pilot

from nearhand.agent import sample
from nearhand.agent.loop import Engine, open_engine
from nearhand.agent.paths import Profile
from nearhand.agent.tui.app import NearhandApp
from nearhand.agent.tui.desk import Progress
from nearhand.agent.tui.hands import Open
from nearhand.agent.tui.service import Find
from nearhand.agent.tui.settings import Settings
from nearhand.agent.tui.widgets.card import PlanCard
from nearhand.models.worker import ScriptedPlanner

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
FILE = "put the scans into Receipts"
LUNCH = "lunch with Olga on Friday at noon"
ANSWER = "tell Viktor the offer comes tomorrow"
ASK = "tell Max I am late"
LOOK = "what is on tomorrow?"
RULE = "from now on move newsletters to Later"
_ROUND, _STILL = 0.02, 5
"""Seconds of a round (a screen is laid out every 60th of a second), and how many without a change are enough."""
BOTH = "rename the floor plan to Flat and move the dentist an hour later"
PLANS = {
    FILE: 'files.move what="scans" to="Receipts"',
    LUNCH: 'calendar.add who="Olga" when="on Friday at noon" name="lunch"',
    ANSWER: 'mail.send to="Viktor" say="the offer comes tomorrow"',
    ASK: 'mail.send to="Max" say="I am late"',
    LOOK: 'calendar.find when="tomorrow"',
    RULE: 'rules.add event=mail kind=newsletter ; mail.move what=$1 to="Later"',
    BOTH: 'files.rename what="floor plan" name="Flat" ; calendar.move what="dentist" by="an hour later"',
}


def home(folder: Path) -> Path:
    """The sample home."""
    return sample.build(folder, NOW)


@contextmanager
def same_place() -> Iterator[Path]:
    """A home that lies where it lay the last time, so that pictures of it are the same."""
    folder = Path("/tmp/nearhand-screens")  # not TMPDIR, which is another one elsewhere
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever else runs these tests on this machine waits
        shutil.rmtree(folder, ignore_errors=True)
        try:
            yield home(folder / "robin")
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Stage:
    """The app on a home; `engine` is there once it is open."""

    profile: Path
    plans: dict[str, str] = field(default_factory=lambda: dict(PLANS))
    settings: Settings = field(default_factory=Settings)
    confidence: float = 1.0
    prepare: Callable[[Engine], None] = lambda engine: None
    now: datetime | None = NOW
    """The clock that stands still; None is the real one."""
    find: Find | None = None
    """Connects to the background service, if it is to be used."""
    accounts: Open | None = None
    """The person's accounts, if any is connected."""
    engine: Engine | None = None

    @contextmanager
    def open(self, progress: Progress) -> Iterator[Engine]:
        with open_engine(self.profile, self.now, ScriptedPlanner(self.plans, self.confidence), progress) as engine:
            self.engine = engine
            self.prepare(engine)
            yield engine

    def app(self) -> NearhandApp:
        PlanCard.GRACE = 0.0
        made = NearhandApp(self.open, Profile(self.profile), self.settings, self.now, self.find, self.accounts)
        made.animation_level = "none"
        return made


@asynccontextmanager
async def running(stage: Stage, size: tuple[int, int] = (100, 30)) -> AsyncIterator[tuple[NearhandApp, Pilot[None]]]:
    """The app, running and settled."""
    app = stage.app()
    async with app.run_test(size=size, notifications=True) as pilot:
        await settled(pilot)
        yield app, pilot


async def settled(pilot: Pilot[None]) -> None:
    """Wait until the engine has nothing left to do and the screen has shown it for a while.

    A process that gets no processor looks idle, so this counts rounds in which every message was handled and nothing
    changed, and asks no clock.
    """
    app, still, before = pilot.app, 0, ""
    assert isinstance(app, NearhandApp)
    for _ in range(3000):
        await pilot.pause(_ROUND)
        quiet = app.desk.idle and not any(each.is_running for each in app.workers)
        shown = text(app) if quiet else ""
        still = still + 1 if quiet and shown == before else 0
        before = shown
        if still >= _STILL:
            return
    raise AssertionError("the engine is still busy after a long time")


async def say(pilot: Pilot[None], text: str) -> None:
    """Type a request and wait for what comes of it."""
    app = pilot.app
    assert isinstance(app, NearhandApp)
    app.prompt.line.focus()
    app.prompt.line.value = text
    await pilot.press("enter")
    await settled(pilot)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, each when it is seen what the one before has led to."""
    for key in keys or ("",):
        await pilot.press(*filter(None, (key,)))
        await settled(pilot)


def text(app: NearhandApp) -> str:
    """What is on the screen, as text."""
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())
