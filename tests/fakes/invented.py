"""Persons who do not exist: each is a seed, from which the shape and the colours of a drawn head follow.

Everything is drawn by the code beside this file; no photograph, no model and no likeness of anybody is behind it. The
proportions of a head are those of anthropometric means (half of the width over the cheekbones is 1; the eyes stand at
+-0.45, the mouth 0.93 below them); what makes a person is drawn at random around them.

*Source* of the means: L. G. Farkas, *Anthropometry of the Head and Face*, 2nd ed., 1994, tables of adults, rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

Colour = tuple[float, float, float]
"""Blue, green and red as OpenCV orders them, 0 to 1, before light falls on it."""

SKINS: tuple[Colour, ...] = (
    (0.66, 0.74, 0.90),
    (0.58, 0.69, 0.86),
    (0.50, 0.63, 0.82),
    (0.40, 0.53, 0.73),
    (0.28, 0.40, 0.58),
    (0.19, 0.28, 0.42),
)
"""Skin from light to dark, by eye."""

HAIRS: tuple[Colour, ...] = (
    (0.06, 0.06, 0.07),
    (0.09, 0.13, 0.20),
    (0.14, 0.24, 0.38),
    (0.30, 0.48, 0.66),
    (0.14, 0.22, 0.50),
    (0.62, 0.63, 0.64),
)
_HAIR_SHARES = ((0.55, 0.33, 0.0, 0.0, 0.0, 0.12), (0.25, 0.24, 0.20, 0.13, 0.08, 0.10))
"""How often each colour of hair is drawn with darker and with lighter skin."""

IRISES: tuple[Colour, ...] = (
    (0.08, 0.13, 0.22),
    (0.12, 0.22, 0.38),
    (0.24, 0.38, 0.34),
    (0.55, 0.45, 0.32),
    (0.45, 0.46, 0.42),
)
CUTS = ("short", "fringe", "parted", "long", "receding", "bald", "bun")
BEARDS = ("none", "none", "none", "stubble", "moustache", "full")


Hills = tuple[tuple[float, float, float, float, float], ...]
"""Smooth changes of a face, alike on both sides: distance from the middle, height, size, and two amounts."""


CAST = (133, 64, 83, 112, 184, 191, 242, 245, 301, 361, 371, 414)
"""Twelve persons who resemble each other little, chosen from the first 440 seeds by their cosines (SFace), without any
that could be taken for a caricature of a people or of somebody. Of the photographs of two of them the median cosine is
0.23 for the median of the pairs and 0.39 for the nearest pair; of those of one person the least is 0.77
(`python -m benchmarks.validation_set --matrix`)."""
DONORS = (283, 252, 310, 266, 419, 144, 304, 6, 244, 203, 388, 178)
"""Twelve others, each little like the member of `CAST` at the same place (0.20 at most): whose face is put there."""
EXTRAS = (63, 16, 12)
"""Others who are seen beside somebody."""
SAMPLE_SUBJECT, SAMPLE_FOOTAGE = 83, 184
"""Whose face was put into the footage of the sample case, and who was filmed."""


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person. Lengths are in half widths of a mean face, places are relative to the middle of the eyes.

    Attributes:
        name: What the person is called here, `P07` for seed 7.
        seed: From which everything follows, also the grain of the skin.
        hills: Random hills and hollows of the face: the first amount is height, the second darkness of the skin.
        shifts: Random shifts of all features: the amounts are sideways and downwards.
    """

    name: str
    seed: int
    skin: Colour
    ruddy: float
    freckles: float
    age: float
    width: float
    jaw: float
    chin: float
    chin_y: float
    cheek: float
    eye_x: float
    eye_size: float
    eye_open: float
    eye_tilt: float
    eye_fold: float
    iris: Colour
    brow_y: float
    brow_thick: float
    brow_arch: float
    brow_tilt: float
    brow_long: float
    nose_y: float
    nose_wide: float
    nose_high: float
    nose_round: float
    mouth_y: float
    mouth_wide: float
    lip_upper: float
    lip_lower: float
    lip: Colour
    hair: Colour
    cut: str
    hairline: float
    beard: str
    glasses: bool
    coat: Colour
    temple: float
    full: float
    socket: float
    bag: float
    lid: float
    iris_size: float
    bridge: float
    droop: float
    curve: float
    ridge: float
    skew: float
    shade: float
    hills: Hills
    shifts: Hills


def person(seed: int) -> Person:
    """Invents the person of a seed; the same seed gives the same person."""
    chance = np.random.default_rng((seed, 20251))

    def span(low: float, high: float) -> float:
        return float(chance.uniform(low, high))

    def hills(count: int, one: float, other: float) -> Hills:
        return tuple(
            (span(0, 0.9), span(-0.8, 1.4), span(0.16, 0.42), span(-one, one), span(-other, other))
            for _ in range(count)
        )

    is_soft = bool(chance.random() < 0.5)
    skin = SKINS[int(chance.integers(len(SKINS)))]
    redness = span(0.55, 0.95)
    return Person(
        name=f"P{seed:02d}",
        seed=seed,
        skin=skin,
        ruddy=span(0.0, 1.0),
        freckles=max(0.0, span(-2.0, 1.0)),
        age=max(0.0, span(-0.6, 1.0)),
        width=span(0.81, 1.17),
        jaw=span(0.56, 0.82) if is_soft else span(0.69, 1.05),
        chin=span(0.19, 0.59),
        chin_y=span(1.32, 1.82),
        cheek=span(-0.06, 0.17),
        eye_x=span(0.32, 0.56),
        eye_size=span(0.18, 0.30) if is_soft else span(0.13, 0.28),
        eye_open=span(0.20, 0.54),
        eye_tilt=span(-0.28, 0.24),
        eye_fold=span(0.00, 0.71),
        iris=IRISES[int(chance.integers(len(IRISES) if sum(skin) > 1.9 else 2))],
        brow_y=span(-0.49, -0.17),
        brow_thick=span(0.012, 0.059) if is_soft else span(0.012, 0.118),
        brow_arch=span(-0.02, 0.14),
        brow_tilt=span(-0.10, 0.18),
        brow_long=span(0.17, 0.45),
        nose_y=span(0.37, 0.73),
        nose_wide=span(0.14, 0.30) if is_soft else span(0.17, 0.40),
        nose_high=span(0.16, 0.50),
        nose_round=span(0.06, 0.21),
        mouth_y=span(0.80, 1.12),
        mouth_wide=span(0.26, 0.50),
        lip_upper=span(0.042, 0.125) if is_soft else span(0.020, 0.105),
        lip_lower=span(0.045, 0.165),
        lip=(skin[0] * redness, skin[1] * redness * span(0.75, 1.0), min(1.0, skin[2] * (redness + span(0.1, 0.3)))),
        hair=HAIRS[int(chance.choice(len(HAIRS), p=_HAIR_SHARES[sum(skin) > 1.9]))],
        cut=str(chance.choice(CUTS[1:4] + CUTS[6:] if is_soft else CUTS[:6])),
        hairline=span(-1.12, -0.82),
        beard=BEARDS[0] if is_soft else BEARDS[int(chance.integers(1, len(BEARDS)))],
        glasses=bool(chance.random() < 0.15),
        coat=(span(0.1, 0.7), span(0.1, 0.7), span(0.1, 0.7)),
        temple=span(-0.10, 0.10),
        full=span(-0.13, 0.13),
        socket=span(0.00, 0.21),
        bag=span(0.00, 0.72),
        lid=span(0.00, 0.92),
        iris_size=span(0.33, 0.55),
        bridge=span(0.050, 0.144),
        droop=span(-0.08, 0.09),
        curve=span(-0.045, 0.06),
        ridge=span(0.00, 0.05) if is_soft else span(0.00, 0.12),
        skew=span(-0.43, 0.48),
        shade=span(0.0, 0.8) if is_soft else 0.0,
        hills=hills(12, 0.10, 0.17),
        shifts=hills(8, 0.08, 0.08),
    )


def placed_like(one: Person, other: Person, *, share: float) -> Person:
    """Moves the features of a person towards the places that they have in another one.

    Args:
        one: Who keeps all colours and small forms.
        other: Whose outline and places of eyes, nose and mouth are taken.
        share: 0 leaves the person, 1 takes the places wholly.
    """
    names = ("width", "jaw", "chin", "chin_y", "eye_x", "brow_y", "nose_y", "mouth_y", "mouth_wide")
    mixed = {name: (1 - share) * getattr(one, name) + share * getattr(other, name) for name in names}
    shifts = (*_lessened(one.shifts, 1 - share), *_lessened(other.shifts, share))
    return replace(one, shifts=shifts, **mixed)


def _lessened(hills: Hills, share: float) -> Hills:
    return tuple((x, y, size, first * share, second * share) for x, y, size, first, second in hills)
