"""Small Excel workbooks, written part by part, so that a cell can be as odd as any program writes it."""

import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGES = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Number formats of the styles 0, 1, ...: general, a date with time, a duration, a time of day, a per cent.
FORMATS = ("General", "yyyy-mm-dd hh:mm:ss", "[h]:mm:ss", "hh:mm:ss", "0%")


def cell(value: str | float, style: int = 0, reference: str = "") -> str:
    """Return the XML of a cell; a text that begins with "<c" is the XML already."""
    if isinstance(value, str) and value.startswith("<c"):
        return value
    attributes = (f' r="{reference}"' if reference else "") + (f' s="{style}"' if style else "")
    if isinstance(value, bool):
        return f'<c{attributes} t="b"><v>{value:d}</v></c>'
    if isinstance(value, str):
        return f'<c{attributes} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f"<c{attributes}><v>{value!r}</v></c>"


def formula(result: str = "", kind: str = "") -> str:
    """Return the XML of a cell with a formula and the XML of its result."""
    return f"<c{f' t={quoteattr(kind)}' if kind else ''}><f>IF(1=1,2,3)</f>{result}</c>"


ERROR = '<c t="e"><v>#N/A</v></c>'


def sheet_data(rows: list[list]) -> str:
    """Return the XML of rows of cells, each a text, a number, a truth value or XML."""
    body = (f'<row r="{i}">{"".join(map(cell, row))}</row>' for i, row in enumerate(rows, 1))
    return f"<sheetData>{''.join(body)}</sheetData>"


def merged(*ranges: str) -> str:
    """Return the XML that merges cells."""
    return f"<mergeCells>{''.join(f'<mergeCell ref={quoteattr(each)}/>' for each in ranges)}</mergeCells>"


def workbook(sheets: dict, hidden=(), settings="", application="", strict=False, more=None) -> bytes:
    """Return the bytes of a workbook.

    Parameters
    ----------
    sheets : {name: rows, or the XML that stands in the worksheet, or (with its root) the whole part}
    hidden : names of the sheets that are hidden
    settings : XML in the workbook's part, such as a calcPr
    application : the program that says to have written it
    more : {path: text} of other parts
    """
    main, office = (STRICT, STRICT_OFFICE) if strict else (MAIN, OFFICE)
    listed, related, typed, parts = "", "", "", dict(more or {})
    for n, (name, content) in enumerate(sheets.items(), 1):
        xml = content if isinstance(content, str) else sheet_data(content)
        whole = xml.startswith(("<?xml", "<worksheet", "<x:worksheet"))
        parts[f"xl/worksheets/sheet{n}.xml"] = xml if whole else f'<worksheet xmlns="{main}">{xml}</worksheet>'
        state = ' state="hidden"' if name in hidden else ""
        listed += f'<sheet name={quoteattr(name)} sheetId="{n}"{state} r:id="r{n}"/>'
        related += f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        typed += f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{TYPE}.worksheet+xml"/>'
    related += f'<Relationship Id="styles" Type="{office}/styles" Target="styles.xml"/>'
    numbered = list(enumerate(FORMATS[1:], 164))
    formats = "".join(f'<numFmt numFmtId="{n}" formatCode={quoteattr(each)}/>' for n, each in numbered)
    styles = "".join(f'<xf numFmtId="{n}"/>' for n in (0, *(n for n, _ in numbered)))
    parts |= {
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><numFmts count="{len(numbered)}">{formats}</numFmts>'
        f'<cellXfs count="{len(FORMATS)}">{styles}</cellXfs></styleSheet>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">{settings}<sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGES}/relationships">{related}</Relationships>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGES}/relationships">'
        f'<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'<Types xmlns="{PACKAGES}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        'ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>{typed}</Types>',
    }
    if application:
        parts["docProps/app.xml"] = f"<Properties><Application>{application}</Application></Properties>"
    return archive(parts)


def archive(parts: dict[str, str]) -> bytes:
    """Return the bytes of a ZIP archive of {path: text}."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as written:
        for path, text in parts.items():
            written.writestr(path, text)
    return content.getvalue()
