"""What takes an effect on files back, and what a person is told about it beforehand. No change of the world.

An effect carries the likeness of what it will make, so its inverse needs nothing but the effect; only a free entry in
the trash is looked up. A made folder is taken away for good (it is empty), so redoing makes another folder, and redoing
a later effect on that very folder is a conflict.
"""

from __future__ import annotations

import json
from secrets import token_hex

from nearhand.connectors.base import Effect, Preview
from nearhand.connectors.errors import DeniedError
from nearhand.connectors.files.roots import Roots
from nearhand.connectors.files.trash import Trash
from nearhand.connectors.files.versions import EMPTY
from nearhand.connectors.names import shown


def inverse(effect: Effect, trash: Trash) -> Effect:
    """The effect that takes this one back; what was made goes to the trash only if it is still as it was made."""
    args, like = effect.args, effect.args.get("like", "")
    match effect.verb:
        case "mkdir":
            return Effect("files", "rmdir", args["to"], EMPTY)
        case "rmdir":
            return Effect("files", "mkdir", "", "", {"to": effect.ref})
        case "move":
            kept = {"like": like} if like else {}
            return Effect("files", "move", args["to"], like or effect.seen, {"to": effect.ref, **kept})
        case "trash":
            return Effect("files", "restore", args["entry"], effect.seen, {"to": effect.ref})
        case "restore":
            return Effect("files", "trash", args["to"], effect.seen, {"entry": effect.ref})
        case "copy" | "zip" | "unzip" | "put":
            own = f"{like} {token_hex(8)}"  # the same thing may be made twice: each has a place of its own in the trash
            return Effect("files", "trash", args["to"], like, {"entry": trash.entry(args["to"], own)})
    raise DeniedError(f"{effect.verb} is nothing that can be done to files.")


def preview(effect: Effect, roots: Roots) -> Preview:
    """One sentence, and the path before and after where it changes."""
    ref, to = roots.say(effect.ref), roots.say(effect.args.get("to", ""))
    name = shown(effect.ref.rpartition("/")[2])
    match effect.verb:
        case "mkdir":
            return Preview(f"Make the folder {to}.", f"+{to}/")
        case "rmdir":
            return Preview(f"Take the empty folder {ref} away.", f"-{ref}/")
        case "move":
            return _moved(effect, name, ref, to)
        case "trash":
            return Preview(f"Move {ref} to the trash.", f"-{ref}")
        case "restore":
            return Preview(f"Bring {to} back from the trash.", f"+{to}")
        case "copy":
            return Preview(f"Copy {ref} to {to}.", f" {ref}\n+{to}")
        case "zip":
            return Preview(f"Pack {_packed(effect)} into {to}.", f"+{to}")
        case "unzip":
            return Preview(f"Unpack {ref} into {to}.", f" {ref}\n+{to}/")
        case "put":
            return Preview(f"Save {to}.", f"+{to}")
    raise DeniedError(f"{effect.verb} is nothing that can be done to files.")


def _moved(effect: Effect, name: str, ref: str, to: str) -> Preview:
    folder, _, new = effect.args["to"].rpartition("/")
    if folder == effect.ref.rpartition("/")[0]:
        return Preview(f"Rename {ref} to {shown(new)}.", f"-{ref}\n+{to}")
    return Preview(f"Move {name} to {to}.", f"-{ref}\n+{to}")


def _packed(effect: Effect) -> str:
    refs = [str(ref) for ref, _ in json.loads(effect.args["items"])]
    first = shown(refs[0].rpartition("/")[2])
    return first if len(refs) == 1 else f"{first} and {len(refs) - 1} more"
