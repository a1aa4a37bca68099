"""A picture as half-blocks: decoded in a sealed process of its own, because pictures are written by others.

    python -m nearhand.agent.tui.looks.pictures PATH COLUMNS ROWS
prints "width height" and then the colours of upper and lower halves, row by row. Pillow does it if it is installed.
"""

from __future__ import annotations

import io
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from nearhand.connectors.errors import NearhandError

Colours = tuple[tuple[tuple[str, str], ...], ...]
_SECONDS, _CPU_SECONDS = 8.0, 4
_MEMORY = 512 * 1024 * 1024
_BYTES = 40_000_000
_PIXELS = 80_000_000
KINDS = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"})


class PictureError(NearhandError):
    """The picture cannot be shown; says why."""


def half_blocks(path: str, columns: int, rows: int) -> Colours:
    """A picture, shrunk into so many cells; each cell is (upper colour, lower colour)."""
    if find_spec("PIL") is None:
        raise PictureError("Pictures are shown here when Pillow is installed: pip install pillow")
    command = [sys.executable, "-P", "-m", __spec__.name if __spec__ else __name__, path, str(columns), str(rows)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise PictureError("The picture takes too long to read, so it is not shown.") from None
    if done.returncode or not done.stdout:
        raise PictureError("The picture cannot be read, so it is not shown.")
    return tuple(tuple(_pair(word) for word in line.split()) for line in done.stdout.splitlines())


def _pair(word: str) -> tuple[str, str]:
    return f"#{int(word[:6], 16):06x}", f"#{int(word[6:12], 16):06x}"


def _print(path: Path, columns: int, rows: int) -> None:
    """Read the file, seal the process, and only then look at what others wrote."""
    from PIL import Image

    from nearhand.connectors.sealed.seal import seal_worker

    if path.stat().st_size > _BYTES:
        raise SystemExit(1)
    data = io.BytesIO(path.read_bytes())
    Image.init()
    Image.MAX_IMAGE_PIXELS = _PIXELS
    seal_worker(memory=_MEMORY, seconds=_CPU_SECONDS)
    with Image.open(data) as picture:
        picture.draft("RGB", (columns * 2, rows * 4))
        picture.thumbnail((columns, rows * 2))
        small = picture.convert("RGB")
    pixels = small.load()
    assert pixels is not None
    width, height = small.size
    for y in range(0, height - 1, 2):
        both = (f"{_hex(pixels[x, y])}{_hex(pixels[x, y + 1])}" for x in range(width))
        print(" ".join(both))


def _hex(pixel: object) -> str:
    assert isinstance(pixel, tuple)
    return "".join(f"{int(part):02x}" for part in pixel[:3])


if __name__ == "__main__":
    _print(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
