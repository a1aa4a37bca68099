"""The same targets guided by coverage, with atheris: each in a process of its own, which ends with its first finding.

atheris is not among the requirements (it has no wheels for every Python and system): `pip install atheris` first, or
put it on PYTHONPATH. What it finds is printed; the texts that it began from and made lie in a temporary folder.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_SLOW = 10
"""Seconds of one text that are a finding; more than without guidance, for everything is counted."""


def guided(names: Sequence[str], seconds: float) -> int:
    """Fuzz targets in turn, all of them if none is named; returns 1 if there were findings."""
    from .targets import TARGETS

    chosen = list(names) or list(TARGETS)
    return max(_in_a_process(name, int(seconds / len(chosen)) or 1) for name in chosen)


def _in_a_process(name: str, seconds: int) -> int:
    from .targets import seeds

    with tempfile.TemporaryDirectory(prefix="nearhand-fuzz-") as folder:
        corpus, found = Path(folder) / "corpus", Path(folder) / "found"
        for each in (corpus, found):
            each.mkdir()
        for number, text in enumerate(seeds(name)[:500]):
            (corpus / f"seed{number}").write_bytes(text.encode())
        limits = (f"-max_total_time={seconds}", f"-timeout={_SLOW}", "-rss_limit_mb=4096", "-max_len=4096")
        command = [sys.executable, "-m", f"{__package__}.guided", name, *limits, f"-artifact_prefix={found}/", str(corpus)]
        ended = subprocess.run(command, capture_output=True, text=True, errors="replace")
        fell = [path.read_bytes().decode("utf-8", "surrogateescape") for path in sorted(found.iterdir())]
    done = [line for line in ended.stderr.splitlines() if line.startswith(("Done", "#"))]
    print(f"{name}: {done[-1] if done else 'nothing ran'}, {len(fell)} findings", flush=True)
    if ended.returncode:
        print((ended.stdout + ended.stderr)[-3000:], *map(repr, fell), sep="\n", flush=True)
    return int(bool(ended.returncode or fell))


def fuzz(name: str) -> None:
    """Fuzz one target in this process; never returns."""
    import atheris

    with atheris.instrument_imports(include=["nearhand", "tomllib"]):
        targets = importlib.import_module(".targets", __package__)

    def one(data: bytes) -> None:
        targets.TARGETS[name](data.decode("utf-8", "surrogateescape"))

    atheris.Setup([sys.argv[0], *sys.argv[2:]], one)
    atheris.Fuzz()


if __name__ == "__main__":
    fuzz(sys.argv[1])
