"""The rhythm short-long short-short in sound, which is the Morse code of "AI": tones, their lengths and gaps.

*Source:* GB 45438-2025, 5.4 (audio rhythm label), as reported by those who read it; for lengths and gaps of Morse code
Recommendation ITU-R M.1677-1, part 1, section 2. The standard gives no lengths, so the bounds here are wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from forensics.analyzers.labels import explicit_stream
from forensics.analyzers.labels.explicit_stream import RATE_HZ, Facts
from forensics.plugins import Evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WINDOW = 256
_HOP = 64
"""Samples of a spectrum and from one to the next: 32 ms and 8 ms."""

_LOWEST_HZ, _HIGHEST_HZ = 200.0, 3900.0
"""Tones that are looked at: below lie hum and the voice's lowest tone, above ends what 8,000 samples a second hold."""

_PURE = 0.85
"""Part of the energy within one bin of the strongest from which a moment counts as one tone; vowels have less."""

_LOUD_RMS = 0.003
"""Root mean square of a moment, of full scale, below which it counts as silence (-50 dBFS)."""

_STEADY_BINS = 1
"""Bins, of 31 Hz, by which the frequency may move within a tone, and between the tones of a rhythm."""

_SHORT_S = (0.03, 0.6)
_LONG_OVER_SHORT = (1.8, 6.0)
_SHORT_SPREAD = 1.5
_LETTER_OVER_ELEMENT = 1.5
_LONGEST_GAP_S = 2.0
_ELEMENT_GAP = (0.3, 3.0)
"""Lengths of a short tone; long over short (3 in Morse); longest over shortest of the three short ones; the gap between
the letters over those within (3 in Morse), and its most; gaps within letters over a short tone (1 in Morse)."""

_ALONE = 1.3
"""Silence of this tone before and after the rhythm, over the gap between its letters: longer Morse texts are none."""

_PARTS_S = (30.0, 10.0, 30.0)
"""Seconds of the start, the middle and the end that are listened to; shorter sounds are as a whole."""

_MOST = 8
"""Rhythms that a finding lists."""


@dataclass(frozen=True, slots=True)
class Burst:
    """A steady tone.

    Attributes:
        start_s: Where it begins.
        length_s: How long it is.
        tone_hz: Its frequency.
    """

    start_s: float
    length_s: float
    tone_hz: float

    @property
    def end_s(self) -> float:
        """Where it ends."""
        return self.start_s + self.length_s


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Four tones that follow one another as short-long short-short."""

    bursts: tuple[Burst, ...]

    @property
    def row(self) -> dict[str, Any]:
        """What was measured, as JSON values."""
        pairs = pairwise(self.bursts)
        return {
            "start_s": round(self.bursts[0].start_s, 2),
            "elements_s": [round(burst.length_s, 2) for burst in self.bursts],
            "gaps_s": [round(after.start_s - before.end_s, 2) for before, after in pairs],
            "tone_hz": round(sum(burst.tone_hz for burst in self.bursts) / len(self.bursts), -1),
        }


@dataclass(frozen=True, slots=True)
class Listening:
    """What was heard.

    Attributes:
        rhythms: In order of time.
        searched: Start and end of each part that was listened to, in seconds.
        is_whole: Whether that is all of the sound.
    """

    rhythms: tuple[Rhythm, ...]
    searched: tuple[tuple[float, float], ...]
    is_whole: bool


def listen(evidence: Evidence, facts: Facts) -> Listening | None:
    """Listens to the start, the middle and the end of the first stream of sound.

    Returns:
        None where no sound could be decoded.

    Raises:
        ToolError: FFmpeg is missing, or ran out of its time or memory.
    """
    found: list[Rhythm] = []
    searched = []
    for start_s, length_s in _parts(facts.duration_s):
        samples = explicit_stream.sound(evidence, start_s=start_s, length_s=length_s)
        if len(samples):
            searched.append((round(start_s, 2), round(start_s + len(samples) / RATE_HZ, 2)))
            found.extend(_moved(rhythm, start_s) for rhythm in rhythms(samples))
    if not searched:
        return None
    is_whole = facts.duration_s is not None and facts.duration_s <= sum(_PARTS_S)
    return Listening(tuple(found[:_MOST]), tuple(searched), is_whole)


def rhythms(samples: NDArray[np.float32]) -> list[Rhythm]:
    """Finds the rhythm in samples.

    Args:
        samples: -1 to 1, `RATE_HZ` a second.
    """
    bursts = list(_bursts(samples))
    return [
        Rhythm(tuple(bursts[index : index + 4]))
        for index in range(len(bursts) - 3)
        if _is_rhythm(bursts[index : index + 4]) and _is_alone(bursts, index)
    ]


def _parts(duration_s: float | None) -> list[tuple[float, float]]:
    start, middle, end = _PARTS_S
    if duration_s is None:
        return [(0.0, start)]
    if duration_s <= sum(_PARTS_S):
        return [(0.0, sum(_PARTS_S) + 1)]
    return [(0.0, start), ((duration_s - middle) / 2, middle), (duration_s - end, end + 1)]


def _moved(rhythm: Rhythm, by_s: float) -> Rhythm:
    return Rhythm(tuple(Burst(burst.start_s + by_s, burst.length_s, burst.tone_hz) for burst in rhythm.bursts))


def _bursts(samples: NDArray[np.float32]) -> Iterator[Burst]:
    """Gives every steady tone that is long enough, in order of time."""
    bins = _tones(samples)
    start = 0
    for index in range(1, len(bins) + 1):
        goes_on = index < len(bins) and bins[index] >= 0 and abs(int(bins[index]) - int(bins[start])) <= _STEADY_BINS
        if bins[start] >= 0 and goes_on:
            continue
        length_s = (index - start) * _HOP / RATE_HZ
        if bins[start] >= 0 and length_s >= _SHORT_S[0]:
            yield Burst(start * _HOP / RATE_HZ, length_s, float(bins[start]) * RATE_HZ / _WINDOW)
        start = index


def _tones(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Gives the bin of the tone at every moment; -1 where there is not exactly one."""
    import numpy as np

    count = (len(samples) - _WINDOW) // _HOP + 1
    if count < 1:
        return np.zeros(0, np.int16)
    pieces = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP][:count]
    loud = np.sqrt((pieces.astype(np.float32) ** 2).mean(axis=1)) >= _LOUD_RMS
    energy = np.abs(np.fft.rfft(pieces * np.hanning(_WINDOW).astype(np.float32), axis=1)) ** 2
    strongest = energy[:, 1:-1].argmax(axis=1) + 1
    rows = np.arange(count)
    near = sum(energy[rows, np.clip(strongest + shift, 0, energy.shape[1] - 1)] for shift in (-2, -1, 0, 1, 2))
    pure = near / np.maximum(energy.sum(axis=1), 1e-12) >= _PURE
    tone_hz = strongest * RATE_HZ / _WINDOW
    is_tone = loud & pure & (tone_hz >= _LOWEST_HZ) & (tone_hz <= _HIGHEST_HZ)
    return np.where(is_tone, strongest, -1).astype(np.int16)


def _is_rhythm(four: Sequence[Burst]) -> bool:
    """Whether four tones are short, long, then after a longer gap short, short."""
    shorts = [four[0].length_s, four[2].length_s, four[3].length_s]
    short = sum(shorts) / 3
    gaps = [after.start_s - before.end_s for before, after in pairwise(four)]
    inner = (gaps[0], gaps[2])
    step = RATE_HZ / _WINDOW
    tones = [burst.tone_hz for burst in four]
    return (
        _SHORT_S[0] <= min(shorts)
        and max(shorts) <= min(_SHORT_S[1], _SHORT_SPREAD * min(shorts))
        and _LONG_OVER_SHORT[0] <= four[1].length_s / short <= _LONG_OVER_SHORT[1]
        and all(_ELEMENT_GAP[0] <= gap / short <= _ELEMENT_GAP[1] for gap in inner)
        and _LETTER_OVER_ELEMENT * max(inner) <= gaps[1] <= _LONGEST_GAP_S
        and max(tones) - min(tones) <= _STEADY_BINS * step
    )


def _is_alone(bursts: Sequence[Burst], index: int) -> bool:
    """Whether the same tone is silent before and after the rhythm."""
    first, last = bursts[index], bursts[index + 3]
    quiet_s = _ALONE * (bursts[index + 2].start_s - bursts[index + 1].end_s)
    step = RATE_HZ / _WINDOW
    for position, other in enumerate(bursts):
        is_outside = position < index or position > index + 3
        is_near = other.end_s > first.start_s - quiet_s and other.start_s < last.end_s + quiet_s
        if is_outside and is_near and abs(other.tone_hz - first.tone_hz) <= 2 * step:
            return False
    return True
