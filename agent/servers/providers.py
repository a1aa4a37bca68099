"""The servers of well-known providers, and what each wants instead of one's usual password. A table, nothing else.

Only read when the person connects an account; what is used is written into config.toml, where it can be seen.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OAuth:
    """How a provider gives tokens to programs (RFC 8628)."""

    device: str
    """Where a code is asked for."""
    token: str
    """Where codes become tokens."""
    scope: str
    register: str
    """Where the person gets a client id of their own."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider."""

    name: str
    domains: tuple[str, ...]
    imap: str
    smtp: str
    caldav: str = ""
    carddav: str = ""
    password: str = ""
    """What to type as the password, and where to get it; "" where it is the usual one."""
    oauth: OAuth | None = None


_MICROSOFT = "https://login.microsoftonline.com/common/oauth2/v2.0"
PROVIDERS = (
    Provider(
        "Gmail", ("gmail.com", "googlemail.com"), "imaps://imap.gmail.com", "smtps://smtp.gmail.com",
        "https://apidata.googleusercontent.com/caldav/v2/{address}/user",
        "https://www.googleapis.com/carddav/v1/principals/{address}/",
        "Gmail wants an app password: turn on 2-step verification, then make one at "
        "https://myaccount.google.com/apppasswords. It works for mail. "
        "Google's calendar takes no password, only OAuth2.",
        OAuth("https://oauth2.googleapis.com/device/code", "https://oauth2.googleapis.com/token",
              "https://www.googleapis.com/auth/calendar https://www.googleapis.com/auth/carddav",
              "https://console.cloud.google.com/apis/credentials (type: TVs and limited input devices)"),
    ),
    Provider(
        "Outlook", ("outlook.com", "hotmail.com", "live.com", "msn.com", "office365.com"),
        "imaps://outlook.office365.com", "smtp://smtp.office365.com:587", "", "",
        "Outlook takes no passwords from mail programs any more, only OAuth2: add --oauth and --client-id. "
        "Its calendar has no CalDAV.",
        OAuth(f"{_MICROSOFT}/devicecode", f"{_MICROSOFT}/token",
              "offline_access https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send",
              "https://entra.microsoft.com (App registrations, public client flows allowed)"),
    ),
    Provider(
        "iCloud", ("icloud.com", "me.com", "mac.com"), "imaps://imap.mail.me.com", "smtp://smtp.mail.me.com:587",
        "https://caldav.icloud.com/", "https://contacts.icloud.com/",
        "iCloud wants an app-specific password: https://account.apple.com, Sign-In and Security, "
        "App-Specific Passwords.",
    ),
    Provider(
        "Yahoo", ("yahoo.com", "yahoo.de", "yahoo.co.uk", "yahoo.fr", "aol.com", "ymail.com"),
        "imaps://imap.mail.yahoo.com", "smtps://smtp.mail.yahoo.com", "https://caldav.calendar.yahoo.com/", "",
        "Yahoo wants an app password: https://login.yahoo.com/account/security, Generate app password.",
    ),
    Provider(
        "Fastmail", ("fastmail.com", "fastmail.fm", "messagingengine.com"), "imaps://imap.fastmail.com",
        "smtps://smtp.fastmail.com", "https://caldav.fastmail.com/dav/", "https://carddav.fastmail.com/dav/",
        "Fastmail wants an app password: Settings, Privacy & Security, Connected apps & API tokens.",
    ),
    Provider(
        "GMX", ("gmx.de", "gmx.net", "gmx.at", "gmx.ch"), "imaps://imap.gmx.net", "smtps://mail.gmx.net",
        "https://caldav.gmx.net/", "https://carddav.gmx.net/",
        "GMX lets programs in only after you allow it: on the web, Settings, POP3/IMAP. With two-factor sign-in, make "
        "an application-specific password there.",
    ),
    Provider(
        "GMX", ("gmx.com",), "imaps://imap.gmx.com", "smtps://mail.gmx.com", "https://caldav.gmx.com/",
        "https://carddav.gmx.com/", "GMX lets programs in only after you allow it: on the web, Settings, POP3/IMAP.",
    ),
    Provider(
        "Posteo", ("posteo.de", "posteo.net", "posteo.org"), "imaps://posteo.de", "smtps://posteo.de",
        "https://posteo.de:8443/", "https://posteo.de:8843/",
        "Posteo takes your usual password, unless you have locked external programs out in its settings.",
    ),
    Provider(
        "mailbox.org", ("mailbox.org",), "imaps://imap.mailbox.org", "smtps://smtp.mailbox.org",
        "https://dav.mailbox.org/caldav/", "https://dav.mailbox.org/carddav/",
        "mailbox.org wants an application password once two-factor sign-in is on: Settings, Security, App passwords.",
    ),
)  # fmt: skip


def provider_of(address: str) -> Provider | None:
    """The provider of an address, if it is one of the table."""
    domain = address.rpartition("@")[2].casefold()
    return next((each for each in PROVIDERS if domain in each.domains), None)


def provider_at(host: str) -> Provider | None:
    """The provider that a server belongs to, if it is one of the table."""
    for each in PROVIDERS:
        urls = (each.imap, each.smtp, each.caldav, each.carddav)
        if any(f"//{host.casefold()}" in url for url in urls if url):
            return each
    return None
