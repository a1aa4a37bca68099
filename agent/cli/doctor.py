"""`nearhand doctor`: looks at everything that must work, and says for each problem how to put it right.

It only looks: nothing is repaired, moved or written but the index, which any request brings up to date as well.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from nearhand.agent import model_file
from nearhand.agent.effects.outcomes import words
from nearhand.agent.showing import show
from nearhand.connectors.errors import ConnectorError, NearhandError

if TYPE_CHECKING:
    from nearhand.agent.cli.session import Session
    from nearhand.agent.config.settings import Config
    from nearhand.agent.loop import Engine
    from nearhand.agent.paths import Profile
    from nearhand.connectors.base import Connector

_REQUEST = "what is on tomorrow?"
_LEAST_FREE = 200_000_000
_MOST_ITEMS, _MOST_SECONDS = 20_000, 30.0
_SLOW = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    said: str
    fix: str = ""
    """What to do; empty when nothing has to be done."""


def doctor(session: Session, options: Namespace) -> int:
    """Check everything; 0 if all is well."""
    findings = list(examine(session))
    bad = [finding for finding in findings if not finding.ok]
    sentence = f"{len(bad)} of {len(findings)} checks found a problem." if bad else "Everything is fine."
    if session.json:
        status = "failed" if bad else "done"
        session.tell({"status": status, "answer": sentence, "checks": [asdict(finding) for finding in findings]})
    else:
        session.say(lines(findings, sentence, session))
    return 1 if bad else 0


def lines(findings: list[Finding], sentence: str, session: Session) -> Iterator[str]:
    """The sentence, then each check, with its fix below it."""
    paint = session.paint
    yield paint.strong(sentence)
    for finding in findings:
        mark = paint.good("✓") if finding.ok else paint.bad("✗")
        yield f"  {mark} {finding.what + ':':<15} {show.plain(finding.said)}"
        if finding.fix:
            yield paint.warn(f"      -> {show.plain(finding.fix)}")


def examine(session: Session) -> Iterator[Finding]:
    """Every check, in the order in which they depend on each other."""
    yield from _versions()
    opened = _config(session)
    if isinstance(opened, Finding):
        yield opened
        return
    profile, config = opened
    yield Finding("config", True, f"{profile.config} is complete and understood")
    yield from _folders(config)
    yield _space(profile)
    yield from _model(config)
    yield from _larger(config)
    try:
        with session.engine() as engine:
            yield from _guarded("model", lambda: _plans(engine))
            yield from _guarded("seal", lambda: _seals(engine))
            yield from _guarded("journal", lambda: _journal(engine))
            for name, connector in engine.home.connectors.items():
                yield from _guarded(name, lambda held=connector: _readable(session, held))  # type: ignore[misc]
            yield from _guarded("index", lambda: _index(engine))
    except NearhandError as error:
        yield Finding("engine", False, str(error), "Put right what is above, then run nearhand doctor again")


def _guarded(what: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """A check that breaks is a finding too."""
    try:
        yield from check()
    except Exception as error:
        yield Finding(what, False, words(error), "If the text does not say what to do, report it")


def _versions() -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", sys.version_info >= (3, 11), f"Python {python} on {sys.platform}",
                  "" if sys.version_info >= (3, 11) else "Install Python 3.11 or newer")  # fmt: skip
    try:
        yield Finding("runtime", True, f"llama-cpp-python {version('llama-cpp-python')}")
    except PackageNotFoundError:
        fix = "pip install 'llama-cpp-python>=0.3.16,<0.4'"
        yield Finding("runtime", False, "llama-cpp-python is not installed, so no model can run", fix)


def _config(session: Session) -> tuple[Profile, Config] | Finding:
    from nearhand.agent.config.settings import load
    from nearhand.agent.paths import Profile

    try:
        profile = Profile(session.profile)
        return profile, load(profile)
    except NearhandError as error:
        return Finding("config", False, str(error), "Edit the file, or write it with: nearhand connect files")


def _folders(config: Config) -> Iterator[Finding]:
    """Every folder that the config names: there, readable, writable."""
    wanted = [("files", root) for root in (config.files.roots if config.files else ())]
    wanted += [("mail", config.mail.maildir)] if config.mail else []
    wanted += [("calendar", config.calendar.vdir)] if config.calendar else []
    wanted += [("contacts", config.contacts.vdir)] if config.contacts else []
    if not wanted:
        yield Finding("folders", False, "No folder is connected", "nearhand connect files (and calendar, mail)")
    for area, folder in wanted:
        yield _folder(area, Path(folder))


def _folder(area: str, path: Path) -> Finding:
    if not path.is_dir():
        fix = f"Make the folder, plug the disk in, or choose another: nearhand connect {area}"
        return Finding(area, False, f"{path} is not there", fix)
    if not os.access(path, os.R_OK | os.X_OK):
        return Finding(area, False, f"{path} cannot be read", f"chmod u+rx '{path}'")
    if not os.access(path, os.W_OK):
        return Finding(area, False, f"{path} cannot be written, so nothing in it can be changed", f"chmod u+w '{path}'")
    if area == "mail" and not (path / "cur").is_dir():
        fix = "Name the folder that has cur, new and tmp in it: nearhand connect mail"
        return Finding(area, False, f"{path} is not a Maildir", fix)
    return Finding(area, True, f"{path} is there and writable")


def _space(profile: Profile) -> Finding:
    folder = next(path for path in (profile.journal, *profile.journal.parents) if path.is_dir())
    free = shutil.disk_usage(folder).free
    fix = "" if free >= _LEAST_FREE else "Make room: without it the journal cannot be written, and nothing is done"
    return Finding("disk", not fix, f"{show.size(free)} free where the journal is", fix)


def _model(config: Config) -> Iterator[Finding]:
    """The file and its pin; whether it runs is seen when it plans."""
    from nearhand.agent.cli.model import current

    path, wanted = current(config)
    if not path.is_file():
        fix = "Install Nearhand again, make it with models/recipe.sh, or name another: nearhand model use PATH"
        yield Finding("model", False, f"The model file {path} is not there", fix)
        return
    try:
        held = model_file.read(path)
    except NearhandError as error:
        yield Finding("model", False, str(error), "nearhand model use shipped, or install Nearhand again")
        return
    found = model_file.sha256(path)
    if wanted and found != wanted:
        said = f"{path} has the SHA-256 {found[:12]}…, but {wanted[:12]}… is pinned; it is not used"
        fix = f"If you changed it yourself: nearhand model use {path}. Else install it again"
        yield Finding("model", False, said, fix)
        return
    told = f"{held.name}, {held.parameters / 1e6:.1f} million parameters, {show.size(held.size)}"
    yield Finding("model", True, f"{told}, {'as pinned' if wanted else 'not pinned'}")


def _larger(config: Config) -> Iterator[Finding]:
    """The larger model, if one was added: its file and its pin."""
    path, wanted = config.model.generalist, config.model.generalist_sha256
    if path is None:
        return
    fix = f"If you changed it yourself: nearhand model add {path}. Else put it back, or: nearhand model add none"
    try:
        held, found = model_file.read(path), model_file.sha256(path)
    except NearhandError as error:
        yield Finding("larger model", False, str(error), fix)
        return
    if found != wanted:
        said = f"{path} has the SHA-256 {found[:12]}…, but {wanted[:12]}… is pinned; it is not used"
        yield Finding("larger model", False, said, fix)
        return
    told = "it writes texts, and plans what the small one is not sure of; it never acts"
    yield Finding("larger model", True, f"{held.name}, {show.size(held.size)}, as pinned; {told}")


def _plans(engine: Engine) -> Iterator[Finding]:
    begun = time.perf_counter()
    try:
        answer = engine.planner.plan(_REQUEST)
    except NearhandError as error:
        yield Finding("planner", False, str(error), "Look at the model above; nearhand model use shipped")
        return
    whole = time.perf_counter() - begun
    fix = "Close what keeps the processor busy" if answer.seconds > _SLOW else ""
    said = f"“{_REQUEST}” was planned in {answer.seconds * 1000:.0f} ms ({whole * 1000:.0f} ms with loading)"
    yield Finding("planner", not fix, said, fix)


def _seals(engine: Engine) -> Iterator[Finding]:
    """What the kernel holds; a seal with something missing works, but the person must know."""
    from nearhand.agent.privacy.escape import seals

    for name, sealed in seals(engine.config).items():
        fix = "" if sealed.whole else "Linux 6.12 or newer has all of it; until then this is checked by Nearhand only"
        yield Finding(f"seal of {name}", sealed.whole, str(sealed), fix)


def _journal(engine: Engine) -> Iterator[Finding]:
    broken = engine.verify()
    if broken:
        fix = f"Nothing after entry {broken.n} can be trusted. Restore the journal from a backup, or move it away"
        yield Finding("journal", False, f"{broken.why[:1].upper()}{broken.why[1:]}", fix)
    else:
        entries, _ = engine.journal.head()
        yield Finding("journal", True, f"{entries} entries, and the chain is whole")
    for record in engine.journal.open_intents():
        said = f"It is not known whether this happened: {record.text}"
        yield Finding("journal", False, said, "Connect what it belongs to, and run nearhand doctor again")
    waiting = engine.journal.waiting()
    if waiting:
        numbers = ", ".join(str(entry.id) for entry in waiting)
        yield Finding("approvals", True, f"{len(waiting)} wait for you: {numbers} (nearhand approve or reject)")


def _readable(session: Session, connector: Connector) -> Iterator[Finding]:
    """Read every item once, as far as time allows, and count what cannot be read."""
    until, count, odd = time.monotonic() + _MOST_SECONDS, 0, list[str]()
    whole = True
    for ref, _ in connector.scan():
        if count >= _MOST_ITEMS or time.monotonic() > until:
            whole = False
            break
        count += 1
        why = _oddity(connector, ref)
        odd += [why] if why else []
        session.progress(f"Reading {connector.name}", count, 0)
    said = f"{count} items read{'' if whole else ' (there are more)'}, {len(odd) or 'none'} unreadable"
    named = f"{'; the first' if len(odd) > 1 else ''}: {odd[0]}" if odd else ""
    fix = "Open it with its own program to see what is wrong with it; all others work" if odd else ""
    yield Finding(f"{connector.name} items", True, said + named, fix)


def _oddity(connector: Connector, ref: str) -> str:
    try:
        return connector.load(ref).extra.get("unreadable", "")
    except ConnectorError as error:
        return str(error)


def _index(engine: Engine) -> Iterator[Finding]:
    path = Path(engine.home.profile.index)
    files = [p for p in (path, path.with_name(path.name + "-wal")) if p.is_file()]
    yield Finding("index", True, f"{show.size(sum(p.stat().st_size for p in files))} at {path}")
