"""Invisible watermarks that programs write into every picture they generate, and that can be read without a key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from forensics.analyzers import message
from forensics.analyzers.labels import raster
from forensics.analyzers.labels.look import Look
from forensics.analyzers.labels.watermark_code import LEAST_PIXELS, PAYLOADS, Reading, readings
from forensics.errors import MediaError
from forensics.model import Finding, Gap, GapReason, Result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KIND = "label.watermark"

MOST_CHANCE = 1e-6
"""Chance of an agreement by accident, over all payloads and ways of reading, up to which it is reported. The best
agreement in 168 photographs and generated pictures without a watermark had a chance above 0.01."""

LEAST_CORRELATION = 0.6
"""The same pictures had 0.53 at most; pictures with the watermark, saved without loss, 0.88 or more."""

_METHODS = ("dwtDct", "dwtDctSvd")

_MISS = message(
    "watermark.limit.miss",
    "Nothing follows from a miss: few programs write one of these watermarks, and saving as JPEG, resizing or cropping "
    "removes them in most cases.",
)
_KNOWN = message(
    "watermark.limit.known",
    "Only fixed watermarks that are published with their code are looked for. Watermarks that only their maker can "
    "read, for example SynthID, are not.",
)
_HIT = message(
    "watermark.limit.hit",
    "The bits say which program's watermark it is, not who used it, and not which parts of the picture were generated. "
    "The code is public: anyone can write these bits into any picture.",
)
_EDITED = message(
    "watermark.alternative.edited",
    "A photograph was only enlarged, repaired or retouched with such a program, which marks everything it saves.",
)
_WRITTEN = message(
    "watermark.alternative.written",
    "Another program, or a person, wrote the same public bits into a picture of any kind, for example in a test.",
)
_UNREAD = message("watermark.alternative.unread", "The picture carries no such watermark, as most pictures carry none.")


def findings(look: Look) -> Iterator[Finding]:
    """States whether a known invisible watermark was read, in one finding."""
    if not look.settings.watermarks:
        yield _open(look, Gap("watermark", GapReason.NOT_CONFIGURED, "looking for watermarks is switched off"))
    elif not look.evidence.artifact.media_type.startswith("image/"):
        yield _none(look, _values(None), Gap("watermark", GapReason.NOT_APPLICABLE, "only pictures are looked at"))
    else:
        yield _examined(look)


def _examined(look: Look) -> Finding:
    try:
        with look.evidence.open() as stream:
            rgb = raster.decode(stream).rgb
    except raster.TooLargeError as error:
        return _open(look, Gap("pixels", GapReason.LIMIT, str(error)))
    except MediaError as error:
        return _open(look, Gap("pixels", GapReason.UNREADABLE, str(error)))
    height, width = rgb.shape[:2]
    if height * width < LEAST_PIXELS:
        detail = f"the picture has {width} by {height} pixels; such watermarks are written into 65,536 or more"
        return _open(look, Gap("watermark", GapReason.NOT_APPLICABLE, detail), rgb)
    best = min(readings(rgb), key=lambda reading: (reading.p_upper, -reading.correlation))
    return _found(look, best, rgb) if _is_hit(best) else _none(look, _values(rgb))


def _is_hit(reading: Reading) -> bool:
    return reading.p_upper <= MOST_CHANCE and reading.correlation >= LEAST_CORRELATION


def _found(look: Look, reading: Reading, rgb: NDArray[np.uint8]) -> Finding:
    total = len(reading.payload.bits)
    read = {
        "method": reading.method,
        "payload": reading.payload.id,
        "writer": reading.payload.writer,
        "matched_bits": reading.matched_bits,
        "total_bits": total,
        "p_upper": float(f"{reading.p_upper:.1e}"),
        "correlation": round(reading.correlation, 2),
        "colour_order": reading.order,
        "arithmetic": reading.arithmetic,
    }
    return look.finding(
        KIND,
        Result.FOUND,
        message(
            "watermark.found",
            "{matched} of {total} bits agree with the fixed watermark that this program writes: {writer}.",
            matched=reading.matched_bits,
            total=total,
            writer=reading.payload.writer,
        ),
        values={**_values(rgb), **read},
        limits=(_HIT, _KNOWN),
        alternatives=(_EDITED, _WRITTEN),
    )


def _none(look: Look, values: dict[str, Any], *gaps: Gap) -> Finding:
    statement = (
        message("watermark.unfit", "No invisible watermark was looked for: the file is no picture.")
        if gaps
        else message("watermark.none", "No known invisible watermark was read by this method.")
    )
    return look.finding(KIND, Result.NOT_FOUND, statement, values=values, limits=(_MISS, _KNOWN), gaps=gaps)


def _open(look: Look, gap: Gap, rgb: NDArray[np.uint8] | None = None) -> Finding:
    return look.finding(
        KIND,
        Result.INDETERMINATE,
        message("watermark.open", "Invisible watermarks could not be looked for in this file."),
        values=_values(rgb),
        limits=(_MISS, _KNOWN),
        alternatives=(_UNREAD,),
        gaps=(gap,),
    )


def _values(rgb: NDArray[np.uint8] | None) -> dict[str, Any]:
    size = None if rgb is None else [rgb.shape[1], rgb.shape[0]]
    return {"size_px": size, "payloads": [payload.id for payload in PAYLOADS], "methods": list(_METHODS)}
