"""Readers of file formats: what a file is made of and what it says, without decoding pictures or sound.

They are tolerant: a damaged file gives what can be read and a `Problem` for the rest. They are for analyzers, which
decide what any of it means.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import BinaryIO

from forensics.errors import MediaError
from forensics.formats.structure import CODES, Part, Problem, Structure, Value
from forensics.formats.walk import LimitReachedError, Limits, Walk

__all__ = ["CODES", "READERS", "Limits", "Part", "Problem", "Structure", "Value", "read"]

READERS: Mapping[str, str] = {
    "image/jpeg": "jpeg",
    "image/png": "png",
    "image/apng": "png",
    "image/webp": "riff",
    "image/gif": "gif",
    "image/tiff": "tiff",
    "image/heic": "bmff",
    "image/heif": "bmff",
    "image/avif": "bmff",
    "video/mp4": "bmff",
    "video/quicktime": "bmff",
    "video/x-m4v": "bmff",
    "video/3gpp": "bmff",
    "video/3gpp2": "bmff",
    "audio/mp4": "bmff",
    "audio/x-m4a": "bmff",
    "video/x-matroska": "matroska",
    "video/webm": "matroska",
    "audio/webm": "matroska",
    "audio/x-matroska": "matroska",
    "video/x-flv": "flv",
    "video/x-msvideo": "riff",
    "audio/wav": "riff",
    "audio/x-wav": "riff",
    "audio/vnd.wave": "riff",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "video/ogg": "ogg",
    "application/ogg": "ogg",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "ooxml",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "ooxml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "ooxml",
    "text/plain": "plain",
    "text/markdown": "plain",
}
"""Media type to the module of this package that reads it; each has `read(walk: Walk) -> Iterator[Part]`,
which gives the outermost parts one after the other, so that what was found stands where reading has to stop."""

_UNFIT = (struct.error, ValueError, LookupError, OverflowError, ArithmeticError, UnicodeError, EOFError)
"""What a reader may meet in a malformed file where it did not look out for it."""


def read(stream: BinaryIO, media_type: str, limits: Limits | None = None) -> Structure:
    """Reads what a file is made of.

    Args:
        stream: The file; seekable.
        media_type: By the file's content (`forensics.media.sniff`), not by its name.
        limits: How far reading goes; None for the usual.

    Returns:
        A structure whose `format` is empty where no reader knows the type. Damage and limits are `Problem`s.

    Raises:
        OSError: The stream cannot be read.
    """
    walk = Walk(stream, limits or Limits())
    name = READERS.get(media_type)
    if name is None:
        return walk.structure("", [])
    reader: Callable[[Walk], Iterator[Part]] = import_module(f"forensics.formats.{name}").read
    parts: list[Part] = []
    try:
        for part in reader(walk):
            parts.append(part)  # noqa: PERF402 -- what came before an error must stand
    except LimitReachedError as error:
        walk.problem("limit", walk.size, detail=str(error))
    except (MediaError, *_UNFIT) as error:
        walk.problem("unreadable", 0, detail=f"{type(error).__name__}: {error}")
    return walk.structure(name, parts)
