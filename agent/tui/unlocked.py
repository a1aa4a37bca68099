"""The person's accounts for this window: their secrets are looked up before the process is sealed, out of the way.

A keyring is out of reach afterwards. While the background service runs it speaks to the servers instead. Deliberately
not here: what is said to them (`hands.py`).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from nearhand.agent.errors import AgentError

if TYPE_CHECKING:
    from nearhand.agent.config.settings import Config
    from nearhand.agent.paths import Profile
    from nearhand.agent.servers.accounts import Accounts

_SECONDS = 20.0
"""How long a keyring may take before the app opens without it."""


class Unlocked:
    """The accounts of a profile, or why they cannot be signed in to."""

    def __init__(self, profile: Profile, config: Config) -> None:
        self._accounts: Accounts | None = None
        self._why = "The keyring did not answer."
        self._thread = threading.Thread(target=self._look, args=(profile, config), name="nearhand keyring", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until everything is looked up; to be called before the seal."""
        self._thread.join(_SECONDS)

    def __call__(self) -> Accounts:
        """The accounts; raises AgentError with what stands in the way."""
        if self._accounts is None:
            raise AgentError(f"{self._why} Another terminal can: nearhand sync")
        return self._accounts

    def _look(self, profile: Profile, config: Config) -> None:
        from nearhand.agent.effects.outcomes import words
        from nearhand.agent.servers.accounts import accounts_of

        try:
            self._accounts = accounts_of(profile, config).unlock()
        except Exception as error:  # each keyring has errors of its own
            self._why = words(error)


def unlocked(profile: Profile, config: Config) -> Unlocked | None:
    """Begin to look the secrets up; None where no account is connected."""
    if config.privacy.mode == "local" or not config.accounts:
        return None
    return Unlocked(profile, config)
