"""`nearhand connect mail|calendar|contacts` for an account on servers: asks, or takes what was said; tries; writes.

Nothing is written before every step has worked: no password, no line of the config. Known providers need no more than
an address. Deliberately not here: folders on this machine (`cli/connect.py`), the steps (`account_checks.py`).
"""

from __future__ import annotations

import getpass
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from nearhand.agent.cli.options import UsageError
from nearhand.agent.cli.session import Session
from nearhand.agent.cli.sync import asked
from nearhand.agent.cli.token import device_token
from nearhand.agent.config.edit import change, set_account
from nearhand.agent.config.settings import Account, Config, load
from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile
from nearhand.agent.servers.account_checks import Check, checks
from nearhand.agent.servers.accounts import Accounts, client_secret_name, password_name, token_name
from nearhand.agent.servers.providers import Provider, provider_of
from nearhand.agent.servers.vault import CHOICES, AskedVault, open_vault, system_backend
from nearhand.agent.showing import show
from nearhand.connectors.errors import DeniedError
from nearhand.connectors.network.endpoints import completed, user_in

_SERVERS = {"mail": ("imap", "smtp"), "calendar": ("caldav", "carddav"), "contacts": ("carddav",)}
_EXAMPLES = {"mail": "--imap imaps://imap.example --smtp smtps://smtp.example", "calendar": "--caldav https://dav.example/",
             "contacts": "--carddav https://dav.example/"}  # fmt: skip
_QUESTIONS = {
    "imap": "Your mail server, such as imaps://imap.example: ",
    "smtp": "Your server for sending, such as smtps://smtp.example: ",
    "caldav": "The address of your calendars (CalDAV), such as https://dav.example/: ",
    "carddav": "The address of your contacts (CardDAV), empty if it is the same: ",
    "contacts": "The address of your contacts (CardDAV), such as https://dav.example/: ",
}
_STORES = {"imap": ("mail", "maildir", "Mail"), "caldav": ("calendar", "vdir", ".calendars"),
           "carddav": ("contacts", "vdir", ".contacts")}  # fmt: skip
_SCHEMES = {"imap": "imaps", "smtp": "smtps", "caldav": "https", "carddav": "https"}
"""How each server is reached when the person does not say."""
_SECRETS = tuple(_SCHEMES)
_TRIES = 3
"""How often a password is asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account as the person described it."""

    account: Account
    address: str
    """The person's mail address, as far as it is known."""
    provider: Provider | None
    secrets: str
    """Where they are to be kept."""


def means_servers(options: Namespace) -> bool:
    """Whether what was said is about an account, not about a folder."""
    return bool(options.account or options.address or any(getattr(options, key) for key in _SECRETS))


def connect_account(session: Session, options: Namespace) -> int:
    """Ask for what is missing, try everything, then write it down."""
    profile = Profile(session.profile)
    config = load(profile) if profile.config.is_file() else Config()
    wanted = _wanted(session, options, config)
    vault = AskedVault(None)
    accounts = Accounts(profile, config, lambda: vault)
    account = _proved(session, options, wanted, accounts)
    account, found = _tried(session, accounts, account)
    for _ in range(_TRIES - 1):
        if not _another_password(session, options, accounts, account, found):
            break
        account, found = _tried(session, accounts, account)
    failed = [each for each in found if not each.ok]
    if not failed:
        _keep(session, profile, replace(wanted, account=account), config, vault)
    return _told(session, profile, account, found, failed)


# --- what is asked --------------------------------------------------------------------------------------------------


def _wanted(session: Session, options: Namespace, config: Config) -> Wanted:
    address = options.address or config.me.email or _answer(session, "Your mail address: ")
    provider = provider_of(address) if address else None
    name = options.account or (provider.name.lower() if provider else address.rpartition("@")[2]) or "home"
    known = next((each for each in config.accounts if each.name == name), None)
    urls = {key: _url(session, options, key, address, provider, known) for key in _SECRETS}
    if not any(urls.values()):
        raise UsageError(_unnamed(options, provider))
    strange = provider is None and known is None
    before = next((user for url in known.urls if (user := user_in(url))), "") if known else ""
    user = options.user or (_answer(session, f"Your name there [{address}]: ") if strange else before) or address
    signed = {key: _with_user(url, user) for key, url in urls.items()}
    account = Account(name, **signed, ca_file=options.ca_file or (known.ca_file if known else None))
    return Wanted(account, address, provider, _secrets(session, options, config))


def _url(
    session: Session, options: Namespace, key: str, address: str, provider: Provider | None, known: Account | None
) -> str:
    """A server: said, known before, known of the provider, or asked for."""
    said = getattr(options, key)
    if said:
        return completed(str(said), _SCHEMES[key])
    if known is not None and getattr(known, key):
        return str(getattr(known, key))
    if key not in _SERVERS[options.what]:
        return ""
    if provider is not None:
        url: str = getattr(provider, key).replace("{address}", quote(address))
        return url if options.oauth or provider.name != "Gmail" or key in ("imap", "smtp") else ""
    if any(getattr(options, other) for other in _SECRETS):
        return ""
    return _typed(session, key, _QUESTIONS["contacts" if options.what == "contacts" else key])


def _typed(session: Session, key: str, question: str) -> str:
    """A server that the person types; asked again when that is none."""
    while typed := _answer(session, question):
        try:
            return completed(typed, _SCHEMES[key])
        except DeniedError as error:
            session.say([show.wrapped(show.plain(str(error)), session.columns)])
    return ""


def _unnamed(options: Namespace, provider: Provider | None) -> str:
    """What to say when there is no server to connect to."""
    if provider and provider.oauth and any(getattr(provider, key) for key in _SERVERS[options.what]):
        return f"{provider.name} opens its {options.what} to programs by OAuth2 only. Add: --oauth --client-id ID"
    return f"No server was named. Say which, such as: {_EXAMPLES[options.what]}"


def _with_user(url: str, user: str) -> str:
    parts = urlsplit(url)
    if not url or parts.username or not user:
        return url
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}@{parts.netloc}"))


def _secrets(session: Session, options: Namespace, config: Config) -> str:
    """Where passwords are to be kept; on a machine without a keyring that is the person's choice."""
    if options.secrets:
        return str(options.secrets)
    if config.accounts or config.privacy.secrets != "keyring" or system_backend() is not None:
        return config.privacy.secrets
    said = (
        "This machine has no keyring. Where are passwords to be kept?",
        "  file  in an encrypted file, with a passphrase that you choose",
        "  ask   nowhere: you type them at every start",
    )
    if session.interactive:
        session.say(said)
        typed = session.ask("file or ask? ").lower()
        if typed in CHOICES[1:]:
            return typed
    choice = "--secrets file (encrypted, with a passphrase) or --secrets ask (typed at every start, kept nowhere)"
    raise AgentError(f"This machine has no keyring. Say where passwords are to be kept: {choice}.")


def _answer(session: Session, prompt: str) -> str:
    if not session.interactive:
        return ""
    return session.ask(prompt)


# --- what proves who is asking --------------------------------------------------------------------------------------


def _proved(session: Session, options: Namespace, wanted: Wanted, accounts: Accounts) -> Account:
    """The account with its password or token in the vault of this run."""
    account = wanted.account
    if options.oauth:
        return device_token(session, options, account, wanted.provider, accounts)
    accounts.vault.set(password_name(account.name), _password(session, options, wanted))
    return account


def _password(session: Session, options: Namespace, wanted: Wanted) -> str:
    if options.password_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not session.interactive:
        raise UsageError("Nobody can be asked for the password here. Give it on standard input: --password-stdin")
    if wanted.provider and wanted.provider.password:
        session.say([show.plain(wanted.provider.password)])
    return getpass.getpass("Password (it is not shown): ")


# --- trying and keeping ---------------------------------------------------------------------------------------------


def _tried(session: Session, accounts: Accounts, account: Account) -> tuple[Account, list[Check]]:
    """Try every server; one that names a place of its own next to it is followed there, if the person agrees."""
    found: list[Check] = []
    for check in checks(accounts.open(account)):
        found.append(check)
        if not session.json:
            session.say(_lines(session, check))
        key = next((k for k in ("caldav", "carddav") if check.elsewhere and _same(account, k, check)), "")
        if key and _agrees(session, check.elsewhere):
            user = urlsplit(getattr(account, key)).username or ""
            url = _with_user(check.elsewhere, user)
            moved = replace(account, caldav=url) if key == "caldav" else replace(account, carddav=url)
            return _tried(session, accounts, moved)
    return account, found


def _another_password(
    session: Session, options: Namespace, accounts: Accounts, account: Account, found: list[Check]
) -> bool:
    """Whether nothing but the password was wrong, and the person has typed another."""
    failed = [each for each in found if not each.ok]
    asks = session.interactive and not options.oauth and not options.password_stdin
    if not asks or not failed or not all(each.sign_in for each in failed):
        return False
    typed = getpass.getpass("Another password (nothing to stop): ")
    if typed:
        accounts.vault.set(password_name(account.name), typed)
    return bool(typed)


def _same(account: Account, key: str, check: Check) -> bool:
    """Whether it was this server that named another place, and that place is of the same domain."""
    here, there = (urlsplit(url).hostname or "" for url in (getattr(account, key), check.elsewhere))
    return bool(here) and here in check.step and there != here and there.split(".")[-2:] == here.split(".")[-2:]


def _agrees(session: Session, url: str) -> bool:
    where = show.plain(urlsplit(url).hostname or "")
    return session.interactive and session.ask(f"Your provider keeps this at {where}. Use that server? [y/N] ") == "y"


def _lines(session: Session, check: Check) -> Iterator[str]:
    mark = "ok " if check.ok else "NO "
    yield show.wrapped(f"{mark} {show.plain(check.step)}: {show.plain(check.said)}", session.columns)
    if check.advice:
        yield show.wrapped(f"    Try this: {show.plain(check.advice)}", session.columns)


def _keep(session: Session, profile: Profile, wanted: Wanted, config: Config, seen: AskedVault) -> None:
    """Write secrets and config; the secrets first, for an account without them is of no use."""
    account = wanted.account
    vault = open_vault(profile, wanted.secrets, asked(session))
    for name in (password_name, token_name, client_secret_name):
        secret = seen.get(name(account.name)) if name is not password_name or not account.oauth_token else None
        if secret:
            vault.set(name(account.name), secret)
    if not config.me.email and wanted.address:
        change(profile, "me", {"email": wanted.address})
    _stores(profile, account, config)
    keys = (*_SECRETS, "oauth_token", "oauth_client")
    values = {key: str(getattr(account, key)) for key in keys if getattr(account, key)}
    trust = {"ca_file": str(account.ca_file.absolute())} if account.ca_file else {}
    set_account(profile, account.name, {**values, **trust}, {"mode": "accounts", "secrets": wanted.secrets})


def _stores(profile: Profile, account: Account, config: Config) -> None:
    """Folders here for what is there, where there are none yet."""
    for key, (section, name, usual) in _STORES.items():
        wanted = getattr(account, key) or (key == "carddav" and account.caldav)
        if not wanted or getattr(config, section) is not None:
            continue
        folder = (profile.folder / usual.lstrip(".")) if profile.folder else Path.home() / usual
        for part in ("cur", "new", "tmp") if section == "mail" else ("",):
            (folder / part).mkdir(parents=True, exist_ok=True)
        change(profile, section, {name: str(folder)})


def _told(session: Session, profile: Profile, account: Account, found: list[Check], failed: list[Check]) -> int:
    if failed:
        answer = f"{account.name} was not connected, and nothing was written. What failed first: {failed[0].step}."
    else:
        answer = f"Connected {account.name}. It is written in {profile.config}."
    if session.json:
        steps = [{"step": c.step, "ok": c.ok, "said": c.said, "advice": c.advice} for c in found]
        session.tell({"status": "failed" if failed else "done", "answer": answer, "steps": steps})
    else:
        session.say([show.wrapped(show.plain(answer), session.columns, "")])
        if not failed:
            session.say([session.paint.faint("See what would happen: nearhand sync --dry-run")])
    return int(bool(failed))
