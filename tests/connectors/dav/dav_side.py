"""One Nearhand's side of a synchronization, for tests: folders, state, and a client that speaks through the wire."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nearhand.connectors.dav.account import AccountSync
from nearhand.connectors.dav.client import DavClient
from nearhand.connectors.dav.report import Report
from nearhand.connectors.dav.state import DavState
from nearhand.connectors.network.endpoints import Endpoint
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.web import Web
from nearhand.connectors.network.web_sign import Password
from nearhand.connectors.network.wire import Wire
from nearhand.connectors.vdir.store import Vdir

EVENT = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Somebody//Else//EN
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20260101T000000Z
DTSTART:20260304T090000Z
DTEND:20260304T100000Z
SUMMARY:{title}
{more}END:VEVENT
END:VCALENDAR
"""
TASK = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Somebody//Else//EN
BEGIN:VTODO
UID:{uid}
DTSTAMP:20260101T000000Z
SUMMARY:{title}
{more}END:VTODO
END:VCALENDAR
"""
CARD = """\
BEGIN:VCARD
VERSION:3.0
UID:{uid}
FN:{title}
N:{title};;;;
{more}END:VCARD
"""


def text(form: str, uid: str, title: str, more: str = "") -> bytes:
    """An entry as bytes, lines ended as they should be."""
    return form.format(uid=uid, title=title, more=f"{more}\n" if more else "").replace("\n", "\r\n").encode()


class Side:
    """Folders here, and a way to the server."""

    def __init__(
        self, folder: Path, url: str, password: str = "correct-horse", ca_file: Path | None = None, kind: str = "c",
        pause: Callable[[float], None] = lambda seconds: None,
    ) -> None:  # fmt: skip
        self.root = folder / "store"
        self.root.mkdir(parents=True, exist_ok=True)
        self.store = Vdir(self.root, ".ics" if kind == "c" else ".vcf")
        self.kind = kind
        self.ledger = NetworkLedger(folder / "network.db")
        endpoint = Endpoint.of(url)
        self.web = Web(Wire([endpoint], self.ledger, ca_file), [endpoint], "calendar", Password("robin", password), pause)
        self.client = DavClient(url, self.web)
        self.state = DavState(folder / "dav.db")

    def sync(self, dry: bool = False, accept: Callable[[str], bool] = lambda name: False) -> Report:
        return AccountSync("home", self.kind, self.store, self.state, self.client).run(dry, accept)

    def empty_server(self) -> None:
        """Take every collection away, so that a test starts from nothing."""
        for each in self.client.collections(self.kind):
            self.client.remove_collection(each.href)

    def close(self) -> None:
        self.client.close()
        self.state.close()

    def put(self, ref: str, data: bytes) -> None:
        """Write a file as another program on this machine would."""
        path = self.root / ref
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    def files(self) -> dict[str, bytes]:
        """Everything that is here."""
        return {ref: self.store.read(ref) for ref, _ in self.store.scan()}

    def texts(self) -> str:
        """Everything that is here, as one text."""
        return "\n".join(data.decode() for _, data in sorted(self.files().items()))
