"""`nearhand model`: which model files there are, which one is used, and how to measure or make one.

Measuring and training run in a process of their own, so that nothing heavy is ever imported here.
"""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from nearhand.agent import model_file
from nearhand.agent.cli.session import Session
from nearhand.agent.config.edit import change
from nearhand.agent.config.settings import Config, load
from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile
from nearhand.agent.showing import show
from nearhand.connectors.errors import NearhandError
from nearhand.models.tasks import Task
from nearhand.models.worker import PIN, Worker, pinned
from nearhand.models.writer import Writer

SHIPPED = PIN.with_suffix(".gguf")
_TRAIN = ("torch", "tokenizers", "gguf", "numpy")
_MEND = "Install Nearhand again, or make it with models/recipe.sh."
_TRY = "what is on tomorrow?"
_SAMPLE = Task("You write short texts.", "Say hello in one short sentence.", most=12, seconds=60.0)


def model(session: Session, options: Namespace) -> int:
    """Start what was asked for."""
    match options.act:
        case "list":
            return _list(session)
        case "use":
            return _use(session, options.path)
        case "add":
            return _add(session, options.path)
        case "train":
            return _train(options)
    return _measure(session, options.act, options.path)


def current(config: Config) -> tuple[Path, str]:
    """The model file in use, and the SHA-256 that is pinned for it ("" if none is)."""
    return config.model.path or SHIPPED, config.model.sha256 or ("" if config.model.path else pinned() or "")


def _list(session: Session) -> int:
    used, wanted = current(_config(session))
    rows = [_row("shipped", SHIPPED, pinned() or "", used == SHIPPED)]
    rows += [_row("yours", used, wanted, True)] if used != SHIPPED else []
    larger = _config(session).model
    rows += [_row("larger", larger.generalist, larger.generalist_sha256, True)] if larger.generalist else []
    more = f"{larger.generalist.name} writes texts, and plans what that is not sure of." if larger.generalist else ""
    said = f"{used.name} plans. {more or 'No larger model writes texts.'}"
    if session.json:
        session.tell({"status": "done", "answer": said, "models": rows})
    else:
        session.say([show.plain(said), *(line for row in rows for line in _lines(session, row))])
    return 0 if all(row["state"] == "fine" for row in rows if row["used"]) else 1


def _row(sort: str, path: Path, wanted: str, used: bool) -> dict[str, object]:
    row: dict[str, object] = {"model": sort, "path": str(path), "used": used, "pinned": wanted}
    if not path.is_file():
        mend = "Put it back, or: nearhand model add none" if sort == "larger" else _MEND
        return row | {"state": f"The file is not there. {mend}"}
    try:
        held = model_file.read(path)
    except NearhandError as error:
        return row | {"state": str(error)}
    found = model_file.sha256(path)
    state = "fine" if found == wanted else "not the pinned file" if wanted else "fine"
    shape = {key: held.number(key) for key in ("block_count", "embedding_length", "context_length", "vocab_size")}
    named = {key: value for key, value in held.meta.items() if key.startswith(("general.", "nearhand."))}
    return row | {
        "state": state, "sha256": found, "bytes": held.size, "parameters": held.parameters, "weights": held.kind,
        "name": held.name, **shape, "metadata": named,
    }  # fmt: skip


def _lines(session: Session, row: dict[str, object]) -> list[str]:
    mark = "*" if row["used"] else " "
    head = session.paint.strong(f"{mark} {row['model']}: {show.plain(str(row['path']))}")
    if "sha256" not in row:
        return [head, f"    {show.plain(str(row['state']))}"]
    parameters, count = int(str(row["parameters"])), int(str(row["bytes"]))
    shape = f"{row['block_count']} layers, width {row['embedding_length']}, context {row['context_length']}"
    return [
        head,
        f"    {show.plain(str(row['name']))}: {parameters / 1e6:.1f} million parameters,"
        f" {row['weights']}, {show.size(count)}",
        f"    {shape}, {row['vocab_size']} tokens",
        f"    sha256 {row['sha256']} ({'pinned' if row['pinned'] else 'not pinned'}; {row['state']})",
        *(f"    {show.plain(f'{k}: {v}')}" for k, v in _extra(row).items()),
    ]


def _extra(row: dict[str, object]) -> dict[str, object]:
    named = row["metadata"]
    return {k: v for k, v in named.items() if k.startswith("nearhand.")} if isinstance(named, dict) else {}


def _use(session: Session, path: Path) -> int:
    profile = Profile(session.profile)
    _config(session)
    if str(path) == "shipped":
        change(profile, "model", {"path": None, "sha256": None})
        return _told(session, "The shipped model is used from now on.")
    whole = path.absolute()
    model_file.read(whole)
    pin = model_file.sha256(whole)
    confidence = _tried(whole, pin)
    change(profile, "model", {"path": str(whole), "sha256": pin})
    said = f"{whole.name} is used from now on; it knows this catalogue and planned a request ({confidence:.0%} sure)."
    return _told(session, f"{said} Its SHA-256 {pin[:12]}… is pinned in {profile.config}.")


def _add(session: Session, path: Path) -> int:
    """Take a larger model, once it has loaded and written something; "none" takes it away."""
    profile = Profile(session.profile)
    if str(path) == "none":
        if _config(session).model.generalist is None:
            return _told(session, "No larger model was added, so there is none to take away.")
        change(profile, "model", {"generalist": None, "generalist_sha256": None})
        return _told(session, "The larger model is no longer used; its file was left where it is.")
    if not profile.config.is_file():
        raise AgentError("Nothing is set up yet. Begin with: nearhand connect files DIR")
    whole = path.absolute()
    held = model_file.read(whole)
    session.progress("Checking the model and trying it; a large one takes a minute", 0, 0)
    pin = model_file.sha256(whole)
    writer = Writer(whole, pin)
    try:
        writer.write(_SAMPLE, session.stop)
    finally:
        writer.close()
    change(profile, "model", {"generalist": str(whole), "generalist_sha256": pin})
    said = (
        f"{held.name} ({show.size(held.size)}) writes texts from now on, and plans what the small one is not sure of, "
        "on this machine only."
    )
    return _told(session, f"{said} Its SHA-256 {pin[:12]}… is pinned in {profile.config}.")


def _tried(path: Path, pin: str) -> float:
    """Load a model in its own process and plan with it; raises if it is not for this catalogue."""
    worker = Worker(path, pin)
    try:
        return worker.plan(_TRY).confidence
    finally:
        worker.close()


def _measure(session: Session, act: str, path: Path | None) -> int:
    module = {"bench": "nearhand.models.bench", "eval": "nearhand.models.evaluate"}[act]
    chosen = path or current(_config(session))[0]
    model_file.read(chosen)
    return _run(module, [str(chosen.absolute())], ("llama_cpp", "numpy"))


def _train(options: Namespace) -> int:
    options.out.mkdir(parents=True, exist_ok=True)
    asked = ["--out", str(options.out), "--size", options.size, "--minutes", str(options.minutes)]
    return _run("nearhand.models.train", asked, _TRAIN)


def _run(module: str, arguments: Sequence[str], needs: Sequence[str]) -> int:
    missing = [name for name in needs if find_spec(name) is None]
    if missing:
        raise AgentError(f"This needs {', '.join(missing)}. Install it with: pip install 'nearhand[train]'")
    if find_spec(module) is None:
        raise AgentError(f"This version has no {module.rpartition('.')[2]} yet.")
    return min(1, abs(subprocess.run([sys.executable, "-m", module, *arguments], check=False).returncode))


def _config(session: Session) -> Config:
    """The config of the profile; a profile that has none yet uses the shipped model."""
    profile = Profile(session.profile)
    return load(profile) if profile.config.is_file() else Config()


def _told(session: Session, said: str) -> int:
    if session.json:
        session.tell({"status": "done", "answer": said})
    else:
        session.say([show.plain(said)])
    return 0
