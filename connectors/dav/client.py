"""A CalDAV and CardDAV server as calendars, files and etags: looking through the caldav package, writing by hand.

The caldav package speaks only through the session it is given (`web.py`): its own session is thrown away, and what it
would look up by itself (service records, .netrc, proxies, revocation lists) is never reached. Its save() and delete()
are not used, because they do not say which version they mean: every write here names the etag it saw.
Deliberately not here: what is to be done (`dav/plan.py`), and local files (`dav/sync.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast
from urllib.parse import urljoin, urlsplit, urlunsplit

from caldav.davclient import DAVClient
from caldav.lib.error import AuthorizationError

from nearhand.connectors.dav import xml
from nearhand.connectors.dav.refusals import refused, unfit
from nearhand.connectors.dav.xml import Element, Found
from nearhand.connectors.errors import (
    ConnectorError,
    NetworkError,
    NotFoundError,
)
from nearhand.connectors.names import shown
from nearhand.connectors.network.web import Answer, Web

KINDS = {"c": ("calendar-home-set", "c:calendar", "caldav"), "r": ("addressbook-home-set", "r:addressbook", "carddav")}
"""By kind: the property that names the home, the type of a collection, and the well-known name."""
TYPES = {"c": "text/calendar; charset=utf-8", "r": "text/vcard; charset=utf-8"}
_BATCH = 100
_WRITES = frozenset({"d:write", "d:write-content", "d:bind", "d:all"})
_NEWLINE = re.compile(r"\r*\n")


class TokenError(ConnectorError):
    """The server does not know a sync token (any more); everything has to be listed."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A calendar or an address book on the server."""

    href: str
    kind: str
    name: str
    """What the server calls it."""
    token: str = ""
    ctag: str = ""
    writable: bool = True
    holds: frozenset[str] = frozenset()
    """VEVENT, VTODO; empty where the server does not say."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One text on the server."""

    href: str
    etag: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Changes:
    """What is there: by href its etag; None where it is gone."""

    etags: Mapping[str, str | None]
    token: str
    whole: bool
    """Whether this is everything there is, or only what changed."""


class DavClient:
    """One server, seen from one address on it."""

    def __init__(self, url: str, web: Web) -> None:
        parts = urlsplit(url)
        self.url = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path or "/", "", ""))
        self._client = DAVClient(self.url, enable_rfc6764=False, headers={"User-Agent": "Nearhand"})
        vars(self._client)["session"] = web  # its own is thrown away before it has spoken to anybody
        self._web = web

    def close(self) -> None:
        """Hang up."""
        self._web.close()

    # --- looking ----------------------------------------------------------------------------------------------------

    def home(self, kind: str) -> str:
        """The address of the folder that holds the person's calendars or address books; "" if there is none."""
        prop, type_, known = KINDS[kind]
        wanted = (f"{type_[0]}:{prop}", "d:current-user-principal", "d:resourcetype")
        tried: list[str] = []
        for start in (self.url, urljoin(self.url, f"/.well-known/{known}"), urljoin(self.url, "/")):
            if start not in tried:
                tried.append(start)
                found = self._home_from(start, wanted)
                if found:
                    return found
        return ""

    def _home_from(self, start: str, wanted: tuple[str, ...]) -> str:
        for step in range(2):
            found = next(iter(self._ask(start, 0, wanted, missing=True)), None)
            if found is None:
                return ""
            if found.href_of(wanted[0]):
                return self._checked(urljoin(start, found.href_of(wanted[0])))
            principal = found.href_of("d:current-user-principal")
            if step or not principal:
                return ""
            start = self._checked(urljoin(start, principal))
        return ""

    def _checked(self, url: str) -> str:
        """An address that the server names; raises ElsewhereError if it is not on one of our servers."""
        return self._web.allowed(url)

    def collections(self, kind: str) -> list[Collection]:
        """The calendars or address books of the person; raises NotFoundError if the server offers none."""
        home = self.home(kind)
        if not home:
            what = "calendars" if kind == "c" else "address books"
            raise NotFoundError(f"{urlsplit(self.url).hostname} names no place for {what}. Check the address.")
        wanted = (
            "d:resourcetype", "d:displayname", "d:sync-token", "s:getctag", "d:current-user-privilege-set",
            "c:supported-calendar-component-set",
        )  # fmt: skip
        found = [each for each in self._ask(home, 1, wanted) if KINDS[kind][1] in each.kinds("d:resourcetype")]
        return [self._collection(each, kind, home) for each in found]

    def _collection(self, found: Found, kind: str, home: str) -> Collection:
        rights = found.kinds("d:current-user-privilege-set")
        return Collection(
            urljoin(home, found.href),
            kind,
            " ".join(found.text("d:displayname").split()) or xml.last_name(found.href),
            found.text("d:sync-token"),
            found.text("s:getctag"),
            not rights or bool(rights & _WRITES),
            found.names("c:supported-calendar-component-set"),
        )

    def standing(self, collection: Collection) -> Collection:
        """A collection with the tokens that it has by now."""
        found = next(iter(self._ask(collection.href, 0, ("d:sync-token", "s:getctag"))), None)
        if found is None:
            return replace(collection, token="", ctag="")
        return replace(collection, token=found.text("d:sync-token"), ctag=found.text("s:getctag"))

    def changes(self, collection: str, token: str) -> Changes:
        """What changed since a token; everything there is without one, or when the server has forgotten it."""
        if token:
            try:
                return self._since(collection, token)
            except TokenError:
                pass
        listed = self._ask(collection, 1, ("d:getetag", "d:resourcetype"))
        files = (each for each in listed if "d:collection" not in each.kinds("d:resourcetype"))
        etags = {each.href: each.text("d:getetag") for each in files if each.text("d:getetag")}
        return Changes(etags, "", True)

    def _since(self, collection: str, token: str) -> Changes:
        etags: dict[str, str | None] = {}
        own = urlsplit(collection).path.rstrip("/")
        while True:
            answer, tree = self._tree("REPORT", collection, xml.sync_collection(token), 0)
            if answer.status_code != 207:
                raise TokenError(f"The sync token of {shown(collection)} is not known any more.")
            more = False
            for found in xml.responses(tree, collection):
                if found.href.rstrip("/") == own:
                    more = more or found.status == 507
                else:
                    etags[found.href] = None if found.status == 404 else found.text("d:getetag")
            fresh = xml.sync_token(tree)
            if not more or not fresh or fresh == token:
                return Changes(etags, fresh, False)
            token = fresh

    def read(self, collection: str, kind: str, hrefs: Iterable[str]) -> Iterator[Resource]:
        """The texts of resources, many at a time; one that is gone is left out."""
        wanted = list(hrefs)
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            found = self._read_batch(collection, kind, batch)
            yield from found.values()
            for href in batch:
                if href not in found and (alone := self.get(urljoin(collection, href))) is not None:
                    yield alone

    def _read_batch(self, collection: str, kind: str, hrefs: list[str]) -> dict[str, Resource]:
        answer, tree = self._tree("REPORT", collection, xml.multiget(kind, hrefs), None)
        if answer.status_code != 207:
            return {}
        data, wanted, found = ("c:calendar-data" if kind == "c" else "r:address-data"), set(hrefs), {}
        for each in xml.responses(tree, collection):
            text, etag = each.text(data), each.text("d:getetag")
            if each.href in wanted and text.strip() and etag:
                found[each.href] = Resource(each.href, etag, _NEWLINE.sub("\r\n", text.lstrip()).encode())
        return found

    def get(self, url: str) -> Resource | None:
        """One text with its etag; None if it is not there."""
        answer = self._web.request("GET", url)
        if answer.status_code in (404, 410):
            return None
        if answer.status_code != 200:
            raise refused(answer, url)
        return Resource(xml.same_spelling(urlsplit(url).path), answer.headers.get("ETag", ""), answer.content)

    def _ask(self, url: str, depth: int, props: tuple[str, ...], missing: bool = False) -> list[Found]:
        answer, tree = self._tree("PROPFIND", url, xml.propfind(*props), depth)
        if answer.status_code != 207:
            if missing and answer.status_code in (400, 403, 404, 405, 501):
                return []
            raise refused(answer, url)
        return list(xml.responses(tree, url))

    def _tree(self, method: str, url: str, body: str, depth: int | None) -> tuple[Answer, Element | None]:
        """Ask through the caldav package, and give its reading of the answer."""
        headers = {"Content-Type": 'application/xml; charset="utf-8"'}
        if depth is not None:
            headers["Depth"] = str(depth)
        try:
            said = self._client.request(url, method, body, headers)
        except ConnectorError:
            raise
        except AuthorizationError:  # the session has dealt with 401, so this is 403
            return Answer(url, 403, "Forbidden", {}, b""), None
        except Exception as error:  # whatever the caldav package makes of an odd answer
            odd = f"{urlsplit(url).hostname} answers {method} in a way that makes no sense"
            raise NetworkError(f"{odd} ({type(error).__name__}).") from error
        answer = Answer(url, int(said.status), str(said.reason), cast(Mapping[str, str], said.headers), b"")
        return answer, cast("Element | None", said.tree)

    # --- writing ----------------------------------------------------------------------------------------------------

    def put(self, url: str, kind: str, data: bytes, etag: str = "") -> str:
        """Write a text over the version that was seen ("" makes a new one); returns its etag, "" if not told.

        Raises ConflictError if something else is there, NotFoundError if the collection or the version is gone, and
        UnreadableError for a text that the server does not take for an entry.
        """
        condition = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        answer = self._web.request("PUT", url, data, {"Content-Type": TYPES[kind], **condition})
        if answer.status_code not in (200, 201, 204):
            raise unfit(answer, url) or refused(answer, url)
        return answer.headers.get("ETag", "")

    def delete(self, url: str, etag: str) -> None:
        """Take away the version that was seen; raises ConflictError if it is another by now."""
        answer = self._web.request("DELETE", url, headers={"If-Match": etag})
        if answer.status_code not in (200, 202, 204, 404, 410):
            raise refused(answer, url)

    def make(self, kind: str, folder: str, name: str) -> str:
        """Make a new calendar or address book and return its address."""
        home = self.home(kind)
        if not home:
            raise NotFoundError(f"{urlsplit(self.url).hostname} names no place where “{shown(name)}” could be made.")
        url = urljoin(home, xml.child(urlsplit(home).path, folder) + "/")
        method, body = xml.new_collection(kind, name)
        answer = self._web.request(method, url, body, {"Content-Type": 'application/xml; charset="utf-8"'})
        if answer.status_code not in (200, 201, 204):
            raise refused(answer, url)
        return url

    def remove_collection(self, url: str) -> None:
        """Take away a whole collection; the caller has compared and kept what is in it."""
        answer = self._web.request("DELETE", url)
        if answer.status_code not in (200, 202, 204, 404, 410):
            raise refused(answer, url)
