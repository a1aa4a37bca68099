"""What quantizing costs and what the grammar gives: one checkpoint in every file type, on the frozen suite.

    python -m nearhand.models.compare runs/s/last.pt [--json FILE]

Each type is exported to a temporary folder (needs torch and gguf). Without the grammar any token may follow any other;
a plan that is not legal then counts as wrong. Nothing is chosen by these figures but the file type.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from nearhand.models.evaluate import Case, actions, run, share, suite
from nearhand.models.export import TYPES, export
from nearhand.models.llama import Llama
from nearhand.models.planner import Planner
from nearhand.models.written import trimmed


def measured(checkpoint: Path, kind: str, cases: list[Case], folder: Path) -> dict[str, float]:
    """Size in MB, and percentages of exact plans and right actions, with and without grammar."""
    path = folder / f"{kind}.gguf"
    export(checkpoint, path, kind)
    runtime = Llama(path)
    planner, results = Planner(runtime), run(Planner(runtime), cases)
    plans = [
        planner.unlocked(c.row.turn.request, (c.row.before.request, c.row.before.plan) if c.row.before else None)
        for c in cases
    ]
    runtime.close()
    golds = [case.row.turn.plan for case in cases]
    return {
        "MB": round(path.stat().st_size / 1e6, 1),
        "exact": share(r.exact for r in results),
        "action set": share(actions(r.got.plan) == actions(r.case.row.turn.plan) for r in results),
        "exact without grammar": share(
            p is not None and trimmed(p) == trimmed(g) for p, g in zip(plans, golds, strict=True)
        ),
        "not legal without grammar": share(p is None for p in plans),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = {kind: measured(args.checkpoint, kind, suite(), Path(folder)) for kind in TYPES}
    for kind, row in table.items():
        print(f"{kind:<5}", "  ".join(f"{name} {figure:g}" for name, figure in row.items()))
    if args.json:
        args.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
