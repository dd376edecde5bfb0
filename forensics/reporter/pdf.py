"""Draws a report as PDF: strips onto pages until page numbers stand still, then onto the canvas."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forensics.errors import ReportError
from forensics.reporter.blocks import Box, ReportView
from forensics.reporter.pdf_block import Layout
from forensics.reporter.pdf_shape import ACCENT, GREY, rule
from forensics.reporter.pdf_strip import LANDSCAPE, PORTRAIT, Page, Strip, pages_of, paginate
from forensics.reporter.pdf_table import Grid
from forensics.reporter.pdf_text import Style, Typesetter, draw
from forensics.reporter.picture import Thumbnails
from forensics.reporter.text import Templates

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

MAX_PASSES = 5
"""Most layouts until page numbers stand still; the second is the last unless a number needs another line."""

LANGUAGE_TAGS: Mapping[str, str] = {"zh": "zh-CN", "en": "en", "fr": "fr"}
"""Language to its tag. *Source:* BCP 47."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn PDF.

    Attributes:
        pages: Anchor of each section to its first and last page, from 1.
    """

    data: bytes
    pages: Mapping[str, tuple[int, int]]


def render(view: ReportView, *, pictures: Thumbnails, templates: Templates) -> bytes:
    """Draws a report as PDF. The same view and blobs give the same bytes.

    Raises:
        ReportError: The page numbers do not come to rest.
    """
    return render_with_pages(view, pictures=pictures, templates=templates).data


def render_with_pages(view: ReportView, *, pictures: Thumbnails, templates: Templates) -> Drawn:
    """Draws a report as PDF and says on which pages its sections stand.

    Raises:
        ReportError: The page numbers do not come to rest.
    """
    setter = Typesetter(templates.fonts)
    titles = [(section.anchor, section.number + section.title) for section in view.sections]
    layout = Layout(Grid(setter, view.language), pictures, titles)
    for _ in range(MAX_PASSES):
        pages = paginate(_strips(view, layout))
        found = pages_of(pages)
        if found == layout.pages:
            return Drawn(_drawn(view, pages, setter=setter), found)
        layout.pages = found
    raise ReportError("the page numbers of the report do not come to rest", hint="Make the report in another language.")


def _strips(view: ReportView, layout: Layout) -> Iterator[Strip]:
    for strip in _cover(view, layout):
        yield replace(strip, is_wide=view.cover.is_wide)
    for section in view.sections:
        yield from layout.section(section, level=0)


def _cover(view: ReportView, layout: Layout) -> Iterator[Strip]:
    """Gives the strips of the first page; they are one group, so that the statements stand on it."""
    width = (LANDSCAPE if view.cover.is_wide else PORTRAIT).width
    above, size, small = (0.0, 19.0, 10.0) if view.cover.is_letter else (34.0, 25.0, 12.5)
    title = replace(layout.grid.style(size, bold=True, colour=ACCENT), leading=size * 1.4)
    under = layout.grid.style(small, colour=GREY)
    yield Strip(above, lambda *_: None, keep=True)
    yield from layout.title(view.cover.title, title, width=width)
    yield from layout.title(view.cover.subtitle, under, width=width)
    yield Strip(22, lambda canvas, x, y: rule(canvas, (x, y - 12, width), weight=1.4, colour=ACCENT), keep=True)
    yield from layout.block(view.cover.pairs, width)
    yield Strip(8, lambda *_: None)
    yield from layout.block(Box(view.cover.statements), width)


def _drawn(view: ReportView, pages: Sequence[Page], *, setter: Typesetter) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    size = (pages[0].frame.page_width, pages[0].frame.page_height)
    font = setter.fonts.regular.name
    canvas = Canvas(
        out, pagesize=size, invariant=1, pageCompression=1, initialFontName=font, lang=LANGUAGE_TAGS[view.language]
    )
    _describe(canvas, view)
    for number, page in enumerate(pages, 1):
        canvas.setPageSize((page.frame.page_width, page.frame.page_height))
        _running(canvas, view, page, setter=setter, number=number, of=len(pages))
        for placed in page.placed:
            for anchor, title, level in placed.strip.opens:
                canvas.bookmarkHorizontal(anchor, 0, placed.y)
                canvas.addOutlineEntry(title, anchor, level=level, closed=level > 0)
            placed.strip.draw(canvas, page.frame.left, placed.y)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _describe(canvas: Canvas, view: ReportView) -> None:
    """Sets the file's properties; its id and dates depend on the report alone, whatever the environment says."""
    issued = datetime.fromtimestamp(view.issued, UTC)
    canvas.setTitle(f"{view.cover.title} {view.number}")
    canvas.setAuthor(view.author)
    canvas.setSubject(view.cover.subtitle)
    canvas.setCreator(view.program)
    canvas.setProducer(view.program)
    canvas.setDateFormatter(lambda *_: f"D:{issued:%Y%m%d%H%M%S}+00'00'")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    canvas._doc.signature = hashlib.md5(view.number.encode(), usedforsecurity=False)  # noqa: SLF001 - there is no other way


def _running(canvas: Canvas, view: ReportView, page: Page, *, setter: Typesetter, number: int, of: int) -> None:
    """Draws what stands on every page: report number and reference above; evidence root and page number below."""
    frame = page.frame
    style = Style(7.4, 10, colour=GREY)
    right = replace(style, align="right")
    top, bottom = frame.page_height - 40, 36
    left_text, right_text = view.running.head
    page_text = view.running.page.format(page=number, pages=of)
    half = frame.width / 2
    for text, x, y, look, width in (
        (left_text, frame.left, top, style, half),
        (right_text, frame.left + half, top, right, half),
        (view.running.root, frame.left, bottom, style, frame.width - 90),
        (page_text, frame.left + frame.width - 90, bottom, right, 90.0),
    ):
        draw(canvas, setter.fitted(text, look, width=width), style=look, x=x, y=y, width=width)
    rule(canvas, (frame.left, top - 8, frame.width))
    rule(canvas, (frame.left, bottom + 13, frame.width))
