"""What the daemon is put together from on a person's machine; each part is imported when the daemon runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nearhand.agent.config.settings import Config
from nearhand.agent.daemon.notices import Send, there_is_a_desktop
from nearhand.agent.loop import Engine
from nearhand.agent.paths import Profile
from nearhand.agent.planning import start
from nearhand.agent.work import Notify, RuleRunner, Servers, Watcher
from nearhand.models.worker import PlanSource


@dataclass(frozen=True, slots=True)
class Parts:
    """What the daemon is put together from."""

    planner: Callable[[Config], PlanSource]
    watcher: Callable[[Engine], Watcher]
    runner: Callable[[Engine, Notify], RuleRunner]
    servers: Callable[[Profile, Config], Servers | None]
    """Called before the process is sealed."""
    desktop: Callable[[], Send | None]
    """How notices are shown; None where there is no desktop."""


def usual() -> Parts:
    """The real parts."""
    return Parts(start, _watcher, _runner, _servers, _desktop)


def _watcher(engine: Engine) -> Watcher:
    from nearhand.agent.senses.perceive import watcher

    return watcher(engine)


def _runner(engine: Engine, notify: Notify) -> RuleRunner:
    from nearhand.agent.rules.run import runner

    return runner(engine, notify)


def _servers(profile: Profile, config: Config) -> Servers | None:
    if config.privacy.mode == "local":
        return None
    from nearhand.agent.daemon.servers import servers

    return servers(profile, config)


def _desktop() -> Send | None:
    if not there_is_a_desktop():
        return None
    from nearhand.agent.daemon.notices_desktop import send

    return send
