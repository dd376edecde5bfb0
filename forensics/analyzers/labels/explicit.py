"""Labels that people can see or hear: text in pictures and openings of clips, a rhythm in sound, notices in texts."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.analyzers.labels import (
    explicit_clip,
    explicit_document,
    explicit_picture,
    explicit_sound,
    explicit_stream,
    raster,
)
from forensics.analyzers.labels.explicit_statement import Part, finding
from forensics.analyzers.labels.explicit_stream import Facts
from forensics.analyzers.labels.look import Look
from forensics.errors import ForensicsError, MediaError, ToolLimitError, ToolMissingError, ToolTimeoutError
from forensics.media import ocr
from forensics.model import Finding, Gap, GapReason

_SOUNDS = ("audio/", "application/ogg")
_TEXTS = ("text/plain", "text/markdown")


def findings(look: Look) -> Iterator[Finding]:
    """States whether a label was read or heard, in one finding."""
    yield finding(look, list(_parts(look)))


def _parts(look: Look) -> Iterator[Part]:
    media_type = look.evidence.artifact.media_type
    if not look.settings.explicit:
        yield _unsearched("all", GapReason.NOT_CONFIGURED, "looking for visible and audible labels is switched off")
    elif media_type.startswith("image/"):
        yield _picture(look)
    elif media_type.startswith(("video/", *_SOUNDS)):
        yield from _streams(look, media_type)
    elif media_type in _TEXTS:
        yield _text(look)
    else:
        yield _unsearched("text", GapReason.NOT_APPLICABLE, "the text of this format is not searched")


def _unsearched(name: str, why: GapReason, detail: str) -> Part:
    return Part(name, {"searched": False}, gaps=(Gap(name, why, detail),))


def _failed(name: str, error: ForensicsError) -> Part:
    reasons = (
        (ToolMissingError, GapReason.MISSING),
        (ToolTimeoutError, GapReason.TIMED_OUT),
        (ToolLimitError, GapReason.LIMIT),
        (raster.TooLargeError, GapReason.LIMIT),
        (MediaError, GapReason.UNREADABLE),
    )
    why = next((reason for kind, reason in reasons if isinstance(error, kind)), GapReason.FAILED)
    return _unsearched(name, why, f"{error}. {error.hint}" if error.hint else str(error))


def _picture(look: Look) -> Part:
    try:
        with look.evidence.open() as stream:
            picture = raster.decode(stream, side_px=explicit_picture.SIDE_PX)
        engine = ocr.load()
        size = (picture.width_px, picture.height_px)
        read = explicit_picture.read(engine, picture.rgb, size_px=size)
    except ForensicsError as error:
        return _failed("picture", error)
    return Part(
        "picture",
        {
            "searched": True,
            "searched_whole": read.is_whole,
            "size_px": list(size),
            "other_text_lines": read.other_lines,
            "lines_not_read": read.unread_lines,
        },
        texts=tuple(mark.row for mark in read.marks if mark.match.is_label),
        weak=tuple(mark.row for mark in read.marks if not mark.match.is_label),
        tools=engine.describe,
    )


def _streams(look: Look, media_type: str) -> Iterator[Part]:
    is_sound = media_type.startswith(_SOUNDS)
    try:
        facts = explicit_stream.probe(look.evidence)
    except ForensicsError as error:
        yield _failed("sound" if is_sound else "clip", error)
        return
    if not is_sound:
        yield _clip(look, facts)
    yield _sound(look, facts)


def _clip(look: Look, facts: Facts) -> Part:
    if facts.size_px is None:
        return _unsearched("clip", GapReason.NOT_APPLICABLE, "the file has no moving picture")
    try:
        engine = ocr.load()
        read = explicit_clip.read(engine, look.evidence, facts, opening_s=look.settings.opening_s)
        tools = (*engine.describe, explicit_stream.describe())
    except ForensicsError as error:
        return _failed("clip", error)
    if read is None:
        return _unsearched("clip", GapReason.UNREADABLE, "no frame of the opening could be decoded")
    single = [(place, mark) for place, mark in read.elsewhere if mark.match.is_label]
    weak = [*((place, mark) for place, mark in read.elsewhere if not mark.match.is_label)]
    return Part(
        "clip",
        {
            "searched": True,
            "size_px": list(facts.size_px),
            "duration_s": facts.duration_s,
            "searched_s": round(read.searched_s, 2),
            "frames_not_decoded": list(read.not_searched),
            "other_text_lines": read.other_lines,
            "lines_not_read": read.unread_lines,
        },
        texts=(*(seen.row for seen in read.seen), *({**mark.row, "place": place} for place, mark in single)),
        weak=(*({**mark.row, "place": "opening"} for mark in read.weak), *({**m.row, "place": p} for p, m in weak)),
        tools=tools,
    )


def _sound(look: Look, facts: Facts) -> Part:
    if not facts.has_sound:
        return _unsearched("sound", GapReason.NOT_APPLICABLE, "the file has no sound")
    try:
        heard = explicit_sound.listen(look.evidence, facts)
        tools = (explicit_stream.describe(),)
    except ForensicsError as error:
        return _failed("sound", error)
    if heard is None:
        return _unsearched("sound", GapReason.UNREADABLE, "no sound could be decoded")
    return Part(
        "sound",
        {"searched": True, "searched_s": [list(part) for part in heard.searched], "is_whole": heard.is_whole},
        rhythms=tuple(rhythm.row for rhythm in heard.rhythms),
        tools=tools,
    )


def _text(look: Look) -> Part:
    if not explicit_document.has_text(look.structure):
        why = GapReason.UNREADABLE if look.structure.size else GapReason.NOT_APPLICABLE
        return _unsearched("text", why, "the start of the text could not be read")
    notices = explicit_document.read(look.structure)
    return Part("text", {"searched": True}, texts=tuple(notice.row for notice in notices))
