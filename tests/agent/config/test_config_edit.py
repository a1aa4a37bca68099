"""Changing config.toml: one key changes, and nothing else does."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.config.edit import change, edited
from nearhand.agent.config.settings import ConfigError
from nearhand.agent.paths import Profile

TEXT = """\
# mine
[me]
name = "Robin"   # me

[files]
roots = [
  "a",   # first
  "b",
]
[mail]
maildir = "Mail"
"""


def test_a_key_is_replaced_with_all_its_lines() -> None:
    new = edited(TEXT, "files", "roots", ["c"])
    assert tomllib.loads(new)["files"] == {"roots": ["c"]}
    assert '# mine\n[me]\nname = "Robin"   # me\n' in new
    assert new.endswith('[mail]\nmaildir = "Mail"\n')


def test_a_new_key_goes_into_its_section() -> None:
    assert tomllib.loads(edited(TEXT, "me", "email", "r@x.example"))["me"] == {"name": "Robin", "email": "r@x.example"}


def test_a_new_section_goes_to_the_end() -> None:
    assert edited("", "files", "roots", ["~/a"]) == '[files]\nroots = ["~/a"]\n'
    assert edited(TEXT, "contacts", "vdir", "c").endswith('\n\n[contacts]\nvdir = "c"\n')


def test_a_key_can_be_taken_out_and_what_is_not_there_stays_away() -> None:
    assert "maildir" not in edited(TEXT, "mail", "maildir", None)
    assert edited(TEXT, "model", "path", None) == TEXT


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_was(value: str) -> None:
    assert tomllib.loads(edited(TEXT, "mail", "maildir", value))["mail"]["maildir"] == value
    assert tomllib.loads(edited(TEXT, "files", "roots", [value, "x"]))["files"]["roots"] == [value, "x"]


def test_a_change_that_the_config_does_not_allow_is_taken_back(tmp_path: Path) -> None:
    profile = Profile(tmp_path / "profile")
    with pytest.raises(ConfigError):
        change(profile, "files", {"roots": [str(tmp_path / "not there")]})
    assert not profile.config.exists()
    (tmp_path / "here").mkdir()
    change(profile, "files", {"roots": [str(tmp_path / "here")]})
    before = profile.config.read_bytes()
    with pytest.raises(ConfigError):
        change(profile, "files", {"roots": ["/"]})
    assert profile.config.read_bytes() == before
    assert profile.config.stat().st_mode & 0o077 == 0
