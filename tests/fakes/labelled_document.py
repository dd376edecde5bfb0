"""Documents with implicit labels of AI-generated content."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

from tests.fakes.labelled_picture import Made, packet

MAIN = {
    "docx": ("word/document.xml", "wordprocessingml.document"),
    "pptx": ("ppt/presentation.xml", "presentationml.presentation"),
    "xlsx": ("xl/workbook.xml", "spreadsheetml.sheet"),
}
FORMAT = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
"""Set of custom properties. *Source:* ECMA-376-1, 22.3.2.1."""


def office(texts: list[str], *, kind: str, is_escaped: bool = False) -> Made:
    """Makes the smallest Office Open XML file with custom properties; they are compressed, as programs do it."""
    quotes = {'"': "&quot;"} if is_escaped else {}
    written = [escape(text, quotes).encode() for text in texts]
    properties = b"".join(
        f'<property fmtid="{FORMAT}" pid="{number}" name="AIGC"><vt:lpwstr>'.encode() + one + b"</vt:lpwstr></property>"
        for number, one in enumerate(written, 2)
    )
    custom = (
        (
            b'<?xml version="1.0" encoding="UTF-8"?><Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
            b'custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docProps/vTypes">'
        )
        + properties
        + b"</Properties>"
    )
    main, content = MAIN[kind]
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/{main}" ContentType="application/vnd.openxmlformats-officedocument.{content}.main+xml"/>'
        '<Override PartName="/docProps/custom.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.custom-properties+xml"/></Types>'
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in {"[Content_Types].xml": types, "_rels/.rels": "<x/>", main: "<x/>"}.items():
            archive.writestr(zipfile.ZipInfo(name), data)
        archive.writestr(zipfile.ZipInfo("docProps/custom.xml"), custom, zipfile.ZIP_DEFLATED)
        packed = archive.getinfo("docProps/custom.xml").compress_size
        start = archive.getinfo("docProps/custom.xml").header_offset + 30 + len("docProps/custom.xml")
    whole = made.getvalue()
    return whole, [whole[start : start + packed], *(b"" for _ in texts[1:])]


def docx(texts: list[str], *, is_escaped: bool = False) -> Made:
    return office(texts, kind="docx", is_escaped=is_escaped)


def pptx(texts: list[str], *, is_escaped: bool = False) -> Made:
    return office(texts, kind="pptx", is_escaped=is_escaped)


def xlsx(texts: list[str], *, is_escaped: bool = False) -> Made:
    return office(texts, kind="xlsx", is_escaped=is_escaped)


def pdf(texts: list[str]) -> Made:
    """Makes a PDF file with the first text in its information dictionary and a second one in its XMP packet."""
    stored = [b"(" + texts[0].encode("latin-1") + b")"]
    objects = [
        b"<</Type/Catalog/Pages 2 0 R" + (b"/Metadata 5 0 R>>" if len(texts) > 1 else b">>"),
        b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
        b"<</AIGC " + stored[0] + b">>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>",
    ]
    if len(texts) > 1:
        xmp, more = packet(texts[1:])
        stored += more
        head = f"<</Type/Metadata/Subtype/XML/Length {len(xmp)}>>stream\n".encode()
        objects.append(head + xmp + b"\nendstream")
    whole, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(whole))
        whole += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    count = len(objects) + 1
    end = f"xref\n0 {count}\n0000000000 65535 f \n{rows}trailer\n<</Size {count}/Root 1 0 R/Info 3 0 R>>\n"
    return whole + end.encode() + f"startxref\n{len(whole)}\n%%EOF\n".encode(), stored


def text(texts: list[str]) -> Made:
    """Makes a text with front matter; JSON is a mapping of YAML too."""
    stored = [one.encode() for one in texts]
    lines = b"".join(b"AIGC: " + one + b"\n" for one in stored)
    return b"---\ntitle: Notes\n" + lines + b"---\n\n# Notes\n\nSome words.\n", stored
