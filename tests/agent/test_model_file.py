"""The header of a GGUF file, written here byte by byte."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent import model_file
from nearhand.agent.model_file import ModelFileError


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def _pair(key: str, sort: int, value: bytes) -> bytes:
    return _text(key) + struct.pack("<I", sort) + value


def header() -> bytes:
    words = struct.pack("<IQ", 8, 2) + _text("a") + _text("b")
    numbers = struct.pack("<IQ", 5, 3) + struct.pack("<3i", 1, 2, 3)
    pairs = [
        _pair("general.architecture", 8, _text("llama")),
        _pair("general.name", 8, _text("tiny")),
        _pair("tokens", 9, words),
        _pair("types", 9, numbers),
        _pair("llama.block_count", 4, struct.pack("<I", 6)),
        _pair("general.file_type", 4, struct.pack("<I", 7)),
        _pair("nearhand.calibration.threshold", 6, struct.pack("<f", 0.5)),
    ]
    tensors = [_text("w") + struct.pack("<IQQIQ", 2, 256, 4, 8, 0), _text("n") + struct.pack("<IQIQ", 1, 256, 0, 0)]
    return b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs + tensors)


def test_the_header_tells_name_shape_and_parameters(tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(header() + b"weights")
    held = model_file.read(path)
    assert (held.name, held.kind, held.parameters) == ("tiny", "Q8_0", 256 * 4 + 256)
    assert held.number("block_count") == 6
    assert held.meta["nearhand.calibration.threshold"] == 0.5
    assert "tokens" not in held.meta


def test_what_is_not_a_model_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"hello, I am a text")
    with pytest.raises(ModelFileError, match="is not a GGUF file"):
        model_file.read(path)
    with pytest.raises(ModelFileError, match="cannot be read"):
        model_file.read(tmp_path / "nothing.gguf")


@given(cut=st.integers(4, len(header()) - 1))
def test_a_file_that_was_cut_off_is_damaged(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.getbasetemp() / "cut.gguf"
    path.write_bytes(header()[:cut])
    with pytest.raises(ModelFileError, match="damaged"):
        model_file.read(path)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail_in_another_way(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.gguf"
    path.write_bytes(b"GGUF\x03\0\0\0" + data)
    with suppress(ModelFileError):
        model_file.read(path)
