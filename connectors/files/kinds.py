"""What sort of thing a file is, told from its name and the folder it lies in, in the words of the catalogue.

Deliberately not here: looking into files; a name is what the person sees, and it costs nothing.
"""

from __future__ import annotations

import re

from nearhand.connectors.names import split_name

_ENDINGS = {
    "photo": "jpg jpeg jpe jfif png heic heif avif webp gif bmp tif tiff raw dng cr2 cr3 nef arw orf rw2 raf svg",
    "video": "mp4 m4v mov avi mkv webm wmv flv mpg mpeg 3gp mts m2ts ogv",
    "audio": "mp3 m4a aac flac wav ogg oga opus wma aif aiff mid midi amr",
    "pdf": "pdf",
    "document": "pdf doc docx docm dot dotx odt ott rtf pages tex wpd txt text md markdown rst org",
    "spreadsheet": "xls xlsx xlsm xlsb ods csv tsv numbers",
    "presentation": "ppt pptx pptm pps ppsx odp key",
    "archive": "zip tar gz tgz bz2 tbz2 xz txz 7z rar zst lz lzma cab",
    "installer": "deb rpm exe msi dmg pkg appimage apk flatpak snap flatpakref run iso",
    "text": "txt text md markdown rst org log",
    "code": "py pyi ipynb js mjs jsx tsx java kt c h cc cpp hpp cs go rs rb php pl sh bash zsh fish ps1 bat swift scala"
    " r jl lua sql html htm css scss xml json yaml yml toml ini cfg conf vue dart hs ex erl clj el vim make cmake",
    "ebook": "epub mobi azw azw3 fb2 djvu cbz cbr",
}
_KINDS_BY_ENDING: dict[str, frozenset[str]] = {}
for _kind, _words in _ENDINGS.items():
    for _word in _words.split():
        _KINDS_BY_ENDING[_word] = _KINDS_BY_ENDING.get(_word, frozenset()) | {_kind}
_OTHER = "eml msg ics vcf torrent bak tmp part dat db sqlite bin psd ai sketch xcf ttf otf"
_OTHER_ENDINGS = frozenset(_OTHER.split())

_SCREENSHOT = re.compile(
    r"(?<![a-z])(screen[-_ ]?(shot|grab|cap(ture)?)s?|snip(ping)?|bildschirmfoto|capture d.écran)(?![a-z])",
    re.IGNORECASE,
)
_SCAN = re.compile(
    r"(?<![a-z])(scan(s|ned)?|scanner|camscanner|doc[-_ ]scan|adobe[-_ ]scan|genius[-_ ]scan)(?![a-z])", re.IGNORECASE
)
_GROUPS = (
    ("screenshot", "Screenshots"), ("scan", "Scans"), ("photo", "Photos"), ("video", "Videos"), ("audio", "Audio"),
    ("pdf", "PDFs"), ("spreadsheet", "Spreadsheets"), ("presentation", "Presentations"), ("ebook", "Ebooks"),
    ("archive", "Archives"), ("installer", "Installers"), ("text", "Text"), ("code", "Code"), ("document", "Documents"),
)  # fmt: skip
FOLDERS = (*(folder for _, folder in _GROUPS), "Other")
"""The subfolders that sorting by kind makes."""


def kinds_of(name: str, place: str = "") -> frozenset[str]:
    """Every kind of the catalogue that a file of this name in this folder is; "file" always among them."""
    ending = split_name(name)[1].lower().rpartition(".")[2]
    kinds = _KINDS_BY_ENDING.get(ending, frozenset())
    folder = place.rpartition("/")[2]
    found = {"file", *kinds}
    if "photo" in kinds and (_SCREENSHOT.search(name) or _SCREENSHOT.search(folder)):
        found.add("screenshot")
    elif kinds & {"photo", "pdf"} and (_SCAN.search(name) or _SCAN.search(folder)):
        found.add("scan")
    return frozenset(found - {"photo"} if "screenshot" in found else found)


def folder_for(kinds: frozenset[str]) -> str:
    """The subfolder that a file of these kinds is sorted into."""
    return next((folder for kind, folder in _GROUPS if kind in kinds), "Other")


def is_ending(ending: str) -> bool:
    """Whether ".xyz" is the ending of a known sort of file rather than a part of a name."""
    word = ending.lower().rpartition(".")[2]
    return word in _KINDS_BY_ENDING or word in _OTHER_ENDINGS
