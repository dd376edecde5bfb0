"""Whether a picture was saved as JPEG before, on the same grid of blocks."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.analyzers.compression import histogram, table
from forensics.analyzers.compression.coefficient import Coefficients
from forensics.analyzers.compression.extraction import FREQUENCIES
from forensics.analyzers.compression.histogram import Frequency
from forensics.analyzers.compression.table import FirstQuality

_LEFT_OUT = (4, 0)
"""Its basis function has one magnitude only, so that few grey levels give it a comb of their own."""

_LEAST_FREQUENCIES = 3
"""Frequencies with enough coefficients, and frequencies with a comb, that are needed."""

_LEAST_EXPLAINED = 0.55
_LEAST_SHARE = 0.4
"""Share of all roughness that the combs explain, and share of rough frequencies that have a comb, from which on a
picture counts as saved before.
*Measured* (docs/methods/compression.md): photographs saved once reached 0.10 and 0, drawings,
text, posterised and stretched pictures 0.52 with a share of 0.25, or 0.33; photographs saved twice have 0.95 and 1 in
the median."""

_LEAST_OF_BEST = 0.5
"""Share of the best comb's gain from which on the step of the table that fits over all frequencies is believed rather
than the step of one frequency."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the histograms say about an earlier save.

    Attributes:
        used: Frequencies with enough coefficients.
        explained: Share of the histograms' roughness that combs explain, 0 to 1; 0 where they are smooth.
        is_of_content: Whether the picture has combs on other grids as well, so that they say nothing.
    """

    used: tuple[Frequency, ...]
    explained: float
    is_of_content: bool = False

    @property
    def is_applicable(self) -> bool:
        """Whether there are frequencies enough."""
        return len(self.used) >= _LEAST_FREQUENCIES

    @property
    def combed(self) -> tuple[Frequency, ...]:
        """The frequencies that have a comb."""
        return tuple(one for one in self.used if one.has_comb)

    @property
    def is_found(self) -> bool:
        """Whether the histograms have the combs of an earlier, stronger quantisation."""
        rough = sum(one.is_rough for one in self.used)
        if self.is_of_content:
            return False
        return len(self.combed) >= max(_LEAST_FREQUENCIES, _LEAST_SHARE * rough) and self.explained >= _LEAST_EXPLAINED

    @property
    def first_quality(self) -> FirstQuality:
        """The quality of the first save."""
        return table.first_quality({one.frequency: one.gains for one in self.combed})

    @property
    def steps(self) -> dict[tuple[int, int], int]:
        """First steps by (row, column) of the frequency: those of the first quality where they fit."""
        quality = self.first_quality.number
        steps = table.scaled(table.LUMINANCE, quality) if quality is not None else (0,) * 64
        found = {}
        for one in self.combed:
            step = steps[8 * one.frequency[0] + one.frequency[1]]
            is_as_good = one.gains.get(step, 0.0) >= _LEAST_OF_BEST * max(one.gains.values())
            found[one.frequency] = step if is_as_good else one.first
        return found


def judge(coefficients: Coefficients) -> Earlier:
    """Looks for the combs of an earlier quantisation in the luminance.

    Not done: first steps no larger than the present ones are not looked for.
    Source: Popescu & Farid, Information Hiding 2004; the fit is described in `histogram`.
    """
    used = []
    for frequency in FREQUENCIES:
        if frequency != _LEFT_OUT:
            counts = histogram.histogram(coefficients.planes[frequency])
            one = histogram.judge(counts, frequency, present=coefficients.step(frequency))
            used += [one] if one is not None else []
    rough = sum(one.rough for one in used)
    explained = 1 - sum(one.left for one in used) / rough if rough > 0 else 0.0
    return Earlier(tuple(used), max(0.0, explained))
