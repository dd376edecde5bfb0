"""The colours of an invented person's head: skin, lips, eyes, brows, hair, beard, glasses.

What does not move is painted once for each person and size; eyes and lips are painted anew for each look.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np

from tests.fakes.invented import Person
from tests.fakes.invented_surface import COVERING, Field, Look, Mesh, bump, step, surface


def grain(shape: tuple[int, int], seed: int, cells: tuple[float, float]) -> Field:
    """Smooth noise, -1 to 1 or so, with the given number of cells across and down."""
    chance = np.random.default_rng((seed, *(round(cell) for cell in cells)))
    size = (max(2, round(cells[0])), max(2, round(cells[1])))
    small = chance.standard_normal((size[1], size[0])).astype(np.float32)
    return np.asarray(cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


@lru_cache(maxsize=8)
def _skin(one: Person, shape: tuple[int, int]) -> tuple[Field, Field]:
    """Gives what does not move: colours of skin with its grain, and another grain for hair."""
    fine: Field = np.zeros(shape, np.float32) + sum(
        (grain(shape, one.seed * 31 + k, (cells * 5, cells * 4)) * weight)
        for k, (cells, weight) in enumerate(((6, 0.035), (20, 0.03), (60, 0.03), (140, 0.025)))
    )
    skin = np.asarray(one.skin, np.float32) * (1 + fine[..., None])
    if one.freckles > 0:
        spots = step(1.7, grain(shape, one.seed * 31 + 9, (260, 190)), 0.25)
        skin = skin * (1 - one.freckles * 0.35 * spots[..., None] * np.array((1.0, 0.85, 0.5), np.float32))
    strand = grain(shape, one.seed * 31 + 10, (420, 14)) * 0.6 + grain(shape, one.seed * 31 + 11, (150, 9)) * 0.5
    return np.asarray(skin, np.float32), np.asarray(strand, np.float32)


def strands(one: Person, shape: tuple[int, int]) -> Field:
    """Gives the grain of hair."""
    return _skin(one, shape)[1]


def _mixed(colour: Field, other: Field | tuple[float, float, float], share: Field) -> Field:
    return np.asarray(colour + (np.asarray(other, np.float32) - colour) * share[..., None], np.float32)


@lru_cache(maxsize=8)
def _still(one: Person, shape: tuple[int, int]) -> tuple[Field, Field]:
    """Gives the colours that do not move, and where hair is."""
    skin, strand = _skin(one, shape)
    mesh = surface(one, Look(), shape)
    x, y, side = mesh.u, mesh.v, np.abs(mesh.u)
    front = _front(mesh)
    red = front * (bump(side, y, (0.55, 0.5), (0.28, 0.24)) + 0.8 * bump(x, y, (0, one.nose_y), (0.22, 0.2)))
    warm = 1 + (0.04 + 0.10 * one.ruddy) * red[..., None] * np.array((-1.0, -0.8, 0.5), np.float32)
    tone: Field = np.ones_like(x) + sum(
        dark * bump(side, y, (at, up), (size, size)) for at, up, size, _, dark in one.hills
    )
    colour = skin * warm * tone[..., None]
    under = one.bag * 0.35 * front * bump(side, y, (one.eye_x - 0.02, 0.19), (0.2, 0.075))
    over = one.shade * 0.6 * front * bump(side, y, (one.eye_x, -0.13), (0.24, 0.1))
    colour = colour * (1 - (under + over)[..., None] * np.array((0.6, 1.0, 0.8), np.float32))
    brow = step(0.5, np.sin((y + 0.06 * x * x) * 42), 0.45) * bump(x, y, (0, -0.62), (0.6, 0.16))
    lined = one.age * 0.16 * front * (brow + bump(side, y, (one.eye_x + 0.02, 0.17), (0.2, 0.035)))
    colour = colour * (1 - lined[..., None])
    colour = _beard(one, colour, mesh, strand, front)
    colour = _nostrils(one, colour, side, y, front)
    colour = _brows(one, colour, x, y, strand, front)
    hair = _hair(one, mesh, strand)
    tress = np.clip(np.asarray(one.hair, np.float32) * (1 + 0.45 * strand[..., None]), 0.01, 1)
    return _mixed(colour, tress.astype(np.float32), hair), hair


def _front(mesh: Mesh) -> Field:
    return step(0.2, np.cos(mesh.angle), 0.2)


def painted(one: Person, look: Look, mesh: Mesh) -> tuple[Field, Field]:
    """Gives the colours of a head, and where hair is."""
    still, hair = _still(one, mesh.x.shape)
    colour = still.copy()
    eyes, mouth = _window(mesh, -0.6, 0.6), _window(mesh, one.mouth_y - 0.4, one.mouth_y + 0.8)
    part = _part(mesh, mouth)
    colour[mouth] = _lips(one, look, colour[mouth], part.u, part.v, _front(part))
    part = _part(mesh, eyes)
    for sign in (-1, 1):
        colour[eyes] = _eye(one, look, colour[eyes], part.u, part.v, sign=sign, front=_front(part))
    if one.glasses:
        rows = (eyes[0], slice(None))
        part = _part(mesh, rows)
        colour[rows] = _frames(one, colour[rows], part.u, part.v, _front(part))
    return colour, hair


def _window(mesh: Mesh, low: float, high: float) -> tuple[slice, slice]:
    """Chooses rows between two heights, and the columns in front."""
    rows = np.flatnonzero((mesh.y[:, 0] >= low) & (mesh.y[:, 0] <= high))
    columns = np.flatnonzero(np.abs(mesh.angle[0]) < 1.2)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _part(mesh: Mesh, where: tuple[slice, slice]) -> Mesh:
    fields = (mesh.angle, mesh.x, mesh.y, mesh.z, mesh.u, mesh.v)
    return Mesh(*(field[where] for field in fields))


def _hair(one: Person, mesh: Mesh, strand: Field) -> Field:
    x, y = mesh.x, mesh.y
    around = np.abs(mesh.angle)
    line = one.hairline + 0.04 * strand
    if one.cut == "fringe":
        line = line + 0.42 - 0.1 * np.abs(x)
    elif one.cut == "parted":
        line = line + 0.30 * np.clip((x + 0.35) * 0.8, -0.35, 1.0) ** 2
    elif one.cut == "receding":
        line = line - 0.18 - 0.35 * bump(np.abs(x), y, (0.55, one.hairline), (0.25, 1.0))
    elif one.cut == "bald":
        line = line - 3.0
    cap = 1 - step(0.0, y - line - 0.25 * np.clip(np.abs(x) - 0.55, 0, 1), 0.03)
    lower = {"long": 1.7, "fringe": 0.7, "bald": 0.35, "parted": 1.1, "bun": 0.1}.get(one.cut, 0.35)
    edge = 1.12 if one.cut in COVERING else 1.38
    edge = edge + (0.35 if one.cut in ("receding", "bald") else 0.0)
    sides = step(edge, around + 0.05 * strand + 0.12 * (y + 0.2), 0.06) * (1 - step(lower, y, 0.08))
    if one.cut == "bald":
        sides = sides * step(-0.55, y, 0.15)
    share = np.maximum(cap, sides)
    if one.cut not in COVERING:
        share = share - 1.6 * bump(around, y, (1.62, 0.22), (0.16, 0.3)) * (y > -0.1)
    return np.asarray(np.clip(share, 0, 1), np.float32)


def _beard(one: Person, colour: Field, mesh: Mesh, strand: Field, front: Field) -> Field:
    if one.beard == "none":
        return colour
    x, y, side = mesh.u, mesh.v, np.abs(mesh.u)
    high = one.mouth_y - one.lip_upper - 0.08 + 0.5 * np.clip(side - 0.15, 0, 1) ** 2
    moustache = np.exp(-(((y - high) / 0.075) ** 4)) * (1 - step(one.mouth_wide * 1.05, side, 0.1))
    below = step(0.0, y - (one.mouth_y - 0.28 + 0.0 * x) + 0.9 * np.clip(side - 0.62, -0.5, 1), 0.12)
    away = 1 - step(0.0, 1.1 - ((x / (one.mouth_wide * 1.05)) ** 2 + ((y - one.mouth_y - 0.03) / 0.20) ** 2), 0.4)
    jaw = below * away * step(0.15, np.cos(mesh.angle), 0.3)
    share = {"stubble": 0.42 * np.maximum(jaw, moustache), "moustache": 0.9 * moustache}.get(
        one.beard, 0.92 * np.maximum(jaw, moustache)
    )
    tone = np.clip(np.asarray(one.hair, np.float32) * (1 + 0.5 * strand[..., None]), 0.02, 1)
    return _mixed(
        colour,
        tone.astype(np.float32),
        np.asarray(share * (0.85 + 0.15 * strand) * np.maximum(front, 0.6), np.float32).clip(0, 1),
    )


def _lips(one: Person, look: Look, colour: Field, x: Field, y: Field, front: Field) -> Field:
    wide = one.mouth_wide * (1 + 0.10 * look.smile - 0.12 * look.mouth)
    u = np.clip(x / wide, -1.3, 1.3)
    arc = np.clip(1 - u * u, 0, 1)
    middle = one.mouth_y - (one.curve + 0.09 * look.smile) * (u * u - 0.3)
    gap = 0.26 * look.mouth * arc**0.6
    bow = one.lip_upper * (arc**0.8) * (1 + 0.25 * np.exp(-(((np.abs(u) - 0.28) / 0.16) ** 2)) - 0.12)
    top, low = middle - bow - 0.15 * gap, middle + 0.85 * gap + one.lip_lower * arc**0.6
    soft = 0.012
    inside = step(0.0, y - top, soft) * (1 - step(0.0, y - low, soft)) * (np.abs(u) < 1) * front
    light = 1 + 0.16 * np.exp(-(((y - low + 0.55 * one.lip_lower) / (0.35 * one.lip_lower)) ** 2)) * arc
    tone = np.asarray(one.lip, np.float32) * (light * (1 - 0.13 * (y < middle)))[..., None]
    colour = _mixed(colour, tone.astype(np.float32), np.asarray(0.9 * inside, np.float32))
    open_ = (
        step(0.0, y - middle + 0.15 * gap, 0.008) * (1 - step(0.0, y - middle - 0.85 * gap, 0.008)) * (np.abs(u) < 1)
    )
    cave = np.asarray(open_ * front * step(0.006, gap, 0.006), np.float32)
    colour = _mixed(colour, (0.07, 0.06, 0.16), cave)
    teeth = cave * (1 - step(0.085, y - middle + 0.15 * gap, 0.012)) * (np.abs(u) < 0.78)
    colour = _mixed(colour, (0.74, 0.80, 0.83), np.asarray(0.9 * teeth, np.float32))
    seam = (
        np.exp(-(((y - middle) / 0.016) ** 2)) * step(0.0, 1.06 - np.abs(u), 0.06) * front * (1 - step(0.02, gap, 0.02))
    )
    return _mixed(colour, np.asarray(one.lip, np.float32) * 0.32, np.asarray(0.85 * seam, np.float32))


def _nostrils(one: Person, colour: Field, side: Field, y: Field, front: Field) -> Field:
    hole = bump(side, y, (one.nose_wide * 0.42, one.nose_y + 0.085), (one.nose_wide * 0.24, 0.028))
    wing = np.exp(-(((np.hypot(side - one.nose_wide * 0.72, (y - one.nose_y - 0.03) * 0.9) - 0.105) / 0.02) ** 2))
    wing = wing * step(one.nose_wide * 0.72, side, 0.05) * step(one.nose_y - 0.05, y, 0.06)
    colour = _mixed(
        colour, np.asarray(one.skin, np.float32) * 0.22, np.asarray(0.9 * step(0.35, hole, 0.3) * front, np.float32)
    )
    return np.asarray(colour * (1 - 0.28 * (wing * front)[..., None]), np.float32)


def _brows(one: Person, colour: Field, x: Field, y: Field, strand: Field, front: Field) -> Field:
    u = (np.abs(x) - one.eye_x) / one.brow_long
    line = one.brow_y - one.brow_arch * np.clip(1 - (u - 0.25) ** 2, 0, 1) + one.brow_tilt * u * 0.5
    thick = one.brow_thick * np.clip(1.1 - 0.55 * np.clip(u, -0.3, 1.2) ** 2, 0.1, 1.0)
    share = np.exp(-(((y - line) / thick) ** 4)) * step(0.0, 1.05 - np.abs(u), 0.08) * front
    tone = np.asarray(one.hair, np.float32) * 0.7
    return _mixed(colour, tone, np.asarray(np.clip(share * (0.78 + 0.22 * strand), 0, 1), np.float32))


def _eye(one: Person, look: Look, colour: Field, x: Field, y: Field, *, sign: int, front: Field) -> Field:
    cos, sin = math.cos(one.eye_tilt), math.sin(one.eye_tilt)
    outward, down = sign * x - one.eye_x, y
    u, v = (outward * cos - down * sin) / one.eye_size, (outward * sin + down * cos) / one.eye_size
    arc = np.clip(1 - u * u, 0, 1)
    openness = one.eye_open * (1 - 0.97 * look.blink) * (1 - 0.15 * max(0.0, look.smile))
    upper = -openness * arc ** (0.55 + 0.35 * one.lid) * (1 - one.skew * u) + 0.35 * look.blink * one.eye_open * arc
    lower = 0.62 * one.eye_open * arc**0.9
    soft = 0.035
    inside = step(0.0, v - upper, soft) * (1 - step(0.0, v - lower, soft)) * (np.abs(u) < 1) * front
    white = (
        np.asarray((0.86, 0.87, 0.88), np.float32)
        * (1 - 0.28 * u * u - 0.35 * np.exp(-(((v - upper) / 0.16) ** 2)))[..., None]
    )
    place = sign * look.gaze * 0.35
    away = np.hypot(u - place, v + 0.04)
    ring = 1 - step(one.iris_size, away, 0.04)
    iris = (
        np.asarray(one.iris, np.float32)
        * (0.75 + 0.5 * np.clip(away / 0.44, 0, 1) * (away < one.iris_size - 0.04))[..., None]
    )
    ball = _mixed(white.astype(np.float32), iris.astype(np.float32), ring)
    ball = _mixed(ball, (0.02, 0.02, 0.02), 1 - step(0.19, away, 0.04))
    glint = 1 - step(0.075, np.hypot(sign * (u - place) + 0.14, v + 0.20), 0.03)
    ball = _mixed(ball, (0.97, 0.97, 0.97), np.asarray(0.9 * glint, np.float32))
    colour = _mixed(colour, ball, np.asarray(inside, np.float32))
    reach = step(0.0, 1.1 - np.abs(u), 0.08) * front
    lash = np.exp(-(((v - upper + 0.03) / 0.075) ** 2)) * reach
    colour = _mixed(colour, (0.05, 0.05, 0.06), np.asarray(0.88 * lash, np.float32))
    crease = np.exp(-(((v - upper + one.eye_fold + 0.12) / 0.07) ** 2)) * reach * (np.abs(u) < 1.05)
    below = np.exp(-(((v - lower - 0.05) / 0.07) ** 2)) * reach
    shade = 0.42 * crease * (1 - 0.5 * look.blink) + 0.25 * below
    return np.asarray(colour * (1 - shade[..., None]), np.float32)


def _frames(one: Person, colour: Field, x: Field, y: Field, front: Field) -> Field:
    side = np.abs(x)
    lens = np.maximum(np.abs(side - one.eye_x) / 0.34, np.abs(y - 0.06) / 0.26)
    rim = np.exp(-(((lens - 1) / 0.07) ** 2))
    bridge = np.exp(-(((y + 0.02) / 0.03) ** 2)) * (side < one.eye_x - 0.32)
    temple = np.exp(-(((y + 0.02) / 0.03) ** 2)) * (side > one.eye_x + 0.34)
    share = np.maximum(np.maximum(rim * front, bridge), temple)
    return _mixed(colour, (0.07, 0.07, 0.09), np.asarray(0.92 * share, np.float32))
