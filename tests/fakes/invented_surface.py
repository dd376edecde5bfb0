"""The surface of an invented person's head: a grid around an upright axis, with nose, brows, lips and chin on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.fakes.invented import Person

Field = NDArray[Any]
"""Floating-point numbers, one for each point or pixel."""

SIDE = 2.5
"""How far the grid reaches around the axis to either side, in radians; the rest is never seen."""
COVERING = ("long", "fringe", "parted")
"""Cuts that cover the ears."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a head is held at one instant, and the light.

    Attributes:
        yaw_deg: Turn to the picture's right.
        pitch_deg: Nod; above 0 looks down.
        roll_deg: Tilt, clockwise in the picture.
        mouth: How far the mouth is open, 0 to 1.
        smile: -1 to 1.
        blink: How far the eyes are closed, 0 to 1.
        gaze: Shift of the irises to the picture's right, -1 to 1.
        light: Direction to the light: right, down, towards the camera.
        ambient: Share of light that comes from everywhere, 0 to 1.
        tint: Colour of the light: blue, green, red.
    """

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    mouth: float = 0.0
    smile: float = 0.0
    blink: float = 0.0
    gaze: float = 0.0
    light: tuple[float, float, float] = (-0.45, -0.6, 0.75)
    ambient: float = 0.45
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)


def step(edge: float, value: Field, soft: float) -> Field:
    """Rises smoothly from 0 to 1 around an edge."""
    ramp = np.clip((value - edge) / (2 * soft) + 0.5, 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)


def bump(x: Field, y: Field, at: tuple[float, float], size: tuple[float, float]) -> Field:
    """A hill of Gauss of height 1."""
    return np.asarray(np.exp(-(((x - at[0]) / size[0]) ** 2) - ((y - at[1]) / size[1]) ** 2), np.float32)


@dataclass(frozen=True, slots=True)
class Mesh:
    """The surface at rest: angle around the axis, place, and where on a face without shifts each point lies."""

    angle: Field
    x: Field
    y: Field
    z: Field
    u: Field
    v: Field


def _profile(one: Person, look: Look, rows: int) -> tuple[Field, Field, Field, Field]:
    """Gives height, half width, and depth before and behind the axis, from the crown to under the chin."""
    chin_y = one.chin_y + 0.13 * look.mouth
    points = np.array(
        [
            # part, y, half width, depth before, depth behind
            (0.00, -1.78, 0.00, 0.00, 0.00),
            (0.03, -1.74, 0.36, 0.40, 0.45),
            (0.08, -1.60, 0.64, 0.72, 0.85),
            (0.17, -1.28, 0.88, 0.96, 1.20),
            (0.28, -0.85, 0.98 + one.temple, 1.10, 1.35),
            (0.40, -0.35, 0.99 + 0.7 * one.temple, 1.12, 1.38),
            (0.52, 0.10, 1.00, 1.08, 1.30),
            (0.62, 0.50, 0.97 + 0.6 * one.full, 1.10, 1.15),
            (0.72, 0.90, 0.82 + 0.3 * (one.jaw - 0.75) + one.full, 1.12, 0.95),
            (0.82, 0.55 * chin_y + 0.45 * 1.15, one.jaw * 0.85, 1.11, 0.75),
            (0.89, chin_y - 0.16, 0.5 * (one.chin + one.jaw * 0.7), 1.10, 0.60),
            (0.94, chin_y - 0.03, one.chin * 0.9, 1.03, 0.50),
            (0.97, chin_y + 0.03, one.chin * 0.8, 0.85, 0.45),
            (1.00, chin_y - 0.12, 0.10, 0.35, 0.30),
        ],
        np.float32,
    )
    part = np.linspace(0, 1, rows)
    smooth = max(1.0, rows / 45)
    curves = []
    for column in range(1, 5):
        curve = np.interp(part, points[:, 0], points[:, column]).astype(np.float32)[:, None]
        pad = int(4 * smooth)
        odd = np.concatenate([2 * curve[0] - curve[pad:0:-1], curve, 2 * curve[-1] - curve[-2 : -pad - 2 : -1]])
        curves.append(cv2.GaussianBlur(odd, (1, 8 * int(smooth) + 1), smooth)[pad : pad + rows].reshape(rows, 1))
    y, wide, front, back = curves
    return y, wide * one.width, front, back


def surface(one: Person, look: Look, shape: tuple[int, int]) -> Mesh:
    """Gives the surface at rest, with the mouth as open as the look has it.

    Args:
        one: Whose.
        look: Only mouth and smile count.
        shape: Rows from crown to chin, and columns around the head.
    """
    rows, columns = shape
    y, wide, front, back = _profile(one, look, rows)
    angle = np.linspace(-SIDE, SIDE, columns, dtype=np.float32)[None, :]
    sine, cosine = np.sin(angle), np.cos(angle)
    x = wide * np.sign(sine) * np.abs(sine) ** 0.92
    z = np.where(cosine > 0, front * np.abs(cosine) ** 0.9, -back * np.abs(cosine))
    y = np.broadcast_to(y, x.shape).astype(np.float32)
    z = z.astype(np.float32)
    ahead = step(0.35, np.broadcast_to(cosine, x.shape).astype(np.float32), 0.25)
    u, v = _shifted(one, x.astype(np.float32), y)
    near = np.flatnonzero(np.cos(angle[0]) > 0.05)
    part = slice(int(near[0]), int(near[-1]) + 1)
    z[:, part] += ahead[:, part] * _relief(one, look, u[:, part], v[:, part])
    if one.cut not in COVERING:
        ear = bump(np.abs(np.broadcast_to(angle, x.shape)), y, (1.62, 0.22), (0.14, 0.27))
        x = x + np.sign(x) * 0.16 * ear
    angle = np.broadcast_to(angle, x.shape).astype(np.float32)
    return Mesh(angle, x.astype(np.float32), y, z.astype(np.float32), u, v)


def _shifted(one: Person, x: Field, y: Field) -> tuple[Field, Field]:
    side = np.abs(x)
    hills = [(bump(side, y, (at, up), (size, size)), first, second) for at, up, size, first, second in one.shifts]
    across = sum(first * hill for hill, first, _ in hills) * np.tanh(side / 0.15)
    down = sum(second * hill for hill, _, second in hills)
    return np.asarray(x + np.sign(x) * across, np.float32), np.asarray(y + down, np.float32)


def _relief(one: Person, look: Look, x: Field, y: Field) -> Field:
    """Nose, brows, sockets, cheeks, lips and chin, as heights over the smooth head."""
    side = np.abs(x)
    along = np.clip((y + 0.12) / (one.nose_y + 0.12), 0, 1)
    ridge = (
        (0.04 + (one.nose_high - 0.04) * along**1.3)
        * (1 - step(one.nose_y + 0.05 + one.droop, y, 0.07))
        * step(-0.18, y, 0.1)
    )
    wide = one.bridge + (one.nose_wide * 0.62 - one.bridge * 0.7) * along**2
    relief = ridge * np.exp(-((side / wide) ** 2))
    for at, up, size, high, _ in one.hills:
        relief += high * bump(side, y, (at, up), (size, size))
    relief += 0.05 * bump(x, y, (0, one.nose_y + one.droop), (one.nose_round, one.nose_round * 0.9))
    relief += 0.13 * bump(side, y, (one.nose_wide * 0.72, one.nose_y + 0.03), (0.075, 0.075))
    relief -= one.socket * bump(side, y, (one.eye_x - 0.03, -0.02), (0.25, 0.15))
    relief += 0.075 * bump(side, y, (one.eye_x, 0.0), (one.eye_size * 0.75, 0.11))
    relief += one.ridge * bump(side, y, (one.eye_x * 0.9, one.brow_y + 0.03), (0.30, 0.09))
    relief += one.cheek * bump(side, y, (0.62, 0.42), (0.22, 0.2))
    relief -= 0.03 * bump(side, y, (0.66, 0.95), (0.2, 0.25))
    drop = 0.20 * look.mouth
    relief += 0.07 * bump(x, y, (0, one.mouth_y - 0.05), (one.mouth_wide * 0.8, 0.075))
    relief += 0.085 * bump(x, y, (0, one.mouth_y + 0.08 + drop), (one.mouth_wide * 0.65, 0.065))
    relief -= 0.03 * bump(x, y, (0, one.mouth_y + 0.24 + drop), (0.25, 0.06))
    relief += 0.09 * bump(x, y, (0, one.chin_y - 0.2 + 0.6 * drop), (0.2, 0.16))
    fold = one.nose_wide + 0.09 + 0.35 * (y - one.nose_y)
    deep = 0.012 + 0.03 * one.age + 0.03 * max(0.0, look.smile)
    ends = step(one.nose_y + 0.02, y, 0.08) * (1 - step(one.mouth_y + 0.05, y, 0.1))
    relief -= deep * np.exp(-(((side - fold) / 0.05) ** 2)) * ends
    return np.asarray(relief, np.float32)
