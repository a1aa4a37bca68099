"""From the config to the servers: each account with a wire of its own, its secrets, and its sessions.

A wire reaches the servers of its account and nothing else; every connection stands in the ledger of the profile.
Deliberately not here: what is said to the servers (`connectors/`), and when (`syncing.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar

from nearhand.agent.config.settings import Account, Config
from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile
from nearhand.connectors.errors import SignInError
from nearhand.connectors.network.endpoints import Endpoint, user_in
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire

if TYPE_CHECKING:
    from nearhand.agent.servers.oauth import KeptToken
    from nearhand.agent.servers.vault import Vault
    from nearhand.connectors.dav.client import DavClient
    from nearhand.connectors.imap.session import ImapSession
    from nearhand.connectors.network.web import Web
    from nearhand.connectors.smtp.session import SmtpSession

S = TypeVar("S")
Ask = Callable[[str], str]
"""Shows a prompt and returns what was typed, unseen."""


class Opened(Protocol):
    """What is used of a home."""

    profile: Profile
    config: Config


@dataclass(slots=True)
class OpenAccount:
    """One account, ready to be spoken to; nothing is reached before it is asked for."""

    config: Account
    wire: Wire
    vault: Vault
    address: str
    """The person's own address, where a server is not told another name."""

    @property
    def name(self) -> str:
        return self.config.name

    def login(self, url: str, anew: bool = False) -> Login:
        """Who signs in at a server; raises VaultError and AgentError when what proves it is missing.

        `anew` is for a token that was refused: a clock that is off may take one that has ended for good.
        """
        user = user_in(url) or self.address
        if self.config.oauth_token:
            return Login(user, token=self.token()(anew))
        secret = self.vault.get(password_name(self.name))
        if secret is None:
            raise AgentError(f"There is no password for the account {self.name} yet. Run: nearhand connect mail")
        return Login(user, secret)

    def token(self) -> KeptToken:
        """The OAuth2 token of the account."""
        from nearhand.agent.servers.oauth import Client, KeptToken

        secret = self.vault.get(client_secret_name(self.name)) or ""
        client = Client(self.config.oauth_token, self.config.oauth_client, secret)
        return KeptToken(self.vault, token_name(self.name), lambda: self.web("renewing the sign-in"), client)

    def imap(self) -> ImapSession:
        """A signed-in session with the mail server."""
        from nearhand.connectors.imap.session import ImapSession

        def enter(login: Login) -> ImapSession:
            return ImapSession(self.wire, Endpoint.of(self.config.imap), login, f"mail of {self.name}")

        return self._signed_in(self.config.imap, enter)

    def smtp(self) -> SmtpSession:
        """A signed-in session with the server that takes mail to be sent."""
        from nearhand.connectors.smtp.session import SmtpSession

        def enter(login: Login) -> SmtpSession:
            return SmtpSession(self.wire, Endpoint.of(self.config.smtp), login, f"sending mail of {self.name}")

        return self._signed_in(self.config.smtp, enter)

    def _signed_in(self, url: str, enter: Callable[[Login], S]) -> S:
        """A password is tried once, since more tries could lock the account; a token that is refused is renewed."""
        try:
            return enter(self.login(url))
        except SignInError:
            if not self.config.oauth_token:
                raise
            return enter(self.login(url, anew=True))

    def dav(self, kind: str) -> DavClient | None:
        """The server of calendars ("c") or contacts ("r"); None if the account has none."""
        url = self.dav_url(kind)
        if not url:
            return None
        from nearhand.connectors.dav.client import DavClient

        return DavClient(url, self.web(f"{'calendar' if kind == 'c' else 'contacts'} of {self.name}", url))

    def dav_url(self, kind: str) -> str:
        """Where calendars ("c") or contacts ("r") are; "" if the account has none."""
        return self.config.caldav if kind == "c" else self.config.carddav or self.config.caldav

    def web(self, purpose: str, url: str = "") -> Web:
        """A session over HTTP; signed in at the server of a URL, or for nobody."""
        from nearhand.connectors.network.web import Web
        from nearhand.connectors.network.web_sign import Password, Token

        if not url:
            return Web(self.wire, self._hosts(), purpose)
        if self.config.oauth_token:
            return Web(self.wire, [Endpoint.of(url)], purpose, Token(self.token()))
        login = self.login(url)
        return Web(self.wire, [Endpoint.of(url)], purpose, Password(login.user, login.password))

    def _hosts(self) -> list[Endpoint]:
        return [Endpoint.of(url) for url in self.config.urls if url.startswith("http")]


class Accounts:
    """All accounts of a profile; their secrets are asked for when the first is spoken to."""

    def __init__(self, profile: Profile, config: Config, vault: Callable[[], Vault]) -> None:
        self.profile, self.config = profile, config
        self._vault = vault
        self.ledger = NetworkLedger(profile.network)

    @cached_property
    def vault(self) -> Vault:
        """Where the secrets are."""
        return self._vault()

    @cached_property
    def all(self) -> tuple[OpenAccount, ...]:
        """Every account of the config, in its order."""
        return tuple(self.open(account) for account in self.config.accounts)

    def unlock(self) -> Accounts:
        """Look every secret up now, before this process is sealed and the keyring is out of reach."""
        from nearhand.agent.servers.vault import RememberedVault

        kinds = (password_name, token_name, client_secret_name)
        names = [name(each.name) for each in self.config.accounts for name in kinds]
        if names:
            self.vault = RememberedVault(self.vault, names)
        return self

    def open(self, account: Account) -> OpenAccount:
        """One account, whether the config has it already or not."""
        wire = Wire((Endpoint.of(url) for url in account.urls), self.ledger, account.ca_file)
        return OpenAccount(account, wire, self.vault, self.config.me.email)

    def chosen(self, name: str) -> tuple[OpenAccount, ...]:
        """The account of a name, all of them for ""; raises AgentError if there is none."""
        if self.config.privacy.mode == "local" or not self.config.accounts:
            raise AgentError("No account is connected, so there is nothing to synchronize. Run: nearhand connect mail")
        found = tuple(each for each in self.all if not name or each.name.casefold() == name.casefold())
        if not found:
            known = ", ".join(each.name for each in self.all)
            raise AgentError(f"There is no account called “{name}”. There are: {known}.")
        return found


def open_accounts(home: Opened, ask: Ask | None = None) -> Accounts:
    """The accounts of a home; `ask` is for the passphrase or the passwords that are kept nowhere."""
    return accounts_of(home.profile, home.config, ask)


def accounts_of(profile: Profile, config: Config, ask: Ask | None = None) -> Accounts:
    """The accounts of a profile that is not opened."""

    def vault() -> Vault:
        from nearhand.agent.servers.vault import open_vault

        return open_vault(profile, config.privacy.secrets, ask)

    return Accounts(profile, config, vault)


def password_name(account: str) -> str:
    """The name under which the password of an account is kept."""
    return f"{account}/password"


def token_name(account: str) -> str:
    """The name under which the token of an account is kept."""
    return f"{account}/oauth"


def client_secret_name(account: str) -> str:
    """The name under which the secret of an OAuth2 client is kept."""
    return f"{account}/oauth-secret"
