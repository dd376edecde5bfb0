"""Draws the head of an invented person, seen from a side and lit.

Each point of the surface has a place, a colour and a normal; points are turned, lit, and set into a picture from back
to front, at one and a half times the size, which is then made smaller. This is a drawing and looks like one: no hair is
single, no pore is real.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.fakes.invented import Person
from tests.fakes.invented_paint import painted, strands
from tests.fakes.invented_surface import SIDE, Field, Look, Mesh, surface

FINE = 1.5
"""Pixels of the head while it is drawn for each pixel of the picture."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A head as drawn, to be laid over a picture.

    Attributes:
        bgr: Shape (side, side, 3), 0 to 1; the middle of the eyes of a head that looks ahead is in the middle.
        alpha: Shape (side, side), 0 to 1: what the head covers.
        inner: The same, for the inner face from brows to chin, with hard edges: what face swaps replace.
    """

    bgr: Field
    alpha: Field
    inner: Field


def head(one: Person, look: Look, face_px: float) -> Layer:
    """Draws a head.

    Args:
        one: Whose.
        look: How it is held and lit.
        face_px: Width of a mean face over its cheekbones, in pixels.
    """
    unit = face_px / 2 * FINE
    shape = (round(3.7 * unit / 0.65), round(2 * SIDE * unit / 0.65))
    mesh = surface(one, look, shape)
    colour, hair = painted(one, look, mesh)
    mesh = _with_hair(one, mesh, hair)
    turned = _turned(mesh, look)
    normal = _normals(turned)
    lit = _lit(colour, 1 - hair, mesh, normal, look)
    points = np.concatenate([lit, _inner(one, look, mesh)[..., None]], axis=-1)
    return _drawn(points[normal[..., 2] > 0], [field[normal[..., 2] > 0] for field in turned], unit)


def _with_hair(one: Person, mesh: Mesh, hair: Field) -> Mesh:
    """Lifts hair off the skull."""
    strand = strands(one, mesh.x.shape)
    thick = {"bald": 0.02, "receding": 0.05, "short": 0.09, "bun": 0.07}.get(one.cut, 0.15)
    lift = 1 + cv2.GaussianBlur(hair, (0, 0), max(1.0, mesh.x.shape[0] / 90)) * (thick + 0.012 * strand)
    upper = np.clip(-mesh.y, 0, 2) * (lift - 1) * 0.8
    return Mesh(mesh.angle, mesh.x * lift, mesh.y - upper, mesh.z * lift, mesh.u, mesh.v)


def _inner(one: Person, look: Look, mesh: Mesh) -> Field:
    """Marks the inner face: from over the brows to the chin and over the cheeks."""
    low = one.chin_y - 0.10 + 0.13 * look.mouth
    high = one.brow_y - 0.28
    middle, half = (low + high) / 2, (low - high) / 2
    wide = 0.84 * one.width
    away = (np.abs(mesh.x) / wide) ** 2.6 + (np.abs(mesh.v - middle) / half) ** 2.6
    return np.asarray((away < 1) & (np.cos(mesh.angle) > 0.1), np.float32)


def _rotation(look: Look) -> NDArray[np.float64]:
    yaw, pitch, roll = (math.radians(value) for value in (look.yaw_deg, look.pitch_deg, look.roll_deg))
    about_y = np.array([[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(pitch), math.sin(pitch)], [0, -math.sin(pitch), math.cos(pitch)]])
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y, np.float64)


def _turned(mesh: Mesh, look: Look) -> tuple[Field, Field, Field]:
    turn = _rotation(look).astype(np.float32)
    neck = np.array((0.0, 1.0, -0.1), np.float32)
    places = np.stack([mesh.x, mesh.y - neck[1], mesh.z - neck[2]], axis=-1) @ turn.T
    return places[..., 0], places[..., 1] + neck[1], places[..., 2]


def _normals(turned: tuple[Field, Field, Field]) -> Field:
    (ax, ay, az), (bx, by, bz) = (
        tuple(cv2.Scharr(field, cv2.CV_32F, *order) for field in turned) for order in ((1, 0), (0, 1))
    )
    normal = cv2.merge([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
    length = np.sqrt((normal * normal).sum(axis=-1, keepdims=True))
    return np.asarray(normal / np.maximum(length, 1e-9), np.float32)


def _lit(colour: Field, shine: Field, mesh: Mesh, normal: Field, look: Look) -> Field:
    normal = cv2.GaussianBlur(normal, (0, 0), max(0.8, mesh.x.shape[0] / 400))
    light = np.asarray(look.light, np.float32) / np.linalg.norm(look.light)
    wrapped = np.clip((normal @ light + 0.25) / 1.25, 0, 1)
    fill = np.clip(normal @ np.array((-light[0], light[1] * 0.2, 0.8), np.float32), 0, 1)
    half = light + np.array((0, 0, 1), np.float32)
    gloss = np.clip(normal @ (half / np.linalg.norm(half)), 0, 1) ** 24 * shine
    radius = np.hypot(mesh.x, mesh.z)
    hollow = np.clip(cv2.GaussianBlur(radius, (0, 0), mesh.x.shape[0] / 28) - radius, 0, 0.2)
    amount = look.ambient * 0.75 + (1 - look.ambient) * (1.15 * wrapped + 0.25 * fill)
    amount = amount * (1 - 2.2 * hollow)
    lit = colour * amount[..., None] * np.asarray(look.tint, np.float32) + 0.13 * (1 - look.ambient) * gloss[..., None]
    return np.asarray(np.clip(lit, 0, 1), np.float32)


def _drawn(points: Field, turned: list[Field], unit: float) -> Layer:
    """Sets points into a picture, the nearest last."""
    small_px = 2 * round(2.6 * unit / FINE)
    side = round(small_px * FINE)
    x, y, z = turned
    distance = 14.0
    scale = distance / (distance - z) * unit
    columns, rows = np.rint(x * scale + side / 2).astype(np.int64), np.rint(y * scale + side / 2).astype(np.int64)
    usable = (columns >= 0) & (columns < side) & (rows >= 0) & (rows < side)
    order = np.argsort(z[usable], kind="stable")
    flat = (rows[usable] * side + columns[usable])[order]
    nearest = np.full(side * side, -1, np.int64)
    nearest[flat] = np.flatnonzero(usable)[order]
    alpha = (nearest >= 0).astype(np.float32)
    picture: Field = (points[np.maximum(nearest, 0)] * alpha[:, None]).reshape(side, side, 4)
    covered: Field = alpha.reshape(side, side)
    for _ in range(3):
        picture, covered = _closed(picture, covered)
    small = (small_px, small_px)
    picture = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
    covered = cv2.resize(covered, small, interpolation=cv2.INTER_AREA)
    solid = np.maximum(covered, 1e-6)[..., None]
    picture = picture / solid
    return Layer(picture[..., :3], covered, np.asarray(picture[..., 3] * (covered > 0), np.float32))


def _closed(picture: Field, covered: Field) -> tuple[Field, Field]:
    """Fills single points that nothing fell on from those around them."""
    weight = cv2.blur(covered, (3, 3))
    around = cv2.blur(picture, (3, 3)) / np.maximum(weight, 1e-6)[..., None]
    hole = (covered == 0) & (weight > 0.5)
    picture[hole] = around[hole]
    covered[hole] = 1.0
    return picture, covered
