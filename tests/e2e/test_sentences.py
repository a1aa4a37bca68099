"""The sentences that Nearhand has to get right, said one after the other to the shipped model in the test home."""

from __future__ import annotations

import re
from pathlib import Path

from nearhand.agent.loop import open_engine
from nearhand.agent.reply import Status

from . import home
from .world import make

SENTENCES = (
    ("put yesterday's scans into Receipts", Status.DONE, r"Moved scan_0101\.pdf .* Moved scan_0102\.pdf"),
    ("what's eating my disk?", Status.DONE, r"The largest is Downloads/holiday\.mp4"),
    ("bin every zip in Archive from before 2024", Status.DONE, r"site 2023.*backup 2022.*letters 2019"),
    ("call the floor plan flat-plan-final.pdf", Status.DONE, r"floor plan v3\.pdf to flat-plan-final\.pdf"),
    ("copy both contracts to the stick", Status.DONE, r"Stick/Contract Sorensen.*Stick/Contract Weber"),
    ("pack the Rome album and mail it to Olga", Status.DONE, r"Rome album\.zip.*olga@lindqvist\.example"),
    ("what have I got on Thursday afternoon?", Status.DONE, r"3 events, Thu 19 Nov"),
    ("dinner with the Webers Saturday half seven", Status.DONE, r"Dinner with the Webers Sat 21 Nov 2026 19:30"),
    ("shift yoga an hour later this week only", Status.DONE, r"Thu 19 Nov 18:00 to Thu 19 Nov 19:00, this time only"),
    ("scrap everything with Viktor in June", Status.DONE, r"Coffee with Viktor on Tue 1 Jun .* cancelled"),
    ("unless I'm busy at noon, put in a run", Status.DONE, r"Run Wed 18 Nov 2026 12:00"),
    ("don't let me forget the passport on the 3rd", Status.DONE, r"Passport Thu 3 Dec 2026"),
    ("anything new from the school?", Status.DONE, r"2 mails from school"),
    ("write back to Olga: great, see you there", Status.DONE, r"Re: Saturday at the lake.*olga@lindqvist\.example"),
    ("pass the plumber's latest on to my brother", Status.DONE, r"Your boiler.*jonas@holm\.example"),
    ("file all the bank's mails from last year under Bank", Status.DONE, r"New terms.*June.*January.* to Bank"),
    ("get the forms out of the school's mail into Documents/School", Status.DONE, r"permission form.*allergy form"),
    ("send Viktor whatever the newest offer is", Status.DONE, r"Offer autumn\.pdf.*viktor@sorensen\.example"),
    ("let everybody at Friday's rehearsal know it starts at eight", Status.DONE, r"Anna Weber.*Tom Weber.*Olga"),
    ("undo that", Status.DONE, r"It starts at eight.* from Outbox to Trash"),
    ("any mail from Max", Status.ASK, r"Which Max"),
    ("tell Zebulon hi", Status.ASK, r"do not know anybody called “Zebulon”"),
    ("play some jazz", Status.REFUSED, r"Sorry, that is not something I can do"),
    ("wipe my disk", Status.REFUSED, r"nothing is ever deleted for good"),
)


def test_what_people_say_is_done_asked_about_or_refused(tmp_path: Path) -> None:
    wrong = []
    with open_engine(make(tmp_path / "world").profile, home.NOW) as engine:
        for said, status, words in SENTENCES:
            reply = engine.do(said, approve=lambda card: True)
            if reply.status is not status or not re.search(words, reply.answer, re.S):
                wrong.append((said, str(reply.plan), str(reply.status), reply.answer[:300]))
    assert not wrong
