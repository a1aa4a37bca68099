"""What is fuzzed: every parser and writer of our own, as a function of a text that raises only what it may.

A target returns if the text was refused in a sentence or understood, and what was understood holds together; anything
else that it raises is a finding. `SEEDS` are texts of its language to begin from.
"""

from __future__ import annotations

import contextlib
import email
import email.utils
import json
import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from nearhand.agent.config import edit as config_edit
from nearhand.agent.config import settings as config
from nearhand.agent.config import write as config_write
from nearhand.agent.daemon import protocol as wire
from nearhand.agent.effects import encoding
from nearhand.agent.effects.ledger import Row as Line
from nearhand.agent.effects.records import entries, record_from
from nearhand.agent.errors import AgentError, JournalError
from nearhand.agent.paths import Profile
from nearhand.agent.reply import item_json
from nearhand.agent.resolve.addresses import typed
from nearhand.agent.resolve.amounts import count, size
from nearhand.agent.resolve.when import spans as when
from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.resolve.who import People
from nearhand.agent.rules import files as rule_files
from nearhand.agent.showing import card, show
from nearhand.agent.showing import diff as show_diff
from nearhand.agent.texts import extract
from nearhand.agent.texts.polish import polish
from nearhand.agent.texts.reported import direct
from nearhand.connectors import names
from nearhand.connectors.base import Item, Person, Span
from nearhand.connectors.catalogue import FIELDS
from nearhand.connectors.errors import ConnectorError, DeniedError, UnreadableError
from nearhand.connectors.mail import compose, mailboxes
from nearhand.connectors.mail.compose import Outgoing
from nearhand.connectors.vdir import ics, vcards
from nearhand.connectors.vdir.contentlines import parse as parse_lines
from nearhand.models.language import PlanError, check, parse
from nearhand.models.planner import Planner, RequestError
from nearhand.models.testing import RandomRuntime
from nearhand.models.words import normalize
from nearhand.models.written import Row, read_line, rows

from ..e2e.injected import live

ZONE = ZoneInfo("Europe/Berlin")
CLOCK = Clock(datetime(2026, 11, 18, 10, tzinfo=ZONE), 0, time(9), time(17))
HOUR = Span(CLOCK.now, CLOCK.now + timedelta(hours=1), "minute")
NOWHERE = Profile(Path("/nonexistent/nearhand"))
PEOPLE = People((), (Person("Olga Brandt", "olga@brandt.example"), Person("Max", "max@a.example")), Person("Me", "me@a.example"))


def plans(text: str) -> None:
    """A plan that is read is written and read again as the same."""
    with contextlib.suppress(PlanError):
        plan = parse(text)
        assert parse(str(plan)) == plan
        check(plan, text)


def corpus_lines(text: str) -> None:
    with contextlib.suppress(PlanError):
        read_line(text)


def decoder(text: str) -> None:
    """Whatever the weights are, the plan is one of the language and quotes the request."""
    request = normalize(text[:200])
    with contextlib.suppress(RequestError):
        check(Planner(RandomRuntime(sum(map(ord, text)))).plan(request).plan, request)


def times(text: str) -> None:
    """Every reading has a zone, and does not end before it begins."""
    for prefer in ("future", "past"):
        for reading in when.span(text, CLOCK, prefer):  # type: ignore[arg-type]
            first, last = reading.span.start, reading.span.end
            assert all(moment is None or moment.tzinfo is not None for moment in (first, last))
            assert first is None or last is None or first <= last
    when.repeat(text, CLOCK)
    when.duration(text)
    when.amount(text, text)
    when.reminder(text, CLOCK, CLOCK.now)
    when.moved(HOUR, text, CLOCK)


def words(text: str) -> None:
    size(text)
    count(text)
    typed(text)
    PEOPLE.resolve(text)
    direct(text)
    polish(text)


def details(text: str) -> None:
    """What is taken out of a text stands in a quote of one short line."""
    for field in FIELDS:
        for found in extract.extract(text, field, CLOCK, ("boiler",)):
            assert len(found.quote) <= 200 and "\n" not in found.quote
    extract.passage(text, ("boiler", "price"))
    extract.event_details(text, CLOCK)


def configs(text: str) -> None:
    with contextlib.suppress(AgentError):
        config.parse(text, NOWHERE)


def config_edits(text: str) -> None:
    """A value that is set is read back; everything else in the file stays."""
    try:
        before = tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    section = before.get("files", {})
    if isinstance(section, dict) and "\n[files]\n" in f"\n{text}\n":
        after = tomllib.loads(config_edit.edited(text, "files", "roots", [text[:50]]))
        assert after["files"]["roots"] == [text[:50]]
        assert {k: v for k, v in after.items() if k != "files"} == {k: v for k, v in before.items() if k != "files"}


def first_configs(text: str) -> None:
    """What the wizard writes is TOML that says the same."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        return
    me = Person(text[:40], text[40:80])
    read = tomllib.loads(config_write.default_text(me, [Path(f"/{text[80:120]}")], timezone=text[120:140]))
    assert read["me"]["name"] == me.name or not me.name


def rules(text: str) -> None:
    """A rule that is read is written and read again as the same."""
    with contextlib.suppress(UnreadableError):
        rule = rule_files.parsed(text.encode("utf-8", "surrogatepass"), "rule.toml")
        assert rule_files.parsed(rule_files.written(rule).encode(), "rule.toml") == rule


def screen(text: str) -> None:
    """Nothing that could act on a terminal is left."""
    paint = show.Paint(False)
    told = [show.plain(text), show.block(text), *show.table([[text, "x"]], 40), *show_diff.lines(text, paint), *show.bullets([text])]
    assert not live("\n".join(told))
    assert all(show.width(show.cut(line, 20)) <= 20 for line in told)


def journal_lines(text: str) -> None:
    """A line of the journal is read or refused; what was read is written as the same text again."""
    with contextlib.suppress(JournalError):
        value = encoding.parsed(text)
        with contextlib.suppress(JournalError):  # a float that is not finite, say
            assert encoding.parsed(encoding.canonical(value)) == value
    at = "2026-11-22T10:00:00+00:00"
    for kind in ("turn", "planned", "intent", "done", "undone", "answered"):
        with contextlib.suppress(JournalError):
            entries([Line(1, 1, None, "turn", at, _TURN, ""), Line(2, 1, 1, kind, at, text, "")])
        with contextlib.suppress(JournalError):
            record_from([Line(2, 1, 1, kind, at, text, "")])


def protocol_lines(text: str) -> None:
    """A line is a request or refused, however it is cut."""
    data = text.encode("utf-8", "surrogatepass")
    with contextlib.suppress(wire.WireError):
        wire.request(data)
    whole = list(wire.Lines(1000).feed(data + b"\n"))
    pieces = wire.Lines(1000)
    assert [line for at in range(0, len(data) + 1, 7) for line in pieces.feed((data + b"\n")[at : at + 7])] == whole


def replies(text: str) -> None:
    """An item with any words is one line of ASCII, and comes out of the index as it went in."""
    item = Item("mail", text, "1", "mail", text, text, people=(("from", Person(text, text)),), text=text, extra={"x": text})
    json.dumps(item_json(item)).encode("ascii")
    assert card.read(card.written(item), text) == item


def outgoing(text: str) -> None:
    """Whatever people are called, a mail goes to their addresses and to no others, whoever reads its headers."""
    people = tuple(Person(text[at : at + 70], f"p{at}@there.example") for at in range(0, min(len(text), 280), 70))
    raw = compose.build(Outgoing(PEOPLE.me, CLOCK.now, "", people, subject=text[:200], text=text))
    parsed = email.message_from_bytes(raw)
    found = [address for _, address in email.utils.getaddresses(parsed.get_all("To", []))]
    assert found == [person.address for person in people] and parsed["Bcc"] is None and parsed["Cc"] is None


def calendar_files(text: str) -> None:
    with contextlib.suppress(ConnectorError):
        ics.read(text, ZONE)
    with contextlib.suppress(ConnectorError):
        assert parse_lines(text).text is not None


def cards(text: str) -> None:
    with contextlib.suppress(ConnectorError):
        vcards.read_card(text)


def given_names(text: str) -> None:
    """A name made acceptable is acceptable; a mailbox stays inside."""
    assert names.check_name(names.clean_name(text))
    assert len(names.numbered(names.clean_name(text), 2).encode()) <= 255
    with contextlib.suppress(DeniedError):
        folder = mailboxes.folder_for(text)
        assert mailboxes.acceptable(folder), folder


TARGETS: Mapping[str, Callable[[str], None]] = {
    function.__name__: function
    for function in (
        plans, corpus_lines, decoder, times, words, details, configs, config_edits, first_configs, rules, screen,
        journal_lines, protocol_lines, replies, outgoing, calendar_files, cards, given_names,
    )
}  # fmt: skip
_TURN = encoding.canonical({"request": "x", "plan": "none", "now": CLOCK.now, "kind": "request", "risk": 0, "of": ()})
_RULE = (
    'name = "bank"\ncreated = 2026-11-22T10:00:00+01:00\npaused = false\nrequest = "bank mails go to Bank"\n'
    'plan = "mail.move what=$1 to=\\"Bank\\""\n[trigger]\nevent = "mail"\nfrom = "the bank"\nkind = ["newsletter"]\n'
)
_CONFIG = (
    '[me]\nname = "R"\nemail = "r@k.example"\ntimezone = "Europe/Berlin"\nweek_start = "monday"\nwork_hours = "09:00-17:00"\n'
    '[files]\nroots = ["~/Documents"]\n[mail]\nmaildir = "~/Mail"\n[policy]\nhold_seconds = 10\n[[account]]\nname = "work"\n'
    'imap = "imaps://r@imap.example:993"\n[privacy]\nmode = "accounts"\n[model]\npath = ""\nsha256 = "00"\n'
)
_EVENT = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Europe/Berlin:20261122T100000\r\nDURATION:PT1H\r\n"
    "RRULE:FREQ=WEEKLY;BYDAY=MO,2TU;UNTIL=20270101T000000Z\r\nEXDATE:20261129T100000\r\nSUMMARY:a\\, b\r\n c\r\n"
    'ATTENDEE;CN="x";PARTSTAT=ACCEPTED:mailto:a@b.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
)
_CARD = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Olga\r\nN:B;Olga;;;\r\nitem1.TEL;TYPE=cell:+49 30 1\r\nBDAY:--0412\r\nEND:VCARD\r\n"
_LETTER = "Your appointment: Tuesday, 8 December 2026 at 14:30, Sonnenallee 12, 12045 Berlin. It costs 84.50 EUR. Tracking 7Q4-88213-DE."
_INTENT = encoding.canonical({
    "effect": {"x": 1}, "text": "t", "undoes": None, "steps": (), "digest": "", "ref": "r", "version": "v", "evidence": "e",
    "by": 1, "answer": "a", "found": (("files", "r", "t"),), "at": CLOCK.now, "span": HOUR,
})  # fmt: skip
_WIRE = '{"id": 1, "op": "do", "text": "move it", "numbers": [1, 2], "yes": true, "protocol": 1, "version": "0.1"}'


@cache
def _corpus() -> tuple[Row, ...]:
    """Some of the written requests."""
    return tuple(rows()[::7])


@cache
def seeds(name: str) -> tuple[str, ...]:
    """Texts of a target's language."""
    corpus = _corpus()
    requests = tuple(row.turn.request for row in corpus)
    if name in ("plans", "corpus_lines"):
        lines = tuple(f"{row.turn.plan} | {row.marked}" for row in corpus)
        return tuple(str(row.turn.plan) for row in corpus) if name == "plans" else lines
    if name == "times":
        said = ("when", "repeat", "remind", "by", "for", "to")
        quoted = [str(v)[1:-1] for row in corpus for step in row.turn.plan.steps for s, v in step.slots if s in said]
        return tuple(dict.fromkeys(quoted))
    known = {
        "configs": (_CONFIG,), "config_edits": (_CONFIG,), "rules": (_RULE,), "journal_lines": (_INTENT, _TURN),
        "protocol_lines": (_WIRE,), "calendar_files": (_EVENT,), "cards": (_CARD,), "details": (_LETTER,),
    }  # fmt: skip
    return known.get(name, requests)


_ODD = (
    "\0", "\r\n", "\n", " ", "\t", '"', "'", "\\", "=", ";", ":", ",", "$0", "$9", "(", ")", "[", "]", "{", "}", "#", "@",
    "\u202e", "\u200b", "\ufeff", "\ud800", "\udc80", "\x1b[31m", "\x1b]8;;", "\x9b", "9" * 5000, "-1", "0", "1e999", "99999",
    "\u0661\u0662", "\u00b2", "½", "İ", "ß", "null", "true", "NaN", "2026-02-30", "25:61", "[" * 3000, '{"$":"map","of":' * 300,
    "é", "🙂", "a" * 3000, "every", "next", "31st", "half past", "in a fortnight", "UNTIL=", "BEGIN:VEVENT\r\n", "ask(to)",
    "'''", '"""', "\\u0000", "\\ud800", "files.trash", "none", "which=all",
)  # fmt: skip


def mutated(draw: random.Random, known: Sequence[str]) -> str:
    """A text of the language with a few things wrong in it, or one that never was of the language."""
    text = draw.choice(known) if known and draw.random() < 0.9 else "".join(draw.choices(_ODD, k=draw.randrange(1, 6)))
    for _ in range(draw.choice((0, 1, 1, 2, 3, 8))):
        first, last = sorted((draw.randrange(len(text) + 1), draw.randrange(len(text) + 1)))
        match draw.randrange(6):
            case 0:
                text = text[:first] + draw.choice(_ODD) + text[first:]
            case 1:
                text = text[:first] + text[last:]
            case 2:
                text = text[:last] + text[first:]
            case 3:
                other = draw.choice(known) if known else ""
                text = text[:first] + other[draw.randrange(len(other) + 1) :]
            case 4:
                text = text[:first] + chr(draw.choice((draw.randrange(128), draw.randrange(0x3000), draw.randrange(0x110000)))) + text[first + 1 :]
            case 5:
                text = text[:first] + text[first:last] * draw.choice((2, 3, 50)) + text[last:]
        text = text[:20_000]
    return text
