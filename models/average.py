"""The mean of two checkpoints of one run (Wortsman et al. 2022): the later one, steadied by the one shipped before.

    python -m nearhand.models.average runs/s/before.pt runs/s/last.pt --out runs/s/mean.pt
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def average(earlier: Path, later: Path, out: Path) -> None:
    """Write the later checkpoint with the mean of both models' weights; raises ValueError for other shapes."""
    old, new = (torch.load(path, map_location="cpu", weights_only=True) for path in (earlier, later))
    if old["shape"] != new["shape"]:
        raise ValueError(f"{earlier} and {later} hold models of different shapes.")
    mixed = {name: (weight + new["model"][name]) / 2 for name, weight in old["model"].items()}
    torch.save({**new, "model": mixed}, out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("earlier", type=Path)
    parser.add_argument("later", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    average(args.earlier, args.later, args.out)


if __name__ == "__main__":
    main()
