"""States whether a region of a JPEG picture lacks the trace of an earlier save that the rest of it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forensics.analyzers import message
from forensics.analyzers.compression import picture, pixel, region
from forensics.analyzers.compression.coefficient import Coefficients
from forensics.analyzers.compression.double import Earlier
from forensics.analyzers.compression.look import Look
from forensics.analyzers.compression.region import DoubleMap, Region
from forensics.errors import MediaError
from forensics.model import Artifact, Finding, Gap, GapReason, Message, Result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KIND = "tamper.double_jpeg"
_ROLE = "double-jpeg-map"
_OVERLAY = "double-jpeg-overlay"

_LIMITS = (
    message(
        "compression.double.limit.gate",
        "The method needs a picture that was saved at a lower quality first and at a clearly higher one last; it is "
        "blind to all others, and to a region that has the same history as the rest.",
    ),
    message(
        "compression.double.limit.lost",
        "Resizing, other formats, and a stronger save afterwards, as messengers make, remove the trace.",
    ),
    message(
        "compression.double.limit.where",
        "The map shows where the history differs. It does not show what was there before, what was changed, or by "
        "whom; its edges are coarse.",
    ),
)

_ALTERNATIVES = (
    message(
        "compression.double.alternative.added",
        "A caption, date, sticker, logo or frame was added to a picture that was otherwise left as it was, or several "
        "pictures were put together openly.",
    ),
    message(
        "compression.double.alternative.covered",
        "A face, number plate or name was blurred or covered to protect somebody.",
    ),
    message(
        "compression.double.alternative.retouched",
        "A camera program, filter or retouching tool worked on a part of the picture: red eyes, skin, background.",
    ),
    message(
        "compression.double.alternative.content",
        "Overexposed, dark or very smooth parts can lose the trace; blocks with black or white pixels were left out.",
    ),
)

_OPEN = (
    message(
        "compression.double.alternative.usual",
        "Most pictures were never saved in this order, or went through a messenger or platform afterwards.",
    ),
)


def finding(look: Look, coefficients: Coefficients, earlier: Earlier, *, content: bytes | None) -> Finding:
    """States whether a region lacks the trace of an earlier, stronger save.

    Args:
        look: The file.
        coefficients: Of the picture.
        earlier: What is known about earlier saves of the whole picture.
        content: The file's bytes; None where the picture is too large to be decoded.
    """
    if not earlier.is_found or not region.is_applicable(coefficients):
        gap = Gap("double-jpeg-map", GapReason.NOT_APPLICABLE, "no trace of an earlier, stronger compression")
        return _open(look, _INAPPLICABLE, gap)
    double = region.double_map(coefficients)
    if double.score < region.LEAST_SCORE:
        return _none(look, double)
    if content is None:
        return unread(look, Gap("pixels", GapReason.LIMIT, "the picture is too large"))
    try:
        colours = pixel.decode(content, "RGB")
    except MediaError as error:
        return unread(look, Gap("pixels", GapReason.UNREADABLE, str(error)))
    clipped = pixel.clipped_blocks(colours, double.averaged.shape[:2])
    regions = region.regions(double, coefficients, earlier, clipped=clipped)
    if not regions:
        return _none(look, double)
    attachments = _attachments(look, double, regions, luma=pixel.decode(content, "L"))
    return _found(look, double, regions, attachments=attachments)


_INAPPLICABLE = message(
    "compression.double.open",
    "The picture has no trace of an earlier, stronger compression that is clear enough; the method is not applicable.",
)

_UNREAD = message("compression.double.unread", "The picture could not be read, so that no map was made.")


def unread(look: Look, gap: Gap) -> Finding:
    """States that the picture could not be examined."""
    return _open(look, _INAPPLICABLE if gap.why is GapReason.NOT_APPLICABLE else _UNREAD, gap)


def _open(look: Look, statement: Message, gap: Gap) -> Finding:
    return look.finding(
        KIND,
        Result.INDETERMINATE,
        statement,
        values={"score": None, "regions": None},
        limits=_LIMITS,
        alternatives=_OPEN,
        gaps=(gap,),
    )


def _none(look: Look, double: DoubleMap) -> Finding:
    statement = message(
        "compression.double.none",
        "The trace of an earlier, stronger compression is there, and no region that lacks it was found by this method.",
    )
    return look.finding(KIND, Result.NOT_FOUND, statement, values=_values(double, ()), limits=_LIMITS)


def _found(look: Look, double: DoubleMap, regions: tuple[Region, ...], *, attachments: tuple[Artifact, ...]) -> Finding:
    statement = message(
        "compression.double.found",
        "The picture has the trace of an earlier, stronger compression, but parts of it lack this trace: number of "
        "regions {count}, the largest {width} x {height} pixels, all together {percent} % of the area.",
        count=len(regions),
        width=regions[0].box_px[2],
        height=regions[0].box_px[3],
        percent=round(100 * sum(one.area_share for one in regions), 1),
    )
    where = tuple({"box_px": list(one.box_px), "area_share": one.area_share} for one in regions)
    return look.finding(
        KIND,
        Result.FOUND,
        statement,
        values=_values(double, regions),
        limits=_LIMITS,
        alternatives=_ALTERNATIVES,
        where=where,
        attachments=attachments,
    )


def _values(double: DoubleMap, regions: tuple[Region, ...]) -> dict[str, Any]:
    listed = [
        {"box_px": list(one.box_px), "area_share": one.area_share, "once_share": one.once_share} for one in regions
    ]
    periods = [
        {"row": row, "column": column, "period": period, "strength": strength}
        for (row, column), (period, strength) in sorted(double.periods.items())
    ]
    return {"score": double.score, "regions": listed, "periods": periods}


def _attachments(
    look: Look, double: DoubleMap, regions: tuple[Region, ...], *, luma: NDArray[np.uint8]
) -> tuple[Artifact, ...]:
    """Makes the map and the picture with the map over it, both in the stored picture's size or smaller."""
    import numpy as np

    low, high = np.median(double.averaged), np.percentile(double.averaged, 99.5)
    shades = picture.spread(double.averaged, float(low), float(high))
    whole = np.repeat(np.repeat(shades, 8, axis=0), 8, axis=1)[: luma.shape[0], : luma.shape[1]]
    boxes, side_px = [one.box_px for one in regions], look.settings.map_side_px
    shown = picture.overlay(luma, whole, boxes, side_px=side_px)
    return (
        picture.keep(look.sink, whole, role=_ROLE, side_px=side_px),
        picture.keep(look.sink, shown, role=_OVERLAY, side_px=side_px),
    )
