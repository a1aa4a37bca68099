"""Gets an OAuth2 token for an account that is being connected: shows the code, waits, and keeps what comes.

The hosts that give out codes and tokens are reached through a wire of their own, which ends here.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

from nearhand.agent.cli.options import UsageError
from nearhand.agent.cli.session import Session
from nearhand.agent.config.settings import Account
from nearhand.agent.servers import oauth
from nearhand.agent.servers.accounts import Accounts, client_secret_name, token_name
from nearhand.agent.servers.providers import Provider
from nearhand.agent.showing import show
from nearhand.connectors.network.endpoints import Endpoint
from nearhand.connectors.network.web import Web
from nearhand.connectors.network.wire import Wire


def device_token(
    session: Session, options: Namespace, account: Account, provider: Provider | None, accounts: Accounts
) -> Account:
    """The account, told where its token is renewed; the token is in the vault of this run."""
    known = provider.oauth if provider else None
    device = options.device_url or (known.device if known else "")
    token = options.token_url or (known.token if known else "")
    if not device or not token:
        raise UsageError("Where this provider gives out codes is not known. Say it: --device-url URL --token-url URL")
    if not options.client_id:
        where = f" Make one at {known.register}." if known else ""
        raise UsageError(f"OAuth2 needs a client id of your own: --client-id ID.{where}")
    secret = session.ask("Client secret (empty if there is none): ") if session.interactive else ""
    client = oauth.Client(token, options.client_id, secret)
    hosts = [Endpoint.of(device), Endpoint.of(token)]
    web = Web(Wire(hosts, accounts.ledger, account.ca_file), hosts, f"signing in to {account.name}")
    try:
        tokens = _waited(session, web, client, device, options.scope or (known.scope if known else ""))
    finally:
        web.close()
    accounts.vault.set(token_name(account.name), oauth.dumped(tokens))
    if secret:
        accounts.vault.set(client_secret_name(account.name), secret)
    return replace(account, oauth_token=token, oauth_client=options.client_id)


def _waited(session: Session, web: Web, client: oauth.Client, device: str, scope: str) -> oauth.Tokens:
    pending = oauth.start(web, client, device, scope)
    session.warn(f"On any device, open {show.plain(pending.where)} and type this code: {show.plain(pending.user_code)}")
    return oauth.wait(web, client, pending)
