"""vCards, versions 2.1 to 4: the details of a person, and changes that leave every other line as it is.

Deliberately not here: pictures, keys, and converting between versions.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from nearhand.connectors.errors import ConnectorError, DeniedError, UnreadableError
from nearhand.connectors.vdir.contentlines import Block, Line, block, escape, parse, split, unescape

_BIRTHDAY = re.compile(r"(\d{4}|--)-?(\d\d)-?(\d\d)", re.ASCII)
_RELATION = re.compile(r"^\s*relation(?:ship)?\s*:\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_APPLE_LABEL = re.compile(r"_\$!<(.*)>!\$_")
_NO_YEAR = ("0000", "1604", "--")
"""Years that stand for a birthday without one."""


@dataclass(frozen=True, slots=True)
class Card:
    """What one card says about a person."""

    name: str
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    birthday: str = ""
    """2001-02-03, or --02-03 without a year."""
    address: str = ""
    nickname: str = ""
    org: str = ""
    note: str = ""
    relation: str = ""
    """What this person is to the owner of the address book ("brother"), if a note says so."""
    related: tuple[tuple[str, str], ...] = ()
    """(relation, name): who this card says is related to this person."""
    role: str = ""
    """What the person does ("plumber")."""
    categories: str = ""
    """Groups the person belongs to, separated by commas."""


def read_card(text: str) -> tuple[Block, Card]:
    """The first card of a file and what it says; raises LimitError and UnreadableError."""
    found = next((each for each in parse(text).walk() if each.name == "VCARD"), None)
    if found is None:
        raise UnreadableError("There is no card in it.")
    return found, _card(found)


def _card(card: Block) -> Card:
    emails = tuple(dict.fromkeys(filter(None, (_plain(line) for line in card.lines("EMAIL")))))
    phones = tuple(dict.fromkeys(filter(None, (_plain(line).removeprefix("tel:") for line in card.lines("TEL")))))
    org = ", ".join(filter(None, (part.strip() for part in _parts(card.line("ORG")))))
    nickname, note = _text(card, "NICKNAME"), "\n".join(_decoded(line) for line in card.lines("NOTE"))
    said = _RELATION.search(unescape(note))
    name = _text(card, "FN") or _from_parts(card.line("N")) or nickname or org or (emails or phones or ("",))[0]
    return Card(
        name or "(no name)", emails, phones, _birthday(card.value("BDAY")), _address(card), nickname, org,
        unescape(note), said[1] if said else "", tuple(_related(card)),
        _text(card, "ROLE") or _text(card, "TITLE"), _text(card, "CATEGORIES"),
    )  # fmt: skip


def _decoded(line: Line) -> str:
    """The value of a line; version 2.1 may have encoded it as quoted-printable."""
    encoded = line.param("ENCODING").upper() == "QUOTED-PRINTABLE" or ("QUOTED-PRINTABLE", "") in line.params
    if not encoded:
        return line.value
    data = quopri.decodestring(line.value.encode("ascii", "replace"))
    return data.decode("utf-8", "replace")


def _plain(line: Line) -> str:
    return " ".join(unescape(_decoded(line)).split())[:500].removeprefix("mailto:")


def _text(card: Block, name: str) -> str:
    line = card.line(name)
    return _plain(line) if line else ""


def _parts(line: Line | None) -> list[str]:
    return split(_decoded(line)) if line else []


def _from_parts(line: Line | None) -> str:
    """Family;Given;Additional;Prefixes;Suffixes in the order they are said."""
    parts = [part.replace(",", " ").strip() for part in (*_parts(line), "", "", "", "", "")[:5]]
    return " ".join(filter(None, (parts[3], parts[1], parts[2], parts[0], parts[4])))


def _address(card: Block) -> str:
    """Street, extra, postal code and city, region, country of the first address, as one line."""
    parts = [" ".join(part.split()) for part in (*_parts(card.line("ADR")), *("",) * 7)[:7]]
    box, extra, street, city, region, code, country = parts
    return ", ".join(filter(None, (street, extra, box, f"{code} {city}".strip(), region, country)))


def _birthday(value: str) -> str:
    found = _BIRTHDAY.match(value.strip())
    if not found:
        return ""
    year = "--" if found[1] in _NO_YEAR else f"{found[1]}-"
    return f"{year}{found[2]}-{found[3]}"


def _related(card: Block) -> Iterator[tuple[str, str]]:
    labels = {line.group: unescape(line.value) for line in card.lines("X-ABLABEL") if line.group}
    for line in card.lines("X-ABRELATEDNAMES", "RELATED"):
        label = labels.get(line.group, "")
        apple = _APPLE_LABEL.fullmatch(label)
        yield (apple[1] if apple else label or line.param("TYPE")).lower(), _plain(line)


def new_card(uid: str, name: str) -> str:
    """The text of a card with a name and nothing else."""
    lines = (Line("VERSION", "3.0"), Line("UID", uid), Line("FN", _checked(name)), _name_parts(name))
    return block("VCARD", *lines).text


def _name_parts(name: str) -> Line:
    given, _, family = name.strip().rpartition(" ")
    given, family = (given, family) if given else (family, "")
    return Line("N", f"{escape(family)};{escape(given)};;;")


def _checked(text: str) -> str:
    line = " ".join(text.split())
    if not line:
        raise ConnectorError("A name cannot be empty. Say what the person is called.")
    return escape(line)


def with_name(card: Block, name: str) -> Block:
    """Give a card another name."""
    return _first(_first(card, "FN", _checked(name)), "N", _name_parts(name).value)


def with_email(card: Block, address: str) -> Block:
    """Put a mail address in the place of the first one."""
    clean = address.strip()
    if clean.count("@") != 1 or not clean.isprintable() or set(clean) & set(' ",;:<>\\') or len(clean) > 254:
        raise DeniedError(f"{clean[:80]!a} is not a mail address. Correct it and try again.")
    return _first(card, "EMAIL", clean)


def with_phone(card: Block, number: str) -> Block:
    """Put a telephone number in the place of the first one."""
    clean = " ".join(number.split())
    if not re.fullmatch(r"[+\d][\d ()/.x*#-]{1,40}", clean):
        raise DeniedError(f"{clean[:80]!a} is not a telephone number. Correct it and try again.")
    return _first(card, "TEL", clean)


def with_address(card: Block, where: str) -> Block:
    """Put an address, as one line, in the place of the first one."""
    return _first(card, "ADR", f";;{escape(' '.join(where.split()))};;;;")


def with_birthday(card: Block, day: date) -> Block:
    """Set the birthday."""
    return _first(card, "BDAY", f"{day:%Y-%m-%d}" if _version(card) != "4.0" else f"{day:%Y%m%d}")


def _version(card: Block) -> str:
    return card.value("VERSION").strip()


def _first(card: Block, name: str, value: str) -> Block:
    """Replace the value of the first line of a name; its group and its type stay, encodings of the old value do not."""
    lines = card.lines(name)
    if not lines:
        return card.with_lines(name, [Line(name, value)])
    if lines[0].value == value:
        return card
    drop = ("ENCODING", "CHARSET", "VALUE", "QUOTED-PRINTABLE", "LABEL", "ALTID", "X-APPLE-OMIT-YEAR")
    params = tuple(pair for pair in lines[0].params if pair[0] not in drop and pair[1])
    fresh = replace(lines[0], value=value, params=params, raw="")
    return card.with_lines(name, [fresh, *lines[1:]])
