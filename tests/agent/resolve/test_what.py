"""Which folder, mailbox, calendar or list is meant, from tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.resolve.what import Ambiguous, Found, Unknown, folder, place
from nearhand.connectors.errors import DeniedError

ROOTS = (Path("/h/Documents"), Path("/h/Downloads"))
KNOWN = (
    "/h/Documents/Taxes", "/h/Documents/Taxes/2024", "/h/Documents/Receipts", "/h/Documents/Receipts/2025",
    "/h/Documents/Work/Archive", "/h/Documents/Private/Archive", "/h/Documents/Work", "/h/Documents/Private",
    "/h/Documents/Work/Clients/Okafor", "/h/Documents/Work/Clients", "/h/Documents/Schöne Fotos", "/h/Documents/notes",
    "/h/Documents/Notes", "/h/Downloads/Documents", "/h/Downloads/Receipts", "/h/Documents/New_Folder-2",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Documents", "/h/Documents"),  # the root, not the folder of that name in Downloads
        ("downloads", "/h/Downloads"),
        ("the Downloads folder", "/h/Downloads"),
        ("Documents/Taxes", "/h/Documents/Taxes"),
        ("documents/taxes/", "/h/Documents/Taxes"),
        ("Taxes", "/h/Documents/Taxes"),
        ("my taxes folder", "/h/Documents/Taxes"),
        ("Receipts/2025", "/h/Documents/Receipts/2025"),
        ("Downloads/Receipts", "/h/Downloads/Receipts"),
        ("2024", "/h/Documents/Taxes/2024"),
        ("Okafor", "/h/Documents/Work/Clients/Okafor"),
        ("Clients/Okafor", "/h/Documents/Work/Clients/Okafor"),
        ("work/archive", "/h/Documents/Work/Archive"),
        ("schone fotos", "/h/Documents/Schöne Fotos"),
        ("new folder 2", "/h/Documents/New_Folder-2"),
        ("notes", "/h/Documents/notes"),
        ("Notes", "/h/Documents/Notes"),
        ("/h/Documents/Taxes", "/h/Documents/Taxes"),
        ("/h/Documents", "/h/Documents"),
        ('"Taxes"', "/h/Documents/Taxes"),
    ],
)
def test_a_folder_is_found(text: str, path: str) -> None:
    assert folder(text, ROOTS, KNOWN) == Found(path)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("Archive", {"/h/Documents/Work/Archive", "/h/Documents/Private/Archive"}),
        ("Receipts", {"/h/Documents/Receipts", "/h/Downloads/Receipts"}),
        ("NOTES", {"/h/Documents/notes", "/h/Documents/Notes"}),
    ],
)
def test_two_folders_of_one_name_are_ambiguous(text: str, paths: set[str]) -> None:
    found = folder(text, ROOTS, KNOWN)
    assert isinstance(found, Ambiguous) and set(found.candidates) == paths


@pytest.mark.parametrize(
    ("text", "suggestions", "proposal"),
    [
        ("Contracts", (), "/h/Documents/Contracts"),
        ("the school folder", (), "/h/Documents/school"),
        ("Downloads/Scans", (), "/h/Downloads/Scans"),
        ("Taxes/2023", (), "/h/Documents/Taxes/2023"),
        ("Trips/Rome", (), "/h/Documents/Trips/Rome"),
        ("Archive/Old", (), ""),  # in which of both is not guessed
        ("/h/Documents/New", (), "/h/Documents/New"),
        ("", (), ""),
        ("...", (), ""),
        ("/", (), ""),
    ],
)
def test_an_unknown_folder_is_only_proposed(text: str, suggestions: tuple[str, ...], proposal: str) -> None:
    found = folder(text, ROOTS, KNOWN)
    assert found == Unknown(suggestions, proposal)


def test_a_slip_is_suggested_and_never_taken() -> None:
    found = folder("Reciepts", ROOTS, KNOWN)
    assert isinstance(found, Unknown) and "/h/Documents/Receipts" in found.suggestions


@pytest.mark.parametrize(
    "text",
    ["../etc", "Documents/../../etc", "/etc", "~/.ssh", "/h/Documents/../Secret", ".hidden", "Taxes/.git",
     "/h/Documents2", "/h/Documents/a\0b", "a\u202eb", "a\0b"],
)  # fmt: skip
def test_nothing_outside_the_roots_or_hidden_can_be_named(text: str) -> None:
    with pytest.raises(DeniedError):
        folder(text, ROOTS, KNOWN)


def test_a_link_that_leads_outside_is_denied(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(DeniedError, match="outside"):
        folder(f"{root}/out/x", [root], [])


def test_with_one_root_its_own_name_may_be_said_or_not() -> None:
    for text in ("Documents/Taxes", "Taxes", "documents"):
        assert isinstance(folder(text, ROOTS[:1], KNOWN[:2]), Found)
    assert folder("Taxes/2030", ROOTS[:1], KNOWN[:2]) == Unknown((), "/h/Documents/Taxes/2030")


@given(st.text(max_size=40))
def test_whatever_is_said_nothing_leaves_the_roots(text: str) -> None:
    try:
        found = folder(text, ROOTS, KNOWN)
    except DeniedError:
        return
    match found:
        case Found(path) | Unknown(_, path):
            paths: tuple[str, ...] = (path,)
        case Ambiguous(candidates):
            paths = candidates
    assert all(path == "" or path.startswith(("/h/Documents", "/h/Downloads")) for path in paths)
    assert not any(".." in path.split("/") for path in paths)


MAILBOXES = ("Inbox", "Sent", "Drafts", "Spam", "Trash", "Family/School", "Bank", "Archive", "Old Bank Letters")
LISTS = ("Shopping", "Packing list", "To-do", "Müllers Liste")


@pytest.mark.parametrize(
    ("text", "area", "names", "name"),
    [
        ("my inbox", "mail", MAILBOXES, "Inbox"),
        ("inbox", "mail", (), "Inbox"),
        ("sent mail", "mail", MAILBOXES, "Sent"),
        ("the bin", "mail", MAILBOXES, "Trash"),
        ("junk", "mail", MAILBOXES, "Spam"),
        ("spam folder", "mail", MAILBOXES, "Spam"),
        ("spam", "mail", ("Junk",), "Junk"),
        ("the archive", "mail", MAILBOXES, "Archive"),
        ("bank", "mail", MAILBOXES, "Bank"),
        ("School", "mail", MAILBOXES, "Family/School"),
        ("family/school", "mail", MAILBOXES, "Family/School"),
        ("the shopping list", "tasks", LISTS, "Shopping"),
        ("shopping", "tasks", LISTS, "Shopping"),
        ("packing", "tasks", LISTS, "Packing list"),
        ("my to do list", "tasks", LISTS, "To-do"),
        ("todo list", "tasks", ("todo",), "todo"),
        ("mullers liste", "tasks", LISTS, "Müllers Liste"),
        ("the list", "tasks", ("Shopping",), "Shopping"),
        ("family calendar", "calendar", ("family", "work"), "family"),
        ("Work", "calendar", ("family", "work"), "work"),
    ],
)
def test_a_place_is_found(text: str, area: str, names: tuple[str, ...], name: str) -> None:
    assert place(text, area, names) == Found(name)


@pytest.mark.parametrize(
    ("text", "area", "names", "expected"),
    [
        ("archive", "mail", ("Inbox",), Unknown((), "Archive")),
        ("spam", "mail", (), Unknown((), "Junk")),
        ("Bnak", "mail", ("Bank2",), Unknown((), "Bnak")),
        ("Recipies", "mail", ("Recipes",), Unknown(("Recipes",), "Recipies")),
        ("the wedding list", "tasks", LISTS, Unknown((), "wedding")),
        ("my calendar", "calendar", ("family", "work"), Ambiguous(("family", "work"))),
        ("school", "mail", ("Family/School", "Old/School"), Ambiguous(("Family/School", "Old/School"))),
        ("!!!", "mail", MAILBOXES, Unknown()),
    ],
)
def test_a_place_that_is_not_clear_is_asked_about(
    text: str, area: str, names: tuple[str, ...], expected: Unknown | Ambiguous
) -> None:
    assert place(text, area, names) == expected


def test_a_folder_whose_name_holds_the_words_is_suggested_where_no_new_one_is_wanted() -> None:
    found = folder("Rome", ROOTS[:1], [*KNOWN, "/h/Pictures/Rome album", "/h/Pictures/Romeo"])
    assert isinstance(found, Unknown) and found.longer == ("/h/Pictures/Rome album",) and not found.suggestions
