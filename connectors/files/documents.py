"""The words in documents, for the index: plain text, Markdown, tables, PDF and Word.

Documents come from anybody, so this is meant to run in the sealed worker; whatever is wrong with one, the only errors
are UnreadableError and LimitError. Deliberately not here: layout, pictures, formulas, text recognition.
"""

from __future__ import annotations

import io
import logging
import time
import warnings
from collections.abc import Iterable, Iterator

from nearhand.connectors.errors import ConnectorError, LimitError, UnreadableError
from nearhand.connectors.files.archives import check_bomb

MAX_TEXT = 2_000_000
"""Characters of text that are kept; the rest of a longer document is not searched."""
MAX_BYTES = 20_000_000
"""A larger file is not opened for its text."""
MAX_SECONDS = 2.0
"""After this the pages read so far are what there is."""
_PLAIN = frozenset({"txt", "text", "md", "markdown", "rst", "org", "csv", "tsv", "log"})
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def has_text(name: str) -> bool:
    """Whether a file of this name is one that text can be read from."""
    return _ending(name) in _PLAIN | {"pdf", "docx"}


def document_text(name: str, data: bytes) -> str:
    """The text of a document, at most 2 MB; raises UnreadableError or LimitError and nothing else."""
    if len(data) > MAX_BYTES:
        raise LimitError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB, so its text is not searched.")
    reader = {"pdf": _pdf, "docx": _docx}.get(_ending(name), _plain)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _joined(reader(data))
    except ConnectorError as error:
        raise (error if isinstance(error, LimitError) else UnreadableError(str(error))) from error
    except (MemoryError, RecursionError) as error:
        raise LimitError(f"{name} is too deeply nested or too large to read. It was left as it is.") from error
    except Exception as error:  # parsers of strangers' files raise anything
        raise UnreadableError(f"{name} could not be read as a document. It was left as it is.") from error


def _ending(name: str) -> str:
    return name.lower().rpartition(".")[2]


def _joined(parts: Iterable[str]) -> str:
    kept: list[str] = []
    room = MAX_TEXT
    for part in parts:
        kept.append(part[:room])
        room -= len(part) + 1
        if room <= 0:
            break
    return _encodable("\n".join(kept))[:MAX_TEXT].strip()


def _encodable(text: str) -> str:
    """Half a character or a NUL is nothing that a database could store."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _plain(data: bytes) -> Iterator[str]:
    kept = data[: MAX_TEXT * 4]
    if kept.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield kept.decode("utf-16", "replace")
    elif b"\0" in kept[:8192]:
        raise UnreadableError("It is not text. It was left as it is.")
    else:
        yield _decoded(kept)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut_at_end = len(data) == MAX_TEXT * 4 and error.start >= len(data) - 3
        return data.decode("utf-8-sig" if cut_at_end else "cp1252", "replace")


def _pdf(data: bytes) -> Iterator[str]:
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    until = time.monotonic() + MAX_SECONDS
    reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableError("It is protected by a password. Open it yourself and save it without one.")
    for page in reader.pages:
        yield page.extract_text()
        if time.monotonic() > until:
            return


def _docx(data: bytes) -> Iterator[str]:
    check_bomb(io.BytesIO(data))
    import docx

    body = docx.Document(io.BytesIO(data)).element.body
    for paragraph in body.iter(f"{_WORD}p"):
        yield "".join(_runs(paragraph.iter(f"{_WORD}t", f"{_WORD}tab", f"{_WORD}br")))


def _runs(pieces: Iterable[object]) -> Iterator[str]:
    for piece in pieces:
        tag, text = str(getattr(piece, "tag", "")), getattr(piece, "text", None)
        yield str(text or "") if tag == f"{_WORD}t" else " "
