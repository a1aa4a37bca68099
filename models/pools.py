"""Values made by rule for the synthesizer: names, addresses, file names, folders, times.

Each pool is a function of a random source. A share of made-up words keeps the model copying what stands there rather
than what it has seen.
"""

from __future__ import annotations

import random
from collections.abc import Callable

Make = Callable[[random.Random], str]

FIRST = (
    "Olga Viktor Jon Amara Priya Wei Mateo Sofia Liam Noor Yusuf Fatima Hiroshi Keiko Anders Ingrid Pavel Katya Ewa Marek "
    "Giulia Luca Chiara Pierre Amélie Zoë Lars Freya Soren Björn Aoife Ciaran Siobhan Rhys Nia Callum Isla Ravi Ananya "
    "Arjun Meera Lakshmi Tariq Layla Omar Zainab Hassan Amina Chidi Ngozi Kwame Abena Thabo Lerato Tendai Kofi Ifeoma "
    "Diego Valentina Camila Joaquín Lucía Rafael Beatriz João Inês Tiago Thiago Luana Mei Jun Xin Li Chen Yuki Haruto "
    "Min-jun Ji-woo Seo-yeon Linh Minh Thanh Anh Siti Budi Dewi Somchai Ploy Aleksandr Dmitri Svetlana Irina Oksana "
    "Taras Bohdan Elif Mehmet Ayşe Emre Leila Reza Shirin Kaveh Avi Noa Eitan Tamar Eleni Nikos Dimitra Kostas Ana Marko "
    "Ivana Luka Petra Zoltán Ágnes Gergő Ilse Jürgen Heike Uwe Annika Matthias Greta Jonas Hanna Felix Emil Sven Astrid "
    "Tom Ben Sam Max Kim Pat Alex Chris Robin Nina Ruth Paul Mary Anna Emma Jack Harry George Charlotte Grace Alice Daisy "
    "Bob Steve Linda Karen Mike Dave Sue Gary Wendy Nigel Brian Doris Edith Walter Frank Rosa Carmen Pilar Jean-Luc Marie-Claire"
).split()
LAST = (
    "Brandt Keller Weber Schmidt Müller Fischer Hoffmann Okafor Adeyemi Mensah Nakamura Tanaka Sato Suzuki Kim Park Lee "
    "Nguyen Tran Patel Shah Gupta Iyer Khan Ahmed Hussain Rossi Bianchi Ferrari Dubois Lefèvre Moreau García Fernández López "
    "Silva Santos Costa Pereira Novak Kowalski Nowak Horváth Kovács Popescu Ivanov Petrov Sokolova Shevchenko Jensen Nielsen "
    "Larsen Berg Lindqvist Virtanen Korhonen O'Brien Murphy Kelly Walsh Evans Jones Hughes MacLeod Campbell Stewart Smith "
    "Taylor Brown Wilson Johnson Clarke Baker Fletcher Whitfield Ashworth Pemberton Goldberg Cohen Levi Yılmaz Demir Haddad "
    "Mansour Papadopoulos Vlahos Jansen Bakker Visser Wong Chan Liu Zhang Huang Singh Kaur Das Rahman Perera Silva-Costa "
    "Hernández Castillo Vargas Rojas Mwangi Kamau Dlamini Botha Zimmermann Schäfer Lange Vogt Huber Steiner Meier Rüegg"
).split()
WORDS = (
    "invoice report budget lease contract offer notes agenda minutes plan menu recipe tickets visa passport insurance tax "
    "payslip scan letter form draft thesis essay slides deck photos holiday wedding garden kitchen boiler roof heating "
    "bathroom car bike dentist clinic school choir team sales marketing client project alpha launch summer winter spring "
    "Rome Lisbon Oslo Kyoto Bergen Porto Zagreb family kids grandma birthday christmas easter party score song lyrics map "
    "guide manual warranty receipt bank statement mortgage loan pension energy water rent deposit keys inventory timetable "
    "rota roster handover protocol survey results data backup archive export design sketch logo poster flyer newsletter "
    "speech proposal quote estimate order delivery return refund claim appeal certificate diploma transcript application cv "
    "portfolio interview reference permit licence registration membership league match fixture training workout diet"
).split()
EXTENSIONS = "pdf docx xlsx pptx jpg png heic txt md csv zip mp3 mp4 mov odt tar.gz epub dmg py json html".split()
HOSTS = "example.org example.com mail.example kelly.ie brandt-bau.de uni-koeln.de gmail.com posteo.net web.de outlook.com acme.co.uk fastmail.fm".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
_SOUNDS = (
    "ba ke lo mi ru ta ve zo shi nor dal fen gra hul jin kes mar ost pil quen ras sel tor und vik wen yar zem".split()
)


def made_up(r: random.Random) -> str:
    """A word nobody has seen."""
    return "".join(r.choice(_SOUNDS) for _ in range(r.choice((2, 2, 3)))).capitalize()


def first_name(r: random.Random) -> str:
    return made_up(r) if r.random() < 0.15 else r.choice(FIRST)


def last_name(r: random.Random) -> str:
    return made_up(r) if r.random() < 0.15 else r.choice(LAST)


def person(r: random.Random) -> str:
    roll = r.random()
    if roll < 0.6:
        return first_name(r)
    if roll < 0.85:
        return f"{first_name(r)} {last_name(r)}"
    return r.choice(("Mr ", "Mrs ", "Ms ", "Dr ", "Dr. ", "Prof ", "Frau ", "Herr ")) + last_name(r)


def address(r: random.Random) -> str:
    a, b = first_name(r).lower(), last_name(r).lower().replace("'", "")
    user = r.choice((f"{a}.{b}", f"{a}{r.randrange(100)}", f"{a[0]}{b}", f"{a}_{b}", f"{b}-{a}", "info", "office", a))
    return (
        f"{user}@{r.choice(HOSTS)}"
        if r.random() < 0.8
        else f"{user}@{made_up(r).lower()}.{r.choice(('de', 'com', 'net', 'io'))}"
    )


def file_name(r: random.Random) -> str:
    words = [r.choice(WORDS) for _ in range(r.choice((1, 1, 2, 2, 3)))]
    if r.random() < 0.15:
        words[0] = made_up(r)
    if r.random() < 0.35:
        words.append(_stamp(r))
    case = r.choice((str.lower, str.lower, str.capitalize, str.upper if r.random() < 0.2 else str.lower))
    return r.choice(("_", "-", " ", "", "-", "_")).join(case(w) for w in words) + "." + r.choice(EXTENSIONS)


def _stamp(r: random.Random) -> str:
    year, month, day = r.randrange(2015, 2028), r.randrange(1, 13), r.randrange(1, 29)
    return r.choice((f"{year}", f"{year}-{month:02}", f"{year}-{month:02}-{day:02}", f"v{r.randrange(1, 9)}", "final", "v2",
                     f"{year}{month:02}{day:02}", f"({r.randrange(1, 9)})", f"{r.randrange(1, 999):03}"))  # fmt: skip


def folder(r: random.Random) -> str:
    names = [made_up(r) if r.random() < 0.1 else r.choice(WORDS).capitalize() for _ in range(r.choice((1, 1, 1, 2, 3)))]
    if r.random() < 0.3:
        names.append(str(r.randrange(2012, 2028)))
    return "/".join(names) if r.random() < 0.8 else " ".join(names)


def clock(r: random.Random) -> str:
    h, m = r.randrange(1, 13), r.choice((0, 0, 15, 30, 45, 10, 20))
    half = r.choice(("am", "pm", " am", " pm", ""))
    return r.choice((
        f"{h}{half}", f"{h}:{m:02}{half}", f"{r.randrange(7, 23)}:{m:02}", f"half {_word(h)}", f"half past {_word(h)}",
        f"quarter to {_word(h)}", f"quarter past {h}", f"{_word(h)} o'clock", _word(h), "noon", "midnight", f"{h}ish",
        f"{_word(h)} thirty", f"{h}.{m:02}", f"{_word(h)} {r.choice(('am', 'pm', 'in the morning', 'in the evening'))}",
    ))  # fmt: skip


def _word(n: int) -> str:
    return "zero one two three four five six seven eight nine ten eleven twelve".split()[n]


def day(r: random.Random) -> str:
    d, month = r.choice(DAYS), r.choice(MONTHS)
    n = r.randrange(1, 32)
    nth = f"{n}{'th' if 4 <= n % 100 <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"
    return r.choice((
        d, d, d, f"next {d}", f"this {d}", f"{d} next week", f"the {nth}", f"{nth} of {month}", f"{month} {nth}", f"{n} {month}",
        "tomorrow", "today", "the day after tomorrow", f"{d} week", f"{n}/{r.randrange(1, 13)}", f"{month} {n}",
        f"{r.randrange(2024, 2028)}-{r.randrange(1, 13):02}-{min(n, 28):02}", "tonight", f"a week on {d}", f"{d[:3]}",
    ))  # fmt: skip


def moment(r: random.Random) -> str:
    """A time for something new."""
    return r.choice((
        f"{day(r)} at {clock(r)}", f"{day(r)} {clock(r)}", f"{day(r)}", f"{clock(r)} {day(r)}", f"{clock(r)} on {day(r)}",
        f"{day(r)} {r.choice(('morning', 'afternoon', 'evening', 'night', 'lunchtime'))}", clock(r),
        f"{day(r)} from {clock(r)} to {clock(r)}", f"{day(r)}, {clock(r)}", f"in {r.choice(('two', 'three', '4', 'a few'))} {r.choice(('hours', 'days', 'weeks'))}",
    ))  # fmt: skip


def period(r: random.Random) -> str:
    """A time that selects what exists."""
    d, month, year = r.choice(DAYS), r.choice(MONTHS), r.randrange(2012, 2028)
    unit = r.choice(("day", "week", "month", "year"))
    return r.choice((
        f"last {d}", f"last {unit}" if unit != "day" else "yesterday", f"this {unit}" if unit != "day" else "today", month, str(year), f"{month} {year}",
        "yesterday", "today", d, f"before {year}", f"since {d}", f"since {month}", f"after {month} {year}", f"before {day(r)}",
        f"between {month} and {r.choice(MONTHS)}", f"last {month}", f"older than {r.choice(('a', 'two', '3', 'six'))} {unit}s".replace("a days", "a day"),
        f"{d} {r.choice(('morning', 'afternoon', 'evening'))}", f"the last {r.randrange(2, 15)} {unit}s", "this morning", "last night",
        f"next {unit}" if unit != "day" else "tomorrow", "over the weekend", f"{r.choice(('spring', 'summer', 'autumn', 'winter'))} {year}", day(r), day(r),
    ))  # fmt: skip


POOLS: dict[tuple[str, str], Make] = {
    ("person", "A"): person,
    ("person", "address"): address,
    ("email", "address"): address,
    ("folder", "A"): folder,
    ("folder", "path"): folder,
    ("files.thing", "path"): file_name,
    ("newtime", "A"): lambda r: r.choice((day, moment))(r),
    ("newtime", "A+"): moment,
    ("newtime", "0"): clock,
    ("newtime", "a"): moment,
    ("time", "A"): lambda r: r.choice((day, period))(r),
    ("time", "a"): period,
    ("time", "0"): lambda r: str(r.randrange(2010, 2028)),
}
"""Generators by family and shape (see synth.py)."""
