"""States what a JPEG picture's coding tells about its present and its earlier saves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from forensics.analyzers.compression import calibration, coefficient, double, ghost, pixel, shift, table, tamper
from forensics.analyzers.compression.calibration import Kept
from forensics.analyzers.compression.coefficient import Coefficients, Refusal, RefusedError
from forensics.analyzers.compression.double import Earlier
from forensics.analyzers.compression.look import Look
from forensics.analyzers.compression.shift import Shifted
from forensics.analyzers.compression.statement import (
    ALTERNATIVES,
    LIMITS,
    UNREAD,
    WHY_NOT,
    found,
    found_table,
    not_applicable,
    not_found,
)
from forensics.errors import MediaError, ToolError, ToolLimitError, ToolTimeoutError
from forensics.model import Artifact, Finding, Gap, GapReason, Message, Result, Tool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KIND = "compression.jpeg"

_LIBRARIES = ("jpeglib", "numpy", "opencv-python-headless", "pillow")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen of a picture.

    Attributes:
        kept: A coarser table on the present grid where no comb was found; None where there is none.
        shifted: An earlier grid elsewhere; None where none was found or none was looked for.
        gaps: What could not be looked at.
    """

    coefficients: Coefficients
    earlier: Earlier
    kept: Kept | None
    shifted: Shifted | None
    attachments: tuple[Artifact, ...]
    gaps: tuple[Gap, ...]


def findings(look: Look) -> Iterator[Finding]:
    """States what the coding of a picture tells: one finding, or two for a JPEG picture that can be read."""
    if look.evidence.artifact.media_type != "image/jpeg":
        yield _unread(look, "not_jpeg", Gap("coefficients", GapReason.NOT_APPLICABLE, "the picture is no JPEG picture"))
        return
    look = replace(look, blank=replace(look.blank, tools=_tools()))
    try:
        coefficients = _coefficients(look)
    except RefusedError as error:
        yield from _refused(look, error.refusal)
    except (MediaError, ToolError) as error:
        yield from _pair(look, "damaged", Gap("coefficients", _reason(error), str(error)))
    else:
        content = _content(look, coefficients)
        seen = _see(look, coefficients, content)
        yield _finding(look, seen)
        yield tamper.finding(look, coefficients, seen.earlier, content=content)


def _coefficients(look: Look) -> Coefficients:
    if look.evidence.artifact.digests.size > look.settings.size_limit_bytes:
        raise RefusedError(Refusal.SIZE)
    with look.evidence.path() as path:
        return coefficient.read(path, look.settings.coefficient_pixels, time_limit_s=look.settings.time_limit_s)


def _content(look: Look, coefficients: Coefficients) -> bytes | None:
    """Gives the file's bytes for decoding; None where the picture is too large for that."""
    if coefficients.width_px * coefficients.height_px > look.settings.decoded_pixels:
        return None
    with look.evidence.open() as stream:
        return stream.read(look.settings.size_limit_bytes)


def _see(look: Look, coefficients: Coefficients, content: bytes | None) -> _Seen:
    earlier = double.judge(coefficients)
    gaps = [Gap("coefficients", GapReason.UNREADABLE, coefficients.complaints)] if coefficients.complaints else []
    seen = _Seen(coefficients, earlier, None, None, (), ())
    if content is None:
        gaps += [Gap(name, GapReason.LIMIT, "the picture is too large") for name in ("shifted-grid", "maps")]
        return replace(seen, gaps=tuple(gaps))
    try:
        luma = pixel.decode(content, "L")
        seen = _looked_at(seen, luma)
        if look.settings.maps and min(coefficients.width_px, coefficients.height_px) >= ghost.LEAST_SIDE_PX:
            seen = replace(seen, attachments=ghost.maps(look, content, luma))
    except MediaError as error:
        gaps.append(Gap("pixels", GapReason.UNREADABLE, str(error)))
    return replace(seen, gaps=tuple(gaps))


def _looked_at(seen: _Seen, luma: NDArray[np.uint8]) -> _Seen:
    """Asks the pixels: whether combs are the content's, and where there are none, whether another trace is there."""
    earlier = calibration.checked(seen.earlier, luma, seen.coefficients)
    kept = calibration.find(luma, seen.coefficients.tables[0]) if calibration.is_worth_it(earlier) else None
    shifted = None if earlier.is_found or kept else shift.find(luma)
    return replace(seen, earlier=earlier, kept=kept, shifted=shifted)


def _finding(look: Look, seen: _Seen) -> Finding:
    result, statement, alternatives = _conclude(seen)
    gaps = seen.gaps
    if result is Result.INDETERMINATE and not gaps:
        why = (
            "the content has combs of its own" if seen.earlier.is_of_content else "too few coefficients other than zero"
        )
        gaps = (Gap("coefficients", GapReason.NOT_APPLICABLE, why),)
    return look.finding(
        KIND,
        result,
        statement,
        values=_values(seen),
        limits=LIMITS,
        alternatives=alternatives,
        gaps=gaps,
        attachments=seen.attachments,
    )


def _conclude(seen: _Seen) -> tuple[Result, Message, tuple[Message, ...]]:
    quality = table.nearest(seen.coefficients.tables)
    if seen.earlier.is_found:
        first = seen.earlier.first_quality.number
        return Result.FOUND, found(quality.number, first, seen.earlier, seen.shifted), ALTERNATIVES
    if seen.kept is not None:
        return Result.FOUND, found_table(quality.number, seen.kept), ALTERNATIVES
    if seen.shifted is not None:
        return Result.FOUND, found(quality.number, seen.shifted.quality, seen.earlier, seen.shifted), ALTERNATIVES
    reason = _reason_against(seen.earlier)
    if reason is not None:
        return Result.INDETERMINATE, not_applicable(reason), UNREAD
    if any(gap.why is GapReason.UNREADABLE for gap in seen.gaps):
        return Result.INDETERMINATE, not_applicable("damaged"), UNREAD
    return Result.NOT_FOUND, not_found(quality.number), ()


def _values(seen: _Seen) -> dict[str, Any]:
    coefficients, earlier = seen.coefficients, seen.earlier
    quality = table.nearest(coefficients.tables)
    is_found = earlier.is_found or seen.kept is not None or seen.shifted is not None
    return {
        "width_px": coefficients.width_px,
        "height_px": coefficients.height_px,
        "coding": coefficients.coding,
        "is_progressive": coefficients.coding == "progressive",
        "subsampling": coefficients.sampling,
        "quality": quality.number,
        "is_ijg_table": quality.is_exact,
        "table_distance": quality.distance,
        "saves": 2 if is_found else 1,
        **_first(seen),
        "explained_share": round(earlier.explained, 2),
        "frequencies_used": len(earlier.used),
        "table_strength": seen.kept.strength if seen.kept else None,
        "seen_below_quality": quality.number,
        **_applicability(seen, is_found=is_found),
    }


def _first(seen: _Seen) -> dict[str, Any]:
    """Gives the values about the first save; null where no trace of one was found."""
    earlier, kept, shifted = seen.earlier, seen.kept, seen.shifted
    steps, quality, offset = {}, table.FirstQuality(None), None
    if earlier.is_found:
        steps, offset = earlier.steps, [0, 0]
        quality = earlier.first_quality
    elif kept is not None:
        quality, offset = table.FirstQuality(kept.quality, kept.lowest, kept.highest), [0, 0]
    elif shifted is not None:
        steps, offset = shifted.steps, [shifted.across_px, shifted.down_px]
        quality = table.FirstQuality(shifted.quality, shifted.quality, shifted.quality)
    listed = [{"row": row, "column": column, "step": step} for (row, column), step in sorted(steps.items())]
    return {
        "first_quality": quality.number,
        "first_quality_range": None if quality.number is None else [quality.lowest, quality.highest],
        "first_steps": listed,
        "grid_offset_px": offset,
    }


def _applicability(seen: _Seen, *, is_found: bool) -> dict[str, Any]:
    reason = None if is_found else _reason_against(seen.earlier)
    return {"applicability": "not_applicable" if reason else "applicable", "reason": reason}


def _reason_against(earlier: Earlier) -> str | None:
    """Gives why the absence of a trace means nothing; None where it means something."""
    if earlier.is_of_content:
        return "content_pattern"
    return None if earlier.is_applicable else "too_few_coefficients"


def _refused(look: Look, refusal: Refusal) -> Iterator[Finding]:
    name, reason = WHY_NOT[refusal]
    yield from _pair(look, name, Gap("coefficients", reason, f"not read: {refusal.value}"))


def _pair(look: Look, reason: str, gap: Gap) -> Iterator[Finding]:
    yield _unread(look, reason, gap)
    yield tamper.unread(look, gap)


def _unread(look: Look, reason: str, gap: Gap) -> Finding:
    values = {"saves": None, "applicability": "not_applicable", "reason": reason}
    statement = not_applicable(reason)
    return look.finding(
        KIND, Result.INDETERMINATE, statement, values=values, limits=LIMITS, alternatives=UNREAD, gaps=(gap,)
    )


def _reason(error: Exception) -> GapReason:
    if isinstance(error, ToolTimeoutError):
        return GapReason.TIMED_OUT
    return GapReason.LIMIT if isinstance(error, ToolLimitError) else GapReason.UNREADABLE


@cache
def _tools() -> tuple[Tool, ...]:
    tools = []
    for name in _LIBRARIES:
        try:
            tools.append(Tool(name, version(name)))
        except PackageNotFoundError:  # the library may be there under another package's name
            continue
    return tuple(tools)
