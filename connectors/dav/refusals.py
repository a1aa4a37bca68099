"""What it means when a server of calendars or contacts says no, as an error for the person. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from nearhand.connectors.dav.xml import last_name
from nearhand.connectors.errors import (
    ConflictError,
    ConnectorError,
    DeniedError,
    ExistsError,
    LimitError,
    NetworkError,
    NotFoundError,
    UnreadableError,
)
from nearhand.connectors.names import shown
from nearhand.connectors.network.web import Answer

_UNFIT = frozenset({400, 415, 422})
"""What servers answer to an entry that breaks the rules of its format, if they do not say so in words."""
_UNFIT_WORDS = (b"valid-address-data", b"valid-calendar-data", b"valid-calendar-object-resource")


def unfit(answer: Answer, url: str) -> UnreadableError | None:
    """The error of one entry that the server does not take, if that is why it says no; others may well go."""
    if answer.status_code not in _UNFIT and not any(word in answer.content for word in _UNFIT_WORDS):
        return None
    host, what = urlsplit(url).hostname, shown(last_name(url))[:80]
    return UnreadableError(f"{host} does not take {what} as it is written ({answer.status_code}), so it stays here.")


def refused(answer: Answer, url: str) -> ConnectorError:
    """The error that any other refusal means."""
    host, what, code = urlsplit(url).hostname, shown(last_name(url))[:80], answer.status_code
    if code == 412:
        return ConflictError(f"{what} has changed on {host} meanwhile.")
    if code in (404, 410):
        return NotFoundError(f"{what} is not on {host} (any more).")
    if code in (405, 409) or b"no-uid-conflict" in answer.content:
        return ExistsError(f"{host} has something else in the place of {what} ({code}).")
    if code in (413, 507):
        return LimitError(f"{host} has no room for {what}. Make room there, or make it smaller.")
    if code == 403:
        return DeniedError(f"{host} does not allow this to be changed: {what}. It may be read-only.")
    return NetworkError(f"{host} refuses {what} ({code} {shown(answer.reason)[:60]}).")
