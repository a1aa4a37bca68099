"""A person's home on disk for end-to-end tests: config, files, mail, calendars, lists and contacts around one day.

Everything is written as other programs would write it. Nothing of Nearhand's own code makes any of it.
"""

from __future__ import annotations

import io
import os
import zipfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from . import home_calendar, home_mail

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 18, 10, 0, tzinfo=ZONE)
"""A Wednesday."""
ME = "mira@holm.example"
_CONFIG = """\
[me]
name = "Mira Holm"
email = "{me}"
timezone = "Europe/Berlin"

[files]
roots = ["{home}/Documents", "{home}/Downloads", "{home}/Photos", "{home}/Archive", "{home}/Stick"]

[mail]
maildir = "{home}/Mail"

[calendar]
vdir = "{home}/calendars"
default = "personal"

[contacts]
vdir = "{home}/contacts"
"""
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
LEASE = "Lease of the flat in Birkenweg 5.\n\nThe lease ends on 31 August 2028.\nThe rent is 940.00 EUR a month.\n"
_REST = (
    ("Documents/floor plan v3.pdf", "floor plan", "2026-09-01"),
    ("Documents/Contracts/Contract Weber.pdf", "contract weber", "2026-05-04"),
    ("Documents/Contracts/Contract Sorensen.pdf", "contract sorensen", "2026-06-11"),
    ("Documents/Offer autumn.pdf", "offer autumn", "2026-11-09"),
    ("Documents/Offer spring.pdf", "offer spring", "2026-03-02"),
    ("Documents/Receipts/bike shop.pdf", "bike", "2026-10-12"),
    ("Documents/Taxes/Steuererklärung 2025.pdf", "tax", "2026-07-20"),
    ("Documents/School/timetable.pdf", "timetable", "2026-08-30"),
    ("Documents/Küche/Maße.txt", "Die Küche ist 3,40 m lang.\n", "2026-04-18"),
    ("Documents/lease.txt", LEASE, "2026-02-01"),
    ("Documents/speech.txt", "dear guests\n\ni am very happy that your here today . thank you\n", "2026-11-16"),
    ("Documents/minutes.md", "# Minutes\n\nWe agreed on the boiler service.\n", "2026-11-12"),
    ("Downloads/scan_0101.pdf", "scan one", "2026-11-17"),
    ("Downloads/scan_0102.pdf", "scan two", "2026-11-17"),
    ("Downloads/scan_0099.pdf", "scan old", "2026-11-02"),
    ("Downloads/report.pdf", "the same report", "2026-10-05"),
    ("Downloads/report (1).pdf", "the same report", "2026-10-06"),
    ("Downloads/budget.xlsx", "PK not really", "2026-11-13"),
    ("Downloads/Screenshot 2026-11-15.png", "png", "2026-11-15"),
    ("Downloads/song.mp3", "ID3 music", "2026-11-14"),
    ("Downloads/setup-2.1.dmg", "\0" * 300_000, "2026-10-20"),
    ("Downloads/holiday.mp4", "\0" * 900_000, "2026-08-15"),
    ("Stick/readme.txt", "The stick.\n", "2025-01-01"),
    ("Stick/old letter.txt", "An old letter.\n", "2025-01-02"),
)
_PHOTOS = (("Rome album", 3, "2025-10-04"), ("Lake", 25, "2026-07-12"))
_ZIPS = (
    ("Archive/letters 2019.zip", ("letter.txt",), "2019-12-30"),
    ("Archive/backup 2022.zip", ("backup.txt",), "2022-06-01"),
    ("Archive/site 2023.zip", ("index.html",), "2023-12-31"),
    ("Archive/tools 2025.zip", ("tool.txt",), "2025-02-02"),
    ("Downloads/recipes.zip", ("soup.txt", "cake.txt"), "2026-11-11"),
)
_PEOPLE = (
    ("Mira Holm", ME, "RELATED;TYPE=brother;VALUE=text:Jonas Holm"),
    ("Jonas Holm", "jonas@holm.example", "NOTE:relation: brother\nTEL:+49 30 5550107"),
    ("Olga Lindqvist", "olga@lindqvist.example", "TEL;TYPE=cell:+46 8 5550101\nBDAY:19870412"),
    ("Viktor Sørensen", "viktor@sorensen.example", "NICKNAME:Vic\nADR:;;Havnegade 4;Aarhus;;8000;Denmark"),
    ("Anna Weber", "anna@weber.example", ""),
    ("Tom Weber", "tom@weber.example", ""),
    ("Max Becker", "max@becker.example", "TEL:+49 30 5550108"),
    ("Max Moreau", "max.moreau@atelier.example", ""),
    ("Petra Nowak", "petra@nowak-plumbing.example", "ORG:Nowak Plumbing\nROLE:Plumber\nNOTE:our plumber\nTEL:+49 30 5550111"),
    ("Birkenhof School", "office@birkenhof.example", "ORG:Birkenhof School"),
    ("Nordlicht Bank", "service@nordlicht-bank.example", "ORG:Nordlicht Bank"),
    ("Jürgen Müller", "juergen@mueller.example", "ORG:Müller & Söhne"),
    ("Zoë Ångström", "zoe@angstrom.example", ""),
    ("Dana Ito", "dana@harbour-studio.example", "ORG:Harbour Studio\nTITLE:Head of design"),
)  # fmt: skip


def build(base: Path) -> Path:
    """Write the home under `base`; returns the profile folder. What the person owns lies in `base / "home"`."""
    home, profile = base / "home", base / "profile"
    home.mkdir(parents=True)
    profile.mkdir()
    (profile / "config.toml").write_text(_CONFIG.format(me=ME, home=home), encoding="utf-8")
    _files(home)
    home_mail.build(home / "Mail")
    home_calendar.build(home / "calendars")
    _contacts(home / "contacts")
    return profile


def _files(home: Path) -> None:
    for name, text, day in _REST:
        data = pdf(text) if name.endswith(".pdf") else text.encode()
        put(home / name, data, day)
    for album, number, day in _PHOTOS:
        for n in range(number):
            put(home / "Photos" / album / f"IMG_{n + 1:04}.jpg", JPEG + bytes([n]), day)
    for name, inside, day in _ZIPS:
        put(home / name, zipped({member: f"{member} of {name}" for member in inside}), day)


def put(path: Path, data: bytes, day: str) -> None:
    """Write a file with the modification time of noon that day."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    stamp = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZONE).timestamp()
    os.utime(path, (stamp, stamp))


def zipped(members: dict[str, str]) -> bytes:
    """A zip archive of text files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return out.getvalue()


def pdf(text: str) -> bytes:
    """A PDF of one page with one line of text, with a right cross-reference table."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode("latin-1")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 4 0 R>>>>/Contents 5 0 R>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(stream), stream),
    )
    out, starts = b"%PDF-1.4\n", list[int]()
    for number, body in enumerate(objects, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    return out + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        table, len(out),
    )  # fmt: skip


def _contacts(folder: Path) -> None:
    folder.mkdir()
    for name, address, more in _PEOPLE:
        given, _, family = name.rpartition(" ")
        lines = ["BEGIN:VCARD", "VERSION:4.0", f"UID:urn:{address}", f"FN:{name}", f"N:{family};{given};;;",
                 f"EMAIL;TYPE=home:{address}", *filter(None, more.split("\n")), "END:VCARD", ""]  # fmt: skip
        (folder / f"{address.partition('@')[0]}.vcf").write_bytes("\r\n".join(lines).encode())
