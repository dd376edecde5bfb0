"""Innocent explanations for each kind of thing that does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forensics.analyzers import message
from forensics.model import Message

_CUT = message(
    "container.explain.cut",
    "Downloads, copies and recordings are broken off, and recovered files lack their end.",
)
_DAMAGE = message(
    "container.explain.damage", "Storage and transmission damage files, and some programs write them carelessly."
)
_OWN = message(
    "container.explain.own",
    "Makers of devices and programs add parts of their own, and formats grow; the list of known parts does not.",
)
_APPENDED = message(
    "container.explain.appended",
    "Devices append previews, clips and notes behind a picture, and programs pad files or append their own data.",
)
_JOINED = message(
    "container.explain.joined", "Programs and recorders join files, and repair or update them without cleaning up."
)
_TRIMMED = message(
    "container.explain.trimmed",
    "Trimming on a phone keeps what was cut off in the file and hides it by an edit list, as it is meant to.",
)
_SYNCED = message(
    "container.explain.synced",
    "Recorders and converters delay one track so that picture and sound start together.",
)
_THUMBNAIL = message(
    "container.explain.thumbnail",
    "Programs that crop, resize or retouch a picture often leave the thumbnail of the earlier state.",
)
_RESIZED = message(
    "container.explain.resized",
    "Programs and platforms that resize, crop or turn a picture often leave the size that EXIF states.",
)

_LEFT = message(
    "container.explain.left",
    "Recorders reserve room, and programs that shorten or update a file leave data that nothing uses any more.",
)

_BY_CODE: dict[str, Message] = {
    "truncated": _CUT,
    "past-end": _CUT,
    "missing-part": _CUT,
    "bad-checksum": _DAMAGE,
    "out-of-order": _DAMAGE,
    "unknown-part": _OWN,
    "trailing-data": _APPENDED,
    "leading-data": _APPENDED,
    "hidden-data": _LEFT,
    "duplicate-part": _JOINED,
    "second-file": _APPENDED,
    "edit-hides": _TRIMMED,
    "edit-shifts": _SYNCED,
    "edit-speed": _TRIMMED,
    "thumbnail-differs": _THUMBNAIL,
    "exif-size-differs": _RESIZED,
}
"""Code of an anomaly to what explains it innocently."""


def explanations(codes: Iterable[str]) -> Iterator[Message]:
    """Gives the innocent explanations of some codes, each once."""
    found = (_BY_CODE.get(code, _DAMAGE) for code in codes)
    yield from {explanation.id: explanation for explanation in found}.values()
