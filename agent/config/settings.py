"""What a person has told Nearhand: config.toml, read into frozen values, with one clear sentence for each mistake.

Deliberately not here: secrets (they are in the keyring), and changing the file; it is written once, then it is theirs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path

import nearhand.models
from nearhand.agent.config.table import ConfigError, Table, document, table_of
from nearhand.agent.config.values import clock_hours, folder, mail_address, roots, time_zone, url, week_start
from nearhand.agent.paths import Profile

__all__ = ["Config", "ConfigError", "load", "parse"]
SHIPPED_MODEL = Path(nearhand.models.__file__).parent / "weights" / "nearhand-action.gguf"


@dataclass(frozen=True, slots=True)
class Me:
    """The person."""

    name: str = ""
    email: str = ""
    timezone: str = "UTC"
    """An IANA name; the system's if none is given."""
    week_start: int = 0
    """0 is Monday, 6 is Sunday."""
    work_hours: tuple[time, time] = (time(9), time(17))


@dataclass(frozen=True, slots=True)
class Files:
    """The folders that may be seen."""

    roots: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """A Maildir++."""

    maildir: Path


@dataclass(frozen=True, slots=True)
class Calendar:
    """Calendars and task lists: one folder each, one .ics file per entry."""

    vdir: Path
    default: str = "personal"


@dataclass(frozen=True, slots=True)
class Contacts:
    """One .vcf file per person."""

    vdir: Path


@dataclass(frozen=True, slots=True)
class Privacy:
    """Whether the network may be used at all."""

    mode: str = "local"
    """local or accounts."""
    secrets: str = "keyring"
    """Where passwords are kept: keyring, file (encrypted, with a passphrase) or ask (nowhere)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the person has decided about asking."""

    auto_reversible: bool = False
    """Whether what can be taken back is done without a key."""
    hold_seconds: int = 10
    """How long a mail to be sent waits."""
    max_objects: int = 20
    """How many things may be touched without asking."""


@dataclass(frozen=True, slots=True)
class Model:
    """The action model: the one that is shipped, or one of the person's own."""

    path: Path = SHIPPED_MODEL
    sha256: str = ""
    """Of a model of one's own; "" for the shipped one, whose digest is shipped beside it."""
    generalist: Path | None = None
    """A larger model that writes texts, and plans what the action model is not sure of."""
    generalist_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Daemon:
    """The background service."""

    model_idle_seconds: int = 120
    """How long the model stays after the last request."""
    sync_minutes: int = 15
    """How often the accounts are looked at, beside what their servers tell by themselves."""
    notifications: bool = True
    """Whether it may show notices on the desktop."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account on servers; its password is in the vault."""

    name: str
    imap: str = ""
    smtp: str = ""
    caldav: str = ""
    carddav: str = ""
    """Contacts; "" is the place of caldav, if that has any."""
    ca_file: Path | None = None
    """Certificates to believe besides the system's, for a server of one's own."""
    oauth_token: str = ""
    """Where tokens are renewed; "" where a password is used."""
    oauth_client: str = ""

    @property
    def urls(self) -> tuple[str, ...]:
        """Every server of the account."""
        return tuple(filter(None, (self.imap, self.smtp, self.caldav, self.carddav, self.oauth_token)))


@dataclass(frozen=True, slots=True)
class Config:
    """Everything. A section that is not there means that the thing is not connected."""

    me: Me = field(default_factory=Me)
    files: Files = field(default_factory=Files)
    mail: Mail | None = None
    calendar: Calendar | None = None
    contacts: Contacts | None = None
    privacy: Privacy = field(default_factory=Privacy)
    policy: Policy = field(default_factory=Policy)
    model: Model = field(default_factory=Model)
    daemon: Daemon = field(default_factory=Daemon)
    accounts: tuple[Account, ...] = ()


def load(profile: Profile) -> Config:
    """Read the config of a profile; raises ConfigError with what is wrong, where, and what to do."""
    return _config(document(profile.config), profile.base)


def parse(text: str, profile: Profile) -> Config:
    """Read the text of a config as if it were the file of a profile; raises ConfigError."""
    return _config(table_of(text, profile.config), profile.base)


def _config(top: Table, base: Path) -> Config:
    known = Config(
        me=_me(top.table("me")),
        files=_files(top.table("files"), base),
        mail=_mail(top.table("mail"), base) if top.has("mail") else None,
        calendar=_calendar(top.table("calendar"), base) if top.has("calendar") else None,
        contacts=_contacts(top.table("contacts"), base) if top.has("contacts") else None,
        privacy=_privacy(top.table("privacy")),
        policy=_policy(top.table("policy")),
        model=_model(top.table("model"), base),
        daemon=_daemon(top.table("daemon")),
        accounts=tuple(_account(table, base) for table in top.tables("account")),
    )
    top.finish()
    if known.accounts and known.privacy.mode == "local":
        top.fail("account", 'an account needs the network. Say mode = "accounts" under [privacy], or take it out')
    names = [account.name for account in known.accounts]
    if len(set(names)) < len(names):
        top.fail("account", "two accounts have the same name. Give each its own")
    return known


def _me(table: Table) -> Me:
    found = Me(
        table.text("name", ""),
        mail_address(table, "email"),
        time_zone(table, "timezone"),
        week_start(table, "week_start"),
        clock_hours(table, "work_hours", Me().work_hours),
    )
    return table.finished(found)


def _files(table: Table, base: Path) -> Files:
    return table.finished(Files(roots(table, "roots", base)))


def _mail(table: Table, base: Path) -> Mail:
    return table.finished(Mail(folder(table, "maildir", base)))


def _calendar(table: Table, base: Path) -> Calendar:
    return table.finished(Calendar(folder(table, "vdir", base), table.text("default", "personal")))


def _contacts(table: Table, base: Path) -> Contacts:
    return table.finished(Contacts(folder(table, "vdir", base)))


def _privacy(table: Table) -> Privacy:
    mode = table.choice("mode", ("local", "accounts"), "local")
    return table.finished(Privacy(mode, table.choice("secrets", ("keyring", "file", "ask"), "keyring")))


def _policy(table: Table) -> Policy:
    usual = Policy()
    found = Policy(
        table.flag("auto_reversible", usual.auto_reversible),
        table.number("hold_seconds", usual.hold_seconds, 0, 3600),
        table.number("max_objects", usual.max_objects, 0, 10_000),
    )
    return table.finished(found)


def _model(table: Table, base: Path) -> Model:
    path, digest = _model_file(table, "path", "sha256")
    larger, its = _model_file(table, "generalist", "generalist_sha256")
    used = base / os.path.expanduser(path) if path else SHIPPED_MODEL
    return table.finished(Model(used, digest, base / os.path.expanduser(larger) if larger else None, its))


def _model_file(table: Table, key: str, pin: str) -> tuple[str, str]:
    """A model of the person's own ("" if there is none) and its SHA-256."""
    digest = table.text(pin, "").lower()
    if table.has(pin) and (len(digest) != 64 or not set(digest) <= set("0123456789abcdef")):
        table.fail(pin, "it must be the 64 hexadecimal digits that sha256sum prints")
    path = table.text(key, "")
    if path and not digest:
        table.fail(key, f"a model of your own needs its {pin} beside it. Run: sha256sum FILE")
    return path, digest


def _daemon(table: Table) -> Daemon:
    usual = Daemon()
    found = Daemon(
        table.number("model_idle_seconds", usual.model_idle_seconds, 0, 86_400),
        table.number("sync_minutes", usual.sync_minutes, 1, 1440),
        table.flag("notifications", usual.notifications),
    )
    return table.finished(found)


def _account(table: Table, base: Path) -> Account:
    trust = table.text("ca_file", "")
    found = Account(
        table.required("name"),
        url(table, "imap", ("imaps", "imap")),
        url(table, "smtp", ("smtps", "smtp")),
        url(table, "caldav", ("https", "http")),
        url(table, "carddav", ("https", "http")),
        base / os.path.expanduser(trust) if trust else None,
        url(table, "oauth_token", ("https", "http")),
        table.text("oauth_client", ""),
    )
    return table.finished(found)
