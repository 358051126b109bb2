"""What a file is that no export is read from, by its first bytes."""

import gzip
import re
import struct
import tarfile

import duckdb
import pytest
from workbooks import archive, workbook

from hotline.cleaning.readers import foreign, kinds
from hotline.errors import InputError

LINES = "编号,学段\n13800000003,初中\n"


def ole(*names):
    """Return the bytes of an OLE container: a header, and a folder with the given names."""
    header = foreign.OLE + bytes(22) + struct.pack("<HH", 9, 6) + bytes(14) + struct.pack("<I", 1)
    entries = b"".join(name.encode("utf-16-le").ljust(64, b"\0") + bytes(64) for name in ("Root Entry", *names))
    return header.ljust(1024, b"\0") + entries


DBASE = struct.pack("<B3BIHH", 3, 121, 3, 1, 1, 65, 12) + bytes(20) + b"NAME".ljust(32, b"\0") + b"\r" + b"13800000003"
WEB_PAGE = "<html><body><table><tr><td>编号</td></tr></table></body></html>"
XML_SPREADSHEET = (
    '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'
)
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
FILES = {
    "ZIP": (archive({"export.csv": LINES}), "a ZIP archive;.*Unpack it"),
    "an empty ZIP": (archive({}), "a ZIP archive;"),
    "gzip": (gzip.compress(LINES.encode()), "a file packed by gzip;.*Unpack it"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(9), "a 7z archive"),
    "RAR": (b"Rar!\x1a\x07\x01\x00" + bytes(9), "a RAR archive"),
    "a workbook with a password": (
        ole("EncryptionInfo", "EncryptedPackage"),
        "encrypted with a password;.*save it with",
    ),
    "xls": (ole("Workbook"), r"an old Excel file \(\.xls\);.*save it as \.xlsx, or as CSV in UTF-8"),
    "xls of Excel 5": (ole("Book"), r"an old Excel file \(\.xls\);"),
    "xls of Excel 4": (b"\x09\x04\x06\x00" + bytes(99), "an old Excel file;"),
    "doc": (ole("WordDocument"), "an old Word document"),
    "msg": (ole("__substg1.0_0037001F"), "a file of an old Office program"),
    "xlsb": (archive({"[Content_Types].xml": "", "xl/workbook.bin": ""}), r"a binary Excel workbook \(\.xlsb\)"),
    "docx": (archive({"[Content_Types].xml": "", "word/document.xml": ""}), "a Word document"),
    "ods": (
        archive({"mimetype": f"{OPEN_DOCUMENT}spreadsheet", "content.xml": ""}),
        r"OpenDocument spreadsheet \(\.ods",
    ),
    "odt": (archive({"mimetype": f"{OPEN_DOCUMENT}text", "content.xml": ""}), "an OpenDocument document"),
    "numbers": (archive({"Index/Document.iwa": ""}), "Apple Numbers"),
    "SPSS": (b"$FL2@(#) SPSS DATA FILE" + bytes(99), "a file of SPSS;.*as CSV in UTF-8, with labels"),
    "SPSS, packed": (b"$FL3@(#) SPSS DATA FILE" + bytes(99), "a file of SPSS;"),
    "SPSS, portable": (b"\xc1\xe2" * 100 + b"ASCII SPSS PORT FILE", "a file of SPSS;"),
    "Stata": (b"<stata_dta><header><release>118</release>", "a file of Stata;"),
    "Stata 12": (b"s\x02\x01\x00" + bytes(99), "a file of Stata;"),
    "SAS": (
        bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c" + bytes(9),
        "a file of SAS;",
    ),
    "R": (b"RDX3\nX\n" + bytes(9), "a file of R;.*write.csv"),
    "SQLite": (b"SQLite format 3\x00" + bytes(99), r"a database \(SQLite\);.*Export the table"),
    "Access": (b"\x00\x01\x00\x00Standard ACE DB\x00" + bytes(99), r"a database \(Access\);"),
    "dBase": (DBASE, r"a database \(dBase\);"),
    "a dump": ("-- MySQL dump 10.13\nINSERT INTO calls VALUES (1);", "a dump of a database"),
    "PDF": (b"%PDF-1.7\n", "a PDF;"),
    "RTF": ("{\\rtf1\\ansi 13800000003}", "a document .RTF.;"),
    "a web page": (WEB_PAGE, "a web page, whatever its name says;"),
    "a web page in UTF-16": (WEB_PAGE.encode("utf-16"), "a web page"),
    "a web page with a BOM": ("\ufeff\r\n<!DOCTYPE html>" + WEB_PAGE, "a web page"),
    "a web page as XML": ('<?xml version="1.0"?>' + WEB_PAGE, "a web page"),
    "a web archive": ("MIME-Version: 1.0\nContent-Type: multipart/related", "a web page"),
    "XML spreadsheet": (XML_SPREADSHEET, "an XML spreadsheet;"),
    "XML": ("<?xml version='1.0'?><calls><call/></calls>", "an XML file;"),
    "JSON": ('[\n  {"编号": "13800000003"}\n]', "a JSON file;"),
    "JSON lines": ('{"编号": "13800000003"}\n', "a JSON file;"),
    "SYLK": ("ID;PWXL;N;E\nP;PGeneral\n", "an old spreadsheet .SYLK.;"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(99), "an image;"),
    "Git LFS": ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS;.*git lfs pull"),
    "PGP": ("-----BEGIN PGP MESSAGE-----\n\n13800000003\n", "an encrypted file;"),
}


@pytest.mark.parametrize("how", FILES)
def test_a_foreign_file_is_named_with_its_remedy(tmp_path, how):
    content, expected = FILES[how]
    (tmp_path / "export.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as raised:
        kinds.open_table(tmp_path / "export.csv", {"编号"})
    message = str(raised.value)
    assert re.search(f"export.csv: this is .*{expected}.*", message, re.DOTALL), message
    assert "expected CSV, Excel (.xlsx) or Parquet" in message and "13800000003" not in message


def test_a_tar_archive_and_a_database_are_named(tmp_path):
    (tmp_path / "export.csv").write_text(LINES)
    with tarfile.open(tmp_path / "export.tar", "w") as packed:
        packed.add(tmp_path / "export.csv")
    duckdb.connect(tmp_path / "calls.duckdb").close()
    for name, words in {"export.tar": "a tar archive", "calls.duckdb": "a database (DuckDB)"}.items():
        head = (tmp_path / name).read_bytes()[: foreign.HEAD]
        assert foreign.kind(tmp_path / name, head).words == words


TEXTS = [
    LINES,
    "PARENT,ID;P\n1,2\n",
    "ID;P;Q\n1;2;3\n",
    "[编号],{学段}\n1,2\n",
    "PK,BZ\n1,2\n",
    "from: 1,to: 2\n",
    "0\n\n",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_text_file_is_not_foreign(tmp_path, text, codec):
    assert foreign.kind(tmp_path / "export.csv", text.encode(codec)) is None


def test_a_workbook_and_a_damaged_archive_are_for_the_reader_of_workbooks(tmp_path):
    content = workbook({"s": [["编号"], ["1"]]})
    for size in (len(content), 500):
        (tmp_path / "export.xlsx").write_bytes(content[:size])
        assert foreign.kind(tmp_path / "export.xlsx", content[:500]) is None
