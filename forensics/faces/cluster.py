"""Distinct persons: faces grouped by average linkage, and how much their number depends on the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.errors import UsageError
from forensics.faces.similarity import table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

THRESHOLD = 0.5
"""Mean cosine from which on two groups are taken for one person. Measured on 121 faces: two men in one photograph reach
0.47 and two invented portraits 0.62; genuine pictures of one person have 0.65 or more, swapped faces and the
photographs they were made from 0.59 to 0.67. To be read with the numbers at `THRESHOLD` minus and plus `MARGIN`."""

MARGIN = 0.1
"""By how much the threshold is lowered and raised to see whether the number of persons depends on it."""

MOST = 5000
"""Most faces that are grouped at once: the table of their cosines then takes 200 MB."""


@dataclass(frozen=True, slots=True)
class Clustering:
    """Faces grouped into persons.

    Attributes:
        labels: Number of the person of each face, from 0, in the order in which persons first occur.
        count: Number of persons.
        count_low: Number at the threshold minus `MARGIN`: what is more alike than that is one person.
        count_high: Number at the threshold plus `MARGIN`.
        threshold: The mean cosine that was used.
    """

    labels: tuple[int, ...]
    count: int
    count_low: int
    count_high: int
    threshold: float

    @property
    def is_stable(self) -> bool:
        """Whether the number of persons is the same at all three thresholds."""
        return self.count_low == self.count == self.count_high


@dataclass(frozen=True, slots=True)
class _Merge:
    """Two groups that became one: a face of each, and their mean cosine."""

    one: int
    other: int
    cosine: float


def cluster(measures: Sequence[NDArray[np.float32]], *, threshold: float = THRESHOLD) -> Clustering:
    """Groups faces into persons by the mean cosine of their measures.

    Args:
        measures: One of each face or track, shape (128,).
        threshold: Mean cosine, from which on two groups are one person.

    Returns:
        The same faces give the same groups; their order decides only the numbers of the persons.

    Raises:
        UsageError: There are more than `MOST` faces.

    Not done: that two faces are seen in the same frame does not keep them apart, since clips show a person twice, side
    by side or in a mirror. A swapped face lies between its two persons and may be grouped with either or alone.
    Source: nearest-neighbour chains: F. Murtagh, The Computer Journal 26 (1983), 354-359; average linkage is reducible,
    so that they give the same tree as merging the nearest pair each time.
    """
    if len(measures) > MOST:
        raise UsageError(f"{len(measures)} faces are too many to be grouped at once; {MOST} are the most")
    merges = _tree(table(measures, measures))
    labels, low, high = (
        _labels(len(measures), merges, at=at) for at in (threshold, threshold - MARGIN, threshold + MARGIN)
    )
    return Clustering(labels, _count(labels), _count(low), _count(high), threshold)


def _tree(cosines: NDArray[np.float64]) -> list[_Merge]:
    """Merges until one group is left; a group bears the number of its first face."""
    import numpy as np

    values = cosines.copy()
    np.fill_diagonal(values, -np.inf)
    sizes = np.ones(len(values))
    alive = list(range(len(values)))
    chain: list[int] = []
    merges: list[_Merge] = []
    while len(merges) < len(values) - 1:
        if not chain:
            chain.append(next(number for number in alive if sizes[number] > 0))
        nearest = _nearest(values, chain)
        if len(chain) > 1 and nearest == chain[-2]:
            one, other = sorted((chain.pop(), chain.pop()))
            merges.append(_Merge(one, other, float(values[one, other])))
            _join(values, sizes, one=one, other=other)
        else:
            chain.append(nearest)
    return merges


def _nearest(values: NDArray[np.float64], chain: Sequence[int]) -> int:
    """Finds the group nearest to the last of the chain; of equal ones the one before it, so that chains end."""
    row = values[chain[-1]]
    best = int(row.argmax())
    if len(chain) > 1 and row[chain[-2]] >= row[best]:
        return chain[-2]
    return best


def _join(values: NDArray[np.float64], sizes: NDArray[np.float64], *, one: int, other: int) -> None:
    """Lets a group take in another: cosines with the rest become the means over all pairs (Lance-Williams)."""
    import numpy as np

    total = sizes[one] + sizes[other]
    joined = (sizes[one] * values[one] + sizes[other] * values[other]) / total
    values[one], values[:, one] = joined, joined
    values[one, one] = -np.inf
    values[other], values[:, other] = -np.inf, -np.inf
    sizes[one], sizes[other] = total, 0


def _labels(count: int, merges: Sequence[_Merge], *, at: float) -> tuple[int, ...]:
    parents = list(range(count))

    def root(number: int) -> int:
        while parents[number] != number:
            number = parents[number]
        return number

    for merge in merges:
        if merge.cosine >= at:
            first, second = sorted((root(merge.one), root(merge.other)))
            parents[second] = first
    numbers: dict[int, int] = {}
    return tuple(numbers.setdefault(root(face), len(numbers)) for face in range(count))


def _count(labels: Sequence[int]) -> int:
    return len(set(labels))
