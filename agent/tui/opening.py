"""What is told when a profile was opened or could not be, and when a request came to nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from nearhand.agent.tui.looks.values import Facts

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine
    from nearhand.agent.reply import Reply


def failure(text: str, error: Exception | None = None) -> Reply:
    """The reply to what came to nothing."""
    from nearhand.agent.reply import Reply, Status

    return Reply(Status.FAILED, text, sentence(error) if error else "")


def facts_of(engine: Engine, fixed: datetime | None) -> Facts:
    """What the app keeps at hand about an open profile."""
    from nearhand.agent.effects.records import Kind

    home = engine.home
    asked = (entry.turn.request for entry in engine.entries(100) if entry.turn.kind is Kind.REQUEST)
    config = engine.config
    return Facts(
        config.me.name, config.privacy.mode, config.me.timezone, home.clock.now, fixed is not None,
        frozenset(home.connectors), config.me.week_start, tuple(reversed(list(dict.fromkeys(asked)))),
    )  # fmt: skip


def no_profile_yet(error: Exception) -> bool:
    """Whether there is no config, so that it is time for the first steps."""
    from nearhand.agent.config.settings import ConfigError

    return isinstance(error, ConfigError) and isinstance(error.__cause__ or error.__context__, FileNotFoundError)


def sentence(error: Exception) -> str:
    """An error for the person."""
    from nearhand.agent.effects.outcomes import words

    return words(error)
