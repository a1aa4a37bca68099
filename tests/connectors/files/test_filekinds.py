"""What sort of thing a file is, by its name."""

from __future__ import annotations

import pytest

from nearhand.connectors.catalogue import KINDS
from nearhand.connectors.files.kinds import FOLDERS, folder_for, is_ending, kinds_of


@pytest.mark.parametrize(
    ("name", "place", "kinds"),
    [
        ("IMG_2041.JPG", "", {"photo"}),
        ("scan_001.jpg", "", {"photo", "scan"}),
        ("Scan 2024-03-01.pdf", "", {"pdf", "document", "scan"}),
        ("0001.pdf", "Documents/Scans", {"pdf", "document", "scan"}),
        ("Scandinavia.jpg", "", {"photo"}),
        ("Screenshot 2024-03-01 at 10.02.11.png", "", {"screenshot"}),
        ("2024.png", "Pictures/Screenshots", {"screenshot"}),
        ("screen-shot.txt", "", {"text", "document"}),
        ("budget.xlsx", "", {"spreadsheet"}),
        ("talk.pptx", "", {"presentation"}),
        ("backup.tar.gz", "", {"archive"}),
        ("setup.exe", "", {"installer"}),
        ("main.py", "", {"code"}),
        ("book.epub", "", {"ebook"}),
        ("song.mp3", "", {"audio"}),
        ("film.mkv", "", {"video"}),
        ("letter.docx", "", {"document"}),
        ("README", "", set()),
        ("what.xyz", "", set()),
    ],
)
def test_kinds_follow_from_names(name: str, place: str, kinds: set[str]) -> None:
    assert kinds_of(name, place) == kinds | {"file"}
    assert kinds_of(name, place) <= set(KINDS)


@pytest.mark.parametrize(
    ("name", "folder"),
    [("a.jpg", "Photos"), ("scan1.pdf", "Scans"), ("scan_1.pdf", "Scans"), ("a.pdf", "PDFs"), ("a.docx", "Documents"),
     ("a.txt", "Text"), ("a", "Other"), ("screenshot.png", "Screenshots")],
)  # fmt: skip
def test_every_file_has_one_folder_to_be_sorted_into(name: str, folder: str) -> None:
    assert folder_for(kinds_of(name)) == folder
    assert folder in FOLDERS


def test_an_ending_is_known_or_part_of_the_name() -> None:
    assert is_ending(".pdf") and is_ending(".tar.gz")
    assert not is_ending(".Smith") and not is_ending("")
