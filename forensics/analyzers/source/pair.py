"""One frame of the questioned picture laid upon the original's: refined in space, fitted in colour, with its blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analyzers.source.registration import compose, refined, warped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLOURLESS = 4.0
"""Mean distance of a pixel's channels in grey levels, under which a picture has no colours. *Source:* measured: black
and white pictures 0.0, the palest of 94 coloured ones 11."""

FINE_PX = 1.2
COARSE_PX = 8.0
"""Widths (sigma) of the Gaussian filters between which structure is compared: finer is what compression changes,
coarser is light and colour. *Source:* measured on swapped and genuine clips."""

BLOCK_PX = 24
_TRIMMED = 0.2
"""Share of blocks, the worst, that do not count outside the faces: captions, stickers and watermarks cover less.
Source: measured; without it a caption bar lets the correlation outside fall to 0.7."""

_OUTLYING = 4.0
"""Blocks that differ more than this many times the median block do not count either: a caption may cover a third."""

_LEAST_KEPT = 0.6
"""Share of blocks that always count, so that two pictures of which half differs are not said to agree."""

_EDGE_PX = 4
_SAMPLING = 7
_FLAT = 4.0
"""Variance of structure, in squared grey levels, that a block is taken to have at least."""

_LEAST_BLOCKS = 12
_SLOPES = (0.25, 4.0)
"""Gains of contrast that are believed; the median of all blocks', since a caption alone would bend a common fit."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """How structure agrees in each block outside the faces; all of shape (rows, columns).

    Attributes:
        area: Share of the block that is compared, 0 to 1.
        product: Mean product of the two structures.
        first: Mean square of the questioned structure.
        second: Mean square of the original's.
    """

    area: NDArray[np.float32]
    product: NDArray[np.float32]
    first: NDArray[np.float32]
    second: NDArray[np.float32]

    @classmethod
    def of(cls, first: NDArray[np.float32], second: NDArray[np.float32], outside: NDArray[np.bool_]) -> Blocks:
        """Sums up two structures over blocks, where they are compared."""
        import numpy as np

        cover = outside.astype(np.float32)
        return cls(
            _means(cover),
            *(np.asarray(_means(cover * one), np.float32) for one in (first * second, first**2, second**2)),
        )

    def shares(self) -> NDArray[np.float32]:
        """Gives for each block how much of what it shows differs.

        Returns:
            Mean squared difference over mean square of the original; NaN where less than half of a block is compared.
        """
        import numpy as np

        area = np.maximum(self.area, 1e-3)
        counted = self.area > 0.5  # noqa: PLR2004 -- half of the block
        shown = counted & (self.second > _FLAT * area)
        slopes = (self.product / (self.first + 1e-6))[shown]
        slope = float(np.clip(np.median(slopes), *_SLOPES)) if len(slopes) else 1.0
        difference = (slope**2 * self.first - 2 * slope * self.product + self.second) / area
        return np.where(counted, difference / (self.second / area + _FLAT), np.nan).astype(np.float32)

    def kept(self, *, left_out: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
        """Marks the blocks that count: not left out, and not among those that differ most for what they show."""
        import numpy as np

        shares = self.shares()
        counted = np.isfinite(shares)
        if left_out is not None and left_out.shape == counted.shape:
            counted &= ~left_out
        if not counted.any():
            return counted
        most = min(np.quantile(shares[counted], 1 - _TRIMMED), _OUTLYING * np.median(shares[counted]))
        most = max(most, np.quantile(shares[counted], _LEAST_KEPT))
        return np.asarray(counted & (np.nan_to_num(shares, nan=np.inf) <= most))

    def correlation(self, *, left_out: NDArray[np.bool_] | None = None) -> float:
        """Correlates the structures over the blocks that count; 0 where there are none."""
        import numpy as np

        good = self.kept(left_out=left_out)
        product, first, second = (float(one[good].sum()) for one in (self.product, self.first, self.second))
        return product / float(np.sqrt(first * second + 1e-6)) if good.any() else 0.0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures of one instant in one frame, that of the original.

    Attributes:
        questioned: Warped, fitted in colour, not smoothed; shape (height, width, 3), blue green red, 0-255.
        original: The same of the original.
        matrix: From the questioned picture's pixels into this frame, shape (2, 3).
        residual: Root mean square over the channels of the smoothed difference, shape (height, width), grey levels.
        structures: Structure of the questioned and of the original, shape (height, width) each.
        gradient: Smoothed strength of edges of the original, shape (height, width).
        valid: Where the questioned picture has pixels.
        outside: Where it has pixels, outside all faces.
        kept: The same without the worst blocks.
        blocks: Sums over the blocks outside the faces.
    """

    questioned: NDArray[np.uint8]
    original: NDArray[np.uint8]
    matrix: NDArray[np.float64]
    residual: NDArray[np.float32]
    structures: tuple[NDArray[np.float32], NDArray[np.float32]]
    gradient: NDArray[np.float32]
    valid: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    blocks: Blocks


def laid(
    questioned: NDArray[np.uint8],
    original: NDArray[np.uint8],
    *,
    matrix: NDArray[np.float64],
    faces: NDArray[np.bool_],
) -> Pair | None:
    """Lays a questioned picture upon the original.

    Args:
        questioned: Shape (height, width, 3), blue green red.
        original: The same, of any size.
        matrix: From the questioned picture's pixels into the original's; refined here.
        faces: Where the original has faces, widely drawn; shape of the original.

    Returns:
        None where too little of the original is covered outside the faces.
    """
    size = (original.shape[1], original.shape[0])
    moved, whole = warped(questioned, matrix, size=size)
    valid = _eroded(whole)
    outside = valid & ~faces
    if outside.sum() < _LEAST_BLOCKS * BLOCK_PX**2:
        return None
    grey = _grey(moved), _grey(original)
    step = refined(*grey, _spread(Blocks.of(_structure(grey[0]), _structure(grey[1]), outside).kept(), outside))
    if step is not None:
        better = compose(step, matrix)
        again, whole = warped(questioned, better, size=size)
        if _agreement(_grey(again), grey[1], outside & _eroded(whole)) >= _agreement(*grey, outside):
            moved, matrix, valid = again, better, _eroded(whole)
            outside = valid & ~faces
    return _fitted(moved, original, matrix=matrix, valid=valid, outside=outside)


def _fitted(
    moved: NDArray[np.uint8],
    original: NDArray[np.uint8],
    *,
    matrix: NDArray[np.float64],
    valid: NDArray[np.bool_],
    outside: NDArray[np.bool_],
) -> Pair:
    import cv2
    import numpy as np

    # A colour that was taken away everywhere is no change of a face: then grey is compared with grey.
    like = cv2.merge([_grey(original)] * 3) if _is_colourless(moved) else original
    second = np.asarray(cv2.GaussianBlur(np.asarray(like, np.float32), (0, 0), FINE_PX), np.float32)
    first = np.asarray(cv2.GaussianBlur(moved.astype(np.float32), (0, 0), FINE_PX), np.float32)
    structures = _structure(_grey(moved)), _structure(_grey(original))
    blocks = Blocks.of(*structures, outside)
    kept = _spread(blocks.kept(), outside)
    gain = np.array([_line(first[..., channel][kept], second[..., channel][kept]) for channel in range(3)])
    slope, offset = gain[:, 0].astype(np.float32), gain[:, 1].astype(np.float32)
    residual = np.sqrt(np.mean((first * slope + offset - second) ** 2, axis=2))
    shown = np.clip(moved * slope + offset, 0, 255).astype(np.uint8)
    green = second[..., 1]
    edges = cv2.magnitude(cv2.Sobel(green, cv2.CV_32F, 1, 0), cv2.Sobel(green, cv2.CV_32F, 0, 1))
    gradient = np.asarray(cv2.GaussianBlur(edges, (0, 0), 6), np.float32)
    return Pair(shown, original, matrix, residual, structures, gradient, valid, outside, kept, blocks)


def _is_colourless(picture: NDArray[np.uint8]) -> bool:
    """Whether the channels of a picture are all but equal."""
    channels = picture.astype("int16")
    return float((channels.max(axis=2) - channels.min(axis=2)).mean()) < COLOURLESS


def _spread(good: NDArray[np.bool_], outside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Marks the pixels of good blocks; all that are outside the faces where there are too few good blocks."""
    import cv2
    import numpy as np

    if good.sum() < _LEAST_BLOCKS:
        return outside
    rows, columns = good.shape
    size = (columns * BLOCK_PX, rows * BLOCK_PX)
    whole = np.zeros(outside.shape, bool)
    whole[: size[1], : size[0]] = cv2.resize(good.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return whole & outside


def _means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    rows, columns = values.shape[0] // BLOCK_PX, values.shape[1] // BLOCK_PX
    part = values[: rows * BLOCK_PX, : columns * BLOCK_PX]
    return np.asarray(part.reshape(rows, BLOCK_PX, columns, BLOCK_PX).mean(axis=(1, 3)), np.float32)


def correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Correlates two rows of numbers; 0 where one of them does not vary."""
    import numpy as np

    if not len(first):
        return 0.0
    a, b = first - first.mean(), second - second.mean()
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum() + 1e-6))


def _agreement(first: NDArray[np.uint8], second: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    return Blocks.of(_structure(first), _structure(second), mask).correlation()


def _structure(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    import cv2
    import numpy as np

    fine = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), FINE_PX)
    return np.asarray(fine - cv2.GaussianBlur(fine, (0, 0), COARSE_PX), np.float32)


def _grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2
    import numpy as np

    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def _eroded(whole: NDArray[np.bool_]) -> NDArray[np.bool_]:
    import cv2
    import numpy as np

    side = 2 * _EDGE_PX + 1
    border = cv2.copyMakeBorder(whole.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.erode(border, np.ones((side, side), np.uint8))[1:-1, 1:-1] > 0)


def _line(x: NDArray[np.float32], y: NDArray[np.float32]) -> tuple[float, float]:
    """Fits slope and offset; slope 1 where the channel does not vary."""
    import numpy as np

    a, b = x[::_SAMPLING].astype(np.float64), y[::_SAMPLING].astype(np.float64)
    if len(a) < 2 or a.std() < 1.0:  # noqa: PLR2004 -- two points make a line
        return 1.0, float(b.mean() - a.mean()) if len(a) else 0.0
    slope, offset = np.polyfit(a, b, 1)
    return float(np.clip(slope, 0.25, 4.0)), float(offset)
