"""The app with an account: real servers over TLS, a sync from the palette, a lost server, and mail that goes by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from nearhand.agent.config.settings import load
from nearhand.agent.paths import Profile
from nearhand.agent.servers.accounts import Accounts
from nearhand.agent.tui.unlocked import Unlocked, unlocked

from ...servers.dovecot import Dovecot
from ...servers.submission import Submission
from ..servers.test_sync_whole import OnePassword, profile, send, servers
from .stage import Stage, home, press, running, settled, text

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")
__all__ = ["servers"]
Servers = tuple[Dovecot, Submission, Path]


@pytest.fixture
def stage(tmp_path: Path, servers: Servers) -> Stage:
    place = profile(tmp_path / "home", *servers)
    opened: Any = Accounts(place, load(place), lambda: OnePassword())  # type: ignore[arg-type, return-value]
    with opened.all[0].imap() as session:
        session.append("INBOX", b"Subject: Hello\nMessage-ID: <1@x>\n\nHi there\n", "", datetime.now(UTC))
    return Stage(place.folder, {}, now=None, accounts=lambda: opened)


def words(stage: Any) -> str:
    return " ".join(text(stage).split())


async def synchronized(pilot: Pilot[None]) -> None:
    """Choose it in the palette, as a person does."""
    await press(pilot, "ctrl+p")
    await press(pilot, *"synchr", "enter")
    await settled(pilot)


async def test_a_sync_from_the_palette_brings_the_mail(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        await synchronized(pilot)
        assert "change" in words(app) and "made." in words(app)
        await press(pilot, "escape", "2")
        assert "Hello" in text(app)


async def test_a_server_that_is_gone_is_named_and_what_was_there_stays(stage: Stage, servers: Servers) -> None:
    async with running(stage) as (app, pilot):
        await synchronized(pilot)
        servers[0].stop()
        await synchronized(pilot)
        assert "127.0.0.1" in words(app) and "Ctrl+Z" not in text(app)
        await press(pilot, "escape", "2")
        assert "Hello" in text(app)
        servers[0].start()
        await synchronized(pilot)
        assert "Everything is in step." in words(app)


async def test_a_mail_whose_hold_is_over_goes_by_itself_once_and_that_is_told(stage: Stage, servers: Servers) -> None:
    stage.prepare = send
    async with running(stage) as (app, pilot):
        for _ in range(2):
            app.send_what_is_due()
            await settled(pilot)
        assert len(servers[1].got) == 1 and words(app).count("Sent “Plan”.") == 1


async def test_a_mail_that_the_server_refuses_is_told_once_and_is_still_there(stage: Stage, servers: Servers) -> None:
    servers[1].answers["RCPT"] = "550 no such person"
    stage.prepare = send
    async with running(stage) as (app, pilot):
        for _ in range(2):
            app.send_what_is_due()
            await settled(pilot)
        assert words(app).count("did not go") == 1 and servers[1].got == []
        await press(pilot, "escape", "7")
        assert "Plan" in text(app) and "refused" in text(app)


async def test_escape_stops_a_sync_and_says_what_holds(stage: Stage) -> None:
    async with running(stage) as (app, pilot):
        shown = app.desk.told

        def told(what: str, done: int, total: int) -> None:
            app.desk.stop()
            shown(what, done, total)

        app.desk.told = told  # type: ignore[method-assign]
        await synchronized(pilot)
        assert "You stopped it. What is in step already stays so" in words(app)


async def test_without_an_account_there_is_nothing_to_synchronize(tmp_path: Path) -> None:
    async with running(Stage(home(tmp_path / "home"))) as (app, pilot):
        await synchronized(pilot)
        assert "No account is connected" in words(app)


def test_secrets_are_looked_up_ahead_and_a_closed_vault_is_named(tmp_path: Path) -> None:
    place = Profile(home(tmp_path / "home"))
    assert unlocked(place, load(place)) is None
    config = place.config.read_text()
    account = '\n[privacy]\nmode = "accounts"\nsecrets = "ask"\n[[account]]\nname = "work"\nimap = "imaps://robin@127.0.0.1:9"\n'
    place.config.write_text(config + account)
    keys = Unlocked(place, load(place))
    keys.wait()
    with pytest.raises(Exception, match=r"nobody can be asked here.*nearhand sync"):
        keys()
