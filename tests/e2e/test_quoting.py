"""Words that one quote holds by oversight come to the slots that they are for, as the files at home decide."""

from __future__ import annotations

from pathlib import Path

from nearhand.agent.loop import open_engine
from nearhand.agent.quoting import settled
from nearhand.models.language import parse
from nearhand.models.worker import ScriptedPlanner

from . import home
from .world import make

CASES = (
    ("call the floor plan flat-plan-final.pdf", 'files.rename what="floor plan flat-plan-final.pdf" ask(name)',
     'files.rename what="floor plan" name="flat-plan-final.pdf"'),
    ("call the floor plan flat final.pdf", 'files.rename what="floor" name="plan flat final.pdf"',
     'files.rename what="floor plan" name="flat final.pdf"'),
    ("name the floor plan plan b", 'files.rename what="floor" name="plan plan b"',
     'files.rename what="floor plan" name="plan b"'),
    ("call the moon moon.pdf", 'files.rename what="moon moon.pdf" ask(name)', 'files.rename what="moon" name="moon.pdf"'),
    ("rename the floor plan to plan b", 'files.rename what="floor plan" name="plan b"', ""),
    ("rename the picture IMG_1.jpg", 'files.rename what="picture IMG_1.jpg" ask(name)', ""),
    ("rename the floor plan flat final.pdf", 'files.rename what="floor" name="plan flat final.pdf"',
     'files.rename what="floor plan" name="flat final.pdf"'),
    ("rename the floor plan", 'files.rename what="floor plan" ask(name)', ""),
    ("call the lease", 'files.rename what="lease" ask(name)', ""),
    ("copy both contracts to the stick", 'files.copy what="both contracts" to="stick"',
     'files.copy what="contracts" count="both" to="stick"'),
    ("which documents did I not open since March?", 'files.find kind=document when="since March"',
     'files.find kind=document when="not open since March"'),
    ("anything that hasn't been touched for a year", 'files.find when="for a year"',
     'files.find when="hasn\'t been touched for a year"'),
    ("mail Viktor the most recent offer", 'mail.send to="Viktor" attach="offer"',
     'files.find what="offer" which=latest ; mail.send to="Viktor" attach=$1'),
    ("mail Viktor the offer, the newest", 'mail.send to="Viktor" attach="offer"', ""),
    ("open the oldest contract", 'files.open what="contract"', 'files.open what="contract" which=oldest'),
    ("open the newest three offers", 'files.open what="offers" which=latest count="three"', ""),
    ("bin the scans since March, not the photos", 'files.trash kind=scan when="since March"', ""),
    ("make the dentist half an hour longer", 'calendar.change what="dentist" for="half an hour"',
     'calendar.change what="dentist" for="half an hour longer"'),
    ("copy both contracts to the stick", 'files.copy what="contracts" to="stick"',
     'files.copy what="contracts" count="both" to="stick"'),
)  # fmt: skip


def test_where_one_quote_ends_is_decided_by_what_is_there(tmp_path: Path) -> None:
    with open_engine(make(tmp_path / "world").profile, home.NOW, ScriptedPlanner({})) as engine:
        for said, plan, wanted in CASES:
            assert str(settled(said, parse(plan), engine.home)) == (wanted or plan), said
