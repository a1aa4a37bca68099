"""Makes a checkpoint of a larger size that says exactly what a smaller one says, so that training has more room.

    python -m nearhand.models.grow runs/s/last.pt --size l --out runs/l

New units of the feed-forward and new blocks begin with nothing to add, their way out being zero (Net2Net, Chen et al.
2016); how often a token comes, its width and the heads stay. The optimizers begin anew.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor

from nearhand.models.gpt import GPT, Shape
from nearhand.models.train import SIZES, optimizers

State = dict[str, Tensor]


def grow(small: Path, size: str, out: Path) -> None:
    """Write out/last.pt; raises ValueError if the size is no larger one of the same width and heads."""
    old = torch.load(small, map_location="cpu", weights_only=True)
    before = Shape(**old["shape"])
    after = replace(before, **SIZES[size])
    if replace(after, layers=before.layers, hidden=before.hidden) != before:
        raise ValueError(f"Size {size} differs from {small} in more than blocks and hidden units.")
    if after.layers < before.layers or after.hidden < before.hidden:
        raise ValueError(f"Size {size} is smaller than {small}.")
    model = GPT(after)
    model.load_state_dict(_grown(old["model"], model.state_dict(), before, after))
    engines = [engine.state_dict() for engine in optimizers(model, 0.0, muon=True)]
    run = {**old["run"], "seconds": 0.0}
    out.mkdir(parents=True, exist_ok=True)
    torch.save({"shape": asdict(after), "model": model.state_dict(), "engines": engines, "run": run}, out / "last.pt")


def _grown(small: State, fresh: State, before: Shape, after: Shape) -> State:
    """The weights of `small` in the places of `fresh`, whose own remain only where they add nothing."""
    places = _places(before.layers, after.layers)
    out = {name: small.get(name, weight).clone() for name, weight in fresh.items() if not name.startswith("blocks.")}
    for name, weight in fresh.items():
        if not name.startswith("blocks."):
            continue
        _, number, part = name.split(".", 2)
        place = places[int(number)]
        if place is None:
            out[name] = torch.zeros_like(weight) if part in ("out.weight", "down.weight") else weight.clone()
        else:
            out[name] = _wider(small[f"blocks.{place}.{part}"], weight, part, before.hidden, after.hidden)
    return out


def _places(before: int, after: int) -> list[int | None]:
    """Which old block stands at each new place; new ones (None) are spread evenly, none of them first."""
    olds = [round((i + 1) * after / before) - 1 for i in range(before)]
    olds = [at - olds[0] for at in olds]
    return [olds.index(at) if at in olds else None for at in range(after)]


def _wider(old: Tensor, fresh: Tensor, part: str, before: int, after: int) -> Tensor:
    if part == "down.weight":
        return torch.cat([old, torch.zeros(old.shape[0], after - before)], dim=1)
    if part == "gate_up.weight":
        gate, up = fresh.chunk(2)
        return torch.cat([old[:before], gate[before:], old[before:], up[before:]])
    return old.clone()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("small", type=Path)
    parser.add_argument("--size", choices=SIZES, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    try:
        grow(args.small, args.size, args.out)
    except (OSError, ValueError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
