"""Up to which frequency sound has content, by its mean power spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIZE = 4096
"""Samples of one spectrum: bins of about 11 Hz at 44.1 kHz."""

_BAND_HZ = 100
_FLOOR_DB = -120.0
"""A band below this level, in decibels of a full-scale sine for each bin, has no content. The rounding noise of 16-bit
sound lies at -133 dB in each bin of 4096 samples (-98.1 dBFS over 2048 bins and the window's noise bandwidth of 1.5),
with the usual dither up to 5 dB above. *Source:* Widrow & Kollar, Quantization Noise, 2008; Harris, Proc. IEEE 66
(1978), 51."""

_RANGE_DB = 90.0
"""A band this far below the strongest has no content either: the window's side lobes and the rounding of codecs lie
there."""

_EDGE_HZ = 500
_GUARD_HZ = 200
"""Width of the bands on both sides of an edge, and of the gap between them: filters of codecs and converters fall
within it."""

_STEEP_DB = 20.0
_LEAST_EDGE_HZ = 2000
_FILLED_SHARE = 0.8
"""From this drop on across the gap the end of the content is called steep, where it lies above the range of single
tones, and where most bands of the octave below it have content. *Measured* (docs/methods/compression.md)."""


@dataclass(slots=True)
class Spectrum:
    """The sum of the power spectra of all whole windows that are not silent.

    Attributes:
        power: Shape (2049,): a full-scale sine in one bin gives 1.0 for each window and channel.
        count: Windows times channels.
        rest: Samples that wait for a whole window, shape (frames, channels).
    """

    power: NDArray[np.float64]
    count: int
    rest: NDArray[np.float32] | None
    shape: NDArray[np.float32]

    @classmethod
    def start(cls) -> Spectrum:
        """Gives a sum of nothing."""
        import numpy as np

        return cls(np.zeros(_SIZE // 2 + 1), 0, None, np.hanning(_SIZE + 1)[:-1].astype(np.float32))

    def add(self, block: NDArray[np.float32]) -> None:
        """Adds samples, shape (frames, channels)."""
        import numpy as np

        samples = block if self.rest is None else np.concatenate((self.rest, block))
        whole = len(samples) // _SIZE * _SIZE
        self.rest = samples[whole:].copy()
        windows = samples[:whole].reshape(-1, _SIZE, block.shape[1])
        for window in windows[np.any(windows, axis=(1, 2))]:
            found = np.fft.rfft(window * self.shape[:, None], axis=0)
            self.power += (np.abs(found) ** 2).sum(axis=1) * (4 / float(self.shape.sum()) ** 2)
            self.count += block.shape[1]


def values(spectrum: Spectrum, rate_hz: int) -> dict[str, Any]:
    """Gives where the content ends, as JSON values; null where there are no windows or no content.

    `bandwidth_hz` is the upper end of the highest band of 100 Hz whose mean power in each bin is above -120 dB of a
    full-scale sine and less than 90 dB below the strongest band. `band_edge_drop_db` is how far the mean level falls
    there from the 500 Hz below to the 500 Hz above, with a gap of 200 Hz on the upper side; null where the upper end
    of the whole range is too near.
    """
    levels = _bands(spectrum, rate_hz)
    blank = {"bandwidth_hz": None, "band_edge_drop_db": None, "is_band_edge_steep": None}
    if levels is None:
        return blank
    content = (levels > _FLOOR_DB) & (levels > levels.max() - _RANGE_DB)
    if not content.any():
        return blank
    top = int(content.nonzero()[0].max()) + 1
    drop = _drop(levels, top)
    is_filled = top * _BAND_HZ >= _LEAST_EDGE_HZ and content[top // 2 : top].mean() >= _FILLED_SHARE
    return {
        "bandwidth_hz": min(top * _BAND_HZ, rate_hz // 2),
        "band_edge_drop_db": drop,
        "is_band_edge_steep": None if drop is None else bool(is_filled and drop >= _STEEP_DB),
    }


def _bands(spectrum: Spectrum, rate_hz: int) -> NDArray[np.float64] | None:
    """Gives the mean level of each band of 100 Hz, in decibels of a full-scale sine; None where there is too little."""
    import numpy as np

    count = rate_hz // 2 // _BAND_HZ
    if not spectrum.count or count < 1:
        return None
    mean = spectrum.power / spectrum.count
    places = np.minimum((np.arange(len(mean)) * rate_hz / _SIZE / _BAND_HZ).astype(int), count - 1)
    members = np.bincount(places, minlength=count)
    sums = np.bincount(places, weights=mean, minlength=count)
    return 10 * np.log10(np.maximum(sums / np.maximum(members, 1), 1e-20))


def _drop(levels: NDArray[np.float64], top: int) -> float | None:
    width, gap = _EDGE_HZ // _BAND_HZ, _GUARD_HZ // _BAND_HZ
    above = levels[top + gap : top + gap + width]
    below = levels[max(0, top - width) : top]
    if len(above) < width or not len(below):
        return None
    return round(float(below.mean() - above.mean()), 1)
