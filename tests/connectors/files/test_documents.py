"""Text is read from documents of anybody, and nothing but two errors comes out of it."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import docx
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.connectors.errors import LimitError, UnreadableError
from nearhand.connectors.files import documents
from nearhand.connectors.files.documents import document_text

HOSTILE = Path("/work/shared/data/hostile")


def pdf_saying(text: str) -> bytes:
    """The smallest PDF with a line of text on it."""
    stream = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length " + str(len(stream)).encode() + b" >>\nstream\n" + stream + b"\nendstream",
    ]
    file, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(file))
        file += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(file)
    file += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    return bytes(file + f"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode())


def docx_saying(*lines: str) -> bytes:
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    document.add_table(1, 1).cell(0, 0).text = "in a table"
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("\ufeffGrüße".encode(), "Grüße"),
        ("Grüße".encode("utf-16"), "Grüße"),
        ("Grüße".encode("cp1252"), "Grüße"),
        (b"  a,b\r\n1,2\n", "a,b\r\n1,2"),
        (b"", ""),
    ],
)
def test_plain_text_is_read_in_the_encodings_that_people_have(data: bytes, text: str) -> None:
    assert document_text("notes.csv", data) == text


def test_the_text_of_a_pdf_is_read() -> None:
    assert "Rent for May" in document_text("rent.PDF", pdf_saying("Rent for May"))


def test_the_text_of_a_word_document_is_read_with_its_tables() -> None:
    assert document_text("letter.docx", docx_saying("Dear Olga,", "see you")) == "Dear Olga,\nsee you\nin a table"


def test_a_pdf_with_a_password_is_unreadable() -> None:
    writer = pypdf.PdfWriter(io.BytesIO(pdf_saying("secret")))
    writer.encrypt("password", algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    with pytest.raises(UnreadableError, match="password"):
        document_text("x.pdf", file.getvalue())


def test_long_text_is_cut_and_huge_files_are_not_read() -> None:
    assert len(document_text("long.txt", b"word " * 1_000_000)) <= documents.MAX_TEXT
    with pytest.raises(LimitError):
        document_text("huge.txt", bytes(documents.MAX_BYTES + 1))


def test_a_word_document_that_is_a_bomb_is_beyond_the_limit() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(50_000_000))
    with pytest.raises(LimitError):
        document_text("bomb.docx", file.getvalue())


def test_what_is_not_text_is_unreadable() -> None:
    with pytest.raises(UnreadableError):
        document_text("binary.txt", bytes(range(256)))


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(["a.pdf", "a.docx", "a.txt"]), st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    try:
        assert isinstance(document_text(name, data), str)
    except (UnreadableError, LimitError) as error:
        assert str(error)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_damaged_document_is_read_or_refused(data: st.DataObject) -> None:
    name, whole = data.draw(st.sampled_from([("a.pdf", pdf_saying("hello")), ("a.docx", docx_saying("hello"))]))
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        document_text(name, bytes(broken)).encode("utf-8")
    except (UnreadableError, LimitError) as error:
        assert str(error)


@pytest.mark.skipif(not HOSTILE.is_dir(), reason="the collection of odd files is not here")
def test_odd_files_are_read_or_refused_in_time() -> None:
    for path in [path for path in sorted(HOSTILE.rglob("*")) if path.is_file()][:300]:
        for ending in (".txt", ".pdf", ".docx"):
            began = time.process_time()
            with suppress(UnreadableError, LimitError):
                document_text(path.name + ending, path.read_bytes())
            assert time.process_time() - began < 4, path


def test_the_parsers_are_loaded_only_when_a_document_needs_them() -> None:
    program = "import sys, nearhand.connectors.files.connector; print({'pypdf', 'docx', 'lxml'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
