"""The plain structure of a report: what the PDF and the HTML are drawn from, with every sentence already written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. `role` is `body`, `note` (smaller), `strong` or `quiet`; `label` stands before it in bold."""

    text: str
    role: str = "body"
    label: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """A list of short texts."""

    items: tuple[str, ...]
    role: str = "body"


@dataclass(frozen=True, slots=True)
class PageOf:
    """A cell that says where a section stands: its pages in the PDF, a link with its number in the HTML."""

    anchor: str
    text: str


Cell = str | PageOf


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `share` is its relative width; `role` is `text`, `digest`, `number` or `strong`."""

    title: str
    share: int
    role: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under column titles, which are repeated on every page.

    `role` is `text`, `compact` for small rows, or `fine` for the still smaller ones of annexes.

    A table that `is_kept` stays on one page where a page can hold it.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    role: str = "text"
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names and values; pairs that are kept stay on one page where a page can hold them.

    One pair stands on a line; of the role `dense` two short ones beside each other.
    """

    rows: tuple[tuple[str, str], ...]
    role: str = "text"
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A small picture of a stored image; `missing` is printed where it cannot be made."""

    sha256: str
    caption: str
    missing: str


@dataclass(frozen=True, slots=True)
class Mask:
    """A picture that is not drawn: a grey frame with its number and, below, what it is and why it is not drawn."""

    number: str
    caption: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures with their captions: one below the other over the whole width, or `in_a_row` beside each other."""

    pictures: tuple[Picture | Mask, ...]
    is_large: bool = False
    in_a_row: int = 4


@dataclass(frozen=True, slots=True)
class Lane:
    """A row of a chart.

    Attributes:
        label: What it shows, before it.
        stretches: Start and end of each bar, on the chart's axis.
        marks: Places of single values on the axis.
        text: The numbers, behind it.
        is_strong: Whether it shows what was measured here; the others are what it is compared with.
    """

    label: str
    stretches: tuple[tuple[float, float], ...] = ()
    marks: tuple[float, ...] = ()
    text: str = ""
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars and marks in rows over one axis, on which `ticks` stand at equal distances from end to end."""

    lanes: tuple[Lane, ...]
    ends: tuple[float, float]
    ticks: tuple[str, ...]
    caption: str

    def share(self, value: float) -> float:
        """Gives the place of a value on the axis, 0 to 1; what lies beyond an end is drawn at it."""
        low, high = self.ends
        return min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.0


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """A frame with a white ground; `x` and `y` are its upper left corner, all sizes in points."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A straight line, broken where it `is_broken`, with a head at its end where it is an arrow."""

    start: tuple[float, float]
    end: tuple[float, float]
    is_broken: bool = False
    is_arrow: bool = False


@dataclass(frozen=True, slots=True)
class DrawnText:
    """Words on one line; `y` is their baseline; `align` is `left` or `center` and says what `x` is."""

    x: float
    y: float
    text: str
    size: float
    is_bold: bool = False
    align: str = "left"


Shape = DrawnBox | DrawnLine | DrawnText


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure of lines, frames and words, drawn in their order; the origin is its upper left corner, y goes down.

    Sizes are in points; `width` is at most that of an upright page's text, 470.
    """

    width: float
    height: float
    shapes: tuple[Shape, ...]
    caption: str


@dataclass(frozen=True, slots=True)
class Result:
    """The head line of an observation: its result, what was looked for, and its reference."""

    result: str
    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class Commands:
    """Lines to be typed."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blank:
    """Something to be filled in by hand: a label and `lines` ruled lines."""

    label: str
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Matrix:
    """A QR code of `payload`."""

    payload: str
    caption: str


@dataclass(frozen=True, slots=True)
class Box:
    """Blocks on a tinted ground."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """The list of parts and annexes."""

    title: str


Block = (
    Paragraph | Points | Table | Pairs | Gallery | Chart | Drawing | Result | Commands | Blank | Matrix | Box | Contents
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part, annex or section.

    Attributes:
        anchor: Name for links, unique in the report.
        number: What stands before the title; may be empty.
        starts_page: Whether it begins on a new page.
        is_wide: Whether its pages lie on their side.
    """

    anchor: str
    number: str
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()
    starts_page: bool = False
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Cover:
    """The first page; of a paper, its head.

    Attributes:
        is_letter: Whether it is low, as the text begins below it on the same page.
        is_wide: Whether its page lies on its side.
    """

    title: str
    subtitle: str
    pairs: Pairs
    statements: tuple[Paragraph, ...]
    is_letter: bool = False
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """What stands on every page.

    Attributes:
        head: At the top, left and right.
        root: The evidence root with its label.
        page: Words around the page numbers, with `{page}` and `{pages}`.
    """

    head: tuple[str, str]
    root: str
    page: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """A whole report.

    Attributes:
        language: `zh`, `en` or `fr`.
        author: For the file's properties.
        program: Name and version of the program, for the file's properties.
        issued: Seconds since 1970 of event N; every date inside the files.
    """

    language: str
    number: str
    author: str
    program: str
    issued: int
    cover: Cover
    running: Running
    sections: tuple[Section, ...]


def strings(value: object) -> Iterator[str]:
    """Gives every text within a structure."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for member in value:
            yield from strings(member)
    elif is_dataclass(value):
        for field in fields(value):
            yield from strings(getattr(value, field.name))
