"""The comparison of both sides with the last state, without a server: every case, and any mixture of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.connectors.imap.pairing import Pairs, pair
from nearhand.connectors.imap.state import Known
from nearhand.connectors.imap.sync_plan import Sides, check_vanished, compare, outdated, settled, sides
from nearhand.connectors.imap.sync_types import Deed, Here, Key, There, VanishedError, Verb, Work

PLACES = ("INBOX", ".Archive", ".Trash")
FLAGS = ("", "S", "F", "FS", "RS")


def known(number: int = 1, place: str = "INBOX", flags: str = "") -> Known:
    return Known(number, place, f"m{number}", f"{number}-10-1", flags, place, 5, number, 10, f"k{number}")


def here(mail: Known, folder: str = "", flags: str | None = None) -> Here:
    return Here(folder or mail.folder, mail.name, f"{mail.identity}:2,", mail.flags if flags is None else flags)


def there(mail: Known, place: str = "", flags: str | None = None, uid: int = 0) -> There:
    return There(place or mail.place, 5, uid or mail.uid, mail.flags if flags is None else flags, mail.size)


def deeds(work: Work | None) -> list[Deed]:
    return list(work.deeds) if work else []


MAIL = known()


@pytest.mark.parametrize(
    ("mail", "local", "remote", "wanted"),
    [
        (MAIL, here(MAIL), there(MAIL), []),
        (MAIL, here(MAIL, ".Archive"), there(MAIL), [Deed(Verb.MOVE_THERE, ".Archive")]),
        (MAIL, here(MAIL), there(MAIL, ".Archive"), [Deed(Verb.MOVE_HERE, ".Archive")]),
        (MAIL, here(MAIL, ".Archive"), there(MAIL, ".Archive"), []),
        (MAIL, here(MAIL, ".Archive"), there(MAIL, ".Junk"), [Deed(Verb.MOVE_HERE, ".Junk")]),
        (MAIL, here(MAIL, ".Archive"), there(MAIL, ".Trash"), [Deed(Verb.MOVE_THERE, ".Archive")]),
        (MAIL, here(MAIL, ".Trash"), there(MAIL, ".Archive"), [Deed(Verb.MOVE_HERE, ".Archive")]),
        (MAIL, here(MAIL, flags="S"), there(MAIL), [Deed(Verb.MARK_THERE, "", "S")]),
        (MAIL, here(MAIL, flags="S"), there(MAIL, flags="F"), [Deed(Verb.MARK_THERE, "", "S"), Deed(Verb.MARK_HERE, "", "F")]),
        (known(flags="S"), here(MAIL, flags=""), there(MAIL, flags="FS"), [Deed(Verb.MARK_THERE, "", "", "S"), Deed(Verb.MARK_HERE, "", "F")]),
        (MAIL, here(MAIL, flags="T"), there(MAIL), []),
        (MAIL, None, there(MAIL), [Deed(Verb.MOVE_THERE, ".Trash")]),
        (known(place=".Trash"), None, there(known(place=".Trash")), []),
        (MAIL, None, there(MAIL, ".Archive"), [Deed(Verb.PULL, ".Archive")]),
        (MAIL, here(MAIL), None, [Deed(Verb.SET_ASIDE)]),
        (MAIL, here(MAIL, ".Archive"), None, [Deed(Verb.PUSH, ".Archive")]),
        (replace(MAIL, uid=0), here(MAIL), None, [Deed(Verb.PUSH, "INBOX")]),
        (replace(MAIL, folder=""), None, there(MAIL), []),
        (replace(MAIL, folder=""), None, there(MAIL, ".Archive"), [Deed(Verb.PULL, ".Archive")]),
        (MAIL, None, None, []),
    ],
)  # fmt: skip
def test_each_case_has_one_answer(mail: Known, local: Here | None, remote: There | None, wanted: list[Deed]) -> None:
    assert deeds(settled(mail, local, remote)) == wanted


def plan(mails: Sequence[Known], local: Sequence[Here], remote: Sequence[There]) -> list[Work]:
    found = sides(mails, local, remote)
    return compare(found, pair(found.unpaired(), {}, {}, {}))


def test_a_mail_is_found_by_its_name_in_another_folder_and_by_its_file_under_another_name() -> None:
    renamed = Here(".Archive", "other", "1-10-1:2,S", "S")
    (work,) = plan([MAIL], [renamed], [there(MAIL)])
    assert [deed.verb for deed in work.deeds] == [Verb.MARK_THERE, Verb.MOVE_THERE]


def test_of_two_files_of_one_name_the_one_in_its_place_is_the_known_one() -> None:
    copy = Here(".Archive", MAIL.name, "9-9-9:2,", "")
    (work,) = plan([MAIL], [copy, here(MAIL)], [there(MAIL)])
    assert work.here == copy and [deed.verb for deed in work.deeds] == [Verb.PUSH]


def test_a_mailbox_that_counts_anew_makes_its_numbers_worthless_and_only_those() -> None:
    other = known(2, ".Archive")
    assert outdated([MAIL, other], {"INBOX": 6, ".Archive": 5}) == [replace(MAIL, uid=0), other]
    assert outdated([MAIL], {}) == [MAIL]


def test_identical_mails_are_paired_one_to_one() -> None:
    lost = [replace(known(number), key="same") for number in (1, 2)]
    fresh = [There(".Archive", 5, uid, "", 10) for uid in (7, 8, 9)]
    found = sides(lost, [here(mail) for mail in lost], fresh)
    pairs = pair(found.unpaired(), {}, {}, dict.fromkeys(fresh, Key("same")))
    assert sorted(mail.uid for mail in pairs.known.values()) == [7, 8]


def vanished(mails: Sequence[Known], local: Sequence[Here], remote: Sequence[There]) -> None:
    check_vanished(sides(mails, local, remote), Pairs({}, []))


def test_a_whole_folder_that_is_gone_is_an_error_on_either_side_but_the_trash_may_be_emptied() -> None:
    for place, spared in (("INBOX", False), (".Archive", False), (".Trash", True), (".Junk", True)):
        mails = [known(number, place) for number in (1, 2, 3)]
        for local, remote in (([], list(map(there, mails))), (list(map(here, mails)), [])):
            if spared:
                vanished(mails, local, remote)
            else:
                with pytest.raises(VanishedError):
                    vanished(mails, local, remote)


def test_a_folder_that_was_emptied_by_moving_its_mails_has_not_vanished() -> None:
    mails = [known(number) for number in (1, 2, 3)]
    vanished(mails, [here(mail, ".Archive") for mail in mails], [there(mail) for mail in mails])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Known], list[Here], list[There]]:
    """Mails known, changed, moved or gone on either side, and mails nobody knows."""
    mails, local, remote = [], [], []
    for number in range(1, draw(st.integers(1, 8))):
        mail = known(number, draw(st.sampled_from(PLACES)), draw(st.sampled_from(FLAGS)))
        if draw(st.booleans()):
            mails.append(mail)
        if draw(st.booleans()):
            local.append(here(mail, draw(st.sampled_from(PLACES)), draw(st.sampled_from(FLAGS))))
        if draw(st.booleans()):
            remote.append(there(mail, draw(st.sampled_from(PLACES)), draw(st.sampled_from(FLAGS)), 100 + number))
    return mails, local, remote


def carried_out(works: Sequence[Work], local: Sequence[Here], remote: Sequence[There]) -> tuple[set[Here], set[There], list[Known]]:
    """Both sides and the state as they are when everything was done."""
    files, mails, state = set(local), set(remote), []
    for number, work in enumerate(works, 1000):
        mine, theirs = work.here, work.there
        for deed in work.deeds:
            match deed.verb:
                case Verb.MOVE_HERE if mine:
                    files.discard(mine)
                    mine = replace(mine, folder=deed.to)
                case Verb.MARK_HERE if mine:
                    files.discard(mine)
                    mine = replace(mine, flags=work.flags)
                case Verb.SET_ASIDE if mine:
                    files.discard(mine)
                    mine = None
                case Verb.MOVE_THERE if theirs:
                    mails.discard(theirs)
                    theirs = replace(theirs, place=deed.to, uid=number)
                case Verb.MARK_THERE if theirs:
                    mails.discard(theirs)
                    theirs = replace(theirs, flags=work.flags)
                case Verb.PUSH if mine:
                    theirs = There(mine.folder, 5, number, work.flags, 10)
                case Verb.PULL if theirs:
                    mine = Here(theirs.place, f"p{number}", f"{number}-1-1:2,", theirs.flags)
        files |= {mine} if mine else set()
        mails |= {theirs} if theirs else set()
        if theirs:
            name = (mine.folder, mine.name, mine.identity) if mine else ("", "", "")
            state.append(Known(number, *name, work.flags, theirs.place, 5, theirs.uid, 10, f"k{number}"))
    return files, mails, state


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_once_a_plan_is_carried_out_the_next_one_is_empty_and_no_mail_is_lost(
    world: tuple[list[Known], list[Here], list[There]],
) -> None:
    mails, local, remote = world
    works = plan(mails, local, remote)
    files, there_now, state = carried_out(works, local, remote)
    untouched = {work.known.id for work in works if work.known}
    state += [mail for mail in mails if mail.id not in untouched]
    assert not [work for work in plan(state, sorted(files, key=str), sorted(there_now, key=str)) if work.deeds]
    aside = {work.here for work in works for deed in work.deeds if deed.verb is Verb.SET_ASIDE}
    assert len(files) >= len(set(local) - aside) and len(there_now) >= len(remote)


def test_a_plan_says_what_it_does_in_words() -> None:
    from nearhand.connectors.imap.sync_types import MailPlan

    works = tuple(plan([MAIL], [here(MAIL, ".Archive"), Here("INBOX", "n", "7-1-1:2,", "")], [there(MAIL)]))
    assert list(MailPlan((".Sent",), (), works).lines()) == [
        "Make the folder Sent here.",
        "Move on the server: 1 mail (Inbox to Archive).",
        "Copy to the server: 1 mail (Inbox).",
    ]
    assert isinstance(sides([], [], []), Sides)
