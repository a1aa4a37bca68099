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
_DAEMON = ("run", "install", "uninstall", "start", "stop", "pause", "status", "logs")


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
    log.add_argument("--export", action="store_true", help="print what Nearhand can learn from, as JSON lines")
    log.add_argument("--verify", action="store_true", help="check that nothing in the journal was changed")
    for verb, doc in (("approve", "run what waits for your approval"), ("reject", "drop what waits for your approval")):
        ids = _verb(verbs, verb, doc).add_argument("ids", nargs="*", type=number, metavar="ID")
        ids.help = "its number; without one, all that waits is listed"


def _setting_up(verbs: Verbs[Parser]) -> None:
    demo = _verb(verbs, "demo", "a tour that really acts, in a sample home")
    demo.add_argument("--keep", type=folder, metavar="DIR", help="build the sample home in DIR (new or empty)")
    connect = _verb(verbs, "connect", "choose your folders, calendar, mail and contacts")
    connect.add_argument("what", choices=("files", "calendar", "mail", "contacts"))
    connect.add_argument("folders", nargs="*", type=folder, metavar="DIR", help="instead of being asked")
    _account(connect)
    sync = _verb(verbs, "sync", "bring this computer and your accounts into step")
    sync.add_argument("account", nargs="?", metavar="ACCOUNT", help="only this one")
    sync.add_argument("--dry-run", action="store_true", help="list what would change on either side, change nothing")
    sync.add_argument("--accept-removal", action="append", default=[], metavar="NAME",
                      help="everything in this calendar, list or account's mail may be gone: pass it on")  # fmt: skip
    rules = _verb(verbs, "rules", "standing rules: what they do, what they did, and taking it back")
    acts = ("list", "show", "try", "run", "pause", "resume", "remove", "log", "undo", "revoke")
    rules.add_argument("act", nargs="?", choices=acts, default="list", metavar="|".join(acts))
    rules.add_argument("id", nargs="?", type=number, metavar="ID", help="its number in the list")
    _yes(rules)
    daemon = _verb(verbs, "daemon", "the background service")
    daemon.add_argument("act", nargs="?", choices=_DAEMON, default="status", help="default: status")
    daemon.add_argument("--limit", type=number, default=50, metavar="N", help="lines of the log (default 50)")
    _verb(verbs, "serve", "the terminal app in a browser on this machine, while this runs")
    privacy = _verb(verbs, "privacy", "what may reach the network, and what is enforced")
    privacy.add_argument("--verify", action="store_true", help="try to break out of every process")
    _verb(verbs, "doctor", "check everything, and say how to put it right")


def _account(connect: Parser) -> None:
    """What can be said about an account on servers, instead of being asked."""
    own = connect.add_argument_group("an account on servers (mail, calendar and contacts)")
    own.add_argument("--account", metavar="NAME", help="connect an account, under this name")
    own.add_argument("--address", metavar="ADDRESS", help="the mail address; known providers need no more")
    own.add_argument("--user", metavar="USER", help="the name to sign in with, if it is not the address")
    for key, example in (("imap", "imaps://imap.example"), ("smtp", "smtps://smtp.example"),
                         ("caldav", "https://dav.example/"), ("carddav", "https://dav.example/")):  # fmt: skip
        own.add_argument(f"--{key}", metavar="URL", help=f"such as {example}")
    own.add_argument("--ca-file", type=folder, metavar="FILE", help="certificates to believe, for a server of your own")
    own.add_argument("--secrets", choices=("keyring", "file", "ask"), help="where passwords are kept")
    own.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    own.add_argument("--oauth", action="store_true", help="sign in by a code in your browser, with no password")
    own.add_argument("--client-id", metavar="ID", help="the OAuth2 client id that your provider gave you")
    own.add_argument("--device-url", metavar="URL", help="where a provider that is not known gives out codes")
    own.add_argument("--token-url", metavar="URL", help="where its codes become tokens")
    own.add_argument("--scope", metavar="TEXT", help="what its token is to be good for")


def _model(verbs: Verbs[Parser]) -> None:
    model = _verb(verbs, "model", "the models: which, how fast, how good")
    acts = model.add_subparsers(dest="act", metavar="ACT", required=True, parser_class=Parser)
    _verb(acts, "list", "the models that can be used, and the one that is")
    use = _verb(acts, "use", "use another model file from now on")
    use.add_argument("path", type=folder, metavar="PATH", help="a GGUF file, or “shipped”")
    add = _verb(acts, "add", "add a larger model, which writes texts and plans what the small one is unsure of")
    add.add_argument("path", type=folder, metavar="PATH", help="an instruction-tuned GGUF file; “none” takes it away")
    for name, doc in (("bench", "measure the speed of a model"), ("eval", "measure how often a model is right")):
        _verb(acts, name, doc).add_argument("path", type=folder, nargs="?", metavar="PATH")
    train = _verb(acts, "train", "train the action model from the written corpus")
    train.add_argument("--out", type=folder, default=Path("runs/s"), metavar="DIR")
    train.add_argument("--size", choices=_SIZES, default="s")
    train.add_argument("--minutes", type=number, default=60, metavar="N")
