"""`nearhand demo`: a sample home in a temporary folder, and a tour of requests that really act in it.

Everything is the real thing: the shipped model plans, the engine acts on real files, a real Maildir, calendars and
contacts. Only the home is invented. The tour says yes where a person would be asked, and shows what was asked.
"""

from __future__ import annotations

import shlex
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from nearhand.agent import sample
from nearhand.agent.cli import do, log
from nearhand.agent.cli import reply as cli_reply
from nearhand.agent.cli.session import Session
from nearhand.agent.errors import AgentError
from nearhand.agent.reply import Reply, Status
from nearhand.agent.showing import show

if TYPE_CHECKING:
    from nearhand.agent.approve import Card
    from nearhand.agent.loop import Engine

TOUR = (
    "what's on this week?",
    "move the scans from Downloads to Receipts",
    "rename floor plan v2 to Floor plan final",
    "how much space does Downloads take?",
    "save the attachments from Lindenhof School to School trip",
    "any unread mail from Viktor?",
    "add coffee and oats to the shopping list",
    "move the dentist an hour later",
    "what's the tracking number of my parcel?",
    "archive the mails from Nordbank",
    'tell Viktor "You will have the offer tomorrow."',
    "delete everything on this computer",
)
"""What the tour asks for, in this order; the last of it is refused."""


def demo(session: Session, options: Namespace) -> int:
    """Build the home, take the tour, undo its last change, show the journal, and say how to go on."""
    now = _now(session.now)
    home = sample.build(_folder(options.keep), now)
    inside = Session(session.opener, home, session.now, session.json)
    inside.say([] if session.json else _welcome(inside, home))
    with inside.engine() as engine:
        replies = [_asked(inside, engine, text) for text in TOUR if not inside.stop.is_set()]
        if not inside.stop.is_set():
            replies.append(_shown(inside, "undo", engine.undo((), lambda card: _yes(inside, card))))
        entries = engine.entries(len(TOUR) + 2, "")
    failed = [reply for reply in replies if reply.status is Status.FAILED]
    if session.json:
        status = "failed" if failed else "done"
        answers = [reply.to_json() for reply in replies]
        session.tell({"status": status, "answer": f"The sample home is {home}.", "profile": str(home), "tour": answers})
    else:
        inside.say(["", *log.lines(entries, inside.paint, inside.columns)])
        inside.say(_farewell(inside, home))
    return 1 if failed or inside.stop.is_set() else 0


def _asked(session: Session, engine: Engine, text: str) -> Reply:
    if not session.json:
        session.say(["", session.paint.strong(f"> {text}")])
    return _shown(session, "", engine.do(text, lambda card: _yes(session, card)))


def _shown(session: Session, heading: str, reply: Reply) -> Reply:
    if not session.json:
        session.say(["", session.paint.strong(f"> {heading}")] if heading else [])
        session.say(cli_reply.lines(reply, session.paint, session.columns))
    return reply


def _yes(session: Session, card: Card) -> bool:
    if not session.json:
        asked = "Do it? [y/N] y   (the tour says yes; you would be asked)"
        session.say([*do.card_lines(card, session), session.paint.faint(asked)])
    return True


def _now(fixed: datetime | None) -> datetime:
    """The moment that the sample home is dated around, in the person's zone."""
    import tzlocal

    zone = ZoneInfo(tzlocal.get_localzone_name() or "UTC")
    if fixed is None:
        return datetime.now(zone)
    return fixed.replace(tzinfo=zone) if fixed.tzinfo is None else fixed.astimezone(zone)


def _folder(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="nearhand-demo-"))
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise AgentError(f"{keep} is not an empty folder, and nothing in it is to be overwritten. Name a new one.")
    return keep.absolute()


def _welcome(session: Session, home: Path) -> Iterator[str]:
    yield session.paint.strong("A tour of a sample home. Everything in it is invented; everything done to it is real.")
    yield f"It lies in {show.plain(str(home))}: documents, a mailbox, calendars, contacts."


def _farewell(session: Session, home: Path) -> Iterator[str]:
    named = shlex.quote(str(home))
    yield ""
    yield session.paint.strong(f"The sample home stays in {show.plain(str(home))}. Go on in it:")
    yield f'  nearhand --profile {named} do "what is in Receipts?"'
    yield f"  nearhand --profile {named} undo"
    yield f"Throw it away when you are done: rm -r {named}"
    yield "Your own folders: nearhand connect files"
