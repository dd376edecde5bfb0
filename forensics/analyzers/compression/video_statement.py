"""What is said about the coding of a clip."""

from __future__ import annotations

from typing import Any

from forensics.analyzers import message
from forensics.model import Message

LIMITS = (
    message(
        "compression.video.limit.repeat",
        "A frame counts as repeated only where all its decoded samples equal those of the frame before. Repeats that "
        "were encoded again can differ, and a picture without motion gives equal frames by itself.",
    ),
    message(
        "compression.video.limit.missing",
        "Missing frames are counted by time stamps in clips of constant rate. Frames that were taken out before the "
        "clip was encoded, or whose time stamps were closed up, leave no gap.",
    ),
    message(
        "compression.video.limit.edit",
        "A cut at a key frame, or one that was made before the clip was encoded, leaves none of these traces.",
    ),
    message(
        "compression.video.limit.double",
        "The period of an earlier encoding was tried on generated clips only and is not validated for clips of cameras "
        "and phones; where none is stated, the clip can have been encoded before all the same.",
    ),
    message(
        "compression.video.limit.last",
        "Codec, groups and sizes of frames belong to the program or device that encoded the clip last.",
    ),
)

ALTERNATIVES = (
    message(
        "compression.video.alternative.rate",
        "Phones record at a variable rate, and leave frames out in the dark, in heat or under load.",
    ),
    message(
        "compression.video.alternative.repeat",
        "Screen recorders, webcams, video calls and conversions between rates repeat frames; slides and titles stand "
        "still.",
    ),
    message(
        "compression.video.alternative.encoded",
        "Messengers, platforms, gallery programs and screen recorders encode clips again when they are sent, uploaded, "
        "trimmed or turned.",
    ),
    message(
        "compression.video.alternative.edit",
        "Encoders write edit lists for the delay of frames and sound; people trim and join clips, and scenes change, "
        "in honest films too.",
    ),
    message(
        "compression.video.alternative.offset",
        "Cameras, recorders and encoders start and end picture and sound at slightly different times.",
    ),
)

UNREAD_LIMITS = (
    message(
        "compression.video.limit.unread",
        "Nothing follows from this about the clip: the format may be unknown to this version of FFmpeg, or the file "
        "damaged or cut short.",
    ),
)

UNREAD_ALTERNATIVES = (
    message(
        "compression.video.alternative.cut",
        "Downloads and transfers break off, and recordings end when a battery is empty or a program is closed.",
    ),
)


def unread() -> Message:
    """States that the clip could not be read."""
    return message("compression.video.unread", "The coding of the clip could not be read.")


def none() -> Message:
    """States that the file has no moving picture."""
    return message("compression.video.none", "No stream of moving pictures was found in the file.")


def found(values: dict[str, Any]) -> Message:
    """States what was found of a clip.

    Args:
        values: Of the finding.
    """
    timing = values["timing"]
    if values["duplicates"] is None or values["abrupt_changes"] is None:
        return _packets(values)
    if timing["is_constant_rate"] is None:
        return _short(values)
    return _constant(values) if timing["is_constant_rate"] else _variable(values)


def _packets(values: dict[str, Any]) -> Message:
    return message(
        "compression.video.found.packets",
        "The clip is coded as {codec} with {width} x {height} pixels: {frames} frames in {length_s} s, {rate_hz} "
        "a second in the mean; key frames: {groups}. Its frames were not compared with each other.",
        codec=values["codec"] or "?",
        width=values["width_px"] or "?",
        height=values["height_px"] or "?",
        frames=values["frame_count"],
        length_s=_number(values["length_s"]),
        rate_hz=_number(values["frame_rate_hz"]),
        groups=values["gop"]["key_frame_count"],
    )


def _short(values: dict[str, Any]) -> Message:
    return message(
        "compression.video.found.short",
        "The clip is coded as {codec} with {width} x {height} pixels: {frames} frames in {length_s} s, whose rate "
        "cannot be told; key frames: {groups}. Frames that repeat the one before exactly: {repeats}; abrupt "
        "changes of the picture: {changes}.",
        codec=values["codec"] or "?",
        width=values["width_px"] or "?",
        height=values["height_px"] or "?",
        frames=values["frame_count"],
        length_s=_number(values["length_s"]),
        groups=values["gop"]["key_frame_count"],
        repeats=values["duplicates"]["exact_count"],
        changes=values["abrupt_changes"]["count"],
    )


def _variable(values: dict[str, Any]) -> Message:
    return message(
        "compression.video.found.variable",
        "The clip is coded as {codec} with {width} x {height} pixels: {frames} frames in {length_s} s, {rate_hz} a "
        "second in the mean and not at a constant rate; key frames: {groups}. Frames that repeat the one before "
        "exactly: {repeats}; abrupt changes of the picture: {changes}.",
        codec=values["codec"] or "?",
        width=values["width_px"] or "?",
        height=values["height_px"] or "?",
        frames=values["frame_count"],
        length_s=_number(values["length_s"]),
        rate_hz=_number(values["frame_rate_hz"]),
        groups=values["gop"]["key_frame_count"],
        repeats=values["duplicates"]["exact_count"],
        changes=values["abrupt_changes"]["count"],
    )


def _constant(values: dict[str, Any]) -> Message:
    return message(
        "compression.video.found.constant",
        "The clip is coded as {codec} with {width} x {height} pixels: {frames} frames in {length_s} s, at a "
        "constant rate near {rate_hz} a second; key frames: {groups}. Frames that repeat the one before "
        "exactly: {repeats}; frames missing by the time stamps: {missing}; abrupt changes of the picture: "
        "{changes}.",
        codec=values["codec"] or "?",
        width=values["width_px"] or "?",
        height=values["height_px"] or "?",
        frames=values["frame_count"],
        length_s=_number(values["length_s"]),
        rate_hz=_number(values["timing"]["constant_rate_hz"]),
        groups=values["gop"]["key_frame_count"],
        repeats=values["duplicates"]["exact_count"],
        missing=values["timing"]["missing_frames"],
        changes=values["abrupt_changes"]["count"],
    )


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}"
