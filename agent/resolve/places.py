"""What people call mailboxes, lists, calendars and folders, and the names that those words stand for.

Deliberately not here: which of them exist (`what.py`).
"""

from __future__ import annotations

from nearhand.agent.texts import folding

_MAILBOXES = (
    ("Inbox", "inbox in-tray incoming posteingang"),
    ("Sent", "sent|sent mail|sent mails|sent items|sent messages|outgoing|gesendet"),
    ("Drafts", "drafts draft entwürfe"),
    ("Archive", "archive|archives|all mail|archiv"),
    ("Trash", "trash|bin|rubbish|deleted|deleted items|deleted mail|deleted messages|wastebasket|papierkorb"),
    ("Junk", "junk|spam|junk mail|junk e mail|bulk mail"),
    ("Outbox", "outbox|postausgang"),
)
_SYNONYMS = {
    folding.key(word): name for name, text in _MAILBOXES for word in (text.split("|") if "|" in text else text.split())
}
_ALSO = {
    "Junk": ("Spam",), "Trash": ("Deleted Items", "Bin"), "Sent": ("Sent Items", "Sent Mail"), "Archive": ("Archives",),
}  # fmt: skip
_SORTS = {
    "files": ("folder", "directory", "dir"),
    "mail": ("folder", "mailbox", "label"),
    "calendar": ("calendar",),
    "tasks": ("list", "tasks"),
    "contacts": ("group", "address book", "contacts"),
}
_DETERMINERS = ("the ", "my ", "our ", "your ", "a ", "an ", "that ", "this ")


def bare_place(text: str, area: str) -> str:
    """The name in "the school folder" or "my shopping list"; a bare "the list" has none but itself."""
    name = " ".join(text.split())
    while name.casefold().startswith(_DETERMINERS):
        name = name.partition(" ")[2]
    for sort in _SORTS.get(area, ()):
        cut = name[: -len(sort)].rstrip()
        if cut and name.casefold().endswith(" " + sort):
            return cut
        if name.casefold().startswith((sort + " called ", sort + " named ")):
            return name.split(maxsplit=2)[2]
    return name


def standard(text: str) -> str | None:
    """The standard mailbox that words mean ("spam" is Junk), or None."""
    return _SYNONYMS.get(folding.key(bare_place(text, "mail")))


def generic(text: str, area: str) -> bool:
    """Whether nothing is named: "the list", "my calendar"."""
    return folding.key(bare_place(text, area)) in _SORTS.get(area, ())


def place_names(text: str, area: str) -> tuple[str, ...]:
    """Every name that a place said like this may have, the likeliest first."""
    plain, whole = bare_place(text, area), " ".join(text.split())
    known = standard(text) if area == "mail" else None
    names = (known, *_ALSO.get(known, ())) if known else (whole, plain)
    return tuple(dict.fromkeys(names))
