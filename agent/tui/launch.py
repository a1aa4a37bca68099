"""Starts the app for the command line, in this terminal or in a browser on this machine alone."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import stat
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile

if TYPE_CHECKING:
    from nearhand.agent.config.settings import Config
    from nearhand.agent.daemon.door import Door
    from nearhand.agent.daemon.remote import Remote
    from nearhand.agent.loop import Engine
    from nearhand.agent.tui.service import Find
    from nearhand.models.worker import PlanSource

Progress = Callable[[str, int, int], None]
_PORT = 8417


class Start(Protocol):
    """What the command line knows (`cli_session.Session`)."""

    opener: Callable[[Path | None, datetime | None, PlanSource | None, Progress | None], AbstractContextManager[Engine]]
    profile: Path | None
    now: datetime | None


def app(session: Start, options: Namespace) -> int:
    """Open the app in this terminal."""
    from nearhand.agent.daemon.door import start

    gc.disable()  # until the first frame: what is imported stays, and a fifth of the start is looking for garbage
    profile = Profile(session.profile)
    door = None if session.now else start(profile.socket)  # a small process yet; the service knows no time but now
    from nearhand.agent.tui.unlocked import unlocked

    config = _config(profile)
    keys = unlocked(profile, config)  # while the app is imported
    from nearhand.agent.tui.app import NearhandApp
    from nearhand.agent.tui.settings import load

    if keys is not None:
        keys.wait()
    loop = _sealed_loop(config, () if door is None else (door.fileno(),))
    made = NearhandApp(
        lambda progress: _opened(session, profile, progress),
        profile,
        load(profile),
        session.now,
        _finder(door) if door else None,
        keys,
    )
    made.run(loop=loop)
    if door is not None:
        door.close()
    return made.return_code or 0


def _opened(session: Start, profile: Profile, progress: Progress) -> AbstractContextManager[Engine]:
    """The engine; its model loads at once, unless the background service is likely to have one."""
    from nearhand.agent.config.settings import load
    from nearhand.agent.planning import start
    from nearhand.agent.tui.planner import OwnModel

    planner = OwnModel(lambda: start(load(profile)))
    if session.now or not profile.socket.exists():
        planner.wake()
    return session.opener(session.profile, session.now, planner, progress)


def _finder(door: Door) -> Find:
    """Connects to the background service through the door."""

    def find(progress: Progress | None) -> Remote | None:
        from nearhand.agent.daemon.remote import Remote  # not before the first frame

        channel = door.connect()
        return Remote(channel, progress) if channel else None

    return find


def _config(profile: Profile) -> Config:
    from nearhand.agent.config.settings import Config, load

    try:
        return load(profile)
    except AgentError:
        return Config()  # the app says what is wrong with it


def _sealed_loop(config: Config, keep: Iterable[int] = ()) -> asyncio.AbstractEventLoop:
    """The app's event loop, made just before the seal; of all sockets only those it wakes itself with stay open."""
    from nearhand.agent.privacy.sealing import seal_engine

    before = _sockets()
    loop = asyncio.new_event_loop()
    seal_engine(config, (*keep, *(_sockets() - before)))
    return loop


def _sockets() -> frozenset[int]:
    """The descriptors of this process that are sockets."""
    found = []
    for handle in range(256):
        with suppress(OSError):
            found += [handle] if stat.S_ISSOCK(os.fstat(handle).st_mode) else []
    return frozenset(found)


def serve(session: Start, options: Namespace) -> int:
    """Show the app in a browser: on 127.0.0.1 only, behind a token, while this runs."""
    if find_spec("textual_serve") is None:
        raise AgentError("The browser needs textual-serve. Install it with: pip install textual-serve")
    from nearhand.agent.tui.web import run

    command = [sys.executable, "-m", "nearhand.agent.cli.main"]
    command += ["--profile", str(session.profile.absolute())] if session.profile else []
    command += ["--now", session.now.isoformat()] if session.now else []
    token = secrets.token_urlsafe(24)
    port = int(os.environ.get("NEARHAND_PORT", _PORT))
    print(f"Open http://127.0.0.1:{port}/?token={token} (only this machine can). Ctrl+C ends it.", flush=True)
    run(command, port, token)
    return 0
