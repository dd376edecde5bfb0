"""What is measured in a pair of pictures: how structure agrees inside and outside each face, and what is left over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from forensics.analyzers.source.pair import COARSE_PX, FINE_PX, Blocks, Pair, correlation
from forensics.analyzers.source.shape import INSIDE, PARTS, framed, inside
from forensics.faces.face import ALIGNED_PX, Face, Search, aligned, find, hull_mask, transform
from forensics.faces.face import measure as measure_of
from forensics.faces.quality import assess, shortcomings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEARCH = Search(sides_px=(640,), score=0.6)
"""Faces are looked for in frames of the working size; the lower score finds faces that were altered or compressed."""

WIDE_PX = (4.0, 14.0)
"""Filters of the coarse structure, in the face's frame of 112 pixels. *Source:* measured: smoothing, mosaic and strong
compression keep it (0.94 or more), swapped faces do not (0.93 or less)."""

_BLURS_PX = (2.0, 4.0, 7.0)
"""Smoothing of the original, in the same frame, that is tried as an explanation."""

_FURTHEST = 0.6
"""Distance, in face widths, at which a face of the questioned picture still is the one at the same place."""

_TEXTURE = (10, 90)
_LEAST_PX = 200
_LEAST_OUTSIDE_PX = 500
_BINS = 12
_FLOOR = 0.3
"""Squared grey levels that are always expected: rounding alone leaves a twelfth for each picture and channel."""
_PEAK_PX = 5.0


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face with what SFace measures of it, which is kept in memory only, while two items are compared.

    Attributes:
        face: In pixels of the working frame.
        measure: Direction, shape (128,), of length 1.
        shortcomings: Why it does not suffice for a comparison of identity, by words of `forensics.faces.quality`; empty
            where it does.
    """

    face: Face
    measure: NDArray[np.float32]
    shortcomings: tuple[str, ...]


def seen_face(bgr: NDArray[np.uint8], face: Face) -> SeenFace:
    """Measures a face of a picture and how well it is seen."""
    crop = aligned(bgr, face)
    return SeenFace(face, measure_of(crop), tuple(one.value for one in shortcomings(assess(bgr, face, crop))))


@dataclass(frozen=True, slots=True)
class FaceSample:
    """One face in one pair.

    Attributes:
        face: In the original, in pixels of the working frame.
        width_px: Its width in the questioned picture or in the working frame, the smaller.
        structure: Correlation of structure inside the face, -1 to 1.
        coarse: The same of coarse structure.
        blurred: The best correlation of the questioned face with the original's one smoothed.
        detail: Strength of the questioned face's fine structure over that of the original's; 1 where nothing was lost.
        parts: Correlation of structure in the eyes, the nose and the mouth.
        residual_log2_ratio: Residual in the face against that outside where the picture has as much texture; binary
            logarithm.
        excess: Squared residual over what is expected at that texture, in the face's frame, shape (112, 112).
        similarity: Cosine of the two faces' measures; None where the questioned picture shows no face there.
        landmark_shift: Mean distance of the landmarks in face widths; None likewise.
        original: The original's face with its measure.
        questioned: The questioned picture's face there; None where it shows none.
    """

    face: Face
    width_px: float
    structure: float
    coarse: float
    blurred: float
    detail: float
    parts: Mapping[str, float]
    residual_log2_ratio: float
    excess: NDArray[np.float32]
    similarity: float | None
    landmark_shift: float | None
    original: SeenFace
    questioned: SeenFace | None


@dataclass(frozen=True, slots=True)
class Sample:
    """One pair of pictures.

    Attributes:
        times_s: In the questioned clip and in the original.
        residual_outside: Root mean square of the residual there, grey levels.
        faces: Of the original.
        added: Faces that only the questioned picture shows, as boxes in the working frame.
        blocks: How structure agrees outside the faces.
    """

    times_s: tuple[float, float]
    residual_outside: float
    faces: tuple[FaceSample, ...]
    added: tuple[tuple[float, float, float, float], ...]
    blocks: Blocks


def faces_of(original: NDArray[np.uint8], *, most: int) -> list[Face]:
    """Finds the largest faces of a picture."""
    return find(original, SEARCH)[:most]


def measured(
    pair: Pair, faces: Sequence[Face], *, times_s: tuple[float, float], known: Sequence[SeenFace] = ()
) -> Sample:
    """Measures a pair.

    Args:
        pair: The pictures.
        faces: Of the original.
        times_s: In the questioned clip and in the original.
        known: The same with their measures, where these are known already; as many as faces, or none.
    """
    import numpy as np

    there = find(pair.questioned, SEARCH)
    expected = _expected(pair)
    samples = []
    for number, face in enumerate(faces):
        area = (hull_mask(pair.original.shape, face, scale=INSIDE) > 0) & pair.valid
        if area.sum() < _LEAST_PX:
            continue
        seen = known[number] if known else seen_face(pair.original, face)
        samples.append(_face(pair, seen, area=area, there=there, expected=expected))
    added = tuple(
        one.box_px
        for one in there
        if one.score >= 0.8 and all(_distance(one, face) > _FURTHEST for face in faces)  # noqa: PLR2004
    )
    left = float(np.sqrt((pair.residual[pair.kept] ** 2).mean()))
    return Sample(times_s, left, tuple(samples), added, pair.blocks)


def _face(
    pair: Pair, seen: SeenFace, *, area: NDArray[np.bool_], there: Sequence[Face], expected: NDArray[np.float32]
) -> FaceSample:
    import numpy as np

    face = seen.face
    first, second = pair.structures
    grey = [framed(_grey(one), face) for one in (pair.questioned, pair.original)]
    bands = [_band(one, FINE_PX, COARSE_PX) for one in grey]
    whole = inside()
    wide = [_band(one, *WIDE_PX)[whole] for one in grey]
    blurred = max(
        correlation(bands[0][whole], _band(_smooth(grey[1], px), FINE_PX, COARSE_PX)[whole]) for px in _BLURS_PX
    )
    parts = {name: correlation(bands[0][inside(part=name)], bands[1][inside(part=name)]) for name in PARTS}
    near = min(there, key=lambda one: _distance(one, face), default=None)
    questioned = similarity = shift = None
    if near is not None and _distance(near, face) <= _FURTHEST:
        questioned = seen_face(pair.questioned, near)
        similarity = float(questioned.measure @ seen.measure)
        shift = float(np.linalg.norm(near.landmarks_px - face.landmarks_px, axis=1).mean() / face.width_px)
    scale = abs(float(np.linalg.det(pair.matrix[:, :2]))) ** 0.5
    return FaceSample(
        face,
        face.width_px * min(1.0, 1 / max(scale, 1e-6)),
        correlation(first[area], second[area]),
        correlation(wide[0], wide[1]),
        blurred,
        float(bands[0][whole].std() / (bands[1][whole].std() + 1e-3)),
        parts,
        _ratio(pair, area),
        _excess(pair, face, expected),
        similarity,
        shift,
        seen,
        questioned,
    )


def _ratio(pair: Pair, area: NDArray[np.bool_]) -> float:
    import numpy as np

    low, high = np.percentile(pair.gradient[area], _TEXTURE)
    like = pair.kept & (pair.gradient > low) & (pair.gradient < high)
    outside = like if like.sum() >= _LEAST_OUTSIDE_PX else pair.kept
    here = float((pair.residual[area] ** 2).mean())
    there = float((pair.residual[outside] ** 2).mean())
    return 0.5 * float(np.log2((here + 1e-3) / (there + 1e-3)))


def _expected(pair: Pair) -> NDArray[np.float32]:
    """Gives the squared residual that is to be expected at each pixel's texture, as learnt outside the faces."""
    import numpy as np

    edges = np.quantile(pair.gradient[pair.kept], np.linspace(0, 1, _BINS + 1))
    strengths, squares = pair.gradient[pair.kept], pair.residual[pair.kept] ** 2
    centres, values = [], []
    for low, high in pairwise(edges):
        inside_bin = (strengths >= low) & (strengths <= high)
        if inside_bin.sum() > _LEAST_PX // 4:
            centres.append(float(strengths[inside_bin].mean()))
            values.append(float(squares[inside_bin].mean()))
    if not centres:
        return np.full(pair.gradient.shape, float(squares.mean()) + _FLOOR, np.float32)
    curve = np.maximum.accumulate(values)
    return np.asarray(np.interp(pair.gradient, centres, curve) + _FLOOR, np.float32)


def _excess(pair: Pair, face: Face, expected: NDArray[np.float32]) -> NDArray[np.float32]:
    import cv2
    import numpy as np

    into = cv2.invertAffineTransform(transform(face.landmarks_px))
    ratio = np.where(pair.valid, pair.residual**2 / expected, 1.0).astype(np.float32)
    moved = cv2.warpAffine(ratio, into, (ALIGNED_PX, ALIGNED_PX), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.GaussianBlur(moved, (0, 0), _PEAK_PX), np.float32)


def _distance(one: Face, other: Face) -> float:
    """Distance of two faces' middles, in widths of the second."""
    import numpy as np

    apart = one.landmarks_px.mean(axis=0) - other.landmarks_px.mean(axis=0)
    return float(np.linalg.norm(apart) / max(other.width_px, 1e-6))


def _band(picture: NDArray[np.float32], fine: float, coarse: float) -> NDArray[np.float32]:
    import numpy as np

    return np.asarray(_smooth(picture, fine) - _smooth(picture, coarse), np.float32)


def _smooth(picture: NDArray[np.float32], px: float) -> NDArray[np.float32]:
    import cv2
    import numpy as np

    return np.asarray(cv2.GaussianBlur(picture, (0, 0), px), np.float32)


def _grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2
    import numpy as np

    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
