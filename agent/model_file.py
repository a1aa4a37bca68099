"""What a GGUF file says about itself, read from its header alone: name, shape, parameters. Loads no model.

The format is ggml's (docs/gguf.md there): magic, version, counts, key-value pairs, then name and shape of each tensor.
Every count is bounded before it is used. Deliberately not here: running a model (`nearhand.models.llama`).
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from nearhand.agent.errors import AgentError

Value: TypeAlias = "int | float | str"

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_MOST_PAIRS, _MOST_TENSORS, _MOST_ENTRIES, _MOST_TEXT = 10_000, 100_000, 5_000_000, 4_000_000
_TYPES = {0: "F32", 1: "F16", 2: "Q4_0", 7: "Q8_0", 8: "Q5_0", 12: "Q3_K", 15: "Q4_K", 17: "Q5_K", 18: "Q6_K"}


class ModelFileError(AgentError):
    """The file is not a GGUF model; says why and what to do."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file, by its header."""

    path: Path
    size: int
    """Bytes."""
    meta: Mapping[str, Value]
    """The key-value pairs that are single values."""
    parameters: int

    @property
    def name(self) -> str:
        return str(self.meta.get("general.name", self.path.stem))

    @property
    def kind(self) -> str:
        """How the weights are written."""
        return _TYPES.get(int(self.meta.get("general.file_type", -1)), "mixed")

    def number(self, key: str) -> Value | None:
        """A value of the architecture: `block_count`, `context_length`, ..."""
        return self.meta.get(f"{self.meta.get('general.architecture', '')}.{key}")


def read(path: Path) -> ModelFile:
    """Read the header of a GGUF file; raises ModelFileError."""
    try:
        with path.open("rb") as file:
            return _read(path, file)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}.") from error
    except (struct.error, OverflowError, UnicodeDecodeError, ValueError) as error:
        raise ModelFileError(f"{path} is damaged: its header cannot be read. Get the file again.") from error


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path, file: BinaryIO) -> ModelFile:
    if file.read(4) != b"GGUF":
        raise ModelFileError(f"{path} is not a GGUF file. A model file ends in .gguf and begins with these letters.")
    version, tensors, pairs = _number(file, "<I"), _number(file, "<Q"), _number(file, "<Q")
    if version not in (2, 3) or tensors > _MOST_TENSORS or pairs > _MOST_PAIRS:
        raise ValueError("out of bounds")
    meta: dict[str, Value] = {}
    for _ in range(pairs):
        key, value = _text(file), _value(file, _number(file, "<I"))
        if value is not None:
            meta[key] = value
    parameters = sum(_tensor(file) for _ in range(tensors))
    return ModelFile(path, path.stat().st_size, meta, parameters)


def _unpack(file: BinaryIO, form: str) -> int | float:
    value: int | float = struct.unpack(form, file.read(struct.calcsize(form)))[0]
    return value


def _number(file: BinaryIO, form: str) -> int:
    return int(_unpack(file, form))


def _text(file: BinaryIO) -> str:
    length = _number(file, "<Q")
    data = file.read(length) if length <= _MOST_TEXT else b""
    if len(data) != length:
        raise ValueError("cut off")
    return data.decode("utf-8")


def _value(file: BinaryIO, sort: int) -> Value | None:
    """A single value; lists (vocabulary, merges) are passed over."""
    if sort == _STRING:
        return _text(file)
    if sort != _ARRAY:
        return _unpack(file, _form(sort))
    of, count = _number(file, "<I"), _number(file, "<Q")
    if count > _MOST_ENTRIES:
        raise ValueError("out of bounds")
    if of == _STRING:
        for _ in range(count):
            _text(file)
    else:
        file.seek(count * struct.calcsize(_form(of)), 1)
    return None


def _form(sort: int) -> str:
    if sort not in _SCALARS:
        raise ValueError("unknown type")
    return _SCALARS[sort]


def _tensor(file: BinaryIO) -> int:
    """How many parameters a tensor has."""
    _text(file)
    dimensions = _number(file, "<I")
    if dimensions > 8:
        raise ValueError("out of bounds")
    shape = [_number(file, "<Q") for _ in range(dimensions)]
    _number(file, "<I"), _number(file, "<Q")  # type and offset, which must be there
    return math.prod(shape)
