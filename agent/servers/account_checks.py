"""Tries an account out, step by step: is the server there, can it prove who it is, does it let us in, what is there.

Each step says in plain words what was found, or what failed and what to try. Deliberately not here: asking the person,
and writing anything down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nearhand.agent.servers.accounts import OpenAccount
from nearhand.agent.servers.providers import Provider, provider_at
from nearhand.connectors.errors import (
    ConnectorError,
    ElsewhereError,
    NearhandError,
    NetworkError,
    NotFoundError,
    SignInError,
    TrustError,
)
from nearhand.connectors.network.endpoints import Endpoint


@dataclass(frozen=True, slots=True)
class Check:
    """What one step found."""

    step: str
    """What was tried: "mail server imap.example:993: reach it"."""
    ok: bool
    said: str
    advice: str = ""
    """What to try, if it failed."""
    elsewhere: str = ""
    """The address that the server named instead of its own, if it is not on the list."""
    needed: bool = True
    """Whether the account is of no use without it."""
    sign_in: bool = False
    """Whether it failed because the name or the password is wrong."""


def checks(account: OpenAccount) -> Iterator[Check]:
    """Try every server of an account; a server that fails is not asked further."""
    config = account.config
    if config.imap:
        yield from _server(account, config.imap, "mail server", lambda: _mailboxes(account))
    if config.smtp:
        yield from _server(account, config.smtp, "server for sending", lambda: _sending(account))
    if config.caldav:
        yield from _server(account, config.caldav, "calendar server", lambda: _collections(account, "c"))
    if config.carddav:
        yield from _server(account, config.carddav, "contacts server", lambda: _collections(account, "r"))
    elif config.caldav:
        found = list(_server(account, config.caldav, "contacts", lambda: _collections(account, "r"), reach=False))
        yield from (each for each in found if each.ok)


def _server(
    account: OpenAccount, url: str, what: str, sign_in: Callable[[], str], reach: bool = True
) -> Iterator[Check]:
    endpoint = Endpoint.of(url)
    if reach:
        first = _tried(f"{what} {endpoint}: reach it", lambda: _reach(account, endpoint), endpoint)
        yield first
        if not first.ok:
            return
    yield _tried(f"{what} {endpoint}: sign in", sign_in, endpoint)


def _tried(step: str, act: Callable[[], str], endpoint: Endpoint) -> Check:
    try:
        return Check(step, True, act())
    except ElsewhereError as error:
        return Check(step, False, str(error), "Give that address instead if you trust it.", error.url)
    except NearhandError as error:
        wrong = isinstance(error, SignInError)
        return Check(step, False, str(error), _advice(error, endpoint), sign_in=wrong)


def _advice(error: NearhandError, endpoint: Endpoint) -> str:
    provider: Provider | None = provider_at(endpoint.host)
    if isinstance(error, SignInError):
        usual = "With two-step sign-in many providers want an app password, made in the settings of the account."
        return provider.password if provider and provider.password else usual
    if isinstance(error, TrustError):
        unknown = "ca_file" in str(error)
        return "For a server of your own with a certificate of its own, add: --ca-file FILE" if unknown else ""
    if isinstance(error, NotFoundError):
        return "Look up the full CalDAV address in the settings of your provider, and give it with --caldav."
    if isinstance(error, NetworkError):
        return "Check the name and the port of the server in the help pages of your provider."
    return "" if isinstance(error, ConnectorError) else "Correct that, and connect again."


def _reach(account: OpenAccount, endpoint: Endpoint) -> str:
    account.wire.connect(endpoint, "trying the account out").close()
    return "it is there" + (", and its certificate is good" if endpoint.privacy.value == "tls" else "")


def _mailboxes(account: OpenAccount) -> str:
    with account.imap() as session:
        found, _ = session.mailboxes()
    return f"signed in; {len(found)} mailbox{'' if len(found) == 1 else 'es'}"


def _sending(account: OpenAccount) -> str:
    with account.smtp():
        return "signed in; nothing was sent"


def _collections(account: OpenAccount, kind: str) -> str:
    client = account.dav(kind)
    if client is None:
        raise NotFoundError("There is no address.")
    try:
        found = client.collections(kind)
    finally:
        client.close()
    names = ", ".join(each.name for each in found[:8]) or "none yet"
    return f"signed in; {'calendars' if kind == 'c' else 'address books'}: {names}"
