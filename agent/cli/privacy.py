"""`nearhand privacy`: what may reach a network and what the kernel enforces; --verify tries to break out.

It says what holds on this machine, not what should: the processes are started and asked, and what the kernel lacks is
named. Exit code 0 only if nothing is open. Deliberately not here: the seals (`connectors/sealed/seal.py`), the attempts
(`escape.py`), and the list of connections itself (`connectors/network/ledger.py`).
"""

from __future__ import annotations

import ast
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nearhand.agent.cli.session import Session
from nearhand.agent.config.settings import Config, load
from nearhand.agent.paths import Profile
from nearhand.agent.showing import show

if TYPE_CHECKING:
    from nearhand.connectors.network.ledger import Connection
    from nearhand.connectors.sealed.seal import Sealed

DOORS = {
    "connectors/network/wire.py": "the one place that connects to a server, by the list in config.toml",
    "connectors/network/lines.py": "a connection that wire.py has opened",
    "connectors/imap/session.py": "mail, over wire.py",
    "connectors/imap/protocol.py": "mail, over wire.py",
    "connectors/smtp/session.py": "sending mail, over wire.py",
    "connectors/network/web.py": "calendars, over wire.py",
    "connectors/dav/client.py": "calendars, over wire.py",
    "agent/servers/vault.py": "passwords, in the keyring of the system",
    "agent/daemon/socket.py": "the daemon's own Unix socket, for this person only",
    "agent/daemon/door.py": "the way to the daemon's own Unix socket, split off before the app is sealed",
    "agent/daemon/clients.py": "the daemon's own Unix socket",
    "agent/privacy/launcher.py": "a pair of sockets between two processes of Nearhand",
    "agent/daemon/notices_desktop.py": "notices, over the desktop's message bus, outside the seal",
    "agent/tui/launch.py": "the terminal app's event loop",
    "agent/tui/web.py": "nearhand serve: the app in a browser, on 127.0.0.1 with a token, while the person runs it",
    "connectors/sealed/parsing_apart.py": "a pair of sockets between two processes of Nearhand",
    "connectors/sealed/parsing_line.py": "a pair of sockets between two processes of Nearhand",
    "connectors/sealed/parsing_process.py": "a pair of sockets between two processes of Nearhand",
    "connectors/sealed/escapes.py": "the attempts to break out",
    "connectors/sealed/escape_ways.py": "the attempts to break out",
}
"""Modules of Nearhand that import something that could open a connection, and what for."""
NETWORK = frozenset((
    "aiohttp", "asyncio", "caldav", "ftplib", "http.client", "httpx", "huggingface_hub", "imap_tools", "imaplib",
    "keyring", "multiprocessing", "niquests", "poplib", "requests", "smtplib", "socket", "socketserver", "ssl",
    "telnetlib", "urllib.request", "urllib3", "xmlrpc",
))  # fmt: skip
_NAMES = {"engine": "engine, app, daemon", "model": "model", "writer": "larger model",
          "reader": "reader of outside data", "nothing": "no seal"}  # fmt: skip
_SHORT = {"stopped by kernel": "kernel", "stopped by check": "check", "open": "OPEN", "not here": "–"}
_LISTED = 10


def privacy(session: Session, options: Namespace) -> int:
    """Say what is the case, and how it is known."""
    config, ledger = _config(session), _connections(session)
    strange = [f"{name} ({where})" for where, name in own_imports() if where not in DOORS]
    found = _verified(session, config) if getattr(options, "verify", False) else {}
    seals = {} if found else held(config)
    open_ways = [f"{way} ({_NAMES[name]})" for name, ways in found.items() if name != "nothing"
                 for way, what in ways.items() if what == "open"]  # fmt: skip
    sentence = _sentence(config, seals, found, open_ways, strange)
    if session.json:
        session.tell({
            "status": "failed" if open_ways or strange else "done", "answer": sentence, "mode": config.privacy.mode,
            "seals": {name: {"kernel": each.kernel, "missing": each.missing} for name, each in seals.items()},
            "ways": found, "open": open_ways, "own_imports": strange,
            "connections": [{"at": each.at.isoformat(), "host": each.host, "port": each.port, "purpose": each.purpose,
                             "sent": each.sent, "received": each.received, "outcome": each.outcome} for each in ledger],
        })  # fmt: skip
    else:
        session.say([session.paint.strong(sentence), *_seal_lines(session, seals), *_table(session, found)])
        session.say(_more(session, config, ledger, bool(found)))
    return 1 if open_ways or strange else 0


def held(config: Config) -> dict[str, Sealed]:
    """What the kernel holds in each process, as the processes themselves say after being started for it."""
    from nearhand.agent.privacy.escape import seals

    return seals(config)


def _verified(session: Session, config: Config) -> dict[str, dict[str, str]]:
    from nearhand.agent.cli.model import current
    from nearhand.agent.privacy.escape import table
    from nearhand.agent.privacy.sealing import ports_of

    session.progress("Trying to break out; this takes a few seconds", 0, 0)
    return table(ports_of(config), *current(config), config.model)


def own_imports(folder: Path = Path(__file__).parents[2]) -> Iterator[tuple[str, str]]:
    """(file, module) of every import in Nearhand's own code of something that can open a connection."""
    for part in ("agent", "connectors", "models"):
        for path in sorted((folder / part).rglob("*.py")):
            for name in _imported(ast.parse(path.read_text(encoding="utf-8"))):
                if name.startswith("asyncio") and "tui" in path.parts:
                    continue  # the event loop that the terminal app lives in
                if name in NETWORK or name.partition(".")[0] in NETWORK:
                    yield f"{part}/{path.relative_to(folder / part)}", name


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _config(session: Session) -> Config:
    profile = Profile(session.profile)
    return load(profile) if profile.config.is_file() else Config()


def _connections(session: Session) -> list[Connection]:
    from nearhand.connectors.network.ledger import NetworkLedger

    return NetworkLedger(Profile(session.profile).network).connections(100)


def _sentence(
    config: Config, seals: dict[str, Sealed], found: dict[str, dict[str, str]], open_ways: list[str], strange: list[str]
) -> str:
    mode = f"Mode {config.privacy.mode}: "
    if strange:
        return f"{mode}Nearhand's own code imports a network module where none belongs: {', '.join(strange)}."
    if open_ways and config.privacy.mode == "accounts":
        return f"{mode}open in the engine, because accounts need names and the key ring: {', '.join(open_ways)}."
    if open_ways:
        return f"{mode}OPEN: {', '.join(open_ways)}. See what is missing with: nearhand privacy"
    if found:
        stopped = Counter(what for name, ways in found.items() if name != "nothing" for what in ways.values())
        told = f"{stopped['stopped by kernel']} stopped by the kernel, {stopped['stopped by check']} by a check"
        return f"{mode}{sum(stopped.values())} attempts to break out, {told}, none open."
    if all(each.whole for each in seals.values()):
        where = "no network at all" if config.privacy.mode == "local" else "only the ports of your servers"
        return f"{mode}{where}, enforced by the kernel in every process."
    return f"{mode}NOT all of it is enforced by the kernel; what is missing is checked only."


def _seal_lines(session: Session, seals: dict[str, Sealed]) -> Iterator[str]:
    for name, sealed in seals.items():
        mark = session.paint.good("✓") if sealed.whole else session.paint.bad("✗")
        yield f"  {mark} {_NAMES[name] + ':':<24} {show.plain(str(sealed))}"


def _table(session: Session, found: dict[str, dict[str, str]]) -> Iterator[str]:
    if not found:
        return
    rows = [("way out", *(_NAMES[name] for name in found))]
    rows += [(way, *(_SHORT[found[name][way]] for name in found)) for way in next(iter(found.values()))]
    yield ""
    yield from show.table(rows, session.columns)
    yield ""
    yield "kernel, check: stopped by the kernel, or by a check of Nearhand's own.  –: not possible here even without."
    yield "no seal: the same attempt from a process without one, to show that it means something on this machine."


def _row(each: Connection) -> tuple[str, ...]:
    moved = f"{show.size(each.received)} in", f"{show.size(each.sent)} out"
    return f"{each.at:%Y-%m-%d %H:%M} UTC", f"{each.host}:{each.port}", each.purpose, *moved


def _more(session: Session, config: Config, ledger: list[Connection], verified: bool) -> Iterator[str]:
    yield ""
    if config.privacy.mode == "local":
        yield "Mail to be sent waits in the Outbox folder for your own mail program."
    for each, line in zip(ledger, show.table([_row(each) for each in ledger[:_LISTED]], session.columns), strict=False):
        yield line
        if each.outcome != "ok":
            why = each.outcome or "It is still open, or was cut off by a crash."
            yield show.wrapped(f"    ! {show.plain(why)}", session.columns, "      ")
    if len(ledger) > _LISTED:
        yield f"  … and {len(ledger) - _LISTED} connections before (nearhand privacy --json)"
    if not ledger:
        yield "No connection to a server was ever made from this profile."
    if not verified:
        yield "Try it: nearhand privacy --verify tries more than 40 ways out of each process."
    yield "Watch it yourself, without trusting Nearhand: SECURITY.md, “An independent witness”."
