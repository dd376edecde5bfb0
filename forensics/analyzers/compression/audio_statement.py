"""What is said about the coding of sound."""

from __future__ import annotations

from typing import Any

from forensics.analyzers import message
from forensics.model import Message

LIMITS = (
    message(
        "compression.audio.limit.bandwidth",
        "The highest frequency is a mean over the whole sound: short sounds above it can lie hidden in the mean, and a "
        "weak hiss counts as content.",
    ),
    message(
        "compression.audio.limit.zeros",
        "Exact zeros and levels are those after decoding; a codec that loses detail fills or empties quiet passages.",
    ),
    message(
        "compression.audio.limit.facts",
        "These are measurements without a score: they tell neither who speaks nor how the voice was made.",
    ),
    message(
        "compression.audio.limit.last",
        "Codec, rate and sizes of frames belong to the program or device that encoded the sound last.",
    ),
)

ALTERNATIVES = (
    message(
        "compression.audio.alternative.rate",
        "Telephone calls, voice messages, codecs at low bit rates and cheap microphones carry no high frequencies, and "
        "programs store them at a higher rate afterwards.",
    ),
    message(
        "compression.audio.alternative.zeros",
        "Noise gates, voice calls, muted microphones, editing programs and fades write exact zeros.",
    ),
    message(
        "compression.audio.alternative.level",
        "Automatic gain, limiters and noise reduction of phones and programs change levels and cut off peaks.",
    ),
    message(
        "compression.audio.alternative.mono",
        "Many devices and programs store one microphone in two channels.",
    ),
)

UNREAD_LIMITS = (
    message(
        "compression.audio.limit.unread",
        "Nothing follows from this about the sound: the format may be unknown to this version of FFmpeg, or the file "
        "damaged or cut short.",
    ),
)

UNREAD_ALTERNATIVES = (
    message(
        "compression.audio.alternative.cut",
        "Downloads and transfers break off, and recordings end when a battery is empty or a program is closed.",
    ),
)

_LOW_SHARE = 0.9
"""Share of the highest possible frequency from which on the end of the content is the usual filter before sampling.
A convention of this tool."""


def unread() -> Message:
    """States that the sound could not be read."""
    return message("compression.audio.unread", "The coding of the sound could not be read.")


def none() -> Message:
    """States that the file has no sound."""
    return message("compression.audio.none", "No stream of sound was found in the file.")


def found(values: dict[str, Any]) -> Message:
    """States what was found of a stream of sound.

    Args:
        values: Of the finding.
    """
    bandwidth_hz, highest_hz = values["bandwidth_hz"], values["decoded_sample_rate_hz"] / 2
    if values["level_peak_dbfs"] is None:
        return _silent(values)
    if bandwidth_hz is None or values["level_floor_dbfs"] is None:
        return _short(values)
    is_low = values["is_band_edge_steep"] and bandwidth_hz < _LOW_SHARE * highest_hz
    return _low(values) if is_low else _heard(values)


def _silent(values: dict[str, Any]) -> Message:
    return message(
        "compression.audio.found.silent",
        "The sound is coded as {codec} with {rate_hz} samples a second in {channels} channel(s); all samples of the "
        "{length_s} s that were decoded are exactly zero.",
        codec=values["codec"] or "?",
        rate_hz=values["decoded_sample_rate_hz"],
        channels=values["decoded_channels"],
        length_s=f"{values['decoded_s']:.2f}",
    )


def _short(values: dict[str, Any]) -> Message:
    return message(
        "compression.audio.found.short",
        "The sound is coded as {codec} with {rate_hz} samples a second in {channels} channel(s); the {length_s} s that "
        "were decoded are too short or too quiet for its bandwidth to be measured. {zeros} % of the samples are "
        "exactly zero.",
        codec=values["codec"] or "?",
        rate_hz=values["decoded_sample_rate_hz"],
        channels=values["decoded_channels"],
        length_s=f"{values['decoded_s']:.2f}",
        zeros=f"{100 * values['zero_sample_share']:.2f}",
    )


def _low(values: dict[str, Any]) -> Message:
    return message(
        "compression.audio.found.low",
        "The sound is coded as {codec} with {rate_hz} samples a second in {channels} channel(s). In the {length_s} s "
        "that were decoded no content was found above {bandwidth_hz} Hz, where its spectrum ends steeply, as after a "
        "step of lower rate or limited bandwidth. Its quietest parts lie near {floor} dBFS; {zeros} % of the samples "
        "are exactly zero.",
        codec=values["codec"] or "?",
        rate_hz=values["decoded_sample_rate_hz"],
        channels=values["decoded_channels"],
        length_s=f"{values['decoded_s']:.2f}",
        bandwidth_hz=values["bandwidth_hz"],
        floor=values["level_floor_dbfs"],
        zeros=f"{100 * values['zero_sample_share']:.2f}",
    )


def _heard(values: dict[str, Any]) -> Message:
    return message(
        "compression.audio.found",
        "The sound is coded as {codec} with {rate_hz} samples a second in {channels} channel(s). In the {length_s} s "
        "that were decoded it has content up to {bandwidth_hz} Hz. Its quietest parts lie near {floor} dBFS; {zeros} % "
        "of the samples are exactly zero.",
        codec=values["codec"] or "?",
        rate_hz=values["decoded_sample_rate_hz"],
        channels=values["decoded_channels"],
        length_s=f"{values['decoded_s']:.2f}",
        bandwidth_hz=values["bandwidth_hz"],
        floor=values["level_floor_dbfs"],
        zeros=f"{100 * values['zero_sample_share']:.2f}",
    )
