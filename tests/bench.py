"""How fast everything is, each beside the same done without Nearhand in the same run:  make bench

    python tests/bench.py [--only PART ...] [--model GGUF] [--scale N] [--runs N] [--quick] [--json]

Nothing is asserted: the figures depend on the machine and on what else it does. What is made for measuring lies in a
temporary folder (TMPDIR says on which disk) that is gone at the end.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import bench_actions
import bench_daemon
import bench_dav
import bench_imap
import bench_index
import bench_seal
import bench_start
import bench_stop
import bench_tui

from nearhand.connectors.errors import NearhandError
from nearhand.models import bench
from nearhand.models.bench import Figure

Part = Callable[[argparse.Namespace, Path], list[Figure]]


def _model(options: argparse.Namespace, folder: Path) -> list[Figure]:
    return bench.measure(options.model, options.requests)


def _start(options: argparse.Namespace, folder: Path) -> list[Figure]:
    return bench_start.measure(folder, options.model, options.runs)


def _index(options: argparse.Namespace, folder: Path) -> list[Figure]:
    return bench_index.measure(folder, options.scale, tell)


def _seal(options: argparse.Namespace, folder: Path) -> list[Figure]:
    return bench_seal.measure(folder, min(5000, options.scale))


def _connectors(options: argparse.Namespace, folder: Path) -> list[Figure]:
    return bench_actions.measure(folder, min(1000, options.scale))


def _stop(options: argparse.Namespace, folder: Path) -> list[Figure]:
    return bench_stop.measure(folder, 20 if options.quick else 200)


def _daemon(options: argparse.Namespace, folder: Path) -> list[Figure]:
    return bench_daemon.measure(folder, 3 if options.quick else 40, 1.0 if options.quick else 20.0)


def _imap(options: argparse.Namespace, folder: Path) -> list[Figure]:
    return bench_imap.measure(folder, min(10_000, options.scale))


def _calendars(options: argparse.Namespace, folder: Path) -> list[Figure]:
    return bench_dav.measure(folder, min(5000, options.scale), tell)


def _app(options: argparse.Namespace, folder: Path) -> list[Figure]:
    return bench_tui.measure(folder, options.scale, options.requests)


PARTS: dict[str, tuple[str, Part]] = {
    "model": ("The model: from a request to its plan", _model),
    "start": ("A cold start: nearhand plan, from the shell to the answer", _start),
    "seal": ("The seals: what they cost", _seal),
    "index": ("The index", _index),
    "app": ("The terminal app", _app),
    "connectors": ("Acting", _connectors),
    "stop": ("Stopping", _stop),
    "calendars": ("Calendars on a server", _calendars),
    "imap": ("Mail on a server, beside mbsync", _imap),
    "daemon": ("The background service", _daemon),
}


def tell(text: str) -> None:
    """Say on stderr what is going on."""
    print(f"... {text}", file=sys.stderr, flush=True)


def read(words: Sequence[str] | None) -> argparse.Namespace:
    """The options; --quick is small enough for a test."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--model", type=Path, default=bench.SHIPPED)
    parser.add_argument("--scale", type=int, default=100_000, help="files, and as many mails")
    parser.add_argument("--requests", type=int, default=bench.REQUESTS)
    parser.add_argument("--runs", type=int, default=10, help="cold starts")
    parser.add_argument("--quick", action="store_true", help="the same in small")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(words)
    if options.quick:
        options.scale, options.requests, options.runs = min(options.scale, 2000), 20, 2
    options.scale = max(options.scale, 100)
    return options


def run(options: argparse.Namespace) -> dict[str, list[Figure] | str]:
    """The figures of each part, or why there are none."""
    found: dict[str, list[Figure] | str] = {}
    for name in options.only:
        tell(PARTS[name][0])
        with tempfile.TemporaryDirectory(prefix="nearhand-bench-") as folder:
            try:
                found[name] = PARTS[name][1](options, Path(folder).resolve())
            except NearhandError as error:
                found[name] = str(error)
    return found


def main(words: Sequence[str] | None = None) -> int:
    options = read(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the temporary folders go in any case
    found = run(options)
    if options.json:
        print(json.dumps({k: v if isinstance(v, str) else bench.as_json(v) for k, v in found.items()}))
    for name, figures in found.items() if not options.json else ():
        title = PARTS[name][0]
        print(f"{title}\n  {figures}\n" if isinstance(figures, str) else f"{bench.table(title, figures)}\n")
    return int(any(isinstance(figures, str) for figures in found.values()))


if __name__ == "__main__":
    sys.exit(main())
