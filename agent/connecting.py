"""The connectors that a config names; each is imported only if it is used."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from nearhand.agent.config.settings import Config
from nearhand.agent.paths import Profile
from nearhand.connectors.base import Connector, Person

if TYPE_CHECKING:
    from nearhand.agent.home import Home


def connectors(profile: Profile, config: Config, home: Home) -> list[Connector]:
    """Everything the person connected, and the rules."""
    made: list[Connector] = []
    me, zone = Person(config.me.name, config.me.email), ZoneInfo(config.me.timezone)
    if config.files and config.files.roots:
        from nearhand.connectors.files.connector import FilesConnector

        made.append(FilesConnector([Path(root) for root in config.files.roots], profile.trash, home.reads))
    if config.mail:
        from nearhand.connectors.mail.connector import MailConnector

        made.append(MailConnector(Path(config.mail.maildir), me, zone, home.reads))
    if config.calendar:
        from nearhand.connectors.vdir.calendars import CalendarConnector
        from nearhand.connectors.vdir.tasks import TaskConnector

        root = Path(config.calendar.vdir)

        def now() -> datetime:
            return home.clock.now.astimezone(UTC)

        made.append(CalendarConnector(root, config.calendar.default, me, zone, now, home.reads))
        made.append(TaskConnector(root, config.calendar.default, zone, now, home.reads))
    if config.contacts:
        from nearhand.connectors.vdir.contacts import ContactConnector

        made.append(ContactConnector(Path(config.contacts.vdir), me, reads=home.reads))
    from nearhand.agent.rules.connector import RulesConnector
    from nearhand.agent.rules.held import HeldConnector

    rules = RulesConnector(profile.rules, lambda: home.clock.now.replace(microsecond=0))
    return [*made, rules, HeldConnector(profile.watch, profile.rules / ".go")]
