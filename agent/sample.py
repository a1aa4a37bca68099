"""A sample home with real files, a real Maildir, real .ics and .vcf folders, dated around a given day.

The demo acts in it, and so can a person who wants to try things out. Everything in it is invented.
"""

from __future__ import annotations

import io
import os
import zipfile
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

CONFIG = """\
[me]
name = "Robin Keller"
email = "robin@keller.example"
timezone = "{zone}"

[files]
roots = ["Documents", "Downloads", "Pictures", "Archive", "Stick"]

[mail]
maildir = "Mail"

[calendar]
vdir = "calendars"
default = "personal"

[contacts]
vdir = "contacts"
"""


def _pdf(text: str) -> bytes:
    """A one-page PDF that says `text`."""
    stream = b"BT /F1 12 Tf 72 720 Td (" + text.encode("ascii", "replace") + b") Tj ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n" % len(stream) + stream + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj" % number + body + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + (
        b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))
    )  # fmt: skip


_JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")

_PEOPLE = (
    ("Olga Brandt", "olga@brandt.example", "TEL:+49 30 555 0101\nORG:Brandt Architekten"),
    ("Viktor Okafor", "viktor@okafor.example", "TEL:+44 20 7946 0102"),
    ("Anna Weber", "anna@weber.example", ""),
    ("Tom Weber", "tom@weber.example", ""),
    ("Jonas Keller", "jonas@keller.example", "RELATED;TYPE=brother:Jonas Keller\nNICKNAME:Jo"),
    ("Max Lindqvist", "max@lindqvist.example", ""),
    ("Max Moreau", "max.moreau@atelier.example", ""),
    ("Petra Novak", "petra@novak-plumbing.example", "ROLE:Plumber\nORG:Novak Plumbing"),
    ("Lindenhof School", "office@lindenhof-school.example", "ORG:Lindenhof School\nCATEGORIES:school"),
    ("Nordbank", "service@nordbank.example", "ORG:Nordbank\nCATEGORIES:bank"),
    ("Dr. Ines Amato", "praxis@amato.example", "ROLE:Dentist"),
)

_FILES = (
    ("Documents/floor plan v2.pdf", _pdf("Floor plan of the flat, second version"), 12),
    ("Documents/Contract Okafor.pdf", _pdf("Contract with Viktor Okafor"), 40),
    ("Documents/Contract Novak.pdf", _pdf("Contract with Novak Plumbing about the boiler"), 35),
    ("Documents/Offer March.pdf", _pdf("Offer of March"), 90),
    ("Documents/Offer revised.pdf", _pdf("Revised offer"), 3),
    (
        "Documents/lease.txt",
        b"Lease of the flat in Lindenstrasse 5.\nThe lease ends on 31 August 2027.\nThe rent is 940 EUR.\n",
        200,
    ),
    ("Documents/Taxes/tax return 2024.pdf", _pdf("Tax return 2024"), 300),
    ("Documents/Receipts/bike shop.pdf", _pdf("Receipt of the bike shop, 49.90 EUR"), 60),
    ("Documents/notes.md", b"# Notes\nThe boiler needs a service before winter.\n", 9),
    ("Downloads/scan_0001.pdf", _pdf("Scanned letter of the insurance"), 1),
    ("Downloads/scan_0002.pdf", _pdf("Scanned bill of the garage"), 1),
    ("Downloads/scan_0000.pdf", _pdf("Scanned older letter"), 8),
    ("Downloads/setup-1.4.dmg", b"\0" * 4_000_000, 20),
    ("Downloads/IMG_2041.jpg", _JPEG, 5),
    ("Downloads/budget.xlsx", b"PK\3\4 not really a sheet", 6),
    ("Pictures/Rome album/IMG_1001.jpg", _JPEG, 400),
    ("Pictures/Rome album/IMG_1002.jpg", _JPEG + b"2", 400),
    ("Pictures/Rome album/IMG_1003.jpg", _JPEG + b"3", 400),
    ("Archive/letters 2021.zip", None, 1700),
    ("Archive/photos 2022.zip", None, 1400),
    ("Archive/site 2025.zip", None, 200),
    ("Stick/readme.txt", b"The stick.\n", 500),
)

_MAILS = (
    ("Olga Brandt <olga@brandt.example>", "Saturday?", "Shall we meet at the lake on Saturday at three?\n\nOlga\n", 1, "", ()),
    ("Lindenhof School <office@lindenhof-school.example>", "Forms for the school trip", "Dear parents,\n\nplease return the forms by Friday.\n", 2,
     "", ("permission form.pdf", "allergy form.pdf")),
    ("Petra Novak <petra@novak-plumbing.example>", "Your boiler: appointment", "I can come on Thursday at nine. The part costs 84.50 EUR.\n\nPetra Novak\n", 3, "S", ()),
    ("Petra Novak <petra@novak-plumbing.example>", "Invoice 221", "Please find my invoice.\n", 30, "S", ("invoice 221.pdf",)),
    ("Nordbank <service@nordbank.example>", "Your statement for the year", "Your statement is ready.\n", 400, "S", ()),
    ("Nordbank <service@nordbank.example>", "New terms", "We are changing our terms.\n", 380, "S", ()),
    ("Viktor Okafor <viktor@okafor.example>", "Offer?", "Could you send me your newest offer?\n\nViktor\n", 1, "", ()),
    ("Parcel Post <noreply@parcel.example>", "Your parcel is on its way", "Tracking number: 7Q4-88213-DE\nDelivery on Friday.\n", 2, "S", ()),
    ("News of the Week <news@weekly.example>", "This week", "All the news.\n", 1, "N", ()),
)  # fmt: skip


def build(folder: Path, now: datetime) -> Path:
    """Write the sample home into `folder` (which must be new or empty); returns the profile folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(CONFIG.format(zone=getattr(now.tzinfo, "key", "UTC")), encoding="utf-8")
    _files(folder, now)
    _mail(folder / "Mail", now)
    _calendar(folder / "calendars", now)
    _contacts(folder / "contacts")
    for path in (each for each in folder.rglob("*") if each.is_dir()):
        os.utime(path, (now.timestamp(), now.timestamp()))
    return folder


def _files(folder: Path, now: datetime) -> None:
    for name, data, days in _FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_archive(name) if data is None else data)
        stamp = (now - timedelta(days=days)).timestamp()
        os.utime(path, (stamp, stamp))


def _archive(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("contents.txt", name)
    return out.getvalue()


def _mail(maildir: Path, now: datetime) -> None:
    for part in ("cur", "new", "tmp"):
        (maildir / part).mkdir(parents=True, exist_ok=True)
    for n, (sender, subject, body, days, flags, files) in enumerate(_MAILS):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, "Robin Keller <robin@keller.example>", subject
        when = now - timedelta(days=days, hours=n % 5)
        message["Date"] = format_datetime(when)
        message["Message-ID"] = f"<sample-{n}@keller.example>"
        if "N" in flags:
            message["List-Unsubscribe"] = "<https://weekly.example/off>"
        message.set_content(body)
        for name in files:
            message.add_attachment(_pdf(name), maintype="application", subtype="pdf", filename=name)
        path = maildir / "cur" / f"{int(when.timestamp())}.sample{n}.home:2,{flags.replace('N', '')}"
        path.write_bytes(message.as_bytes())


def _calendar(vdir: Path, now: datetime) -> None:
    (vdir / "personal").mkdir(parents=True, exist_ok=True)
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)

    def at(day: int, hour: int, minute: int = 0) -> datetime:
        return monday + timedelta(days=day, hours=hour, minutes=minute)

    zone = getattr(now.tzinfo, "key", "UTC")
    events = (
        ("yoga", "Yoga", at(-21 + 2, 18), 90, "RRULE:FREQ=WEEKLY", ""),
        ("rehearsal", "Choir rehearsal", at(4, 19), 120, "", "ATTENDEE;CN=Anna Weber:mailto:anna@weber.example\nATTENDEE;CN=Tom Weber:mailto:tom@weber.example"),
        ("site", "Site visit", at(3, 14), 60, "", "ATTENDEE;CN=Olga Brandt:mailto:olga@brandt.example"),
        ("dentist", "Dentist", at(8, 9), 30, "", "LOCATION:Marktplatz 3"),
        ("viktor1", "Coffee with Viktor", at(9, 15), 60, "", "ATTENDEE;CN=Viktor Okafor:mailto:viktor@okafor.example"),
    )  # fmt: skip
    for uid, title, start, minutes, rule, more in events:
        end = start + timedelta(minutes=minutes)
        lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Nearhand//Sample//EN", "BEGIN:VEVENT", f"UID:{uid}@keller.example",
            "DTSTAMP:20260101T000000Z", f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}", f"DTEND;TZID={zone}:{end:%Y%m%dT%H%M%S}",
            f"SUMMARY:{title}", *filter(None, [rule]), *filter(None, more.split("\n")), "END:VEVENT", "END:VCALENDAR", "",
        ]  # fmt: skip
        (vdir / "personal" / f"{uid}.ics").write_text("\r\n".join(lines), encoding="utf-8", newline="")
    _tasks(vdir / "shopping")


def _tasks(folder: Path) -> None:
    folder.mkdir()
    for uid, title in (("milk", "Milk"), ("bread", "Bread")):
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Nearhand//Sample//EN", "BEGIN:VTODO", f"UID:{uid}@keller.example",
                 "DTSTAMP:20260101T000000Z", f"SUMMARY:{title}", "STATUS:NEEDS-ACTION", "END:VTODO", "END:VCALENDAR", ""]  # fmt: skip
        (folder / f"{uid}.ics").write_text("\r\n".join(lines), encoding="utf-8", newline="")


def _contacts(vdir: Path) -> None:
    vdir.mkdir(exist_ok=True)
    for name, address, more in _PEOPLE:
        given, _, family = name.rpartition(" ")
        lines = ["BEGIN:VCARD", "VERSION:4.0", f"UID:{address}", f"FN:{name}", f"N:{family};{given};;;", f"EMAIL:{address}",
                 *filter(None, more.split("\n")), "END:VCARD", ""]  # fmt: skip
        (vdir / f"{address.replace('@', '-')}.vcf").write_text("\r\n".join(lines), encoding="utf-8", newline="")
