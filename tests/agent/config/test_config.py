"""A config is read as DESIGN.md shows it, and each mistake is told in one sentence with its line."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.config.settings import SHIPPED_MODEL, Config, ConfigError, load, parse
from nearhand.agent.config.write import default_text, write_default
from nearhand.agent.paths import Profile
from nearhand.connectors.base import Person

WHOLE = """
[me]
name = "Robin Keller"
email = "robin@keller.example"
timezone = "Europe/Berlin"       # default: the system's
week_start = "sunday"
work_hours = "08:30-16:00"
[files]
roots = ["~/Documents", "Downloads"]
[mail]
maildir = "~/Mail"
[calendar]
vdir = "~/.calendars"
default = "home"
[contacts]
vdir = "~/.contacts"
[privacy]
mode = "accounts"
[policy]
auto_reversible = true
hold_seconds = 30
max_objects = 5
[[account]]
name = "work"
imap = "imaps://robin@imap.example:993"
smtp = "smtps://robin@smtp.example:465"
caldav = "https://dav.example/robin/"
"""


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    for name in ("Documents/Taxes", "Mail", ".calendars", ".contacts", ".ssh"):
        (home / name).mkdir(parents=True)
    (home / "file.txt").touch()
    (tmp_path / "profile" / "Downloads").mkdir(parents=True)
    return Profile(tmp_path / "profile")


def _load(profile: Profile, text: str) -> Config:
    profile.config.write_text(text, encoding="utf-8")
    return load(profile)


def test_the_example_of_the_design_is_read(profile: Profile, tmp_path: Path) -> None:
    config = _load(profile, WHOLE)
    home = tmp_path / "home"
    assert (config.me.name, config.me.email, config.me.timezone) == (
        "Robin Keller",
        "robin@keller.example",
        "Europe/Berlin",
    )
    assert (config.me.week_start, config.me.work_hours) == (6, (time(8, 30), time(16)))
    assert config.files.roots == (home / "Documents", tmp_path / "profile" / "Downloads")
    assert config.mail and config.mail.maildir == home / "Mail"
    assert config.calendar and (config.calendar.vdir, config.calendar.default) == (home / ".calendars", "home")
    assert config.contacts and config.contacts.vdir == home / ".contacts"
    assert config.privacy.mode == "accounts"
    assert (config.policy.auto_reversible, config.policy.hold_seconds, config.policy.max_objects) == (True, 30, 5)
    assert [(a.name, a.imap, a.caldav) for a in config.accounts] == [
        ("work", "imaps://robin@imap.example:993", "https://dav.example/robin/")
    ]


def test_an_empty_file_connects_nothing_and_asks_about_everything(profile: Profile) -> None:
    config = _load(profile, "")
    assert (config.files.roots, config.mail, config.calendar, config.contacts, config.accounts) == (
        (),
        None,
        None,
        None,
        (),
    )
    assert (config.privacy.mode, config.policy.auto_reversible, config.model.path) == ("local", False, SHIPPED_MODEL)
    assert config.me.timezone


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[me]\nnmae = "R"', 2, ["nmae", "did you mean “name”"]),
        ('[flies]\nroots = []', 1, ["[flies]", "did you mean “files”"]),
        ('name = "R"', 1, ["no such section"]),
        ("[me]\nxyzzy = 1", 2, ["no such key", "Known are: name, email"]),
        ("[me]\nname = 3", 2, ["text in quotes"]),
        ('[files]\nroots = "~/Documents"', 2, ["a list"]),
        ("[files]\nroots = [1]", 2, ["list of texts"]),
        ('[files]\n# why\nroots = ["~/Documents", "~/Nowhere"]', 3, ["Nowhere is not there", "Make it"]),
        ('[files]\nroots = ["~/file.txt"]', 2, ["is no folder"]),
        ('[files]\nroots = ["/"]', 2, ["the whole disk"]),
        ('[files]\nroots = ["~"]', 2, ["your whole home"]),
        ('[files]\nroots = ["~/.."]', 2, ["your whole home"]),
        ('[files]\nroots = ["~/.ssh"]', 2, ["is hidden"]),
        ('[files]\nroots = ["~/Documents/Taxes", "~/Documents"]', 2, ["lie in each other", "outer"]),
        ('[files]\nroots = ["~/Documents", "~/Documents/"]', 2, ["the same"]),
        ('[files]\nroots = [""]', 2, ["without a name"]),
        ('[me]\nemail = "robin"', 2, ["“robin” is no mail address", "robin@example.org"]),
        ('[me]\nemail = "Robin <robin@x.example>"', 2, ["without a name"]),
        ('[me]\ntimezone = "Berlin"', 2, ["“Berlin” is no time zone", "Europe/Berlin"]),
        ('[me]\ntimezone = "../../etc/passwd"', 2, ["no time zone"]),
        ('[me]\nweek_start = "mon"', 2, ["“mon” is not one of", "did you mean “monday”"]),
        ('[me]\nwork_hours = "9 to 5"', 2, ["09:00-17:00"]),
        ('[me]\nwork_hours = "09:00-25:00"', 2, ["09:00-17:00"]),
        ('[me]\nwork_hours = "17:00-09:00"', 2, ["ends before it begins"]),
        ('[privacy]\nmode = "cloud"', 2, ["“cloud” is not one of local, accounts"]),
        ("[policy]\nauto_reversible = 1", 2, ["true or false"]),
        ("[policy]\nmax_objects = true", 2, ["a whole number"]),
        ("[policy]\nhold_seconds = -1", 2, ["from 0 to 3600"]),
        ("[mail]", 1, ["maildir", "missing"]),
        ('[calendar]\nvdir = "~/none"', 2, ["is not there"]),
        ('[[account]]\nname = "a"\nimap = "imaps://h.example"', 1, ["mode = \"accounts\""]),
        ('[privacy]\nmode = "accounts"\n[[account]]\nname = "a"\n[[account]]\nname = "b"\nimap = "h"', 7, ["imaps://"]),
        ('[privacy]\nmode = "accounts"\n[[account]]\nname = "a"\n[[account]]\nname = "a"', 3, ["same name"]),
        ('[privacy]\nmode = "accounts"\n[[account]]\nname = "a"\nimap = "imaps://r:pw@h.example"', 5, ["password"]),
        ('[account]\nname = "a"', 1, ["a list"]),
        ('[model]\npath = "m.gguf"', 2, ["sha256"]),
        ('[model]\nsha256 = "abc"', 2, ["64 hexadecimal"]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(profile: Profile, text: str, line: int, said: list[str]) -> None:
    with pytest.raises(ConfigError) as error:
        _load(profile, text)
    message = str(error.value)
    assert all(part in message for part in said), message
    assert message.startswith(f"{profile.config}, line {line}: ") or "missing" in said, message


def test_what_is_no_toml_is_told_with_its_line(profile: Profile) -> None:
    with pytest.raises(ConfigError, match=r"no valid TOML.*line 2"):
        _load(profile, "[me]\nname = Robin")


def test_a_missing_file_says_how_to_make_one(profile: Profile) -> None:
    with pytest.raises(ConfigError, match="nearhand connect"):
        load(profile)


def test_no_password_is_repeated_in_an_error(profile: Profile) -> None:
    text = '[privacy]\nmode = "accounts"\n[[account]]\nname = "a"\nimap = "ftp://robin:hunter2@h.example"'
    with pytest.raises(ConfigError) as error:
        _load(profile, text)
    assert "hunter2" not in str(error.value)


def test_the_first_config_is_valid_and_never_written_twice(profile: Profile, tmp_path: Path) -> None:
    home, me = tmp_path / "home", Person('Robin "R" Keller', "robin@keller.example")
    written = write_default(profile, me, [home / "Documents"], maildir=home / "Mail", timezone="Europe/Paris")
    assert written == load(profile)
    assert written.me.name == me.name and written.mail is not None and written.calendar is None
    with pytest.raises(ConfigError, match="left alone"):
        write_default(profile, me, [])


def test_a_first_config_with_a_mistake_is_not_written(profile: Profile) -> None:
    with pytest.raises(ConfigError, match="no mail address"):
        write_default(profile, Person("R", "nonsense"), [])
    assert not profile.config.exists()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_survives_being_written(name: str) -> None:
    text = default_text(Person(name, "r@x.example"), [])
    assert parse(text, Profile(Path("/nowhere"))).me.name == name.strip()


@given(st.text())
def test_any_text_is_a_config_or_a_config_error(text: str) -> None:
    try:
        parse(text, Profile(Path("/nowhere")))
    except ConfigError as error:
        assert str(error)
