"""The command line as argparse reads it: verbs, options, and what each says about itself.

Global options stand before or after the verb. Every mistake is one sentence (UsageError), never a page of usage.
Deliberately not here: doing anything, and any import that takes time.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from nearhand.connectors.errors import NearhandError

BROKEN_OFF = 130
"""Exit code when Ctrl-C came before anything was done."""
_EPILOG = """\
exit codes: 0 done, 1 failed, 2 usage, 3 it asks a question, 4 refused, 5 an approval is needed
examples:
  nearhand do "put last month's scans into Receipts"
  nearhand undo
  nearhand demo
"""
_SIZES = ("xs", "s", "m")


class UsageError(NearhandError):
    """The command was not typed as it should be; says what to type."""


class Parser(argparse.ArgumentParser):
    """argparse whose errors are raised as UsageError, and whose options are never guessed from their beginning."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs |= {"allow_abbrev": False, "formatter_class": argparse.RawDescriptionHelpFormatter}
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:].rstrip('.')}. See: {self.prog} --help")


def parser(version: Callable[[], str]) -> Parser:
    """The whole command line."""
    top = Parser(
        prog="nearhand",
        description="A personal action agent on your own machine: files, calendar and mail, in your own words.",
        epilog=_EPILOG,
    )
    top.add_argument("--version", action=_Version, nargs=0, const=version, help="print the version and leave")
    _globals(top)
    verbs = top.add_subparsers(dest="verb", metavar="VERB", title="verbs", parser_class=Parser)
    _requests(verbs)
    _history(verbs)
    _setting_up(verbs)
    _model(verbs)
    return top


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> NoReturn:
        print(f"nearhand {self.const()}")
        parser.exit()


def moment(text: str) -> datetime:
    """A point in time as ISO 8601."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is not a time like 2026-03-04T09:30") from None


def number(text: str) -> int:
    """A turn's number, as `nearhand log` shows it."""
    if not (text.isascii() and text.isdigit() and 0 < int(text[:19]) < 2**62):
        raise argparse.ArgumentTypeError(f"“{text}” is not a number from `nearhand log`")
    return int(text)


def folder(text: str) -> Path:
    """A path, with ~ for the home folder."""
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError("a folder is missing")
    return Path(os.path.expanduser(text))


def _globals(to: argparse.ArgumentParser) -> None:
    """Without defaults, so that an option before the verb is not overwritten by its absence after it."""
    none = argparse.SUPPRESS
    to.add_argument("--profile", type=folder, metavar="DIR", default=none, help="all configuration and state in DIR")
    to.add_argument("--now", type=moment, metavar="ISO", default=none, help="take this as the present moment")
    to.add_argument("--json", action="store_true", default=none, help="print one JSON object")


Verbs = argparse._SubParsersAction  # the one type that argparse has for it


def _verb(verbs: Verbs[Parser], name: str, doc: str) -> Parser:
    made = verbs.add_parser(name, help=doc, description=doc[:1].upper() + doc[1:] + ".")
    _globals(made)
    return made


def _requests(verbs: Verbs[Parser]) -> None:
    do = _verb(verbs, "do", "plan, show, ask, act")
    do.add_argument("text", nargs="*", metavar="TEXT", help="what is to be done, in your own words")
    _yes(do)
    plan = _verb(verbs, "plan", "show the plan only; nothing is done")
    plan.add_argument("text", nargs="*", metavar="TEXT", help="what would be done")
    for verb in (do, plan):
        verb.add_argument("--batch", action="store_true", help="one request per line on stdin, one JSON object each")
    plan.add_argument("--yes", action="store_true", help=argparse.SUPPRESS)


def _yes(to: Parser) -> None:
    to.add_argument("--yes", action="store_true", help="approve what would be asked about; never what is refused")


def _history(verbs: Verbs[Parser]) -> None:
    undo = _verb(verbs, "undo", "take back the last request, or those with these numbers")
    undo.add_argument("ids", nargs="*", type=number, metavar="ID")
    _yes(undo)
    log = _verb(verbs, "log", "what was asked and what was done")
    log.add_argument("text", nargs="*", metavar="TEXT", help="only what has these words in it")
    log.add_argument("--limit", type=number, default=20, metavar="N", help="how many (default 20)")
    log.add_argument("--verify", action="store_true", help="check that nothing in the journal was changed")
    _verb(verbs, "approve", "run what waits for your approval").add_argument("id", type=number, metavar="ID")
    _verb(verbs, "reject", "drop what waits for your approval").add_argument("id", type=number, metavar="ID")


def _setting_up(verbs: Verbs[Parser]) -> None:
    demo = _verb(verbs, "demo", "a tour that really acts, in a sample home")
    demo.add_argument("--keep", type=folder, metavar="DIR", help="build the sample home in DIR (new or empty)")
    connect = _verb(verbs, "connect", "choose your folders, calendar, mail and contacts")
    connect.add_argument("what", choices=("files", "calendar", "mail", "contacts"))
    connect.add_argument("folders", nargs="*", type=folder, metavar="DIR", help="instead of being asked")
    rules = _verb(verbs, "rules", "standing rules: list, pause, remove")
    rules.add_argument("act", nargs="?", choices=("list", "pause", "remove"), default="list")
    rules.add_argument("id", nargs="?", type=number, metavar="ID")
    daemon = _verb(verbs, "daemon", "the background service")
    daemon.add_argument("act", nargs="?", choices=("run", "install", "uninstall", "status", "stop"), default="status")
    _verb(verbs, "privacy", "what may reach the network, and what is enforced")
    _verb(verbs, "doctor", "check everything, and say how to put it right")


def _model(verbs: Verbs[Parser]) -> None:
    model = _verb(verbs, "model", "the action model: which, how fast, how good")
    acts = model.add_subparsers(dest="act", metavar="ACT", required=True, parser_class=Parser)
    _verb(acts, "list", "the models that can be used, and the one that is")
    use = _verb(acts, "use", "use another model file from now on")
    use.add_argument("path", type=folder, metavar="PATH", help="a GGUF file, or “shipped”")
    for name, doc in (("bench", "measure the speed of a model"), ("eval", "measure how often a model is right")):
        _verb(acts, name, doc).add_argument("path", type=folder, nargs="?", metavar="PATH")
    train = _verb(acts, "train", "train the action model from the written corpus")
    train.add_argument("--out", type=folder, default=Path("runs/s"), metavar="DIR")
    train.add_argument("--size", choices=_SIZES, default="s")
    train.add_argument("--minutes", type=number, default=60, metavar="N")
