"""Strips, the smallest things that are placed on a page, and how they fall onto pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

Draw = Callable[["Canvas", float, float], None]
"""Draws something whose upper left corner is at x, y, in points from the lower left corner of the page."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The area of a page that strips fill, and the page's size, in points."""

    page_width: float
    page_height: float
    left: float
    right: float
    top: float
    bottom: float

    @property
    def width(self) -> float:
        """Width of the area."""
        return self.page_width - self.left - self.right

    @property
    def height(self) -> float:
        """Height of the area."""
        return self.page_height - self.top - self.bottom


PORTRAIT = Frame(595.28, 841.89, 54, 54, 62, 58)
LANDSCAPE = Frame(841.89, 595.28, 48, 48, 58, 56)
"""A4 upright and on its side. *Source:* ISO 216."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Something of fixed height.

    Attributes:
        before: Space above it, left out at the top of a page.
        keep: Whether it must stay on one page with the next strip.
        header: What is repeated above it where it begins a page.
        anchors: Sections that it belongs to, the outermost first.
        opens: Section that begins with it, as (anchor, title, level).
        starts_page: Whether a new page begins with it.
        is_wide: Whether its page lies on its side.
    """

    height: float
    draw: Draw
    before: float = 0.0
    keep: bool = False
    header: Strip | None = None
    anchors: tuple[str, ...] = ()
    opens: tuple[tuple[str, str, int], ...] = ()
    starts_page: bool = False
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A strip and the height of its upper edge above the lower edge of the page."""

    strip: Strip
    y: float


@dataclass(frozen=True, slots=True)
class Page:
    """One page."""

    frame: Frame
    placed: tuple[Placed, ...]


def paginate(strips: Iterable[Strip]) -> tuple[Page, ...]:
    """Places strips on pages, in order; strips that must stay together do so where a page can hold them."""
    pages: list[Page] = []
    placed: list[Placed] = []
    frame = PORTRAIT
    room = frame.height
    for group in _groups(strips):
        first = group[0]
        wanted = LANDSCAPE if first.is_wide else PORTRAIT
        fits = _height(group) <= room or (_height(group) > wanted.height and _height(group[:2]) <= room)
        if placed and (first.starts_page or wanted is not frame or not fits):
            pages.append(Page(frame, tuple(placed)))
            placed = []
        frame, room = (wanted, wanted.height) if not placed else (frame, room)
        for strip in group:
            if placed and strip.before + strip.height > room:
                pages.append(Page(frame, tuple(placed)))
                placed, room = [], frame.height
            for one in _with_header(strip, is_first=not placed):
                space = one.before if placed else 0.0
                placed.append(Placed(one, frame.bottom + room - space))
                room -= space + one.height
    return (*pages, Page(frame, tuple(placed))) if placed else tuple(pages)


def _groups(strips: Iterable[Strip]) -> Iterator[list[Strip]]:
    group: list[Strip] = []
    for strip in strips:
        if group and (strip.starts_page or strip.is_wide != group[-1].is_wide):
            yield group
            group = []
        group.append(strip)
        if not strip.keep:
            yield group
            group = []
    if group:
        yield group


def _height(group: Sequence[Strip]) -> float:
    return sum(strip.before + strip.height for strip in group)


def _with_header(strip: Strip, *, is_first: bool) -> tuple[Strip, ...]:
    return (replace(strip.header, before=0.0), replace(strip, before=0.0)) if is_first and strip.header else (strip,)


def pages_of(pages: Sequence[Page]) -> dict[str, tuple[int, int]]:
    """Gives the first and last page (from 1) of each section."""
    found: dict[str, tuple[int, int]] = {}
    for number, page in enumerate(pages, 1):
        for placed in page.placed:
            for anchor in placed.strip.anchors:
                found[anchor] = (found.get(anchor, (number, number))[0], number)
    return found
