"""An examiner's own model, run on the faces of a picture or clip, and reported apart from the findings."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

from forensics.analyzers import message
from forensics.analyzers.detector.model import OwnModel, values_of
from forensics.analyzers.detector.model import read as read_model
from forensics.errors import MediaError
from forensics.faces.table import CROP_ROLE, MOST_BYTES, ROLE, Best, Table, TrackRow, read_table
from forensics.model import Finding, Gap, GapReason, Message, Result, Stage, Tool
from forensics.plugins import Evidence, Sink

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KIND = "detector.score"
_SHORT = 16
_MOST_CUT_PX = 4096
"""Longest side that is cut out of a kept picture, of which none has more than 320 px a side: a table that asks for more
was not written by this program."""


@dataclass(frozen=True)
class DetectorAnalyzer:
    """Runs a model that the examiner brings on the best frames of each face.

    Attributes:
        model: File of the model (ONNX); its card lies beside it under the same name, ending in `.toml`.
    """

    model: str = ""

    name: ClassVar[str] = "detector"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = ("image/*", "video/*")
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = (ROLE, CROP_ROLE)

    def __post_init__(self) -> None:
        """Reads model and card once, so that every worker runs the same."""
        object.__setattr__(self, "model", read_model(self.model))

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """States which values the model gave for which face."""
        own = read_model(self.model)
        blank = self._blank(evidence)
        tables = evidence.related(ROLE)
        if not own:
            gap = Gap("model", GapReason.NOT_CONFIGURED, "no model was named")
            yield replace(blank, statement=_NO_MODEL, gaps=(gap,))
            return
        if not tables:
            gap = Gap("faces", GapReason.MISSING, "no faces were looked for; run the analyzer faces")
            yield replace(blank, gaps=(gap,))
            return
        with tables[0].open() as stream:
            table = read_table(stream.read(MOST_BYTES + 1))
        yield self._stated(blank, table, crops=_by_content(evidence), own=own, sink=sink)

    def _stated(
        self, blank: Finding, table: Table, *, crops: dict[str, Evidence], own: OwnModel, sink: Sink
    ) -> Finding:
        rows = [row for track in table.tracks if (row := _row(track, crops, own)) is not None]
        kept = sink.put(io.BytesIO(own.card_content), role="model-card", name="model.toml", media_type="text/plain")
        card = own.card
        values = {
            "model": {"name": card.name, "version": card.version, "sha256": own.sha256, "source": card.source},
            "high_means": card.high_means,
            "tracks": rows,
            "left_out": [track.id for track in table.tracks if track.id not in {row["track"] for row in rows}],
            "published": card.published,
        }
        if not rows:
            statement = message("detector.none", "{model} was not run: no face is seen well enough.", **_named(own))
            return replace(blank, statement=statement, values=values, attachments=(kept,), limits=_limits(own))
        return replace(
            blank,
            statement=message(
                "detector.scored",
                "{model}, which the examiner brought, was run on faces: {count}. Its values stand in the table; they "
                "are reported apart, and no finding of this program rests on them.",
                **_named(own),
                count=len(rows),
            ),
            values={**values, "strength": "examiner_model"},
            where=tuple(_places(table, rows)),
            attachments=(kept,),
            limits=_limits(own),
        )

    def _blank(self, evidence: Evidence) -> Finding:
        settings = {one.name: str(getattr(self, one.name)) for one in fields(self)}
        return Finding(
            subject=(evidence.artifact.content_sha256,),
            stage=Stage.DETECT,
            kind=KIND,
            result=Result.INDETERMINATE,
            statement=message("detector.unread", "The model of the examiner could not be run on this file."),
            analyzer=Tool(self.name, self.version, settings=settings),
            limits=(_LIMIT_APART,),
            alternatives=(_ALTERNATIVE,),
        )


def _by_content(evidence: Evidence) -> dict[str, Evidence]:
    return {one.artifact.content_sha256: one for one in evidence.related(CROP_ROLE)}


def _row(track: TrackRow, crops: dict[str, Evidence], own: OwnModel) -> dict[str, Any] | None:
    """Runs the model on the kept pictures of one face; None where there are none."""
    import numpy as np

    values = []
    for best in track.best:
        kept = crops.get(best.crop_sha256 or "")
        if kept is not None and track.is_suitable:
            values.append((best.time_s, round(values_of(own, _cut(_pixels(kept), best, own.card.margin)), 4)))
    if not values:
        return None
    numbers = [value for _, value in values]
    return {
        "track": track.id,
        "values": [{"time_s": time_s, "value": value} for time_s, value in values],
        "median": round(float(np.median(numbers)), 4),
        "range": [min(numbers), max(numbers)],
    }


def _pixels(kept: Evidence) -> NDArray[np.uint8]:
    from forensics.media.frame import still

    with kept.path() as path:
        return still(path).pixels


def _cut(pixels: NDArray[np.uint8], best: Best, margin: float) -> NDArray[np.uint8]:
    """Cuts a square around the face out of its kept picture; beyond its edge the last pixels repeat.

    Raises:
        MediaError: The table says that the face is larger than any picture that is kept.
    """
    import cv2
    import numpy as np

    left, top, width, height = best.box_px
    (eye_x, eye_y), (kept_x, kept_y) = best.landmarks_px[0], best.crop_landmarks_px[0]
    side = max(width, height) * best.scale * margin
    if not 0 < side <= _MOST_CUT_PX:
        raise MediaError("the table of faces gives a face a size that no kept picture has")
    middle_x = (left + width / 2 - eye_x) * best.scale + kept_x
    middle_y = (top + height / 2 - eye_y) * best.scale + kept_y
    size = max(1, round(side))
    motion = np.array([[1.0, 0.0, size / 2 - middle_x], [0.0, 1.0, size / 2 - middle_y]])
    cut = cv2.warpAffine(pixels, motion, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


def _places(table: Table, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        track = table.track(row["track"])
        if track is not None:
            yield {"track": track.id, "start_s": track.start_s, "end_s": track.end_s}


def _named(own: OwnModel) -> dict[str, str]:
    card = own.card
    return {"model": f"{card.name} {card.version} (SHA-256 {own.sha256[:_SHORT]}…)"}


def _limits(own: OwnModel) -> tuple[Message, ...]:
    rates = (
        message("detector.limit.published", "Published rates of errors, as its card states them, stand in the values.")
        if own.card.published
        else message("detector.limit.unvalidated", "Its card states no rates of errors: the model is not validated.")
    )
    return (_LIMIT_APART, rates, _LIMIT_WILD)


_NO_MODEL = message("detector.no_model", "No model of the examiner was named, so none was run.")

_LIMIT_APART = message(
    "detector.limit.apart",
    "This program has no score of its own for single files, since none was found to hold on other material. The values "
    "of the model are those of the model; they are no probability, and nothing here was weighed with them.",
)

_LIMIT_WILD = message(
    "detector.limit.wild",
    "Rates are for the test set and may not hold for this file; published tests show large drops on in-the-wild "
    "material (Deepfake-Eval-2024: AUC lower by 50 % for video and 45 % for images with open models).",
)

_ALTERNATIVE = message(
    "detector.alternative",
    "Such models answer to compression, scaling, filters, light and make-up as well, and to files that are unlike "
    "those that they were trained with.",
)
