"""The byte-level tokenizer of the training side."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

pytest.importorskip("tokenizers", reason="the training side is not installed")

from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.models import tokenizer
from nearhand.models.vocab import IDS, segment
from nearhand.models.words import normalize
from nearhand.models.written import Row

TOKENIZE = tokenizer.load()


def _text(ids: list[int]) -> str:
    return TOKENIZE.tokenizer.decode([i - len(IDS) for i in ids], skip_special_tokens=False)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_request_can_be_read_back_from_its_tokens(text: str) -> None:
    assert _text(segment(text, TOKENIZE).flat).removeprefix(" ") == normalize(text)


@pytest.mark.parametrize("text", ["<pad>", "<end>", "<files.trash>", "<=all>", "<$0>", "<|endoftext|>", "<s>"])
def test_no_text_becomes_a_reserved_token(text: str) -> None:
    assert min(segment(text, TOKENIZE).flat) >= len(IDS)
    assert max(segment(text, TOKENIZE).flat) < TOKENIZE.size


def test_every_piece_has_a_token_and_single_digits_stay_single(corpus: Sequence[Row]) -> None:
    for row in corpus[::20]:
        cut = segment(row.turn.request, TOKENIZE)
        assert all(cut.tokens)
        assert all(
            len(ids) <= 2 for piece, ids in zip(cut.pieces, cut.tokens, strict=True) if piece.strip().isdecimal()
        )


def test_training_a_tokenizer_needs_no_more_than_text() -> None:
    made = tokenizer.Pieces(tokenizer.train(["move the scans", "the scans of Tuesday"] * 5, 300))
    assert len(made(" scans")) == 1
    words, merges = tokenizer.tables(made.tokenizer)
    assert len(words) == made.size - len(IDS) and merges


def test_what_a_caller_does_to_the_ids_is_not_remembered() -> None:
    TOKENIZE(" scans").clear()
    assert TOKENIZE(" scans")
