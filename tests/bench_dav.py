"""A calendar of thousands of events from a real Radicale, beside vdirsyncer on the same server in the same run.

Part of `tests/bench.py`. vdirsyncer is looked for on the PATH and in VDIRSYNCER; without it, or without Radicale, the
figures say so.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

from nearhand.connectors.errors import ConnectorError
from nearhand.models.bench import Figure

if TYPE_CHECKING:
    from servers.dav import Server

_EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Bench//EN\r\nBEGIN:VEVENT\r\nUID:e{n}@bench\r\nDTSTAMP:20260101T000000Z\r\n"
    "DTSTART:2026{month:02}{day:02}T090000Z\r\nDTEND:2026{month:02}{day:02}T100000Z\r\nSUMMARY:Event {n}\r\n"
    "LOCATION:Room {n}\r\nDESCRIPTION:{words}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
_HOW = "Radicale is not installed. Run: pip install -e '.[test]'"


def measure(folder: Path, events: int, tell: Callable[[str], None]) -> list[Figure]:
    """Fetch a calendar, look again without a change, and send some changes; then the same with vdirsyncer."""
    if importlib.util.find_spec("radicale") is None:
        raise ConnectorError(_HOW)
    from servers import dav

    with dav.radicale() as server:
        _fill(server.folder, events)
        _asked(server)
        tell(f"Nearhand: {events} events")
        ours = _ours(folder / "ours", server.url)
        tell(f"vdirsyncer: {events} events")
        theirs = _theirs(folder / "theirs", server.url)
    found = []
    for name in ("first sync", "nothing changed", "20 changes sent"):
        beside = "vdirsyncer, without its start" if theirs else "vdirsyncer is not installed"
        found.append(Figure(f"calendar of {events:,}: {name}", ours[name], "s", theirs and theirs[name], beside))
    return [*found, Figure("memory at most", ours["memory"], "MB", 200.0, "what was aimed at")]


def _fill(folder: Path, events: int) -> None:
    """Put the events where Radicale keeps them."""
    place = folder / "data" / "collection-root" / "robin" / "work"
    place.mkdir(parents=True)
    (place / ".Radicale.props").write_text(json.dumps({"tag": "VCALENDAR", "D:displayname": "work"}))
    for n in range(events):
        text = _EVENT.format(n=n, month=n % 12 + 1, day=n % 28 + 1, words="words " * 30)
        (place / f"e{n}.ics").write_bytes(text.encode())


def _asked(server: Server) -> None:
    """Let the server read everything once, so that nobody pays for that alone."""
    from servers.dav import PASSWORD, USER

    url = server.url.replace(f"{USER}@", "") + f"{USER}/work/"
    body = '<propfind xmlns="DAV:"><prop><sync-token/></prop></propfind>'
    curl = ["curl", "-s", "-o", os.devnull, "-u", f"{USER}:{PASSWORD}", url]
    if shutil.which("curl"):
        for more in ([], ["-X", "PROPFIND", "-H", "Depth: 1", "-H", "Content-Type: text/xml", "--data", body]):
            subprocess.run([*curl, *more], check=False, timeout=900)


def _ours(folder: Path, url: str) -> dict[str, float]:
    from servers.dav import PASSWORD, USER

    from nearhand.connectors.dav.account import AccountSync
    from nearhand.connectors.dav.client import DavClient
    from nearhand.connectors.dav.state import DavState
    from nearhand.connectors.network.endpoints import Endpoint
    from nearhand.connectors.network.ledger import NetworkLedger
    from nearhand.connectors.network.web import Web
    from nearhand.connectors.network.web_sign import Password
    from nearhand.connectors.network.wire import Wire
    from nearhand.connectors.vdir.store import Vdir

    (folder / "store").mkdir(parents=True)
    endpoint = Endpoint.of(url)
    wire = Wire([endpoint], NetworkLedger(folder / "network.db"))
    client = DavClient(url, Web(wire, [endpoint], "calendar", Password(USER, PASSWORD)))
    state = DavState(folder / "dav.db")
    sync = AccountSync("bench", "c", Vdir(folder / "store", ".ics"), state, client).run
    found = {"first sync": _timed(sync), "nothing changed": _timed(sync)}
    _change(folder / "store" / "work")
    found["20 changes sent"] = _timed(sync)
    client.close()
    state.close()
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def _theirs(folder: Path, url: str) -> dict[str, float] | None:
    from servers.dav import PASSWORD, USER

    program = os.environ.get("VDIRSYNCER") or shutil.which("vdirsyncer")
    if not program:
        return None
    (folder / "local").mkdir(parents=True)
    bare = url.replace(f"{USER}@", "")
    config = folder / "config"
    config.write_text(
        f'[general]\nstatus_path = "{folder}/status/"\n[pair c]\na = "here"\nb = "there"\ncollections = ["work"]\n'
        f'[storage here]\ntype = "filesystem"\npath = "{folder}/local/"\nfileext = ".ics"\n'
        f'[storage there]\ntype = "caldav"\nurl = "{bare}"\nusername = "{USER}"\npassword = "{PASSWORD}"\n'
    )

    def run(*words: str) -> None:
        subprocess.run([program, "-c", str(config), *words], input=b"y\ny\n", check=True, capture_output=True, timeout=3600)

    run("discover", "c")
    start = _timed(lambda: subprocess.run([program, "--version"], check=True, capture_output=True))
    found = {"first sync": _timed(lambda: run("sync")), "nothing changed": _timed(lambda: run("sync"))}
    _change(folder / "local" / "work")
    found["20 changes sent"] = _timed(lambda: run("sync"))
    return {name: max(0.0, seconds - start) for name, seconds in found.items()}


def _change(folder: Path) -> None:
    for path in sorted(folder.glob("*.ics"))[:20]:
        path.write_bytes(path.read_bytes().replace(b"SUMMARY:", b"SUMMARY:Changed "))


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
