"""Values that a pattern can tell: links, mail addresses, telephone numbers, sums of money, codes.

Every pattern is bounded, so that reading is linear in the length of the text. Deliberately not here: whether a value
may be used for anything; it comes from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from nearhand.agent.texts.extract_text import Page
from nearhand.agent.texts.extract_types import MAX_VALUE, Amount, Candidate

_LINK = re.compile(r"(?<![\w/@.])(?:https?://|www\.)[^\s<>\"'“”\u2018\u2019«»]{3,2000}", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.%+-])[\w%+-][\w.%+-]{0,63}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
_PHONE = re.compile(r"(?<![\w.,/:#+-])(?:\+|\(|\b)(?:[\d][\d ()./\u00a0\u2011-]{5,22})\d(?![\w€$£%]|[-/]\w)")
_CALLED = re.compile(r"\b(?:tel|telephone|phone|mobile|cell|call(?: us| me)?|ring|fax|hotline|number|dial|sms"
                     r"|whatsapp)\b\W{0,4}(?:\w+ ){0,3}\W{0,3}$", re.IGNORECASE)  # fmt: skip
_NOT_PHONE = re.compile(r"\b(?:tracking|order|booking|invoice|customer|account|reference|iban|ref|policy"
                        r"|no)\b[^\n]{0,15}$", re.IGNORECASE)  # fmt: skip
_DATELIKE = re.compile(r"(?:\d{1,2}[./-]){2}\d{2,4}|\d{4}-\d\d-\d\d")

_CODES = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "eur": "EUR", "euro": "EUR", "euros": "EUR", "usd": "USD",
          "dollar": "USD", "dollars": "USD", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP", "chf": "CHF",
          "francs": "CHF", "sek": "SEK", "nok": "NOK", "dkk": "DKK", "pln": "PLN", "czk": "CZK", "jpy": "JPY",
          "yen": "JPY",
          "cad": "CAD", "aud": "AUD", "inr": "INR", "rupees": "INR", "₹": "INR", "us$": "USD", "a$": "AUD", "zł": "PLN",
          "kr": "SEK", "fr.": "CHF"}  # fmt: skip
_NUMBER = r"\d{1,3}(?:[ \u00a0\u202f.,'\u2019]\d{3}){1,4}(?:[.,]\d{1,2})?(?!\d)|\d{1,12}(?:[.,]\d{1,2})?(?!\d)"
_SIGN = r"€|US\$|A\$|\$|£|¥|₹|\b(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|JPY|CAD|AUD|INR|Fr\.)"
_WORD = (r"(?:€|\$|£|¥|₹|zł|(?:EUR|euros?|USD|dollars?|GBP|pounds?|quid|CHF|francs|SEK|NOK|DKK|PLN|CZK|JPY|yen|CAD"
        r"|AUD|INR|rupees|kr)\b)")  # fmt: skip
_AMOUNT = re.compile(
    rf"(?<![\w.,])(?:(?P<sign>{_SIGN})[ \u00a0]?(?P<one>{_NUMBER})(?:[.,][-\u2013]{{1,2}})?"
    rf"|(?P<two>{_NUMBER})(?:[.,][-\u2013]{{1,2}})?[ \u00a0]?(?P<word>{_WORD}))(?![\d])",
    re.IGNORECASE,
)
_TOTAL = re.compile(r"\b(?:grand total|total|amount due|to pay|balance|sum|price|costs?|rent|fee|deposit"
                    r"|comes to)\b[^\n]{0,30}$", re.IGNORECASE)  # fmt: skip

_LABEL = (
    r"tracking|parcel|shipment|consignment|booking|reservation|confirmation|reference|order|ticket|customer|client"
    r"|member"
    r"(?:ship)?|invoice|policy|contract|account|case|claim|door|gate|entry|access|alarm|pick-?up|collection"
    r"|verification"
    r"|security|activation|voucher|discount|promo|gift card|serial|meter|meeting|conference|registration|flight|pnr|pin"
    r"|iban|bic|wi-?fi|password|passcode|passphrase|record locator|locker|key ?safe|tax|vat|code"
)
_CODE = re.compile(
    rf"\b(?P<label>{_LABEL})(?:[ -](?:number|numbers|no\.?|nr\.?|code|reference|ref\.?|id|key|pin|password|locator))?"
    r"(?:\ (?:for|of|to)\ (?:[\w'-]+\ ){0,4}?[\w'-]{1,30})?(?P<link>[ \u00a0]?(?:is|was|:|=|#|\(|-|\u2013"
    r"|has changed to|will be|now))*\s{0,3}[\"'“\u2018#]?"
    r"(?P<code>[A-Za-z\d](?:[\w/*#!@$%&+.-]{0,48})[\w#*!])",
    re.IGNORECASE,
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d\d(?:[ \u00a0]?[A-Z\d]{4}){2,7}(?:[ \u00a0]?[A-Z\d]{1,3})?(?!\w)")
_SECRET = re.compile(r"wi-?fi|pass", re.IGNORECASE)


def links(page: Page) -> Iterator[Candidate]:
    """Yield every http or https address, without the punctuation behind it."""
    for match in _LINK.finditer(page.text):
        written = match[0].rstrip(".,;:!?…*_")
        while written.endswith((")", "]", "}")) and not any(c in written for c in "([{"):
            written = written[:-1].rstrip(".,;:!?")
        if len(written) <= MAX_VALUE and _host(written):
            yield Candidate(written, match.start(), match.start() + len(written))


def _host(link: str) -> bool:
    try:
        parts = urlsplit(link if "://" in link else f"http://{link}")
        return "." in (parts.hostname or "") and parts.username is None
    except ValueError:
        return False


def emails(page: Page) -> Iterator[Candidate]:
    """Yield every mail address."""
    for match in _EMAIL.finditer(page.text):
        yield Candidate(match[0], match.start(), match.end())


def phones(page: Page) -> Iterator[Candidate]:
    """Yield every telephone number: 7 to 15 digits that begin like one, or that the words call one."""
    for match in _PHONE.finditer(page.text):
        written = " ".join(match[0].split())
        digits = sum(c.isdigit() for c in written)
        before = page.text[max(0, match.start() - 40) : match.start()]
        called = _CALLED.search(before) is not None
        like = written.startswith(("+", "0", "(")) or called
        if 7 <= digits <= 15 and like and not _DATELIKE.match(written) and (called or not _NOT_PHONE.search(before)):
            yield Candidate(written, match.start(), match.end(), 0.4 * called)


def amounts(page: Page) -> Iterator[Candidate]:
    """Yield every sum of money that has its currency with it."""
    for match in _AMOUNT.finditer(page.text):
        number = _decimal(match["one"] or match["two"])
        currency = _CODES.get((match["sign"] or match["word"]).casefold())
        if number is not None and currency is not None:
            cue = 0.3 if _TOTAL.search(page.text[max(0, match.start() - 50) : match.start()]) else 0.0
            yield Candidate(Amount(number, currency), match.start(), match.end(), cue)


def _decimal(written: str) -> Decimal | None:
    plain = re.sub(r"[ \u00a0\u202f'\u2019]", "", written)
    tail = re.search(r"[.,](\d{1,2})$", plain)
    whole = re.sub(r"[.,]", "", plain[: tail.start()] if tail else plain)
    try:
        return Decimal(f"{whole}.{tail[1]}" if tail else whole)
    except InvalidOperation:
        return None


def codes(page: Page) -> Iterator[Candidate]:
    """Yield what stands behind the name of a code (tracking, booking, door, password) and every valid IBAN."""
    ibans = [(m.start(), m.end()) for m in _IBAN.finditer(page.text) if _valid_iban(m[0])]
    for at, end in ibans:
        yield Candidate(" ".join(page.text[at:end].split()), at, end, 0.2)
    for match in _CODE.finditer(page.text):
        at = match.start("code")
        written = _whole(page.text, at, match["code"].rstrip(".,;:!?"))
        linked = bool((match["link"] or "").strip())
        if not any(a <= at < e for a, e in ibans) and _codelike(written, match["label"], linked):
            yield Candidate(written, at, at + len(written), 0.2 + 0.2 * linked)


_GROUP = re.compile(r"(?:[ \u00a0](?=[A-Z\d]{2,10}(?!\w))(?=[A-Z]*\d)[A-Z\d]{2,10}){1,8}")


def _whole(text: str, at: int, first: str) -> str:
    """A code with the groups behind it that are only digits and capitals ("1Z 999 AA1 01")."""
    grouped = re.fullmatch(r"(?=[A-Z-]*\d)[A-Z\d-]+", first)
    more = _GROUP.match(text, at + len(first)) if grouped else None
    return (first + more[0] if more else first)[:MAX_VALUE]


def _codelike(written: str, label: str, linked: bool) -> bool:
    if re.fullmatch(r"(?:\d{1,2}[./-]){1,2}\d{2,4}|\d{1,2}[:.]\d\d|\d{4}-\d\d-\d\d|.*@.*\..*", written):
        return False
    if _SECRET.search(label):
        return linked and written.casefold() not in _LABEL.split("|")
    if re.search(r"\d", written):
        usual = len(written) >= 4 and not re.fullmatch(r"\d+(?:st|nd|rd|th|am|pm)|(?:19|20)\d\d", written)
        return usual or (linked and len(written) > 2)
    return linked and written.isupper() and 5 <= len(written) <= 10


def _valid_iban(written: str) -> bool:
    plain = "".join(written.split())
    moved = plain[4:] + plain[:4]
    return 15 <= len(plain) <= 34 and int("".join(str(int(c, 36)) for c in moved)) % 97 == 1
