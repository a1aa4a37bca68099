"""The daemon's hold on the person's accounts: waits for news of every inbox, and synchronizes when it is told to.

The secrets are looked up once, before the process is sealed; a keyring that is locked then stays out of reach, and the
person is told how to go on. Deliberately not here: when to synchronize (`daemon/sync.py`) and how (`syncing.py`).
"""

from __future__ import annotations

import logging
import threading
from contextlib import AbstractContextManager

from nearhand.agent.config.settings import Config
from nearhand.agent.daemon.log import NAME
from nearhand.agent.errors import AgentError
from nearhand.agent.loop import Engine, open_engine
from nearhand.agent.paths import Profile
from nearhand.agent.servers.accounts import Accounts, OpenAccount, accounts_of
from nearhand.agent.servers.sync_parts import Wish, outcome
from nearhand.agent.servers.syncing import sync
from nearhand.agent.work import Put, Servers
from nearhand.connectors.errors import NearhandError
from nearhand.connectors.imap.watch import watch
from nearhand.models.worker import ScriptedPlanner

_LOG = logging.getLogger(NAME)


def servers(profile: Profile, config: Config) -> Servers | None:
    """The accounts of a config, their secrets at hand; None in `local` mode. To be called before the seal."""
    if config.privacy.mode == "local" or not config.accounts:
        return None
    try:
        return AccountServers(accounts_of(profile, config).unlock())
    except NearhandError as error:
        return OutOfReach(f"{error} Then: nearhand daemon stop, and nearhand daemon start.")


class AccountServers:
    """Accounts that can be signed in to."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, put: Put) -> None:
        """Wait for news of every inbox, each in a thread of its own."""
        for account in self._accounts.all:
            if account.config.imap:
                self._threads.append(threading.Thread(target=self._wait, args=(account, put), name="nearhand-idle"))
                self._threads[-1].start()

    def stop(self) -> None:
        """Hang up everywhere."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def sync(self) -> str:
        """Bring all into step and hand over what is due in the Outbox; raises AgentError with what is wrong."""
        with self._engine() as engine:
            parts = sync(self._accounts, Wish(), engine)
        troubles = [trouble for part in parts for trouble in part.troubles]
        if troubles:
            more = f" And {len(troubles) - 1} more: nearhand sync shows them." if len(troubles) > 1 else ""
            raise AgentError(f"{troubles[0]}{more}")
        return outcome(parts)

    def _engine(self) -> AbstractContextManager[Engine]:
        return open_engine(self._accounts.profile.folder, None, ScriptedPlanner({}))

    def _wait(self, account: OpenAccount, put: Put) -> None:
        try:
            watch(account.imap, put, self._stop)
        except Exception as error:  # the next sync meets the same and tells it
            _LOG.warning("waiting for news ended: %s", type(error).__name__)
            put()


class OutOfReach:
    """Accounts whose secrets cannot be had."""

    def __init__(self, why: str) -> None:
        self._why = why

    def start(self, put: Put) -> None:
        """There is nobody to wait for."""

    def stop(self) -> None:
        """Nothing is open."""

    def sync(self) -> str:
        """Say why there is no sync."""
        raise AgentError(self._why)
