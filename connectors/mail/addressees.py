"""Writes the people of an outgoing mail as header lines, and reads such lines back as strangers' programs would.

Names come from others' mails. The standard library is not asked to write these headers: where it folds a line, Python
3.11 takes the quotes off a name, and what stood in the name then reads as more recipients. So there is one person a
line, in quotes or as encoded words. Deliberately not here: which addresses are acceptable (`compose.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.utils import formataddr, getaddresses

from nearhand.connectors.base import Person
from nearhand.connectors.mail.mailboxes import plain

_MAX_NAME, _MAX_QUOTED = 200, 60
"""Characters of a name that are written at all, and of one that fits in quotes on a line."""
_ANY = re.compile(r'[^\s<>,;:()\[\]"\\]+@[^\s<>,;:()\[\]"\\]+')
"""Whatever somebody could take for an address."""


def header(name: str, people: Iterable[Person], named: bool = True) -> str:
    """Write an address header with its line ends; a name that could be read as somebody else's address is left out."""
    return f"{name}: " + ",\n ".join(_written(person, named) for person in people) + "\n"


def read_alike(value: str, addresses: Sequence[str]) -> bool:
    """Tell whether every way to read an address header, careful or careless, comes to just these addresses."""
    line = " ".join(value.split())
    try:
        careful = [address for _, address in getaddresses([line])]
        careless = str(make_header(decode_header(line)))
    except (HeaderParseError, ValueError, LookupError):
        return False
    return careful == list(addresses) and _folded(_ANY.findall(careless)) == _folded(addresses)


def _folded(addresses: Iterable[str]) -> set[str]:
    return {address.casefold() for address in addresses}


def _written(person: Person, named: bool) -> str:
    name = plain(person.name, _MAX_NAME) if named else ""
    if not name:
        return person.address
    whole = _quoted(name, person.address) if _fits(name) else _encoded(name, person.address)
    return whole if read_alike(whole, [person.address]) else person.address


def _fits(name: str) -> bool:
    return name.isascii() and len(name) <= _MAX_QUOTED and "=?" not in name


def _quoted(name: str, address: str) -> str:
    return formataddr((name, address))


def _encoded(name: str, address: str) -> str:
    return Header(name, "utf-8", maxlinelen=75, continuation_ws=" ").encode() + f"\n <{address}>"
