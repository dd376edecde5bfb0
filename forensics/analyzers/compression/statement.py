"""What is said about earlier saves of a JPEG picture."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.analyzers import message
from forensics.analyzers.compression.calibration import Kept
from forensics.analyzers.compression.coefficient import Refusal
from forensics.analyzers.compression.double import Earlier
from forensics.analyzers.compression.shift import Shifted
from forensics.model import GapReason, Message

WHY_NOT: Mapping[Refusal, tuple[str, GapReason]] = {
    Refusal.BROKEN: ("damaged", GapReason.UNREADABLE),
    Refusal.CODING: ("unsupported_coding", GapReason.NOT_APPLICABLE),
    Refusal.PRECISION: ("unsupported_coding", GapReason.NOT_APPLICABLE),
    Refusal.COLOUR: ("unsupported_colour", GapReason.NOT_APPLICABLE),
    Refusal.SAMPLING: ("unsupported_coding", GapReason.NOT_APPLICABLE),
    Refusal.SIZE: ("too_large", GapReason.LIMIT),
}
"""Value of `reason`, and reason of the gap, for each refusal."""

LIMITS = (
    message(
        "compression.jpeg.limit.stronger",
        "Only an earlier save that was stronger than the present one, at a lower quality, leaves this trace; a "
        "present save as strong or stronger removes it.",
    ),
    message(
        "compression.jpeg.limit.resized",
        "Resizing, turning by other than right angles, and strong filters between the saves remove the trace. Cropping "
        "between them is seen in part.",
    ),
    message(
        "compression.jpeg.limit.number",
        "Two means more than once: how often the picture was saved in all cannot be told.",
    ),
    message(
        "compression.jpeg.limit.content",
        "Drawings, screenshots, and small, dark or overexposed pictures often show no trace although they were saved "
        "several times.",
    ),
    message(
        "compression.jpeg.limit.others",
        "Pictures in other formats can have been JPEG pictures before; their pixels are not searched for that.",
    ),
    message(
        "compression.jpeg.limit.maps",
        "The ghost map and the error levels have no score: edges, texture and colour make places differ in pictures "
        "that were never changed.",
    ),
)

ALTERNATIVES = (
    message(
        "compression.jpeg.alternative.platform",
        "A messenger, mail program, website or cloud service saved the picture again when it was sent or uploaded.",
    ),
    message(
        "compression.jpeg.alternative.editor",
        "The picture was opened and saved again, turned upright, cropped, or given a date or caption.",
    ),
    message(
        "compression.jpeg.alternative.device",
        "A camera or phone saved it in two steps, or a gallery program made this copy or thumbnail.",
    ),
    message(
        "compression.jpeg.alternative.source",
        "The picture came from a JPEG picture by way of another format, a document, or a screenshot in its full size.",
    ),
    message(
        "compression.jpeg.alternative.clip",
        "The picture is a frame of a clip, whose coding in blocks can leave a similar trace.",
    ),
)

UNREAD = (
    message(
        "compression.jpeg.alternative.usual",
        "Small, smooth, drawn or damaged pictures, and other formats and codings, are common and of no meaning by "
        "themselves.",
    ),
)


def found(quality: int, first: int | None, earlier: Earlier, shifted: Shifted | None) -> Message:
    """States that there is a trace of an earlier save."""
    if not earlier.is_found and shifted is not None:
        return message(
            "compression.jpeg.found.shifted",
            "The picture has the trace of an earlier JPEG save at a quality near {first}, on a grid of blocks that "
            "lies {across} pixels to the right of and {down} pixels below the present one; the present quality is near "
            "{quality}.",
            first=first,
            across=shifted.across_px,
            down=shifted.down_px,
            quality=quality,
        )
    if first is None:
        return message(
            "compression.jpeg.found.other",
            "The picture has the trace of an earlier, stronger coding in blocks, as JPEG pictures and frames of clips "
            "have it, in {count} of {used} frequencies; its tables are of no JPEG quality that is known here. The "
            "present quality is near {quality}.",
            count=len(earlier.combed),
            used=len(earlier.used),
            quality=quality,
        )
    return message(
        "compression.jpeg.found",
        "The picture has the trace of an earlier JPEG save at a quality near {first}, in {count} of {used} "
        "frequencies; the present quality is near {quality}.",
        first=first,
        count=len(earlier.combed),
        used=len(earlier.used),
        quality=quality,
    )


def found_table(quality: int, kept: Kept) -> Message:
    """States that the coefficients keep to the steps of an earlier table, where single combs are not clear."""
    return message(
        "compression.jpeg.found.table",
        "The picture has the trace of an earlier JPEG save, very roughly at quality {first}: on the present grid of "
        "blocks its coefficients keep to the steps of that quality, and on other grids they do not. The present "
        "quality is near {quality}.",
        first=kept.quality,
        quality=quality,
    )


def not_found(quality: int) -> Message:
    """States that no trace was found."""
    return message(
        "compression.jpeg.none",
        "No trace of an earlier, stronger JPEG save was found by this method. The present quality is near {quality}; "
        "an earlier save at that quality or above would leave no trace that this method sees.",
        quality=quality,
    )


def not_applicable(reason: str) -> Message:
    """States why traces of earlier saves could not be looked for."""
    match reason:
        case "not_jpeg":
            return message(
                "compression.jpeg.open.format",
                "The picture is no JPEG file; traces of earlier JPEG saves were not looked for.",
            )
        case "too_few_coefficients":
            return message(
                "compression.jpeg.open.few",
                "The picture is too small or too uniform for traces of an earlier save to be looked for.",
            )
        case "content_pattern":
            return message(
                "compression.jpeg.open.content",
                "The picture's own squares, lines or text give its coefficients the pattern that an earlier save would "
                "leave; whether it was saved before could not be told.",
            )
        case "unsupported_coding":
            return message(
                "compression.jpeg.open.coding",
                "The picture has a coding or subsampling whose coefficients this method does not read.",
            )
        case "unsupported_colour":
            return message(
                "compression.jpeg.open.colour",
                "The picture has colours other than YCbCr or grey, which this method does not read.",
            )
        case "too_large":
            return message(
                "compression.jpeg.open.large",
                "The picture is larger than the limit, so that traces of an earlier save were not looked for.",
            )
        case _:
            return message(
                "compression.jpeg.open.damaged",
                "The picture is damaged or cannot be read, so that the absence of traces of an earlier save means "
                "nothing.",
            )
