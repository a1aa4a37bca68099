"""Builds the acts of `mail.*` steps. Recipients come from the person's words and contacts, never from a mail's text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from nearhand.agent.asking import QuestionError
from nearhand.agent.calls import act
from nearhand.agent.calls.act import Act
from nearhand.agent.calls.files import folder
from nearhand.agent.calls.found import Found, Words
from nearhand.agent.calls.writing import authored, texts
from nearhand.agent.effects.steps import Made
from nearhand.agent.policy.reaching import REACH
from nearhand.agent.policy.rules import Origin, Value
from nearhand.agent.resolve.selecting import narrowed, nothing, origin_of, people_of, query_of, select, span_of
from nearhand.agent.search.query import Query
from nearhand.agent.texts.reported import direct
from nearhand.connectors.base import Call, Item, Person
from nearhand.connectors.files.kinds import kinds_of
from nearhand.connectors.mail import mailboxes, replies
from nearhand.models.language import Quote

_ANSWERS = frozenset({"mail.reply", "mail.reply_all"})


def build(words: Words) -> tuple[list[Act], Found]:
    """The acts of one step, and the mails they work on."""
    match words.step.action:
        case "mail.send" | "mail.draft":
            return _written(words), Found()
        case "mail.save_attachments":
            return _saved(words)
    found = _still_in(words, select(words))
    made = (found.made,) if found.made is not None else ()
    action = words.step.action
    if action in _ANSWERS or action == "mail.forward":
        return _passed_on(words, found)
    args: dict[str, object] = {}
    if action == "mail.move":
        args["to"] = words.home.places.mailbox(words.quote("to"))
    items = () if made else found.items
    return [Act("mail", Call(action, items, args), made=made)], found


def _still_in(words: Words, found: Found) -> Found:
    """What is filed already stays filed: archiving means the Inbox where nothing else is said."""
    here = tuple(item for item in found.items if item.place == "Inbox")
    if words.step.action != "mail.archive" or words.has("in") or words.refs("what") or not here:
        return found
    return replace(found, items=here)


def _text(words: Words, recipients: int) -> str:
    """What the person says, and below it what a model wrote for them."""
    return "\n\n".join(filter(None, (_said(words, recipients), *_composed(words))))


def _said(words: Words, recipients: int) -> str:
    if words.quotes("text"):
        return "\n".join(_ended(said, words.request) for said in words.quotes("text"))
    plural = recipients > 1
    return " ".join(direct(said, plural, words.request.partition(said)[0]) for said in words.quotes("say"))


def _composed(words: Words) -> list[str]:
    """Texts of earlier steps; a reply's own `what` is the mail that is answered."""
    new = ("what",) if words.step.action in ("mail.send", "mail.draft") else ()
    return list(dict.fromkeys(texts(words, "text", "attach", *new)))


def _ended(said: str, request: str) -> str:
    """The person's sentence with the mark at its end, which a quote may have left outside."""
    mark = re.match(r"[.!?…]+(?=[\"”’'»]?(?:\s|$))", request.rpartition(said)[2])
    return said + (mark.group() if mark and said[-1:].isalnum() else "")


def _subject(words: Words, text: str) -> str:
    """The subject that was said, else the topic, else how the text begins."""
    said = words.quote("subject") or words.quote("what")
    if said:
        return said[:1].upper() + said[1:]
    lines = [each.strip() for each in text.split("\n") if each.strip()] or [""]
    line = next((each for each in lines if not each.endswith(",")), lines[0]).rstrip(".")  # not the greeting
    return line if len(line) <= 60 else line[:57].rsplit(" ", 1)[0] + " ..."


def _reach(words: Words) -> tuple[dict[str, object], dict[str, Origin]]:
    """Recipients by slot, with where each address comes from; asks for an address that nobody has."""
    args: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    for slot in ("to", "cc", "bcc"):
        people = people_of(words, slot)
        for person in people:
            if not person.address:
                raise QuestionError(slot, f"I have no e-mail address for {person.name}. What is it?")
            origins[person.address.casefold()] = origin_of(words, slot, person)
        if people:
            args[slot] = tuple(people)
    return args, origins


def _everyone(args: dict[str, object]) -> list[Person]:
    return [person for slot in ("to", "cc", "bcc") for person in args.get(slot, ())]  # type: ignore[attr-defined]


def _written(words: Words) -> list[Act]:
    """A new mail, or drafts that are sent; a folder that is to be attached is packed first."""
    args, origins = _reach(words)
    drafts = tuple(item for found in words.refs("what") for item in found.items if item.connector == "mail")
    text = _text(words, len(_everyone(args)))
    before, attached, names = _attachments(words)
    args |= {"subject": _subject(words, text) or ", ".join(names), "text": text + _listed(words), "attach": attached}
    when = span_of(words)
    args["not_before"] = when.start if when and when.start else words.home.hold_until
    people = ", ".join(map(str, (*_everyone(args), *_drafted(words, drafts)[0]))) or "nobody yet"
    verb = "Send" if words.step.action == "mail.send" else "Draft"
    shown = f"{verb} a mail to {people}: “{args['subject']}”" + (f" with {', '.join(names)}" if names else "")
    values = act.recipients(_everyone(args), origins) + act.recipients(*_drafted(words, drafts)) + _enclosed(attached)
    values += authored(_composed(words))
    args[REACH] = act.addresses(values)
    call = Call(words.step.action, drafts, words.home.stamped(args))
    return [*before, Act("mail", call, values=values, text=shown)]


def _drafted(words: Words, drafts: Sequence[Item]) -> tuple[list[Person], dict[str, Origin]]:
    """Whom drafts of the person go to already; pointing at a draft is picking its people."""
    letters = [words.home.letter(item) for item in drafts if item.place == mailboxes.display(mailboxes.DRAFTS)]
    people = [person for letter in letters for person in (*letter.to, *letter.cc, *letter.bcc)]
    return people, {person.address.casefold(): Origin.PICKED for person in people}


def _listed(words: Words) -> str:
    """Things that are no files, sent along as a list in the text."""
    titles = [i.title for found in _enclosing(words) for i in found.items if i.connector not in ("files", "mail")]
    return "\n\n" + "\n".join(f"- {title}" for title in titles) if titles else ""


def _enclosing(words: Words) -> list[Found]:
    """What is sent along as it is; of what a model wrote a text about, that text goes into the mail instead."""
    return [found for found in words.refs("attach") if not found.text]


def _attachments(words: Words) -> tuple[list[Act], tuple[object, ...], list[str]]:
    """Acts that come first, the paths (or promises) to attach, and their names."""
    acts: list[Act] = []
    paths: list[object] = list(words.mades("attach"))
    names = [_promised(found) for found in words.refs("attach") if found.made is not None]
    items = [i for found in _enclosing(words) if found.made is None for i in found.items if i.connector == "files"]
    for text in words.quotes("attach"):
        found = words.home.find(Query(area="files", words=(text,)))
        if not found:
            raise nothing(replace(words, step=replace(words.step, action="files.find", slots=(("what", Quote(text)),))))
        items += narrowed(replace(words, step=replace(words.step, slots=(("what", Quote(text)),))), found)
    for item in items:
        if item.kind == "folder":
            acts.append(Act("files", Call("files.zip", (item,), {"on_clash": "number"}), values=(act.path(item.ref),)))
            paths.append(Made(words.number + len(acts) - 1))
            names.append(f"{item.title}.zip")
        else:
            paths.append(item.ref)
            names.append(item.title)
    return acts, tuple(paths), names


def _enclosed(paths: Sequence[object]) -> tuple[Value, ...]:
    """What is sent along, for policy: nothing but files inside the roots leaves them."""
    return tuple(act.path(path) for path in paths if isinstance(path, str))


def _promised(found: Found) -> str:
    """What a step before will make, by what it makes it of."""
    return ", ".join(item.title for item in found.items[:3]) or "what comes out of the step before"


def _passed_on(words: Words, found: Found) -> tuple[list[Act], Found]:
    """Replies and forwards; a reply goes to whoever wrote the mail that the person named."""
    args, origins = _reach(words) if words.step.action == "mail.forward" else _copies(words)
    before, attached, _ = _attachments(words)
    args |= {"text": _text(words, 1), "attach": attached, "not_before": words.home.hold_until}
    values = act.recipients(_everyone(args), origins) + _enclosed(attached) + authored(_composed(words))
    people = _everyone(args)
    if words.step.action in _ANSWERS:
        answered, senders = _answered(found.items, words)
        values += act.recipients(answered, senders)
        people = answered + people
    args[REACH] = act.addresses(values)
    shown = ", ".join(item.title for item in found.items)
    verb = "Forward" if words.step.action == "mail.forward" else "Answer"
    call = Call(words.step.action, found.items, words.home.stamped(args))
    text = f"{verb} “{shown}” to {', '.join(map(str, people)) or 'nobody yet'}"
    return [*before, Act("mail", call, values=values, text=text)], found


def _copies(words: Words) -> tuple[dict[str, object], dict[str, Origin]]:
    cut = replace(words, step=replace(words.step, slots=tuple(p for p in words.step.slots if p[0] != "to")))
    return _reach(cut)


def _answered(items: tuple[Item, ...], words: Words) -> tuple[list[Person], dict[str, Origin]]:
    """Whom answers go to, by the very rule that addresses them: a Reply-To counts, whoever wrote it."""
    me, people = words.home.me, list[Person]()
    for item in items:
        letter = words.home.letter(item)
        people += replies.answered_people(letter, me)
        people += replies.copied_people(letter, me) if words.step.action == "mail.reply_all" else ()
    return people, {person.address.casefold(): Origin.SENDER for person in people}


def _saved(words: Words) -> tuple[list[Act], Found]:
    """Write attachments into a folder: those whose names or kinds were said, else all of the mails that were said."""
    target = folder(words, "to")
    if isinstance(target, Made):
        raise QuestionError("to", "Make the folder first, then save the attachments there.")
    found, wanted = _with_attachments(words)
    contents = [pair for item in found.items for pair in words.home.attachments(item)]
    chosen = [pair for pair in contents if _fits(pair[0], wanted, words.enums("kind"))] or contents
    if not chosen:
        raise QuestionError("what", "Nothing is attached to that mail; nothing was saved.")
    effects = words.home.plan_puts(target, chosen)
    call = Call("mail.save_attachments", found.items, {"to": target})
    return [Act("files", call, effects=tuple(effects), values=(act.path(target),))], found


def _with_attachments(words: Words) -> tuple[Found, tuple[str, ...]]:
    """The mails, and the words that name attachments: topic words that no mail answers to name what is attached."""
    if words.refs("what"):
        return select(words), ()
    query = replace(query_of(words), kinds=(), states=(*words.enums("state"), "attachment"))
    query = replace(query, states=tuple(dict.fromkeys(query.states)))
    by_name = [item for item in words.home.find(replace(query, words=())) if _named(item, query.words)]
    items = by_name or words.home.find(query) or words.home.find(replace(query, words=()))
    if not items:
        raise nothing(words)
    if words.enum("which") is None and len(items) > 1 and not (query.people or query.span or query.place):
        items = narrowed(words, items)
    return Found(items=tuple(items)), query.words


def _named(item: Item, wanted: tuple[str, ...]) -> bool:
    names = item.extra.get("attachments", "")
    return bool(wanted) and any(_fits(name, wanted, ()) for name in names.split("\n") if name)


def _fits(name: str, wanted: tuple[str, ...], kinds: tuple[str, ...]) -> bool:
    kinds = tuple(kind for kind in kinds if kind != "attachment")
    if kinds and not set(kinds) & set(kinds_of(name, "")):
        return False
    stems = [word.lower().rstrip("s") for text in wanted for word in text.split()]
    return all(stem in name.lower() for stem in stems)
