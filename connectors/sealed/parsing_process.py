"""The sealed process that reads outside data: asked over one channel, it answers with typed values and no more.

    asked      a reader's name and arguments (pickled: the engine wrote them), then the raw bytes or an open file
    answers    b"v" a value as `typed.py` writes it, b"b" plain bytes, or b"e" the name of an error and its text
Once sealed it cannot open a socket, start a process, write a file or read one of the person's. Deliberately not here:
starting it and giving up on it (`parsing_apart.py`).
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import struct
import sys
from typing import BinaryIO

from nearhand.connectors import errors
from nearhand.connectors.sealed import parsing, typed
from nearhand.connectors.sealed.seal import Sealed, own_files, seal_worker

ASKED = struct.Struct("!?IQ")
"""Whether an open file comes along, and how long the head and the data are."""
ANSWER = struct.Struct("!cQ")
SECONDS = 600
"""Of processor time, then it ends, and the engine starts another."""
TRY = "--try"
"""Instead of a channel: try to break out, and print what became of it."""
KINDS = ("NotFoundError", "LimitError", "UnreadableError", "DeniedError", "ConnectorError")


def serve(channel: int, memory: int) -> None:
    """Seal this process, say what holds, and answer until the engine goes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the engine
    _no_terminal()
    line = socket.socket(fileno=channel)  # asks the kernel what it is, which is not possible later
    answer(channel, b"v", typed.dumped(Sealed, seal_reader(memory, (channel,))))
    while _one(line):
        pass


def seal_reader(memory: int, keep: tuple[int, ...] = ()) -> Sealed:
    """Seal this process; the channels stay open."""
    return seal_worker(own_files(), memory, SECONDS, keep=(0, 1, 2, *keep))


def _no_terminal() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)


def _one(line: socket.socket) -> bool:
    """Answer one request; False when there is none, or no more memory to go on with."""
    head = _exactly(line.fileno(), ASKED.size)
    if len(head) < ASKED.size:
        return False
    has_file, named, size = ASKED.unpack(head)
    file: BinaryIO | None = None
    if has_file:
        _, handles, _, _ = socket.recv_fds(line, 1, 1)
        file = os.fdopen(handles[0], "rb")
    name, rest = pickle.loads(_exactly(line.fileno(), named))
    data = file or _exactly(line.fileno(), size)
    try:
        kind, said, goes_on = *_read(parsing.READERS[name], data, rest), True
    except MemoryError:
        kind, goes_on = b"e", False
        said = b'["LimitError", "It needs more memory than reading may take. It was left as it is."]'
    del data
    answer(line.fileno(), kind, said)
    return goes_on


def _read(reader: parsing.Reader[object], data: bytes | BinaryIO, rest: tuple[object, ...]) -> tuple[bytes, bytes]:
    try:
        value = reader.function(data, *rest)
        return (b"b", value) if isinstance(value, bytes) else (b"v", typed.dumped(reader.result, value))
    except errors.ConnectorError as error:
        name = type(error).__name__
        return b"e", json.dumps([name if name in KINDS else "UnreadableError", str(error)]).encode()
    except MemoryError:
        raise
    except Exception as error:  # what others wrote makes libraries raise anything
        return b"e", json.dumps(["UnreadableError", str(error) or type(error).__name__]).encode()


def _exactly(channel: int, size: int) -> bytes:
    """So many bytes, fewer only at the end."""
    found = os.read(channel, min(size, 1 << 20)) if size else b""
    if len(found) == size:
        return found
    parts, missing = [found], size - len(found)
    while missing and parts[-1]:
        parts.append(os.read(channel, min(missing, 1 << 20)))
        missing -= len(parts[-1])
    return b"".join(parts)


def answer(channel: int, kind: bytes, said: bytes) -> None:
    """Send one answer, whole."""
    rest = memoryview(ANSWER.pack(kind, len(said)) + said)
    while rest:
        rest = rest[os.write(channel, rest) :]


if __name__ == "__main__":
    if sys.argv[1] == TRY:
        from nearhand.connectors.sealed import escapes

        print(json.dumps(escapes.tried(lambda: seal_reader(int(sys.argv[2])))))
    else:
        serve(int(sys.argv[1]), int(sys.argv[2]))
