"""Sizes and counts as people say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.resolve.amounts import count, size

MB, GB = 10**6, 10**9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("over 100 MB", (100 * MB + 1, None)),
        ("bigger than a gig", (GB + 1, None)),
        ("larger than fifty megs", (50 * MB + 1, None)),
        ("under 10k", (None, 9_999)),
        ("smaller than 5 megabytes", (None, 5 * MB - 1)),
        ("less than 1.5 GB", (None, 1_500 * MB - 1)),
        ("at least 2 GB", (2 * GB, None)),
        ("up to 20 KB", (None, 20_000)),
        ("no more than 3 MB", (None, 3 * MB)),
        ("10 MB or more", (10 * MB, None)),
        ("half a gig or less", (None, 500 * MB)),
        ("between 5 and 10 MB", (5 * MB, 10 * MB)),
        ("1,000 KB", (900_000, 1_100_000)),
        ("2 MiB", (2 * 2**20 - 2 * 2**20 // 10, 2 * 2**20 + 2 * 2**20 // 10)),
        ("> 1GB", (GB + 1, None)),
        ("0 byte", (0, 0)),
        ("huge", (100 * MB + 1, None)),
        ("empty", (None, 0)),
        ("over the moon", None),
        ("over 100", None),
        ("between 10 and 5 MB", None),
        ("", None),
    ],
)
def test_a_size_is_a_range_of_bytes(text: str, expected: tuple[int | None, int | None] | None) -> None:
    assert size(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("three", 3), ("both", 2), ("a couple", 2), ("a couple of", 2), ("5", 5), ("a dozen", 12), ("two dozen", 24),
        ("half a dozen", None), ("twenty-five", 25), ("hundred", 100),
        ("a hundred", 100), ("two hundred and fifty", 250),
        ("a pair", 2), ("the two", 2), ("one", 1), ("many", None), ("", None), ("99999999999", None),
    ],
)  # fmt: skip
def test_a_count_is_a_number(text: str, expected: int | None) -> None:
    assert count(text) == expected


@given(st.text())
def test_any_text_is_a_size_and_a_count_or_none(text: str) -> None:
    found = size(text)
    assert found is None or all(bound is None or bound >= 0 for bound in found)
    assert (count(text) or 0) >= 0
