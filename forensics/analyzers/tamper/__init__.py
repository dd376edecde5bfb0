"""Whether areas of a picture were copied to other places of the same picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, ClassVar

from forensics.analyzers import message
from forensics.model import Finding, Gap, GapReason, Message, Result, Stage, Tool
from forensics.plugins import Evidence, Sink
from forensics.watch import watch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.analyzers.tamper.repeat import Repeat
    from forensics.media.frame import Frame

KIND = "tamper.copy_move"

MOST_REPORTED = 20
"""Pairs that a finding lists; `pair_count` has the number of all."""


@dataclass(frozen=True)
class TamperAnalyzer:
    """Looks for areas of a picture that appear in it twice.

    Attributes:
        turned: Whether turned and scaled copies are looked for as well.
        megapixel_limit: Pictures with more millions of pixels are not examined, for their need of memory.
    """

    turned: bool = True
    megapixel_limit: float = 26.0

    name: ClassVar[str] = "tamper"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = ("image/*",)
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()

    def start(self, evidence: Evidence, sink: Sink) -> CopyMove:
        """Begins to be fed with the picture."""
        return CopyMove(self, evidence, sink)

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """States which areas of a picture agree."""
        return watch(self, evidence, sink)


class CopyMove:
    """The search in one picture.

    Args:
        analyzer: Its settings.
        evidence: The picture.
        sink: Takes the map.
    """

    def __init__(self, analyzer: TamperAnalyzer, evidence: Evidence, sink: Sink) -> None:
        self._analyzer, self._sink = analyzer, sink
        settings = {one.name: getattr(analyzer, one.name) for one in fields(analyzer)}
        self._blank = Finding(
            subject=(evidence.artifact.content_sha256,),
            stage=Stage.ANALYSE,
            kind=KIND,
            result=Result.INDETERMINATE,
            statement=message("tamper.copy_move.unread", "The picture could not be searched for repeated areas."),
            analyzer=Tool(analyzer.name, analyzer.version, settings=settings),
            limits=_LIMITS,
            alternatives=_ALTERNATIVES,
        )
        self._finding: Finding | None = None
        self._frame_count = 0

    def feed(self, frame: Frame) -> None:
        """Searches the first frame; of an animated picture the others are counted."""
        self._frame_count += 1
        if self._finding is None:
            self._finding = self._searched(frame.pixels)

    def finish(self, gaps: tuple[Gap, ...]) -> Iterable[Finding]:
        """States what was found."""
        if self._finding is None:
            yield replace(self._blank, gaps=gaps or (Gap("picture", GapReason.UNREADABLE, "it has no frame"),))
            return
        if self._frame_count > 1:
            gaps = (
                *gaps,
                Gap("frames", GapReason.NOT_APPLICABLE, "of an animated picture the first frame is searched"),
            )
        finding = replace(self._finding, gaps=(*self._finding.gaps, *gaps))
        # What a decoder guessed repeats exactly: nothing follows from it, for or against.
        yield replace(finding, result=Result.INDETERMINATE) if gaps else finding

    def _searched(self, bgr: NDArray[np.uint8]) -> Finding:
        from forensics.analyzers.tamper.repeat import why_not_applicable

        if bgr.shape[0] * bgr.shape[1] > self._analyzer.megapixel_limit * 1e6:
            detail = f"the picture has more than {self._analyzer.megapixel_limit:g} million pixels"
            return replace(self._blank, gaps=(Gap("picture", GapReason.LIMIT, detail),))
        if (reason := why_not_applicable(bgr)) is not None:
            statement, detail = _NOT_APPLICABLE[reason]
            values = {"applicable": False, "reason": reason}
            gap = Gap("picture", GapReason.NOT_APPLICABLE, detail)
            return replace(self._blank, statement=statement, values=values, gaps=(gap,))
        repeats = self._repeats(bgr)
        return self._stated(bgr, repeats) if repeats else _none(self._blank)

    def _repeats(self, bgr: NDArray[np.uint8]) -> list[Repeat]:
        from forensics.analyzers.tamper.block import find_blocks
        from forensics.analyzers.tamper.keypoint import find_keypoints

        found = find_blocks(bgr)
        return found if found or not self._analyzer.turned else find_keypoints(bgr)

    def _stated(self, bgr: NDArray[np.uint8], repeats: list[Repeat]) -> Finding:
        from forensics.analyzers.tamper.picture import drawn
        from forensics.analyzers.tamper.repeat import pasted

        same = pasted(repeats)
        largest = same[0] if same else repeats[0]
        values = {
            "applicable": True,
            "pair_count": len(repeats),
            "pairs": [one.described() for one in repeats[:MOST_REPORTED]],
        }
        picture = self._sink.put(
            drawn(bgr, repeats), role="copy-move-map", name="copy-move.png", media_type="image/png"
        )
        told = {"count": len(repeats), "area_px": largest.area_px, "difference": round(largest.difference, 1)}
        return replace(
            self._blank,
            result=Result.FOUND if same else Result.INDETERMINATE,
            statement=_shifted(told) if same else _alike(largest, told),
            values=values if same else {**values, "strength": "consistent_with"},
            where=tuple(
                {"pair": number, "area": area, "box_px": list(box)}
                for number, one in enumerate(repeats[:MOST_REPORTED], 1)
                for area, box in (("a", one.first), ("b", one.second))
            ),
            attachments=(picture,),
        )


def _shifted(told: dict[str, float]) -> Message:
    return message(
        "tamper.copy_move.shifted",
        "Areas of the picture appear in it twice, with the same noise: pairs: {count}; the largest has {area_px} "
        "pixels, which differ by {difference} grey levels on average. Which of the two areas was there first "
        "cannot be seen from this.",
        **told,
    )


def _alike(largest: Repeat, told: dict[str, float]) -> Message:
    return message(
        "tamper.copy_move.alike",
        "Areas of the picture resemble each other (turn {rotation_deg} degrees, size {scale}): pairs: {count}; the "
        "largest has {area_px} pixels, which differ by {difference} grey levels on average. This is consistent with a "
        "copied area, and with things that look alike.",
        rotation_deg=round(largest.rotation_deg, 1),
        scale=round(largest.scale, 2),
        **told,
    )


def _none(blank: Finding) -> Finding:
    return replace(
        blank,
        result=Result.NOT_FOUND,
        statement=message(
            "tamper.copy_move.none", "No area of the picture that appears in it twice was found by this method."
        ),
        values={"applicable": True, "pair_count": 0, "pairs": []},
        alternatives=(),
    )


_NOT_APPLICABLE = {
    "small": (
        message("tamper.copy_move.small", "The picture is too small to be searched for repeated areas."),
        "the picture is less than 64 pixels wide or high",
    ),
    "palette": (
        message(
            "tamper.copy_move.palette",
            "The picture has few colours; patterns of dots repeat in it by themselves, so it was not searched for "
            "repeated areas.",
        ),
        "the picture has few colours",
    ),
    "drawn": (
        message(
            "tamper.copy_move.drawn",
            "Large parts of the picture are evenly coloured, as in screenshots and drawings, where equal signs repeat "
            "by themselves; so it was not searched for repeated areas.",
        ),
        "large parts of the picture are evenly coloured",
    ),
}

_LIMITS = (
    message(
        "tamper.copy_move.limit.lost",
        "Copies that were scaled, turned, blurred or saved strongly afterwards are often missed, and things pasted in "
        "from other pictures are not looked for. That nothing was found does not speak for an unaltered picture.",
    ),
    message(
        "tamper.copy_move.limit.repetition",
        "Repetition in the world (printed patterns, tiles, windows) was tested on few pictures: the two areas must be "
        "looked at.",
    ),
)

_ALTERNATIVES = (
    message(
        "tamper.copy_move.alternative.pattern",
        "A printed or woven pattern, a row of equal things, or a screen in the picture repeats by itself.",
    ),
    message(
        "tamper.copy_move.alternative.retouching",
        "Retouching removes dust, blemishes or signs by copying the surroundings; a frame, collage or mirrored border "
        "repeats parts of a picture on purpose.",
    ),
)
