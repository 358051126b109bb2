"""Files that no export is read from: what each is by its first bytes, and what to do with it.

Excel 97 to 2003, .xlsb and OpenDocument are among them, although calamine reads them: it gives errors and formulas
without a value as empty cells, and only in the XML of .xlsx can be seen which these are.
"""

import mmap
import re
import zipfile
from pathlib import Path
from typing import NamedTuple

from hotline import paths
from hotline.errors import InputError

HEAD = 4096  # bytes that tell the kind
ZIP, OLE = b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
EXPORT = "Open it in the program that made it, and export it as CSV in UTF-8."
SAVE = "Open it in Excel or LibreOffice, and save it as .xlsx, or as CSV in UTF-8."
UNPACK = "Unpack it, and give the file with the calls that is inside."
DECRYPT = "Decrypt it, and give the file with the calls that is inside."
ITSELF = "Give the file with the calls itself."


class Kind(NamedTuple):
    """What a file is, in words, and what to do with it."""

    words: str
    remedy: str


ARCHIVE, IMAGE, OLD_EXCEL = Kind("a packed file", UNPACK), Kind("an image", ITSELF), Kind("an old Excel file", SAVE)
ENCRYPTED = Kind(
    "a workbook or document that is encrypted with a password",
    "Open it in Excel with the password, and save it without (File, Info, Protect Workbook), or as CSV in UTF-8.",
)
STATISTICS = "Export it as CSV in UTF-8, with labels in place of codes where the codebook has labels."
SPSS, STATA, SAS = (Kind(f"a file of {name}", STATISTICS) for name in ("SPSS", "Stata", "SAS"))
R = Kind("a file of R", "Write its table by write.csv(..., fileEncoding = 'UTF-8').")
DATABASE = Kind("a database", "Export the table with the calls as CSV in UTF-8.")
LISTING = Kind("a dump of a database, in SQL", "Export the table with the calls as CSV in UTF-8.")
WEB = Kind("a web page, whatever its name says", SAVE)
TABLE_FILE = Kind("a file of another program for tables", EXPORT)

# (place, bytes, kind): what stands at a place of the file.
SIGNATURES = [
    (0, b"\x1f\x8b", Kind("a file packed by gzip", UNPACK)),
    (0, b"BZh", ARCHIVE),
    (0, b"\xfd7zXZ\x00", ARCHIVE),
    (0, b"\x28\xb5\x2f\xfd", ARCHIVE),
    (0, b"\x04\x22\x4d\x18", ARCHIVE),
    (0, b"\x1f\x9d", ARCHIVE),
    (0, b"MSCF\x00", ARCHIVE),
    (0, b"7z\xbc\xaf\x27\x1c", Kind("a 7z archive", UNPACK)),
    (0, b"Rar!\x1a\x07", Kind("a RAR archive", UNPACK)),
    (257, b"ustar", Kind("a tar archive", UNPACK)),
    (0, b"%PDF", Kind("a PDF", "Export the calls from the system that printed it, as CSV in UTF-8.")),
    (0, b"{\\rtf", Kind("a document (RTF)", SAVE)),
    (0, b"SQLite format 3\x00", Kind("a database (SQLite)", DATABASE.remedy)),
    (8, b"DUCK", Kind("a database (DuckDB)", DATABASE.remedy)),
    (4, b"Standard Jet DB", Kind("a database (Access)", DATABASE.remedy)),
    (4, b"Standard ACE DB", Kind("a database (Access)", DATABASE.remedy)),
    (0, b"$FL2", SPSS),
    (0, b"$FL3", SPSS),
    (0, b"<stata_dta>", STATA),
    (12, b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c", SAS),
    (0, b"HEADER RECORD*******", SAS),
    (0, b"RDX2\n", R),
    (0, b"RDX3\n", R),
    (0, b"X\n\x00\x00", R),
    (0, b"\x89HDF\r\n\x1a\n", TABLE_FILE),
    (0, b"ARROW1\x00\x00", Kind("an Arrow or Feather file", EXPORT)),
    (0, b"Obj\x01", TABLE_FILE),
    (0, b"\x93NUMPY", TABLE_FILE),
    (0, b"\x89PNG", IMAGE),
    (0, b"\xff\xd8\xff", IMAGE),
    (0, b"GIF8", IMAGE),
    (0, b"II*\x00", IMAGE),
    (0, b"MM\x00*", IMAGE),
    (0, b"\x09\x00\x04\x00", OLD_EXCEL),
    (0, b"\x09\x02\x06\x00", OLD_EXCEL),
    (0, b"\x09\x04\x06\x00", OLD_EXCEL),
    (0, b"\x09\x08\x10\x00", OLD_EXCEL),
    (0, b"\x4c\x00\x00\x00\x01\x14\x02\x00", Kind("a shortcut", ITSELF)),
    (0, b"\x00\x05\x16\x07", Kind("a companion file of macOS", ITSELF)),
]
# (pattern, kind): how a text file begins, in lower case and without what may stand before it.
BEGINNINGS = [
    (r"<.*(schemas-microsoft-com:office:spreadsheet|mso-application progid=.excel)", Kind("an XML spreadsheet", SAVE)),
    (r"<(!doctype html|html|head|body|meta|style|table|div|script)\b|<.*<html\b", WEB),
    (r"<\?xml|<!doctype|<!--", Kind("an XML file", EXPORT)),
    (r"(mime-version:|from: .*mime-version:)", WEB),
    (r"\{\s*(\"|\}|$)|\[\s*[\[{\"\]]", Kind("a JSON file", "Write its rows as CSV in UTF-8, one column per key.")),
    (r"id;p(wxl|calcooo)", Kind("an old spreadsheet (SYLK)", SAVE)),
    (r"table\r?\n0,1\r?\n", Kind("an old spreadsheet (DIF)", SAVE)),
    (r"-- (mysql|postgresql|mariadb)|pragma foreign_keys|(insert into|create table) ", LISTING),
    (r".{0,300}ascii spss port file", SPSS),
    (r"version https://git-lfs", Kind("a pointer of Git LFS", "Fetch the file itself (git lfs pull).")),
    (r"-----begin pgp|age-encryption\.org/", Kind("an encrypted file", DECRYPT)),
]
# What a ZIP archive has among its names where it is a document, by how these begin.
DOCUMENTS = {
    "xl/workbook.bin": Kind("a binary Excel workbook (.xlsb)", SAVE),
    "word/": Kind("a Word document", SAVE),
    "ppt/": Kind("a PowerPoint presentation", ITSELF),
    "index/": Kind("a document of Apple Numbers or Pages", "Open it in Numbers, and export it as CSV in UTF-8."),
    "index.zip": Kind("a document of Apple Numbers or Pages", "Open it in Numbers, and export it as CSV in UTF-8."),
}
# What an OLE container has among its names, as it writes them.
CONTENTS = {
    "EncryptedPackage": ENCRYPTED,
    "Workbook": Kind("an old Excel file (.xls)", SAVE),
    "Book": Kind("an old Excel file (.xls)", SAVE),
    "WordDocument": Kind("an old Word document", SAVE),
}


def _of_zip(export):
    """Return the kind of a ZIP archive; None of a workbook, or of an archive that is damaged, perhaps a workbook."""
    try:
        with zipfile.ZipFile(export) as archive:
            names = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
            mime = archive.read(names["mimetype"])[:99].decode("latin-1") if "mimetype" in names else ""
    except (zipfile.BadZipFile, RuntimeError, ValueError, OSError):
        return None
    for begins, kind in DOCUMENTS.items():
        if any(name.startswith(begins) for name in names):
            return kind
    if "xl/workbook.xml" in names:
        return None
    if "opendocument" in mime:
        what = "spreadsheet (.ods)" if mime.endswith("spreadsheet") else "document"
        return Kind(f"an OpenDocument {what}", SAVE)
    return Kind("a ZIP archive", UNPACK)


def _of_ole(export):
    """Return the kind of an OLE container, by the names of what it contains."""
    with open(export, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for name, kind in CONTENTS.items():
            if content.find(f"{name}\0".encode("utf-16-le")) >= 0:
                return kind
    return Kind("a file of an old Office program", SAVE)


def _is_stata(head):
    """Return whether a file begins like one of Stata before version 13: version, byte order, 1, 0."""
    return head[:1] in (b"i", b"l", b"n", b"o", b"q", b"r", b"s") and head[1:4] in (b"\x01\x01\x00", b"\x02\x01\x00")


def _is_dbase(head):
    """Return whether a file begins like one of dBase: version, a day, and the length of headings that end in 13."""
    if len(head) < 32 or head[0] not in (0x03, 0x04, 0x30, 0x83, 0x8B, 0xF5) or 0 not in head[:32]:
        return False
    length = int.from_bytes(head[8:10], "little")
    return 1 <= head[2] <= 12 and 1 <= head[3] <= 31 and head[length - 1 : length] in (b"\r", b"")


def kind(export: Path, head: bytes) -> Kind | None:
    """Return what a file is where no export can be read from it; None where it may be CSV, .xlsx or Parquet.

    Parameters
    ----------
    head : its first bytes, HEAD of them if there are so many
    """
    if head.startswith(ZIP) and head[2:4] in (b"\x03\x04", b"\x05\x06", b"\x07\x08"):
        return _of_zip(export)
    if head.startswith(OLE):
        return _of_ole(export)
    for place, signature, each in SIGNATURES:
        if head.startswith(signature, place):
            return each
    if _is_stata(head):
        return STATA
    if _is_dbase(head):
        return Kind("a database (dBase)", SAVE)
    codec = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = head.decode(codec, errors="replace").lstrip("\ufeff \t\r\n").lower()
    return next((each for pattern, each in BEGINNINGS if re.match(pattern, text, re.DOTALL)), None)


def refuse(export: Path, head: bytes) -> None:
    """Raise InputError, with what the file is and the remedy, where no export can be read from it."""
    known = kind(export, head)
    if known:
        raise InputError(
            f"{paths.shown(export)}: this is {known.words}; expected CSV, Excel (.xlsx) or Parquet.\n  {known.remedy}"
        )
