"""The people of an event: organizer and attendees, one's own answer, and the text of the reply to an invitation.

Deliberately not here: sending anything; the mail that carries a reply or an invitation is made elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from nearhand.connectors.base import Person
from nearhand.connectors.errors import ConnectorError, DeniedError
from nearhand.connectors.vdir.contentlines import Block, Line, block, mapped
from nearhand.connectors.vdir.ics import CalendarFile, again, head, read

ANSWERS = {"accept": "ACCEPTED", "decline": "DECLINED", "tentative": "TENTATIVE"}
"""The answers of the catalogue as PARTSTAT."""
_STATES = {"ACCEPTED": "accepted", "DECLINED": "declined", "NEEDS-ACTION": "pending", "": "pending"}
_MAX_PEOPLE = 1_000
_AGENT = "SCHEDULE-AGENT"
"""The parameter that says who sends the messages of an event: its server, or a mail program."""


def address(line: Line) -> str:
    """The mail address of an ORGANIZER or ATTENDEE line, "" if it has none."""
    value = line.value.strip()
    found = value[7:] if value[:7].lower() == "mailto:" else line.param("EMAIL") or (value if "@" in value else "")
    return found.strip().removeprefix("mailto:")


def person(line: Line) -> Person:
    """The person of a line."""
    return Person(" ".join(line.param("CN").split()), address(line))


def people(event: Block) -> tuple[tuple[str, Person], ...]:
    """Everybody in an event, with their role."""
    found = [("organizer", person(line)) for line in event.lines("ORGANIZER")[:1]]
    found += [("attendee", person(line)) for line in event.lines("ATTENDEE")[:_MAX_PEOPLE]]
    return tuple((role, who) for role, who in found if who.name or who.address)


def is_me(line: Line, me: Person) -> bool:
    """Whether a line is about this person."""
    return bool(me.address) and address(line).casefold() == me.address.casefold()


def tags(event: Block, me: Person) -> set[str]:
    """Which states of an invitation and kinds of meeting hold."""
    organizer, attendees = event.line("ORGANIZER"), event.lines("ATTENDEE")[:_MAX_PEOPLE]
    found: set[str] = set()
    if any(not is_me(line, me) for line in attendees) or (organizer and not is_me(organizer, me)):
        found.add("meeting")
    mine = next((line for line in attendees if is_me(line, me)), None)
    if organizer and mine and not is_me(organizer, me):
        found.add("invitation")
        state = _STATES.get(mine.param("PARTSTAT").upper())
        found |= {state} if state else set()
    return found


def organized_by(event: Block, me: Person) -> bool:
    """Whether an event is the person's own: nobody organizes it, or they do."""
    organizer = event.line("ORGANIZER")
    return organizer is None or is_me(organizer, me)


def invite(event: Block, who: tuple[Person, ...], me: Person) -> Block:
    """Put people on the list of an event, once each; raises ConnectorError where an address is missing."""
    there = {address(line).casefold() for line in event.lines("ATTENDEE")}
    lines = event.lines("ATTENDEE")
    for each in who:
        checked = _checked(each)
        if checked.address.casefold() not in there:
            there.add(checked.address.casefold())
            state = (("PARTSTAT", "NEEDS-ACTION"), ("RSVP", "TRUE"))
            lines.append(Line("ATTENDEE", f"mailto:{checked.address}", (*_cn(checked), *state)))
    if event.line("ORGANIZER") is None and me.address:
        event = event.with_line("ORGANIZER", f"mailto:{_checked(me).address}", _cn(me))
    return event.with_lines("ATTENDEE", lines)


def _checked(who: Person) -> Person:
    if not who.address:
        raise ConnectorError(f"There is no mail address for {who.name or 'somebody'}. Type one to invite them.")
    plain = who.address.isprintable() and not set(who.address) & set(' ",;:<>\\')
    if not plain or who.address.count("@") != 1 or len(who.address) > 254:
        raise DeniedError(f'"{who.address[:80]!a}" is not a mail address. Correct it to invite them.')
    return who


def _cn(who: Person) -> tuple[tuple[str, str], ...]:
    return (("CN", " ".join(who.name.split())),) if who.name.strip() else ()


def answered(event: Block, me: Person, answer: str) -> Block:
    """An event with one's own answer in it; raises ConnectorError if one is not invited."""
    state = _state(answer)
    if not any(is_me(line, me) for line in event.lines("ATTENDEE")):
        raise ConnectorError(f"{me.address or 'Your address'} is not invited to this event, so there is no answer.")
    lines = [_set(line, state) if is_me(line, me) else line for line in event.lines("ATTENDEE")]
    hosts = [_by_mail(line) if not is_me(line, me) else line for line in event.lines("ORGANIZER")]
    return event.with_lines("ATTENDEE", lines).with_lines("ORGANIZER", hosts)


def _by_mail(organizer: Line) -> Line:
    """The organizer of an event that is answered by mail: a server of calendars shall not answer, too (RFC 6638)."""
    return replace(organizer, params=(*_unscheduled(organizer).params, (_AGENT, "CLIENT")), raw="")


def _unscheduled(line: Line) -> Line:
    """A line without what it says to a server of calendars, which no message may hold."""
    return replace(line, params=tuple(pair for pair in line.params if pair[0] != _AGENT), raw="")


def _state(answer: str) -> str:
    if answer not in ANSWERS:
        raise ConnectorError(f'"{answer[:40]}" is not an answer. Say accept, decline or tentative.')
    return ANSWERS[answer]


def _set(line: Line, state: str) -> Line:
    others = tuple(pair for pair in line.params if pair[0] not in ("PARTSTAT", "RSVP"))
    return replace(line, params=(*others, ("PARTSTAT", state)), raw="")


def requested(data: bytes | str, zone: tzinfo) -> CalendarFile:
    """What a mail invites to (an iTIP REQUEST), as it may lie in a calendar.

    Raises ConnectorError if it asks for no answer. A file of a calendar has no METHOD (RFC 4791, 4.1), and the alarms
    of others are not the person's.
    """
    file = read(data, zone)
    methods = {each.value("METHOD").strip().upper() or "REQUEST" for each in file.root.blocks("VCALENDAR")}
    if methods != {"REQUEST"} or file.main.name != "VEVENT":
        raise ConnectorError("That mail tells of something in a calendar, but it asks for no answer.")
    root = mapped(file.root, lambda each: each.without("METHOD"), ("VCALENDAR",))
    return again(file, mapped(root, lambda each: each.with_blocks("VALARM", []), ("VEVENT",)))


def accepted(file: CalendarFile, me: Person, answer: str) -> CalendarFile:
    """What a mail invites to with one's own answer in it; raises ConnectorError if one is not invited."""
    changed = [each for each in file.overrides.values() if any(is_me(line, me) for line in each.lines("ATTENDEE"))]
    return file.exchanged((each, (answered(each, me, answer),)) for each in (file.main, *changed))


def reply(event: Block, me: Person, answer: str, now: datetime) -> str:
    """The text of an iTIP REPLY (RFC 5546) that tells the organizer one's answer."""
    mine = next((line for line in answered(event, me, answer).lines("ATTENDEE") if is_me(line, me)), None)
    organizer = event.line("ORGANIZER")
    if mine is None or organizer is None:
        raise ConnectorError("This event names no organizer, so there is nobody to answer.")
    kept = [replace(line, raw="") for name in ("UID", "RECURRENCE-ID", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY")
            for line in event.lines(name)[:1]]  # fmt: skip
    stamp = Line("DTSTAMP", f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    inside = block("VEVENT", *kept, stamp, _unscheduled(organizer), _unscheduled(mine))
    return block("VCALENDAR", *head(), Line("METHOD", "REPLY"), inside).text
