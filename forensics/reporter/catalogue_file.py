"""The catalogue of evidence as files to go on working with: CSV for a spreadsheet, DOCX for the court's form."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from forensics.proof.money import safe_cell
from forensics.reporter import catalogue
from forensics.reporter.catalogue import FOOT, FORM, Pages, Row
from forensics.reporter.evidence import Said
from forensics.reporter.wording import Words

if TYPE_CHECKING:
    from docx.document import Document

CSV_COLUMNS = (
    *("no", "name", "kind", "source", "content", "proves", "pages", "copies_number", "page_count"),
    *("form", "digest_only", "stamp", "remark"),
)
"""Columns of the CSV; copies and pages stand apart, so that they can be counted."""

FONTS: Mapping[str, tuple[str, str]] = {
    "zh": ("宋体", "仿宋"),
    "en": ("Times New Roman", "Times New Roman"),
    "fr": ("Times New Roman", "Times New Roman"),
}
"""Language to the fonts of headings and of text. *Source:* GB/T 9704-2012 for the text of official papers."""

A4_MM = (297, 210)
"""A4 on its side. *Source:* ISO 216."""

MARGIN_MM = 15
"""Margin of the page, in millimetres."""

RULE_LENGTH = 30
"""Characters of a line to write on."""

ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""Time of every member: the earliest that a zip file can state, since the bytes must not depend on the clock."""

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A catalogue with what stands above it.

    Attributes:
        heads: Lines above the table: the case, the report that the pages are those of.
        pages: Pages of the finished report.
        with_form: Whether there is a column on original or copy.
        issued: Seconds since 1970 of the event as of which it is made.
    """

    title: Said
    heads: tuple[Said, ...]
    rows: tuple[Row, ...]
    pages: Pages
    with_form: bool
    issued: int
    program: str


def csv_bytes(sheet: Sheet, words: Words) -> bytes:
    """Writes the catalogue as CSV in UTF-8 with a byte order mark; no cell can be computed by a spreadsheet.

    The hyphen in a number such as `1-2` is a dash, or a spreadsheet would take it for a day.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    names = [name for name in CSV_COLUMNS if sheet.with_form or name != FORM]
    writer.writerow([safe_cell(words.say(f"catalogue.column_{name}")) for name in names])
    for row in sheet.rows:
        values = _csv_values(row, sheet, words=words)
        writer.writerow([safe_cell(values[name]) for name in names])
    return out.getvalue().encode("utf-8-sig")


def _csv_values(row: Row, sheet: Sheet, *, words: Words) -> dict[str, str]:
    count = catalogue.page_count(row, sheet.pages)
    return {
        "no": row.no.replace("-", "–"),
        "name": words.join(filter(None, [row.item, row.name]), " "),
        "kind": row.kind,
        "source": row.source,
        "content": row.content,
        "proves": row.proves,
        "pages": catalogue.place(row, words, pages=sheet.pages),
        "copies_number": "",
        "page_count": str(count or ""),
        "form": "",
        "digest_only": row.digest,
        "stamp": row.stamp,
        "remark": row.remark,
    }


def docx_bytes(sheet: Sheet, words: Words) -> bytes:
    """Writes the catalogue as DOCX, A4 on its side. The same sheet gives the same bytes."""
    import docx

    document = docx.Document()
    _set_page(document, words.language)
    _describe(document, sheet)
    _line(document.add_paragraph(), sheet.title, words.language, size=16, is_heading=True)
    for text in sheet.heads:
        _line(document.add_paragraph(), text, words.language, size=10)
    _fill_table(document, sheet, words=words)
    document.add_paragraph()
    for name in FOOT:
        text = words.join([words.say(f"catalogue.{name}"), Said("_" * RULE_LENGTH)], " ")
        _line(document.add_paragraph(), text, words.language, size=11)
    out = io.BytesIO()
    document.save(out)
    return _steady(out.getvalue())


def _set_page(document: Document, language: str) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm

    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(A4_MM[0]), Mm(A4_MM[1])
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, Mm(MARGIN_MM))
    _set_font(document.styles["Normal"], language, size=9)
    footer = section.footer.paragraphs[0]
    footer.alignment = 1
    for code in ("PAGE", "NUMPAGES"):
        if code == "NUMPAGES":
            footer.add_run(" / ")
        _field(footer, code)


def _field(paragraph: Any, code: str) -> None:
    """Adds a page number, which the word processor fills in."""
    from docx.oxml import OxmlElement

    for kind in ("begin", "", "end"):
        run = paragraph.add_run()
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(f"{WORD}fldCharType", kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = code
        run._r.append(mark)  # noqa: SLF001 - there is no other way


def _describe(document: Document, sheet: Sheet) -> None:
    """Sets the file's properties, which would else be the clock's and the library's."""
    issued = datetime.fromtimestamp(sheet.issued, UTC).replace(tzinfo=None)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = sheet.title, sheet.program, sheet.program
    properties.comments, properties.created, properties.modified = "", issued, issued
    properties.revision = 1


def _set_font(styled: Any, language: str, *, size: float, is_heading: bool = False) -> None:
    """Sets the font for Latin and for Chinese letters, which a document names apart."""
    from docx.shared import Pt

    name = FONTS[language][0 if is_heading else 1]
    latin = "Times New Roman" if language == "zh" else name
    styled.font.name, styled.font.size = latin, Pt(size)
    properties = styled._element.get_or_add_rPr()  # noqa: SLF001 - there is no other way
    properties.get_or_add_rFonts().set(f"{WORD}eastAsia", name if language == "zh" else "宋体")


def _line(paragraph: Any, text: str, language: str, *, size: float, is_heading: bool = False) -> None:
    run = paragraph.add_run(text)
    run.bold = is_heading
    _set_font(run, language, size=size, is_heading=is_heading)
    paragraph.alignment = 1 if is_heading else 0


def _fill_table(document: Document, sheet: Sheet, *, words: Words) -> None:
    columns = catalogue.columns(words, with_form=sheet.with_form)
    found = document.add_table(rows=1, cols=len(columns))
    found.style = "Table Grid"
    found.autofit = False
    whole = sum(column.share for column in columns)
    widths_mm = [(A4_MM[0] - 2 * MARGIN_MM) * column.share / whole for column in columns]
    _fill_row(found.rows[0], [column.title for column in columns], widths_mm, language=words.language, is_heading=True)
    pattern = found.add_row()._tr  # noqa: SLF001 - rows are copies of one, as making each anew takes ten times as long
    _fill_row(found.rows[1], [column.title for column in columns], widths_mm, language=words.language)
    parent = pattern.getparent()
    parent.remove(pattern)
    for row in sheet.rows:
        cells = catalogue.cells(row, words, pages=sheet.pages, with_form=sheet.with_form)
        made = deepcopy(pattern)
        for run, cell in zip(made.iter(f"{WORD}r"), cells, strict=True):
            run.text = str(cell)
        parent.append(made)


def _fill_row(
    row: Any, texts: Sequence[str], widths_mm: Sequence[float], *, language: str, is_heading: bool = False
) -> None:
    """Fills a row; the heading is repeated on every page, and no row is parted by the end of one."""
    from docx.oxml import OxmlElement
    from docx.shared import Mm

    properties = row._tr.get_or_add_trPr()  # noqa: SLF001 - there is no other way
    properties.append(OxmlElement("w:tblHeader" if is_heading else "w:cantSplit"))
    for cell, text, width in zip(row.cells, texts, widths_mm, strict=True):
        cell.width = Mm(width)
        _line(cell.paragraphs[0], text, language, size=8, is_heading=is_heading)
        cell.paragraphs[0].alignment = 0


def _steady(data: bytes) -> bytes:
    """Packs the members of a zip file anew, without the time of day."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in _members(given):
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(info, content)
    return out.getvalue()


def _members(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    return ((name, archive.read(name)) for name in archive.namelist())
