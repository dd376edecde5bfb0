"""The visible texts and pictures of a file, each with how it is explained: counts, shares, lists and a table."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from forensics.analyzers.page.archive import Archive
from forensics.analyzers.page.explain import Explained, Explainer, Level
from forensics.analyzers.page.normal import shortened, squeezed
from forensics.analyzers.page.seen import Picture, Seen, Text
from forensics.web.warc_http import as_uri

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheet programs take for the start of a formula. *Source:* OWASP, CSV Injection."""
_LONGEST_CELL = 2000
_COLUMNS = (
    *("page", "what", "from", "level", "text", "left_px", "top_px", "width_px", "height_px"),
    *("path", "frame", "sources", "pieces", "unexplained_runs"),
)
_MOST_SOURCES = 5


class PictureLevel(StrEnum):
    """How a picture is explained.

    Attributes:
        RECORDED: Its address is recorded with a body.
        CONTAINED: It is a `data:` address that stands in a recorded response.
        INLINE: It is drawn by the document itself and has no address.
        SCRIPT: A script made it: a canvas, or a `blob:` address.
        FAILED: Its address was asked for and gave nothing, so that its place is empty.
        WITHOUT_BODY: Its address was answered, and the body is not recorded.
        UNEXPLAINED: Nothing is recorded at its address.
    """

    RECORDED = "recorded"
    CONTAINED = "contained"
    INLINE = "inline"
    SCRIPT = "script"
    FAILED = "failed"
    WITHOUT_BODY = "without-body"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Row:
    """A visible text, explained."""

    page: str
    text: Text
    found: Explained


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A visible picture, explained."""

    page: str
    picture: Picture
    level: PictureLevel


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that was visible, explained.

    Attributes:
        left_out: Texts and pictures beyond the limit, which were not looked at.
    """

    texts: tuple[Row, ...]
    pictures: tuple[PictureRow, ...]
    left_out: int

    def unexplained(self) -> list[Row]:
        """Gives the texts that nothing explains."""
        return [row for row in self.texts if row.found.level is Level.UNEXPLAINED]

    def unexplained_pictures(self) -> list[PictureRow]:
        """Gives the pictures that nothing explains."""
        return [row for row in self.pictures if row.level is PictureLevel.UNEXPLAINED]


def explain(archive: Archive, pages: Sequence[Seen], *, least_part: int, most: int) -> Table:
    """Explains every visible text and picture of the pages of a file.

    Args:
        archive: What was recorded.
        pages: What was visible.
        least_part: What a text must weigh to be explained as a part of a longer one.
        most: Texts and pictures that are looked at.
    """
    explainer = Explainer(archive.corpus, least_part)
    texts = [(seen, text) for seen in pages for text in seen.texts]
    pictures = [(seen, picture) for seen in pages for picture in seen.pictures]
    return Table(
        tuple(Row(seen.url, text, explainer.explain(text, seen)) for seen, text in texts[:most]),
        tuple(PictureRow(seen.url, picture, _picture(archive, picture)) for seen, picture in pictures[:most]),
        len(texts[most:]) + len(pictures[most:]),
    )


def _picture(archive: Archive, picture: Picture) -> PictureLevel:
    url = picture.url
    if url.startswith("data:"):
        return PictureLevel.CONTAINED if _is_contained(archive, url) else PictureLevel.UNEXPLAINED
    if url.startswith(("blob:", "mediastream:")) or (picture.kind == "canvas" and not url):
        return PictureLevel.SCRIPT
    if not url or url.startswith("#"):
        return PictureLevel.INLINE
    recorded = archive.picture(as_uri(url))
    if recorded == "unrecorded":
        return PictureLevel.FAILED if picture.status == "failed" else PictureLevel.UNEXPLAINED
    return PictureLevel(recorded)


def _is_contained(archive: Archive, url: str) -> bool:
    """Whether a recorded response holds a `data:` address whole, or at least what stands behind its comma."""
    _, _, payload = url.partition(",")
    forms = (squeezed(one) for one in (url, payload, unquote(payload)))
    return any(archive.corpus.part(one) is not None for one in forms if one)


def counts(table: Table) -> dict[str, Any]:
    """Counts texts by level, with their share by characters, and pictures by level."""
    blocks, characters = Counter[Level](), Counter[Level]()
    for row in table.texts:
        blocks[row.found.level] += 1
        characters[row.found.level] += len(squeezed(row.text.text))
    total = characters.total()
    levels = {
        str(level): {
            "blocks": blocks[level],
            "characters": characters[level],
            "share_of_characters": round(characters[level] / total, 4) if total else None,
        }
        for level in Level
    }
    pictures = Counter(row.level for row in table.pictures)
    return {
        "texts": {"blocks": blocks.total(), "characters": total, "levels": levels},
        "pictures": {
            "count": pictures.total(),
            "levels": {str(level): pictures[level] for level in PictureLevel},
        },
    }


def listed(rows: Iterable[Row], *, most: int, longest: int) -> list[dict[str, Any]]:
    """Lists texts with their places; text is shortened, with white space as single spaces."""
    return [
        {
            "text": shortened(" ".join(row.text.text.split()), longest),
            "runs": [shortened(" ".join(one.split()), longest) for one in row.found.rest[:most]],
            "box_px": list(row.text.box_px) if row.text.box_px else None,
            "path": shortened(row.text.path, longest),
            "from": shortened(row.text.origin, longest),
            "frame": shortened(row.text.frame, longest),
        }
        for row in list(rows)[:most]
    ]


def listed_pictures(rows: Iterable[PictureRow], *, most: int, longest: int) -> list[dict[str, Any]]:
    """Lists pictures with their places."""
    return [
        {
            "url": shortened(row.picture.url, longest),
            "kind": row.picture.kind,
            "level": str(row.level),
            "box_px": list(row.picture.box_px) if row.picture.box_px else None,
            "frame": shortened(row.picture.frame, longest),
        }
        for row in list(rows)[:most]
    ]


def table_csv(table: Table, archive: Archive) -> bytes:
    """Writes everything as CSV in UTF-8; cells that a spreadsheet would take for a formula begin with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    urls = {one.number: one.url for one in archive.responses}
    for row in table.texts:
        text, found = row.text, row.found
        sources = " ".join(urls.get(number, "") for number in found.sources[:_MOST_SOURCES])
        place = (*_box(text.box_px), text.path, text.frame)
        cells = (row.page, "text", text.origin, found.level, text.text, *place, sources)
        writer.writerow(map(_cell, (*cells, " | ".join(found.pieces), " | ".join(found.rest))))
    for one in table.pictures:
        picture = one.picture
        place = (*_box(picture.box_px), picture.path, picture.frame)
        writer.writerow(map(_cell, (one.page, "picture", picture.kind, one.level, picture.url, *place, "", "", "")))
    return buffer.getvalue().encode("utf-8")


def _box(box: tuple[float, ...] | None) -> tuple[str, ...]:
    return tuple(f"{one:g}" for one in box) if box else ("", "", "", "")


def _cell(value: str) -> str:
    text = shortened(" ".join(value.split()), _LONGEST_CELL)
    is_number = text.removeprefix("-").replace(".", "", 1).isdecimal()
    return f"'{text}" if text.startswith(_FORMULA) and not is_number else text


def lacking(archive: Archive, *, most: int, longest: int) -> list[Mapping[str, Any]]:
    """Lists the responses whose body is missing and might have explained a text."""
    return [
        {"url": shortened(one.url, longest), "status": one.status, "why": one.missing} for one in archive.lacking[:most]
    ]
