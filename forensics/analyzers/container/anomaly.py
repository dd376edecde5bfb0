"""What in a file does not fit its format, or is out of the ordinary."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.analyzers import message
from forensics.analyzers.container.explain import explanations
from forensics.analyzers.container.look import Look
from forensics.analyzers.container.oddity import Oddity, frame_size, of_archive, of_exif_size, of_film, of_reader
from forensics.analyzers.container.thumbnail import Likeness, likeness
from forensics.model import Finding, Gap, GapReason, Message, Result

LEAST_LIKENESS = 0.75
"""Correlation below which a thumbnail differs from its picture. Measured on 60 camera pictures with a thumbnail: the
honest ones had 0.84 and more (all but one 0.97 and more), a cropped one 0.69; of 790 pairs of a picture and another
picture's thumbnail, 99 % had less than 0.64."""

_LIMIT = message(
    "container.anomaly.limit",
    "Only what the format and the list of checks know is seen; data can be hidden where a format allows any data.",
)
_MEANING = message(
    "container.anomaly.limit.meaning",
    "What does not fit the format says nothing about what the file shows, or about who did it and why.",
)


def findings(look: Look) -> Iterator[Finding]:
    """States what does not fit."""
    like = likeness(look.stream) if look.settings.thumbnails and look.structure.format == "jpeg" else None
    every = list(_every(look, like))
    odd = [one for one in every if not one.is_usual]
    most = look.settings.max_listed
    left_out = len(every) - most
    gaps = look.gaps if left_out <= 0 else (*look.gaps, Gap("anomalies", GapReason.LIMIT, f"{left_out} more"))
    yield look.finding(
        "container.anomaly",
        Result.FOUND if odd else look.nothing,
        _statement(look, odd),
        values={
            "count": len(odd),
            "usual_count": len(every) - len(odd),
            "thumbnail_correlation": like.correlation if like else None,
            "anomalies": [one.as_values() for one in (*odd, *(one for one in every if one.is_usual))][:most],
        },
        where=tuple({"offset": one.offset} for one in odd[:most] if one.offset is not None),
        limits=(_LIMIT, _MEANING) if odd else (_LIMIT,),
        alternatives=tuple(explanations(one.code for one in odd)),
        gaps=gaps,
    )


def _every(look: Look, like: Likeness | None) -> Iterator[Oddity]:
    yield from of_reader(look)
    yield from of_archive(look)
    yield from of_film(look)
    if look.structure.format == "jpeg" and frame_size(look):
        yield from of_exif_size(look)
    if like is not None and like.correlation is not None and like.correlation < LEAST_LIKENESS:
        size = f"{like.size_px[0]} x {like.size_px[1]}"
        detail = f"the thumbnail of {size} pixels is unlike the picture: correlation {like.correlation:.2f}"
        yield Oddity("thumbnail-differs", None, None, like.place, detail)


def _statement(look: Look, odd: list[Oddity]) -> Message:
    if odd:
        return message(
            "container.anomaly.found",
            "Number of things in the file that do not fit its format or its own statements: {count} ({codes}).",
            count=len(odd),
            codes=", ".join(dict.fromkeys(one.code for one in odd)),
        )
    if look.nothing is Result.NOT_FOUND:
        return message("container.anomaly.none", "Nothing that does not fit the format was found by this method.")
    return message("container.anomaly.open", "Whether everything in the file fits its format could not be said.")
