"""Content lines, the form that iCalendar and vCard share: read them, change one, and keep every other byte.

A text is a tree of blocks (BEGIN ... END) whose leaves are lines; each line keeps its raw text, folds and line end
included, so that writing an untouched tree gives the very bytes that were read. A change makes a new tree.
Deliberately not here: what a property means (see `stamps.py`, `ics.py`, `vcards.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from nearhand.connectors.errors import LimitError, UnreadableError

MAX_LINES = 10_000
"""Properties in one file; what has more is not parsed (DESIGN.md)."""
MAX_FOLDED = 150_000
"""Lines with folded ones counted each; 5 MB folded as they should be have half as many."""
MAX_NESTING = 3
_LINE = re.compile(r"\n(?![ \t])")
_FOLD = re.compile(r"\r*\n[ \t]")
_NAME = re.compile(r"(?:([A-Za-z0-9-]+)\.)?([A-Za-z0-9-]+)(?=[:;])")
_FOLD_AT = 75


@dataclass(frozen=True, slots=True)
class Line:
    """One property: `group.NAME;PARAM=value:VALUE`. A line that is none (empty, broken) has the name ""."""

    name: str
    value: str = ""
    """As written: escapes are still in it."""
    params: tuple[tuple[str, str], ...] = ()
    """Names in capitals, values without their quotes."""
    group: str = ""
    raw: str = ""
    """The exact text, with folds and line end."""

    def param(self, name: str, default: str = "") -> str:
        """The first value of a parameter."""
        return next((value for key, value in self.params if key == name), default)


@dataclass(frozen=True, slots=True)
class Block:
    """A component: what stands between BEGIN and END. The whole text is a block without either."""

    name: str
    begin: str = ""
    parts: tuple[Line | Block, ...] = ()
    end: str = ""

    def lines(self, *names: str) -> list[Line]:
        """The lines of these names, in order."""
        return [part for part in self.parts if isinstance(part, Line) and part.name in names]

    def line(self, name: str) -> Line | None:
        """The first line of this name."""
        return next(iter(self.lines(name)), None)

    def value(self, name: str) -> str:
        """The value of the first line of this name, "" if there is none."""
        found = self.line(name)
        return found.value if found else ""

    def blocks(self, *names: str) -> list[Block]:
        """The blocks of these names that lie directly in this one."""
        return [part for part in self.parts if isinstance(part, Block) and part.name in names]

    def walk(self) -> Iterator[Block]:
        """This block and every one inside it."""
        yield self
        for part in self.parts:
            if isinstance(part, Block):
                yield from part.walk()

    def with_lines(self, name: str, lines: list[Line]) -> Block:
        """Put these lines where those of the name are (or before the first block); the same keeps its bytes."""
        fresh = [written(line, self.newline) for line in lines]
        old = self.lines(name)
        if [_meaning(line) for line in old] == [_meaning(line) for line in fresh]:
            return self
        places = [i for i, part in enumerate(self.parts) if isinstance(part, Line) and part.name == name]
        at = places[0] if places else self._room()
        rest = self.without(name).parts
        return replace(self, parts=(*rest[:at], *fresh, *rest[at:]))

    def with_line(self, name: str, value: str, params: tuple[tuple[str, str], ...] = ()) -> Block:
        """Make this the only line of its name."""
        return self.with_lines(name, [Line(name, value, params)])

    def without(self, *names: str) -> Block:
        """Leave out every line of these names."""
        kept = (part for part in self.parts if not (isinstance(part, Line) and part.name in names))
        return replace(self, parts=tuple(kept))

    def with_blocks(self, name: str, blocks: list[Block]) -> Block:
        """Put these blocks in place of all that have the name."""
        kept = [part for part in self.parts if not (isinstance(part, Block) and part.name == name)]
        return replace(self, parts=(*kept, *blocks))

    def exchanged(self, old: Block, new: tuple[Block, ...]) -> Block:
        """The same tree with one block (this very one) replaced by others."""
        parts: list[Line | Block] = []
        for part in self.parts:
            if part is old:
                parts += new
            else:
                parts.append(part.exchanged(old, new) if isinstance(part, Block) else part)
        same = len(parts) == len(self.parts) and all(a is b for a, b in zip(parts, self.parts, strict=True))
        return self if same else replace(self, parts=tuple(parts))

    @property
    def newline(self) -> str:
        return "\r\n" if self.begin.endswith("\r\n") or not self.begin else "\n"

    @property
    def text(self) -> str:
        """The exact text of the tree."""
        return self.begin + "".join(part.raw if isinstance(part, Line) else part.text for part in self.parts) + self.end

    def _room(self) -> int:
        return next((i for i, part in enumerate(self.parts) if isinstance(part, Block)), len(self.parts))


def _meaning(line: Line) -> tuple[str, str, tuple[tuple[str, str], ...], str]:
    return line.name, line.value, line.params, line.group


def block(name: str, *parts: Line | Block, newline: str = "\r\n") -> Block:
    """A new block of new lines."""
    inside = tuple(written(part, newline) if isinstance(part, Line) else part for part in parts)
    return Block(name, f"BEGIN:{name}{newline}", inside, f"END:{name}{newline}")


def written(line: Line, newline: str = "\r\n") -> Line:
    """The line with its raw text, folded at 75 bytes; one that has a raw text keeps it."""
    if line.raw:
        return line
    params = "".join(f";{key}={_quoted(value)}" for key, value in line.params)
    group = f"{line.group}." if line.group else ""
    return replace(line, raw=_folded(f"{group}{line.name}{params}:{line.value}", newline) + newline)


def _quoted(value: str) -> str:
    clean = "".join(c for c in value.replace('"', "'") if c >= " " and c != "\x7f")
    return f'"{clean}"' if re.search(r"[,;:]", clean) else clean


def _folded(text: str, newline: str) -> str:
    pieces, room, start = [], _FOLD_AT, 0
    for i, char in enumerate(text):
        size = len(char.encode("utf-8", "surrogateescape"))
        if size > room:
            pieces.append(text[start:i])
            start, room = i, _FOLD_AT - 1
        room -= size
    return f"{newline} ".join([*pieces, text[start:]])


def parse(text: str) -> Block:
    """Read a text into its tree; raises LimitError (before parsing) and UnreadableError."""
    _check(text)
    stack: list[tuple[str, str, list[Line | Block]]] = [("", "", [])]
    for raw in _raw_lines(text):
        line = _read(raw)
        if line.name == "BEGIN":
            stack.append((line.value.strip().upper(), raw, []))
            if len(stack) > MAX_NESTING + 1:
                raise LimitError(f"Its parts are nested more than {MAX_NESTING} deep, so it was not read.")
        elif line.name == "END":
            name, begin, parts = stack.pop()
            if not stack or name != line.value.strip().upper():
                raise UnreadableError(f"END:{line.value.strip()[:40]} has no BEGIN before it.")
            stack[-1][2].append(Block(name, begin, tuple(parts), raw))
        else:
            stack[-1][2].append(line)
    if len(stack) > 1:
        raise UnreadableError(f"BEGIN:{stack[-1][0][:40]} is never closed; the end of the file is missing.")
    return Block("", parts=tuple(stack[0][2]))


def _check(text: str) -> None:
    lines = text.count("\n")
    if lines > MAX_FOLDED:
        raise LimitError(f"It has more than {MAX_FOLDED:,} lines, so it was not read.")
    if lines > MAX_LINES and sum(1 for _ in _LINE.finditer(text)) > MAX_LINES:
        raise LimitError(f"It has more than {MAX_LINES:,} properties, so it was not read.")


def _raw_lines(text: str) -> Iterator[str]:
    start = 0
    for found in _LINE.finditer(text):
        yield text[start : found.end()]
        start = found.end()
    if start < len(text):
        yield text[start:]


def _read(raw: str) -> Line:
    text = _FOLD.sub("", raw).rstrip("\r\n")
    head = _NAME.match(text.removeprefix("\ufeff"))
    if not head:
        return Line("", raw=raw)
    text = _whole(text.removeprefix("\ufeff"))
    params, at = _params(text, head.end())
    return Line(head[2].upper(), text[at:], params, head[1] or "", raw)


def _whole(text: str) -> str:
    """Join characters that a fold cut in two; text that is not UTF-8 at all is taken for Western European."""
    if not any("\udc80" <= c <= "\udcff" for c in text):
        return text
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half characters that no bytes of a file come to
        return text
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _params(text: str, at: int) -> tuple[tuple[tuple[str, str], ...], int]:
    """Read `;KEY=value` pairs from `at` on, up to the colon; says where the value begins."""
    params: list[tuple[str, str]] = []
    while at < len(text) and text[at] == ";":
        end = _until(text, at + 1)
        key, _, value = text[at + 1 : end].partition("=")
        params.append((key.upper(), value.replace('"', "")))
        at = end
    return tuple(params), at + 1


def _until(text: str, at: int) -> int:
    while at < len(text) and text[at] not in ":;":
        if text[at] == '"':
            close = text.find('"', at + 1)
            at = close if close >= 0 else len(text) - 1
        at += 1
    return at


_ESCAPE = re.compile(r"\\([\\;,nN:\"])")


def unescape(value: str) -> str:
    """The text that a TEXT value stands for."""
    return _ESCAPE.sub(lambda m: "\n" if m[1] in "nN" else m[1], value)


def escape(text: str) -> str:
    """A text as a TEXT value; control characters are dropped."""
    clean = "".join(c for c in text.replace("\r\n", "\n") if c >= " " or c in "\n\t")
    for char in "\\;,":
        clean = clean.replace(char, "\\" + char)
    return clean.replace("\n", "\\n")


def split(value: str, at: str = ";") -> list[str]:
    """Take a structured value apart at separators that are not escaped."""
    return [unescape(piece) for piece in re.split(rf"(?<!\\){at}", value)]


def mapped(root: Block, change: Callable[[Block], Block], names: tuple[str, ...]) -> Block:
    """The tree with `change` done to every block of these names."""
    parts = tuple(mapped(part, change, names) if isinstance(part, Block) else part for part in root.parts)
    tree = replace(root, parts=parts) if parts != root.parts else root
    return change(tree) if tree.name in names else tree
