"""What is asked of a WebDAV server and what it answers, as text and as values.

An href is a path as the server may spell it, brought to one spelling, so that it can be compared.
Deliberately not here: sending anything (`dav/client.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.sax.saxutils import escape

DAV = "DAV:"
_SPACES = {
    "d": DAV, "c": "urn:ietf:params:xml:ns:caldav", "r": "urn:ietf:params:xml:ns:carddav",
    "s": "http://calendarserver.org/ns/",
}  # fmt: skip
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
_XMLNS = " ".join(f'xmlns:{short}="{space}"' for short, space in _SPACES.items())
_SAFE = "~!$&'()*+,;=:@-._"
_MAX_RESPONSES = 200_000


class Element(Protocol):
    """What is used of an XML element, whichever package has parsed it."""

    tag: object
    text: str | None

    def find(self, path: str) -> Element | None: ...
    def findall(self, path: str) -> Iterable[Element]: ...
    def iter(self, tag: str | None = None) -> Iterator[Element]: ...
    def itertext(self) -> Iterator[str]: ...
    def get(self, key: str, default: str) -> str: ...
    def __iter__(self) -> Iterator[Element]: ...
    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Found:
    """One resource in an answer."""

    href: str
    status: int
    props: dict[str, Element]
    """The properties that the server gave, by short name ("d:getetag")."""

    def text(self, name: str) -> str:
        """The text of a property, "" if it is not there."""
        found = self.props.get(name)
        return "" if found is None else "".join(found.itertext()) if len(found) == 0 else ""

    def href_of(self, name: str) -> str:
        """The address inside a property, as it is written; "" if there is none."""
        found = self.props.get(name)
        inside = None if found is None else found.find(f"{{{DAV}}}href")
        return "" if inside is None else (inside.text or "").strip()

    def kinds(self, name: str) -> frozenset[str]:
        """The short names of the elements inside a property."""
        found = self.props.get(name)
        return frozenset() if found is None else frozenset(_short(each.tag) for each in found.iter())

    def names(self, name: str) -> frozenset[str]:
        """The `name` attributes of the elements inside a property."""
        found = self.props.get(name)
        return frozenset() if found is None else frozenset(each.get("name", "").upper() for each in found)


def propfind(*names: str) -> str:
    """The body that asks for properties by short name."""
    return f"{_HEAD}<d:propfind {_XMLNS}><d:prop>{_elements(names)}</d:prop></d:propfind>"


def sync_collection(token: str) -> str:
    """The body that asks what has changed since a token (RFC 6578)."""
    inside = f"<d:sync-token>{escape(token)}</d:sync-token><d:sync-level>1</d:sync-level>"
    return f"{_HEAD}<d:sync-collection {_XMLNS}>{inside}<d:prop><d:getetag/></d:prop></d:sync-collection>"


def multiget(kind: str, hrefs: Iterable[str]) -> str:
    """The body that asks for the texts of resources; kind is "c" for calendars, "r" for address books."""
    report = "c:calendar-multiget" if kind == "c" else "r:addressbook-multiget"
    data = "c:calendar-data" if kind == "c" else "r:address-data"
    inside = "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs)
    return f"{_HEAD}<{report} {_XMLNS}><d:prop><d:getetag/><{data}/></d:prop>{inside}</{report}>"


def new_collection(kind: str, name: str) -> tuple[str, str]:
    """The method and the body that make a calendar or an address book of a name."""
    shown = f"<d:displayname>{escape(name)}</d:displayname>"
    if kind == "c":
        comps = "".join(f'<c:comp name="{each}"/>' for each in ("VEVENT", "VTODO"))
        props = f"{shown}<c:supported-calendar-component-set>{comps}</c:supported-calendar-component-set>"
        return "MKCALENDAR", f"{_HEAD}<c:mkcalendar {_XMLNS}><d:set><d:prop>{props}</d:prop></d:set></c:mkcalendar>"
    props = f"<d:resourcetype><d:collection/><r:addressbook/></d:resourcetype>{shown}"
    return "MKCOL", f"{_HEAD}<d:mkcol {_XMLNS}><d:set><d:prop>{props}</d:prop></d:set></d:mkcol>"


def _elements(names: Iterable[str]) -> str:
    return "".join(f"<{name}/>" for name in names)


def _short(tag: object) -> str:
    """A name like d:getetag for {DAV:}getetag; other name spaces stay as they are."""
    if not isinstance(tag, str):
        return ""
    space, _, name = tag.removeprefix("{").rpartition("}")
    return next((f"{short}:{name}" for short, known in _SPACES.items() if known == space), tag)


def responses(tree: Element | None, url: str) -> Iterator[Found]:
    """Every resource in a multistatus answer to a request for `url`."""
    for number, element in enumerate(() if tree is None else tree.iter(f"{{{DAV}}}response")):
        if number >= _MAX_RESPONSES:
            return
        href = element.find(f"{{{DAV}}}href")
        if href is not None and href.text:
            status = element.find(f"{{{DAV}}}status")
            props = dict(_props(element))
            code = _code(status.text) if status is not None else 200
            yield Found(same_spelling(urlsplit(urljoin(url, href.text.strip())).path), code, props)


def _props(response: Element) -> Iterator[tuple[str, Element]]:
    for propstat in response.findall(f"{{{DAV}}}propstat"):
        status = propstat.find(f"{{{DAV}}}status")
        if status is None or 200 <= _code(status.text) < 300:
            for prop in propstat.findall(f"{{{DAV}}}prop"):
                yield from ((_short(each.tag), each) for each in prop)


def sync_token(tree: Element | None) -> str:
    """The token of an answer to `sync_collection`."""
    found = None if tree is None else tree.find(f"{{{DAV}}}sync-token")
    return "" if found is None else (found.text or "").strip()


def _code(status: str | None) -> int:
    found = re.search(r"\s(\d{3})(?:\s|$)", f" {status or ''}")
    return int(found[1]) if found else 0


def same_spelling(path: str) -> str:
    """A path with every segment escaped in one way."""
    return "/".join(quote(unquote(segment), safe=_SAFE) for segment in path.split("/"))


def child(collection: str, name: str) -> str:
    """The href of a file in a collection."""
    return f"{collection.rstrip('/')}/{quote(name, safe=_SAFE)}"


def last_name(href: str) -> str:
    """What a resource or a collection is called in its folder."""
    return unquote(href.rstrip("/").rpartition("/")[2])
