"""`nearhand privacy`: what could reach a network, what of it is loaded, and how far that is enforced.

Honest about what it is: today these are checks, made here and in the tests. That the kernel forbids it is not yet built
(it comes with the seal), and the text says so.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from nearhand.agent import show
from nearhand.agent.cli_session import Session
from nearhand.agent.config import Privacy, load
from nearhand.agent.paths import Profile

NETWORK = {
    "caldav": "calendars on servers",
    "imap_tools": "mail on servers",
    "keyring": "passwords, over the desktop's message bus",
    "llama_cpp": "the model runtime; its library can be built with remote backends, none is used",
    "requests": "web requests",
    "httpx": "web requests",
    "niquests": "web requests",
    "urllib3": "web requests",
    "aiohttp": "web requests",
    "textual": "the terminal app; its developer console can connect",
    "huggingface_hub": "model downloads",
}
"""Packages that could open a network connection, and what they are there for."""
STANDARD = (
    "asyncio", "ftplib", "http.client", "imaplib", "multiprocessing", "poplib", "smtplib", "socket", "socketserver",
    "ssl", "telnetlib", "urllib.request", "xmlrpc",
)  # fmt: skip
"""Modules of Python itself that can."""
_ALONE = ("llama_cpp",)
"""What only the planner's own process loads."""
_ENGINE = "import sys, nearhand.agent.loop; print(*sorted(sys.modules))"


def privacy(session: Session, options: Namespace) -> int:
    """Say what is the case, and how it is known."""
    with_engine = loaded_by_engine()
    used = sorted(own_imports())
    packages = {name: _standing(name, with_engine) for name in NETWORK}
    bad = [name for name in NETWORK if name in with_engine] + [f"{name} ({where})" for where, name in used]
    mode = _mode(session)
    sentence = _sentence(mode, bad)
    if session.json:
        session.tell({
            "status": "failed" if bad else "done", "answer": sentence, "mode": mode, "enforced_by_kernel": [],
            "packages": packages, "standard_modules_loaded": [name for name in STANDARD if name in with_engine],
            "own_imports": [{"file": where, "module": name} for where, name in used],
        })  # fmt: skip
    else:
        session.say(_lines(session, sentence, packages, with_engine))
    return 1 if bad else 0


def loaded_by_engine() -> frozenset[str]:
    """Every module that a fresh process has loaded once it has the engine."""
    done = subprocess.run([sys.executable, "-c", _ENGINE], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().rpartition("\n")[2])
    return frozenset(done.stdout.split())


def own_imports(folder: Path = Path(__file__).parents[1]) -> Iterator[tuple[str, str]]:
    """(file, module) of every import of a network module in Nearhand's own running code."""
    wanted = frozenset((*NETWORK, *STANDARD)) - frozenset(_ALONE)
    for part in ("agent", "connectors", "models"):
        for path in sorted((folder / part).rglob("*.py")):
            for name in _imported(ast.parse(path.read_text(encoding="utf-8"))):
                if name in wanted or name.partition(".")[0] in wanted:
                    yield f"{part}/{path.relative_to(folder / part)}", name


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _standing(name: str, loaded: frozenset[str]) -> str:
    if name in loaded:
        return "loaded"
    if find_spec(name) is None:
        return "not installed"
    return "installed, loaded only by the planner's process" if name in _ALONE else "installed, not loaded"


def _mode(session: Session) -> str:
    profile = Profile(session.profile)
    return load(profile).privacy.mode if profile.config.is_file() else Privacy().mode


def _sentence(mode: str, bad: list[str]) -> str:
    if bad:
        return f"Something that could open a network is loaded or used: {', '.join(bad)}. Please report this."
    return f"Mode {mode}: nothing that opens a network is loaded. (Checked; the kernel does not enforce it yet.)"


def _lines(session: Session, sentence: str, packages: dict[str, str], loaded: frozenset[str]) -> Iterator[str]:
    yield session.paint.strong(sentence)
    yield ""
    yield "Enforced by the kernel: nothing yet. Sealing the processes comes with a later version."
    yield "Checked just now: Nearhand's own source imports no network module; a fresh engine loads none of these:"
    yield from show.table([(name, standing, NETWORK[name]) for name, standing in packages.items()], session.columns)
    standard = [name for name in STANDARD if name in loaded]
    if standard:
        yield f"Python's own parts that can open a network and that other parts of Python load: {', '.join(standard)}."
    yield "Mail to be sent waits in the Outbox folder for your own mail program; accounts on servers are not there yet."
