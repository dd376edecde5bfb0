"""Writes a report as one HTML page: no scripts, nothing from elsewhere, pictures within it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from string import Template

from forensics.errors import ReportError
from forensics.reporter import html_drawing
from forensics.reporter.blocks import (
    Blank,
    Block,
    Box,
    Cell,
    Chart,
    Column,
    Commands,
    Contents,
    Drawing,
    Gallery,
    Lane,
    Mask,
    Matrix,
    PageOf,
    Pairs,
    Paragraph,
    Picture,
    Points,
    ReportView,
    Result,
    Section,
    Table,
)
from forensics.reporter.picture import Thumbnails, dots
from forensics.reporter.text import Templates

_SHA256 = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")

LANGUAGE_TAGS = {"zh": "zh-CN", "en": "en", "fr": "fr"}
"""Language to its tag. *Source:* BCP 47."""


def render(view: ReportView, *, pictures: Thumbnails, templates: Templates) -> bytes:
    """Writes a report as HTML. The same view and blobs give the same bytes.

    Raises:
        ReportError: The page template wants something it is not given.
    """
    writer = _Writer(pictures, view.sections)
    body = "\n".join(_body(view, writer))
    style = templates.style + "".join(f".w{share}{{width:{share}%}}\n" for share in range(1, 101))
    values = {
        "language": LANGUAGE_TAGS[view.language],
        "title": escape(f"{view.cover.title} {view.number}"),
        "style": style,
        "style_digest": "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        "body": body,
    }
    try:
        return Template(templates.page).substitute(values).encode("utf-8")
    except (KeyError, ValueError) as error:
        hint = f"It may use: {', '.join(f'${name}' for name in values)}."
        raise ReportError(f"template html/page.html wants {error}", hint=hint) from error


def _body(view: ReportView, writer: _Writer) -> Iterator[str]:
    yield f'<header class="cover"><h1>{escape(view.cover.title)}</h1>'
    yield f'<p class="subtitle">{escape(view.cover.subtitle)}</p>'
    yield writer.block(view.cover.pairs)
    yield writer.block(Box(view.cover.statements))
    yield "</header>\n<main>"
    for section in view.sections:
        yield from writer.section(section, level=2)
    yield "</main>"
    running = "".join(f"<span>{escape(text)}</span>" for text in (*view.running.head, view.running.root))
    yield f'<footer class="running">{running}</footer>'


@dataclass
class _Writer:
    """Writes blocks."""

    pictures: Thumbnails
    sections: Sequence[Section]

    def section(self, section: Section, *, level: int) -> Iterator[str]:
        """Gives the lines of a section and of those within it."""
        heading = escape(section.number + section.title)
        yield f'<section id="{escape(section.anchor)}"><h{level}>{heading}</h{level}>'
        for block in section.blocks:
            yield self.block(block, is_wide=section.is_wide)
        for inner in section.sections:
            yield from self.section(inner, level=min(level + 1, 4))
        yield "</section>"

    def block(self, block: Block, *, is_wide: bool = False) -> str:  # noqa: C901, PLR0911, PLR0912 - one answer for each kind
        """Writes one block."""
        match block:
            case Paragraph():
                return _paragraph(block)
            case Points():
                return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in block.items)}</ul>"
            case Table():
                return _table(block, is_wide=is_wide)
            case Pairs():
                return _pairs(block)
            case Gallery():
                return self._gallery(block)
            case Chart():
                return _chart(block)
            case Drawing():
                return html_drawing.drawing(block)
            case Result():
                return _result(block)
            case Commands():
                return f"<pre>{escape(chr(10).join(block.lines))}</pre>"
            case Blank():
                return _blank(block)
            case Matrix():
                return _matrix(block)
            case Box():
                return f'<div class="box">{"".join(self.block(inner) for inner in block.blocks)}</div>'
            case Contents():
                return self._contents(block)

    def _gallery(self, block: Gallery) -> str:
        is_pair = block.in_a_row == 2  # noqa: PLR2004 - the docstring of Gallery says it
        look = " large" if block.is_large else " pair" if is_pair else ""
        figures = "".join(self._figure(one, is_large=block.is_large or is_pair) for one in block.pictures)
        return f'<div class="gallery{look}">{figures}</div>'

    def _figure(self, picture: Picture | Mask | str, *, is_large: bool = False) -> str:
        if isinstance(picture, Mask):
            caption = f"<figcaption>{escape(picture.caption)}</figcaption>"
            return f'<figure class="mask"><div>{escape(picture.number)}</div>{caption}</figure>'
        if isinstance(picture, str):
            return f'<figure class="none">{escape(picture)}</figure>'
        made = self.pictures.get(picture.sha256, is_large=is_large)
        if made is None:
            return f'<figure class="none">{escape(picture.missing)}</figure>'
        data = base64.b64encode(made.data).decode()
        caption = escape(picture.caption)
        image = f'<img src="data:image/jpeg;base64,{data}" alt="{caption}" width="{made.width}" height="{made.height}">'
        return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"

    def _contents(self, block: Contents) -> str:
        entries = (
            f'<li><a href="#{escape(one.anchor)}">{escape(one.number + one.title)}</a></li>' for one in self.sections
        )
        return f'<nav><p class="strong">{escape(block.title)}</p><ol>{"".join(entries)}</ol></nav>'


def _paragraph(block: Paragraph) -> str:
    label = f"<b>{escape(block.label)}</b>" if block.label else ""
    return f'<p class="{block.role}">{label}{escape(block.text)}</p>'


def _table(block: Table, *, is_wide: bool) -> str:
    whole = sum(column.share for column in block.columns)
    cols = "".join(f'<col class="w{max(1, round(100 * column.share / whole))}">' for column in block.columns)
    head = "".join(f'<th scope="col"{_class(column)}>{escape(column.title)}</th>' for column in block.columns)
    rows = "\n".join(_row(row, block.columns) for row in block.rows)
    look = f"fixed{' wide' if is_wide else ''}{'' if block.role == 'text' else f' {block.role}'}"
    return (
        f'<div class="scroll"><table class="{look}"><colgroup>{cols}</colgroup><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _class(column: Column) -> str:
    return "" if column.role == "text" else f' class="{column.role}"'


def _row(row: Iterable[Cell], columns: Iterable[Column]) -> str:
    cells = "".join(
        f"<td{_class(column)}>{_cell(cell, column.role)}</td>" for cell, column in zip(row, columns, strict=True)
    )
    return f"<tr>{cells}</tr>"


def _cell(cell: Cell, role: str) -> str:
    if isinstance(cell, PageOf):
        return f'<a href="#{escape(cell.anchor)}">{escape(cell.text)}</a>'
    return _broken(cell) if role == "digest" else _with_digests(cell)


def _broken(text: str) -> str:
    """Lets a digest break after each 16 characters and nowhere else."""
    words = (("<wbr>".join(escape(word[at : at + 16]) for at in range(0, len(word), 16))) for word in text.split(" "))
    return " ".join(words)


def _pairs(block: Pairs) -> str:
    rows = "\n".join(f"<tr><td>{escape(name)}</td><td>{_with_digests(value)}</td></tr>" for name, value in block.rows)
    return f'<table class="pairs {block.role}"><tbody>{rows}</tbody></table>'


def _with_digests(text: str) -> str:
    """Writes a text whose digests may break after each 16 characters."""
    return _SHA256.sub(lambda match: _broken(match.group()), escape(text))


def _result(block: Result) -> str:
    kind, ref = f"<span>{escape(block.kind)}</span>", f'<span class="ref">{escape(block.ref)}</span>'
    return f'<p class="result"><b>{escape(block.result)}</b> {kind} {ref}</p>'


def _chart(block: Chart) -> str:
    rows = "".join(_lane(lane, block) for lane in block.lanes)
    ticks = "".join(f"<span>{escape(tick)}</span>" for tick in block.ticks)
    foot = f'<tr><td></td><td><div class="ticks">{ticks}</div></td><td></td></tr>'
    caption = f'<p class="note">{escape(block.caption)}</p>' if block.caption else ""
    return f'<div class="scroll"><table class="chart"><tbody>{rows}{foot}</tbody></table></div>{caption}'


def _lane(lane: Lane, chart: Chart) -> str:
    """Writes a row: its bar is a drawing of 1000 by 14 units, stretched to the width of its cell."""
    bars = []
    for start, end in lane.stretches:
        x = 1000 * chart.share(start)
        bars.append(
            f'<rect class="bar" x="{x:.1f}" y="3" width="{max(1000 * chart.share(end) - x, 2):.1f}" height="8"/>'
        )
    bars += [
        f'<rect class="mark" x="{min(1000 * chart.share(mark), 996):.1f}" y="0" width="4" height="14"/>'
        for mark in lane.marks
    ]
    drawn = f'<svg viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">{"".join(bars)}</svg>'
    look = ' class="strong"' if lane.is_strong else ""
    return f"<tr{look}><td>{escape(lane.label)}</td><td>{drawn}</td><td>{escape(lane.text)}</td></tr>"


def _blank(block: Blank) -> str:
    lines = '<span class="line"></span>' if block.lines == 1 else '<span class="line whole"></span>' * block.lines
    return f'<p class="blank">{escape(block.label)} {lines}</p>'


def _matrix(block: Matrix) -> str:
    rows = dots(block.payload)
    side = len(rows) + 8
    path = "".join(f"M{x + 4} {y + 4}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    svg = f'<svg viewBox="0 0 {side} {side}" role="img" shape-rendering="crispEdges"><path d="{path}"/></svg>'
    return f'<figure class="matrix">{svg}<figcaption>{escape(block.caption)}</figcaption></figure>'
