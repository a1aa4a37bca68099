"""Names that Nearhand gives are visible, short enough, and stay in their folder."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.connectors.errors import DeniedError
from nearhand.connectors.names import check_name, clean_name, numbered, shown, split_name


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", ".hidden", "a/b", "a\nb", "a\0b", "a\x1b[2J", "a\u202eb", "a\u200fb", "\udcff", "ä" * 128],
)
def test_unacceptable_names_are_denied(name: str) -> None:
    with pytest.raises(DeniedError):
        check_name(name)


@pytest.mark.parametrize("name", ["a", "Ünïcödé 🙂.txt", "a.b.c", "家族", "~x", "-rf", "a\\b", "x" * 255])
def test_ordinary_names_are_accepted(name: str) -> None:
    assert check_name(name) == name


def test_names_are_given_in_their_composed_form() -> None:
    assert check_name("cafe\u0301") == "café"


@given(st.text())
def test_whatever_comes_from_outside_gets_an_acceptable_name(name: str) -> None:
    made = clean_name(name)
    assert check_name(made) == made == unicodedata.normalize("NFC", made)


def test_a_path_from_outside_keeps_only_its_last_part() -> None:
    assert clean_name("../../.ssh/id_rsa") == "id_rsa"
    assert clean_name("C:\\Users\\me\\bill.pdf") == "bill.pdf"
    assert clean_name("..") == "unnamed"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(2, 10_000))
def test_a_numbered_name_fits(name: str, number: int) -> None:
    assert len(numbered(name, number).encode()) <= 255 or len(name.encode()) > 255


@pytest.mark.parametrize(
    ("name", "stem", "ending"),
    [
        ("a.txt", "a", ".txt"), ("a.tar.gz", "a", ".tar.gz"), ("a", "a", ""), (".bashrc", ".bashrc", ""),
        ("v1.2 final", "v1.2 final", ""), ("Report 2.0", "Report 2.0", ""), ("end.", "end.", ""),
    ],
)  # fmt: skip
def test_endings_are_told_from_parts_of_a_name(name: str, stem: str, ending: str) -> None:
    assert split_name(name) == (stem, ending)


def test_numbers_go_before_the_ending() -> None:
    assert numbered("a.tar.gz", 2) == "a (2).tar.gz"
    assert numbered("Taxes", 3) == "Taxes (3)"


def test_nothing_shown_steers_a_terminal() -> None:
    assert shown("a\x1b[31m\u202eb\n") == "a\\x1b[31m\\u202eb\\n"
