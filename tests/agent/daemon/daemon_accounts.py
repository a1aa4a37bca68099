"""A whole daemon, with the person's rules and accounts, as a process that can be killed; only the vault is given:

    python daemon_accounts.py PROFILE PASSWORD

A server that does not answer is tried again at once and not after minutes, so that the tries of an hour fit in a test.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from nearhand.agent.config.settings import Config
from nearhand.agent.daemon import parts, sync
from nearhand.agent.daemon.main import Daemon
from nearhand.agent.daemon.servers import AccountServers
from nearhand.agent.paths import Profile
from nearhand.agent.servers.accounts import Accounts
from nearhand.agent.work import Servers
from nearhand.connectors.imap import watch
from nearhand.models.worker import ScriptedPlanner


class OnePassword:
    """A vault in which everything is the same."""

    def get(self, name: str) -> str:
        return sys.argv[2]


def _servers(profile: Profile, config: Config) -> Servers:
    return AccountServers(Accounts(profile, config, OnePassword))  # type: ignore[arg-type]


if __name__ == "__main__":
    watch._FIRST_PAUSE = sync._FIRST_PAUSE = 0.1
    watch._LONGEST_PAUSE = sync._LONGEST_PAUSE = 0.5
    made = replace(parts.usual(), planner=lambda config: ScriptedPlanner({}), servers=_servers, desktop=lambda: None)
    Daemon(Profile(Path(sys.argv[1])), made).run()
