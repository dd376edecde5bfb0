"""Similarity of faces: cosines of their measures, singly and between groups; a number, never a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIGITS = 2
"""Decimals that a cosine is stated with: the same face, cut out of the same picture made smaller to 112 px, differs by
0.04 in the median (measured), so that a third decimal would say nothing."""

_LOW, _HIGH = 10, 90


@dataclass(frozen=True, slots=True)
class Spread:
    """How a number of cosines are distributed, rounded to `DIGITS`.

    Attributes:
        count: How many there are. Pairs that share a face, or frames of one clip, are not independent.
        low: 10 of 100 lie below.
        median: Half of them lie below.
        high: 10 of 100 lie above.
        least: The lowest.
        most: The highest.
    """

    count: int
    low: float
    median: float
    high: float
    least: float
    most: float


def cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Gives the cosine similarity of two measures, -1 to 1; 0.0 where one has no direction."""
    import numpy as np

    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.clip(first @ second / length, -1.0, 1.0)) if length > 0 else 0.0


def table(rows: Sequence[NDArray[np.float32]], columns: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Gives the cosines of all faces of one group with all of another.

    Args:
        rows: Measures, each of shape (128,).
        columns: The same.

    Returns:
        Shape (number of rows, number of columns), -1 to 1, not rounded.
    """
    import numpy as np

    if not rows or not columns:
        return np.zeros((len(rows), len(columns)))
    return np.asarray(np.clip(_directions(rows) @ _directions(columns).T, -1.0, 1.0))


def between(rows: Sequence[NDArray[np.float32]], columns: Sequence[NDArray[np.float32]]) -> Spread | None:
    """Describes the cosines of all pairs of a face of one group with a face of another; None without a pair."""
    values = table(rows, columns)
    return spread([float(value) for value in values.reshape(-1)]) if values.size else None


def within(group: Sequence[NDArray[np.float32]]) -> Spread | None:
    """Describes the cosines of all pairs of different faces of a group; None without a pair."""
    import numpy as np

    values = table(group, group)[np.triu_indices(len(group), k=1)]
    return spread([float(value) for value in values]) if values.size else None


def spread(cosines: Sequence[float]) -> Spread:
    """Describes how cosines are distributed.

    Raises:
        UsageError: There are none.
    """
    import numpy as np

    if not cosines:
        raise UsageError("no similarities were given to be described")
    points = np.percentile(np.asarray(cosines, np.float64), (_LOW, 50, _HIGH, 0, 100))
    low, median, high, least, most = (round(float(point), DIGITS) for point in points)
    return Spread(len(cosines), low, median, high, least, most)


def mean(group: Sequence[NDArray[np.float32]], weights: Sequence[float] | None = None) -> NDArray[np.float32]:
    """Gives the mean direction of a group.

    Args:
        group: Measures, each of shape (128,).
        weights: One for each, 0 or more; None for equal ones.

    Returns:
        Shape (128,), of length 1.

    Raises:
        UsageError: The group is empty, or its measures cancel each other.
    """
    import numpy as np

    if not group:
        raise UsageError("a group without faces has no mean")
    shares = np.ones(len(group)) if weights is None else np.asarray(weights, np.float64)
    vector = (_directions(group) * shares[:, None]).sum(axis=0)
    length = float(np.linalg.norm(vector))
    if length == 0:
        raise UsageError("the measures of the group have no common direction")
    return np.asarray(vector / length, np.float32)


def _directions(group: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    import numpy as np

    vectors = np.stack([np.asarray(one, np.float64) for one in group])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0))
