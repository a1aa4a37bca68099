"""Runs the attempts to break out: under the engine's seal here, in the other processes by starting them for it.

    python -m nearhand.agent.privacy.escape engine [accounts PORT ...]   as JSON: way to what became of it
    python -m nearhand.agent.privacy.escape nothing                   the same without any seal, for comparison
    python -m nearhand.agent.privacy.escape held [accounts PORT ...]  what the kernel holds once the engine is sealed
Deliberately not here: what is tried (`connectors/sealed/escape_ways.py`) and how it is shown (`cli/privacy.py`).
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from nearhand.agent.config.settings import Config, Model
from nearhand.agent.errors import AgentError
from nearhand.agent.planning import start
from nearhand.agent.privacy import sealing
from nearhand.connectors.errors import NearhandError
from nearhand.connectors.sealed import parsing_process, seal
from nearhand.connectors.sealed.escape_ways import Ground
from nearhand.connectors.sealed.escapes import tried, unsealed
from nearhand.connectors.sealed.parsing import GLIMPSE
from nearhand.connectors.sealed.parsing_apart import Apart
from nearhand.connectors.sealed.seal import Sealed
from nearhand.models import worker
from nearhand.models.writer import Writer

ENGINE, MODEL, WRITER, READER, NOTHING, HELD = "engine", "model", "writer", "reader", "nothing", "held"
_SECONDS = 300


def table(
    ports: Iterable[int] | None, model: Path, sha256: str | None, larger: Model | None = None
) -> dict[str, dict[str, str]]:
    """Process to way to what became of it; the last is without a seal."""
    python = [sys.executable, "-P", "-m"]
    here = [*python, "nearhand.agent.privacy.escape"]
    commands = {
        ENGINE: [*here, ENGINE, *_words(ports)],
        MODEL: seal.sandboxed([*python, "nearhand.models.worker", str(model), sha256 or "-", "2", worker.TRY]),
        **_writing(python, larger),
        READER: seal.sandboxed(
            [*python, "nearhand.connectors.sealed.parsing_process", parsing_process.TRY, str(256 << 20)]
        ),
        NOTHING: [*here, NOTHING],
    }
    return {name: _told(command) for name, command in commands.items()}


def _writing(python: list[str], larger: Model | None) -> dict[str, list[str]]:
    if larger is None or larger.generalist is None:
        return {}
    told = [*python, "nearhand.models.writer", str(larger.generalist), larger.generalist_sha256 or "-", "2"]
    return {WRITER: seal.sandboxed([*told, worker.TRY])}


def seals(config: Config) -> dict[str, Sealed]:
    """What holds in each process: each is started, says so, and ends."""
    reader, planner = Apart(), start(config)
    try:
        reader.read(GLIMPSE, b"")
        with suppress(NearhandError):
            _ = planner.threshold  # it has said by then what holds
        found = {MODEL: planner.sealed, READER: reader.sealed or Sealed()}
    finally:
        reader.close()
        planner.close()
    told = _told([sys.executable, "-P", "-m", "nearhand.agent.privacy.escape", HELD, *_words(sealing.ports_of(config))])
    engine = Sealed(*(tuple(filter(None, told[part].split("; "))) for part in ("kernel", "missing")))
    return {ENGINE: engine, **found, **_seal_of_writer(config.model)}


def _seal_of_writer(larger: Model) -> dict[str, Sealed]:
    """What holds in the process of the larger model, if there is one."""
    if larger.generalist is None:
        return {}
    writer = Writer(larger.generalist, larger.generalist_sha256)
    try:
        with suppress(NearhandError):
            writer.ready(threading.Event())
        return {WRITER: writer.sealed}
    finally:
        writer.close()


def _words(ports: Iterable[int] | None) -> list[str]:
    return [] if ports is None else ["accounts", *map(str, ports)]


def _told(command: list[str]) -> dict[str, str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    try:
        return {str(way): str(what) for way, what in json.loads(done.stdout).items()}
    except (ValueError, AttributeError):
        why = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
        raise AgentError(f"The attempts could not be made: {why or 'no answer'}") from None


def _engine(ports: Iterable[int] | None) -> dict[str, str]:
    checks = {
        "reading a file outside the folders": _read,
        "writing a file outside the folders": _write,
    }
    return tried(lambda: sealing.sealed_as(ports), checks)


def _read(ground: Ground) -> None:
    """What the engine's only door to files says to one outside the roots."""
    from nearhand.connectors.files.connector import FilesConnector

    (ground.folder / "root").mkdir(exist_ok=True)
    FilesConnector([ground.folder / "root"], ground.folder / "trash").load(str(ground.secret))


def _write(ground: Ground) -> None:
    from nearhand.connectors.files.connector import FilesConnector

    (ground.folder / "root").mkdir(exist_ok=True)
    files = FilesConnector([ground.folder / "root"], ground.folder / "trash")
    for effect in files.plan_puts(str(ground.folder), [("written", b"x")]):
        files.apply(effect)


def main(words: list[str]) -> int:
    """Print what became of each way, or what holds."""
    ports = [int(port) for port in words[2:]] if len(words) > 1 else None
    if words[0] == HELD:
        sealed = sealing.sealed_as(ports)
        print(json.dumps({"kernel": "; ".join(sealed.kernel), "missing": "; ".join(sealed.missing)}))
    else:
        print(json.dumps(unsealed() if words[0] == NOTHING else _engine(ports)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
