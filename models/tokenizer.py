"""Trains the byte-level BPE of an action model and turns text into its ids (training side; needs `tokenizers`).

Every piece of words.py is tokenized alone, so a merge never crosses the places where a quote may be cut. At run time
the model file's own tokenizer does the same piece by piece (llama.py); a test holds the two equal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from nearhand.models.vocab import IDS
from nearhand.models.words import pieces

FILE = Path(__file__).parent / "weights" / "tokenizer.json"
SIZE = 4096
"""Tokens of the whole vocabulary, the reserved ones counted."""


def train(texts: Iterable[str], size: int) -> Tokenizer:
    """A BPE of `size` tokens, the reserved ones not counted, over the pieces of `texts`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        special_tokens=[],
    )
    tokenizer.train_from_iterator((piece for text in texts for piece in pieces(text)), trainer)
    return tokenizer


class Pieces:
    """Ids of a piece, offset behind the reserved tokens; remembers what it has seen."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.size = tokenizer.get_vocab_size() + len(IDS)
        self._ids = lru_cache(maxsize=200_000)(self._encode)

    def __call__(self, piece: str) -> list[int]:
        return list(self._ids(piece))

    def _encode(self, piece: str) -> tuple[int, ...]:
        return tuple(i + len(IDS) for i in self.tokenizer.encode(piece, add_special_tokens=False).ids)


def load(path: Path = FILE) -> Pieces:
    return Pieces(Tokenizer.from_file(str(path)))


def tables(tokenizer: Tokenizer) -> tuple[list[str], list[str]]:
    """(tokens by id, merges in order) as GGUF wants them."""
    state = json.loads(tokenizer.to_str())["model"]
    vocab = sorted(state["vocab"], key=state["vocab"].__getitem__)
    merges = [m if isinstance(m, str) else " ".join(m) for m in state["merges"]]
    return vocab, merges


def main() -> None:
    """Train the shipped tokenizer from the corpus, its variations, and the real requests where they are there."""
    from itertools import islice

    from nearhand.models import utterances, written
    from nearhand.models.synth import Synth

    rows = written.rows()
    texts = [row.turn.request for row in rows] * 3
    texts += [row.turn.request for row in islice(Synth(rows, 7), 40_000)]
    texts += [row.text for row in utterances.read()]
    train(texts, SIZE - len(IDS)).save(str(FILE))


if __name__ == "__main__":
    main()
