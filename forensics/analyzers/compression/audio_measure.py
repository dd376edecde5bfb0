"""Measures decoded sound block by block: levels, exact zeros, clipping, spectrum, and how its channels differ."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forensics.analyzers.compression import audio_spectrum
from forensics.analyzers.compression.audio_decode import Sound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW_S = 0.05
"""Length of a window for levels, in seconds: a syllable is longer. A convention of this tool."""

_BLOCK_WINDOWS = 200
_FULL = 32767 / 32768
"""The largest sample of 16-bit sound. *Source:* two's complement; 1.0 is full scale."""

_CLIPPED_ROW = 3
"""So many samples in a row at full scale count as clipped: one or two can be the top of a wave. A convention."""

_LEAST_ZEROS_S = 0.01
"""Runs of exact zeros from this length on are listed: longer than any passage of a wave through zero at 50 Hz."""

_LISTED = 50
_FLOOR_SHARE = 0.05
_LOWEST_DB = -200.0


@dataclass(slots=True)
class _Row:
    """Runs of samples that fulfil a condition, over the borders of blocks.

    Attributes:
        open_since: Index of the first sample of a run that has not ended; None outside of one.
    """

    least: int
    places: list[tuple[int, int]] = field(default_factory=list)
    count: int = 0
    total: int = 0
    longest: int = 0
    open_since: int | None = None

    def add(self, flags: NDArray[np.bool_], offset: int) -> None:
        """Adds a block.

        Args:
            flags: Shape (frames,).
            offset: Index of its first sample.
        """
        import numpy as np

        before = self.open_since is not None
        edges = np.flatnonzero(np.diff(np.concatenate(([before], flags)).astype(np.int8)))
        for edge in edges.tolist():
            if self.open_since is None:
                self.open_since = offset + edge
            else:
                self._close(offset + edge)

    def end(self, length: int) -> None:
        """Ends a run that reaches the end of the sound."""
        if self.open_since is not None:
            self._close(length)

    def _close(self, end: int) -> None:
        start, self.open_since = self.open_since or 0, None
        if end - start >= self.least:
            self.count += 1
            self.total += end - start
            self.longest = max(self.longest, end - start)
            if len(self.places) < _LISTED:
                self.places.append((start, end - start))


@dataclass(slots=True)
class _Sums:
    """Sums over all samples, for each channel."""

    frames: int
    samples: NDArray[np.float64]
    squares: NDArray[np.float64]
    peak: float
    zeros: int
    full: int
    difference: float

    def add(self, block: NDArray[np.float32]) -> None:
        import numpy as np

        wide = block.astype(np.float64)
        magnitude = np.abs(block)
        self.frames += len(block)
        self.samples += wide.sum(axis=0)
        self.squares += (wide**2).sum(axis=0)
        self.peak = max(self.peak, float(magnitude.max(initial=0.0)))
        self.zeros += int((block == 0).sum())
        self.full += int((magnitude >= _FULL).sum())
        if block.shape[1] == 2:  # noqa: PLR2004 -- left and right
            self.difference += float(((wide[:, 0] - wide[:, 1]) ** 2).sum())


@dataclass(slots=True)
class _State:
    sums: _Sums
    zeros: _Row
    clipped: list[_Row]
    spectrum: audio_spectrum.Spectrum
    levels: list[NDArray[np.float64]]

    def add(self, block: NDArray[np.float32], window: int) -> None:
        import numpy as np

        offset = self.sums.frames
        self.zeros.add((block == 0).all(axis=1), offset)
        for channel, row in enumerate(self.clipped):
            row.add(np.abs(block[:, channel]) >= _FULL, offset)
        whole = len(block) // window * window
        windows = block[:whole].astype(np.float64).reshape(-1, window * block.shape[1])
        self.levels.append((windows**2).mean(axis=1))
        self.spectrum.add(block)
        self.sums.add(block)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a stream of sound.

    Attributes:
        seconds: Of sound that was decoded.
        values: As JSON values.
    """

    seconds: float
    values: dict[str, Any]


def measure(sound: Sound) -> Measured:
    """Measures sound to its end.

    Raises:
        ToolTimeoutError: Decoding takes too long.
    """
    window = max(1, round(WINDOW_S * sound.rate_hz))
    state = _start(sound)
    for block in sound.blocks(window * _BLOCK_WINDOWS):
        state.add(block, window)
    for row in (state.zeros, *state.clipped):
        row.end(state.sums.frames)
    seconds = state.sums.frames / sound.rate_hz
    return Measured(seconds, _values(state, sound) if state.sums.frames else {})


def _start(sound: Sound) -> _State:
    import numpy as np

    sums = _Sums(0, np.zeros(sound.channels), np.zeros(sound.channels), 0.0, 0, 0, 0.0)
    zeros = _Row(max(1, math.ceil(_LEAST_ZEROS_S * sound.rate_hz)))
    clipped = [_Row(_CLIPPED_ROW) for _ in range(sound.channels)]
    return _State(sums, zeros, clipped, audio_spectrum.Spectrum.start(), [])


def _values(state: _State, sound: Sound) -> dict[str, Any]:
    sums = state.sums
    count = sums.frames * sound.channels
    return {
        "decoded_s": round(sums.frames / sound.rate_hz, 3),
        "decoded_sample_rate_hz": sound.rate_hz,
        "decoded_channels": sound.channels,
        **audio_spectrum.values(state.spectrum, sound.rate_hz),
        **_levels(state),
        "zero_sample_share": round(sums.zeros / count, 5),
        "zero_runs": [
            {"start_s": round(start / sound.rate_hz, 3), "length_s": round(length / sound.rate_hz, 3)}
            for start, length in state.zeros.places
        ],
        "zero_run_count": state.zeros.count,
        "zero_run_share": round(state.zeros.total / sums.frames, 5),
        "zero_run_longest_s": round(state.zeros.longest / sound.rate_hz, 3),
        "full_scale_sample_share": round(sums.full / count, 6),
        "clipped_run_count": sum(row.count for row in state.clipped),
        "clipped_run_longest_samples": max(row.longest for row in state.clipped),
        **_channels(sums),
    }


def _levels(state: _State) -> dict[str, Any]:
    import numpy as np

    sums = state.sums
    powers = np.concatenate(state.levels)
    heard = powers[powers > 0]
    return {
        "level_rms_dbfs": _power_db(float(sums.squares.sum()) / (sums.frames * len(sums.squares))),
        "level_peak_dbfs": _power_db(sums.peak**2),
        "level_floor_dbfs": _power_db(float(np.quantile(heard, _FLOOR_SHARE))) if len(heard) else None,
        "level_quietest_dbfs": _power_db(float(heard.min())) if len(heard) else None,
        "level_median_dbfs": _power_db(float(np.median(heard))) if len(heard) else None,
        "level_window_s": WINDOW_S,
    }


def _channels(sums: _Sums) -> dict[str, Any]:
    offsets = [round(float(total) / sums.frames, 6) or 0.0 for total in sums.samples]  # never minus zero
    values: dict[str, Any] = {"dc_offset": offsets, "are_channels_equal": None, "channel_difference_db": None}
    if len(offsets) == 2:  # noqa: PLR2004 -- left and right
        whole = float(sums.squares.sum())
        values["are_channels_equal"] = sums.difference == 0
        if sums.difference > 0 and whole > 0:
            values["channel_difference_db"] = round(10 * math.log10(sums.difference / whole), 1)
    return values


def _power_db(power: float) -> float | None:
    """Gives a mean square in decibels of full scale, where 0 is the mean square 1.0; None for digital silence."""
    return round(max(_LOWEST_DB, 10 * math.log10(power)), 1) if power > 0 else None
