"""The closed catalogue: every action Nearhand can take, declared once.

Grammar, prompt tokens, JSON schema, policy, the approval card and the reference page are derived from this file.
What is not here cannot be planned: there is no action that destroys anything for good.
"""

from __future__ import annotations

from dataclasses import dataclass

from nearhand.connectors.base import Risk


@dataclass(frozen=True, slots=True)
class Slot:
    """A named place that words fill."""

    name: str
    doc: str
    values: tuple[str, ...] = ()
    """The closed set of an enum slot; empty for a slot that takes a quote or a reference."""
    many: bool = False
    """Whether it may come more than once in a step."""
    ref: bool = False
    """Whether it may point at the result of an earlier step ($1) or of the turn before ($0)."""
    written: bool = False
    """Whether code may point it at a text that an earlier step composed; the action model never does."""


KINDS = (
    "photo", "screenshot", "scan", "video", "audio", "document", "pdf", "spreadsheet", "presentation", "archive",
    "installer", "text", "code", "ebook", "file", "folder", "newsletter", "invitation", "attachment", "birthday",
    "meeting", "list",
)  # fmt: skip
STATES = (
    "unread", "read", "flagged", "unflagged", "answered", "unanswered", "attachment", "open", "done", "overdue",
    "recurring", "duplicate", "empty", "accepted", "declined", "pending",
)  # fmt: skip
WHICH = (
    "first", "second", "third", "last", "next", "previous", "latest", "oldest", "largest", "smallest", "all", "any",
)  # fmt: skip
FIELDS = ("date", "time", "place", "amount", "code", "link", "phone", "email", "address", "birthday")

_SLOTS = (
    Slot("event", "what sets a rule off", ("mail", "file", "event", "task")),
    Slot("what", "words of its name, title, subject or content", many=True, ref=True),
    Slot("kind", "what sort of thing", KINDS, many=True),
    Slot("in", "the folder, mailbox, calendar or list it is in", ref=True),
    Slot("who", "a person it has to do with", many=True, ref=True),
    Slot("from", "who sent it, or the item whose details are taken", many=True, ref=True),
    Slot("when", "the time it is at, was made, or came", many=True),
    Slot("size", "how large it is"),
    Slot("state", "how it stands", STATES, many=True),
    Slot("which", "which of several", WHICH),
    Slot("count", "how many of them"),
    Slot("except", "what to leave out", many=True),
    Slot("field", "the detail that is wanted", FIELDS, many=True),
    Slot("name", "the new name or title"),
    Slot("to", "where it goes: a person, a folder, a mailbox, a list, or a new time", many=True, ref=True),
    Slot("by", "how far to shift it"),
    Slot("for", "how long it takes"),
    Slot("where", "the place"),
    Slot("invite", "people who get an invitation", many=True, ref=True),
    Slot("remind", "how long before, or when, to be reminded"),
    Slot("repeat", "how it recurs"),
    Slot("scope", "this one of a series, this and all later ones, or the whole series", ("one", "following", "series")),
    Slot("group", "what to sort by", ("kind", "month", "year")),
    Slot("answer", "the reply to an invitation", ("accept", "decline", "tentative")),
    Slot("cc", "people who get a copy", many=True, ref=True),
    Slot("bcc", "people who get a hidden copy", many=True, ref=True),
    Slot("subject", "the subject line"),
    Slot("text", "words to pass on exactly", written=True),
    Slot("say", "words to pass on, told as reported speech"),
    Slot("attach", "files to send along", many=True, ref=True),
    Slot("email", "an e-mail address"),
    Slot("phone", "a telephone number"),
    Slot("why", "why nothing is done", ("scope", "danger", "nothing", "chat", "unclear")),
)
SLOTS = {slot.name: slot for slot in _SLOTS}
"""Every slot by name; the order is the order of slots in a step."""

SELECT = ("what", "kind", "in", "who", "when", "size", "state", "which", "count", "except")
"""The slots that choose existing things, shared by all areas."""
_MAIL = ("what", "kind", "in", "who", "from", "when", "size", "state", "which", "count", "except")
_MAIL_TO = (*_MAIL, "to")
_TEXT = ("text", "say")


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can ask for."""

    name: str
    risk: Risk
    doc: str
    slots: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...] = ()
    """Groups of slots of which each needs at least one, else the plan must ask for the first of the group."""
    bounded: bool = False
    """Whether "all" alone is refused: it clears away or gives out, so something must say which."""

    @property
    def area(self) -> str:
        return self.name.partition(".")[0]


_R, _W, _O = Risk.READ, Risk.REVERSIBLE, Risk.OUTWARD
_ONE = (SELECT,)
_ONE_MAIL = (_MAIL_TO,)

_ACTIONS = (
    Action("files.find", _R, "Find files and folders.", SELECT),
    Action("files.open", _R, "Open a file with the program of the desktop.", SELECT, _ONE),
    Action("files.move", _W, "Move into a folder.", (*SELECT, "to"), (SELECT, ("to",))),
    Action("files.copy", _W, "Copy into a folder.", (*SELECT, "to"), (SELECT, ("to",))),
    Action("files.rename", _W, "Give a new name.", (*SELECT, "name"), (SELECT, ("name",))),
    Action("files.trash", _W, "Move to the trash.", SELECT, _ONE, bounded=True),
    Action("files.new_folder", _W, "Make a folder.", ("in", "name"), (("name",),)),
    Action("files.zip", _W, "Pack into an archive.", (*SELECT, "name", "to"), _ONE),
    Action("files.unzip", _W, "Unpack an archive.", (*SELECT, "to"), _ONE),
    Action("files.sort", _W, "Sort into folders by kind, month or year.", (*SELECT, "to", "group")),
    Action("files.duplicates", _R, "Find files with the same content.", SELECT),
    Action("files.usage", _R, "How many there are and what space they take.", SELECT),
    Action("mail.find", _R, "Find mails.", _MAIL_TO),
    Action("mail.read", _R, "Show what a mail says.", _MAIL_TO, _ONE_MAIL),
    Action("mail.send", _O, "Send a mail.", ("what", "when", "to", "cc", "bcc", "subject", *_TEXT, "attach"),
           (("to",), ("text", "say", "attach", "subject"))),
    Action("mail.draft", _W, "Write a mail into the drafts.",
           ("what", "to", "cc", "bcc", "subject", *_TEXT, "attach")),
    Action("mail.reply", _O, "Answer the sender of a mail.", (*_MAIL, "cc", *_TEXT, "attach"),
           (_MAIL, ("text", "say", "attach"))),
    Action("mail.reply_all", _O, "Answer everybody in a mail.", (*_MAIL, "cc", *_TEXT, "attach"),
           (_MAIL, ("text", "say", "attach"))),
    Action("mail.forward", _O, "Pass a mail on.", (*_MAIL, "to", "cc", "bcc", *_TEXT), (_MAIL, ("to",)), bounded=True),
    Action("mail.move", _W, "Move mails into a mailbox.", (*_MAIL, "to"), (_MAIL, ("to",))),
    Action("mail.archive", _W, "Move mails into the archive.", _MAIL_TO, _ONE_MAIL),
    Action("mail.trash", _W, "Move mails to the trash.", _MAIL_TO, _ONE_MAIL, bounded=True),
    Action("mail.mark_read", _W, "Mark as read.", _MAIL_TO, _ONE_MAIL),
    Action("mail.mark_unread", _W, "Mark as unread.", _MAIL_TO, _ONE_MAIL),
    Action("mail.flag", _W, "Flag (star).", _MAIL_TO, _ONE_MAIL),
    Action("mail.unflag", _W, "Take the flag off.", _MAIL_TO, _ONE_MAIL),
    Action("mail.save_attachments", _W, "Save what is attached into a folder.", (*_MAIL, "to"), (_MAIL, ("to",))),
    Action("mail.count", _R, "Count mails.", _MAIL_TO),
    Action("calendar.find", _R, "Find events.", (*SELECT, "field", "where")),
    Action("calendar.add", _W, "Put an event into the calendar.",
           ("in", "who", "from", "when", "name", "for", "where", "invite", "remind", "repeat"),
           (("name", "who", "from", "invite"), ("when", "repeat", "from"))),
    Action("calendar.move", _W, "Move an event to another time, or by an amount.", (*SELECT, "to", "by", "scope"),
           (SELECT, ("to", "by"))),
    Action("calendar.rename", _W, "Give an event another title.", (*SELECT, "name", "scope"), (SELECT, ("name",))),
    Action("calendar.change", _W, "Change length, place, people, reminder, repetition or calendar of an event.",
           (*SELECT, "to", "for", "where", "invite", "remind", "repeat", "scope"),
           (SELECT, ("to", "for", "where", "invite", "remind", "repeat"))),
    Action("calendar.cancel", _W, "Take events out of the calendar.", (*SELECT, "scope"), _ONE, bounded=True),
    Action("calendar.free", _R, "Find free time, or say whether a time is free.",
           ("in", "who", "when", "which", "for")),
    Action("calendar.respond", _O, "Answer an invitation.", ("what", "in", "who", "from", "when", "which", "count",
           "except", "answer", *_TEXT), (("what", "who", "from", "when", "which"), ("answer",))),
    Action("calendar.count", _R, "Count events, or add up the time they take.", SELECT),
    Action("tasks.find", _R, "Find tasks and what is on a list.", SELECT),
    Action("tasks.add", _W, "Add a task, a reminder, or an entry of a list.",
           ("in", "from", "when", "name", "remind", "repeat"), (("name", "from"),)),
    Action("tasks.complete", _W, "Tick a task off.", SELECT, _ONE),
    Action("tasks.change", _W, "Give a task another due time, list, title or repetition.",
           (*SELECT, "name", "to", "by", "remind", "repeat"), (SELECT, ("to", "by", "name", "remind", "repeat"))),
    Action("tasks.remove", _W, "Take tasks off a list, or a whole list away.", SELECT, _ONE, bounded=True),
    Action("contacts.find", _R, "Find people, or a detail of one.", ("what", "who", "in", "which", "count", "field")),
    Action("contacts.add", _W, "Add a person.", ("from", "when", "name", "where", "email", "phone"),
           (("name", "from", "email"),)),
    Action("contacts.change", _W, "Change a detail of a person.",
           ("who", "when", "name", "where", "email", "phone"), (("who",), ("email", "phone", "name", "where", "when"))),
    Action("rules.add", _W, "A standing rule: the steps after this one run each time it is set off.",
           ("event", "what", "kind", "in", "who", "from", "when", "size", "state", "by", "except", "repeat"),
           (("event", "repeat", "when"),)),
    Action("rules.find", _R, "List the rules.", ("what", "who", "which")),
    Action("rules.pause", _W, "Pause rules.", ("what", "who", "when", "which"), (("what", "who", "which"),)),
    Action("rules.remove", _W, "Remove rules.", ("what", "who", "which"), (("what", "who", "which"),)),
    Action("agent.lookup", _R, "Answer a question from files, mail or calendar, with its source.",
           (*_MAIL, "field"), (("what", "who", "from", "field"),)),
    Action("agent.briefing", _R, "The day: events, unread mail, tasks due.", ("when",)),
    Action("agent.notify", _R, "Tell the person, on this machine (in rules).", ("what", "say", "text")),
    Action("agent.undo", _W, "Take back what was done.", ("what", "when", "which", "count")),
    Action("agent.help", _R, "What Nearhand can do.", ("what",)),
    Action("text.polish", _W, "Correct spelling, capitals, punctuation and greeting of a text.",
           ("what", "in", "to", "text"), (("what", "text"),)),
    Action("text.summarize", _R, "Summarize (only with a generalist model).", (*_MAIL, "text"), (_MAIL,)),
    Action("text.compose", _W, "Write a text (only with a generalist model).", (*_MAIL, "to", "say", "text")),
    Action("none", _R, "Nothing that this agent does, or nothing to do.", ("why",), (("why",),)),
)  # fmt: skip
ACTIONS = {action.name: action for action in _ACTIONS}
"""Every action by name."""
MAX_STEPS = 6
