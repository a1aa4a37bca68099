"""Builds the acts of `files.*` steps."""

from __future__ import annotations

from nearhand.agent.asking import CLASH, QuestionError, RefusedError
from nearhand.agent.calls import act
from nearhand.agent.calls.act import Act
from nearhand.agent.calls.found import Found, Words
from nearhand.agent.effects.steps import Made
from nearhand.agent.resolve.selecting import narrowed, query_of, select
from nearhand.agent.search.query import Query
from nearhand.connectors.base import Call, Item

_FOLDER_SLOTS = {"files.move": "to", "files.copy": "to", "files.zip": "to", "files.unzip": "to", "files.sort": "to"}


def build(words: Words) -> tuple[list[Act], Found]:
    """The acts of one step, and the items they work on."""
    action = words.step.action
    if action == "files.new_folder":
        return [_new_folder(words)], Found()
    found = _sorted(words) if action == "files.sort" else _whole(words) or select(words)
    args: dict[str, object] = {"on_clash": _clash(words)}
    values = []
    if action in _FOLDER_SLOTS and (words.has("to")):
        args["to"] = folder(words, "to")
        values = [act.path(str(args["to"]))] if not isinstance(args["to"], Made) else []
    if words.quotes("name"):
        args["name"] = words.quote("name")
    if words.enum("group"):
        args["group"] = words.enum("group")
    items = found.items if found.made is None else ()
    if action == "files.rename" and len(items) > 1:
        raise QuestionError("what", "One name cannot be given to several files. Say which one.")
    values += [act.path(item.ref) for item in items]
    made = (found.made,) if found.made is not None else ()
    return [Act("files", Call(action, items, args), values=tuple(values), made=made)], found


def _whole(words: Words) -> Found | None:
    """The folder itself, where a folder is to be packed and nothing in it is singled out."""
    named = {name for name, _ in words.step.slots}
    if words.step.action != "files.zip" or not words.quotes("in") or named - {"in", "to", "name"}:
        return None
    item = words.home.load("files", words.home.places.folder(words.quote("in"), "in", new=False))
    return Found(items=(item,)) if item else None


def _clash(words: Words) -> str:
    """What to do where a name is taken: ask, unless the person has said it."""
    match words.home.picked.get(CLASH):
        case "keep both":
            return "number"
        case "leave it":
            raise RefusedError("All right, nothing was done.")
    return "ask"


def folder(words: Words, slot: str) -> str | Made:
    """The folder that a slot names: one that is there, one that is to be made, or one that an earlier step makes."""
    for other in words.refs(slot):
        if other.made is not None:
            return Made(other.made)
        place = next((item for item in other.items if item.kind == "folder"), None)
        if place:
            return place.ref
    return words.home.places.folder(words.quote(slot), slot)


def _new_folder(words: Words) -> Act:
    args: dict[str, object] = {"name": words.quote("name")}
    if words.has("in"):
        args["in"] = folder(words, "in")
    elif "/" in words.quote("name"):
        parent, _, args["name"] = words.quote("name").rpartition("/")
        args["in"] = words.home.places.folder(parent, "in")
    return Act("files", Call("files.new_folder", (), args))


def _sorted(words: Words) -> Found:
    """The files that are sorted: those that were selected, or all that lie directly in the folder."""
    if words.refs("what"):
        return select(words)
    query = query_of(words)
    if query.words and not query.place and not query.kinds:
        inside = words.home.places.folder(words.quote("what"), "what", new=False)
        query = Query(area="files", place=inside, kinds=query.kinds, span=query.span)
    elif not (query.words or query.kinds or query.place):
        raise QuestionError("in", "Which folder should be sorted?")
    items = [item for item in words.home.find(query) if item.kind == "file" and _direct(item, query)]
    if not items:
        raise QuestionError("in", "There is nothing to sort there.")
    return Found(items=tuple(narrowed(words, items)) if words.quotes("what") and query.words else tuple(items))


def _direct(item: Item, query: Query) -> bool:
    return not (query.place or "").startswith("/") or item.ref.rpartition("/")[0] == query.place
