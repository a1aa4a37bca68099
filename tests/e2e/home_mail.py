"""The mails of the test home: about forty in a Maildir++, from several people, some with attachments, one broken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("Europe/Berlin")
_ME = "Mira Holm <mira@holm.example>"
_OLGA = "Olga Lindqvist <olga@lindqvist.example>"
_VIKTOR = "Viktor Sørensen <viktor@sorensen.example>"
_SCHOOL = "Birkenhof School <office@birkenhof.example>"
_PLUMBER = "Petra Nowak <petra@nowak-plumbing.example>"
_BANK = "Nordlicht Bank <service@nordlicht-bank.example>"
_DANA = "Dana Ito <dana@harbour-studio.example>"
_ANNA = "Anna Weber <anna@weber.example>"
_RAMESH = "Ramesh Patel <ramesh@patel.example>"
_NEWS = "The Weekly Letter <news@weekly.example>"
_SHOP = "Regenbogen Shop <orders@regenbogen.example>"


@dataclass(frozen=True)
class Mail:
    """One mail; `key` names its Message-ID and its file."""

    key: str
    sender: str
    date: str
    subject: str
    text: str
    flags: str = "S"
    folder: str = ""
    files: tuple[str, ...] = ()
    to: str = _ME
    cc: str = ""
    reply: str = ""
    html: str = ""
    news: bool = False


MAILS = (
    Mail("olga-sat", _OLGA, "2026-11-17T18:20", "Saturday at the lake?", "Shall we meet at the lake on Saturday at three?\n\nOlga\n", ""),
    Mail("olga-recipe", _OLGA, "2026-11-05T09:00", "The soup recipe", "Here is the recipe you wanted.\n", files=("soup recipe.pdf",)),
    Mail("olga-old", _OLGA, "2025-06-01T09:00", "Midsummer", "Are you coming up for midsummer?\n", "RS"),
    Mail("viktor-offer", _VIKTOR, "2026-11-16T11:00", "Your offer", "Could you send me your newest offer?\n\nViktor\n", ""),
    Mail("viktor-boat", _VIKTOR, "2026-10-20T11:00", "The boat", "The boat is dry now.\n", "FS"),
    Mail("viktor-boat2", _VIKTOR, "2026-10-22T11:00", "Re: The boat", "And painted.\n", reply="viktor-boat"),
    Mail("school-forms", _SCHOOL, "2026-11-16T08:00", "Forms for the class trip", "Dear parents,\n\nplease return both forms by Friday.\n", "",
         files=("permission form.pdf", "allergy form.pdf")),
    Mail("school-news", _SCHOOL, "2026-11-18T07:30", "Early closing on Thursday", "School closes at 12:30 on Thursday.\n", ""),
    Mail("school-sept", _SCHOOL, "2026-09-03T08:00", "Welcome back", "Welcome to the new year.\n"),
    Mail("plumber-visit", _PLUMBER, "2026-11-16T17:00", "Your boiler", "I can come on Thursday at 9:00.\nThe part costs 84.50 EUR.\n\nPetra Nowak\n+49 30 5550111\n"),
    Mail("plumber-bill", _PLUMBER, "2026-10-08T10:00", "Invoice 2041", "Please find the invoice.\n", files=("invoice 2041.pdf",)),
    Mail("bank-2025a", _BANK, "2025-01-31T06:00", "Your statement for January", "Your statement is ready.\n", files=("statement 2025-01.pdf",)),
    Mail("bank-2025b", _BANK, "2025-06-30T06:00", "Your statement for June", "Your statement is ready.\n"),
    Mail("bank-2025c", _BANK, "2025-12-30T06:00", "New terms", "We are changing our terms.\n", ""),
    Mail("bank-2026", _BANK, "2026-10-31T06:00", "Your statement for October", "Your statement is ready.\n"),
    Mail("bank-2024", _BANK, "2024-12-31T06:00", "Your statement for 2024", "Your statement is ready.\n", folder=".Archive"),
    Mail("dana-plan", _DANA, "2026-11-17T15:00", "Project plan", "Can you look at the plan before Monday?\n", "", cc=f"{_RAMESH}, {_VIKTOR}"),
    Mail("dana-old", _DANA, "2026-08-11T15:00", "Holiday cover", "Who covers for you in August?\n"),
    Mail("ramesh", _RAMESH, "2026-11-12T12:00", "Concert tickets", "I have two tickets left for the 5th.\n"),
    Mail("anna-choir", _ANNA, "2026-11-15T21:00", "Choir on Friday", "Do we start at seven or at eight?\n", "",
         cc="Tom Weber <tom@weber.example>"),
    Mail("anna-pics", _ANNA, "2026-10-03T21:00", "Pictures from the party", "Here they are.\n", files=("party 1.jpg", "party 2.jpg")),
    Mail("jonas", "Jonas Holm <jonas@holm.example>", "2026-11-09T20:00", "Mum's birthday", "What do we give her?\n", "F"),
    Mail("max-b", "Max Becker <max@becker.example>", "2026-11-10T10:00", "Bike", "Your bike is ready.\n"),
    Mail("max-m", "Max Moreau <max.moreau@atelier.example>", "2026-11-11T10:00", "Frames", "The frames have come.\n"),
    Mail("mueller", "Jürgen Müller <juergen@mueller.example>", "2026-11-13T10:00", "Angebot für die Küche", "Die Küche kostet 4.200 EUR.\nViele Grüße\n", ""),
    Mail("parcel", _SHOP, "2026-11-17T12:00", "Your parcel is on its way", "Tracking number: 7Q488213DE\nDelivery on Friday.\n"),
    Mail("order", _SHOP, "2026-11-14T12:00", "Your order 5531", "Thank you for your order.\nTotal: 59.90 EUR\n"),
    Mail("html", _SHOP, "2026-11-13T12:00", "Big sale", "", html="<h1>Big sale</h1><p>Everything &uuml;ber <b>half</b> price.</p>", news=True),
    Mail("news1", _NEWS, "2026-11-17T06:00", "This week", "All the news.\n", "", news=True),
    Mail("news2", _NEWS, "2026-11-10T06:00", "Last week", "All the news.\n", news=True),
    Mail("news3", _NEWS, "2026-11-03T06:00", "The week before", "All the news.\n", news=True),
    Mail("clinic", "Clinic Sonnenhof <desk@sonnenhof.example>", "2026-11-12T09:00", "Your appointment",
         "Dear Ms Holm,\n\nyour appointment is on 8 December 2026 at 14:30.\nPlace: Sonnenallee 12\n"),
    Mail("sent-olga", _ME, "2026-11-04T19:00", "Soup?", "Could I have the soup recipe?\n", folder=".Sent", to=_OLGA),
    Mail("sent-anna", _ME, "2026-10-02T19:00", "Party", "It was lovely.\n", folder=".Sent", to=_ANNA, cc="Tom Weber <tom@weber.example>"),
    Mail("sent-viktor", _ME, "2026-10-21T19:00", "Re: The boat", "Great.\n", folder=".Sent", to=_VIKTOR, reply="viktor-boat"),
    Mail("draft-dana", _ME, "2026-11-17T20:00", "Holiday dates", "Would the first week of July suit you?\n", "DS", ".Drafts", to=_DANA),
    Mail("family-1", "Jonas Holm <jonas@holm.example>", "2026-03-01T10:00", "Easter", "See you at Easter.\n", folder=".Family"),
    Mail("family-2", _ANNA, "2026-04-01T10:00", "Garden", "The garden is yours.\n", folder=".Family"),
    Mail("trash-1", _SHOP, "2026-09-01T10:00", "Old sale", "Gone.\n", folder=".Trash"),
    Mail("invite", _DANA, "2026-11-17T16:00", "Invitation: Budget review", "Please come.\n", ""),
)  # fmt: skip
BROKEN = b"From: =?utf-8?q?broken\nSubject: =?x?b?$$?=\nContent-Type: multipart/mixed; boundary=\n\n\xff\xfe\x00 no end"


def build(root: Path) -> None:
    """Write the Maildir."""
    for folder in ("", ".Sent", ".Drafts", ".Archive", ".Trash", ".Outbox", ".Family"):
        for part in ("cur", "new", "tmp"):
            (root / folder / part).mkdir(parents=True, exist_ok=True)
    for mail in MAILS:
        (root / mail.folder / "cur" / f"{_stamp(mail)}.{mail.key}.home:2,{mail.flags}").write_bytes(_bytes(mail))
    (root / "new" / "1762700000.broken.home").write_bytes(BROKEN)


def _stamp(mail: Mail) -> int:
    return int(_when(mail).timestamp())


def _when(mail: Mail) -> datetime:
    return datetime.fromisoformat(mail.date).replace(tzinfo=_ZONE)


def _bytes(mail: Mail) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = mail.sender, mail.to, mail.subject
    message["Date"], message["Message-ID"] = format_datetime(_when(mail)), f"<{mail.key}@mail.example>"
    if mail.cc:
        message["Cc"] = mail.cc
    if mail.reply:
        message["In-Reply-To"] = message["References"] = f"<{mail.reply}@mail.example>"
    if mail.news:
        message["List-Unsubscribe"] = "<https://weekly.example/off>"
    if mail.html:
        message.set_content(mail.html, subtype="html")
    else:
        message.set_content(mail.text)
    for name in mail.files:
        kind = ("image", "jpeg") if name.endswith("jpg") else ("application", "pdf")
        message.add_attachment(f"bytes of {name}".encode(), maintype=kind[0], subtype=kind[1], filename=name)
    return message.as_bytes()
