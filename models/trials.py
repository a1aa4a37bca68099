"""Trials of the recipe: short training runs from nothing that differ in one declared thing (needs torch).

    python -m nearhand.models.trials --tokens 800000 --out runs/trials/trials.json            # all of them
    python -m nearhand.models.trials base pointing --tokens 800000 --out runs/trials/trials.json

Each sees the same rows in the same order until its tokens are spent, at the same schedule, and is measured by teacher
forcing (forcing.py) on the written rows kept from training. `base` is the shipped recipe with a smaller network and
smaller steps; `seed` is the base again with another seed: what differs less than those two says nothing. What wins
here wins at this small budget; larger runs may disagree.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import cycle, islice
from pathlib import Path

import torch

from nearhand.models import tokenizer, train, utterances, written
from nearhand.models.forcing import Copying, Format, measured
from nearhand.models.gpt import GPT, Dropout, Shape, whole
from nearhand.models.pointing import Pointing
from nearhand.models.tokenizer import Pieces
from nearhand.models.train import CLASS_WEIGHT, DROP, MAX_TOKENS, TEXT, VALUE, Sample
from nearhand.models.vocab import IDS, REQUEST, segment
from nearhand.models.written import Row

STEP = 512
"""Tokens a step: a quarter of what is shipped, so that a short run has steps enough."""
PER_ROW = 24
"""Fewer tokens than a row has on average, in any format: so many rows are drawn that none comes twice."""


@dataclass(frozen=True, slots=True)
class Variant:
    """What a trial is made with; the defaults are the base."""

    seed: int = 1
    rate: float = 3.5e-3
    """Learning rate: a small network bears more than the 1.2e-3 of the shipped size."""
    pointing: bool = False
    """Quotes by the numbers of words (pointing.py) instead of by their tokens."""
    vocabulary: int = tokenizer.SIZE
    """Tokens; the tokenizer of another size than the shipped one is trained on the rows of the trial."""
    width: int = 128
    layers: int = 6
    hidden: int = 384
    reading: float = 0.0
    """Share of the tokens that go into guessing the next word of plain requests first."""
    muon: bool = True
    drop_until: float = 1.0
    """Share of the tokens after which nothing is dropped out any more."""
    weights: tuple[float, float, float, float] = CLASS_WEIGHT
    """Loss weights of values, actions, slots and structure."""


VARIANTS = {
    "base": Variant(),
    "seed": Variant(seed=2),
    "pointing": Variant(pointing=True),
    "adamw": Variant(muon=False),
    "reading": Variant(reading=0.12),
    "2k": Variant(vocabulary=2048),
    "8k": Variant(vocabulary=8192),
    "deep": Variant(width=96, layers=12, hidden=288),
    "wide": Variant(width=192, layers=2, hidden=576),
    "undropped": Variant(drop_until=2 / 3),
    "values": Variant(weights=(4.0, 2.0, 1.5, 1.0)),
    "even": Variant(weights=(1.0, 1.0, 1.0, 1.0)),
}
"""Every trial by name; `deep` and `wide` have about the parameters of the base."""


@dataclass(frozen=True, slots=True)
class Material:
    """What every trial reads."""

    rows: Sequence[Row]
    """In the order of training."""
    kept: Sequence[Row]
    texts: Sequence[str]
    """Plain requests: the corpus's own, and real ones where they are there."""


def material(tokens: int, kept: int | None = None) -> Material:
    """Rows enough for `tokens` tokens, and the first `kept` (else all) of the rows that are measured on."""
    rows = list(islice(_short(train.drawn(1)), tokens // PER_ROW))
    said = [row.turn.request for row in rows if "+" not in row.source]
    said += [row.text for row in utterances.read() if not utterances.held_out(row.text)]
    random.Random(1).shuffle(said)
    return Material(rows, [row for row in written.rows() if written.held_out(row)][:kept], said)


def _short(rows: Iterator[Row]) -> Iterator[Row]:
    shipped = tokenizer.load()
    return (row for row in rows if len(train.sample(row, shipped)[0]) <= MAX_TOKENS)


def trial(variant: Variant, data: Material, tokens: int) -> dict[str, float]:
    """Train one variant from nothing and measure it."""
    torch.manual_seed(variant.seed)
    form = _format(variant, data)
    model = GPT(Shape(form.size, variant.width, variant.layers, hidden=variant.hidden))
    begun = time.time()
    steps, rows = _train(model, variant, form, data, tokens)
    spent = time.time() - begun
    figures = measured(model, [form.case(row) for row in data.kept])
    size = sum(each.numel() for each in model.parameters())
    return {**figures, "parameters": size, "rows": rows, "steps": steps, "minutes": round(spent / 60, 1)}


def _format(variant: Variant, data: Material) -> Format:
    pieces = tokenizer.load()
    if variant.vocabulary != tokenizer.SIZE:
        texts = [row.turn.request for row in data.rows] + list(data.texts)
        pieces = Pieces(tokenizer.train(texts, variant.vocabulary - len(IDS)))
    return Pointing(pieces) if variant.pointing else Copying(pieces)


def _train(model: GPT, variant: Variant, form: Format, data: Material, tokens: int) -> tuple[int, int]:
    """Spend the tokens; returns how many steps that took and how many rows it saw."""
    engines = train.optimizers(model, variant.rate, variant.muon)
    order = random.Random(variant.seed).sample(data.rows, len(data.rows))
    plans = train.batches((form.sample(row) for row in cycle(order)), STEP, variant.seed)
    texts = train.batches((plain(text, form.tokenize) for text in cycle(data.texts)), STEP, variant.seed)
    step = seen = spent = 0
    drop = Dropout(DROP)
    while spent < tokens:
        done = spent / tokens
        reads = done < variant.reading
        ids, classes = next(texts if reads else plans)
        train.learn(model, ids, classes, drop if done < variant.drop_until else whole, variant.weights)
        train.advance(model, engines, variant.rate * train.pace(done, step))
        step, spent, seen = step + 1, spent + ids.numel(), seen + (0 if reads else len(ids))
    return step, seen


def plain(text: str, tokenize: Pieces) -> Sample:
    """A text each of whose tokens is to be guessed from those before it."""
    ids = segment(text, tokenize).flat[:MAX_TOKENS]
    return [IDS[REQUEST], *ids], [TEXT] + [VALUE] * len(ids)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAMES", help=f"which: {', '.join(VARIANTS)}")
    parser.add_argument("--tokens", type=int, default=800_000, help="tokens a trial trains on")
    parser.add_argument("--rate", type=float, help="another learning rate for those named")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="a JSON file; trials of other names in it stay")
    args = parser.parse_args()
    if unknown := set(args.names) - set(VARIANTS):
        parser.error(f"no such trial: {', '.join(sorted(unknown))}")
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    data = material(args.tokens)
    for name in args.names or VARIANTS:
        variant = replace(VARIANTS[name], rate=args.rate or VARIANTS[name].rate)
        label = f"{name} at {args.rate:g}" if args.rate else name
        figures = trial(variant, data, args.tokens)
        print(label, json.dumps(figures), flush=True)
        keep(args.out, label, {"tokens": args.tokens, "kept rows": len(data.kept), **asdict(variant), **figures})


def keep(path: Path, name: str, figures: dict[str, object]) -> None:
    """Add a trial to a file of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**table, name: figures}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
