"""Bombs that are always here, and the hostile files of shared/data, through every connector and on to every list.

Each item is read in a child that the kernel ends after 2 seconds of processor time or 256 MB of memory. It must come to
an item (readable, or one that says why not), which can be stored, found and shown as plain text; the bytes stay.
"""

from __future__ import annotations

import base64
import io
import json
import os
import resource
import subprocess
import tarfile
import time
import traceback
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nearhand.agent.reply import item_json
from nearhand.agent.showing import card
from nearhand.agent.showing import items as show_items
from nearhand.connectors.base import Call, Item, Person, Span
from nearhand.connectors.errors import ConnectorError, LimitError
from nearhand.connectors.files.archives import entries_in
from nearhand.connectors.files.connector import FilesConnector
from nearhand.connectors.mail.connector import MailConnector
from nearhand.connectors.vdir.calendars import CalendarConnector
from nearhand.connectors.vdir.contacts import ContactConnector
from nearhand.connectors.vdir.tasks import TaskConnector

from ...e2e.injected import live

SECONDS, MEMORY = 2, 256 << 20
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "hostile"
ME, ZONE = Person("Mira", "mira@holm.example"), ZoneInfo("Europe/Berlin")
K, M = 1_000, 1_000_000
Bomb = bytes | Callable[[], bytes]
"""What is large is made only when it is wanted."""


def limited(work: Callable[[], object], seconds: int = SECONDS) -> str:
    """Do it in a child under the limits; "" if it went well, else what went wrong."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = "it fell"
        try:
            size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
            used = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime)
            resource.setrlimit(resource.RLIMIT_CPU, (used + seconds + 1, used + seconds + 1))
            work()
            said = ""
        except BaseException:
            said = traceback.format_exc()[-1500:]
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read().decode()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return told or (f"killed by signal {-status}" if status else "")


def made(bomb: Bomb) -> bytes:
    """The bytes of a bomb."""
    return bomb if isinstance(bomb, bytes) else bomb()


def shown(item: Item) -> None:
    """Store it, read it back, and show it every way there is."""
    kept = card.read(card.written(item), item.text)
    assert (kept.ref, kept.title, kept.people) == (item.ref, item.title, item.people)
    told = "\n".join(show_items.rows([item]))
    assert told and not live(told), repr(live(told))
    json.dumps(item_json(item)).encode("ascii")


# --- mail -----------------------------------------------------------------------------------------------------------


def _part(depth: int) -> bytes:
    open_ = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return b"From: a@b.example\nSubject: deep\n" + open_ + b"\ntext\n"


def _heads(line: bytes, number: int = 1) -> bytes:
    return b"From: a@b.example\nSubject: many\n" + line * number + b"\nbody\n"


MAILS = {
    "multiparts 1,000 deep": _part(1000),
    "messages 1,000 deep": b"Content-Type: message/rfc822\n\n" * 1000 + b"From: a@b.example\n\nx",
    "a megabyte of encoded words": _heads(b"X-A: " + b"=?utf-8?q?=41?= " * 60_000 + b"\n"),
    "a subject of encoded words": b"Subject: " + b"=?utf-8?b?QUFB?=\n " * 60_000 + b"\n\nx",
    "encoded words that never end": b"Subject: " + b"=?" * 500_000 + b"\n\nx",
    "200,000 headers": _heads(b"X: y\n", 200_000),
    "one header of 10 MB": _heads(b"X-Long: " + b"a" * (10 * M) + b"\n"),
    "100,000 addresses": _heads(b"To: " + b",\n ".join(b"a%d@b.example" % n for n in range(100_000)) + b"\n"),
    "comments in comments": _heads(b"To: " + b"(" * 200_000 + b"a@b.example" + b")" * 200_000 + b"\n"),
    "quotes that never end": _heads(b'To: "' + b'\\"' * 300_000 + b"\n"),
    "groups of groups": _heads(b"To: " + b"g:" * 100_000 + b"\n"),
    "routes of routes": _heads(b"From: <" + b"@a," * 100_000 + b":x@y.example>\n"),
    "continued parameters": _heads(b"Content-Type: x/y;\n" + b"".join(b" n*%d*=a;\n" % n for n in range(20_000))),
    "a parameter without end": _heads(b'Content-Type: text/plain; charset="' + b"\\" * M + b"\n"),
    "references of a megabyte": _heads(b"References: " + b"<a@b.example>\n " * 60_000 + b"\n"),
    "a boundary in every line": _heads(b"Content-Type: multipart/mixed; boundary=b\n") + b"--b\n" * 300_000,
    "dashes": _heads(b"Content-Type: multipart/mixed; boundary=" + b"-" * 60 + b"\n") + b"--" * 5 * M,
    "base64 of nothing": _heads(b"Content-Transfer-Encoding: base64\n") + b"=" * 5 * M,
    "quoted-printable of nothing": _heads(b"Content-Transfer-Encoding: quoted-printable\n") + b"=\n" * 2 * M,
    "uuencoded nonsense": _heads(b"Content-Transfer-Encoding: x-uuencode\n") + b"begin 666 x\n" + b"\xff" * M,
    "HTML 200,000 deep": _heads(b"Content-Type: text/html\n") + b"<div>" * 200_000,
    "HTML of open brackets": _heads(b"Content-Type: text/html\n") + b"<" * 2 * M,
    "HTML of entities": _heads(b"Content-Type: text/html\n") + b"&amp" * 500_000,
    "comments of HTML": _heads(b"Content-Type: text/html\n") + b"<!--" * 500_000,
    "one line of 20 MB": _heads(b"") + b"a" * 20 * M,
    "nothing but NUL": b"\0" * 5 * M,
    "an attachment of 40 MB": _heads(b"Content-Type: application/zip\nContent-Transfer-Encoding: base64\n") + (b"QUFB" * 19 + b"\n") * 520_000,
    "half characters": "Subject: \udc80\udcff\nFrom: \udc80@\udc80\n\n\udc80".encode("utf-8", "surrogateescape"),
    "a charset nobody has": _heads(b"Content-Type: text/plain; charset=unicode_escape\n") + b"\\N{BELL}\\x1b[2J" * 1000,
    "a charset of codecs": _heads(b"Content-Type: text/plain; charset=zlib_codec\n") + zlib.compress(b"a" * M),
    "a date without end": _heads(b"Date: " + b"9" * M + b"\n"),
    "received without end": _heads(b"Received: ; " + b"9" * 50_000 + b"\n", 50),
}  # fmt: skip


def read_mail(root: Path, raw: bytes) -> None:
    for sub in ("new", "cur", "tmp"):
        (root / sub).mkdir(parents=True, exist_ok=True)
    path = root / "cur" / "1700000000.bomb.home:2,"
    path.write_bytes(raw)
    mail = MailConnector(root, ME, ZONE)
    shown(mail.load("INBOX/1700000000.bomb.home"))
    assert path.read_bytes() == raw


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_that_is_a_bomb_is_an_item_like_any_other(name: str, tmp_path: Path) -> None:
    told = limited(lambda: read_mail(tmp_path, MAILS[name]))
    assert not told, told


# --- calendars, tasks, contacts -------------------------------------------------------------------------------------


def _event(*lines: str) -> str:
    inner = "\r\n".join(("BEGIN:VEVENT", "UID:b@b", "DTSTART:20260101T100000Z", "SUMMARY:bomb", *lines, "END:VEVENT"))
    return f"BEGIN:VCALENDAR\r\n{inner}\r\nEND:VCALENDAR\r\n"


def _numbers(first: int, last: int) -> str:
    return ",".join(map(str, range(first, last + 1)))


EVENTS = {
    "every second of a year": _event(
        f"RRULE:FREQ=YEARLY;BYMONTH={_numbers(1, 12)};BYMONTHDAY={_numbers(1, 31)};BYHOUR={_numbers(0, 23)}"
        f";BYMINUTE={_numbers(0, 59)};BYSECOND={_numbers(0, 59)}"
    ),
    "a rule that never holds": _event("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYSETPOS=366"),
    "leap seconds only": _event("RRULE:FREQ=YEARLY;BYSECOND=60;BYYEARDAY=366"),
    "two hundred rules": _event(*["RRULE:FREQ=DAILY"] * 200),
    "100,000 exceptions": _event("RRULE:FREQ=DAILY", "EXDATE:" + ",".join(["20260101T100000Z"] * 100_000)),
    "100,000 dates": _event("RDATE:" + ",".join(f"2026010{n % 9 + 1}T{n % 24:02}0000Z" for n in range(100_000))),
    "10,000 attendees": _event(*(f"ATTENDEE;CN=x:mailto:a{n}@b.example" for n in range(10_000))),
    "5,000 alarms": _event(*(["BEGIN:VALARM", "TRIGGER:-PT1M", "REPEAT:999999999", "DURATION:PT1S", "END:VALARM"] * 5000)),
    "blocks 5,000 deep": "BEGIN:VEVENT\r\n" * 5000 + "END:VEVENT\r\n" * 5000,
    "folds without end": "BEGIN:VCALENDAR\r\n" + "SUMMARY:a\r\n" + " a\r\n" * 400_000,
    "parameters without end": _event("SUMMARY" + ";X=1" * 300_000 + ":a"),
    "a parameter of quotes": _event('ATTENDEE;CN="' + '"' * M + ":mailto:a@b.example"),
    "a zone with 20,000 rules": "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\n" + (
        "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=SECONDLY\r\n"
        "END:STANDARD\r\n") * 3000 + "END:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:z\r\nDTSTART;TZID=X:20260101T100000\r\n"
        "SUMMARY:z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    "an offset of a year": _event("DTSTART;TZID=UTC+999999:20260101T100000"),
    "a length of ages": _event("DURATION:P" + "9" * 4000 + "W"),
    "a number of 100,000 digits": _event("RRULE:FREQ=DAILY;COUNT=" + "9" * 100_000),
    "a sequence of 100,000 digits": _event("SEQUENCE:" + "9" * 100_000, "PRIORITY:" + "9" * 100_000),
    "ten thousand overrides": "BEGIN:VCALENDAR\r\n" + "".join(
        f"BEGIN:VEVENT\r\nUID:o\r\nRECURRENCE-ID:20260101T{n % 24:02}{n % 60:02}00Z\r\nDTSTART:20260101T100000Z\r\nEND:VEVENT\r\n"
        for n in range(3000)) + "END:VCALENDAR\r\n",
    "a title of 3 MB": _event("SUMMARY:" + "\u202e\u200b" * M),
    "a task due when there was no calendar": "BEGIN:VTODO\r\nUID:t\r\nSUMMARY:t\r\nDUE:00000000T000000Z\r\nEND:VTODO\r\n",
}  # fmt: skip


def read_event(root: Path, data: bytes) -> None:
    (root / "personal").mkdir(parents=True, exist_ok=True)
    path = root / "personal" / "bomb.ics"
    path.write_bytes(data)

    def now() -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)

    calendar, tasks = CalendarConnector(root, "personal", ME, ZONE, now), TaskConnector(root, "personal", ZONE, now)
    for each in (calendar, tasks):
        for ref, _ in each.scan():
            item = each.load(ref)
            shown(item)
            if each is calendar:
                window = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
                for occurrence in calendar.occurrences([item], window):
                    shown(occurrence)
    assert path.read_bytes() == data


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_that_is_a_bomb_is_an_item_like_any_other(name: str, tmp_path: Path) -> None:
    told = limited(lambda: read_event(tmp_path, EVENTS[name].encode()))
    assert not told, told


CARDS = {
    "100,000 numbers": "BEGIN:VCARD\r\nFN:x\r\n" + "TEL:1\r\n" * 100_000 + "END:VCARD\r\n",
    "cards 5,000 deep": "BEGIN:VCARD\r\n" * 5000 + "END:VCARD\r\n" * 5000,
    "a photo of 8 MB": "BEGIN:VCARD\r\nFN:x\r\nPHOTO:" + base64.b64encode(b"a" * 6 * M).decode() + "\r\nEND:VCARD\r\n",
    "quoted-printable without end": "BEGIN:VCARD\r\nFN;ENCODING=QUOTED-PRINTABLE:" + "=0D=0A=\r\n" * 100_000 + "\r\nEND:VCARD",
    "a name of escapes": "BEGIN:VCARD\r\nFN:" + "\\" * M + "\r\nN:" + ";" * M + "\r\nEND:VCARD\r\n",
    "a birthday of 10,000 digits": "BEGIN:VCARD\r\nFN:x\r\nBDAY:" + "1" * 10_000 + "\r\nEND:VCARD\r\n",
    "2,000 cards in one": "BEGIN:VCARD\r\nFN:x\r\nEND:VCARD\r\n" * 2000,
}  # fmt: skip


def read_card(root: Path, data: bytes) -> None:
    root.mkdir(exist_ok=True)
    path = root / "bomb.vcf"
    path.write_bytes(data)

    people = ContactConnector(root, ME)
    for ref, _ in people.scan():
        shown(people.load(ref))
    assert path.read_bytes() == data


@pytest.mark.parametrize("name", CARDS)
def test_a_card_that_is_a_bomb_is_an_item_like_any_other(name: str, tmp_path: Path) -> None:
    told = limited(lambda: read_card(tmp_path, CARDS[name].encode()))
    assert not told, told


# --- files ----------------------------------------------------------------------------------------------------------


def _zip(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def _docx(document: str) -> bytes:
    types = ('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" '
             'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')  # fmt: skip
    rels = ('<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type='
            '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
            "</Relationships>")  # fmt: skip
    return _zip(("[Content_Types].xml", types.encode()), ("_rels/.rels", rels.encode()), ("word/document.xml", document.encode()))


def _pdf(*objects: bytes) -> bytes:
    out, starts = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(out))
        out += b"%d 0 obj" % number + body + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    count = len(objects) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        count, len(out))  # fmt: skip


def _flate(size: int, layers: int = 1) -> bytes:
    data = b" " * size
    for _ in range(layers):
        data = zlib.compress(data, 1)
    names = b"[" + b"/FlateDecode " * layers + b"]"
    return b"<</Length %d/Filter %s>>stream\n%s\nendstream\n" % (len(data), names, data)


_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<<>>>>"
_CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
_LAUGHS = '<?xml version="1.0"?><!DOCTYPE w:document [<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
) + ']><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>&a9;</w:t></w:r></w:p></w:body></w:document>'  # fmt: skip
FILES: dict[str, Bomb] = {
    "a stream that grows a thousand times.pdf": lambda: _pdf(_CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", _PAGE, _flate(300 * M)),
    "a stream in a stream.pdf": lambda: _pdf(_CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", _PAGE, _flate(100 * M, 2)),
    "pages in a circle.pdf": _pdf(_CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99999999>>"),
    "a page that is its own parent.pdf": _pdf(_CATALOG, b"<</Type/Pages/Parent 2 0 R/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 3 0 R>>"),
    "arrays 100,000 deep.pdf": _pdf(_CATALOG, b"[" * 100_000),
    "a million operators.pdf": _pdf(_CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", _PAGE,
        b"<</Length 9000000>>stream\n" + b"BT ET q Q " * 900_000 + b"\nendstream\n"),
    "a table of a billion.pdf": b"%PDF-1.4\nxref\n0 999999999\n0000000000 65535 f \ntrailer<</Size 999999999/Root 1 0 R>>\nstartxref\n9\n%%EOF",
    "nothing but a head.pdf": b"%PDF-1.4\n" + b"\xff" * M,
    "a billion laughs.docx": _docx(_LAUGHS),
    "paragraphs 20,000 deep.docx": _docx('<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        + "<w:p>" * 20_000 + "</w:p>" * 20_000 + "</w:document>"),
    "a bomb.docx": lambda: _zip(("word/document.xml", b" " * 60 * M)),
    "no document.docx": b"PK\x03\x04" + b"\0" * 1000,
    "one word of 19 MB.txt": lambda: b"a" * 19 * M,
    "half of UTF-16.txt": b"\xff\xfe\x00\xd8" * M,
    "wide.csv": b'"' * 5 * M,
    "lines.md": b"#\n" * 5 * M,
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_document_that_is_a_bomb_is_an_item_like_any_other(name: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    data = made(FILES[name])
    (root / name).write_bytes(data)

    def work() -> None:
        files = FilesConnector([root], tmp_path / "trash")
        for ref, _ in files.scan():
            shown(files.load(ref))

    told = limited(work)
    assert not told, told
    assert (root / name).read_bytes() == data


def _tar(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 1024


ARCHIVES: dict[str, Bomb] = {
    "20,000 entries": _zip(*((f"{n}", b"") for n in range(20_000))),
    "a path 5,000 deep": _zip(("a/" * 5000 + "x", b"x")),
    "a name of 60,000 letters": _zip(("n" * 60_000, b"x")),
    "a terabyte, it says": _tar("big", 1 << 40),
    "a size below nothing": _tar("neg", 0)[:124] + b"\xff" * 12 + _tar("neg", 0)[136:],
    "a zip that grows": lambda: _zip(("x", b"\0" * 60 * M)),
    "a directory of lies": b"PK\x05\x06" + b"\0" * 4 + b"\xff\xff\xff\xff" + b"\xff" * 8 + b"\0\0",
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_that_is_a_bomb_is_refused(name: str) -> None:
    data = made(ARCHIVES[name])

    def work() -> None:
        with pytest.raises(ConnectorError) as told:
            entries_in(io.BytesIO(data))
        assert str(told.value)

    told = limited(work)
    assert not told, told


NAMES = (
    "new\nline.txt", "tab\there", "esc\x1b[2J\x1b]0;owned\x07.txt", "exe\u202efdp.txt", "zero\u200bwidth", " ", "  lead", "-rf",
    "--help", "a" * 255, "\u00e9" * 120, "%s%n", "$(id)", "`id`", "'\"", "\u2028", "\ufeffbom", "\U000e0041tag", "CON", "nul.txt",
    "\x7f", "\x9b31m", "e\u0301.txt", "a" * 200 + ".tar.gz", "|", ";", "&&", "*?[x]", "\\", "~", "#",
)  # fmt: skip


def test_files_and_folders_of_every_name_are_listed_and_shown(tmp_path: Path) -> None:
    """Names with line ends, escapes and turned directions, and bytes that are no text at all."""
    root = tmp_path / "root"
    naughty = json.loads((SHARED / "naughty-strings.json").read_text("utf-8")) if SHARED.is_dir() else []
    raw = [name.encode("utf-8", "surrogatepass") for name in (*NAMES, *naughty)] + [b"\xff\xfe", b"caf\xe9.txt", b"\x80" * 255]
    for number, name in enumerate({n for n in raw if n and b"/" not in n and b"\0" not in n and n not in (b".", b"..")}):
        if len(name) <= 255:
            path = root / str(number) / os.fsdecode(name)
            path.parent.mkdir(parents=True)
            path.mkdir() if number % 2 else path.write_bytes(b"x")
    files = FilesConnector([root], tmp_path / "trash")
    seen = [files.load(ref) for ref, _ in files.scan()]
    assert len(seen) > len(NAMES)
    for item in seen:
        shown(item)


def test_folders_nested_too_deep_to_walk_are_listed_moved_and_refused_where_all_in_them_is_needed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "to").mkdir(parents=True)
    handle = os.open(root, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("a", dir_fd=handle)
        inner = os.open("a", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(handle)
    files = FilesConnector([root], tmp_path / "trash")
    assert sum(1 for _ in files.scan()) > 100
    deep = files.load(str(root / "a"))
    for verb in ("copy", "zip"):
        with pytest.raises(LimitError):
            files.expand(Call(f"files.{verb}", (deep,), {"to": str(root / "to")}))
    (there,) = files.expand(Call("files.move", (deep,), {"to": str(root / "to")}))
    back = files.inverse(there)
    files.apply(there)
    files.apply(back)
    assert (root / "a").is_dir()
    subprocess.run(["rm", "-r", str(root / "a")], check=True)  # too deep for Python to take away


# --- the files of shared/data ---------------------------------------------------------------------------------------


def _hostile(sub: str) -> list[Path]:
    return sorted(path for path in (SHARED / sub).rglob("*") if path.is_file()) if SHARED.is_dir() else []


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared/data/hostile is not beside this checkout")
@pytest.mark.parametrize("read", [read_mail, read_event, read_card], ids=["mail", "calendar", "contacts"])
@pytest.mark.parametrize("sub", ["mail", "ics"])
def test_every_hostile_file_is_an_item_like_any_other(
    sub: str, read: Callable[[Path, bytes], None], tmp_path: Path
) -> None:
    """Through the parser it was made for, and through those it was not; many in one child, each in its time."""

    def work() -> None:
        for path in _hostile(sub):
            begun = time.thread_time()
            try:
                read(tmp_path / "root", path.read_bytes())
            except Exception as error:
                raise AssertionError(f"{path.name} fell") from error
            assert time.thread_time() - begun < SECONDS, path.name

    told = limited(work, seconds=60)
    assert not told, told
