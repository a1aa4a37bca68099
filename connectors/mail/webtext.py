"""HTML to plain text: what a reader would see, and nothing else. No scripts, nothing remote, no hidden text.

Deliberately not a browser and not `html.parser`, which takes quadratic time on malformed comments and tags in several
supported versions of Python: this is one pass that only ever moves forward. Style sheets are not read, so text that
only a style sheet hides is kept.
"""

from __future__ import annotations

import re
from html import unescape

_DROPPED = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "svg", "math", "iframe"})
_RAW = frozenset({"script", "style", "title", "noscript", "iframe", "textarea"})
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_BLOCK = frozenset(
    (
        "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "figure", "footer",
        "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
        "table", "tr", "ul",
    )
)  # fmt: skip
_ATTRIBUTE = re.compile(r"\shidden(?=[\s=>/])", re.IGNORECASE)
_STYLE = re.compile(r"style\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]*)", re.IGNORECASE)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    r"|(?:font-size|opacity|max-height)\s*:\s*0(?![.\d])",
    re.IGNORECASE,
)
_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]*)")
_TURN = re.compile(r"=\s*([\"'])|>")
MAX_TAGS = 100_000
"""Tags that are looked at; what follows is left out."""
_MAX_TAG = 8 * 1024
"""Characters of a tag that are looked through for what hides it; a longer tag counts as hiding."""


def to_text(html: str) -> str:
    """Give the visible text of an HTML document, one line per block, at most one empty line in a row."""
    out: list[str] = []
    hidden: list[str] = []
    position = 0
    for _ in range(MAX_TAGS):
        opened = html.find("<", position)
        if not hidden:
            out.append(_words(html[position : opened if opened >= 0 else len(html)]))
        if opened < 0:
            break
        position = _markup(html, opened, out, hidden)
    lines = [" ".join(line.split()) for line in "".join(out).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(html))


def _markup(html: str, opened: int, out: list[str], hidden: list[str]) -> int:
    """Take in what begins with "<" here, and say where it ends."""
    if html.startswith("<!--", opened):
        return _after(html, "-->", opened + 4)
    name = _NAME.match(html, opened + 1)
    if name is None:
        if html[opened + 1 : opened + 2] in ("!", "?", "/"):
            return _after(html, ">", opened)
        out.append("" if hidden else "<")
        return opened + 1
    end = _tag_end(html, name.end())
    tag = html[opened:end]
    word = name[1].lower()
    if tag.startswith("</"):
        _leave(word, hidden)
    else:
        _enter(word, tag, hidden)
        if word in _RAW:
            end = _raw_end(html, word, end)
    if word in _BLOCK and not hidden:
        out.append("\n")
    elif word in ("td", "th") and not hidden:
        out.append(" ")
    return end


def _enter(word: str, tag: str, hidden: list[str]) -> None:
    if hidden and _closes(word, hidden):
        hidden.pop()
    if word not in _VOID and (hidden or word in _DROPPED or _hides(tag)):
        hidden.append(word)


def _closes(word: str, hidden: list[str]) -> bool:
    """Tell whether a start tag ends the element before it, whose end tag may be left out."""
    last = hidden[-1]
    return (last == "p" and word in _BLOCK) or last == word == "li" or (hidden == ["head"] and word == "body")


def _hides(tag: str) -> bool:
    if len(tag) > _MAX_TAG or _ATTRIBUTE.search(tag):
        return True
    return any(_HIDING.search(unescape(style)) for style in _STYLE.findall(tag))


def _leave(word: str, hidden: list[str]) -> None:
    """Close a tag inside hidden text, and with it those that were left open within; a stray end tag does nothing."""
    near = hidden[-50:]
    if word in near:
        del hidden[len(hidden) - 1 - near[::-1].index(word) :]


def _after(html: str, mark: str, position: int) -> int:
    found = html.find(mark, position)
    return found + len(mark) if found >= 0 else len(html)


def _raw_end(html: str, word: str, position: int) -> int:
    """Find the end tag of an element whose content is no markup; it is taken in next, as any end tag."""
    found = re.compile(rf"</{word}(?=[\s>/])", re.IGNORECASE).search(html, position)
    return found.start() if found else len(html)


def _tag_end(html: str, position: int) -> int:
    """Find where a tag ends; a ">" inside quotes does not end it."""
    while True:
        turn = _TURN.search(html, position)
        if turn is None:
            return len(html)
        if turn[0] == ">":
            return turn.end()
        close = html.find(turn[1], turn.end())
        position = close + 1 if close >= 0 else turn.end()
