"""Tokens instead of passwords: the device flow (RFC 8628) to get one, and renewal for as long as the person allows it.

The person types a short code into a web page on any device; Nearhand waits for the answer. Everything it gets is kept
in the vault. Deliberately not here: web browsers, and who the providers are (`providers.py`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from nearhand.agent.errors import AgentError
from nearhand.agent.servers.vault import Vault
from nearhand.connectors.errors import NetworkError, SignInError
from nearhand.connectors.network.web import Answer

_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_EARLY = 60.0
"""A token that ends within so many seconds is renewed."""
_MAX_WAIT = 1800.0


class Asks(Protocol):
    """What is used of a web session."""

    def request(
        self, method: str, url: str, data: str | bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Client:
    """Which program asks, and where."""

    token_url: str
    id: str
    secret: str = ""
    """Some providers give one even to programs that cannot keep it."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A code that the person has to type somewhere."""

    user_code: str
    where: str
    """The address of the page."""
    device_code: str
    interval: float
    expires: float
    """In seconds from now."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider gave."""

    access: str
    refresh: str
    until: float
    """When the access token ends, in seconds since 1970."""


def start(web: Asks, client: Client, device_url: str, scope: str) -> Pending:
    """Ask for a code."""
    found = _posted(web, device_url, {"client_id": client.id, "scope": scope})
    where = str(found.get("verification_uri") or found.get("verification_url") or "")
    if not found.get("device_code") or not found.get("user_code") or not where.startswith("https://"):
        raise _refused(found)
    interval, expires = _number(found.get("interval"), 5.0), _number(found.get("expires_in"), 900.0)
    return Pending(str(found["user_code"]), where, str(found["device_code"]), interval, min(expires, _MAX_WAIT))


def wait(
    web: Asks,
    client: Client,
    pending: Pending,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
) -> Tokens:
    """Wait until the person has typed the code; raises SignInError when they refuse or take too long."""
    left, interval = pending.expires, max(1.0, pending.interval)
    asked = {"grant_type": _DEVICE, "device_code": pending.device_code, **_who(client)}
    while left > 0:
        pause(interval)
        left -= interval
        found = _posted(web, client.token_url, asked)
        if found.get("access_token"):
            return _tokens(found, clock(), "")
        if found.get("error") == "slow_down":
            interval += 5.0
        elif found.get("error") != "authorization_pending":
            raise _refused(found)
    raise SignInError("The code was not typed in time. Connect again to get a new one.")


def renew(web: Asks, client: Client, tokens: Tokens, clock: Callable[[], float] = time.time) -> Tokens:
    """A fresh access token; raises SignInError if the person or the provider has withdrawn the right."""
    asked = {"grant_type": "refresh_token", "refresh_token": tokens.refresh, **_who(client)}
    found = _posted(web, client.token_url, asked)
    if not found.get("access_token"):
        raise _refused(found)
    return _tokens(found, clock(), tokens.refresh)


class KeptToken:
    """The access token of one account, renewed when needed and kept in the vault."""

    def __init__(
        self, vault: Vault, name: str, web: Callable[[], Asks], client: Client, clock: Callable[[], float] = time.time
    ) -> None:
        """`name` is what it is kept under; `web` is only asked for when a token has to be renewed."""
        self._vault, self._name, self._web, self._client, self._clock = vault, name, web, client, clock

    def __call__(self, anew: bool = False) -> str:
        """A token that holds; `anew` when the last one was refused."""
        kept = self._vault.get(self._name)
        if not kept:
            raise AgentError("There is no token for this account yet. Run `nearhand connect` for it again.")
        tokens = loaded(kept)
        if anew or tokens.until - self._clock() < _EARLY:
            tokens = renew(self._web(), self._client, tokens, self._clock)
            self._vault.set(self._name, dumped(tokens))
        return tokens.access


def dumped(tokens: Tokens) -> str:
    """Tokens as the text that is kept."""
    return json.dumps({"access": tokens.access, "refresh": tokens.refresh, "until": tokens.until})


def loaded(text: str) -> Tokens:
    """Tokens from the text that was kept."""
    try:
        found = json.loads(text)
        return Tokens(str(found["access"]), str(found["refresh"]), float(found["until"]))
    except (ValueError, KeyError, TypeError) as error:
        raise AgentError("The token of this account cannot be read any more. Connect it again.") from error


def _who(client: Client) -> dict[str, str]:
    return {"client_id": client.id, **({"client_secret": client.secret} if client.secret else {})}


def _posted(web: Asks, url: str, values: Mapping[str, str]) -> dict[str, object]:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    answer = web.request("POST", url, urlencode(values), headers)
    try:
        found = json.loads(answer.content)
    except ValueError as error:
        raise NetworkError(f"The provider's answer makes no sense ({answer.status_code}). Try again later.") from error
    return found if isinstance(found, dict) else {}


def _tokens(found: Mapping[str, object], now: float, refresh: str) -> Tokens:
    fresh = str(found.get("refresh_token") or refresh)
    return Tokens(str(found["access_token"]), fresh, now + _number(found.get("expires_in"), 3600.0))


def _number(value: object, default: float) -> float:
    try:
        return float(str(value))
    except ValueError:
        return default


def _refused(found: Mapping[str, object]) -> SignInError:
    why = str(found.get("error_description") or found.get("error") or "no reason was given")
    plain = "".join(c for c in why if c.isprintable())[:200]
    return SignInError(f"The provider does not give a token: {plain}. Check the client id, or connect again.")
